//! What is true, written down once more from the rules: what each type permits, what roles give, and what takes it away.

use partner_service::domain::time::Timestamp;
use partner_service::grpc::pb::{
    AccessDenialReason as Denied, AdminRole as Role, PartnershipType as Kind, Permission,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Accounts are numbers here.
pub const ACCOUNTS: usize = 3;
const DAY: Duration = Duration::from_secs(86_400);

/// A published version, and when it comes into force.
#[derive(Clone, Debug)]
pub struct Edition {
    pub version: String,
    pub effective: Timestamp,
}

/// An ACTIVE partnership.
#[derive(Clone, Debug)]
pub struct Active {
    pub id: String,
    pub roles: BTreeSet<Role>,
    pub until: Option<Timestamp>,
    pub auto_extend: bool,
    pub removed: bool,
}

/// Everything that matters, at one position.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    pub suspended: BTreeSet<usize>,
    /// By provider (of a collaboration the lower number), customer and type.
    pub active: BTreeMap<(usize, usize, Kind), Active>,
    /// Customer, viewer, and whose purchases.
    pub visible: BTreeSet<(usize, usize, usize)>,
    pub published: Vec<Edition>,
    /// Account and version.
    pub accepted: BTreeSet<(usize, String)>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub customer: usize,
    pub partner: usize,
    pub permission: Permission,
    pub purchases_of: Option<usize>,
}

/// The roles a type has.
pub fn roles_of(kind: Kind) -> &'static [Role] {
    match kind {
        Kind::DelegatedAdministrator | Kind::ResellerAndDelegatedAdministrator => {
            &[Role::UserAdmin, Role::LicenseAdmin, Role::PasswordAdmin, Role::ServiceAdmin]
        }
        Kind::Advisor => &[Role::PasswordAdmin, Role::SupportAdmin],
        _ => &[],
    }
}

/// What a type permits by itself.
fn permits(kind: Kind) -> &'static [Permission] {
    match kind {
        Kind::Collaboration => &[Permission::Share],
        Kind::Reseller | Kind::ResellerAndDelegatedAdministrator => {
            &[Permission::Sell, Permission::ManageSubscriptions]
        }
        Kind::Partner => &[Permission::WorkWithServices],
        Kind::Mpsa => &[Permission::ViewPurchases],
        Kind::OemPc => &[Permission::UploadDeviceIds],
        Kind::LineOfBusiness => {
            &[Permission::DevelopApps, Permission::SubmitApps, Permission::ManageApps]
        }
        Kind::DelegatedAdministrator | Kind::Advisor | Kind::Unspecified => &[],
    }
}

fn gives(role: Role) -> Permission {
    match role {
        Role::UserAdmin => Permission::ManageUsers,
        Role::LicenseAdmin => Permission::ManageLicenses,
        Role::PasswordAdmin => Permission::ResetPasswords,
        Role::ServiceAdmin => Permission::ManageServices,
        Role::SupportAdmin => Permission::ManageSupportTickets,
        Role::Unspecified => Permission::Unspecified,
    }
}

/// Where a pair stands in the map.
pub fn key(provider: usize, customer: usize, kind: Kind) -> (usize, usize, Kind) {
    if kind == Kind::Collaboration {
        (provider.min(customer), provider.max(customer), kind)
    } else {
        (provider, customer, kind)
    }
}

impl Active {
    pub fn is_over(&self, now: Timestamp) -> bool {
        !self.auto_extend && self.until.is_some_and(|until| until <= now)
    }

    /// Whether all of these roles are in force: nothing is left to ask for (I5).
    pub fn has_all(&self, roles: &BTreeSet<Role>, now: Timestamp) -> bool {
        self.roles.is_empty()
            || (!self.removed && !self.is_over(now) && roles.is_subset(&self.roles))
    }
}

impl Truth {
    pub fn in_force(&self, now: Timestamp) -> Option<&Edition> {
        let come = self.published.iter().enumerate().filter(|(_, one)| one.effective <= now);
        come.max_by_key(|(number, one)| (one.effective, *number)).map(|(_, one)| one)
    }

    /// The last of a partnership, and of what hung on it.
    pub fn end(&mut self, key: (usize, usize, Kind)) {
        self.active.remove(&key);
        let (provider, customer, kind) = key;
        if kind == Kind::Mpsa {
            self.visible.retain(|(of, viewer, owner)| {
                *of != customer || (*viewer != provider && *owner != provider)
            });
        }
    }

    /// Partner, customer and what the one might do for the other, if nothing else stands against it.
    pub fn likely(&self) -> impl Iterator<Item = (usize, usize, Permission)> {
        self.active.iter().flat_map(|((partner, customer, kind), active)| {
            let given = active.roles.iter().map(|role| gives(*role));
            let all = permits(*kind).iter().copied().chain(given);
            all.map(|permission| (*partner, *customer, permission))
        })
    }

    /// Why not; none if it may.
    pub fn denial(&self, question: Question, now: Timestamp) -> Option<Denied> {
        let Question { customer, partner, .. } = question;
        if self.suspended.contains(&customer) || self.suspended.contains(&partner) {
            return Some(Denied::AccountNotActive);
        }
        let between = self.active.iter().filter(|((first, second, kind), _)| {
            (*first, *second, *kind) == key(partner, customer, *kind)
        });
        let answers: Vec<Option<Denied>> = between
            .map(|((_, _, kind), active)| self.denial_of(*kind, active, question, now))
            .collect();
        if answers.is_empty() {
            return Some(Denied::NoPartnership);
        }
        if answers.contains(&None) {
            return None;
        }
        answers.into_iter().flatten().min_by_key(|denied| *denied as i32)
    }

    fn denial_of(
        &self,
        kind: Kind,
        active: &Active,
        question: Question,
        now: Timestamp,
    ) -> Option<Denied> {
        let Question { customer, partner, permission, purchases_of } = question;
        if permits(kind).contains(&permission) {
            let selling = [Permission::Sell, Permission::ManageSubscriptions].contains(&permission);
            let current = self.in_force(now).map(|current| current.version.clone());
            let agreed = current.is_none_or(|version| self.accepted.contains(&(customer, version)));
            let shown =
                purchases_of.is_none_or(|owner| self.visible.contains(&(customer, partner, owner)));
            return match (selling && !agreed, shown) {
                (true, _) => Some(Denied::AgreementRequired),
                (false, false) => Some(Denied::PermissionNotGranted),
                (false, true) => None,
            };
        }
        if !active.roles.iter().any(|role| gives(*role) == permission) {
            return Some(Denied::PermissionNotGranted);
        }
        match (active.removed, active.is_over(now)) {
            (true, _) => Some(Denied::RolesRemoved),
            (false, true) => Some(Denied::RolesExpired),
            (false, false) => None,
        }
    }
}

/// When roles that last so many days from `now` on end.
pub fn end_of(now: Timestamp, days: u32) -> Timestamp {
    now.plus(DAY * days)
}
