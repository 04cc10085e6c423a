//! Which log this is, and the lowest position it still keeps.

use crate::domain::ids::EventId;
use sea_orm::entity::prelude::*;

/// One row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_identity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub log_id: Uuid,
    /// The lowest position kept.
    pub floor_position: i64,
    /// The event that stood right below it, so that a token standing there can still prove itself.
    pub below_floor_event_id: EventId,
}

impl ActiveModelBehavior for ActiveModel {}
