//! Partnerships, from invitation to end.

use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, MemberId, PartnershipId};
use crate::domain::partner_type::PartnerType;
use crate::domain::partnership::{State, View};
use crate::domain::preferences::ContactRetention;
use crate::domain::roles::{AdminRoles, RolesEnd};
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One partnership. Its interval of sharing is `activated_position` to `ended_position`; a renewal is another row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "partnership")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartnershipId,
    /// Where in the log it was sent; lists are ordered by it.
    pub created_position: i64,
    pub kind: PartnerType,
    pub sender_account_id: AccountId,
    /// Null while the invited person is nobody's member.
    pub recipient_account_id: Option<AccountId>,
    /// The pair in its type's order: the lower id first where the type is mutual, the provider first where it is not.
    pub pair_first: Option<AccountId>,
    pub pair_second: Option<AccountId>,
    /// As typed.
    pub invitee_email: String,
    pub invitee_key: EmailKey,
    /// Null when an operator invited.
    pub inviter_member_id: Option<MemberId>,
    pub inviter_display_name: String,
    pub message: String,
    pub state: State,
    pub sender_hid: bool,
    pub recipient_hid: bool,
    /// What the sender sees, overdue or not; kept beside the state so that lists are index walks.
    pub sender_view: Option<View>,
    /// What the recipient sees, likewise.
    pub recipient_view: Option<View>,
    /// Counts changes of what the sender sees (I17).
    pub sender_version: i64,
    /// Counts changes of what the recipient sees.
    pub recipient_version: i64,
    pub sender_updated_at: Timestamp,
    pub recipient_updated_at: Timestamp,
    pub reject_reason: String,
    pub created_at: Timestamp,
    /// When it was last sent.
    pub sent_at: Timestamp,
    /// How often it was sent again.
    pub resend_count: i64,
    /// Null is never.
    pub expires_at: Option<Timestamp>,
    pub activated_at: Option<Timestamp>,
    pub activated_position: Option<i64>,
    pub ended_at: Option<Timestamp>,
    pub ended_position: Option<i64>,
    /// What the sender wanted to keep of the recipient's people when it ended (C9).
    pub ended_sender_retention: Option<ContactRetention>,
    /// What the recipient wanted to keep of the sender's.
    pub ended_recipient_retention: Option<ContactRetention>,
    /// The sender's name when it ended: what the recipient's kept contacts go on showing (C4).
    pub ended_sender_name: Option<String>,
    /// The recipient's.
    pub ended_recipient_name: Option<String>,
    /// The administrator roles asked for; empty for a type without.
    #[sea_orm(column_type = "JsonBinary")]
    pub admin_roles: AdminRoles,
    /// For how long they are asked for, counted from acceptance; null is without end.
    pub role_seconds: Option<i64>,
    /// Whether their end moves on by itself (T7).
    pub auto_extend: bool,
    /// Their end, once they were given for a time.
    pub roles_until: Option<Timestamp>,
    /// How they ended while the partnership went on.
    pub roles_end: Option<RolesEnd>,
    /// When something has to be done about them: warn, extend or lapse.
    pub roles_due_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
