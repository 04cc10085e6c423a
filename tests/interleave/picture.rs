//! Everything a database says, as text that two runs can be compared by: rows in the order of their positions, ids
//! replaced by names.
//!
//! Two tables are locks: `pair` is left out, and so are addresses that nobody owns. Whether a verb came as far as to make
//! such a row before it found nothing to do is nobody's business. Letters are compared where the scene is about them: who
//! of an account's managers hears of an ending is read before the head, and whoever becomes one at that moment may not.

use crate::scene::Scene;
use crate::verb::Outcome;
use partner_service::domain::ids::{EventId, MailId};
use partner_service::entity::{
    account, address, audience_removal, audit_entry, invitation_usage, log, mail, mail_usage,
    member, member_version, membership, partnership, remembered_request, shared_item,
};
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};
use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use uuid::Uuid;

/// Where two verbs led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub picture: String,
    pub first: String,
    pub second: String,
}

impl Ending {
    /// What the database says now, and what the callers were told.
    pub async fn of(
        db: &DatabaseConnection,
        scene: Scene,
        names: BTreeMap<&str, &'static str>,
        first: &Outcome,
        second: &Outcome,
    ) -> Self {
        let mut names = Names { known: names, fresh: BTreeMap::new() };
        let picture = names.put_into(&read(db, scene).await);
        let told = |names: &mut Names, outcome: &Outcome| names.put_into(&format!("{outcome:?}"));
        let first = told(&mut names, first);
        Self { picture, first, second: told(&mut names, second) }
    }

    /// The same ending told from the other end.
    pub fn swapped(self) -> Self {
        Self { first: self.second, second: self.first, ..self }
    }

    /// The lines in which two endings differ.
    pub fn against(&self, other: &Self) -> String {
        let lines =
            |ending: &Self| format!("{}\n{}\n{}", ending.first, ending.second, ending.picture);
        let (ours, theirs) = (lines(self), lines(other));
        let mut text = String::new();
        for line in ours.lines().filter(|line| !theirs.lines().any(|their| their == *line)) {
            let _ = writeln!(text, "    is     {line}");
        }
        for line in theirs.lines().filter(|line| !ours.lines().any(|our| our == *line)) {
            let _ = writeln!(text, "    serial {line}");
        }
        text
    }
}

async fn read(db: &DatabaseConnection, scene: Scene) -> String {
    // events' ids are random, and nothing refers to them
    let nobody = EventId(Uuid::nil());
    let mut text = String::new();
    let mut events = log::Entity::find().order_by_asc(log::Column::Position).all(db).await.unwrap();
    for (event, position) in events.iter_mut().zip(1..) {
        assert_eq!(event.position, position, "the log has a hole");
        event.event_id = nobody;
    }
    write(&mut text, &events);
    let query = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Position);
    let mut entries = query.all(db).await.unwrap();
    entries.iter_mut().for_each(|entry| entry.id = nobody);
    write(&mut text, &entries);
    let query = account::Entity::find().order_by_asc(account::Column::CreatedPosition);
    write(&mut text, &query.all(db).await.unwrap());
    let query = member::Entity::find().order_by_asc(member::Column::CreatedPosition);
    write(&mut text, &query.all(db).await.unwrap());
    let query = partnership::Entity::find().order_by_asc(partnership::Column::CreatedPosition);
    write(&mut text, &query.all(db).await.unwrap());
    let query = membership::Entity::find().order_by_asc(membership::Column::JoinedPosition);
    write(&mut text, &query.all(db).await.unwrap());
    let query = member_version::Entity::find()
        .order_by_asc(member_version::Column::FromPosition)
        .order_by_asc(member_version::Column::MembershipId);
    write(&mut text, &query.all(db).await.unwrap());
    let query = address::Entity::find().order_by_asc(address::Column::EmailKey);
    let mut addresses = query.all(db).await.unwrap();
    addresses.retain(|address| address.member_id.is_some());
    write(&mut text, &addresses);
    let query = invitation_usage::Entity::find()
        .order_by_asc(invitation_usage::Column::AccountId)
        .order_by_asc(invitation_usage::Column::Day);
    let mut usage = query.all(db).await.unwrap();
    usage.retain(|usage| usage.sent + usage.refused > 0);
    write(&mut text, &usage);
    let query = remembered_request::Entity::find().order_by_asc(remembered_request::Column::Caller);
    write(&mut text, &query.all(db).await.unwrap());
    let query = shared_item::Entity::find().order_by_asc(shared_item::Column::SharedPosition);
    write(&mut text, &query.all(db).await.unwrap());
    let query = audience_removal::Entity::find().order_by_asc(audience_removal::Column::Position);
    write(&mut text, &query.all(db).await.unwrap());
    if scene == Scene::Mailed {
        write(&mut text, &letters(db).await);
        let query = mail_usage::Entity::find().order_by_asc(mail_usage::Column::EmailKey);
        write(&mut text, &query.all(db).await.unwrap());
    }
    text
}

/// Letters have no order, and nothing refers to those that verbs write; who sent one is nobody's business.
async fn letters(db: &DatabaseConnection) -> Vec<mail::Model> {
    let mut letters = mail::Entity::find().all(db).await.unwrap();
    for letter in &mut letters {
        letter.id = MailId(Uuid::nil());
        letter.lease = letter.lease.map(|_| Uuid::nil());
    }
    letters.sort_by_cached_key(|letter| format!("{letter:?}"));
    letters
}

fn write(text: &mut String, rows: &[impl Debug]) {
    for row in rows {
        let _ = writeln!(text, "{row:?}");
    }
}

/// Names for ids: those of the cast, and numbers in order of appearance for what the verbs made.
struct Names<'a> {
    known: BTreeMap<&'a str, &'static str>,
    fresh: BTreeMap<String, usize>,
}

impl Names<'_> {
    fn put_into(&mut self, text: &str) -> String {
        let mut named = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            match rest.get(..36).filter(|id| is_uuid(id)) {
                Some(id) => {
                    match self.known.get(id) {
                        Some(name) => named.push_str(name),
                        None => {
                            let next = self.fresh.len();
                            let number = *self.fresh.entry(id.to_owned()).or_insert(next);
                            let _ = write!(named, "#{number}");
                        }
                    }
                    rest = &rest[36..];
                }
                None => {
                    named.push(first);
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        named
    }
}

fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}
