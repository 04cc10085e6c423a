//! Events by page.
//!
//! Blocks of positions are read by primary key and filtered in memory. One call reads a bounded number of them: it may
//! answer few events, or none, and still moves its token on.

use crate::backend::Backend;
use crate::domain::event::{Body, EventKind, MemberFact};
use crate::domain::ids::{AccountId, EventId, PartnershipId};
use crate::domain::partner_type::PartnerType;
use crate::domain::sync::{Interval, Logged, Relations, Suppression, Telling, tell};
use crate::domain::time::Timestamp;
use crate::entity::{log, partnership, suppression};
use crate::error::Error;
use crate::feed::log::{Extent, block, event_at, extent};
use crate::feed::token::{ResumeToken, proof};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Iterable, QueryFilter, QuerySelect};

const BLOCK_ROWS: i64 = 1_024;
const BLOCKS_PER_CALL: usize = 16;

/// One event as an account is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub event: EventId,
    pub position: i64,
    pub kind: EventKind,
    pub partner: AccountId,
    /// Of a beginning or an end.
    pub partnership: Option<PartnershipId>,
    /// Of a member's event.
    pub member: Option<MemberFact>,
    pub committed_at: Timestamp,
}

/// Events, and where to go on.
#[derive(Clone, Debug)]
pub struct Page {
    pub events: Vec<Told>,
    pub token: ResumeToken,
    pub has_more: bool,
}

/// The account's events after `token`, `size` of them at most.
///
/// # Errors
/// `ResumeTokenInvalid`, `ResumeTokenExpired`, `ResumeTokenDiverged`, or the database's.
pub async fn page(
    backend: &Backend,
    viewer: AccountId,
    token: Option<ResumeToken>,
    size: usize,
) -> Result<Page, Error> {
    let db = backend.reads();
    let known = extent(db).await?;
    let start = start(backend, &known, token).await?;
    // read after the head: whatever they say beyond it concerns no position below it
    let relations = Relations {
        intervals: intervals(backend, viewer).await?,
        suppressions: suppressions(backend, viewer).await?,
    };
    let mut reached = start;
    let mut events = Vec::new();
    for _ in 0..BLOCKS_PER_CALL {
        if reached.position >= known.head_position || events.len() >= size {
            break;
        }
        let upto = (reached.position + BLOCK_ROWS).min(known.head_position);
        let rows = block(db, reached.position, upto).await?;
        if rows.first().is_none_or(|row| row.position != reached.position + 1) {
            // the floor passed us while we read
            let floor = extent(db).await?.floor_position;
            return Err(expired(backend, floor));
        }
        if i64::try_from(rows.len()) != Ok(upto - reached.position) {
            tracing::error!(
                after = reached.position,
                upto,
                "there is a hole in the log; nothing beyond it is told"
            );
            return Err(Error::internal("there is a hole in the log"));
        }
        let mut last_whole = reached;
        for row in &rows {
            reached = at(known.log_id, row);
            if row.last_of_change {
                last_whole = reached;
            }
            if let Some(told) = told(viewer, &relations, row)? {
                events.push(told);
                if events.len() == size {
                    return Ok(Page {
                        events,
                        token: reached,
                        has_more: reached.position < known.head_position,
                    });
                }
            }
        }
        // between events a token stands at the end of a change, unless the change is larger than a block
        if last_whole.position > start.position && upto < known.head_position {
            let told_beyond =
                events.last().is_some_and(|told: &Told| told.position > last_whole.position);
            reached = if told_beyond { reached } else { last_whole };
        }
    }
    Ok(Page { events, token: reached, has_more: reached.position < known.head_position })
}

/// Where to begin, with the proof that it is a place in this very history.
async fn start(
    backend: &Backend,
    known: &Extent,
    token: Option<ResumeToken>,
) -> Result<ResumeToken, Error> {
    let below_floor = known.floor_position - 1;
    let earliest = ResumeToken {
        log: known.log_id,
        position: below_floor,
        proof: proof(known.below_floor_event_id),
    };
    let Some(token) = token else { return Ok(earliest) };
    if token.log != known.log_id {
        return Err(Error::ResumeTokenInvalid);
    }
    if token.position > known.head_position {
        return Err(Error::ResumeTokenDiverged);
    }
    if token.position < below_floor {
        return Err(expired(backend, known.floor_position));
    }
    let stands = if token.position == below_floor {
        Some(known.below_floor_event_id)
    } else {
        event_at(backend.reads(), token.position).await?
    };
    match stands {
        Some(event) if proof(event) == token.proof => Ok(token),
        Some(_) => Err(Error::ResumeTokenDiverged),
        // gone since the extent was read
        None => Err(expired(backend, token.position + 2)),
    }
}

fn expired(backend: &Backend, earliest: i64) -> Error {
    Error::ResumeTokenExpired { earliest, retention: backend.limits.event_retention }
}

/// Every interval in which the account shared members with another.
async fn intervals(backend: &Backend, viewer: AccountId) -> Result<Vec<Interval>, Error> {
    use partnership::Column::{
        ActivatedPosition, EndedPosition, Kind, RecipientAccountId, SenderAccountId,
    };
    let syncing = PartnerType::iter().filter(|kind| kind.policy().syncs_members);
    let rows: Vec<(AccountId, AccountId, i64, Option<i64>)> = partnership::Entity::find()
        .select_only()
        .columns([SenderAccountId, RecipientAccountId, ActivatedPosition, EndedPosition])
        .filter(Condition::any().add(SenderAccountId.eq(viewer)).add(RecipientAccountId.eq(viewer)))
        .filter(ActivatedPosition.is_not_null())
        .filter(Kind.is_in(syncing))
        .into_tuple()
        .all(backend.reads())
        .await?;
    let interval = |(sender, recipient, since, until)| Interval {
        partner: if sender == viewer { recipient } else { sender },
        since,
        until,
    };
    Ok(rows.into_iter().map(interval).collect())
}

/// Whom the account has deleted from its contacts.
async fn suppressions(backend: &Backend, viewer: AccountId) -> Result<Vec<Suppression>, Error> {
    let rows = suppression::Entity::find()
        .filter(suppression::Column::AccountId.eq(viewer))
        .all(backend.reads())
        .await?;
    let suppression = |row: suppression::Model| Suppression {
        home: row.home_account_id,
        member: row.member_id,
        since: row.from_position,
        until: row.until_position,
    };
    Ok(rows.into_iter().map(suppression).collect())
}

fn at(log: uuid::Uuid, row: &log::Model) -> ResumeToken {
    ResumeToken { log, position: row.position, proof: proof(row.event_id) }
}

fn told(viewer: AccountId, relations: &Relations, row: &log::Model) -> Result<Option<Told>, Error> {
    let body: Body = serde_json::from_value(row.payload.clone()).map_err(Error::internal)?;
    let logged = Logged {
        position: row.position,
        account: row.account_id,
        counterpart: row.counterpart_account_id,
        kind: row.kind,
        body: &body,
    };
    let (partner, partnership) = match tell(viewer, relations, &logged) {
        None => return Ok(None),
        Some(Telling::Member(partner)) => (partner, None),
        Some(Telling::Activated(partner, id) | Telling::Ended(partner, id)) => (partner, Some(id)),
    };
    Ok(Some(Told {
        event: row.event_id,
        position: row.position,
        kind: row.kind,
        partner,
        partnership,
        member: match body {
            Body::Member(fact) => Some(fact),
            Body::Partnership(_) | Body::Contact(_) | Body::Empty {} => None,
        },
        committed_at: row.at,
    }))
}
