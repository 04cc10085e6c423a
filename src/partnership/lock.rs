//! Locks on pairs and on rows, each set in its own order, after accounts and addresses.

use crate::account::lock::make_or_lock;
use crate::backend::{Work, one_of};
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partner_type::PartnerType;
use crate::domain::partnership::State;
use crate::entity::{address, member, pair, partnership};
use crate::error::Error;
use sea_orm::sea_query::{Expr, IntoColumnRef, Query};
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait,
    ExprTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::BTreeSet;

/// SQLite reads a condition no deeper than a thousand.
const MEETINGS_AT_ONCE: usize = 100;
/// SQLite binds at most 32,766 values.
const IDS_AT_ONCE: usize = 10_000;

/// Locks what two accounts have with each other: whoever binds, activates or ends a row of theirs holds it.
pub async fn pairs(work: &Work, wanted: &[(AccountId, AccountId)]) -> Result<(), Error> {
    let keys: BTreeSet<(AccountId, AccountId)> =
        wanted.iter().map(|(a, b)| (*a.min(b), *a.max(b))).collect();
    let rows = keys.iter().map(|(low, high)| pair::ActiveModel {
        low_account_id: Set(*low),
        high_account_id: Set(*high),
    });
    let key = [pair::Column::LowAccountId, pair::Column::HighAccountId];
    make_or_lock(work, rows, key).await
}

/// Locks what hangs on the invitations that a closing account lets go of: their people's addresses, so that somebody who
/// appears finds them waiting; and the pairs of their senders with the accounts that such a person lives in by now, so
/// that whoever accepts there finds them too.
pub async fn released_by(work: &Work, closing: AccountId) -> Result<(), Error> {
    use partnership::Column::{
        InviteeKey, RecipientAccountId, SenderAccountId, State as StateColumn,
    };
    let received = || {
        partnership::Entity::find()
            .select_only()
            .filter(RecipientAccountId.eq(closing))
            .filter(StateColumn.eq(State::Pending))
    };
    // who was once found under an address has left its row there
    address::Entity::find()
        .filter(address::COLUMN.email_key.in_subquery(received().column(InviteeKey).into_query()))
        .order_by(by_bytes(address::Column::EmailKey, work), Order::Asc)
        .lock_exclusive()
        .all(&work.txn)
        .await?;
    let mut elsewhere =
        received().column(SenderAccountId).column_as(member::COLUMN.account_id, "home");
    QuerySelect::query(&mut elsewhere)
        .inner_join(
            address::Entity,
            Expr::col((address::Entity, address::Column::EmailKey))
                .equals((partnership::Entity, InviteeKey)),
        )
        .inner_join(
            member::Entity,
            Expr::col((member::Entity, member::Column::Id))
                .equals((address::Entity, address::Column::MemberId)),
        );
    let elsewhere: Vec<(AccountId, AccountId)> =
        elsewhere.filter(member::COLUMN.account_id.ne(closing)).into_tuple().all(&work.txn).await?;
    pairs(work, &elsewhere).await
}

/// A text in the order of its bytes, as every other lock on a set is taken: the database's collation may have another one.
fn by_bytes(column: address::Column, work: &Work) -> Expr {
    let column = Expr::col((address::Entity, column));
    match work.txn.get_database_backend() {
        DbBackend::Postgres => Expr::cust_with_expr("$1 COLLATE \"C\"", column),
        _ => column,
    }
}

/// Locks rows, in order, and answers them as they are now.
pub async fn rows(work: &Work, which: Condition) -> Result<Vec<partnership::Model>, Error> {
    Ok(partnership::Entity::find()
        .filter(which)
        .order_by_asc(partnership::Column::Id)
        .lock_exclusive()
        .all(&work.txn)
        .await?)
}

/// A sender whose person has turned up somewhere.
#[derive(Clone, Copy, Debug)]
pub struct Meeting {
    pub sender: AccountId,
    pub home: AccountId,
    pub kind: PartnerType,
}

