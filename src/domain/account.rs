//! Accounts and members: their states and who holds the capability to manage partners.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// The state of an organisation's account.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    /// In use.
    Active,
    /// Nobody acts for it until it is resumed (M4).
    Suspended,
    /// Gone for good (M5).
    Closed,
}

/// The state of a member.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberState {
    /// May act.
    Active,
    /// May not act until reactivated; still a member (M3).
    Deactivated,
    /// Left; the address is free again.
    Removed,
}

/// What kind of user a member is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Profile {
    /// Pays the bills.
    BillingAdministrator,
    /// Administers the account.
    Administrator,
    /// Supervises work.
    Supervisor,
    /// Manages work.
    Manager,
    /// Looks on.
    Observer,
    /// Visits.
    Visitor,
}

impl Profile {
    /// Whether the profile alone brings the capability `manage_partners`.
    #[must_use]
    pub fn manages_partners(self) -> bool {
        match self {
            Self::BillingAdministrator | Self::Administrator => true,
            Self::Supervisor | Self::Manager | Self::Observer | Self::Visitor => false,
        }
    }
}

/// Whether a member holds `manage_partners`: an individual grant or refusal wins over the profile.
#[must_use]
pub fn can_manage_partners(profile: Profile, individual: Option<bool>) -> bool {
    individual.unwrap_or_else(|| profile.manages_partners())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn i1_two_profiles_manage_partners_and_a_grant_or_refusal_overrides_any() {
        for profile in Profile::iter() {
            let by_profile =
                matches!(profile, Profile::BillingAdministrator | Profile::Administrator);
            assert_eq!(can_manage_partners(profile, None), by_profile);
            assert!(can_manage_partners(profile, Some(true)));
            assert!(!can_manage_partners(profile, Some(false)));
        }
    }
}
