//! Publishing a version (G1).

use super::store;
use crate::backend::{Ask, At, Backend, Done, Outcome, Part, insert};
use crate::domain::agreement::AgreementKind;
use crate::domain::event::{Body, Event, EventKind};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::entity::agreement;
use crate::error::Error;
use sea_orm::sea_query::LockType;
use uuid::Uuid;

/// What is published.
#[derive(Clone, Debug)]
pub struct Edition {
    pub kind: AgreementKind,
    pub version: String,
    pub locale: String,
    pub url: String,
    /// 64 hex digits in lower case.
    pub sha256: String,
    /// At once, unless said otherwise.
    pub effective_at: Option<Timestamp>,
}

/// A version that comes into force when its time comes.
///
/// # Errors
/// `AgreementExists`.
pub async fn publish(
    backend: &Backend,
    ask: &Ask,
    edition: Edition,
) -> Result<Done<agreement::Model>, Error> {
    let edition = &edition;
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let Edition { kind, version, locale, url, sha256, effective_at } = edition.clone();
            super::lock(work, kind, LockType::Update).await?;
            if store::version(&work.txn, kind, &version).await?.is_some() {
                return Err(Error::AgreementExists { version });
            }
            let fresh = agreement::Model {
                kind,
                version,
                position: 0,
                locale,
                url,
                sha256,
                effective_at: effective_at.unwrap_or(work.now),
                published_at: work.now,
            };
            let mut part = Part::default();
            let slot = part.event(Event {
                kind: EventKind::AgreementPublished,
                // nobody's: it concerns all
                account: AccountId(Uuid::nil()),
                counterpart: None,
                subject: Uuid::nil(),
                body: Body::Empty {},
                audit: None,
                appears: None,
            });
            let placed = move |row: agreement::Model, at: &At| agreement::Model {
                position: at.position(slot),
                ..row
            };
            let row = fresh.clone();
            part.write(move |at, db| vec![insert(placed(row, at), db)]);
            Ok(Outcome::new(part, move |at| placed(fresh, at)))
        })
        .await
}
