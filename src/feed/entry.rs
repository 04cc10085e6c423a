//! Events as they stand in the log, decoded once for all who read them.

use super::log::Row;
use super::token::{ResumeToken, proof};
use crate::domain::event::{Body, EventKind};
use crate::domain::ids::{AccountId, EventId, PartnershipId};
use crate::domain::partnership::State;
use crate::domain::preferences::ContactRetention;
use crate::domain::sync::Logged;
use crate::domain::time::Timestamp;
use crate::entity::partnership;
use crate::error::Error;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// A place in the log: a position, and the event that stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub position: i64,
    pub event: EventId,
}

impl Place {
    /// The token that resumes right after it.
    #[must_use]
    pub fn token(self, log: Uuid) -> ResumeToken {
        ResumeToken { log, position: self.position, proof: proof(self.event), snapshot: None }
    }
}

/// An event at its place.
#[derive(Debug)]
pub struct Entry {
    pub place: Place,
    pub at: Timestamp,
    /// Whether the change it belongs to ends here.
    pub last_of_change: bool,
    pub account: AccountId,
    pub counterpart: Option<AccountId>,
    pub kind: EventKind,
    pub subject: Uuid,
    pub body: Body,
    /// Of an end of a partnership.
    pub ending: Option<Ending>,
}

/// What the two sides of a partnership do with contacts at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    pub by_closing: bool,
    pub sender_purges: bool,
    pub recipient_purges: bool,
}

/// What an account's contacts of a former partner become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedContacts {
    /// They stay as they were (C4).
    Detached,
    /// Their account closed (M5).
    RemovedAtSource,
    /// They are gone (C9).
    Purged,
}

impl Entry {
    /// What decides who is told of it.
    #[must_use]
    pub fn logged(&self) -> Logged<'_> {
        Logged {
            position: self.place.position,
            account: self.account,
            counterpart: self.counterpart,
            kind: self.kind,
            body: &self.body,
        }
    }

    /// What the viewer's contacts of the other side become, of an end.
    #[must_use]
    pub fn ended_contacts(&self, viewer: AccountId) -> Option<EndedContacts> {
        let Ending { by_closing, sender_purges, recipient_purges } = self.ending?;
        let purges = if viewer == self.account { sender_purges } else { recipient_purges };
        Some(match (purges, by_closing) {
            (true, _) => EndedContacts::Purged,
            (false, true) => EndedContacts::RemovedAtSource,
            (false, false) => EndedContacts::Detached,
        })
    }
}

/// Decodes rows; ends of partnerships are read up on in the partnerships.
///
/// # Errors
/// The database's; a row that cannot be understood.
pub async fn decode(db: &impl ConnectionTrait, rows: Vec<Row>) -> Result<Vec<Arc<Entry>>, Error> {
    let ended: Vec<PartnershipId> = rows
        .iter()
        .filter(|row| row.kind == EventKind::PartnerEnded)
        .map(|row| PartnershipId(row.subject_id))
        .collect();
    let endings = endings(db, ended).await?;
    rows.into_iter().map(|row| entry(row, &endings).map(Arc::new)).collect()
}

fn entry(row: Row, endings: &HashMap<PartnershipId, Ending>) -> Result<Entry, Error> {
    let Row {
        position,
        event_id,
        account_id,
        counterpart_account_id,
        kind,
        subject_id,
        last_of_change,
        payload,
        at,
    } = row;
    let ended = kind == EventKind::PartnerEnded;
    Ok(Entry {
        place: Place { position, event: event_id },
        at,
        last_of_change,
        account: account_id,
        counterpart: counterpart_account_id,
        kind,
        subject: subject_id,
        body: Body::read(kind, &payload).map_err(|error| Error::unreadable("an event", &error))?,
        ending: ended.then(|| endings.get(&PartnershipId(subject_id)).copied()).flatten(),
    })
}

async fn endings(
    db: &impl ConnectionTrait,
    ids: Vec<PartnershipId>,
) -> Result<HashMap<PartnershipId, Ending>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = partnership::Entity::find().filter(partnership::Column::Id.is_in(ids)).all(db);
    let purge = |retention| retention == Some(ContactRetention::Purge);
    let ending = |row: partnership::Model| {
        let ending = Ending {
            by_closing: row.state == State::AccountClosed,
            sender_purges: purge(row.ended_sender_retention),
            recipient_purges: purge(row.ended_recipient_retention),
        };
        (row.id, ending)
    };
    Ok(rows.await?.into_iter().map(ending).collect())
}
