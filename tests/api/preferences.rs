//! What an account lets in (I14).

use crate::calls::{refusal, why};
use crate::support::Harness;
use partner_service::grpc::pb::{
    self, AuditAction, ContactRetention, MemberProfile, PartnershipState as State, ReceivePolicy,
};
use tonic::Code;

async fn current(of: &crate::support::world::Organization) -> pb::PartnerPreferences {
    let request =
        pb::GetPartnerPreferencesRequest { account_id: of.id.clone(), ..Default::default() };
    let answer = of.by.clone().partners.get_partner_preferences(request).await.unwrap();
    answer.into_inner().preferences.unwrap()
}

fn masked(
    mut request: pb::UpdatePartnerPreferencesRequest,
    paths: &[&str],
) -> pb::UpdatePartnerPreferencesRequest {
    let paths = paths.iter().map(|&path| path.to_owned()).collect();
    request.update_mask = Some(prost_types::FieldMask { paths });
    request
}

#[tokio::test]
async fn i14_an_account_that_never_chose_lets_everybody_in() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let preferences = current(&b).await;
    assert_eq!(preferences.receive_policy(), ReceivePolicy::AllowAll);
    assert_eq!(preferences.contact_retention(), ContactRetention::Keep);
    assert!(preferences.blocked_account_ids.is_empty());
    let id = a.invites(&b.email()).await.unwrap().id;
    assert_eq!(b.shown(&id).await, Some(State::Pending));
}

#[tokio::test]
async fn i14_deny_all_keeps_everybody_out_and_still_lets_the_account_invite() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    b.lets_in(ReceivePolicy::DenyAll, &[]).await;
    a.invites(&b.email()).await.unwrap();
    assert!(b.list().await.is_empty());
    // what it never received cannot be in its way either
    let id = b.invites(&a.email()).await.unwrap().id;
    assert_eq!(a.accepts(&id).await.unwrap().state(), State::Active);
}

#[tokio::test]
async fn i14_allow_except_keeps_out_the_blocked_accounts_only() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    b.lets_in(ReceivePolicy::AllowExcept, &[&a]).await;
    a.invites(&b.email()).await.unwrap();
    let let_in = c.invites(&b.email()).await.unwrap().id;
    let listed: Vec<String> = b.list().await.into_iter().map(|seen| seen.id).collect();
    assert_eq!(listed, [let_in]);
}

#[tokio::test]
async fn i14_a_list_of_blocked_accounts_does_nothing_while_the_policy_allows_all() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    b.lets_in(ReceivePolicy::AllowAll, &[&a]).await;
    let id = a.invites(&b.email()).await.unwrap().id;
    assert_eq!(b.shown(&id).await, Some(State::Pending));
}

#[tokio::test]
async fn i14_a_block_set_later_does_not_touch_what_was_received_before() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    b.lets_in(ReceivePolicy::DenyAll, &[&a]).await;
    assert_eq!(b.shown(&id).await, Some(State::Pending));
    assert_eq!(b.accepts(&id).await.unwrap().state(), State::Active);
}

#[tokio::test]
async fn i14_a_mask_writes_what_it_names_and_without_one_what_is_set_is_written() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    b.lets_in(ReceivePolicy::AllowExcept, &[&a]).await;
    let policy_only = masked(b.preferences(ReceivePolicy::DenyAll, &[]), &["receive_policy"]);
    b.prefer(policy_only).await.unwrap();
    let preferences = current(&b).await;
    assert_eq!(preferences.receive_policy(), ReceivePolicy::DenyAll);
    assert_eq!(preferences.blocked_account_ids, std::slice::from_ref(&a.id));

    let list_only = masked(b.preferences(ReceivePolicy::AllowAll, &[]), &["blocked_account_ids"]);
    b.prefer(list_only).await.unwrap();
    let preferences = current(&b).await;
    assert_eq!(preferences.receive_policy(), ReceivePolicy::DenyAll);
    assert!(preferences.blocked_account_ids.is_empty());
}

#[tokio::test]
async fn i14_preferences_have_an_etag_that_changes_with_them_and_only_then() {
    let harness = Harness::start().await;
    let b = harness.organization("bo").await;
    let before = current(&b).await;
    let mut request = b.preferences(ReceivePolicy::DenyAll, &[]);
    request.preferences.as_mut().unwrap().etag = before.etag.clone();
    let answer = b.prefer(request.clone()).await.unwrap();
    let after = answer.preferences.unwrap();
    assert_ne!(after.etag, before.etag);
    assert_eq!(after, current(&b).await);

    let refusal = refusal(b.prefer(request.clone()).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::Aborted, "ETAG_MISMATCH"));
    assert_eq!(refusal.metadata["current_etag"], after.etag);

    // the same once more changes nothing: no event, no entry, no new etag
    request.preferences.as_mut().unwrap().etag = after.etag.clone();
    let again = b.prefer(request).await.unwrap();
    assert_eq!(again.position, answer.position);
    assert_eq!(again.preferences.unwrap(), after);
    assert_eq!(b.audit().await.len(), 1);
}

#[tokio::test]
async fn i14_only_a_manager_reads_and_writes_preferences() {
    let harness = Harness::start().await;
    let b = harness.organization("bo").await;
    let clerk = harness.colleague(&b, "clerk@bo.example", MemberProfile::Supervisor).await;
    let request =
        pb::GetPartnerPreferencesRequest { account_id: b.id.clone(), ..Default::default() };
    let answer = clerk.by.clone().partners.get_partner_preferences(request).await;
    assert_eq!(why(answer), "MANAGE_PARTNERS_REQUIRED");
    let answer = clerk.prefer(clerk.preferences(ReceivePolicy::DenyAll, &[])).await;
    assert_eq!(why(answer), "MANAGE_PARTNERS_REQUIRED");
}

#[tokio::test]
async fn i14_l1_a_change_of_preferences_is_audited_for_its_own_account_only() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    b.lets_in(ReceivePolicy::AllowExcept, &[&a]).await;
    let audit = b.audit().await;
    assert_eq!(audit.len(), 1);
    assert_eq!(audit[0].action(), AuditAction::PreferencesUpdated);
    assert_eq!(audit[0].actor_member_id, b.boss.id);
    assert_eq!((&*audit[0].partnership_id, audit[0].from_state, audit[0].to_state), ("", 0, 0));
    assert!(a.audit().await.is_empty());
}
