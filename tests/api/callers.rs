//! Who calls: `--auth none`, and operators who act for a member.

use crate::keys::{Key, bearer, claims, claims_but, get_account, secured};
use crate::support::directory::{account_verbs, all_refused, makers, member_verbs};
use crate::support::refusal::{reason, refused};
use crate::support::{Caller, Harness};
use partner_service::grpc::pb;
use pb::MemberProfile as Profile;
use pb::account_service_client::AccountServiceClient;
use serde_json::json;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request};

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn without_authentication_the_caller_is_the_operator_or_the_member_named() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    get_account(&harness, &[], &ann.id).await.unwrap();
    get_account(&harness, &[], &bo.id).await.unwrap();
    let as_boss = [("x-member-id", ann.boss.id.clone())];
    get_account(&harness, &as_boss, &ann.id).await.unwrap();
    assert_eq!(reason(get_account(&harness, &as_boss, &bo.id).await), "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn a_member_id_that_is_unknown_or_malformed_is_no_credential() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let (plain, braced) = (ann.boss.id.replace('-', ""), format!("{{{}}}", ann.boss.id));
    let urn = format!("urn:uuid:{}", ann.boss.id);
    let nil = "00000000-0000-0000-0000-000000000000";
    for id in [NOBODY, nil, "", " ", "boss", "boss@ann.example", &ann.id, &plain, &braced, &urn] {
        let refusal =
            refused(get_account(&harness, &[("x-member-id", id.to_owned())], &ann.id).await);
        assert_eq!(
            (refusal.code, &*refusal.reason),
            (Code::Unauthenticated, "CREDENTIALS_INVALID"),
            "{id:?}"
        );
    }
}

#[tokio::test]
async fn two_member_ids_are_refused_even_if_they_are_the_same() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    for second in [&ann.boss.id, &bo.boss.id] {
        let mut request = Request::new(pb::GetAccountRequest {
            account_id: ann.id.clone(),
            ..Default::default()
        });
        request.metadata_mut().append("x-member-id", ann.boss.id.parse().unwrap());
        request.metadata_mut().append("x-member-id", second.parse().unwrap());
        let answer = AccountServiceClient::new(harness.channel.clone()).get_account(request).await;
        assert_eq!(reason(answer), "CREDENTIALS_INVALID");
    }
}

#[tokio::test]
async fn a_member_id_of_other_bytes_than_text_is_refused() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let mut request =
        Request::new(pb::GetAccountRequest { account_id: ann.id, ..Default::default() });
    request
        .metadata_mut()
        .insert("x-member-id", MetadataValue::try_from(&b"\xff\xfe"[..]).unwrap());
    let answer = AccountServiceClient::new(harness.channel.clone()).get_account(request).await;
    assert_eq!(reason(answer), "CREDENTIALS_INVALID");
}

#[tokio::test]
async fn credentials_are_looked_at_before_everything_else() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let stranger = harness.member(NOBODY);
    all_refused(&account_verbs(&stranger, "not an id", "").await, "CREDENTIALS_INVALID");
    harness.deactivate(&ann.boss).await.unwrap();
    all_refused(&account_verbs(&ann.by, "not an id", "").await, "MEMBER_NOT_ACTIVE");
}

#[tokio::test]
async fn an_operator_acting_for_a_member_has_that_members_rights_and_no_others() {
    let key = Key::secret();
    let open = Harness::start().await;
    let (ann, bo) = (open.organization("ann").await, open.organization("bo").await);
    let visitor = open.register(&ann.id, "cy@ann.example", Profile::Visitor).await.unwrap();
    let token = key.sign(&claims_but("root", json!({"scope": "partner.operator"})));
    let harness = secure(open, &key).await;
    let acting = |id: &str| harness.caller(&[bearer(&token), ("x-member-id", id.to_owned())]);

    for member in [&ann.boss.id, &visitor.id] {
        let by = acting(member);
        get(&by, &ann.id).await.unwrap();
        assert_eq!(reason(get(&by, &bo.id).await), "RESOURCE_NOT_FOUND");
        all_refused(&account_verbs(&by, &ann.id, "").await, "OPERATOR_REQUIRED");
        all_refused(
            &member_verbs(&by, (&ann.id, &visitor.id), "", &bo.id).await,
            "OPERATOR_REQUIRED",
        );
        all_refused(&makers(&by, &ann.id, "new@ann.example").await, "OPERATOR_REQUIRED");
        let listed = by.clone().accounts.list_accounts(pb::ListAccountsRequest::default()).await;
        assert_eq!(reason(listed), "OPERATOR_REQUIRED");
    }
    assert_eq!(reason(invite(&acting(&visitor.id), &ann.id).await), "MANAGE_PARTNERS_REQUIRED");
    invite(&acting(&ann.boss.id), &ann.id).await.unwrap();
    for id in [NOBODY, "boss"] {
        assert_eq!(reason(get(&acting(id), &ann.id).await), "CREDENTIALS_INVALID");
    }
}

