//! Source files as these checks read them: comments, literals and unit tests blanked out, lines kept.

use std::fs;
use std::path::{Path, PathBuf};

/// One file.
pub struct Source {
    /// From the root of the package: `src/grpc/gate.rs`.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// What is compiled into the service: no comments, no contents of literals, no unit tests.
    pub code: String,
}

impl Source {
    /// From what stands in a file, or might.
    pub fn new(path: String, text: String) -> Self {
        let code = without_unit_tests(&without_comments_and_literals(&text));
        Self { path, text, code }
    }

    /// The first folder below `src/`, or the file where there is none: `grpc`, `server`.
    pub fn room(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split_once('/').map_or(below.trim_end_matches(".rs"), |(room, _)| room)
    }

    /// Where `needle` stands in the code as a whole word, if it begins and ends as one: `src/a.rs:12: line`.
    pub fn places(&self, needle: &str) -> Vec<String> {
        let lines = self.code.lines().zip(self.text.lines()).enumerate();
        lines
            .filter(|(_, (code, _))| is_in(code, needle))
            .map(|(index, (_, line))| format!("{}:{}: {}", self.path, index + 1, line.trim()))
            .collect()
    }
}

fn is_in(code: &str, needle: &str) -> bool {
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(needle).any(|(at, found)| {
        let before = code[..at].chars().next_back();
        let after = code[at + found.len()..].chars().next();
        let goes_on = word(needle.chars().next()) && word(before)
            || word(needle.chars().next_back()) && word(after);
        !goes_on
    })
}

/// Every Rust file below a folder of the package.
pub fn below(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name =
                    path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
                found.push(Source::new(name, fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no sources");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Blanks comments and the contents of string literals; line breaks stay, so that line numbers do.
fn without_comments_and_literals(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let next = chars.get(at + 1).copied();
        let end = match (chars[at], next) {
            ('/', Some('/')) => end_of(&chars, at, |rest| rest.first() == Some(&'\n')),
            ('/', Some('*')) => end_of(&chars, at + 2, |rest| rest.starts_with(&['*', '/'])) + 2,
            ('"', _) => end_of_string(&chars, at + 1),
            // a lifetime is no literal; '"' and '/' are the ones that would mislead
            ('\'', Some('\\')) => end_of(&chars, at + 3, |rest| rest.first() == Some(&'\'')) + 1,
            ('\'', Some(_)) if chars.get(at + 2) == Some(&'\'') => at + 3,
            _ => {
                code.push(chars[at]);
                at += 1;
                continue;
            }
        };
        let end = end.min(chars.len());
        code.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    code
}

fn end_of(chars: &[char], from: usize, ends: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|at| ends(&chars[*at..])).unwrap_or(chars.len())
}

fn end_of_string(chars: &[char], from: usize) -> usize {
    let mut at = from;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Unit tests stand at the end of their file.
fn without_unit_tests(code: &str) -> String {
    code.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

#[test]
fn comments_literals_and_unit_tests_are_not_code_and_lines_keep_their_numbers() {
    let text = "let a = \"tonic \\\" // x\"; // tonic\nlet b = '\"'; /* tonic\n */ let c = b'/'; use x::tonics;\n#[cfg(test)]\nmod tests { tonic }\n";
    let source = Source::new("src/a/b.rs".to_owned(), text.to_owned());
    assert!(source.places("tonic").is_empty(), "{}", source.code);
    assert_eq!(source.places("let c"), ["src/a/b.rs:3: */ let c = b'/'; use x::tonics;"]);
    assert_eq!(source.places("tonics").len(), 1);
    assert_eq!(source.room(), "a");
}
