//! What the pages show of the clients: each block that names `file#region` is that region of the file, between `[region]`
//! and `[end]`.

use super::pages::{self, Kind};

#[test]
fn what_a_page_shows_of_a_file_is_in_the_file() {
    let mut files = Vec::new();
    for page in pages::all() {
        for block in pages::blocks(&page) {
            let Kind::Region { file, region } = block.kind else { continue };
            let there = self::region(&pages::text_of(&file), &region);
            let there = there.unwrap_or_else(|| panic!("{file} has no region [{region}]"));
            assert_eq!(block.lines, there, "{page} does not show {file} as it is");
            files.push(file);
        }
    }
    for language in ["python", "go", "typescript"] {
        let folder = format!("tests/clients/{language}/");
        let count = files.iter().filter(|file| file.starts_with(&folder)).count();
        assert!(count >= 2, "the pages show {count} blocks of {folder}");
    }
}

/// The lines between the mark and the next `[end]`, without the indentation that they share.
fn region(text: &str, name: &str) -> Option<String> {
    let mark = format!("[{name}]");
    let is_mark = |line: &str, mark: &str| line.trim_start_matches(['#', '/', ' ', '\t']) == mark;
    let lines: Vec<&str> = text
        .lines()
        .skip_while(|line| !is_mark(line, &mark))
        .skip(1)
        .take_while(|line| !is_mark(line, "[end]"))
        .collect();
    // Go's formatter puts an empty comment between a mark and a directive
    let lines: Vec<&str> = lines.into_iter().skip_while(|line| ["", "//"].contains(line)).collect();
    let written = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = written.map(|line| line.len() - line.trim_start().len()).min()?;
    let dedented = lines.iter().map(|line| line.get(indent..).unwrap_or_default());
    Some(dedented.collect::<Vec<_>>().join("\n").trim_end().to_owned())
}

#[test]
fn a_region_is_what_stands_between_its_marks() {
    let text = "a\n    # [one]\n    b\n\n      c\n    # [end]\n    # [two]\n    d\n# [end]\n";
    assert_eq!(region(text, "one").as_deref(), Some("b\n\n  c"));
    assert_eq!(region(text, "two").as_deref(), Some("d"));
    assert_eq!(region(text, "three"), None);
}
