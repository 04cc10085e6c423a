//! Resume tokens prove themselves (P5): they name the log, the position, and part of the event's id there.
//!
//! A token carries no rights and no secret, so it is checked, not signed: the checksum tells a damaged one from one of a
//! history that is gone. Versioned, since positions may one day belong to several logs. A token from inside a snapshot
//! also tells how far the snapshot has come, and belongs to one account: to another its place in the order means nothing.

use crate::domain::ids::{AccountId, EventId, MemberId};
use crate::error::Error;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const EVENT: u8 = 1;
const SNAPSHOT: u8 = 2;
const UUID_BYTES: usize = 16;
const PROOF_BYTES: usize = 8;
const CHECK_BYTES: usize = 4;
const EVENT_BYTES: usize = 1 + UUID_BYTES + 8 + PROOF_BYTES;
const SNAPSHOT_BYTES: usize = EVENT_BYTES + 4 * UUID_BYTES;

/// Resumes right after the event at `position`, or inside the snapshot of that position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResumeToken {
    /// Which log.
    pub log: Uuid,
    /// The last position covered.
    pub position: i64,
    /// The random half of the id of the event there.
    pub proof: [u8; PROOF_BYTES],
    /// Inside a snapshot: how far it has come.
    pub snapshot: Option<SnapshotPlace>,
}

/// Right after a contact in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotPlace {
    /// Whose contacts.
    pub account: AccountId,
    /// Whose members alone; `None` where it is everybody's.
    pub partner: Option<AccountId>,
    /// The last contact sent.
    pub after: (AccountId, MemberId),
}

impl SnapshotPlace {
    /// Before the first contact.
    #[must_use]
    pub fn start(account: AccountId, partner: Option<AccountId>) -> Self {
        Self { account, partner, after: (partner.unwrap_or(NOBODY), MemberId(Uuid::nil())) }
    }
}

const NOBODY: AccountId = AccountId(Uuid::nil());

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
        let Self { log, position, proof, snapshot } = self;
        let mut bytes = Vec::with_capacity(SNAPSHOT_BYTES + CHECK_BYTES);
        bytes.push(if snapshot.is_some() { SNAPSHOT } else { EVENT });
        bytes.extend(log.as_bytes());
        bytes.extend(position.to_be_bytes());
        bytes.extend(proof);
        if let Some(SnapshotPlace { account, partner, after }) = snapshot {
            for id in [account.0, partner.unwrap_or(NOBODY).0, after.0.0, after.1.0] {
                bytes.extend(id.as_bytes());
            }
        }
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
        let length = match *bytes.first()? {
            EVENT => EVENT_BYTES,
            SNAPSHOT => SNAPSHOT_BYTES,
            _ => return None,
        };
        let (body, sum) = bytes.split_at_checked(length)?;
        if sum != check(body) {
            return None;
        }
        let (event, snapshot) = body.split_at(EVENT_BYTES);
        let (log, rest) = event[1..].split_at(UUID_BYTES);
        let (position, proof) = rest.split_at(8);
        let position = i64::from_be_bytes(position.try_into().ok()?);
        (position >= 0).then_some(())?;
        let snapshot = if snapshot.is_empty() { None } else { Some(place(snapshot)?) };
        Some(Self {
            log: Uuid::from_slice(log).ok()?,
            position,
            proof: proof.try_into().ok()?,
            snapshot,
        })
    }
}

fn place(bytes: &[u8]) -> Option<SnapshotPlace> {
    let mut ids = bytes.chunks(UUID_BYTES).map(Uuid::from_slice);
    let mut next = || ids.next()?.ok();
    let (account, partner) = (AccountId(next()?), AccountId(next()?));
    Some(SnapshotPlace {
        account,
        partner: (partner != NOBODY).then_some(partner),
        after: (AccountId(next()?), MemberId(next()?)),
    })
}

fn check(body: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::digest(body);
    std::array::from_fn(|index| digest[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> [ResumeToken; 3] {
        let (account, partner) = (AccountId::fresh(), AccountId::fresh());
        let event = ResumeToken {
            log: Uuid::now_v7(),
            position: 4_711,
            proof: proof(EventId::fresh()),
            snapshot: None,
        };
        let place = SnapshotPlace { account, partner: None, after: (partner, MemberId::fresh()) };
        let whole = ResumeToken { snapshot: Some(place), ..event };
        let start = SnapshotPlace::start(account, Some(partner));
        [event, whole, ResumeToken { snapshot: Some(start), ..event }]
    }

    #[test]
    fn a_token_comes_back_as_it_was() {
        for token in tokens() {
            assert_eq!(ResumeToken::open(&token.seal()).unwrap(), token);
        }
    }

    #[test]
    fn a_token_with_any_bit_flipped_or_cut_short_is_refused() {
        tokens().iter().for_each(refused_when_damaged);
    }

    fn refused_when_damaged(token: &ResumeToken) {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.seal()).unwrap();
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
