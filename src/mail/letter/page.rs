//! A letter as written, before it is text or HTML: blocks in the order in which they are read.

use super::clean::Marked;

/// One letter.
pub(super) struct Page {
    pub subject: Marked,
    pub greeting: Marked,
    /// Shown where the subject is not seen: in HTML.
    pub heading: Marked,
    pub blocks: Vec<Block>,
    /// Why the reader has this mail.
    pub footer: Marked,
}

/// One part of it.
pub(super) enum Block {
    Paragraph(Marked),
    List {
        intro: Marked,
        items: Vec<Marked>,
    },
    Facts(Vec<Fact>),
    /// Somebody else's own words, to be told from ours at a glance.
    Quote {
        by: Marked,
        lines: Vec<String>,
        caveat: Marked,
    },
    Button(Button),
    /// In small print.
    Note(Marked),
}

/// A name and what it is here.
pub(super) struct Fact {
    pub label: Marked,
    pub value: Marked,
    /// Both on one line.
    pub line: Marked,
}

/// Where to go from here.
pub(super) struct Button {
    pub label: Marked,
    /// The label as it stands before the link.
    pub lead: Marked,
    /// What stands before the link below a button.
    pub fallback: Marked,
    pub link: String,
}
