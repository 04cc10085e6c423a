//! What follows here from events made elsewhere: what an account publishes is found only while it is in use.

use super::{sql, store};
use crate::backend::{Change, Part, Planned, Work};
use crate::domain::event::EventKind;
use crate::entity::provider_profile;
use crate::error::Error;
use futures::FutureExt;
use futures::future::BoxFuture;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};

/// Takes what a suspended account publishes out of the directory, brings it back, and forgets it when the account closes;
/// the command holds the account exclusively.
pub fn react<'a>(work: &'a Work, change: &'a Change) -> BoxFuture<'a, Result<Part, Error>> {
    async move {
        let mut part = Part::default();
        for Planned { event, .. } in change.events() {
            if !matches!(
                event.kind,
                EventKind::AccountSuspended | EventKind::AccountResumed | EventKind::AccountClosed
            ) {
                continue;
            }
            let profile = store::own(&work.txn, event.account).await?;
            if !profile.listed {
                continue;
            }
            let kind = event.kind;
            part.write(move |_, db| match kind {
                EventKind::AccountResumed => sql::publish(&profile, db),
                EventKind::AccountClosed => {
                    let hidden = provider_profile::Entity::update_many()
                        .col_expr(provider_profile::Column::Listed, Expr::value(false))
                        .filter(provider_profile::Column::AccountId.eq(profile.account_id));
                    let mut statements = sql::unpublish(profile.created_position, db);
                    statements.push(hidden.build(db));
                    statements
                }
                _ => sql::unpublish(profile.created_position, db),
            });
        }
        Ok(part)
    }
    .boxed()
}
