//! How many letters an address was written today (I13).

use crate::domain::email::EmailKey;
use sea_orm::entity::prelude::*;

/// One address on one UTC day.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_usage")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub email_key: EmailKey,
    /// Days since 1970-01-01 UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    /// Those beyond the limit, which were not sent, included.
    pub letters: i64,
}

impl ActiveModelBehavior for ActiveModel {}
