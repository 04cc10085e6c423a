//! Who is told of which event: a pure function of the event and of the intervals in which two accounts were partners.

mod relations;

pub use relations::{Details, Relations, Span};

use super::event::{Body, EventKind};
use super::ids::{AccountId, MemberId, PartnershipId};
use super::sharing::ItemType;
use crate::faults::{Variant, broken};

/// What an account is told of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// Something about a member of this partner.
    Member(AccountId, Details),
    /// The partnership with this account began.
    Activated(AccountId, PartnershipId),
    /// The partnership with this account ended.
    Ended(AccountId, PartnershipId),
    /// This account changed what it shares of its members.
    Updated(AccountId),
    /// A person of this account is back among the contacts (C8).
    Restored(AccountId, MemberId),
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
            told.then_some(Telling::Member(partner, relations.details(partner, event.position)))
        }
        EventKind::PartnerActivated => {
            party(viewer, event).map(|(other, id)| Telling::Activated(other, id))
        }
        EventKind::PartnerEnded if broken(Variant::EndingByInterval) => None,
        EventKind::PartnerEnded => {
            party(viewer, event).map(|(other, id)| Telling::Ended(other, id))
        }
        EventKind::ItemShared | EventKind::ItemUnshared => {
            let Body::Share(fact) = event.body else { return None };
            let details = fact.item_type == ItemType::ContactDetails && fact.is_live;
            let told = details && event.counterpart == Some(viewer);
            told.then_some(Telling::Updated(event.account))
        }
        EventKind::ContactRestored => {
            let Body::Contact(fact) = event.body else { return None };
            let told = event.account == viewer;
            told.then_some(Telling::Restored(fact.home_account, fact.contact_member))
        }
        EventKind::LogOpened
        | EventKind::LogImported
        | EventKind::AccountCreated
        | EventKind::AccountUpdated
        | EventKind::AccountSuspended
        | EventKind::AccountResumed
        | EventKind::AccountClosed
        | EventKind::MemberPrivatelyUpdated
        | EventKind::PartnershipChanged
        | EventKind::PreferencesUpdated
        | EventKind::AgreementPublished
        | EventKind::AgreementAccepted
        | EventKind::GuestCreated
        | EventKind::GuestDeleted
        | EventKind::ContactSuppressed
        | EventKind::ProviderProfileUpdated
        | EventKind::InquirySent
        | EventKind::SharedItemUpdated => None,
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
    use crate::domain::event::{AuditAction, MemberFact, PartnershipFact, ShareFact};
    use crate::domain::ids::{MembershipId, SharedItemId};
    use crate::domain::partner_type::PartnerType;
    use crate::domain::sharing::Item;
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
        let mut relations = Relations::default();
        relations.share(partner, Span { since: 10, until: None });
        relations.end_sharing(partner, 20);
        relations.share(partner, Span { since: 30, until: None });
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
        let mut relations = Relations::default();
        relations.share(home, Span { since: 1, until: None });
        relations.hide(home, member, Span { since: 10, until: None });
        relations.restore(home, member, 20);
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
        let mut relations = Relations::default();
        relations.share(partner, Span { since: 1, until: None });
        let body = about(MemberId::fresh());
        assert_eq!(tell(viewer, &relations, &added(viewer, 5, &body)), None);
        assert_eq!(tell(viewer, &relations, &added(third, 5, &body)), None);
    }

    #[test]
    fn s2_details_are_told_by_what_was_shared_at_the_events_position() {
        let (viewer, home) = (AccountId::fresh(), AccountId::fresh());
        let mut relations = Relations::default();
        relations.share(home, Span { since: 1, until: None });
        relations.detail(home, Span { since: 10, until: None });
        relations.end_details(home, 20);
        relations.detail(home, Span { since: 30, until: None });
        relations.end_sharing(home, 40);
        relations.share(home, Span { since: 50, until: None });
        let body = about(MemberId::fresh());
        for (position, details) in [
            (9, Details::Withheld),
            (11, Details::Shown),
            (19, Details::Shown),
            (21, Details::Withheld),
            (31, Details::Shown),
            (51, Details::Withheld),
        ] {
            let telling = tell(viewer, &relations, &added(home, position, &body));
            assert_eq!(telling, Some(Telling::Member(home, details)), "position {position}");
        }
    }

    #[test]
    fn s2_c4_only_the_partner_is_told_of_shared_details_and_not_after_the_end() {
        let (owner, partner) = (AccountId::fresh(), AccountId::fresh());
        for item_type in ItemType::iter() {
            for (kind, is_live) in [
                (EventKind::ItemShared, true),
                (EventKind::ItemUnshared, true),
                (EventKind::ItemUnshared, false),
            ] {
                let fact = ShareFact {
                    shared_item: SharedItemId::fresh(),
                    item_type,
                    item_key: Item { item_type, external_id: String::new() }.key(),
                    is_live,
                };
                let body = Body::Share(fact);
                let (account, counterpart) = (owner, Some(partner));
                let event = Logged { position: 5, account, counterpart, kind, body: &body };
                let told = is_live && item_type == ItemType::ContactDetails;
                let nobody = Relations::default();
                let expected = told.then_some(Telling::Updated(owner));
                assert_eq!(tell(partner, &nobody, &event), expected, "{item_type:?} {kind:?}");
                assert_eq!(tell(owner, &nobody, &event), None);
                assert_eq!(tell(AccountId::fresh(), &nobody, &event), None);
            }
        }
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
