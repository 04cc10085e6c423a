//! Who is told of which event: a pure function of the event and of the intervals in which two accounts were partners.

use super::event::{Body, EventKind};
use super::ids::{AccountId, MemberId, PartnershipId};

/// A time in which two accounts shared members: from its activation's position up to, and without, its end's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The other account.
    pub partner: AccountId,
    /// The position of the activation.
    pub since: i64,
    /// The position of the end; `None` while it lasts.
    pub until: Option<i64>,
}

impl Interval {
    /// Whether a member event at `position` lies in it.
    #[must_use]
    pub fn covers(&self, position: i64) -> bool {
        self.since <= position && self.until.is_none_or(|until| position < until)
    }
}

/// A person whom an account deleted from its contacts (C8), from one position to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The person's home account.
    pub home: AccountId,
    /// The person.
    pub member: MemberId,
    /// The position of the deletion.
    pub since: i64,
    /// The position at which it was lifted; `None` while it is in force.
    pub until: Option<i64>,
}

/// What an account has to do with others: what decides of which of their members' events it is told.
#[derive(Clone, Debug, Default)]
pub struct Relations {
    /// When it was whose partner.
    pub intervals: Vec<Interval>,
    /// Whom it does not want to see.
    pub suppressions: Vec<Suppression>,
}

impl Relations {
    /// Whether a member of `home` is visible at `position`.
    #[must_use]
    pub fn show(&self, home: AccountId, member: MemberId, position: i64) -> bool {
        let shared = |interval: &Interval| interval.partner == home && interval.covers(position);
        let hidden = |one: &Suppression| {
            (one.home, one.member) == (home, member)
                && one.since <= position
                && one.until.is_none_or(|until| position < until)
        };
        self.intervals.iter().any(shared) && !self.suppressions.iter().any(hidden)
    }
}

/// What an account is told of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// Something about a member of this partner.
    Member(AccountId),
    /// The partnership with this account began.
    Activated(AccountId, PartnershipId),
    /// The partnership with this account ended.
    Ended(AccountId, PartnershipId),
}

/// What of a logged event decides who is told of it.
#[derive(Clone, Copy, Debug)]
pub struct Logged<'a> {
    /// Its place.
    pub position: i64,
    /// The account it happened in; of a partnership, the sender.
    pub account: AccountId,
    /// The recipient of a partnership.
    pub counterpart: Option<AccountId>,
    /// What happened.
    pub kind: EventKind,
    /// The rest.
    pub body: &'a Body,
}

/// What `viewer` is told of an event, given its relations (C2, C4, C6, C8); mostly nothing.
#[must_use]
pub fn tell(viewer: AccountId, relations: &Relations, event: &Logged<'_>) -> Option<Telling> {
    match event.kind {
        EventKind::MemberAdded
        | EventKind::MemberUpdated
        | EventKind::MemberDeactivated
        | EventKind::MemberReactivated
        | EventKind::MemberRemoved => {
            let Body::Member(fact) = event.body else { return None };
            let partner = event.account;
            let told = partner != viewer && relations.show(partner, fact.member, event.position);
            told.then_some(Telling::Member(partner))
        }
        EventKind::PartnerActivated => {
            party(viewer, event).map(|(other, id)| Telling::Activated(other, id))
        }
        EventKind::PartnerEnded => {
            party(viewer, event).map(|(other, id)| Telling::Ended(other, id))
        }
        EventKind::LogOpened
        | EventKind::AccountCreated
        | EventKind::AccountUpdated
        | EventKind::AccountSuspended
        | EventKind::AccountResumed
        | EventKind::AccountClosed
        | EventKind::MemberPrivatelyUpdated
        | EventKind::PartnershipChanged
        | EventKind::PreferencesUpdated
        | EventKind::GuestCreated
        | EventKind::GuestDeleted
        | EventKind::ContactSuppressed
        | EventKind::ContactRestored => None,
    }
}

