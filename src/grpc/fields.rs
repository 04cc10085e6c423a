//! Bounds of fields; every bad one is told at once.
//!
//! A bad field yields a placeholder, so that parsing goes on to the next; `finish` then refuses, and no placeholder gets
//! any further.

use super::convert::enums::Wire;
use crate::domain::email::{Email, EmailKey};
use crate::error::{Error, FieldViolation};
use uuid::Uuid;

/// The longest name, in characters.
pub const MAX_NAME: usize = 200;
/// The longest message of an invitation, in characters.
pub const MAX_MESSAGE: usize = 1_000;
/// The longest reason, in characters.
pub const MAX_REASON: usize = 256;
/// The longest locale tag, in characters.
pub const MAX_LOCALE: usize = 35;
const MAX_REQUEST_ID: usize = 64;

/// Which characters a text may have besides printable ones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// None.
    OneLine,
    /// Line feeds.
    ManyLines,
}

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Fields {
    violations: Vec<FieldViolation>,
}

impl Fields {
    /// Refuses if anything was wrong.
    pub fn finish(self) -> Result<(), Error> {
        if self.violations.is_empty() { Ok(()) } else { Err(Error::FieldInvalid(self.violations)) }
    }

    /// Notes something wrong.
    pub fn bad(&mut self, field: &str, description: impl Into<String>) {
        self.violations
            .push(FieldViolation { field: field.to_owned(), description: description.into() });
    }

    /// A required UUID in its hyphenated form.
    pub fn id<T: From<Uuid>>(&mut self, field: &str, raw: &str) -> T {
        self.uuid(field, raw).unwrap_or(Uuid::nil()).into()
    }

    /// A UUID that may be left empty.
    pub fn optional_id<T: From<Uuid>>(&mut self, field: &str, raw: &str) -> Option<T> {
        if raw.is_empty() { None } else { self.uuid(field, raw).map(Into::into) }
    }

    /// A UUID that other checks need before the fields are finished.
    pub fn uuid(&mut self, field: &str, raw: &str) -> Option<Uuid> {
        const HYPHENATED: usize = 36;
        let parsed = Uuid::try_parse(raw).ok().filter(|id| raw.len() == HYPHENATED && !id.is_nil());
        if parsed.is_none() {
            let wrong = if raw.is_empty() {
                "is required"
            } else {
                "must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057"
            };
            self.bad(field, wrong);
        }
        parsed
    }

    /// An e-mail address.
    pub fn email(&mut self, field: &str, raw: &str) -> Email {
        Email::parse(raw).unwrap_or_else(|wrong| {
            self.bad(field, wrong);
            Email { typed: String::new(), key: EmailKey(String::new()) }
        })
    }

    /// A text of at most `max` characters.
    pub fn text(&mut self, field: &str, raw: String, max: usize, kind: Text) -> String {
        if raw.chars().count() > max {
            self.bad(field, format!("must have at most {max} characters"));
        }
        let forbidden = |c: char| match c {
            '\n' => kind == Text::OneLine,
            '\u{2028}' | '\u{2029}' => true,
            other => other.is_control(),
        };
        if raw.chars().any(forbidden) {
            let except = if kind == Text::ManyLines { " other than line feeds" } else { "" };
            self.bad(field, format!("must not contain control characters{except}"));
        }
        raw
    }

    /// A text that must say something.
    pub fn required_text(&mut self, field: &str, raw: String, max: usize) -> String {
        if raw.trim().is_empty() {
            self.bad(field, "is required");
        }
        self.text(field, raw, max, Text::OneLine)
    }

    /// One value of an enumeration; `unset` stands for the unspecified value, which is refused without it.
    pub fn one<E: Wire>(&mut self, field: &str, raw: i32, unset: Option<E>) -> Option<E> {
        if raw == 0 {
            if unset.is_none() {
                self.bad(field, "is required");
            }
            return unset;
        }
        let known = E::from_wire(raw);
        if known.is_none() {
            self.bad(field, "must be a value that this version of the API defines");
        }
        known
    }

    /// Values of an enumeration, as a filter.
    pub fn many<E: Wire>(&mut self, field: &str, raw: &[i32]) -> Vec<E> {
        let known: Vec<E> = raw.iter().filter_map(|value| E::from_wire(*value)).collect();
        if known.len() != raw.len() {
            self.bad(
                field,
                "must hold only values that this version of the API defines, none unspecified",
            );
        }
        known
    }

    /// The caller's name for a mutation: empty, or 1 to 64 visible ASCII characters.
    pub fn request_id(&mut self, raw: &str) {
        if raw.len() > MAX_REQUEST_ID || !raw.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.bad("request_id", "must have 1 to 64 visible ASCII characters");
        }
    }

    /// A position to be at least as fresh as.
    pub fn min_position(&mut self, raw: i64) {
        if raw < 0 {
            self.bad("min_position", "must not be negative");
        }
    }

    /// The size of a page: 50 unless told, 500 at most.
    pub fn page_size(&mut self, raw: i32) -> u64 {
        const DEFAULT: u64 = 50;
        const MOST: u64 = 500;
        match u64::try_from(raw) {
            Ok(0) => DEFAULT,
            Ok(size) => size.min(MOST),
            Err(_) => {
                self.bad("page_size", "must not be negative");
                DEFAULT
            }
        }
    }
}
