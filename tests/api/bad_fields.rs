//! Input out of bounds, field by field.

use crate::support::Harness;
use crate::support::refusal::{Refusal, refused};
use partner_service::grpc::pb;
use tonic::Code;

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const NIL: &str = "00000000-0000-0000-0000-000000000000";

fn invalid(refusal: &Refusal, fields: &[&str], what: &str) {
    assert_eq!(
        (refusal.code, &*refusal.reason),
        (Code::InvalidArgument, "FIELD_INVALID"),
        "{what}"
    );
    assert_eq!(refusal.fields, fields, "{what}");
}

async fn register(
    harness: &Harness,
    account: &str,
    member: pb::Member,
) -> crate::Answer<pb::RegisterMemberResponse> {
    let request = pb::RegisterMemberRequest {
        account_id: account.to_owned(),
        member: Some(member),
        ..Default::default()
    };
    harness.operator().accounts.register_member(request).await
}

#[tokio::test]
async fn an_id_is_a_hyphenated_uuid_other_than_nil() {
    let harness = Harness::start().await;
    let (plain, braced) = (NOBODY.replace('-', ""), format!("{{{NOBODY}}}"));
    let urn = format!("urn:uuid:{NOBODY}");
    for id in [NIL, "nonsense", &plain, &braced, &urn, &NOBODY[1..], &format!("{NOBODY} "), "x\0"] {
        let mut by = harness.operator().accounts;
        let request = pb::GetMemberRequest {
            account_id: id.to_owned(),
            member_id: id.to_owned(),
            ..Default::default()
        };
        invalid(&refused(by.get_member(request).await), &["account_id", "member_id"], id);
        let account =
            pb::Account { id: id.to_owned(), display_name: "ann".to_owned(), ..Default::default() };
        let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
        invalid(&refused(by.create_account(request).await), &["account.id"], id);
    }
    let mut by = harness.operator().accounts;
    let refusal = refused(by.get_member(pb::GetMemberRequest::default()).await);
    invalid(&refusal, &["account_id", "member_id"], "empty");
    let account = pb::Account {
        id: NOBODY.to_uppercase(),
        display_name: "ann".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    let made = by.create_account(request).await.unwrap().into_inner().account.unwrap();
    assert_eq!(made.id, NOBODY);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let long = |count: usize| {
        let domain =
            ["d".repeat(60), "d".repeat(60), "d".repeat(60), "example".to_owned()].join(".");
        let local = "a".repeat(count - domain.len() - 1);
        format!("{local}@{domain}")
    };
    for email in [
        "",
        " ",
        "bo",
        "@b.example",
        "bo@",
        "bo@b",
        "bo@b.example\r\nBcc: all@b.example",
        "bo@b.example\n",
        "bo\0@b.example",
        "bo@b.exam\u{7f}ple",
        "b o@b.example",
        "bo@b..example",
        "bo@-b-.example",
        "bo@[127.0.0.1]",
        "Bo <bo@b.example>",
        "bo@b.example,cy@b.example",
        "bo\u{200b}@b.example",
        "bo@b\u{202e}.example",
        &long(255),
    ] {
        let member = pb::Member { email: email.to_owned(), ..Default::default() };
        invalid(&refused(register(&harness, &ann.id, member).await), &["member.email"], email);
        let refusal = Refusal::of(&ann.invites(email).await.unwrap_err());
        invalid(&refusal, &["invitee_email"], email);
    }
    for email in
        ["BO@B.Example", "bo@bücher.example", "bo+tag@b.example", "böb@b.example", &long(254 - 10)]
    {
        let member = pb::Member { email: email.to_owned(), ..Default::default() };
        let made = register(&harness, &ann.id, member).await.unwrap().into_inner().member.unwrap();
        assert_eq!(made.email, email);
    }
}

#[tokio::test]
async fn no_text_of_a_member_or_account_holds_control_characters_or_is_too_long() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    for bad in ["a\0b", "a\nb", "a\r\nb", "\t", "\u{1b}[31m", "\u{7f}", "\u{85}", "\u{2028}"] {
        let member = pb::Member {
            email: "cy@ann.example".to_owned(),
            display_name: bad.to_owned(),
            phone: bad.to_owned(),
            title: bad.to_owned(),
            locale: bad.to_owned(),
            ..Default::default()
        };
        let refusal = refused(register(&harness, &ann.id, member.clone()).await);
        let all = ["member.display_name", "member.phone", "member.title", "member.locale"];
        invalid(&refusal, &all, bad);
        let update = pb::Member {
            id: ann.boss.id.clone(),
            account_id: ann.id.clone(),
            email: String::new(),
            ..member
        };
        invalid(&refused(harness.update_member(update, None).await), &all, bad);
        invalid(
            &refused(harness.rename(&ann.id, &format!("x{bad}")).await),
            &["account.display_name"],
            bad,
        );
    }
    let member = |names: usize, locale: usize| pb::Member {
        email: "cy@ann.example".to_owned(),
        display_name: "é".repeat(names),
        phone: "1".repeat(names),
        title: "x".repeat(names),
        locale: "x".repeat(locale),
        ..Default::default()
    };
    let refusal = refused(register(&harness, &ann.id, member(201, 36)).await);
    invalid(
        &refusal,
        &["member.display_name", "member.phone", "member.title", "member.locale"],
        "too long",
    );
    register(&harness, &ann.id, member(200, 35)).await.unwrap();
    invalid(
        &refused(harness.rename(&ann.id, &"é".repeat(201)).await),
        &["account.display_name"],
        "long",
    );
    harness.rename(&ann.id, &"é".repeat(200)).await.unwrap();
}

