//! The outbox: letters that are to be sent, and what became of them.

use crate::domain::ids::{MailId, PartnershipId};
use crate::domain::mail::{MailKind, MailState};
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One letter to one address.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "mail")]
pub struct Model {
    /// Lists are ordered by it, and the Message-ID is made of it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MailId,
    pub kind: MailKind,
    pub state: MailState,
    pub recipient: String,
    /// A BCP 47 tag.
    pub language: String,
    /// What it says, as JSON; the secret of an invitation's link is not among it.
    pub letter: String,
    /// What an invitation's link is made of; null for other letters.
    pub partnership_id: Option<PartnershipId>,
    pub sending: Option<i64>,
    /// The other half of the Message-ID, once it was first tried.
    pub message_domain: Option<String>,
    pub attempts: i64,
    /// When it is somebody's turn: the next attempt, or the end of the lease of who is at it; null when it is done with.
    pub due_at: Option<Timestamp>,
    /// Who is at it.
    pub lease: Option<Uuid>,
    /// Why it could not be sent the last time; no addresses.
    pub last_error: String,
    /// Counts its changes.
    pub version: i64,
    pub created_at: Timestamp,
    /// Since when it has been tried: an operator's retry starts anew.
    pub queued_at: Timestamp,
    pub updated_at: Timestamp,
    pub sent_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
