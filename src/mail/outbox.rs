//! Letters on their way: several taken under one lease, kept while it is renewed, and marked with what became of them or
//! put back.
//!
//! Each is one statement that commits by itself, however many letters it is about. A lease has a name of its own, so that
//! whoever let one run out marks nothing any more.

use crate::backend::{Backend, Engine, one_of};
use crate::domain::mail::MailState;
use crate::domain::time::Timestamp;
use crate::entity::mail;
use crate::error::Error;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

use super::schedule::LEASE;

/// Takes so many of the letters that have been due for longest, for as long as a lease lasts, the oldest first; fewer when
/// no more are due. Letters that others are at are passed over.
///
/// # Errors
/// The database's.
pub async fn claim(
    backend: &Backend,
    domain: &str,
    most: usize,
) -> Result<Vec<mail::Model>, Error> {
    let now = backend.now();
    let next = mail::Entity::find()
        .select_only()
        .column(mail::Column::Id)
        .filter(mail::Column::DueAt.is_not_null())
        .filter(mail::Column::DueAt.lte(now))
        .order_by_asc(mail::Column::DueAt)
        .order_by_asc(mail::Column::Id)
        .limit(most as u64)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let known = Expr::col(mail::Column::MessageDomain).if_null(domain);
    let mut taken = mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(MailState::Sending))
        .col_expr(mail::Column::Lease, Expr::value(Uuid::now_v7()))
        .col_expr(mail::Column::DueAt, Expr::value(now.plus(LEASE)))
        .col_expr(mail::Column::Attempts, Expr::col(mail::Column::Attempts).add(1))
        .col_expr(mail::Column::MessageDomain, known)
        .col_expr(mail::Column::Version, Expr::col(mail::Column::Version).add(1))
        .col_expr(mail::Column::UpdatedAt, Expr::value(now))
        .filter(mail::Column::Id.in_subquery(next.into_query()))
        .exec_with_returning(backend.database.writes())
        .await?;
    // in whatever order they come back
    taken.sort_by_key(|row| row.id);
    Ok(taken)
}

/// Letters, as far as their lease has not run out and let somebody else take them.
fn still_ours(backend: &Backend, rows: &[mail::Model]) -> Condition {
    let db = backend.database.writes().get_database_backend();
    Condition::all()
        .add(one_of(mail::Column::Id, rows.iter().map(|row| row.id), db))
        // those that are taken together share their lease
        .add(mail::Column::Lease.eq(rows.first().and_then(|row| row.lease)))
}

/// Keeps letters for another lease.
///
/// # Errors
/// The database's.
pub async fn renew(backend: &Backend, rows: &[mail::Model]) -> Result<(), Error> {
    mail::Entity::update_many()
        .col_expr(mail::Column::DueAt, Expr::value(backend.now().plus(LEASE)))
        .filter(still_ours(backend, rows))
        .exec(backend.database.writes())
        .await?;
    Ok(())
}

/// Puts letters back that were taken and not tried: as they were, for whoever comes first.
///
/// # Errors
/// The database's.
pub async fn put_back(backend: &Backend, rows: &[mail::Model]) -> Result<(), Error> {
    let now = backend.now();
    mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(MailState::Queued))
        .col_expr(mail::Column::DueAt, Expr::value(now))
        .col_expr(mail::Column::Lease, Expr::value(None::<Uuid>))
        .col_expr(mail::Column::Attempts, Expr::col(mail::Column::Attempts).sub(1))
        .col_expr(mail::Column::Version, Expr::col(mail::Column::Version).add(1))
        .col_expr(mail::Column::UpdatedAt, Expr::value(now))
        .filter(still_ours(backend, rows))
        .exec(backend.database.writes())
        .await?;
    Ok(())
}

/// What became of letters.
pub enum Fate {
    /// The mail server has them.
    Sent,
    /// Another attempt, then.
    Later { at: Timestamp, error: String },
    /// No more attempts.
    GivenUp { error: String },
}

/// Marks letters, but for those whose lease ran out and that somebody else took; answers how many it marked.
///
/// # Errors
/// The database's.
pub async fn mark(backend: &Backend, rows: &[mail::Model], fate: &Fate) -> Result<u64, Error> {
    let now = backend.now();
    let (state, due_at, error, sent_at) = match fate {
        Fate::Sent => (MailState::Sent, None, "", Some(now)),
        Fate::Later { at, error } => (MailState::Queued, Some(*at), error.as_str(), None),
        Fate::GivenUp { error } => (MailState::Failed, None, error.as_str(), None),
    };
    let marked = mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(state))
        .col_expr(mail::Column::DueAt, Expr::value(due_at))
        .col_expr(mail::Column::LastError, Expr::value(error))
        .col_expr(mail::Column::SentAt, Expr::value(sent_at))
        .col_expr(mail::Column::Lease, Expr::value(None::<Uuid>))
        .col_expr(mail::Column::Version, Expr::col(mail::Column::Version).add(1))
        .col_expr(mail::Column::UpdatedAt, Expr::value(now))
        .filter(still_ours(backend, rows))
        .exec(backend.database.writes())
        .await?;
    Ok(marked.rows_affected)
}

/// Lets go of what a process that is gone was at: on SQLite no other can be, and no lease needs to run out.
///
/// # Errors
/// The database's.
pub async fn release(backend: &Backend) -> Result<(), Error> {
    if backend.database.engine() != Engine::Sqlite {
        return Ok(());
    }
    mail::Entity::update_many()
        .col_expr(mail::Column::DueAt, Expr::value(backend.now()))
        .filter(mail::Column::State.eq(MailState::Sending))
        .exec(backend.database.writes())
        .await?;
    Ok(())
}
