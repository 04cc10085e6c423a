//! What other people typed, before it stands in a letter of ours.
//!
//! Everything that is not seen goes, and everything that could turn the text around it. What is left of a name stands
//! between two marks (U+2068, U+2069) that nobody else can set. The plain part keeps them only around what is written
//! from right to left, where they are needed, since some readers show them as boxes; the HTML part turns them into
//! `<bdi>`.

use unicode_segmentation::UnicodeSegmentation;

const OPEN: char = '\u{2068}';
const CLOSE: char = '\u{2069}';
const ELLIPSIS: char = '\u{2026}';
/// What stands for a name of which nothing is seen.
const NAMELESS: &str = "\u{2014}";
/// How much of a message stands in a letter, in characters: more than the service lets anybody type.
const MESSAGE: usize = 8_000;

/// Text of ours in which what is not ours is marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marked(String);

impl Marked {
    /// Our own words, with the marks that they hold.
    pub fn ours(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// One line of someone else's, cut to `most` characters.
    pub fn theirs(raw: &str, most: usize) -> Self {
        Self(format!("{OPEN}{}{CLOSE}", line(raw, most)))
    }

    pub fn as_inner(&self) -> &str {
        &self.0
    }

    pub fn into_inner(self) -> String {
        self.0
    }

    /// For plain text.
    pub fn plain(&self) -> String {
        self.with_marks(|inside| {
            if inside.chars().any(is_right_to_left) {
                format!("{OPEN}{inside}{CLOSE}")
            } else {
                inside.to_owned()
            }
        })
    }

    /// For HTML.
    pub fn html(&self) -> String {
        Self(escaped(&self.0)).with_marks(|inside| format!("<bdi>{inside}</bdi>"))
    }

    fn with_marks(&self, marked: impl Fn(&str) -> String) -> String {
        let mut parts = self.0.split(OPEN);
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (inside, after) = part.split_once(CLOSE).unwrap_or((part, ""));
            text.push_str(&marked(inside));
            text.push_str(after);
        }
        text
    }
}

/// Someone else's words, line by line, cut to what a letter holds; none if nothing of them is seen.
pub(super) fn lines(raw: &str) -> Vec<String> {
    let raw = raw.replace("\r\n", "\n");
    let is_break =
        |c| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let mut lines: Vec<String> = Vec::new();
    let mut left = MESSAGE;
    for one in raw.split(is_break) {
        let one = line_or_nothing(one, left);
        left = left.saturating_sub(one.chars().count() + 1);
        // one empty line between paragraphs, none before the first
        if !one.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(one);
        }
        if left == 0 {
            break;
        }
    }
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// As text and as the value of an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}

/// A link that may stand in a letter: absolute, of the web, and nothing in it that could end it.
pub(super) fn link(raw: &str) -> Option<String> {
    let of_the_web = raw.starts_with("https://") || raw.starts_with("http://");
    let whole = raw.chars().all(|c| seen(c) == Some(c) && c != ' ');
    (of_the_web && whole).then(|| raw.to_owned())
}

fn line(raw: &str, most: usize) -> String {
    let line = line_or_nothing(raw, most);
    if line.is_empty() { NAMELESS.to_owned() } else { line }
}

fn line_or_nothing(raw: &str, most: usize) -> String {
    let seen: String = raw.chars().filter_map(seen).collect();
    let line = seen.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.chars().all(|c| c == ' ' || is_joiner(c)) {
        return String::new();
    }
    cut(line, most)
}

/// The first `most` characters, and no half of what is read as one.
fn cut(line: String, most: usize) -> String {
    if line.chars().count() <= most {
        return line;
    }
    let mut left = most.saturating_sub(1);
    let whole = line.graphemes(true).take_while(|one| {
        let length = one.chars().count();
        let fits = length <= left;
        left = left.saturating_sub(length);
        fits
    });
    let mut line: String = whole.collect();
    line.truncate(line.trim_end().len());
    line.push(ELLIPSIS);
    line
}

/// A character as a letter shows it: every kind of space as a space, and nothing for what is not seen.
fn seen(c: char) -> Option<char> {
    match c {
        c if c.is_whitespace() => Some(' '),
        c if c.is_control() || is_hidden(c) => None,
        c => Some(c),
    }
}

/// Joins letters and pictures of a script; nothing by itself.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// What turns the direction of a text, fills no place, or is no character: soft hyphens, fillers, zero widths,
/// directional marks, overrides and isolates, invisible operators, annotations, tags.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Letters of the scripts that are written from right to left.
fn is_right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
    )
}
