//! Who did what to which partnership or shared item; entries are never changed or deleted (L1).

use crate::domain::event::AuditAction;
use crate::domain::ids::{AccountId, EventId, MemberId, PartnershipId, SharedItemId};
use crate::domain::partnership::View;
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;

/// One entry, listed by each side that may see it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub id: EventId,
    pub partnership_id: Option<PartnershipId>,
    pub shared_item_id: Option<SharedItemId>,
    /// The sender, when its list shows the entry.
    pub sender_account_id: Option<AccountId>,
    /// The recipient, when its list shows the entry.
    pub recipient_account_id: Option<AccountId>,
    pub action: AuditAction,
    pub sender_from: Option<View>,
    pub sender_to: Option<View>,
    pub recipient_from: Option<View>,
    pub recipient_to: Option<View>,
    /// The side that acted, the only one that is told who; null when the service did.
    pub actor_account_id: Option<AccountId>,
    pub actor_member_id: Option<MemberId>,
    pub actor_is_operator: bool,
    /// Which operator, where operators have names.
    pub operator_name: String,
    pub reason: String,
    /// Whether the other side may read the reason.
    pub reason_shared: bool,
    pub request_id: String,
    pub created_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
