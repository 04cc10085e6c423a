//! What an account lets in, and what it keeps of a partner that has gone (I14, C9).

use super::ids::AccountId;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// Whose invitations reach the account.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReceivePolicy {
    /// Everybody's.
    AllowAll,
    /// Everybody's but those of the blocked accounts.
    AllowExcept,
    /// Nobody's.
    DenyAll,
}

impl ReceivePolicy {
    /// Whether an invitation of `sender` is let in.
    #[must_use]
    pub fn admits(self, sender: AccountId, blocked: &[AccountId]) -> bool {
        match self {
            Self::AllowAll => true,
            Self::AllowExcept => !blocked.contains(&sender),
            Self::DenyAll => false,
        }
    }
}

/// What happens to a former partner's people among the contacts.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContactRetention {
    /// They stay as they were.
    Keep,
    /// They go.
    Purge,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i14_the_receive_policy_decides_who_is_let_in() {
        let (blocked, other) = (AccountId::fresh(), AccountId::fresh());
        for (policy, lets_blocked_in, lets_other_in) in [
            (ReceivePolicy::AllowAll, true, true),
            (ReceivePolicy::AllowExcept, false, true),
            (ReceivePolicy::DenyAll, false, false),
        ] {
            assert_eq!(policy.admits(blocked, &[blocked]), lets_blocked_in);
            assert_eq!(policy.admits(other, &[blocked]), lets_other_in);
        }
    }
}
