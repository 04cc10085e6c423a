//! What the README shows of the clients: each block whose kind is `file#region` is that region of the file, between
//! `[region]` and `[end]`.

use super::readme;

#[test]
fn what_the_readme_shows_of_a_client_is_in_the_client() {
    let shown: Vec<readme::Block> = readme::blocks(readme::README)
        .into_iter()
        .filter(|block| block.kind.contains('#'))
        .collect();
    for language in ["python", "go", "typescript"] {
        let folder = format!("tests/clients/{language}/");
        let count = shown.iter().filter(|block| block.kind.starts_with(&folder)).count();
        assert!(count >= 2, "the README shows {count} blocks of {folder}");
    }
    for block in shown {
        let (file, region) = block.kind.split_once('#').expect("filtered");
        let there = self::region(&readme::text_of(file), region);
        let there = there.unwrap_or_else(|| panic!("{file} has no region [{region}]"));
        assert_eq!(block.lines, there, "README.md does not show {file} as it is");
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
