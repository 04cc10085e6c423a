//! The log: every committed change of the service, at one gapless position each.

use crate::domain::event::EventKind;
use crate::domain::ids::{AccountId, EventId};
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;

/// One event.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub event_id: EventId,
    pub account_id: AccountId,
    pub counterpart_account_id: Option<AccountId>,
    pub kind: EventKind,
    pub subject_id: Uuid,
    /// Whether the change it belongs to ends here.
    pub last_of_change: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    pub at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
