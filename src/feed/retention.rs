//! How long the log is kept: the floor rises first, then what lies below it goes, in batches; the newest row stays.

use super::log::event_at;
use crate::domain::time::Timestamp;
use crate::entity::{log, log_identity};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

const ROWS_PER_BATCH: i64 = 10_000;

/// Raises the floor above everything committed before `keep_since`; answers the floor.
///
/// # Errors
/// The database's.
pub async fn raise_floor(db: &impl ConnectionTrait, keep_since: Timestamp) -> Result<i64, DbErr> {
    let Some(identity) = log_identity::Entity::find_by_id(1).one(db).await? else { return Ok(1) };
    let oldest_kept: Option<i64> = log::Entity::find()
        .select_only()
        .column(log::Column::Position)
        .filter(log::COLUMN.position.gte(identity.floor_position))
        .filter(log::Column::At.gte(keep_since))
        .order_by_asc(log::Column::Position)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    let newest = super::log::highest(db).await?;
    let floor = oldest_kept.unwrap_or(newest);
    if floor <= identity.floor_position {
        return Ok(identity.floor_position);
    }
    let Some(below) = event_at(db, floor - 1).await? else { return Ok(identity.floor_position) };
    // another replica may have raised it further
    log_identity::Entity::update_many()
        .col_expr(log_identity::Column::FloorPosition, Expr::value(floor))
        .col_expr(log_identity::Column::BelowFloorEventId, Expr::value(below))
        .filter(log_identity::COLUMN.floor_position.lt(floor))
        .exec(db)
        .await?;
    Ok(floor)
}

/// Deletes one batch below the floor; answers whether there may be more.
///
/// # Errors
/// The database's.
pub async fn delete_below_floor(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let Some(identity) = log_identity::Entity::find_by_id(1).one(db).await? else {
        return Ok(false);
    };
    let lowest: Option<Option<i64>> = log::Entity::find()
        .select_only()
        .column_as(Expr::col(log::Column::Position).min(), "lowest")
        .into_tuple()
        .one(db)
        .await?;
    let Some(lowest) = lowest.flatten().filter(|lowest| *lowest < identity.floor_position) else {
        return Ok(false);
    };
    let upto = Ord::min(lowest + ROWS_PER_BATCH, identity.floor_position);
    log::Entity::delete_many().filter(log::COLUMN.position.lt(upto)).exec(db).await?;
    Ok(upto < identity.floor_position)
}