#[tokio::test]
async fn a_message_or_reason_may_have_line_feeds_and_no_other_control_characters() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let invite = |message: &str| pb::InvitePartnerRequest {
        account_id: ann.id.clone(),
        invitee_email: bo.email(),
        message: message.to_owned(),
        ..Default::default()
    };
    let mut by = ann.by.clone().partners;
    for bad in ["a\0b", "a\r\nb", "\t", "\u{1b}", &"é".repeat(1_001)] {
        invalid(&refused(by.invite_partner(invite(bad)).await), &["message"], bad);
    }
    let sent = by
        .invite_partner(invite(&"é\n".repeat(500)))
        .await
        .unwrap()
        .into_inner()
        .partnership
        .unwrap();
    let reject = |reason: &str| pb::RejectPartnershipRequest {
        account_id: bo.id.clone(),
        partnership_id: sent.id.clone(),
        reason: reason.to_owned(),
        ..Default::default()
    };
    let delete = |reason: &str| pb::DeletePartnershipRequest {
        account_id: bo.id.clone(),
        partnership_id: sent.id.clone(),
        reason: reason.to_owned(),
        ..Default::default()
    };
    let mut by = bo.by.clone().partners;
    for bad in ["a\0b", "a\rb", &"é".repeat(257)] {
        invalid(&refused(by.reject_partnership(reject(bad)).await), &["reason"], bad);
        invalid(&refused(by.delete_partnership(delete(bad)).await), &["reason"], bad);
    }
    by.reject_partnership(reject(&"é\n".repeat(128))).await.unwrap();
}

#[tokio::test]
async fn an_enumeration_takes_only_values_that_exist() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let mut by = harness.operator().accounts;
    for bad in [7, 99, -1, i32::MAX, i32::MIN] {
        let what = bad.to_string();
        let member =
            pb::Member { email: "cy@ann.example".to_owned(), profile: bad, ..Default::default() };
        invalid(&refused(register(&harness, &ann.id, member).await), &["member.profile"], &what);
        let request = pb::ListMembersRequest {
            account_id: ann.id.clone(),
            states: vec![pb::MemberState::Active.into(), bad],
            ..Default::default()
        };
        invalid(&refused(by.list_members(request).await), &["states"], &what);
        let request = pb::MoveMemberRequest {
            account_id: ann.id.clone(),
            member_id: ann.boss.id.clone(),
            target_account_id: NOBODY.to_owned(),
            profile: bad,
            ..Default::default()
        };
        invalid(&refused(by.move_member(request).await), &["profile"], &what);
    }
    // the unspecified value selects nothing, and so is no filter
    let request = pb::ListAccountsRequest { states: vec![0], ..Default::default() };
    invalid(&refused(by.list_accounts(request).await), &["states"], "unspecified");
}

#[tokio::test]
async fn every_bad_field_of_a_request_is_named_at_once() {
    let harness = Harness::start().await;
    let member = pb::Member {
        id: NIL.to_owned(),
        email: "nobody".to_owned(),
        display_name: "\0".to_owned(),
        profile: 99,
        phone: "1".repeat(201),
        title: "\n".to_owned(),
        locale: "x".repeat(36),
        ..Default::default()
    };
    let request = pb::RegisterMemberRequest {
        account_id: "nonsense".to_owned(),
        member: Some(member),
        request_id: "a b".to_owned(),
        validate_only: false,
    };
    let refusal = refused(harness.operator().accounts.register_member(request).await);
    let all = [
        "account_id",
        "request_id",
        "member.id",
        "member.email",
        "member.display_name",
        "member.profile",
        "member.phone",
        "member.title",
        "member.locale",
    ];
    invalid(&refusal, &all, "all");
    for field in all {
        assert!(refusal.message.contains(field), "{field}");
    }
    assert!(!refusal.message.contains("nonsense"), "what was sent is not repeated");
}

#[tokio::test]
async fn a_message_that_is_required_is_missed() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let mut by = harness.operator().accounts;
    let create = by.create_account(pb::CreateAccountRequest::default()).await;
    invalid(&refused(create), &["account.display_name"], "CreateAccount");
    let update = pb::UpdateAccountRequest { account_id: ann.id.clone(), ..Default::default() };
    invalid(&refused(by.update_account(update).await), &["account"], "UpdateAccount");
    let register = pb::RegisterMemberRequest { account_id: ann.id.clone(), ..Default::default() };
    invalid(&refused(by.register_member(register).await), &["member.email"], "RegisterMember");
    let update = pb::UpdateMemberRequest { account_id: ann.id.clone(), ..Default::default() };
    invalid(&refused(by.update_member(update).await), &["member.id"], "UpdateMember");
}