/// Locks waiting rows and what the accounts that meet have with each other, all of it in order, and answers the rows as
/// they are now. The pairs and the people's addresses are locked: none can come to these.
pub async fn rows_around(
    work: &Work,
    waiting: BTreeSet<PartnershipId>,
    meetings: &[Meeting],
) -> Result<Vec<partnership::Model>, Error> {
    let mut ids = waiting.clone();
    for some in meetings.chunks(MEETINGS_AT_ONCE) {
        let any = some
            .iter()
            .fold(Condition::any(), |any, of| any.add(of_pair(of.sender, of.home, of.kind)));
        let query = partnership::Entity::find().select_only().column(partnership::Column::Id);
        let found: Vec<PartnershipId> = query.filter(any).into_tuple().all(&work.txn).await?;
        ids.extend(found);
    }
    let ids: Vec<PartnershipId> = ids.into_iter().collect();
    let mut locked = Vec::with_capacity(ids.len());
    for some in ids.chunks(IDS_AT_ONCE) {
        let these =
            one_of(partnership::Column::Id, some.iter().copied(), work.txn.get_database_backend());
        locked.extend(rows(work, Condition::all().add(these).add(alive())).await?);
    }
    Ok(locked)
}

/// The sender's rows to a person, in a type, that can still matter.
pub fn to_person(sender: AccountId, person: &EmailKey, kind: PartnerType) -> Condition {
    use partnership::Column::{InviteeKey, Kind, SenderAccountId};
    Condition::all()
        .add(SenderAccountId.eq(sender))
        .add(InviteeKey.eq(person.clone()))
        .add(Kind.eq(kind))
        .add(alive())
}

/// The rows of a pair, in a type, in either direction, that can still matter.
pub fn of_pair(a: AccountId, b: AccountId, kind: PartnerType) -> Condition {
    use partnership::Column::{Kind, PairFirst, PairSecond};
    let ordered = |first: AccountId, second: AccountId| {
        Condition::all()
            .add(PairFirst.eq(first))
            .add(PairSecond.eq(second))
            .add(Kind.eq(kind))
            .add(alive())
    };
    Condition::any().add(ordered(a, b)).add(ordered(b, a))
}

/// The sender's waiting rows, in a type, that are addressed to a current member of `home` (D2).
pub fn waiting_for_members_of(home: AccountId, sender: AccountId, kind: PartnerType) -> Condition {
    use partnership::Column::{InviteeKey, Kind, RecipientAccountId, SenderAccountId};
    let members = Query::select()
        .column(member::Column::EmailKey)
        .from(member::Entity)
        .and_where(member::Column::AccountId.eq(home))
        .and_where(member::Column::State.ne(crate::domain::account::MemberState::Removed))
        .to_owned();
    Condition::all()
        .add(SenderAccountId.eq(sender))
        .add(RecipientAccountId.is_null())
        .add(pending())
        .add(Kind.eq(kind))
        .add(InviteeKey.in_subquery(members))
}

/// Rows that wait for a decision, said with a constant: bound as a value, PostgreSQL could not tell that the partial
/// indexes on such rows hold the answer, and would plan each execution anew or walk another index from end to end.
pub fn pending() -> Expr {
    Expr::col((partnership::Entity, partnership::Column::State).into_column_ref())
        .eq(Expr::Constant(State::Pending.to_value().into()))
}

/// One row.
pub fn row(id: PartnershipId) -> Condition {
    Condition::all().add(partnership::Column::Id.eq(id))
}

/// Rows that no side sees and that block nothing are history: no rule asks for them again.
fn alive() -> Condition {
    Condition::any()
        .add(partnership::Column::SenderView.is_not_null())
        .add(partnership::Column::RecipientView.is_not_null())
        .add(
            Condition::all()
                .add(partnership::Column::State.is_in([State::Rejected, State::DeletedByRecipient]))
                .add(
                    Condition::any()
                        .add(partnership::Column::SenderHid.eq(false))
                        .add(partnership::Column::RecipientHid.eq(false)),
                ),
        )
}
