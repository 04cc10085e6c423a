//! With whom an account shares, or shared: the intervals of its pairs, by the other account.

use super::sql::Sql;
use crate::domain::contact::{Interval, Sharing};
use crate::domain::ids::AccountId;
use crate::domain::partner_type::PartnerType;
use crate::domain::partnership::State;
use crate::domain::preferences::ContactRetention;
use crate::domain::time::Timestamp;
use crate::error::Error;
use sea_orm::{ActiveEnum, ConnectionTrait, Iterable, QueryResult};
use std::collections::{BTreeMap, BTreeSet};

/// A partner, or a former one, of whose people something is left to see.
#[derive(Clone, Debug)]
pub struct Partner {
    pub sharing: Sharing,
    /// Its name when the latest interval ended; while one lasts, its account tells.
    pub last_name: Option<String>,
}

/// Whose contacts are read, and as they were at which position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewing {
    pub account: AccountId,
    /// What happened after it is not looked at.
    pub as_of: i64,
}

impl From<AccountId> for Viewing {
    /// As they are.
    fn from(account: AccountId) -> Self {
        Self { account, as_of: i64::MAX }
    }
}

impl Viewing {
    fn below(self) -> i64 {
        self.as_of.saturating_add(1)
    }
}

/// Partners in the order of their ids.
pub type Partners = BTreeMap<AccountId, Partner>;

/// Which of them.
pub enum Which<'a> {
    /// These.
    Named(&'a BTreeSet<AccountId>),
    /// Those from this id on, as many as so many rows tell of.
    From { id: AccountId, rows: u64 },
}

/// Some of an account's partners, and the id to go on from; none at the end.
pub struct Chunk {
    pub partners: Partners,
    pub next: Option<AccountId>,
}

/// Reads partners in order.
///
/// # Errors
/// The database's.
pub async fn from(
    db: &impl ConnectionTrait,
    viewing: Viewing,
    id: AccountId,
    rows: u64,
) -> Result<Chunk, Error> {
    let mut rows = rows;
    loop {
        let mut found = read(db, viewing.account, &Which::From { id, rows }).await?;
        if (found.len() as u64) < rows {
            return Ok(Chunk { partners: grouped(found, viewing), next: None });
        }
        // the last one's rows may go on; all of them are needed
        let next = found.last().map(|row| row.partner);
        if next.is_some_and(|last| found.iter().any(|row| row.partner != last)) {
            found.retain(|row| Some(row.partner) != next);
            return Ok(Chunk { partners: grouped(found, viewing), next });
        }
        rows *= 4;
    }
}

/// Reads those partners that are named.
///
/// # Errors
/// The database's.
pub async fn named(
    db: &impl ConnectionTrait,
    viewing: Viewing,
    ids: &BTreeSet<AccountId>,
) -> Result<Partners, Error> {
    if ids.is_empty() {
        return Ok(Partners::new());
    }
    Ok(grouped(read(db, viewing.account, &Which::Named(ids)).await?, viewing))
}

struct Row {
    partner: AccountId,
    interval: Interval,
    name: Option<String>,
}

impl Row {
    /// The row as it was at a position, if it was there.
    fn known_at(mut self, position: i64) -> Option<Self> {
        if self.interval.since > position {
            return None;
        }
        if self.interval.until.is_some_and(|(until, _)| until > position) {
            self.interval =
                Interval { until: None, by_closing: false, purged: false, ..self.interval };
            self.name = None;
        }
        Some(self)
    }
}

async fn read(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    which: &Which<'_>,
) -> Result<Vec<Row>, Error> {
    let mut sql = Sql::default();
    side(&mut sql, viewer, which, "sender", "recipient");
    sql.text(" UNION ALL ");
    side(&mut sql, viewer, which, "recipient", "sender");
    sql.text(" ORDER BY partner");
    if let Which::From { rows, .. } = which {
        sql.text(" LIMIT ").number(*rows);
    }
    sql.all(db).await?.iter().map(row).collect()
}

/// One side's walk along the index of its partners; wrapped, since SQLite takes no LIMIT inside a UNION.
fn side(sql: &mut Sql, viewer: AccountId, which: &Which<'_>, own: &str, other: &str) {
    let syncing = PartnerType::iter().filter(|kind| kind.policy().syncs_members);
    let partner = format!("{other}_account_id");
    sql.text(&format!(
        "SELECT * FROM (SELECT {partner} AS partner, activated_position, activated_at, ended_position, ended_at, \
         state, ended_{own}_retention AS retention, ended_{other}_name AS name \
         FROM partnership WHERE {own}_account_id = "
    ));
    sql.value(viewer.0).text(" AND activated_position IS NOT NULL AND kind IN ");
    sql.list(syncing.map(|kind| kind.to_value()));
    sql.text(&format!(" AND {partner}"));
    match which {
        Which::Named(ids) => sql.text(" IN ").list(ids.iter().map(|id| id.0)),
        Which::From { id, rows } => sql
            .text(" >= ")
            .value(id.0)
            .text(&format!(" ORDER BY {partner}, activated_position LIMIT "))
            .number(*rows),
    };
    sql.text(&format!(") AS by_{own}"));
}

fn row(row: &QueryResult) -> Result<Row, Error> {
    let (since, since_at): (i64, Timestamp) =
        (row.try_get("", "activated_position")?, row.try_get("", "activated_at")?);
    let ended: (Option<i64>, Option<Timestamp>) =
        (row.try_get("", "ended_position")?, row.try_get("", "ended_at")?);
    let state: State = row.try_get("", "state")?;
    let retention: Option<ContactRetention> = row.try_get("", "retention")?;
    let until = ended.0.zip(ended.1);
    Ok(Row {
        partner: row.try_get("", "partner")?,
        interval: Interval {
            since,
            since_at,
            until,
            by_closing: state == State::AccountClosed,
            purged: until.is_some() && retention == Some(ContactRetention::Purge),
        },
        name: row.try_get("", "name")?,
    })
}

fn grouped(rows: Vec<Row>, viewing: Viewing) -> Partners {
    let mut by_partner: BTreeMap<AccountId, Vec<Row>> = BTreeMap::new();
    for row in rows.into_iter().filter_map(|row| row.known_at(viewing.as_of)) {
        by_partner.entry(row.partner).or_default().push(row);
    }
    let partner = |(id, rows): (AccountId, Vec<Row>)| {
        let latest = rows
            .iter()
            .max_by_key(|row| row.interval.until.map_or(i64::MAX, |until| until.0))
            .and_then(|row| row.name.clone());
        let intervals = rows.into_iter().map(|row| row.interval).collect();
        let sharing = Sharing::below(intervals, viewing.below())?;
        Some((id, Partner { sharing, last_name: latest }))
    };
    by_partner.into_iter().filter_map(partner).collect()
}
