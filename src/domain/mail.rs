//! What is told by mail (L2), and what becomes of a letter on its way.

use super::email::Email;
use super::ids::{AccountId, MemberId, PartnershipId};
use super::partner_type::PartnerType;
use super::provider::CustomerSize;
use super::roles::AdminRoles;
use super::time::Timestamp;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// What a letter is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MailKind {
    /// Somebody is invited.
    Invitation,
    /// The invited side said no.
    Rejection,
    /// The invited side said yes.
    Acceptance,
    /// A partnership is over.
    Ending,
    /// A customer told a provider its needs.
    Inquiry,
    /// Administrator roles are about to end.
    RoleExpiry,
}

/// How far a letter has come.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MailState {
    /// Waits for its next attempt.
    Queued,
    /// A replica is at it.
    Sending,
    /// The mail server has taken it over.
    Sent,
    /// Given up; an operator may have it tried again.
    Failed,
}

/// Something that people are told by mail. Who, and in which language, the mail room finds out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The addressee.
    Invited(Box<Invited>),
    /// The inviter while that is still the sender's, else the sender's managers.
    Rejected {
        sender: AccountId,
        inviter: Option<MemberId>,
        invitee_email: String,
        kind: PartnerType,
        reason: String,
    },
    /// The inviter while that is still the sender's.
    Accepted {
        sender: AccountId,
        inviter: Option<MemberId>,
        partner: AccountId,
        invitee_email: String,
        kind: PartnerType,
    },
    /// The managers of `told`.
    Ended { told: AccountId, partner: AccountId, kind: PartnerType },
    /// The provider's managers.
    Inquired {
        provider: AccountId,
        customer_name: String,
        sender_name: String,
        reply_to: String,
        /// Empty, or ISO 3166-1 alpha-2.
        country: String,
        customer_size: Option<CustomerSize>,
        needs: String,
    },
    /// Both sides' managers.
    RolesExpiring {
        provider: AccountId,
        customer: AccountId,
        kind: PartnerType,
        roles: AdminRoles,
        ends_at: Timestamp,
        days_left: u32,
    },
}

/// An invitation on its way to its addressee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    pub partnership: PartnershipId,
    /// How often it was sent before.
    pub sending: i64,
    /// The addressee has only now turned up: nothing more is mailed if this sending was.
    pub on_arrival: bool,
    pub sender: AccountId,
    pub invitee: Email,
    /// Empty when an operator invited.
    pub inviter_name: String,
    pub kind: PartnerType,
    pub message: String,
    pub roles: AdminRoles,
    /// For how long the roles are asked for.
    pub role_days: Option<u32>,
    /// Whether their end moves on by itself.
    pub roles_extend: bool,
    pub expires_at: Option<Timestamp>,
}
