//! The head of the log: one row, a lock only, never updated.

use sea_orm::entity::prelude::*;

/// The lock.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
}

impl ActiveModelBehavior for ActiveModel {}
