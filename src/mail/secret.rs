//! The secret in an invitation's link (L4): the partnership's id, and a keyed MAC over it and the number of the sending.
//!
//! It is derived whenever it is needed and stored nowhere. Sending again makes another one, and the one before is void. It
//! is good for looking the invitation up, and for nothing else.

use crate::backend::SecretKey;
use crate::domain::ids::PartnershipId;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

const PURPOSE: &str = "invitation";
const ID_BYTES: usize = 16;
const MAC_BYTES: usize = 32;

/// The secret of one sending of an invitation.
#[must_use]
pub fn seal(key: &SecretKey, partnership: PartnershipId, sending: i64) -> String {
    let mac = key.mac(PURPOSE, &[partnership.0.as_bytes(), &sending.to_be_bytes()]);
    BASE64_URL_SAFE_NO_PAD.encode([&partnership.0.as_bytes()[..], &mac].concat())
}

/// A secret as somebody sent it: whose it would be, if it is any.
#[derive(Clone)]
pub struct Claimed {
    /// The invitation that it names.
    pub partnership: PartnershipId,
    mac: [u8; MAC_BYTES],
}

impl Claimed {
    /// Reads a secret; none of what cannot be one.
    #[must_use]
    pub fn read(secret: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(secret).ok()?;
        let (id, mac) = bytes.split_first_chunk::<ID_BYTES>()?;
        Some(Self { partnership: PartnershipId(Uuid::from_bytes(*id)), mac: mac.try_into().ok()? })
    }

    /// Whether it is the secret of this sending; takes as long for a wrong one as for the right one.
    #[must_use]
    pub fn is_of(&self, key: &SecretKey, sending: i64) -> bool {
        let parts = [&self.partnership.0.as_bytes()[..], &sending.to_be_bytes()];
        key.verifies(PURPOSE, &parts, &self.mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SecretKey {
        SecretKey::new(vec![byte; SecretKey::MIN_BYTES]).unwrap()
    }

    #[test]
    fn l4_a_secret_is_good_for_its_own_sending_under_its_own_key_only() {
        let id = PartnershipId::fresh();
        let claimed = Claimed::read(&seal(&key(1), id, 3)).unwrap();
        assert_eq!(claimed.partnership, id);
        assert!(claimed.is_of(&key(1), 3));
        assert!(!claimed.is_of(&key(1), 2) && !claimed.is_of(&key(1), 4));
        assert!(!claimed.is_of(&key(2), 3));
    }

    #[test]
    fn l4_a_secret_of_a_key_before_is_good_while_that_key_is_listed() {
        let id = PartnershipId::fresh();
        let claimed = Claimed::read(&seal(&key(1), id, 0)).unwrap();
        let both = SecretKey::of(vec![vec![2; 32], vec![1; 32]]).unwrap();
        assert!(claimed.is_of(&both, 0) && !claimed.is_of(&both, 1));
        assert!(Claimed::read(&seal(&both, id, 0)).unwrap().is_of(&key(2), 0));
    }

    #[test]
    fn l4_a_secret_does_not_carry_over_to_another_invitation() {
        let (one, other) = (PartnershipId::fresh(), PartnershipId::fresh());
        let mut claimed = Claimed::read(&seal(&key(1), one, 0)).unwrap();
        claimed.partnership = other;
        assert!(!claimed.is_of(&key(1), 0));
    }

    #[test]
    fn l4_a_changed_bit_anywhere_makes_it_none() {
        let id = PartnershipId::fresh();
        let right = BASE64_URL_SAFE_NO_PAD.decode(seal(&key(1), id, 0)).unwrap();
        for bit in 0..right.len() * 8 {
            let mut wrong = right.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let claimed = Claimed::read(&BASE64_URL_SAFE_NO_PAD.encode(wrong)).unwrap();
            assert!(claimed.partnership != id || !claimed.is_of(&key(1), 0), "bit {bit}");
        }
    }

    #[test]
    fn what_cannot_be_a_secret_is_none() {
        let whole = seal(&key(1), PartnershipId::fresh(), 0);
        for text in ["", "x", "=", &whole[1..], &format!("{whole}AA"), "\u{e9}", &"A".repeat(4_000)]
        {
            assert!(Claimed::read(text).is_none(), "{text:?}");
        }
    }
}
