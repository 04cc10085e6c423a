//! From a letter to its page: which blocks, in which order. What they say stands in `words/`.

mod answers;
mod inquiry;
mod invitation;
pub(super) mod kind;
mod roles;

use super::Letter;
use super::clean::{self, Marked};
use super::page::{Block, Button, Page};
use super::words::{Fill, Words};

/// The page of a letter.
pub(super) fn page(letter: &Letter, words: &Words, link: Option<&str>) -> Page {
    let mut pen = Pen { words, link: link.and_then(clean::link), blocks: Vec::new() };
    let head = match letter {
        Letter::Invitation {
            partner_type,
            sender_account: account,
            inviter,
            message,
            admin_roles,
            role_days,
            role_extends,
            expires_at,
        } => invitation::Invitation {
            partner_type,
            account,
            inviter,
            message,
            admin_roles,
            role_days: *role_days,
            role_extends: *role_extends,
            expires_at: *expires_at,
        }
        .write(&mut pen),
        Letter::Rejection { invitee_email, partner_type, reason } => {
            answers::rejection(&mut pen, invitee_email, partner_type, reason)
        }
        Letter::Acceptance { partner_account, invitee_email, partner_type } => {
            answers::acceptance(&mut pen, partner_account, invitee_email, partner_type)
        }
        Letter::Ending { partner_account, partner_type } => {
            answers::ending(&mut pen, partner_account, partner_type)
        }
        Letter::Inquiry {
            customer_account: account,
            sender,
            reply_to,
            country,
            customer_size,
            needs,
        } => {
            let customer_size = customer_size.as_deref();
            inquiry::Inquiry { account, sender, reply_to, country, customer_size, needs }
                .write(&mut pen)
        }
        Letter::RoleExpiry {
            partner_account: account,
            partner_type: _,
            admin_roles,
            expires_at,
            days_left,
            extends,
            recipient_is_provider,
        } => roles::Expiry {
            account,
            admin_roles,
            expires_at: *expires_at,
            days_left: *days_left,
            extends: *extends,
            recipient_is_provider: *recipient_is_provider,
        }
        .write(&mut pen),
    };
    let Head { subject, heading, footer } = head;
    Page { subject, greeting: words.say("greeting", &[]), heading, blocks: pen.blocks, footer }
}

/// What stands around the blocks.
struct Head {
    subject: Marked,
    heading: Marked,
    footer: Marked,
}

/// Writes blocks one below the other.
struct Pen<'a> {
    words: &'a Words,
    link: Option<String>,
    blocks: Vec<Block>,
}

impl Pen<'_> {
    fn paragraph(&mut self, text: Marked) {
        self.blocks.push(Block::Paragraph(text));
    }

    /// A list, unless there is nothing on it.
    fn list(&mut self, intro: Marked, items: Vec<Marked>) {
        if !items.is_empty() {
            self.blocks.push(Block::List { intro, items });
        }
    }

    /// Somebody's own words, unless there are none.
    fn quote(&mut self, by: Marked, raw: &str) {
        let (lines, caveat) = (clean::lines(raw), self.words.say("quote-caveat", &[]));
        if !lines.is_empty() {
            self.blocks.push(Block::Quote { by, lines, caveat });
        }
    }

    /// In small print.
    fn note(&mut self, text: Marked) {
        self.blocks.push(Block::Note(text));
    }

    /// A button, where there is somewhere to go.
    fn button(&mut self, key: &str) {
        let Some(link) = self.link.clone() else { return };
        let label = self.words.say(key, &[]);
        let lead = self.words.say("link-lead", &[("label", Fill::Ours(&label))]);
        let fallback = self.words.say("link-fallback", &[]);
        self.blocks.push(Block::Button(Button { label, lead, fallback, link }));
    }
}
