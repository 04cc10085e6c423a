//! Errors, neutral: they know reasons and facts, and nothing of transports.
//!
//! The sentence is what the caller reads: short, and it says what to do. `grpc::status` turns each into a code, its
//! published reason and details, in one exhaustive match. No personal data, SQL or path ever enters one.

use crate::domain::ids::{AccountId, ContactId, MailId, PartnershipId, SharedItemId};
use crate::domain::mail::MailState;
use crate::domain::partnership::{Action, MustDelete, View};
use sea_orm::{DbErr, RuntimeErr};
use std::fmt::Write as _;
use std::time::Duration;

/// A field that is out of its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldViolation {
    /// The field's path in the request.
    pub field: String,
    /// What it must be.
    pub description: String,
}

/// A daily or standing limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// Invitations sent per day.
    InvitationsPerDay,
    /// Refused and dry-run invitations per day.
    RefusedPerDay,
    /// Invitations waiting for a decision.
    OpenInvitations,
    /// Providers contacted per day (P3).
    ProvidersPerDay,
}

/// Why a call cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("No credentials were sent; send an `authorization: Bearer` token.")]
    CredentialsMissing,
    #[error(
        "The token, or the x-member-id beside it, is not valid here; get a new token or correct the id."
    )]
    CredentialsInvalid,
    #[error("This needs the capability to manage partners; ask an administrator of your account.")]
    ManagePartnersRequired,
    #[error("Only an operator may do this.")]
    OperatorRequired,
    #[error("The calling member is not active; ask an operator to reactivate it.")]
    MemberNotActive,
    #[error("Only the invited side may do this; you can delete the invitation instead.")]
    NotTheRecipient,
    #[error("Only the inviting side may send the invitation again.")]
    NotTheSender,
    #[error("No {resource} has this id; check the id and the account you act for.")]
    NotFound { resource: &'static str, id: String },
    #[error("{}", fields_sentence(.0))]
    FieldInvalid(Vec<FieldViolation>),
    #[error(
        "The invited person belongs to your own account; invite somebody of another organisation."
    )]
    SelfInvitation,
    #[error("The page token is not one for this call; start again without it.")]
    PageTokenInvalid,
    #[error("The resume token is damaged, or another log's; start again without it.")]
    ResumeTokenInvalid,
    #[error(
        "The events after the resume token are not kept any more, only those from position {earliest}; list the contacts anew, then start again without it."
    )]
    ResumeTokenExpired { earliest: i64, retention: Duration },
    #[error(
        "The resume token tells of a history that this service does not have; list the contacts anew, then start again without it."
    )]
    ResumeTokenDiverged,
    #[error("You are already partners with that account: partnership {partnership}.")]
    AlreadyPartners { partnership: PartnershipId },
    #[error(
        "That person has already been invited: partnership {partnership}. Resend or delete it instead."
    )]
    DuplicateInvitation { partnership: PartnershipId },
    #[error("Member {member} already has this e-mail or id; use another, or update that member.")]
    MemberExists { member: String, account: String },
    #[error("An account with the id {account} exists; use another id.")]
    AccountExists { account: String },
    #[error(
        "Your account has a contact with this address already: contact {contact}. Use that one."
    )]
    ContactExists { contact: ContactId },
    #[error("Agreement version {version} stands already; publish another version.")]
    AgreementExists { version: String },
    #[error(
        "Your account has not accepted the customer agreement; read version {version} and acknowledge it."
    )]
    AgreementNotAcknowledged { version: String, url: String },
    #[error(
        "Agreement version {named} is not the one in force; read version {current} and name that."
    )]
    AgreementVersionStale { named: String, current: String, url: String },
    #[error("This request_id was used for another call; send a new one.")]
    RequestIdReused,
    #[error("{}", blocked_sentence(*blocking, *must_delete))]
    ReinviteBlocked { blocking: PartnershipId, must_delete: MustDelete },
    #[error("That account has already invited you: accept partnership {partnership} instead.")]
    IncomingInvitationPending { partnership: PartnershipId },
    #[error("The partnership is {}, so there is no invitation to decide or send; see allowed_actions.", view_name(*.state))]
    InvitationNotPending { partnership: PartnershipId, state: View, allowed: Vec<Action> },
    #[error("The invitation has expired; ask the sender to send it again.")]
    InvitationExpired { partnership: PartnershipId, allowed: Vec<Action> },
    #[error("Only the provider may end a partnership of this type; contact the partner.")]
    ContactPartner {
        partnership: PartnershipId,
        /// What the partner has published of itself.
        contact_email: Option<String>,
    },
    #[error(
        "Partnership {partnership} is of a type without administrator roles; there are none to remove."
    )]
    NoAdminRoles { partnership: PartnershipId },
    #[error("Partnership {partnership} is {}, and only an active one will do.", view_name(*.state))]
    PartnershipNotActive { partnership: PartnershipId, state: View, allowed: Vec<Action> },
    #[error("Account {account} is no partner of the type that this needs; become partners first.")]
    PartnershipRequired { account: AccountId },
    #[error("Account {account} is not active; an operator can resume it unless it is closed.")]
    AccountNotActive { account: String },
    #[error(
        "Contact {contact} is a member of your own account; an operator can remove the member instead."
    )]
    UserContact { contact: ContactId },
    #[error(
        "Everybody at the partner sees shared item {shared_item}, and nobody can be taken out; unshare it instead."
    )]
    AudienceIsDynamic { shared_item: SharedItemId },
    #[error("Member {member} was removed; register the person again.")]
    MemberRemoved { member: String },
    #[error(
        "Position {position} is beyond the end of this log, {head}; use a position that this service answered."
    )]
    PositionUnknown { position: i64, head: i64 },
    #[error("The resource has changed; read it again and use its current etag.")]
    EtagMismatch { current: String },
    #[error("Other calls kept changing the same resource; try again.")]
    ConcurrentChange,
    #[error("{}", quota_sentence(*quota, *limit))]
    QuotaExceeded { quota: Quota, limit: u64, retry_after: Duration },
    #[error("You make more than {limit} calls a second, the most allowed; wait before the next.")]
    RateLimited { limit: u32, retry_after: Duration },
    #[error("The invitation was sent less than an hour ago; wait before sending it again.")]
    ResendTooSoon { retry_after: Duration },
    #[error("Mail {mail} is {}; only one that failed can be tried again.", mail_state_name(*.state))]
    MailNotRetryable { mail: MailId, state: MailState },
    #[error("More invitations are looked up here than may be at once; wait a moment.")]
    TooManyLookups { retry_after: Duration },
    #[error("There are {limit} streams open already, the most allowed; close some, or wait.")]
    TooManyStreams { limit: usize },
    #[error("This replica has not reached position {position} yet; try again, on any replica.")]
    NotYetThere { position: i64 },
    #[error("The keys that tokens are verified with are not here yet; try again, on any replica.")]
    KeysNotThere,
    #[error("The request is larger than {limit_bytes} bytes; send less at once.")]
    MessageTooLarge { limit_bytes: usize },
    #[error(
        "The request is not a well-formed message of this method; check the client's version of the API."
    )]
    MessageMalformed,
    #[error("The deadline passed before the answer was ready; allow more time.")]
    Deadline,
    #[error("The database cannot be reached; try again.")]
    DatabaseUnavailable(#[source] Option<DbErr>),
    #[error("The service is shutting down; try again on another connection.")]
    ShuttingDown,
    #[error(
        "The stream has lasted as long as one may; resume it with its last token on another connection."
    )]
    StreamRotated,
    #[error("The service has too much to do; try again.")]
    Overloaded,
    #[error("Something went wrong inside the service; quote the request id when reporting it.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// An inner failure that the caller cannot mend.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// Something stored that cannot be understood. The parser's own words would repeat what stands there.
    #[must_use]
    pub fn unreadable(what: &str, error: &serde_json::Error) -> Self {
        let (kind, column) = (error.classify(), error.column());
        Self::internal(format!("{what} cannot be read: {kind:?} error at column {column}"))
    }

    /// One field out of bounds.
    #[must_use]
    pub fn field(field: &str, description: impl Into<String>) -> Self {
        Self::FieldInvalid(vec![FieldViolation {
            field: field.to_owned(),
            description: description.into(),
        }])
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if let DbErr::ConnectionAcquire(_) | DbErr::Conn(_) = error {
            return Self::DatabaseUnavailable(Some(error));
        }
        match sqlx_error(&error) {
            Some(sqlx::Error::Database(inner)) => match inner.code().as_deref() {
                // serialization failure, deadlock, unique violation: somebody else was first
                Some("40001" | "40P01" | "23505" | "1555" | "2067") => Self::ConcurrentChange,
                // lock timeout; SQLite busy
                Some("55P03" | "5" | "261" | "517") => Self::Overloaded,
                // shutdown, crash, too many connections, idle in transaction, read only
                Some("57P01" | "57P02" | "57P03" | "53300" | "25P03" | "25006") => {
                    Self::DatabaseUnavailable(Some(error))
                }
                Some(code) if code.starts_with("08") => Self::DatabaseUnavailable(Some(error)),
                _ => Self::internal(error),
            },
            Some(
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::Protocol(_)
                | sqlx::Error::WorkerCrashed,
            ) => Self::DatabaseUnavailable(Some(error)),
            _ => Self::internal(error),
        }
    }
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
            Some(inner)
        }
        _ => None,
    }
}

