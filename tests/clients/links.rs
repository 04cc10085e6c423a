//! Links between pages, and from the sources to pages: each leads to a file that is there, and to a heading in it.

use super::pages;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Pages that are not executed, but link.
const OTHERS: [&str; 2] = ["CHANGELOG.md", "helm/partner-service/README.md"];

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let (mut count, mut wrong) = (0, Vec::new());
    for page in pages::all().into_iter().chain(OTHERS.map(str::to_owned)) {
        for target in links(&pages::text_of(&page)) {
            if target.contains("://") {
                continue;
            }
            count += 1;
            if let Err(why) = follow(&page, &target) {
                wrong.push(format!("{page} links to {target}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 20, "only {count} links were seen");
}

#[test]
fn every_page_that_a_source_file_names_is_there() {
    for room in ["src", "proto", "tests", "helm"] {
        for file in files_below(&pages::root().join(room)) {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let is_part = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
            let words = text.split(|c| !is_part(c)).map(|word| word.trim_end_matches('.'));
            for page in words.filter(|word| word.starts_with("docs/") && word.ends_with(".md")) {
                assert!(pages::root().join(page).exists(), "{} names {page}", file.display());
            }
        }
    }
}

#[test]
fn every_chapter_is_in_the_list_of_chapters() {
    let index = links(&pages::text_of("docs/README.md"));
    for page in pages::all() {
        let chapter = page.strip_prefix("docs/").filter(|name| *name != "README.md");
        if let Some(name) = chapter {
            assert!(index.iter().any(|link| link == name), "docs/README.md does not list {name}");
        }
    }
}

fn follow(page: &str, target: &str) -> Result<(), String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let file = if path.is_empty() { PathBuf::from(page) } else { plain(&folder.join(path)) };
    if !pages::root().join(&file).exists() {
        return Err("there is no such file".to_owned());
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let anchors = anchors(&pages::text_of(&file.to_string_lossy()));
    if anchors.contains(anchor) { Ok(()) } else { Err(format!("there is only {anchors:?}")) }
}

/// Without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

/// Where `[..](..)` leads, blocks and code apart.
fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(page) {
        let text: String = line.split('`').step_by(2).collect();
        for (_, rest) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            found.extend(rest.split_once(')').map(|(target, _)| target.to_owned()));
        }
    }
    found
}

/// What GitHub makes of each heading.
fn anchors(page: &str) -> BTreeSet<String> {
    let (mut anchors, mut seen) = (BTreeSet::new(), HashMap::<String, usize>::new());
    for line in prose(page).filter(|line| line.starts_with('#')) {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let count = seen.entry(slug.clone()).or_default();
        anchors.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
        *count += 1;
    }
    anchors
}

/// The lines outside of blocks.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut is_inside = false;
    page.lines().filter(move |line| {
        let is_fence = line.starts_with("```");
        is_inside ^= is_fence;
        !is_inside && !is_fence
    })
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    const NOT_OURS: [&str; 3] = ["node_modules", "__pycache__", "target"];
    let entries =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries.partition(|path| path.is_dir());
    let ours = folders.iter().filter(|path| !NOT_OURS.iter().any(|name| path.ends_with(name)));
    files.extend(ours.flat_map(|path| files_below(path)));
    files
}

#[test]
fn links_and_headings_are_read_as_github_reads_them() {
    let page = "# One, two\n[a](b.md#c) `[no](x)` and [d](#e)\n```sh run\n# no\n[no](y)\n```\n## One, two\n### `f` & g\n";
    assert_eq!(links(page), ["b.md#c", "#e"]);
    let anchors: Vec<String> = anchors(page).into_iter().collect();
    assert_eq!(anchors, ["f--g", "one-two", "one-two-1"]);
    assert!(follow("README.md", "#no such").is_err() && follow("docs/README.md", "no.md").is_err());
}
