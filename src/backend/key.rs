//! The service's secret key.
//!
//! There may be several, so that one can take another's place while what the other signed is still under way: the first
//! signs, and what any of them signed is good.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;

/// Keys everything the service signs; it never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey {
    signing: Vec<u8>,
    before: Vec<Vec<u8>>,
}

/// Key material that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooShort {
    #[error("a secret key needs at least {} bytes", SecretKey::MIN_BYTES)]
    Only,
    #[error(
        "a secret key needs at least {} bytes, and on line {line} there are fewer; each line is a key",
        SecretKey::MIN_BYTES
    )]
    Line { line: usize },
}

impl SecretKey {
    /// The fewest bytes that a key may have.
    pub const MIN_BYTES: usize = 32;

    /// Takes key material; `None` if there is too little of it.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        Self::of(vec![bytes])
    }

    /// Takes keys, of which the first signs; `None` if one is too short, or there is none.
    #[must_use]
    pub fn of(keys: Vec<Vec<u8>>) -> Option<Self> {
        let long_enough = keys.iter().all(|key| key.len() >= Self::MIN_BYTES);
        let mut keys = keys.into_iter().filter(|_| long_enough);
        Some(Self { signing: keys.next()?, before: keys.collect() })
    }

    /// Reads a key file: text has a key on each line, anything else is one key.
    ///
    /// # Errors
    /// A key that is too short.
    pub fn read(bytes: &[u8]) -> Result<Self, TooShort> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Self::new(bytes.trim_ascii().to_vec()).ok_or(TooShort::Only);
        };
        let lines = text.lines().map(str::trim_ascii).enumerate();
        let keys: Vec<(usize, &str)> = lines.filter(|(_, line)| !line.is_empty()).collect();
        if let [_, _, ..] = keys[..]
            && let Some((at, _)) = keys.iter().find(|(_, key)| key.len() < Self::MIN_BYTES)
        {
            return Err(TooShort::Line { line: at + 1 });
        }
        Self::of(keys.into_iter().map(|(_, key)| key.into()).collect()).ok_or(TooShort::Only)
    }

    /// The MAC of `parts` for one purpose; parts cannot run into each other.
    #[must_use]
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        fed(&self.signing, purpose, parts).finalize().into_bytes().into()
    }

    /// Whether `tag` is such a MAC, or the beginning of one, under any of the keys; takes as long for a wrong one as for a
    /// right one of the last key.
    #[must_use]
    pub fn verifies(&self, purpose: &str, parts: &[&[u8]], tag: &[u8]) -> bool {
        let keys = std::iter::once(&self.signing).chain(&self.before);
        let mut good = keys.map(|key| fed(key, purpose, parts).verify_truncated_left(tag).is_ok());
        good.any(|is_good| is_good)
    }
}

fn fed(key: &[u8], purpose: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [&[u8]; 2] = [b"one", b"two"];

    fn file(keys: &[&str]) -> String {
        keys.iter().map(|key| format!("{}\n", key.repeat(SecretKey::MIN_BYTES))).collect()
    }

    fn read(text: &str) -> SecretKey {
        SecretKey::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_first_key_signs_and_what_any_of_them_signed_is_good() {
        let (old, new) = (read(&file(&["a"])), read(&file(&["b", "a"])));
        let (by_old, by_new) = (old.mac("x", &PARTS), new.mac("x", &PARTS));
        assert_eq!(by_new, read(&file(&["b"])).mac("x", &PARTS));
        for tag in [by_old, by_new] {
            assert!(new.verifies("x", &PARTS, &tag));
            assert!(!new.verifies("y", &PARTS, &tag) && !new.verifies("x", &[b"onetwo"], &tag));
        }
        assert!(!old.verifies("x", &PARTS, &by_new));
        assert!(!read(&file(&["b"])).verifies("x", &PARTS, &by_old), "once it is not listed");
    }

    #[test]
    fn a_tag_is_the_beginning_of_a_mac_and_nothing_is_none() {
        let key = read(&file(&["a"]));
        let mac = key.mac("x", &PARTS);
        assert!(key.verifies("x", &PARTS, &mac[..16]));
        assert!(!key.verifies("x", &PARTS, &mac[1..]) && !key.verifies("x", &PARTS, &[]));
    }

    #[test]
    fn lines_are_keys_whatever_ends_them_and_empty_ones_are_none() {
        let plain = read(&file(&["b", "a"])).mac("x", &PARTS);
        for other in [
            file(&["b", "a"]).replace('\n', "\r\n"),
            format!("\n{}\n\n", file(&["b"])),
            file(&["b"]).trim_end().to_owned(),
            format!("  {}", file(&["b"])),
        ] {
            assert_eq!(read(&other).mac("x", &PARTS), plain, "{other:?}");
        }
    }

    #[test]
    fn a_key_that_is_too_short_is_told_its_line_and_does_not_show() {
        assert_eq!(SecretKey::read(b"").unwrap_err(), TooShort::Only);
        assert_eq!(SecretKey::read(&[b'a'; 31]).unwrap_err(), TooShort::Only);
        let text = format!("{}\nhush\n", file(&["a"]));
        let error = SecretKey::read(text.as_bytes()).unwrap_err();
        assert_eq!(error, TooShort::Line { line: 3 });
        assert!(!error.to_string().contains("hush"));
        assert_eq!(format!("{:?}", read(&file(&["a"]))), "SecretKey(..)");
    }

    #[test]
    fn what_is_no_text_is_one_key_with_line_feeds_in_it() {
        let mut bytes = vec![0xff; 40];
        bytes[20] = b'\n';
        let key = SecretKey::read(&bytes).unwrap();
        let same = SecretKey::new(bytes).unwrap();
        assert_eq!(key.mac("x", &PARTS), same.mac("x", &PARTS));
    }
}
