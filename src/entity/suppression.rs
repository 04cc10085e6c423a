//! Partners' members whom an account deleted from its contacts (C8).

use crate::domain::ids::{AccountId, MemberId};
use sea_orm::entity::prelude::*;

/// One person, as a member of one account, hidden from another account from one position to another.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "suppression")]
pub struct Model {
    /// Whose contacts.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub home_account_id: AccountId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_position: i64,
    /// Null while it is in force.
    pub until_position: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
