//! The relationship types: one table, one row per type (T1). Nothing else branches on a type's name.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// What kind of relationship two accounts have.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PartnerType {
    /// Two equal organisations share people and files.
    Collaboration,
    /// Sells to the customer.
    Reseller,
    /// Administers for the customer.
    DelegatedAdministrator,
    /// Both of these.
    ResellerAndDelegatedAdministrator,
    /// Works with services through a user account.
    Partner,
    /// Advises and supports.
    Advisor,
    /// Sees purchases.
    Mpsa,
    /// Uploads device ids.
    OemPc,
    /// Develops the customer's own apps.
    LineOfBusiness,
}

/// What a partner may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, Serialize, Deserialize)]
pub enum Permission {
    /// Share people and files, both ways.
    Share,
    /// Sell.
    Sell,
    /// Manage subscriptions.
    ManageSubscriptions,
    /// Work with services.
    WorkWithServices,
    /// See other MPSA partners' purchases.
    ViewPurchases,
    /// Upload device ids.
    UploadDeviceIds,
    /// Develop apps.
    DevelopApps,
    /// Submit apps.
    SubmitApps,
    /// Manage apps.
    ManageApps,
    /// Manage users.
    ManageUsers,
    /// Manage licences.
    ManageLicenses,
    /// Reset passwords.
    ResetPasswords,
    /// Manage services.
    ManageServices,
    /// Manage support tickets.
    ManageSupportTickets,
}

/// An admin role that a provider may ask for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AdminRole {
    /// Gives `ManageUsers`.
    UserAdmin,
    /// Gives `ManageLicenses`.
    LicenseAdmin,
    /// Gives `ResetPasswords`.
    PasswordAdmin,
    /// Gives `ManageServices`.
    ServiceAdmin,
    /// Gives `ManageSupportTickets`.
    SupportAdmin,
}

/// Whether a type joins equals or a provider (sender) with a customer (recipient).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The pair is unordered.
    Mutual,
    /// The pair is (provider, customer).
    ProviderToCustomer,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Equal or directed.
    pub direction: Direction,
    /// What the type gives by itself.
    pub permissions: &'static [Permission],
    /// The admin roles that may be asked for.
    pub admin_roles: &'static [AdminRole],
    /// Whether members become contacts and items can be shared.
    pub syncs_members: bool,
    /// Whether accepting asks for the customer agreement.
    pub needs_agreement: bool,
    /// Whether the recipient may end it while active (T4).
    pub recipient_may_end: bool,
}

impl AdminRole {
    /// What it lets its holder do.
    #[must_use]
    pub fn gives(self) -> Permission {
        match self {
            Self::UserAdmin => Permission::ManageUsers,
            Self::LicenseAdmin => Permission::ManageLicenses,
            Self::PasswordAdmin => Permission::ResetPasswords,
            Self::ServiceAdmin => Permission::ManageServices,
            Self::SupportAdmin => Permission::ManageSupportTickets,
        }
    }
}

impl Permission {
    /// Whether it rests while the customer has not accepted the agreement in force (G4).
    #[must_use]
    pub fn needs_current_agreement(self) -> bool {
        matches!(self, Self::Sell | Self::ManageSubscriptions)
    }
}

impl PartnerType {
    /// The type's row.
    #[must_use]
    pub fn policy(self) -> Policy {
        use AdminRole::{LicenseAdmin, PasswordAdmin, ServiceAdmin, SupportAdmin, UserAdmin};
        use Direction::{Mutual, ProviderToCustomer};
        use Permission::{
            DevelopApps, ManageApps, ManageSubscriptions, Sell, Share, SubmitApps, UploadDeviceIds,
            ViewPurchases, WorkWithServices,
        };
        const FOUR_ROLES: &[AdminRole] = &[UserAdmin, LicenseAdmin, PasswordAdmin, ServiceAdmin];
        #[rustfmt::skip]
        let (direction, permissions, admin_roles, syncs_members, needs_agreement, recipient_may_end): (_, &[_], &[_], _, _, _) = match self {
            Self::Collaboration                     => (Mutual,             &[Share],                              &[],                            true,  false, true),
            Self::Reseller                          => (ProviderToCustomer, &[Sell, ManageSubscriptions],          &[],                            false, true,  false),
            Self::DelegatedAdministrator            => (ProviderToCustomer, &[],                                   FOUR_ROLES,                     false, true,  true),
            Self::ResellerAndDelegatedAdministrator => (ProviderToCustomer, &[Sell, ManageSubscriptions],          FOUR_ROLES,                     false, true,  false),
            Self::Partner                           => (ProviderToCustomer, &[WorkWithServices],                   &[],                            false, true,  false),
            Self::Advisor                           => (ProviderToCustomer, &[],                                   &[PasswordAdmin, SupportAdmin], false, true,  true),
            Self::Mpsa                              => (ProviderToCustomer, &[ViewPurchases],                      &[],                            false, true,  false),
            Self::OemPc                             => (ProviderToCustomer, &[UploadDeviceIds],                    &[],                            false, true,  false),
            Self::LineOfBusiness                    => (ProviderToCustomer, &[DevelopApps, SubmitApps, ManageApps], &[],                           false, true,  false),
        };
        Policy {
            direction,
            permissions,
            admin_roles,
            syncs_members,
            needs_agreement,
            recipient_may_end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn t1_collaboration_alone_is_mutual_syncs_and_needs_no_agreement() {
        for kind in PartnerType::iter() {
            let policy = kind.policy();
            let collaboration = kind == PartnerType::Collaboration;
            assert_eq!(policy.direction == Direction::Mutual, collaboration, "{kind:?}");
            assert_eq!(policy.syncs_members, collaboration, "{kind:?}");
            assert_eq!(policy.needs_agreement, !collaboration, "{kind:?}");
        }
    }

    #[test]
    fn t1_the_customer_may_end_three_of_the_types() {
        let may_end: Vec<_> =
            PartnerType::iter().filter(|kind| kind.policy().recipient_may_end).collect();
        let expected =
            [PartnerType::Collaboration, PartnerType::DelegatedAdministrator, PartnerType::Advisor];
        assert_eq!(may_end, expected);
    }
}
