//! Member events.

use super::enums::Wire;
use super::time;
use crate::domain::event::{EventKind, MemberFact};
use crate::domain::ids::AccountId;
use crate::grpc::fields::Fields;
use crate::grpc::pb;
use crate::sync::events::{Page, Told};

/// What is asked for; the token is judged after the fields.
pub struct Ask {
    pub token: String,
    pub size: usize,
}

pub fn list(fields: &mut Fields, body: pb::ListMemberEventsRequest) -> Ask {
    let pb::ListMemberEventsRequest { account_id: _, resume_token, page_size, min_position: _ } =
        body;
    Ask {
        token: resume_token,
        size: usize::try_from(fields.page_size(page_size)).unwrap_or(usize::MAX),
    }
}

pub fn page(page: Page) -> pb::ListMemberEventsResponse {
    let Page { events, token, has_more } = page;
    pb::ListMemberEventsResponse {
        events: events.into_iter().map(event).collect(),
        resume_token: token.seal(),
        has_more,
    }
}

fn event(told: Told) -> pb::MemberEvent {
    let Told { event, position, kind, partner, partnership, member, committed_at } = told;
    pb::MemberEvent {
        event_id: event.to_string(),
        position,
        kind: self::kind(kind).into(),
        partner_account_id: partner.to_string(),
        partnership_id: partnership.map(|id| id.to_string()).unwrap_or_default(),
        member: member.map(|fact| partner_member(partner, fact)),
        commit_time: Some(time(committed_at)),
        ended_contacts: pb::EndedContacts::Unspecified.into(),
    }
}

/// What partners see; phone, title and locale are contact details, which nobody can share yet (C10).
fn partner_member(home: AccountId, fact: MemberFact) -> pb::PartnerMember {
    let MemberFact {
        membership: _,
        member,
        email,
        display_name,
        state,
        phone: _,
        title: _,
        locale: _,
    } = fact;
    pb::PartnerMember {
        id: member.to_string(),
        home_account_id: home.to_string(),
        email,
        display_name,
        state: state.to_wire(),
        phone: String::new(),
        title: String::new(),
        locale: String::new(),
    }
}

fn kind(kind: EventKind) -> pb::MemberEventKind {
    match kind {
        EventKind::MemberAdded => pb::MemberEventKind::MemberAdded,
        EventKind::MemberUpdated => pb::MemberEventKind::MemberUpdated,
        EventKind::MemberDeactivated => pb::MemberEventKind::MemberDeactivated,
        EventKind::MemberReactivated => pb::MemberEventKind::MemberReactivated,
        EventKind::MemberRemoved => pb::MemberEventKind::MemberRemoved,
        EventKind::PartnerActivated => pb::MemberEventKind::PartnerActivated,
        EventKind::PartnerEnded => pb::MemberEventKind::PartnerEnded,
        // nobody is told of these
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
        | EventKind::ContactRestored => pb::MemberEventKind::Unspecified,
    }
}
