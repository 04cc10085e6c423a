//! Who is told of which event: a pure function of the event and of the intervals in which two accounts were partners.

use super::event::{Body, EventKind};
use super::ids::{AccountId, MemberId, PartnershipId};
use super::sharing::ItemType;
use crate::faults::{Variant, broken};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// From one position up to, and without, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first position in it.
    pub since: i64,
    /// The first position after it; `None` while it lasts.
    pub until: Option<i64>,
}

impl Span {
    /// Whether `position` lies in it.
    #[must_use]
    pub fn covers(&self, position: i64) -> bool {
        self.since <= position && self.until.is_none_or(|until| position < until)
    }
}

/// What an account has to do with others: what decides of which of their members' events it is told.
///
/// Knowing more than a position needs does no harm: spans carry the positions at which they began and ended.
#[derive(Clone, Debug, Default)]
pub struct Relations {
    shared: HashMap<AccountId, Vec<Span>>,
    /// Where partners shared their people's contact details.
    detailed: HashMap<AccountId, Vec<Span>>,
    /// By home account.
    hidden: HashMap<AccountId, HashMap<MemberId, Vec<Span>>>,
}

impl Relations {
    /// The account shared members with `partner` in this span.
    pub fn share(&mut self, partner: AccountId, span: Span) {
        start(self.shared.entry(partner).or_default(), span);
    }

    /// Sharing with `partner` ended, and with it what the partner shared of its people's details.
    pub fn end_sharing(&mut self, partner: AccountId, until: i64) {
        end(self.shared.get_mut(&partner), until);
        self.end_details(partner, until);
    }

    /// The partner shared its people's contact details in this span.
    pub fn detail(&mut self, partner: AccountId, span: Span) {
        start(self.detailed.entry(partner).or_default(), span);
    }

    /// The partner shares them no longer.
    pub fn end_details(&mut self, partner: AccountId, until: i64) {
        end(self.detailed.get_mut(&partner), until);
    }

    /// What is told of members of `home` at a position: decided by what was shared there, whatever was since.
    #[must_use]
    pub fn details(&self, home: AccountId, position: i64) -> Details {
        let spans = self.detailed.get(&home);
        let shown = spans.is_some_and(|spans| spans.iter().any(|span| span.covers(position)));
        if shown { Details::Shown } else { Details::Withheld }
    }

    /// The account had deleted a person from its contacts in this span (C8).
    pub fn hide(&mut self, home: AccountId, member: MemberId, span: Span) {
        start(self.hidden.entry(home).or_default().entry(member).or_default(), span);
    }

    /// The person is back among the contacts.
    pub fn restore(&mut self, home: AccountId, member: MemberId, until: i64) {
        end(self.hidden.get_mut(&home).and_then(|hidden| hidden.get_mut(&member)), until);
    }

    /// Whom the account shares with by now.
    pub fn partners(&self) -> impl Iterator<Item = AccountId> {
        let lasting = |spans: &[Span]| spans.iter().any(|span| span.until.is_none());
        self.shared.iter().filter(move |(_, spans)| lasting(spans)).map(|(partner, _)| *partner)
    }

    /// Whether an event of a member of `home` is visible at `position`.
    #[must_use]
    pub fn show(&self, home: AccountId, member: MemberId, position: i64) -> bool {
        let covered = |spans: Option<&Vec<Span>>| {
            spans.is_some_and(|spans| spans.iter().any(|span| span.covers(position)))
        };
        let hidden = self.hidden.get(&home).and_then(|hidden| hidden.get(&member));
        let hidden = covered(hidden) && !broken(Variant::DeletedContactsTold);
        if broken(Variant::RevocationByClock) {
            return self.partners().any(|partner| partner == home) && !hidden;
        }
        covered(self.shared.get(&home)) && !hidden
    }

    /// Whether every event of members of `home` at these positions is visible; where in doubt, not.
    #[must_use]
    pub fn show_everybody(&self, home: AccountId, positions: RangeInclusive<i64>) -> bool {
        let covers = |span: &Span| span.covers(*positions.start()) && span.covers(*positions.end());
        let shared = self.shared.get(&home).is_some_and(|spans| spans.iter().any(covers));
        shared && !self.hidden.contains_key(&home)
    }
}

/// What was known already is not begun twice.
fn start(spans: &mut Vec<Span>, span: Span) {
    if spans.iter().all(|known| known.since != span.since) {
        // there is mostly one, for each of very many partners
        spans.reserve_exact(1);
        spans.push(span);
    }
}

fn end(spans: Option<&mut Vec<Span>>, until: i64) {
    let lasting = |span: &&mut Span| span.until.is_none() && span.since < until;
    if let Some(span) = spans.into_iter().flatten().find(lasting) {
        span.until = Some(until);
    }
}

/// Whether a member's phone, title and locale are told (C10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Details {
    /// They are left empty.
    Withheld,
    /// They are told.
    Shown,
}

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
    fn what_is_known_already_changes_nothing_when_it_is_told_again() {
        let partner = AccountId::fresh();
        let mut relations = Relations::default();
        relations.share(partner, Span { since: 10, until: Some(20) });
        relations.share(partner, Span { since: 10, until: None });
        assert_eq!(relations.partners().count(), 0);
        relations.share(partner, Span { since: 30, until: None });
        relations.end_sharing(partner, 20);
        assert_eq!(relations.partners().collect::<Vec<_>>(), [partner]);
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
