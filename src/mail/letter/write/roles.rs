//! The warning that administrator roles end, or are extended, soon (T7); each side reads what it can do about it.

use super::invitation::extension_days;
use super::kind::Role;
use super::{Head, Pen};
use crate::mail::letter::date;
use crate::mail::letter::words::Fill;

pub(super) struct Expiry<'a> {
    pub account: &'a str,
    pub admin_roles: &'a [String],
    pub expires_at: i64,
    pub days_left: u32,
    pub extends: bool,
    pub recipient_is_provider: bool,
}

impl Expiry<'_> {
    pub fn write(self, pen: &mut Pen) -> Head {
        let words = pen.words;
        let side = if self.recipient_is_provider { "provider" } else { "customer" };
        let what = if self.extends { "extend" } else { "end" };
        let account = ("account", Fill::Theirs(self.account));
        let in_days = words.say("in-days", &[("days", Fill::Count(self.days_left))]);
        let in_days = ("in", Fill::Ours(&in_days));

        let roles = self.admin_roles.iter().map(|name| Role::of(name).put(words, "role-with-can"));
        pen.list(words.say(&format!("roles-intro-{side}"), &[account]), roles.collect());
        let moment = date::moment(words, self.expires_at);
        let moment = ("moment", Fill::Ours(&moment));
        let extension = ("extension", Fill::Count(extension_days()));
        pen.paragraph(words.say(&format!("roles-{what}"), &[in_days, moment, extension]));
        pen.paragraph(words.say(&format!("roles-next-{side}-{what}"), &[account]));
        pen.button("button-partnership");
        Head {
            subject: words.subject(&format!("roles-subject-{side}-{what}"), &[account, in_days]),
            heading: words.say(&format!("roles-heading-{what}"), &[]),
            footer: words.say("footer-manager", &[]),
        }
    }
}
