//! Organisations.

use crate::domain::account::AccountState;
use crate::domain::ids::AccountId;
use crate::domain::preferences::{ContactRetention, ReceivePolicy};
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// An organisation's account and its preferences.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// Where in the log it began; lists are ordered by it.
    pub created_position: i64,
    pub display_name: String,
    pub state: AccountState,
    pub receive_policy: ReceivePolicy,
    /// The blocked accounts, a JSON array of ids.
    #[sea_orm(column_type = "JsonBinary")]
    pub blocked_account_ids: Json,
    pub contact_retention: ContactRetention,
    pub created_at: Timestamp,
    /// Counts changes of what `Account` shows.
    pub version: i64,
    /// Counts changes of the preferences.
    pub preferences_version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
