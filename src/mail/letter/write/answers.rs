//! What became of an invitation or a partnership: rejected (D3), accepted, ended (X).

use super::kind::Kind;
use super::{Head, Pen};
use crate::mail::letter::clean::Marked;
use crate::mail::letter::words::{Fill, Words};

/// To the sender: it names only the address typed.
pub(super) fn rejection(pen: &mut Pen, invitee: &str, partner_type: &str, reason: &str) -> Head {
    let words = pen.words;
    let kind = Kind::of(partner_type).name(words);
    let email = ("email", Fill::Theirs(invitee));
    pen.paragraph(words.say("rejection-intro", &[email, ("type", Fill::Ours(&kind))]));
    pen.quote(words.say("quote-reason", &[]), reason);
    pen.paragraph(words.say("rejection-next", &[]));
    pen.button("button-partners");
    head(words, "rejection-heading", words.subject("rejection-subject", &[email]))
}

/// To the inviter.
pub(super) fn acceptance(pen: &mut Pen, partner: &str, invitee: &str, partner_type: &str) -> Head {
    let words = pen.words;
    let kind = Kind::of(partner_type);
    let account = ("account", Fill::Theirs(partner));
    let fills =
        [account, ("email", Fill::Theirs(invitee)), ("type", Fill::Ours(&kind.name(words)))];
    pen.paragraph(words.say("acceptance-intro", &fills));
    if kind.syncs_members() {
        pen.paragraph(words.say("acceptance-members", &[]));
    } else if kind.policy.is_some() {
        pen.paragraph(words.say("acceptance-work", &[account]));
    }
    pen.button("button-partnership");
    head(words, "acceptance-heading", words.subject("acceptance-subject", &[account]))
}

/// To the managers of the side that did not end it.
pub(super) fn ending(pen: &mut Pen, partner: &str, partner_type: &str) -> Head {
    let words = pen.words;
    let kind = Kind::of(partner_type);
    let account = ("account", Fill::Theirs(partner));
    let fills = [account, ("type", Fill::Ours(&kind.name(words)))];
    pen.paragraph(words.say("ending-intro", &fills));
    if kind.syncs_members() {
        pen.paragraph(words.say("ending-members", &[account]));
    } else {
        pen.paragraph(words.say("ending-permits", &[]));
    }
    pen.paragraph(words.say("ending-again", &[]));
    pen.button("button-partners");
    head(words, "ending-heading", words.subject("ending-subject", &[account]))
}

fn head(words: &Words, heading: &str, subject: Marked) -> Head {
    let (heading, footer) = (words.say(heading, &[]), words.say("footer-manager", &[]));
    Head { subject, heading, footer }
}
