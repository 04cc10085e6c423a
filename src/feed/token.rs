//! Resume tokens prove themselves (P5): they name the log, the position, and part of the event's id there.
//!
//! A token carries no rights and no secret, so it is checked, not signed: the checksum tells a damaged one from one of a
//! history that is gone. Versioned, since positions may one day belong to several logs.

use crate::domain::ids::EventId;
use crate::error::Error;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const VERSION: u8 = 1;
const PROOF_BYTES: usize = 8;
const CHECK_BYTES: usize = 4;
const BODY_BYTES: usize = 1 + 16 + 8 + PROOF_BYTES;

/// Resumes right after the event at `position`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResumeToken {
    /// Which log.
    pub log: Uuid,
    /// The last position covered.
    pub position: i64,
    /// The random half of the id of the event there.
    pub proof: [u8; PROOF_BYTES],
}

/// The part of an event's id that tokens quote: of a version 7 UUID, the half that no clock decides.
#[must_use]
pub fn proof(event: EventId) -> [u8; PROOF_BYTES] {
    let bytes = event.0.as_bytes();
    std::array::from_fn(|index| bytes[PROOF_BYTES + index])
}

impl ResumeToken {
    /// As text.
    #[must_use]
    pub fn seal(&self) -> String {
        let mut bytes = Vec::with_capacity(BODY_BYTES + CHECK_BYTES);
        bytes.push(VERSION);
        bytes.extend(self.log.as_bytes());
        bytes.extend(self.position.to_be_bytes());
        bytes.extend(self.proof);
        bytes.extend(check(&bytes));
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// From text.
    ///
    /// # Errors
    /// `ResumeTokenInvalid`.
    pub fn open(text: &str) -> Result<Self, Error> {
        Self::read(text).ok_or(Error::ResumeTokenInvalid)
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, sum) = bytes.split_at_checked(BODY_BYTES)?;
        if sum != check(body) || body[0] != VERSION {
            return None;
        }
        let (log, rest) = body[1..].split_at(16);
        let (position, proof) = rest.split_at(8);
        let position = i64::from_be_bytes(position.try_into().ok()?);
        (position >= 0).then_some(())?;
        Some(Self { log: Uuid::from_slice(log).ok()?, position, proof: proof.try_into().ok()? })
    }
}

fn check(body: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::digest(body);
    std::array::from_fn(|index| digest[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> ResumeToken {
        ResumeToken { log: Uuid::now_v7(), position: 4_711, proof: proof(EventId::fresh()) }
    }

    #[test]
    fn a_token_comes_back_as_it_was() {
        let token = token();
        assert_eq!(ResumeToken::open(&token.seal()).unwrap(), token);
    }

    #[test]
    fn a_token_with_any_bit_flipped_or_cut_short_is_refused() {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token().seal()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                ResumeToken::open(&BASE64_URL_SAFE_NO_PAD.encode(flipped)).is_err(),
                "bit {bit}"
            );
        }
        for length in 0..bytes.len() {
            assert!(ResumeToken::open(&BASE64_URL_SAFE_NO_PAD.encode(&bytes[..length])).is_err());
        }
        assert!(ResumeToken::open("not base64!").is_err());
    }
}
