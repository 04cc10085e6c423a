//! Stays: who was a member of which account, from which position to which.

use crate::domain::ids::{AccountId, MemberId, MembershipId};
use sea_orm::entity::prelude::*;

/// One stay of a person in an account.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MembershipId,
    pub account_id: AccountId,
    pub member_id: MemberId,
    pub joined_position: i64,
    /// Null while the stay lasts.
    pub left_position: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
