//! What partners saw of a member, from which position to which.

use crate::domain::account::MemberState;
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, MembershipId};
use crate::domain::time::Timestamp;
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
    /// The stay's account, so that its people can be searched.
    pub account_id: AccountId,
    pub email: String,
    pub email_key: EmailKey,
    /// As contacts are searched by the beginning of an address.
    pub email_fold: String,
    pub display_name: String,
    /// As contacts are searched by the beginning of a name.
    pub name_fold: String,
    pub state: MemberState,
    pub phone: String,
    pub title: String,
    pub locale: String,
    /// When it began.
    pub at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
