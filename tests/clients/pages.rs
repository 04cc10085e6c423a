//! The pages that users read, and their fenced blocks. What the words behind a fence mean stands in `docs/README.md`
//! under "Writing a page"; a block without one of them fails every test that reads its page.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use uuid::Uuid;

pub const README: &str = "README.md";
pub const CONFIGURATION: &str = "docs/configuration.md";
pub const STREAM: &str = "docs/stream.md";
/// The address in the pages' lines.
pub const ADDRESS: &str = "127.0.0.1:50051";

/// What the tests do with a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line that starts the service, in place of the one before.
    Serve,
    /// Lines to paste into a shell.
    Run,
    /// Part of a file: between the mark of the region and the next end.
    Region { file: String, region: String },
    /// Nothing; the page says why.
    NotRun,
}

/// One block, and what it prints if its page says so.
#[derive(Clone, Debug)]
pub struct Block {
    pub language: String,
    pub kind: Kind,
    pub lines: String,
    pub output: Option<Output>,
}

/// What a block prints.
#[derive(Clone, Debug)]
pub struct Output {
    pub text: String,
    /// Its last call fails.
    pub is_refused: bool,
    place: Range<usize>,
}

impl Block {
    pub fn is_refused(&self) -> bool {
        self.output.as_ref().is_some_and(|output| output.is_refused)
    }
}

/// Every page whose blocks are executed, by its path: a new chapter is one of them by being there.
pub fn all() -> Vec<String> {
    let mut pages = vec![README.to_owned(), "tests/clients/grpcurl.md".to_owned()];
    pages.extend(chapters());
    pages
}

fn chapters() -> Vec<String> {
    let folder = fs::read_dir(root().join("docs")).expect("docs/");
    let names = folder.map(|entry| entry.expect("an entry").file_name().into_string());
    let names =
        names.map(|name| name.expect("a name in UTF-8")).filter(|name| name.ends_with(".md"));
    let mut chapters: Vec<String> = names.map(|name| format!("docs/{name}")).collect();
    chapters.sort();
    assert!(chapters.len() > 5, "{chapters:?}");
    chapters
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of this repository's.
pub fn text_of(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether pages are to be made right instead of being compared.
pub fn is_blessing() -> bool {
    std::env::var_os("README_BLESS").is_some()
}

/// Makes a page say something else in some places.
pub fn replace(page: &str, mut places: Vec<(Range<usize>, String)>) {
    let mut text = text_of(page);
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, with) in places {
        text.replace_range(place, &with);
    }
    fs::write(root().join(page), text).expect("the page is written");
}

/// Every block of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    blocks_in(&text_of(page)).unwrap_or_else(|wrong| panic!("{page}: {wrong}"))
}

fn blocks_in(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    for (info, place) in fences(text)? {
        let body = &text[place.clone()];
        let (language, words) = info.split_once(' ').unwrap_or((info, ""));
        let is_refused = words == "refusal";
        if is_refused || words == "output" {
            let text = body.trim_end_matches('\n').to_owned();
            let before = blocks.last_mut().ok_or("output without a block before it")?;
            if before.kind != Kind::Run || before.output.is_some() {
                return Err(format!("```{info} does not follow a block that runs"));
            }
            before.output = Some(Output { text, is_refused, place });
            continue;
        }
        let kind = match words.split_once('#') {
            _ if words == "serve" => Kind::Serve,
            _ if words == "run" => Kind::Run,
            _ if words.strip_prefix("not run: ").is_some_and(|why| !why.is_empty()) => Kind::NotRun,
            Some((file, region)) => {
                Kind::Region { file: file.to_owned(), region: region.to_owned() }
            }
            None => return Err(format!("```{info} says nothing that docs/README.md knows")),
        };
        let (language, lines) = (language.to_owned(), body.trim_end_matches('\n').to_owned());
        blocks.push(Block { language, kind, lines, output: None });
    }
    Ok(blocks)
}

/// What stands behind each opening fence, and where its body is.
fn fences(text: &str) -> Result<Vec<(&str, Range<usize>)>, String> {
    const FENCE: &str = "```";
    let (mut found, mut open, mut at) = (Vec::new(), None, 0);
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        match (line.strip_prefix(FENCE), open) {
            (Some(info), None) => open = Some((info.trim_end(), next)),
            (Some(rest), Some((info, from))) => {
                if !rest.trim_end().is_empty() {
                    return Err(format!("```{info} is not closed before {line}"));
                }
                found.push((info, from..at));
                open = None;
            }
            (None, None) if line.trim_start().starts_with(FENCE) => {
                return Err(format!("{line} is indented, and so not seen"));
            }
            (None, _) => {}
        }
        at = next;
    }
    match open {
        Some((info, _)) => Err(format!("```{info} is not closed")),
        None => Ok(found),
    }
}

/// Compares what `blocks` of a page printed with what it says, or makes it say so.
pub fn compare(page: &str, blocks: &[Block], printed: &[String]) {
    let said = blocks.iter().zip(printed).filter_map(|(block, printed)| {
        block.output.as_ref().map(|output| (block, output, printed))
    });
    if is_blessing() {
        let places =
            said.map(|(_, output, printed)| (output.place.clone(), format!("{printed}\n")));
        return replace(page, places.collect());
    }
    let (mut expected_ids, mut printed_ids) = (HashMap::new(), HashMap::new());
    for (block, output, printed) in said {
        let printed = normal(printed, &mut printed_ids);
        let expected = normal(&output.text, &mut expected_ids);
        assert!(
            expected == printed,
            "{page} says that\n\n{}\n\nprints\n\n{expected}\n\nbut it printed\n\n{printed}\n",
            block.lines
        );
    }
}

/// The text without what differs from run to run: ids that the service made are numbered as they come, times, etags and
/// positions are masked. Ids of the pages' own are of another version and stay.
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

#[test]
fn a_block_is_served_run_compared_shown_or_says_why_not() {
    let text = "a\n```sh serve\none\n```\n```sh run\ntwo\n```\nb\n```text refusal\nthree\n```\n```rust src/x.rs#y\n```\n\
                ```sh not run: it would take long\n```\n";
    let blocks = blocks_in(text).expect("every block is known");
    let kinds: Vec<&Kind> = blocks.iter().map(|block| &block.kind).collect();
    let region = Kind::Region { file: "src/x.rs".to_owned(), region: "y".to_owned() };
    assert_eq!(kinds, [&Kind::Serve, &Kind::Run, &region, &Kind::NotRun]);
    let output = blocks[1].output.as_ref().expect("what it prints");
    assert_eq!((output.text.as_str(), blocks[1].is_refused()), ("three", true));
    assert_eq!(&text[output.place.clone()], "three\n");
}

#[test]
fn a_block_that_no_test_would_execute_is_told() {
    for text in [
        "```\n```\n",
        "```sh\n```\n",
        "```sh rnu\n```\n",
        "```sh not run: \n```\n",
        "- a\n  ```sh run\n  ```\n",
        "```sh run\n",
        "```text output\n```\n",
        "```sh serve\n```\n```text output\n```\n",
    ] {
        assert!(blocks_in(text).is_err(), "{text}");
    }
}
