//! The log as the checker reads it, and what must hold of any part of it.

use super::verdict::Verdict;
use partner_service::domain::event::EventKind;
use partner_service::entity::log;
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// One event, as it stands in the table.
#[derive(Clone, Debug)]
pub struct LogRow {
    pub position: i64,
    pub event_id: Uuid,
    pub account: Uuid,
    pub counterpart: Option<Uuid>,
    pub kind: EventKind,
    pub subject: Uuid,
    pub payload: serde_json::Value,
    pub last_of_change: bool,
}

/// A stretch of the log: every position and whether a change ends there, and the rows of the accounts looked at.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Of every position in the stretch.
    pub ends: BTreeMap<i64, bool>,
    pub rows: Vec<LogRow>,
}

impl Log {
    /// From rows that are the whole stretch.
    pub fn of(rows: Vec<LogRow>) -> Self {
        let ends = rows.iter().map(|row| (row.position, row.last_of_change)).collect();
        Self { ends, rows }
    }

    /// Everything.
    pub async fn read(db: &DatabaseConnection) -> Self {
        let rows = log::Entity::find().order_by_asc(log::Column::Position).all(db).await.unwrap();
        Self::of(rows.into_iter().map(row).collect())
    }

    /// What concerns some accounts, from a position on.
    pub async fn about(db: &DatabaseConnection, accounts: &BTreeSet<Uuid>, from: i64) -> Self {
        use log::Column::{AccountId, CounterpartAccountId, LastOfChange, Position};
        let ends = log::Entity::find()
            .select_only()
            .columns([Position, LastOfChange])
            .filter(Position.gte(from))
            .into_tuple::<(i64, bool)>();
        let concerned = Condition::any()
            .add(AccountId.is_in(accounts.iter().copied()))
            .add(CounterpartAccountId.is_in(accounts.iter().copied()));
        let rows = log::Entity::find().filter(concerned).order_by_asc(Position);
        let ends = ends.all(db).await.unwrap().into_iter().collect();
        let rows = rows.all(db).await.unwrap().into_iter().map(row).collect();
        Self { ends, rows }
    }

    /// With what was read later, when the beginning was not kept any more.
    pub fn joined(mut self, later: Self) -> Self {
        let head = self.head();
        self.ends.extend(later.ends);
        self.rows.extend(later.rows.into_iter().filter(|row| row.position > head));
        self
    }

    /// The highest position.
    pub fn head(&self) -> i64 {
        self.ends.keys().next_back().copied().unwrap_or(0)
    }

    /// Gapless positions, one event each, and a last change that is whole.
    pub fn check(&self, verdict: &mut Verdict) {
        let mut before = None;
        for position in self.ends.keys() {
            if before.is_some_and(|before| before + 1 != *position) {
                verdict.log(format!("a hole in the log before position {position}"));
            }
            before = Some(*position);
        }
        if self.ends.values().next_back() == Some(&false) {
            verdict.log(format!("the change at the head, {}, does not end", self.head()));
        }
        let mut ids = BTreeMap::new();
        for row in &self.rows {
            if let Some(other) = ids.insert(row.event_id, row.position) {
                let LogRow { position, event_id, .. } = row;
                verdict.log(format!("{event_id} stands at {other} and at {position}"));
            }
        }
    }
}

fn row(row: log::Model) -> LogRow {
    let log::Model {
        position,
        event_id,
        account_id,
        counterpart_account_id,
        kind,
        subject_id,
        last_of_change,
        payload,
        at: _,
    } = row;
    LogRow {
        position,
        event_id: event_id.0,
        account: account_id.0,
        counterpart: counterpart_account_id.map(|id| id.0),
        kind,
        subject: subject_id,
        payload,
        last_of_change,
    }
}
