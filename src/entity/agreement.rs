//! Published agreements; which of them is in force follows from the time.

use crate::domain::agreement::AgreementKind;
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One version, which never changes.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "agreement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: AgreementKind,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: String,
    /// Where in the log it was published; lists are ordered by it.
    pub position: i64,
    pub locale: String,
    pub url: String,
    /// 64 hex digits in lower case.
    pub sha256: String,
    pub effective_at: Timestamp,
    pub published_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
