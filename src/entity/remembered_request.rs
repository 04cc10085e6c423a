//! Answers remembered under the caller's request id.

use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;

/// One successful call.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "remembered_request")]
pub struct Model {
    /// Whose id it is: a member, an operator, or an operator for a member.
    #[sea_orm(primary_key, auto_increment = false)]
    pub caller: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: String,
    /// SHA-256 of the call and its fields, in hexadecimal.
    pub fingerprint: String,
    /// Null only inside the transaction that claims it.
    #[sea_orm(column_type = "Text")]
    pub answer: Option<String>,
    pub position: i64,
    pub created_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
