//! Enumerations: each domain value has one value on the wire.

use crate::domain::access::Denial;
use crate::domain::account::{AccountState, MemberState, Profile};
use crate::domain::agreement::AgreementKind;
use crate::domain::contact::{ContactKind, Link};
use crate::domain::event::AuditAction;
use crate::domain::mail::{MailKind, MailState};
use crate::domain::partner_type::{AdminRole, PartnerType, Permission};
use crate::domain::partnership::{Action, Side, View};
use crate::domain::preferences::{ContactRetention, ReceivePolicy};
use crate::domain::provider::{CustomerSize, InquiryDirection};
use crate::domain::roles::RolesState;
use crate::domain::sharing::{ItemDenial, ItemType, ShareDirection};
use crate::grpc::pb;
use crate::partnership::view::StateReason;

/// A domain enumeration and its numbers on the wire.
pub trait Wire: Copy {
    /// The value of a number; none for the unspecified and unknown ones.
    fn from_wire(raw: i32) -> Option<Self>;
    /// The number.
    fn to_wire(self) -> i32;
}

macro_rules! wire {
    ($domain:ty, $message:ty, { $($variant:ident),+ $(,)? }) => {
        impl Wire for $domain {
            fn from_wire(raw: i32) -> Option<Self> {
                match <$message>::try_from(raw).ok()? {
                    <$message>::Unspecified => None,
                    $( <$message>::$variant => Some(<$domain>::$variant), )+
                    #[allow(unreachable_patterns)]
                    _ => None,
                }
            }

            fn to_wire(self) -> i32 {
                match self {
                    $( <$domain>::$variant => <$message>::$variant as i32, )+
                }
            }
        }
    };
}

wire!(AccountState, pb::AccountState, { Active, Suspended, Closed });
wire!(MemberState, pb::MemberState, { Active, Deactivated, Removed });
wire!(Profile, pb::MemberProfile, { BillingAdministrator, Administrator, Supervisor, Manager, Observer, Visitor });
wire!(Side, pb::PartnershipSide, { Sender, Recipient });
wire!(View, pb::PartnershipState, { AwaitingApproval, Pending, Active, Rejected, Expired });
wire!(StateReason, pb::PartnershipStateReason, { Rejected, DeletedByRecipient, RemovedByRecipient });
wire!(Action, pb::PartnershipAction, { Accept, Reject, Delete, Resend, RemoveAdminRoles });
wire!(ReceivePolicy, pb::ReceivePolicy, { AllowAll, AllowExcept, DenyAll });
wire!(ContactRetention, pb::ContactRetention, { Keep, Purge });
wire!(ContactKind, pb::ContactKind, { User, Member, Guest });
wire!(Link, pb::ContactLink, { Synced, Detached, RemovedAtSource });
wire!(CustomerSize, pb::CustomerSize, { From1To9, From10To49, From50To249, From250To999, From1000 });
wire!(InquiryDirection, pb::InquiryDirection, { Received, Sent });
wire!(PartnerType, pb::PartnershipType, {
    Collaboration, Reseller, DelegatedAdministrator, ResellerAndDelegatedAdministrator, Partner, Advisor, Mpsa, OemPc,
    LineOfBusiness,
});
wire!(Permission, pb::Permission, {
    Share, Sell, ManageSubscriptions, WorkWithServices, ViewPurchases, UploadDeviceIds, DevelopApps, SubmitApps,
    ManageApps, ManageUsers, ManageLicenses, ResetPasswords, ManageServices, ManageSupportTickets,
});
wire!(AuditAction, pb::AuditAction, {
    Invited, Received, Resent, Accepted, Rejected, Deleted, Canceled, Superseded, Expired, Ended, Hidden, Replaced,
    Withdrawn, PreferencesUpdated, Renewed, AdminRolesRemoved, AdminRolesExpired, AdminRolesExtended, AdminRolesExpiring,
    PurchaseVisibilityChanged, AgreementAccepted, ProviderProfileUpdated, Inquired, ItemShared,
    ItemUnshared, ItemRetitled, AudienceMemberRemoved,
});
wire!(AdminRole, pb::AdminRole, { UserAdmin, LicenseAdmin, PasswordAdmin, ServiceAdmin, SupportAdmin });
wire!(RolesState, pb::RolesState, { Requested, InForce, Removed, Expired });
wire!(MailKind, pb::MailKind, { Invitation, Rejection, Acceptance, Ending, Inquiry, RoleExpiry });
wire!(MailState, pb::MailState, { Queued, Sending, Sent, Failed });
wire!(AgreementKind, pb::AgreementKind, { Customer });
wire!(Denial, pb::AccessDenialReason, {
    AccountNotActive, AgreementRequired, RolesExpired, RolesRemoved, PermissionNotGranted, NoPartnership,
});
wire!(ItemType, pb::ItemType, { Folder, File, Proof, ContactDetails });
wire!(ShareDirection, pb::ShareDirection, { SharedByUs, SharedWithUs });
wire!(ItemDenial, pb::ItemDenialReason, { AccountNotActive, MemberNotActive, NotInAudience, NotShared });

/// The number of a value that may be absent.
pub fn optional<E: Wire>(value: Option<E>) -> i32 {
    value.map_or(0, E::to_wire)
}
