//! E-mail addresses: kept as typed, compared by a key (I3).

use caseless::default_case_fold_str;
use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// The longest address accepted, in characters.
pub const MAX_EMAIL_CHARS: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;

/// What two spellings of one person's address have in common: NFC, case-folded, IDNA domain.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
)]
#[serde(transparent)]
pub struct EmailKey(pub String);

// SeaORM asks this of every primary key; an address never comes from an integer.
impl TryFromU64 for EmailKey {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("EmailKey"))
    }
}

/// An address as somebody typed it, without the spaces around it, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// As typed.
    pub typed: String,
    /// For comparison.
    pub key: EmailKey,
}

impl Email {
    /// Reads an address, or says what is wrong with it.
    ///
    /// # Errors
    /// A sentence fragment that completes "the address ...".
    pub fn parse(raw: &str) -> Result<Self, &'static str> {
        // before trimming, which would take line separators for spaces
        if raw.chars().any(|c| c.is_control() || is_invisible(c)) {
            return Err("must not contain control or invisible characters");
        }
        let typed = raw.trim();
        if typed.is_empty() {
            return Err("must not be empty");
        }
        if typed.chars().count() > MAX_EMAIL_CHARS {
            return Err("must have at most 254 characters");
        }
        if typed.chars().any(char::is_whitespace) {
            return Err("must not contain spaces");
        }
        let (local, domain) = typed.rsplit_once('@').ok_or("must have the form name@domain")?;
        let key = format!("{}@{}", local_key(local)?, domain_key(domain)?);
        Ok(Self { typed: typed.to_owned(), key: EmailKey(key) })
    }
}

fn local_key(local: &str) -> Result<String, &'static str> {
    if local.is_empty() || local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err("must have a name before the @, without empty parts between dots");
    }
    if local.len() > MAX_LOCAL_BYTES {
        return Err("must have at most 64 bytes before the @");
    }
    let key = fold(local);
    // composed, a character may be another one: U+037E is a semicolon then
    if local.chars().chain(key.chars()).any(|c| "()<>[]:;@\\,\"".contains(c)) {
        return Err("must not contain any of ()<>[]:;@\\,\" before the @");
    }
    Ok(key)
}

/// How texts are compared. Case folding can undo normalisation and the other way round; NFC, fold, NFC settles both.
#[must_use]
pub fn fold(text: &str) -> String {
    let composed: String = text.nfc().collect();
    default_case_fold_str(&composed).nfc().collect()
}

fn domain_key(domain: &str) -> Result<String, &'static str> {
    const WRONG: &str = "must have a valid domain after the @, such as b.example";
    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| WRONG)?;
    let labels: Vec<&str> = ascii.split('.').collect();
    let numeric = labels.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if labels.len() < 2
        || labels.iter().any(|label| label.is_empty())
        || numeric
        || ascii.len() > 253
    {
        return Err(WRONG);
    }
    Ok(ascii)
}

/// Characters that print as nothing or turn the text around, and so make two addresses look like one.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(raw: &str) -> String {
        Email::parse(raw).unwrap().key.0
    }

    #[test]
    fn i3_spellings_of_one_address_share_a_key() {
        assert_eq!(key("Bo@B.example"), key("bo@b.example"));
        assert_eq!(key("  bo@b.example "), key("bo@b.example"));
        assert_eq!(key("BO@BÜCHER.example"), key("bo@xn--bcher-kva.example"));
        assert_eq!(key("jose\u{301}@b.example"), key("JOS\u{c9}@b.example"));
        assert_eq!(key("STRASSE@b.example"), key("straße@b.example"));
    }

    #[test]
    fn i3_a_plus_tag_makes_another_person() {
        assert_ne!(key("bo+news@b.example"), key("bo@b.example"));
    }

    #[test]
    fn an_address_is_returned_as_typed() {
        assert_eq!(Email::parse(" Bo@B.example ").unwrap().typed, "Bo@B.example");
    }

    #[test]
    fn malformed_addresses_are_refused() {
        let long = format!("{}@b.example", "a".repeat(255));
        for raw in [
            "",
            " ",
            "bo",
            "@b.example",
            "bo@",
            "bo@b",
            "bo@b..example",
            "bo@.example",
            ".bo@b.example",
            "b..o@b.example",
            "bo@b.example\r\nBcc: x@y.example",
            "bo\n@b.example",
            "b o@b.example",
            "bo@b.example\u{2028}",
            "a@b@c.example",
            "bo@127.0.0.1",
            "bo@-b.example",
            "<bo@b.example>",
            "bo\u{37e}@b.example",
            long.as_str(),
        ] {
            assert!(Email::parse(raw).is_err(), "{raw:?} was accepted");
        }
    }

    proptest::proptest! {
        #[test]
        fn i3_a_key_is_its_own_key(raw in "\\PC{1,20}@[a-z]{1,10}\\.example") {
            if let Ok(email) = Email::parse(&raw) {
                proptest::prop_assert_eq!(Email::parse(&email.key.0).map(|again| again.key), Ok(email.key));
            }
        }
    }
}
