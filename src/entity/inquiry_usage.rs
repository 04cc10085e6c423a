//! How many providers an account has contacted today (P3).

use crate::domain::ids::AccountId;
use sea_orm::entity::prelude::*;

/// One account on one UTC day.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inquiry_usage")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// Days since 1970-01-01 UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    pub sent: i64,
}

impl ActiveModelBehavior for ActiveModel {}
