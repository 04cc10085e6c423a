//! Contacts that were typed in.

use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, ContactId};
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;

/// Somebody without a login.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "guest")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ContactId,
    /// Whose contact it is.
    pub account_id: AccountId,
    /// As typed.
    pub email: String,
    pub email_key: EmailKey,
    /// As contacts are searched by the beginning of an address.
    pub email_fold: String,
    pub display_name: String,
    /// As contacts are searched by the beginning of a name.
    pub name_fold: String,
    pub phone: String,
    pub title: String,
    pub locale: String,
    pub created_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
