//! What partners saw of a member, from which position to which.

use crate::domain::account::MemberState;
use crate::domain::ids::MembershipId;
use sea_orm::entity::prelude::*;

/// One version of what partners see of a stay.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub membership_id: MembershipId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_position: i64,
    /// Null for the current one.
    pub to_position: Option<i64>,
    pub email: String,
    pub display_name: String,
    pub state: MemberState,
    pub phone: String,
    pub title: String,
    pub locale: String,
}

impl ActiveModelBehavior for ActiveModel {}
