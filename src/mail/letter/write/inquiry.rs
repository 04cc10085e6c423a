//! The inquiry: what a customer asks of a provider, and where to answer (P3).

use super::{Head, Pen};
use crate::mail::letter::clean::Marked;
use crate::mail::letter::page::{Block, Fact};
use crate::mail::letter::words::{Fill, Words};

pub(super) struct Inquiry<'a> {
    pub account: &'a str,
    pub sender: &'a str,
    pub reply_to: &'a str,
    pub country: &'a str,
    pub customer_size: Option<&'a str>,
    pub needs: &'a str,
}

impl Inquiry<'_> {
    pub fn write(self, pen: &mut Pen) -> Head {
        let words = pen.words;
        let account = ("account", Fill::Theirs(self.account));
        let (intro, name) = if self.sender.is_empty() {
            (words.say("inquiry-intro-account", &[account]), self.account)
        } else {
            let sender = ("sender", Fill::Theirs(self.sender));
            (words.say("inquiry-intro", &[account, sender]), self.sender)
        };
        pen.paragraph(intro);
        pen.quote(words.say("quote-message", &[("name", Fill::Theirs(name))]), self.needs);
        pen.blocks.push(Block::Facts(self.facts(words)));
        pen.paragraph(words.say("inquiry-next", &[account]));
        pen.button("inquiry-button");
        Head {
            subject: words.subject("inquiry-subject", &[account]),
            heading: words.say("inquiry-heading", &[]),
            footer: words.say("footer-manager", &[]),
        }
    }

    fn facts(&self, words: &Words) -> Vec<Fact> {
        let reply_to = Some(words.theirs(self.reply_to));
        let country = (!self.country.is_empty()).then(|| words.theirs(self.country));
        let size = self.customer_size.map(|size| people(words, size));
        let facts =
            [("inquiry-reply-to", reply_to), ("inquiry-country", country), ("inquiry-size", size)];
        let told = facts.into_iter().filter_map(|(key, value)| Some((key, value?)));
        told.map(|(key, value)| fact(words, key, value)).collect()
    }
}

fn fact(words: &Words, key: &str, value: Marked) -> Fact {
    let label = words.say(key, &[]);
    let line = words.say("fact", &[("label", Fill::Ours(&label)), ("value", Fill::Ours(&value))]);
    Fact { label, value, line }
}

/// A size as `domain::provider::CustomerSize` writes it, in people.
fn people(words: &Words, size: &str) -> Marked {
    match size.split_once('-') {
        Some((from, to)) => {
            let range = words.theirs(&format!("{from}\u{2013}{to}"));
            words.say("inquiry-people", &[("range", Fill::Ours(&range))])
        }
        None if size == "1000+" => words.say("inquiry-people-most", &[]),
        None => words.theirs(size),
    }
}
