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
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QueryOrder,
    QuerySelect,
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
    Error::NotFound {
        resource: "partnership",
        id: id.to_string(),
    }
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
    let seen = row
        .and_then(|row| seen(row, viewer.account, viewer.now))
        .ok_or_else(|| not_found(id))?;
    if !viewer.manager && seen.view != View::Active {
        return Err(not_found(id));
    }
    let mut shown = show_all(db, viewer, vec![seen]).await?;
    shown.pop().ok_or_else(|| not_found(id))
}

/// Partnerships, newest first, before a position, with the position each list goes on from.
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
    let mut rows = Vec::new();
    // one index walk for each side; an account is never on both sides of a row
    for side in Side::iter().filter(|side| filter.sides.is_empty() || filter.sides.contains(side)) {
        let mut query = partnership::Entity::find()
            .filter(on_side(viewer, side, filter))
            .order_by_desc(partnership::Column::CreatedPosition)
            .limit(limit);
        if let Some(before) = before {
            query = query.filter(partnership::COLUMN.created_position.lt(before));
        }
        rows.extend(query.all(db).await?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.created_position));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let positions: Vec<i64> = rows.iter().map(|row| row.created_position).collect();
    let seen = rows
        .into_iter()
        .filter_map(|row| seen(row, viewer.account, viewer.now))
        .collect();
    Ok(positions
        .into_iter()
        .zip(show_all(db, viewer, seen).await?)
        .collect())
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
    let mut condition = Condition::all()
        .add(own.eq(viewer.account))
        .add(shown.is_not_null());
    if !viewer.manager {
        condition = condition.add(shown.eq(View::Active));
    }
    if !filter.states.is_empty() {
        let overdue = Condition::all()
            .add(shown.eq(undecided))
            .add(ExpiresAt.lte(viewer.now));
        let mut any = Condition::any();
        for state in &filter.states {
            any = match state {
                View::Expired => any.add(shown.eq(View::Expired)).add(overdue.clone()),
                View::AwaitingApproval | View::Pending => any.add(
                    Condition::all()
                        .add(shown.eq(*state))
                        .add(overdue.clone().not_true()),
                ),
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
        Condition::any()
            .add(self.not())
            .add(partnership::Column::ExpiresAt.is_null())
    }
}

/// The views, with what they tell of the other accounts fetched in two statements at most.
///
/// # Errors
/// The database's.
pub async fn show_all(
    db: &impl ConnectionTrait,
    viewer: Viewer,
    seen: Vec<Seen>,
) -> Result<Vec<PartnershipView>, Error> {
    let known: BTreeSet<AccountId> = seen
        .iter()
        .filter_map(|seen| view::known_partner(&seen.row, seen.side))
        .collect();
    let pending = seen
        .iter()
        .filter(|seen| seen.view == View::Pending)
        .map(|seen| seen.row.sender_account_id);
    let pending: BTreeSet<AccountId> = pending.collect();
    let mut partners: BTreeMap<AccountId, Partner> = BTreeMap::new();
    if !known.is_empty() {
        let named: Vec<(AccountId, String)> = account::Entity::find()
            .select_only()
            .columns([account::Column::Id, account::Column::DisplayName])
            .filter(account::Column::Id.is_in(known))
            .into_tuple()
            .all(db)
            .await?;
        partners.extend(named.into_iter().map(|(id, display_name)| {
            (
                id,
                Partner {
                    display_name,
                    roster_size: 0,
                },
            )
        }));
    }
    if !pending.is_empty() {
        let counted: Vec<(AccountId, i64)> = member::Entity::find()
            .select_only()
            .column(member::Column::AccountId)
            .column_as(
                Expr::expr(Func::count(Expr::col(member::Column::Id))),
                "roster_size",
            )
            .filter(member::Column::AccountId.is_in(pending))
            .filter(member::Column::State.is_in([MemberState::Active, MemberState::Deactivated]))
            .group_by(member::Column::AccountId)
            .into_tuple()
            .all(db)
            .await?;
        for (id, count) in counted {
            partners.entry(id).or_default().roster_size = u64::try_from(count).unwrap_or(0);
        }
    }
    let unknown = Partner::default();
    Ok(seen
        .into_iter()
        .map(|Seen { row, side, view }| {
            let partner = view::known_partner(&row, side)
                .and_then(|id| partners.get(&id))
                .unwrap_or(&unknown);
            view::show(&row, side, view, partner, viewer.manager)
        })
        .collect())
}
