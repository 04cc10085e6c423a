//! Reads of partnerships, each from one account's side.

use super::standing;
use super::view::{self, Partner, PartnershipView};
use crate::domain::account::MemberState;
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partner_type::PartnerType;
use crate::domain::partnership::{Side, View};
use crate::domain::time::Timestamp;
use crate::entity::{account, member, partnership};
use crate::error::Error;
use sea_orm::sea_query::{Asterisk, Expr, Func, Order, Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, Iterable,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a list is narrowed to; empty lists do not narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub states: Vec<View>,
    pub kinds: Vec<PartnerType>,
    pub sides: Vec<Side>,
    /// Matches only where the view names the other account.
    pub partner: Option<AccountId>,
}

/// Who is looking.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    pub account: AccountId,
    /// Whether it sees more than active partnerships, and what it may do (V3).
    pub manager: bool,
    pub now: Timestamp,
}

/// A row, the side the viewer stands on, and what that side sees.
#[derive(Clone, Debug)]
pub struct Seen {
    pub row: partnership::Model,
    pub side: Side,
    pub view: View,
}

/// The row, if the account's side sees it.
#[must_use]
pub fn seen(row: partnership::Model, account: AccountId, now: Timestamp) -> Option<Seen> {
    let side = view::side_of(&row, account)?;
    let view = standing(&row).view(side, now)?;
    Some(Seen { row, side, view })
}

/// What answers for a row that the caller's side does not see (D4).
#[must_use]
pub fn not_found(id: PartnershipId) -> Error {
    Error::NotFound { resource: "partnership", id: id.to_string() }
}

/// One partnership.
///
/// # Errors
/// `NotFound` also for what the viewer's side does not see; the database's.
pub async fn get(
    db: &impl ConnectionTrait,
    viewer: Viewer,
    id: PartnershipId,
) -> Result<PartnershipView, Error> {
    let row = partnership::Entity::find_by_id(id).one(db).await?;
    let seen =
        row.and_then(|row| seen(row, viewer.account, viewer.now)).ok_or_else(|| not_found(id))?;
    if !viewer.manager && seen.view != View::Active {
        return Err(not_found(id));
    }
    show(db, viewer, seen).await
}