#[tokio::test]
async fn l1_the_audit_names_the_member_and_that_an_operator_acted() {
    let key = Key::secret();
    let (harness, ann) = secured(key.verifier()).await;
    let operator = key.sign(&claims_but("root", json!({"scope": "partner.operator"})));
    let for_boss = harness.caller(&[bearer(&operator), ("x-member-id", ann.boss.id.clone())]);
    let boss = harness.caller(&[bearer(&key.sign(&claims(&ann.boss.id)))]);
    let alone = harness.caller(&[bearer(&operator)]);
    for (by, member, is_operator) in
        [(&boss, &*ann.boss.id, false), (&for_boss, &ann.boss.id, true), (&alone, "", true)]
    {
        let sent = invite(by, &ann.id).await.unwrap().into_inner().partnership.unwrap();
        assert_eq!(sent.inviter_member_id, member);
        let delete = pb::DeletePartnershipRequest {
            account_id: ann.id.clone(),
            partnership_id: sent.id,
            ..Default::default()
        };
        by.clone().partners.delete_partnership(delete).await.unwrap();
        let list = pb::ListAuditEntriesRequest { account_id: ann.id.clone(), ..Default::default() };
        let entries = boss.clone().partners.list_audit_entries(list).await.unwrap().into_inner();
        let newest = &entries.audit_entries[0];
        assert_eq!(newest.action(), pb::AuditAction::Canceled);
        assert_eq!((&*newest.actor_member_id, newest.actor_is_operator), (member, is_operator));
    }
}

#[tokio::test]
async fn m3_rights_come_from_the_stored_member_as_it_is_now_whatever_the_token_says() {
    let key = Key::secret();
    let (harness, ann) = secured(key.verifier()).await;
    let promising =
        json!({"profile": "ADMINISTRATOR", "manage_partners": true, "account_id": "any"});
    let boss = harness.caller(&[bearer(&key.sign(&claims_but(&ann.boss.id, promising)))]);
    invite(&boss, &ann.id).await.unwrap();
    let operator = harness
        .caller(&[bearer(&key.sign(&claims_but("root", json!({"scope": "partner.operator"}))))]);
    let demoted = pb::Member {
        id: ann.boss.id.clone(),
        profile: Profile::Manager.into(),
        ..Default::default()
    };
    let demote = pb::UpdateMemberRequest {
        account_id: ann.id.clone(),
        member: Some(demoted),
        ..Default::default()
    };
    operator.clone().accounts.update_member(demote).await.unwrap();
    assert_eq!(reason(invite(&boss, &ann.id).await), "MANAGE_PARTNERS_REQUIRED");
    let deactivate = pb::DeactivateMemberRequest {
        account_id: ann.id.clone(),
        member_id: ann.boss.id.clone(),
        ..Default::default()
    };
    operator.clone().accounts.deactivate_member(deactivate).await.unwrap();
    assert_eq!(reason(get(&boss, &ann.id).await), "MEMBER_NOT_ACTIVE");
}

async fn secure(open: Harness, key: &Key) -> Harness {
    let (database, clock) = open.stop().await;
    let authenticator = partner_service::grpc::auth::Authenticator::Jwt(Box::new(key.verifier()));
    Harness::with(crate::support::Options {
        authenticator: Some(authenticator),
        database: Some(database),
        clock: Some(clock),
        ..Default::default()
    })
    .await
}

async fn get(by: &Caller, account_id: &str) -> crate::Answer<pb::GetAccountResponse> {
    let request = pb::GetAccountRequest { account_id: account_id.to_owned(), ..Default::default() };
    by.clone().accounts.get_account(request).await
}

async fn invite(by: &Caller, account_id: &str) -> crate::Answer<pb::InvitePartnerResponse> {
    let request = pb::InvitePartnerRequest {
        account_id: account_id.to_owned(),
        invitee_email: "dee@dee.example".to_owned(),
        ..Default::default()
    };
    by.clone().partners.invite_partner(request).await
}
