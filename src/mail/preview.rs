//! Letters of made-up data, to look at.

use super::letter::{Language, Letter, Rendered};
use super::post::linked;
use crate::domain::mail::MailKind;

const SECRET: &str = "the-secret-of-this-invitation";

/// A letter as its recipient would read it; none for a kind that has no sample.
#[must_use]
pub fn preview(kind: MailKind, language: &str, link_base_url: &str) -> Option<Rendered> {
    let (name, link) = match kind {
        MailKind::Invitation => ("invitation", Some(linked(link_base_url, SECRET))),
        MailKind::Rejection => ("rejection", None),
        MailKind::Acceptance => ("acceptance", None),
        MailKind::Ending => ("ending", None),
        MailKind::Inquiry => ("inquiry", None),
        MailKind::RoleExpiry => ("role_expiry", None),
    };
    let sample = Letter::sample(name)?;
    Some(sample.render(Language::of(Some(language)), link.as_deref()))
}