/// Partnerships, newest first, before a position, with the position each list goes on from: one statement, an index walk
/// for each side (an account is never on both sides of a row).
///
/// # Errors
/// The database's.
pub async fn list(
    db: &impl ConnectionTrait,
    viewer: Viewer,
    filter: &Filter,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<(i64, PartnershipView)>, Error> {
    let sides = Side::iter().filter(|side| filter.sides.is_empty() || filter.sides.contains(side));
    let mut walks = sides.map(|side| walk(viewer, side, filter, before, limit));
    let Some(mut statement) = walks.next() else { return Ok(Vec::new()) };
    for other in walks {
        statement.union(UnionType::All, other);
    }
    statement.order_by(partnership::Column::CreatedPosition, Order::Desc).limit(limit);
    let mut seen = Vec::new();
    for row in db.query_all(&statement).await? {
        let name: Option<String> = row.try_get("", PARTNER_NAME)?;
        let row = partnership::Model::from_query_result(&row, "")?;
        let position = row.created_position;
        if let Some(found) = self::seen(row, viewer.account, viewer.now) {
            seen.push((position, found, name.unwrap_or_default()));
        }
    }
    let rosters = rosters(db, seen.iter().map(|(_, seen, _)| seen)).await?;
    let shown = seen.into_iter().map(|(position, Seen { row, side, view }, display_name)| {
        let roster_size = rosters.get(&row.sender_account_id).copied().unwrap_or(0);
        let partner = Partner { display_name, roster_size };
        (position, view::show(&row, side, view, &partner, viewer.manager, viewer.now))
    });
    Ok(shown.collect())
}

const PARTNER_NAME: &str = "partner_name";

/// One side's rows with the other account's name; wrapped, since SQLite takes no LIMIT inside a UNION.
fn walk(
    viewer: Viewer,
    side: Side,
    filter: &Filter,
    before: Option<i64>,
    limit: u64,
) -> SelectStatement {
    let other = match side {
        Side::Sender => partnership::Column::RecipientAccountId,
        Side::Recipient => partnership::Column::SenderAccountId,
    };
    let mut rows = partnership::Entity::find()
        .filter(on_side(viewer, side, filter))
        .order_by_desc(partnership::Column::CreatedPosition)
        .limit(limit);
    if let Some(before) = before {
        rows = rows.filter(partnership::COLUMN.created_position.lt(before));
    }
    let name = Query::select()
        .column((account::Entity, account::Column::DisplayName))
        .from(account::Entity)
        .and_where(
            Expr::col((account::Entity, account::Column::Id)).equals((partnership::Entity, other)),
        )
        .to_owned();
    let rows = rows.expr_as(Expr::SubQuery(None, Box::new(name.into())), PARTNER_NAME).into_query();
    Query::select().column(Asterisk).from_subquery(rows, "side").to_owned()
}

/// How many members the senders of pending invitations have, removed ones apart.
async fn rosters(
    db: &impl ConnectionTrait,
    seen: impl Iterator<Item = &Seen>,
) -> Result<BTreeMap<AccountId, u64>, Error> {
    let senders: BTreeSet<AccountId> = seen
        .filter(|seen| seen.view == View::Pending && seen.row.kind.policy().syncs_members)
        .map(|seen| seen.row.sender_account_id)
        .collect();
    if senders.is_empty() {
        return Ok(BTreeMap::new());
    }
    let counted: Vec<(AccountId, i64)> = member::Entity::find()
        .select_only()
        .column(member::Column::AccountId)
        .column_as(Expr::expr(Func::count(Expr::col(member::Column::Id))), "roster_size")
        .filter(member::Column::AccountId.is_in(senders))
        .filter(member::Column::State.is_in([MemberState::Active, MemberState::Deactivated]))
        .group_by(member::Column::AccountId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(counted.into_iter().map(|(id, count)| (id, u64::try_from(count).unwrap_or(0))).collect())
}

fn on_side(viewer: Viewer, side: Side, filter: &Filter) -> Condition {
    use partnership::Column::{
        ActivatedAt, ExpiresAt, Kind, RecipientAccountId, RecipientView, SenderAccountId,
        SenderView,
    };
    let (own, other, shown) = match side {
        Side::Sender => (SenderAccountId, RecipientAccountId, SenderView),
        Side::Recipient => (RecipientAccountId, SenderAccountId, RecipientView),
    };
    let undecided = match side {
        Side::Sender => View::AwaitingApproval,
        Side::Recipient => View::Pending,
    };
    let mut condition = Condition::all().add(own.eq(viewer.account)).add(shown.is_not_null());
    if !viewer.manager {
        condition = condition.add(shown.eq(View::Active));
    }
    if !filter.states.is_empty() {
        let overdue = Condition::all().add(shown.eq(undecided)).add(ExpiresAt.lte(viewer.now));
        let mut any = Condition::any();
        for state in &filter.states {
            any = match state {
                View::Expired => any.add(shown.eq(View::Expired)).add(overdue.clone()),
                View::AwaitingApproval | View::Pending => {
                    any.add(Condition::all().add(shown.eq(*state)).add(overdue.clone().not_true()))
                }
                View::Active | View::Rejected => any.add(shown.eq(*state)),
            };
        }
        condition = condition.add(any);
    }
    if !filter.kinds.is_empty() {
        condition = condition.add(Kind.is_in(filter.kinds.iter().copied()));
    }
    if let Some(partner) = filter.partner {
        condition = condition.add(other.eq(partner));
        if side == Side::Sender {
            condition = condition.add(ActivatedAt.is_not_null());
        }
    }
    condition
}

trait NotTrue {
    fn not_true(self) -> Condition;
}

impl NotTrue for Condition {
    /// `NOT (..)` that is true also where the inner condition is unknown: an invitation without expiry is never overdue.
    fn not_true(self) -> Condition {
        Condition::any().add(self.not()).add(partnership::Column::ExpiresAt.is_null())
    }
}

/// One row's view, with what it tells of the other account.
///
/// # Errors
/// The database's.
pub async fn show(
    db: &impl ConnectionTrait,
    viewer: Viewer,
    seen: Seen,
) -> Result<PartnershipView, Error> {
    let named = match view::known_partner(&seen.row, seen.side) {
        Some(known) => account::Entity::find_by_id(known).one(db).await?,
        None => None,
    };
    show_with(db, viewer, seen, named).await
}

/// The same, with the other account in hand.
///
/// # Errors
/// The database's.
pub async fn show_with(
    db: &impl ConnectionTrait,
    viewer: Viewer,
    seen: Seen,
    named: Option<account::Model>,
) -> Result<PartnershipView, Error> {
    let display_name = named.map(|account| account.display_name).unwrap_or_default();
    let rosters = rosters(db, std::iter::once(&seen)).await?;
    let roster_size = rosters.get(&seen.row.sender_account_id).copied().unwrap_or(0);
    let partner = Partner { display_name, roster_size };
    Ok(view::show(&seen.row, seen.side, seen.view, &partner, viewer.manager, viewer.now))
}
