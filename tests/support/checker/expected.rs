//! The messages that the oracle's facts become, and messages as the oracle's facts.

use super::Key;
use super::oracle::{Copy, Person, Telling, What};
use partner_service::grpc::pb;
use uuid::Uuid;

/// The event that must tell this, but for its commit time; `None` where a contact tells it.
pub fn event(telling: &Telling) -> Option<pb::MemberEvent> {
    let Telling { position, event_id, what } = telling;
    let (kind, partner, partnership, member, ended) = match what {
        What::Member { home, member, kind, after } => {
            (*kind, home, None, Some(partner_member((*home, *member), after)), None)
        }
        What::Activated { partner, partnership } => {
            (pb::MemberEventKind::PartnerActivated, partner, Some(partnership), None, None)
        }
        What::Ended { partner, partnership, contacts } => {
            let kind = pb::MemberEventKind::PartnerEnded;
            (kind, partner, Some(partnership), None, Some(*contacts))
        }
        What::Updated { partner } => {
            (pb::MemberEventKind::PartnerUpdated, partner, None, None, None)
        }
        What::Restored(_) => return None,
    };
    Some(pb::MemberEvent {
        event_id: event_id.to_string(),
        position: *position,
        kind: kind.into(),
        partner_account_id: partner.to_string(),
        partnership_id: partnership.map(Uuid::to_string).unwrap_or_default(),
        member,
        commit_time: None,
        ended_contacts: ended.unwrap_or(pb::EndedContacts::Unspecified).into(),
    })
}

fn partner_member((home, member): Key, person: &Person) -> pb::PartnerMember {
    let [phone, title, locale] = &person.details;
    pb::PartnerMember {
        id: member.to_string(),
        home_account_id: home.to_string(),
        email: person.email.clone(),
        display_name: person.display_name.clone(),
        state: person.state.into(),
        phone: phone.clone(),
        title: title.clone(),
        locale: locale.clone(),
    }
}

/// A contact as a copy, or what is wrong with it.
pub fn copy(viewer: Uuid, contact: &pb::Contact) -> Result<(Key, Copy), String> {
    let home: Uuid = contact.home_account_id.parse().map_err(|_| "no home account".to_owned())?;
    let member: Uuid = contact.member_id.parse().map_err(|_| "no member".to_owned())?;
    if contact.kind() != pb::ContactKind::Member || contact.account_id != viewer.to_string() {
        return Err(format!("no MEMBER contact of {viewer}: {contact:?}"));
    }
    let person = Person {
        email: contact.email.clone(),
        display_name: contact.display_name.clone(),
        state: contact.member_state(),
        details: [contact.phone.clone(), contact.title.clone(), contact.locale.clone()],
    };
    Ok(((home, member), Copy { person, link: contact.link() }))
}
