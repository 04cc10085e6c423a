//! Who is told of which event: a pure function of the event and of the intervals in which two accounts were partners.

use super::event::{Body, EventKind};
use super::ids::{AccountId, PartnershipId};

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

/// What `viewer`, who was a partner in `intervals`, is told of an event (C2, C4, C6); mostly nothing.
#[must_use]
pub fn tell(viewer: AccountId, intervals: &[Interval], event: &Logged<'_>) -> Option<Telling> {
    match event.kind {
        EventKind::MemberAdded
        | EventKind::MemberUpdated
        | EventKind::MemberDeactivated
        | EventKind::MemberReactivated
        | EventKind::MemberRemoved => {
            let partner = event.account;
            let shared = |interval: &Interval| {
                interval.partner == partner && interval.covers(event.position)
            };
            (partner != viewer && intervals.iter().any(shared)).then_some(Telling::Member(partner))
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
        | EventKind::PreferencesUpdated => None,
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
    use crate::domain::event::{AuditAction, PartnershipFact};
    use crate::domain::partner_type::PartnerType;
    use sea_orm::Iterable;

    const EMPTY: Body = Body::Empty {};

    fn member_event(account: AccountId, position: i64) -> Logged<'static> {
        Logged { position, account, counterpart: None, kind: EventKind::MemberAdded, body: &EMPTY }
    }

    #[test]
    fn c2_c4_a_member_is_told_inside_the_interval_and_never_at_or_after_its_end() {
        let (viewer, partner) = (AccountId::fresh(), AccountId::fresh());
        let intervals = [
            Interval { partner, since: 10, until: Some(20) },
            Interval { partner, since: 30, until: None },
        ];
        for (position, told) in
            [(9, false), (11, true), (19, true), (20, false), (29, false), (31, true)]
        {
            let telling = tell(viewer, &intervals, &member_event(partner, position));
            assert_eq!(telling.is_some(), told, "position {position}");
        }
    }

    #[test]
    fn c6_nobody_is_told_of_its_own_people_nor_of_a_partners_partners() {
        let (viewer, partner, third) = (AccountId::fresh(), AccountId::fresh(), AccountId::fresh());
        let intervals = [Interval { partner, since: 1, until: None }];
        assert_eq!(tell(viewer, &intervals, &member_event(viewer, 5)), None);
        assert_eq!(tell(viewer, &intervals, &member_event(third, 5)), None);
    }

    #[test]
    fn only_the_two_parties_are_told_of_a_partnership_and_only_where_the_type_shares_members() {
        let (sender, recipient, third) =
            (AccountId::fresh(), AccountId::fresh(), AccountId::fresh());
        for kind in PartnerType::iter() {
            let partnership = PartnershipId::fresh();
            let body = Body::Partnership(PartnershipFact {
                partnership,
                kind,
                action: AuditAction::Accepted,
            });
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
            assert_eq!(tell(sender, &[], &event), told(recipient), "{kind:?}");
            assert_eq!(tell(recipient, &[], &event), told(sender), "{kind:?}");
            assert_eq!(tell(third, &[], &event), None, "{kind:?}");
        }
    }
}