fn fields_sentence(violations: &[FieldViolation]) -> String {
    let mut sentence = String::new();
    for (index, violation) in violations.iter().enumerate() {
        let _ = write!(
            sentence,
            "{}{} {}",
            if index == 0 { "" } else { "; " },
            violation.field,
            violation.description
        );
    }
    sentence.push('.');
    sentence
}

fn blocked_sentence(blocking: PartnershipId, must_delete: MustDelete) -> String {
    let who = match must_delete {
        MustDelete::Sender => "your side deletes",
        MustDelete::Recipient => "the other side deletes",
        MustDelete::Both => "both sides delete",
    };
    format!("That person declined; they can be invited again once {who} partnership {blocking}.")
}

fn quota_sentence(quota: Quota, limit: u64) -> String {
    match quota {
        Quota::InvitationsPerDay => {
            format!("Your account has sent its {limit} invitations of today; try again tomorrow.")
        }
        Quota::RefusedPerDay => {
            format!(
                "Your account has had its {limit} refused or dry-run invitations of today; try again tomorrow."
            )
        }
        Quota::ProvidersPerDay => {
            format!(
                "Your account may contact {limit} providers a day, and this would be more; try again tomorrow."
            )
        }
        Quota::OpenInvitations => {
            format!(
                "Your account has {limit} invitations waiting, the most allowed; delete some or wait for answers."
            )
        }
    }
}

fn mail_state_name(state: MailState) -> &'static str {
    match state {
        MailState::Queued => "queued",
        MailState::Sending => "being sent",
        MailState::Sent => "sent",
        MailState::Failed => "failed",
    }
}

fn view_name(view: View) -> &'static str {
    match view {
        View::AwaitingApproval => "awaiting approval",
        View::Pending => "pending",
        View::Active => "active",
        View::Rejected => "rejected",
        View::Expired => "expired",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_told_of_without_what_it_says() {
        let error = serde_json::from_str::<Vec<u8>>("\"Anna\"").unwrap_err();
        assert!(error.to_string().contains("Anna"), "the parser's words: {error}");
        let unreadable = Error::unreadable("an event", &error);
        let told = std::error::Error::source(&unreadable).unwrap().to_string();
        assert!(told.starts_with("an event cannot be read: Data error at column "), "{told}");
        assert!(!told.contains("Anna"), "{told}");
    }
}
