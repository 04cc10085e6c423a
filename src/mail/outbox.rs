//! Letters on their way: taken under a lease, kept while it is renewed, and marked with what became of them.
//!
//! Each is one statement that commits by itself. A lease has a name of its own, so that whoever let one run out marks
//! nothing any more.

use crate::backend::{Backend, Engine};
use crate::domain::mail::MailState;
use crate::domain::time::Timestamp;
use crate::entity::mail;
use crate::error::Error;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::schedule::LEASE;

/// Takes the letter that has been due for longest, for as long as a lease lasts; none when nothing is due. Letters that
/// others are at are passed over.
///
/// # Errors
/// The database's.
pub async fn claim(backend: &Backend, domain: &str) -> Result<Option<mail::Model>, Error> {
    let now = backend.now();
    let next = mail::Entity::find()
        .select_only()
        .column(mail::Column::Id)
        .filter(mail::Column::DueAt.is_not_null())
        .filter(mail::Column::DueAt.lte(now))
        .order_by_asc(mail::Column::DueAt)
        .order_by_asc(mail::Column::Id)
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let known = Expr::col(mail::Column::MessageDomain).if_null(domain);
    let taken = mail::Entity::update_many()
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
    Ok(taken.into_iter().next())
}

/// Keeps a letter for another lease.
///
/// # Errors
/// The database's.
pub async fn renew(backend: &Backend, row: &mail::Model) -> Result<(), Error> {
    mail::Entity::update_many()
        .col_expr(mail::Column::DueAt, Expr::value(backend.now().plus(LEASE)))
        .filter(mail::Column::Id.eq(row.id))
        .filter(mail::Column::Lease.eq(row.lease))
        .exec(backend.database.writes())
        .await?;
    Ok(())
}

/// What became of a letter.
pub enum Fate {
    /// The mail server has it.
    Sent,
    /// Another attempt, then.
    Later { at: Timestamp, error: String },
    /// No more attempts.
    GivenUp { error: String },
}

/// Marks a letter, unless its lease ran out and somebody else took it; answers whether it did.
///
/// # Errors
/// The database's.
pub async fn mark(backend: &Backend, row: &mail::Model, fate: &Fate) -> Result<bool, Error> {
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
        .filter(mail::Column::Id.eq(row.id))
        .filter(mail::Column::Lease.eq(row.lease))
        .exec(backend.database.writes())
        .await?;
    Ok(marked.rows_affected > 0)
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