/// The other party of a partnership that shares members.
fn party(viewer: AccountId, event: &Logged<'_>) -> Option<(AccountId, PartnershipId)> {
    let Body::Partnership(fact) = event.body else { return None };
    if !fact.kind.policy().syncs_members {
        return None;
    }
    let other = if event.account == viewer {
        event.counterpart?
    } else if event.counterpart == Some(viewer) {
        event.account
    } else {
        return None;
    };
    Some((other, fact.partnership))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::MemberState;
    use crate::domain::event::{AuditAction, MemberFact, PartnershipFact};
    use crate::domain::ids::MembershipId;
    use crate::domain::partner_type::PartnerType;
    use sea_orm::Iterable;

    fn about(member: MemberId) -> Body {
        let text = String::new;
        Body::Member(MemberFact {
            membership: MembershipId::fresh(),
            member,
            email: text(),
            display_name: text(),
            state: MemberState::Active,
            phone: text(),
            title: text(),
            locale: text(),
        })
    }

    fn added(account: AccountId, position: i64, body: &Body) -> Logged<'_> {
        Logged { position, account, counterpart: None, kind: EventKind::MemberAdded, body }
    }

    #[test]
    fn c2_c4_a_member_is_told_inside_the_interval_and_never_at_or_after_its_end() {
        let (viewer, partner) = (AccountId::fresh(), AccountId::fresh());
        let intervals = vec![
            Interval { partner, since: 10, until: Some(20) },
            Interval { partner, since: 30, until: None },
        ];
        let relations = Relations { intervals, ..Relations::default() };
        let body = about(MemberId::fresh());
        for (position, told) in
            [(9, false), (11, true), (19, true), (20, false), (29, false), (31, true)]
        {
            let telling = tell(viewer, &relations, &added(partner, position, &body));
            assert_eq!(telling.is_some(), told, "position {position}");
        }
    }

    #[test]
    fn c8_a_suppressed_person_is_not_told_of_until_that_is_lifted() {
        let (viewer, home) = (AccountId::fresh(), AccountId::fresh());
        let (member, other) = (MemberId::fresh(), MemberId::fresh());
        let relations = Relations {
            intervals: vec![Interval { partner: home, since: 1, until: None }],
            suppressions: vec![Suppression { home, member, since: 10, until: Some(20) }],
        };
        for (who, position, told) in [
            (member, 9, true),
            (member, 10, false),
            (member, 19, false),
            (member, 20, true),
            (other, 15, true),
        ] {
            let body = about(who);
            let telling = tell(viewer, &relations, &added(home, position, &body));
            assert_eq!(telling.is_some(), told, "position {position}");
        }
    }

    #[test]
    fn c6_nobody_is_told_of_its_own_people_nor_of_a_partners_partners() {
        let (viewer, partner, third) = (AccountId::fresh(), AccountId::fresh(), AccountId::fresh());
        let intervals = vec![Interval { partner, since: 1, until: None }];
        let relations = Relations { intervals, ..Relations::default() };
        let body = about(MemberId::fresh());
        assert_eq!(tell(viewer, &relations, &added(viewer, 5, &body)), None);
        assert_eq!(tell(viewer, &relations, &added(third, 5, &body)), None);
    }

    #[test]
    fn only_the_two_parties_are_told_of_a_partnership_and_only_where_the_type_shares_members() {
        let (sender, recipient, third) =
            (AccountId::fresh(), AccountId::fresh(), AccountId::fresh());
        let nobody = Relations::default();
        for kind in PartnerType::iter() {
            let partnership = PartnershipId::fresh();
            let action = AuditAction::Accepted;
            let body = Body::Partnership(PartnershipFact { partnership, kind, action });
            let event = Logged {
                position: 5,
                account: sender,
                counterpart: Some(recipient),
                kind: EventKind::PartnerActivated,
                body: &body,
            };
            let told = |other| {
                kind.policy().syncs_members.then_some(Telling::Activated(other, partnership))
            };
            assert_eq!(tell(sender, &nobody, &event), told(recipient), "{kind:?}");
            assert_eq!(tell(recipient, &nobody, &event), told(sender), "{kind:?}");
            assert_eq!(tell(third, &nobody, &event), None, "{kind:?}");
        }
    }
}
