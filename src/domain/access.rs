//! May a partner do this for that customer? A pure function of what stands between the two, and of the time (A1).

use super::account::AccountState;
use super::agreement::Agreed;
use super::event::{Body, EventKind};
use super::ids::AccountId;
use super::partner_type::{PartnerType, Permission};
use super::roles::{Roles, RolesState};
use super::time::Timestamp;
use sea_orm::EnumIter;
use std::collections::BTreeSet;

/// An ACTIVE partnership, as far as it permits something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its type.
    pub kind: PartnerType,
    /// Its roles.
    pub roles: Roles,
}

/// Everything that decides what a partner may do for a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The customer's state; `None` for an account that does not exist.
    pub customer: Option<AccountState>,
    /// The partner's.
    pub partner: Option<AccountState>,
    /// Whether the customer has accepted the agreement in force.
    pub agreed: Agreed,
    /// What is ACTIVE between the two, in the direction that matters to its type.
    pub grants: Vec<Grant>,
    /// Whose purchases the customer lets this partner see (T8).
    pub purchases_of: BTreeSet<AccountId>,
}

/// Why not; where several reasons apply, the first of this list answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter)]
pub enum Denial {
    /// One of the two accounts is suspended or closed.
    AccountNotActive,
    /// The customer has not accepted the agreement in force (G4).
    AgreementRequired,
    /// The roles' time is over (T7).
    RolesExpired,
    /// The customer took the roles away (T3).
    RolesRemoved,
    /// Nothing that is ACTIVE between the two gives it.
    PermissionNotGranted,
    /// Nothing is ACTIVE between the two.
    NoPartnership,
}

impl Access {
    /// Whether the partner may do it now; purchases are asked about with their owner, or whether any may be seen at all.
    ///
    /// # Errors
    /// The first reason why it may not.
    pub fn permits(
        &self,
        permission: Permission,
        purchases_of: Option<AccountId>,
        now: Timestamp,
    ) -> Result<(), Denial> {
        let suspended =
            |state: Option<AccountState>| state.is_some_and(|state| state != AccountState::Active);
        if suspended(self.customer) || suspended(self.partner) {
            return Err(Denial::AccountNotActive);
        }
        let mut answers =
            self.grants.iter().map(|grant| self.judge(grant, permission, purchases_of, now));
        let Some(first) = answers.next() else { return Err(Denial::NoPartnership) };
        answers.fold(first, |best, other| match (best, other) {
            (Ok(()), _) | (_, Ok(())) => Ok(()),
            (Err(one), Err(another)) => Err(one.min(another)),
        })
    }

    fn judge(
        &self,
        Grant { kind, roles }: &Grant,
        permission: Permission,
        purchases_of: Option<AccountId>,
        now: Timestamp,
    ) -> Result<(), Denial> {
        if kind.policy().permissions.contains(&permission) {
            if permission.needs_current_agreement() && !self.agreed.holds(now) {
                return Err(Denial::AgreementRequired);
            }
            let hidden = purchases_of.is_some_and(|owner| !self.purchases_of.contains(&owner));
            return if hidden { Err(Denial::PermissionNotGranted) } else { Ok(()) };
        }
        if !roles.asked.permissions().any(|given| given == permission) {
            return Err(Denial::PermissionNotGranted);
        }
        match roles.state(now) {
            RolesState::InForce => Ok(()),
            RolesState::Expired => Err(Denial::RolesExpired),
            RolesState::Removed => Err(Denial::RolesRemoved),
            RolesState::Requested => Err(Denial::PermissionNotGranted),
        }
    }
}

/// Which answers an event may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Touched {
    /// Those about these two accounts, whichever is the customer.
    Pair(AccountId, AccountId),
    /// Those about this account.
    Account(AccountId),
    /// All.
    All,
}

