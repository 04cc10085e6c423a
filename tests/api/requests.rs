//! A request of every RPC that is good as it stands, for tests that go through all of them and then spoil one thing.
//! A new RPC needs a row here; without one those tests fail by its name.

use crate::dynamic::{self, POOL, has, rpcs, set, text};
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};

/// The ids that a request names.
#[derive(Clone, Debug)]
pub struct Ids {
    /// Whom the call acts for.
    pub account: String,
    pub partnership: String,
    pub member: String,
    /// A guest of the account.
    pub contact: String,
    /// Where a member moves to.
    pub target: String,
    /// The account of a published provider.
    pub provider: String,
    /// A file that the account shares with a partner.
    pub shared_item: String,
    /// That partner's account, and somebody there whom the file reaches.
    pub partner: String,
    pub reached: String,
}

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Operators alone (M2).
    Operator,
    /// Members of the account, too.
    Members,
}

/// The fields a call cannot do without, and who may make it; none for an RPC that nobody has described here yet.
fn row(rpc: &str, ids: &Ids) -> Option<(Who, Vec<(&'static str, Value)>)> {
    let account = || ("account_id", text(&ids.account));
    let partnership = || vec![account(), ("partnership_id", text(&ids.partnership))];
    let member = || vec![account(), ("member_id", text(&ids.member))];
    let shared_item = || vec![account(), ("shared_item_id", text(&ids.shared_item))];
    let item = || vec![("item_type", Value::EnumNumber(2)), ("external_id", text("plan.pdf"))];
    Some(match rpc {
        "InvitePartner" => {
            // of a type that has roles: these have bounds too
            let kind = ("type", Value::EnumNumber(3));
            (Who::Members, vec![account(), ("invitee_email", text("somebody@else.example")), kind])
        }
        "ResendInvitation" | "AcceptPartnership" | "RejectPartnership" | "DeletePartnership"
        | "GetPartnership" => (Who::Members, partnership()),
        "RemoveAdminRoles" => (Who::Members, partnership()),
        "SetPurchaseVisibility" => (
            Who::Members,
            vec![
                account(),
                ("viewer_account_id", text(&ids.target)),
                ("purchases_of_account_id", text(&ids.account)),
            ],
        ),
        "CheckPartnerAccess" => (
            Who::Members,
            vec![
                ("customer_account_id", text(&ids.account)),
                ("partner_account_id", text(&ids.target)),
                ("permission", Value::EnumNumber(5)),
            ],
        ),
        "PublishAgreement" => (
            Who::Operator,
            vec![
                ("agreement.version", text("1")),
                ("agreement.url", text("https://agreements.example/1")),
                ("agreement.sha256", text("0".repeat(64))),
            ],
        ),
        "ListAgreements" | "ListAgreementAcceptances" => (Who::Members, vec![account()]),
        "AcceptAgreement" => (Who::Members, vec![account(), ("version", text("1"))]),
        "ListPartnerships"
        | "GetPartnerPreferences"
        | "ListAuditEntries"
        | "ListMemberEvents"
        | "WatchMembers" => (Who::Members, vec![account()]),
        "UpdatePartnerPreferences" => {
            (Who::Members, vec![account(), ("preferences.receive_policy", Value::EnumNumber(1))])
        }
        "CreateAccount" => (Who::Operator, vec![("account.display_name", text("A new account"))]),
        "ListAccounts" => (Who::Operator, Vec::new()),
        "UpdateAccount" => (
            Who::Operator,
            vec![
                account(),
                ("account.id", text(&ids.account)),
                ("account.display_name", text("Another name")),
            ],
        ),
        "SuspendAccount" | "ResumeAccount" | "CloseAccount" => (Who::Operator, vec![account()]),
        "RegisterMember" => {
            (Who::Operator, vec![account(), ("member.email", text("new@here.example"))])
        }
        "BatchRegisterMembers" => {
            (Who::Operator, vec![account(), ("members", members(&["new@here.example"]))])
        }
        "UpdateMember" => (
            Who::Operator,
            vec![
                account(),
                ("member.id", text(&ids.member)),
                ("member.display_name", text("Another name")),
            ],
        ),
        "DeactivateMember" | "ReactivateMember" | "RemoveMember" => (Who::Operator, member()),
        "MoveMember" => {
            (Who::Operator, [member(), vec![("target_account_id", text(&ids.target))]].concat())
        }
        "GetAccount" | "ListMembers" => (Who::Members, vec![account()]),
        "GetMember" => (Who::Members, member()),
        "ListContacts" => (Who::Members, vec![account()]),
        "GetContact" | "DeleteContact" => {
            (Who::Members, vec![account(), ("contact_id", text(&ids.contact))])
        }
        "GetProviderProfile" | "SearchProviders" | "ListInquiries" => {
            (Who::Members, vec![account()])
        }
        "UpdateProviderProfile" => (
            Who::Members,
            vec![
                account(),
                ("provider_profile.display_name", text("A provider")),
                ("provider_profile.services", texts(&["backup"])),
                ("provider_profile.countries", texts(&["SE"])),
                ("provider_profile.cities", texts(&["Malm\u{f6}"])),
            ],
        ),
        "ContactProviders" => (
            Who::Members,
            vec![
                account(),
                ("provider_account_ids", texts(&[&ids.provider])),
                ("needs", text("Somebody who moves our mail")),
                ("reply_to_email", text("us@here.example")),
            ],
        ),
        "ShareItem" => (
            Who::Members,
            [vec![account(), ("partner_account_id", text(&ids.partner))], item()].concat(),
        ),
        "UnshareItem" | "ListAudience" => (Who::Members, shared_item()),
        "RemoveFromAudience" => {
            (Who::Members, [shared_item(), vec![("member_id", text(&ids.reached))]].concat())
        }
        "ListSharedItems" => (Who::Members, [vec![account()], item()].concat()),
        "CheckItemAccess" => (
            Who::Members,
            [
                vec![("owner_account_id", text(&ids.account)), ("member_id", text(&ids.reached))],
                item(),
            ]
            .concat(),
        ),
        "CreateGuest" => (Who::Members, vec![account(), ("email", text("guest@else.example"))]),
        "ListMails" => (Who::Operator, Vec::new()),
        // of a mail that nobody wrote
        "RetryMail" => (Who::Operator, vec![("mail_id", text(&ids.account))]),
        "LookupInvitation" => (Who::Members, vec![("secret", text("nobody's"))]),
        _ => return None,
    })
}

fn texts(texts: &[&str]) -> Value {
    Value::List(texts.iter().map(|one| text(*one)).collect())
}

/// Members with these addresses, as a list.
fn members(emails: &[&str]) -> Value {
    let kind = POOL.get_message_by_name("partner.v1.Member").expect("the message Member");
    let member = |email: &&str| {
        let mut member = DynamicMessage::new(kind.clone());
        set(&mut member, "email", text(*email));
        Value::Message(member)
    };
    Value::List(emails.iter().map(member).collect())
}

/// A good request of `method`; it changes nothing if `dry`, where the RPC knows `validate_only`.
pub fn good(method: &MethodDescriptor, ids: &Ids, dry: bool) -> (Who, DynamicMessage) {
    let (who, values) = row(method.name(), ids).unwrap_or_else(|| {
        panic!("{} has no row in tests/api/requests.rs: add one", method.full_name())
    });
    let mut message = dynamic::request(method, &values);
    if dry && has(&method.input(), "validate_only") {
        set(&mut message, "validate_only", Value::Bool(true));
    }
    (who, message)
}

#[test]
fn every_rpc_of_the_descriptors_has_a_row() {
    let ids = Ids {
        account: String::new(),
        partnership: String::new(),
        member: String::new(),
        contact: String::new(),
        target: String::new(),
        provider: String::new(),
        shared_item: String::new(),
        partner: String::new(),
        reached: String::new(),
    };
    let missing: Vec<_> =
        rpcs().into_iter().filter(|rpc| row(rpc.name(), &ids).is_none()).collect();
    assert!(missing.is_empty(), "add rows to tests/api/requests.rs for {missing:?}");
    assert!(rpcs().len() >= 20, "the descriptors have lost their services");
}
