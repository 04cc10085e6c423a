//! The invitation: who asks, in whose words, what they will be able to do, and what it means to accept (V2).

use super::kind::{Kind, Role, permission};
use super::{Head, Pen};
use crate::domain::partner_type::Direction;
use crate::domain::roles::EXTENSION;
use crate::domain::time::DAY;
use crate::mail::letter::clean::Marked;
use crate::mail::letter::date;
use crate::mail::letter::words::{Fill, Words};

pub(super) struct Invitation<'a> {
    pub partner_type: &'a str,
    pub account: &'a str,
    pub inviter: &'a str,
    pub message: &'a str,
    pub admin_roles: &'a [String],
    pub role_days: Option<u32>,
    pub role_extends: bool,
    pub expires_at: Option<i64>,
}

impl Invitation<'_> {
    pub fn write(self, pen: &mut Pen) -> Head {
        let words = pen.words;
        let kind = Kind::of(self.partner_type);
        let is_mutual = kind.policy.is_some_and(|policy| policy.direction == Direction::Mutual);
        let account = ("account", Fill::Theirs(self.account));

        pen.paragraph(self.intro(words, &kind, is_mutual));
        let name = if self.inviter.is_empty() { self.account } else { self.inviter };
        pen.quote(words.say("quote-message", &[("name", Fill::Theirs(name))]), self.message);
        let permits = if is_mutual {
            words.say("invitation-permits-mutual", &[])
        } else {
            words.say("invitation-permits", &[account])
        };
        pen.list(permits, self.permits(words, &kind));
        pen.list(words.say("invitation-know", &[]), self.know(words, &kind));
        if let Some(expires_at) = self.expires_at {
            let moment = date::moment(words, expires_at);
            pen.paragraph(words.say("invitation-expires", &[("moment", Fill::Ours(&moment))]));
        }
        pen.button("invitation-button");
        pen.note(words.say("invitation-safety", &[account]));

        let subject = if is_mutual {
            words.subject("invitation-subject-mutual", &[account])
        } else {
            let capacity = kind.capacity(words);
            words.subject("invitation-subject", &[account, ("as", Fill::Ours(&capacity))])
        };
        Head {
            subject,
            heading: words.say("invitation-heading", &[]),
            footer: words.say("footer-invitation", &[account]),
        }
    }

    fn intro(&self, words: &Words, kind: &Kind, is_mutual: bool) -> Marked {
        let (account, inviter) = (Fill::Theirs(self.account), Fill::Theirs(self.inviter));
        let (account, inviter) = (("account", account), ("inviter", inviter));
        let capacity = kind.capacity(words);
        let capacity = ("as", Fill::Ours(&capacity));
        match (self.inviter.is_empty(), is_mutual) {
            (false, false) => words.say("invitation-intro", &[account, inviter, capacity]),
            (true, false) => words.say("invitation-intro-account", &[account, capacity]),
            (false, true) => words.say("invitation-intro-mutual", &[account, inviter]),
            (true, true) => words.say("invitation-intro-account-mutual", &[account]),
        }
    }

    fn permits(&self, words: &Words, kind: &Kind) -> Vec<Marked> {
        let of_the_type = kind.policy.map_or(&[][..], |policy| policy.permissions);
        let of_the_type = of_the_type.iter().map(|one| permission(words, *one));
        let members = kind.syncs_members().then(|| words.say("can-see-members", &[]));
        let roles = self.admin_roles.iter().map(|name| Role::of(name).put(words, "can-with-role"));
        of_the_type.chain(members).chain(roles).collect()
    }

    /// What the reader should know before accepting.
    fn know(&self, words: &Words, kind: &Kind) -> Vec<Marked> {
        let mut know = Vec::new();
        if !self.admin_roles.is_empty() {
            know.push(self.how_long(words));
        }
        if let Some(policy) = kind.policy {
            if policy.needs_agreement {
                know.push(words.say("invitation-agreement", &[]));
            }
            let account = ("account", Fill::Theirs(self.account));
            know.push(if policy.recipient_may_end {
                words.say("invitation-ends-either", &[])
            } else {
                words.say("invitation-ends-provider", &[account])
            });
        }
        know.push(words.say("invitation-decides", &[]));
        know
    }

    fn how_long(&self, words: &Words) -> Marked {
        let Some(days) = self.role_days else { return words.say("invitation-roles-endless", &[]) };
        let days = ("days", Fill::Count(days));
        if self.role_extends {
            let extension = ("extension", Fill::Count(extension_days()));
            words.say("invitation-roles-extend", &[days, extension])
        } else {
            words.say("invitation-roles-days", &[days])
        }
    }
}

/// By how many days an automatic extension extends (T7).
pub(super) fn extension_days() -> u32 {
    u32::try_from(EXTENSION.as_secs() / DAY.as_secs()).unwrap_or(u32::MAX)
}
