//! The plain part: blocks as paragraphs, wrapped between words, links whole and on lines of their own.

use super::page::{Block, Page};
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// How wide a line is, in columns; a Korean syllable takes two.
const WIDTH: usize = 72;

pub(super) fn document(page: &Page) -> String {
    let mut paragraphs = vec![wrapped(&page.greeting.plain(), "", "")];
    paragraphs.extend(page.blocks.iter().map(block));
    paragraphs.push(format!("---\n{}", wrapped(&page.footer.plain(), "", "")));
    let mut text = paragraphs.join("\n\n");
    text.push('\n');
    text
}

fn block(block: &Block) -> String {
    match block {
        Block::Paragraph(text) | Block::Note(text) => wrapped(&text.plain(), "", ""),
        Block::List { intro, items } => {
            let mut lines = vec![wrapped(&intro.plain(), "", "")];
            lines.extend(items.iter().map(|item| wrapped(&item.plain(), "- ", "  ")));
            lines.join("\n")
        }
        Block::Facts(facts) => {
            let lines = facts.iter().map(|fact| wrapped(&fact.line.plain(), "", "  "));
            lines.collect::<Vec<_>>().join("\n")
        }
        // each of their lines is marked as theirs: none can pass for one of ours
        Block::Quote { by, lines, caveat } => {
            let quoted = lines.iter().map(|line| match line.as_str() {
                "" => ">".to_owned(),
                line => wrapped(line, "> ", "> "),
            });
            let quoted = quoted.collect::<Vec<_>>().join("\n");
            let (by, caveat) = (by.plain(), caveat.plain());
            format!("{}\n\n{quoted}\n\n{}", wrapped(&by, "", ""), wrapped(&caveat, "", ""))
        }
        Block::Button(button) => {
            format!("{}\n{}", wrapped(&button.lead.plain(), "", ""), button.link)
        }
    }
}

/// Breaks at spaces only: a Korean word stays whole, and so does a link. What has no spaces at all breaks anywhere.
fn wrapped(text: &str, first: &str, others: &str) -> String {
    let options = Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(others)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .break_words(!text.contains("://"));
    textwrap::fill(text, options)
}
