//! One row per two accounts that ever had to do with each other: a lock.

use crate::domain::ids::AccountId;
use sea_orm::entity::prelude::*;

/// Two accounts, the lower id first.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pair")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub low_account_id: AccountId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub high_account_id: AccountId,
}

impl ActiveModelBehavior for ActiveModel {}
