//! What accounts publish of themselves as providers (P1).

use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One account's profile, once it has written one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "provider_profile")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// Where in the log it was first written: the number under which its words are kept.
    pub created_position: i64,
    pub display_name: String,
    pub description: String,
    /// Keywords, a JSON array of texts; so are the next two.
    #[sea_orm(column_type = "JsonBinary")]
    pub services: Json,
    /// ISO 3166-1 alpha-2.
    #[sea_orm(column_type = "JsonBinary")]
    pub countries: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub cities: Json,
    /// A JSON array of `CustomerSize`.
    #[sea_orm(column_type = "JsonBinary")]
    pub customer_sizes: Json,
    /// May be empty.
    pub contact_email: String,
    pub listed: bool,
    pub version: i64,
    pub updated_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
