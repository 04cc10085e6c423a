//! The secret keys that a service without a key file made for itself.

use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;

/// One key; the higher its number, the newer.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// 32 random bytes, in hexadecimal.
    pub key: String,
    pub created_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
