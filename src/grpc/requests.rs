//! What kind of request each message is: whom it acts for, whether it changes something, reads, or reads a page. Each RPC
//! is named in the lists at the end.

use super::page::Cursor;
use super::pb;
use crate::domain::ids::MailId;
use crate::{contact, provider};
use prost::Message;

/// A request that names the account acted for.
pub trait Addressed: Message + Default + Clone {
    /// The RPC it belongs to.
    const RPC: &'static str;
    /// The account; `None` where the RPC has none.
    fn account_id(&self) -> Option<&str>;
}

/// A request that changes something.
pub trait Mutation: Addressed {
    fn request_id(&self) -> &str;
    fn validate_only(&self) -> bool;
}

/// A request that reads.
pub trait Read: Addressed {
    fn min_position(&self) -> i64;
}

/// A request that reads a page.
pub trait Paged: Read {
    /// Where its list goes on from page to page.
    type Cursor: Cursor;
    fn page_size(&self) -> i32;
    fn page_token(&self) -> &str;
    /// The request without what may differ from page to page.
    fn arguments(&self) -> Self;
}

macro_rules! addressed {
    ($($rpc:ident),+ $(,)?) => { $(
        paste::paste! {
            impl Addressed for pb::[<$rpc Request>] {
                const RPC: &'static str = stringify!($rpc);
                fn account_id(&self) -> Option<&str> { Some(&self.account_id) }
            }
        }
    )+ };
}

macro_rules! mutations {
    ($($rpc:ident),+ $(,)?) => { $(
        paste::paste! {
            impl Mutation for pb::[<$rpc Request>] {
                fn request_id(&self) -> &str { &self.request_id }
                fn validate_only(&self) -> bool { self.validate_only }
            }
        }
    )+ };
}

macro_rules! reads {
    ($($rpc:ident),+ $(,)?) => { $(
        paste::paste! {
            impl Read for pb::[<$rpc Request>] {
                fn min_position(&self) -> i64 { self.min_position }
            }
        }
    )+ };
}

macro_rules! paged {
    ($cursor:ty: $($rpc:ident),+ $(,)?) => { $(
        paste::paste! {
            impl Paged for pb::[<$rpc Request>] {
                type Cursor = $cursor;
                fn page_size(&self) -> i32 { self.page_size }
                fn page_token(&self) -> &str { &self.page_token }
                fn arguments(&self) -> Self {
                    Self { page_size: 0, page_token: String::new(), min_position: 0, ..self.clone() }
                }
            }
        }
    )+ };
}

addressed!(
    BatchRegisterMembers,
    InvitePartner,
    ResendInvitation,
    AcceptPartnership,
    RejectPartnership,
    DeletePartnership,
    RemoveAdminRoles,
    SetPurchaseVisibility,
    ListAgreements,
    AcceptAgreement,
    ListAgreementAcceptances,
    GetPartnership,
    ListPartnerships,
    GetPartnerPreferences,
    UpdatePartnerPreferences,
    ListAuditEntries,
    GetAccount,
    UpdateAccount,
    SuspendAccount,
    ResumeAccount,
    CloseAccount,
    RegisterMember,
    UpdateMember,
    DeactivateMember,
    ReactivateMember,
    RemoveMember,
    MoveMember,
    GetMember,
    ListMembers,
    ListMemberEvents,
    WatchMembers,
    ListContacts,
    GetContact,
    CreateGuest,
    DeleteContact,
    GetProviderProfile,
    UpdateProviderProfile,
    SearchProviders,
    ContactProviders,
    ListInquiries,
    ShareItem,
    UnshareItem,
    ListSharedItems,
    ListAudience,
    RemoveFromAudience,
);
mutations!(
    BatchRegisterMembers,
    InvitePartner,
    ResendInvitation,
    AcceptPartnership,
    RejectPartnership,
    DeletePartnership,
    RemoveAdminRoles,
    SetPurchaseVisibility,
    PublishAgreement,
    AcceptAgreement,
    UpdatePartnerPreferences,
    CreateAccount,
    UpdateAccount,
    SuspendAccount,
    ResumeAccount,
    CloseAccount,
    RegisterMember,
    UpdateMember,
    DeactivateMember,
    ReactivateMember,
    RemoveMember,
    MoveMember,
    CreateGuest,
    DeleteContact,
    UpdateProviderProfile,
    ContactProviders,
    ShareItem,
    UnshareItem,
    RemoveFromAudience,
    RetryMail,
);
reads!(
    ListAgreements,
    ListAgreementAcceptances,
    GetPartnership,
    ListPartnerships,
    GetPartnerPreferences,
    ListAuditEntries,
    GetAccount,
    ListAccounts,
    GetMember,
    ListMembers,
    ListMemberEvents,
    ListContacts,
    GetContact,
    GetProviderProfile,
    SearchProviders,
    ListInquiries,
    ListSharedItems,
    ListAudience,
    ListMails,
);
paged!(
    i64: ListPartnerships,
    ListAuditEntries,
    ListAccounts,
    ListMembers,
    ListAgreements,
    ListAgreementAcceptances,
    ListInquiries,
    ListSharedItems,
    ListAudience,
);
paged!(contact::store::Place: ListContacts);
paged!(provider::search::Place: SearchProviders);
paged!(MailId: ListMails);

impl Addressed for pb::CreateAccountRequest {
    const RPC: &'static str = "CreateAccount";
    fn account_id(&self) -> Option<&str> {
        None
    }
}

impl Addressed for pb::PublishAgreementRequest {
    const RPC: &'static str = "PublishAgreement";
    fn account_id(&self) -> Option<&str> {
        None
    }
}

impl Addressed for pb::ListAccountsRequest {
    const RPC: &'static str = "ListAccounts";
    fn account_id(&self) -> Option<&str> {
        None
    }
}

impl Addressed for pb::ListMailsRequest {
    const RPC: &'static str = "ListMails";
    fn account_id(&self) -> Option<&str> {
        None
    }
}

impl Addressed for pb::RetryMailRequest {
    const RPC: &'static str = "RetryMail";
    fn account_id(&self) -> Option<&str> {
        None
    }
}
