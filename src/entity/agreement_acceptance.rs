//! Who accepted which version (G3); never changed or deleted.

use crate::domain::agreement::AgreementKind;
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// An account's acceptance of one version.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "agreement_acceptance")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: AgreementKind,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: String,
    /// Where in the log it was accepted; lists are ordered by it.
    pub position: i64,
    /// Null when an operator accepted for no member.
    pub member_id: Option<MemberId>,
    pub by_operator: bool,
    /// Of the version's text, as published.
    pub sha256: String,
    pub accepted_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
