//! What accounts asked providers (P3).

use crate::domain::ids::{AccountId, InquiryId, MemberId};
use crate::domain::provider::CustomerSize;
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One account's needs, sent to one provider; never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "inquiry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InquiryId,
    /// Where in the log it was sent; lists are ordered by it.
    pub created_position: i64,
    pub customer_account_id: AccountId,
    /// As it was when the inquiry was sent; so is the provider's name.
    pub customer_display_name: String,
    pub provider_account_id: AccountId,
    pub provider_display_name: String,
    /// Null when an operator sent it for nobody.
    pub sender_member_id: Option<MemberId>,
    pub sender_display_name: String,
    pub needs: String,
    pub reply_to_email: String,
    /// ISO 3166-1 alpha-2, or empty.
    pub country: String,
    pub customer_size: Option<CustomerSize>,
    pub created_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
