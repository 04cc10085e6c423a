//! Which log this is, and the lowest position it still keeps.

use sea_orm::entity::prelude::*;

/// One row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_identity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub log_id: Uuid,
    pub floor_position: i64,
}

impl ActiveModelBehavior for ActiveModel {}