/// Which answers an event may change; mostly none.
#[must_use]
pub fn touched(
    kind: EventKind,
    account: AccountId,
    counterpart: Option<AccountId>,
    body: &Body,
) -> Option<Touched> {
    match kind {
        EventKind::PartnershipChanged | EventKind::PartnerActivated | EventKind::PartnerEnded => {
            let Body::Partnership(fact) = body else { return None };
            let purchases = fact.kind.policy().permissions.contains(&Permission::ViewPurchases);
            // what one provider may see of another hangs on both their partnerships with the customer
            let touched = |customer| {
                if purchases {
                    Touched::Account(customer)
                } else {
                    Touched::Pair(account, customer)
                }
            };
            counterpart.map(touched)
        }
        EventKind::AccountCreated
        | EventKind::AccountSuspended
        | EventKind::AccountResumed
        | EventKind::AccountClosed
        | EventKind::AgreementAccepted => Some(Touched::Account(account)),
        EventKind::AgreementPublished => Some(Touched::All),
        EventKind::LogOpened
        | EventKind::LogImported
        | EventKind::AccountUpdated
        | EventKind::MemberAdded
        | EventKind::MemberUpdated
        | EventKind::MemberPrivatelyUpdated
        | EventKind::MemberDeactivated
        | EventKind::MemberReactivated
        | EventKind::MemberRemoved
        | EventKind::PreferencesUpdated
        | EventKind::ProviderProfileUpdated
        | EventKind::InquirySent
        | EventKind::ItemShared
        | EventKind::ItemUnshared
        | EventKind::SharedItemUpdated
        | EventKind::GuestCreated
        | EventKind::GuestDeleted
        | EventKind::ContactSuppressed
        | EventKind::ContactRestored => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::partner_type::AdminRole;
    use crate::domain::roles::{RolesEnd, Term};
    use crate::domain::time::DAY;
    use sea_orm::Iterable;

    const NOW: Timestamp = Timestamp(1_000_000);
    const AGREED: Agreed = Agreed::Until(None);

    /// A partnership of a type with all the roles it has.
    fn grant(kind: PartnerType) -> Grant {
        let asked = kind.policy().admin_roles.iter().copied().collect();
        Grant { kind, roles: Roles { asked, ..Roles::default() } }
    }

    fn access_of(grants: Vec<Grant>) -> Access {
        Access {
            customer: Some(AccountState::Active),
            partner: Some(AccountState::Active),
            agreed: AGREED,
            grants,
            purchases_of: BTreeSet::new(),
        }
    }

    /// Section T as a reader knows it: what each type permits by itself, and through its roles.
    fn table(kind: PartnerType) -> (&'static [Permission], &'static [Permission]) {
        use Permission::{
            DevelopApps, ManageApps, ManageLicenses, ManageServices, ManageSubscriptions,
            ManageSupportTickets, ManageUsers, ResetPasswords, Sell, Share, SubmitApps,
            UploadDeviceIds, ViewPurchases, WorkWithServices,
        };
        const FOUR: &[Permission] = &[ManageUsers, ManageLicenses, ResetPasswords, ManageServices];
        match kind {
            PartnerType::Collaboration => (&[Share], &[]),
            PartnerType::Reseller => (&[Sell, ManageSubscriptions], &[]),
            PartnerType::DelegatedAdministrator => (&[], FOUR),
            PartnerType::ResellerAndDelegatedAdministrator => (&[Sell, ManageSubscriptions], FOUR),
            PartnerType::Partner => (&[WorkWithServices], &[]),
            PartnerType::Advisor => (&[], &[ResetPasswords, ManageSupportTickets]),
            PartnerType::Mpsa => (&[ViewPurchases], &[]),
            PartnerType::OemPc => (&[UploadDeviceIds], &[]),
            PartnerType::LineOfBusiness => (&[DevelopApps, SubmitApps, ManageApps], &[]),
        }
    }

    /// How the roles of a grant and the agreement stand, and what that leaves of each.
    type Twist = (fn(&mut Access), Option<Denial>, Option<Denial>);

    #[test]
    fn t1_a1_every_type_permits_what_the_table_says_whatever_became_of_roles_and_agreement() {
        let removed = |access: &mut Access| access.grants[0].roles.end = Some(RolesEnd::Removed);
        let expired = |access: &mut Access| {
            access.grants[0].roles.until = Some(NOW);
        };
        let unagreed = |access: &mut Access| access.agreed = Agreed::NotYet;
        let twists: [Twist; 4] = [
            (|_| (), None, None),
            (removed, Some(Denial::RolesRemoved), None),
            (expired, Some(Denial::RolesExpired), None),
            (unagreed, None, Some(Denial::AgreementRequired)),
        ];
        for kind in PartnerType::iter() {
            let (own, through_roles) = table(kind);
            for (twist, of_roles, of_selling) in twists {
                let mut access = access_of(vec![grant(kind)]);
                twist(&mut access);
                for permission in Permission::iter() {
                    let selling =
                        matches!(permission, Permission::Sell | Permission::ManageSubscriptions);
                    let denial = if own.contains(&permission) {
                        of_selling.filter(|_| selling)
                    } else if through_roles.contains(&permission) {
                        of_roles
                    } else {
                        Some(Denial::PermissionNotGranted)
                    };
                    assert_eq!(
                        access.permits(permission, None, NOW).err(),
                        denial,
                        "{kind:?} {permission:?} {access:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a1_any_active_type_that_allows_it_is_enough() {
        let both = access_of(vec![grant(PartnerType::Advisor), grant(PartnerType::Reseller)]);
        assert_eq!(both.permits(Permission::Sell, None, NOW), Ok(()));
        assert_eq!(both.permits(Permission::ResetPasswords, None, NOW), Ok(()));
    }

    #[test]
    fn a1_of_several_reasons_the_first_in_order_answers() {
        let mut advisor = grant(PartnerType::Advisor);
        advisor.roles.end = Some(RolesEnd::Removed);
        let mut admin = grant(PartnerType::DelegatedAdministrator);
        admin.roles.end = Some(RolesEnd::Expired);
        let mut access = access_of(vec![advisor, grant(PartnerType::OemPc), admin]);
        let denied = |access: &Access| access.permits(Permission::ResetPasswords, None, NOW);
        assert_eq!(denied(&access), Err(Denial::RolesExpired));
        access.partner = Some(AccountState::Suspended);
        assert_eq!(denied(&access), Err(Denial::AccountNotActive));
        access = Access { partner: Some(AccountState::Active), grants: Vec::new(), ..access };
        assert_eq!(denied(&access), Err(Denial::NoPartnership));
    }

    #[test]
    fn t5_a_role_that_was_not_asked_for_gives_nothing() {
        let mut admin = grant(PartnerType::DelegatedAdministrator);
        admin.roles.asked = [AdminRole::UserAdmin].into_iter().collect();
        let access = access_of(vec![admin]);
        assert_eq!(access.permits(Permission::ManageUsers, None, NOW), Ok(()));
        let denied = access.permits(Permission::ManageLicenses, None, NOW);
        assert_eq!(denied, Err(Denial::PermissionNotGranted));
    }

    #[test]
    fn t8_purchases_are_seen_of_those_whom_the_customer_allowed() {
        let (allowed, other) = (AccountId::fresh(), AccountId::fresh());
        let mut access = access_of(vec![grant(PartnerType::Mpsa)]);
        access.purchases_of.insert(allowed);
        let sees = |owner| access.permits(Permission::ViewPurchases, owner, NOW);
        assert_eq!(sees(Some(allowed)), Ok(()));
        assert_eq!(sees(Some(other)), Err(Denial::PermissionNotGranted));
        assert_eq!(sees(None), Ok(()));
    }

    #[test]
    fn t7_time_alone_only_takes_away() {
        let mut admin = grant(PartnerType::DelegatedAdministrator);
        let term = Some(Term { span: DAY, auto_extend: false });
        admin.roles = Roles { term, ..admin.roles }.given(NOW);
        let access = Access {
            agreed: Agreed::Until(Some(NOW.plus(DAY))),
            ..access_of(vec![admin, grant(PartnerType::Reseller)])
        };
        for permission in [Permission::ManageUsers, Permission::Sell] {
            assert_eq!(access.permits(permission, None, NOW), Ok(()));
            assert!(access.permits(permission, None, NOW.plus(DAY)).is_err());
        }
    }
}
