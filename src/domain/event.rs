//! The vocabulary of the log: everything the service ever commits is one of these facts.

use super::account::MemberState;
use super::email::EmailKey;
use super::ids::{AccountId, MemberId, MembershipId, PartnershipId, SharedItemId};
use super::partner_type::PartnerType;
use super::partnership::View;
use super::sharing::{ItemKey, ItemType};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What happened, as stored in the log's `kind` column.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventKind {
    /// The first row of every log.
    LogOpened,
    /// What stands below was copied from another log, which is the subject; the copy goes on from here.
    LogImported,
    /// An account began.
    AccountCreated,
    /// An account was renamed.
    AccountUpdated,
    /// An account was suspended.
    AccountSuspended,
    /// An account was resumed.
    AccountResumed,
    /// An account was closed.
    AccountClosed,
    /// A member appeared in an account.
    MemberAdded,
    /// What partners see of a member changed.
    MemberUpdated,
    /// Something of a member changed that only its own account sees.
    MemberPrivatelyUpdated,
    /// A member may no longer act.
    MemberDeactivated,
    /// A member may act again.
    MemberReactivated,
    /// A member left its account.
    MemberRemoved,
    /// A partnership row changed in a way that neither starts nor ends sharing.
    PartnershipChanged,
    /// Two accounts became partners.
    PartnerActivated,
    /// Two accounts stopped being partners.
    PartnerEnded,
    /// An account changed what it lets in or keeps.
    PreferencesUpdated,
    /// A version of an agreement was published.
    AgreementPublished,
    /// An account accepted an agreement.
    AgreementAccepted,
    /// An account typed a guest in.
    GuestCreated,
    /// An account deleted a guest.
    GuestDeleted,
    /// An account took a partner's member off its contacts (C8).
    ContactSuppressed,
    /// It took the person back.
    ContactRestored,
    /// An account changed what it publishes of itself as a provider.
    ProviderProfileUpdated,
    /// An account sent a provider its needs.
    InquirySent,
    /// An account shared an item with a partner.
    ItemShared,
    /// It took the item back.
    ItemUnshared,
    /// It gave a shared item another title, or took somebody out of its audience.
    SharedItemUpdated,
}

/// What partners may see of a member (C10); phone, title and locale only while contact details are shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberFact {
    /// The stay this is about.
    pub membership: MembershipId,
    /// The person.
    pub member: MemberId,
    /// As typed.
    pub email: String,
    /// As shown.
    pub display_name: String,
    /// After the change.
    pub state: MemberState,
    /// Contact detail.
    pub phone: String,
    /// Contact detail.
    pub title: String,
    /// Contact detail, a BCP 47 tag.
    pub locale: String,
}

/// What the log keeps of a change to a partnership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnershipFact {
    /// The row.
    pub partnership: PartnershipId,
    /// Its type.
    pub kind: PartnerType,
    /// What was done.
    pub action: AuditAction,
}

/// Whom an account took off its contacts, or back; nobody else is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactFact {
    /// The account that the contact's person is a member of.
    pub home_account: AccountId,
    /// The person.
    pub contact_member: MemberId,
}

/// What the log keeps of a change to a shared item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareFact {
    /// The row.
    pub shared_item: SharedItemId,
    /// What is shared.
    pub item_type: ItemType,
    /// Which of these.
    pub item_key: ItemKey,
    /// Whether the partnership that it was shared in lasts: if not, the other side is not told (C4).
    pub is_live: bool,
}

/// The body of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Body {
    /// About a member.
    Member(MemberFact),
    /// About a partnership.
    Partnership(PartnershipFact),
    /// About a contact.
    Contact(ContactFact),
    /// About a shared item.
    Share(ShareFact),
    /// The subject and the kind say it all.
    Empty {},
}

impl Body {
    /// The body of an event of a kind, from JSON. Most are about members, and are not tried as anything else.
    ///
    /// # Errors
    /// A text that is no such body.
    pub fn read(kind: EventKind, json: &str) -> Result<Self, serde_json::Error> {
        if kind.is_of_a_member() {
            serde_json::from_str(json).map(Self::Member)
        } else {
            serde_json::from_str(json)
        }
    }
}

