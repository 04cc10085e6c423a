//! The index of the directory, made anew from what is published.

use super::sql;
use crate::domain::account::AccountState;
use crate::entity::{account, provider_profile};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

const PAGE: u64 = 500;

/// Makes every listed profile of an account in use findable, in a database whose index is empty.
///
/// # Errors
/// The database's.
pub async fn rebuild(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let mut after = 0;
    loop {
        let listed = provider_profile::Entity::find()
            .filter(provider_profile::Column::Listed.eq(true))
            .filter(provider_profile::Column::CreatedPosition.gt(after))
            .order_by_asc(provider_profile::Column::CreatedPosition)
            .limit(PAGE)
            .all(db)
            .await?;
        let Some(last) = listed.last() else { return Ok(()) };
        after = last.created_position;
        let in_use: Vec<_> = account::Entity::find()
            .filter(account::Column::Id.is_in(listed.iter().map(|row| row.account_id)))
            .filter(account::Column::State.eq(AccountState::Active))
            .all(db)
            .await?
            .into_iter()
            .map(|row| row.id)
            .collect();
        for row in listed.iter().filter(|row| in_use.contains(&row.account_id)) {
            for statement in sql::publish(row, db.get_database_backend()) {
                db.execute_raw(statement).await?;
            }
        }
    }
}
