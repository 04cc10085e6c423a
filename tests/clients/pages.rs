//! The README's fenced blocks, and those of pages like it. A block's kind is the second word behind its fence: `sh
//! quickstart` is pasted, and what it prints follows as `json output` or `text output`; before a `text refusal` its last
//! call must fail.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use uuid::Uuid;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
pub const README: &str = "README.md";
const OUTPUT: &str = "output";
const REFUSAL: &str = "refusal";
/// The port in the README's lines.
pub const PORT: &str = "127.0.0.1:50051";

/// Lines to paste, and what they print if the README says so.
#[derive(Clone)]
pub struct Block {
    page: &'static str,
    pub kind: String,
    pub lines: String,
    pub output: Option<String>,
    pub is_refused: bool,
}

/// The README.
pub fn text() -> String {
    text_of(README)
}

/// Makes the page say something else there.
pub fn replace(place: std::ops::Range<usize>, with: &str) {
    let mut page = text();
    page.replace_range(place, with);
    fs::write(Path::new(ROOT).join(README), page).expect("README.md is written");
}

/// A file of this repository's.
pub fn text_of(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every block of a page that has a kind, in order.
pub fn blocks(page: &'static str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (kind, body) in fenced(&text_of(page)) {
        if kind == OUTPUT || kind == REFUSAL {
            let block = blocks.last_mut().expect("output follows a block");
            block.output = Some(body.trim_matches('\n').to_owned());
            block.is_refused = kind == REFUSAL;
        } else {
            let (kind, lines) = (kind.to_owned(), body.to_owned());
            blocks.push(Block { page, kind, lines, output: None, is_refused: false });
        }
    }
    blocks
}

/// The README's blocks of one kind; there are some.
pub fn of_kind(kind: &str) -> Vec<Block> {
    of_page(README, kind)
}

/// A page's blocks of one kind; there are some.
pub fn of_page(page: &'static str, kind: &str) -> Vec<Block> {
    let found: Vec<Block> = blocks(page).into_iter().filter(|block| block.kind == kind).collect();
    assert!(!found.is_empty(), "{page} has no block ```sh {kind}");
    found
}

/// The one block of a kind, as a line of shell.
pub fn line(kind: &str) -> String {
    let found = of_kind(kind);
    assert_eq!(found.len(), 1, "README.md has several blocks ```sh {kind}");
    found[0].lines.trim().to_owned()
}

fn fenced(page: &str) -> Vec<(&str, &str)> {
    let mut rest = page;
    let mut found = Vec::new();
    while let Some((_, after)) = rest.split_once("\n```") {
        let (info, body) = after.split_once('\n').expect("a fence ends its line");
        // an empty block's closing fence is the very next line
        let (body, after) = match body.strip_prefix("```") {
            Some(after) => ("", after),
            None => body.split_once("\n```").expect("a block is closed"),
        };
        if let Some((_, kind)) = info.split_once(' ') {
            found.push((kind, body));
        }
        rest = after;
    }
    found
}

/// Compares what `blocks` printed with what their page says, or with `README_BLESS` makes it say so.
pub fn compare(blocks: &[Block], printed: &[String]) {
    if std::env::var_os("README_BLESS").is_some() {
        bless(blocks, printed);
        return;
    }
    let (mut expected_ids, mut printed_ids) = (HashMap::new(), HashMap::new());
    for (block, printed) in blocks.iter().zip(printed) {
        let printed = normal(printed, &mut printed_ids);
        if let Some(expected) = &block.output {
            let expected = normal(expected, &mut expected_ids);
            assert!(
                expected == printed,
                "{} says that\n\n{}\n\nprints\n\n{expected}\n\nbut it printed\n\n{printed}\n",
                block.page,
                block.lines
            );
        }
    }
}

fn bless(blocks: &[Block], printed: &[String]) {
    let Some(Block { page: path, .. }) = blocks.first() else { return };
    let mut page = text_of(path);
    for (block, printed) in blocks.iter().zip(printed).filter(|(block, _)| block.output.is_some()) {
        let pasted = format!("```sh {}\n{}\n```\n", block.kind, block.lines);
        let after = page.find(&pasted).expect("the block is on the page") + pasted.len();
        let ends_line = |from: usize| from + page[from..].find('\n').expect("a line ends") + 1;
        let fence = ends_line(after + page[after..].find("```").expect("its output follows"));
        let end = fence + page[fence..].find("```").expect("the output is closed");
        page.replace_range(fence..end, &format!("{printed}\n"));
    }
    fs::write(Path::new(ROOT).join(path), page).expect("the page is written");
}

/// The text without what differs from run to run: ids that the service made are numbered as they come, times, etags and
/// positions are masked. Ids of the README's own are of another version and stay.
pub fn normal(text: &str, ids: &mut HashMap<Uuid, usize>) -> String {
    text.lines().map(|line| masked(&numbered(line, ids))).collect::<Vec<_>>().join("\n")
}

fn numbered(line: &str, ids: &mut HashMap<Uuid, usize>) -> String {
    const LENGTH: usize = 36;
    const MADE_HERE: usize = 7;
    let (mut out, mut rest) = (String::new(), line);
    while let Some(first) = rest.chars().next() {
        let id = rest.get(..LENGTH).and_then(|text| Uuid::try_parse(text).ok());
        if let Some(id) = id.filter(|id| id.get_version_num() == MADE_HERE) {
            let next = ids.len() + 1;
            out += &format!("<id {}>", ids.entry(id).or_insert(next));
            rest = &rest[LENGTH..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn masked(line: &str) -> String {
    let Some((key, value)) = line.split_once("\": \"") else { return line.to_owned() };
    let name = key.trim_start_matches(|c: char| c == '"' || c.is_whitespace());
    let differs =
        name.ends_with("Time") || ["etag", "position", "resumeToken", "retryDelay"].contains(&name);
    let end = if value.ends_with(',') { "," } else { "" };
    if differs { format!("{key}\": <{name}>{end}") } else { line.to_owned() }
}

#[test]
fn what_differs_from_run_to_run_is_masked_and_nothing_else() {
    let mut ids = HashMap::new();
    let made = ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"];
    let own = "aaaaaaaa-0000-4000-8000-000000000000";
    let text = format!(
        "  \"id\": \"{}\",\nsee {} and {}.\n  \"accountId\": \"{own}\"\n  \"expireTime\": \"2026\",\n  \"etag\": \"v1\"",
        made[0], made[1], made[0]
    );
    assert_eq!(
        normal(&text, &mut ids),
        format!(
            "  \"id\": \"<id 1>\",\nsee <id 2> and <id 1>.\n  \"accountId\": \"{own}\"\n  \"expireTime\": <expireTime>,\n  \"etag\": <etag>"
        )
    );
}