impl EventKind {
    /// Whether it tells partners of a member.
    #[must_use]
    pub fn is_of_a_member(self) -> bool {
        matches!(
            self,
            Self::MemberAdded
                | Self::MemberUpdated
                | Self::MemberDeactivated
                | Self::MemberReactivated
                | Self::MemberRemoved
        )
    }
}

/// One event, before it has a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The account it happened in (for a partnership or an inquiry the sender, for a shared item the owner).
    pub account: AccountId,
    /// The other party, where there is one.
    pub counterpart: Option<AccountId>,
    /// The account, member, partnership or shared item it is about.
    pub subject: Uuid,
    /// The rest.
    pub body: Body,
    /// The audit entry it leaves; `None` for what is no partner action.
    pub audit: Option<AuditNote>,
    /// The address of a person who is new in `account` with this event, so that waiting invitations find it (I9).
    pub appears: Option<EmailKey>,
}

impl Event {
    /// What an account does that concerns nobody else and has no facts of its own.
    #[must_use]
    pub fn of_account(kind: EventKind, account: AccountId, action: AuditAction) -> Self {
        Self {
            kind,
            account,
            counterpart: None,
            subject: account.0,
            body: Body::Empty {},
            audit: Some(AuditNote {
                action,
                partnership: None,
                sender: Some(Glimpse { account, from: None, to: None }),
                recipient: None,
                reason: String::new(),
                reason_shared: false,
            }),
            appears: None,
        }
    }
}

/// What was done, in an audit entry's words.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuditAction {
    /// An invitation was sent.
    Invited,
    /// A waiting invitation found its account.
    Received,
    /// An invitation was sent once more.
    Resent,
    /// The recipient accepted.
    Accepted,
    /// The recipient rejected.
    Rejected,
    /// The recipient deleted a pending invitation.
    Deleted,
    /// The sender took an invitation back.
    Canceled,
    /// Another row of the same pair made this one needless.
    Superseded,
    /// Nobody decided in time.
    Expired,
    /// An active partnership ended.
    Ended,
    /// One side removed its row from its list.
    Hidden,
    /// A newer request took the place of an ended row.
    Replaced,
    /// An account closed, and what it had pending went with it.
    Withdrawn,
    /// Preferences changed.
    PreferencesUpdated,
    /// A newer row of the same pair took over from this active one.
    Renewed,
    /// The customer took the administrator roles away.
    AdminRolesRemoved,
    /// The administrator roles' time was over.
    AdminRolesExpired,
    /// The administrator roles went on by themselves.
    AdminRolesExtended,
    /// The administrator roles' end came near.
    AdminRolesExpiring,
    /// The customer said whose purchases a partner may see.
    PurchaseVisibilityChanged,
    /// An account accepted an agreement.
    AgreementAccepted,
    /// The profile as a provider changed.
    ProviderProfileUpdated,
    /// An inquiry was sent to a provider.
    Inquired,
    /// An item was shared.
    ItemShared,
    /// An item was taken back.
    ItemUnshared,
    /// A shared item got another title.
    ItemRetitled,
    /// Somebody was taken out of a shared item's audience.
    AudienceMemberRemoved,
}

/// What one side saw before and after, when it sees the change at all (I17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glimpse {
    /// Whose list the entry belongs to.
    pub account: AccountId,
    /// The view before.
    pub from: Option<View>,
    /// The view after.
    pub to: Option<View>,
}

/// What the audit keeps of an event, besides who asked and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditNote {
    /// What was done.
    pub action: AuditAction,
    /// The row, where there is one.
    pub partnership: Option<PartnershipId>,
    /// What the account (the sender) sees of it.
    pub sender: Option<Glimpse>,
    /// What the counterpart (the recipient) sees of it.
    pub recipient: Option<Glimpse>,
    /// Why, in the actor's words.
    pub reason: String,
    /// Who may read the reason: the actor's own side alone, or both.
    pub reason_shared: bool,
}
