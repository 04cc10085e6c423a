//! AccountService: accounts, by RPC and refusal (M2).

use crate::support::directory::{account_verbs, all_refused, makers, member_verbs};
use crate::support::refusal::{reason, refused};
use crate::support::{Harness, NOON};
use partner_service::grpc::pb;
use pb::AccountState as State;
use tonic::Code;
use uuid::Uuid;

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

async fn create(harness: &Harness, id: &str) -> super::Answer<pb::CreateAccountResponse> {
    let account = pb::Account {
        id: id.to_owned(),
        display_name: "Ann & Co".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    harness.operator().accounts.create_account(request).await
}

#[tokio::test]
async fn m2_every_write_is_for_operators_whatever_it_names() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let before = harness.head().await;
    for (account, member) in [(&*ann.id, &*ann.boss.id), (&bo.id, &bo.boss.id), (NOBODY, NOBODY)] {
        all_refused(&account_verbs(&ann.by, account, "").await, "OPERATOR_REQUIRED");
        all_refused(
            &member_verbs(&ann.by, (account, member), "", &ann.id).await,
            "OPERATOR_REQUIRED",
        );
        for email in [&*bo.boss.email, "nobody@nowhere.example", "not an address"] {
            all_refused(&makers(&ann.by, account, email).await, "OPERATOR_REQUIRED");
        }
    }
    let refusal =
        refused(ann.by.clone().accounts.list_accounts(pb::ListAccountsRequest::default()).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::PermissionDenied, "OPERATOR_REQUIRED"));
    assert_eq!(harness.head().await, before);
}

#[tokio::test]
async fn an_account_begins_active_under_the_callers_own_id() {
    let harness = Harness::start().await;
    let answer = create(&harness, NOBODY).await.unwrap().into_inner();
    let account = answer.account.unwrap();
    assert_eq!((&*account.id, &*account.display_name), (NOBODY, "Ann & Co"));
    assert_eq!(account.state(), State::Active);
    assert_eq!(account.create_time.unwrap().seconds, NOON.0 / 1_000_000);
    assert_eq!(answer.position, harness.head().await);
    assert_eq!(harness.account_now(NOBODY).await, account);
}

#[tokio::test]
async fn an_account_without_an_id_gets_a_time_ordered_one() {
    let harness = Harness::start().await;
    let account = create(&harness, "").await.unwrap().into_inner().account.unwrap();
    assert_eq!(Uuid::parse_str(&account.id).unwrap().get_version_num(), 7);
}

#[tokio::test]
async fn an_id_that_is_taken_is_refused_and_named() {
    let harness = Harness::start().await;
    create(&harness, NOBODY).await.unwrap();
    let refusal = refused(create(&harness, NOBODY).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::AlreadyExists, "ACCOUNT_EXISTS"));
    assert_eq!(refusal.metadata["account_id"], NOBODY);
    harness.close_account(NOBODY).await.unwrap();
    assert_eq!(reason(create(&harness, NOBODY).await), "ACCOUNT_EXISTS");
}

#[tokio::test]
async fn of_parallel_creations_under_one_id_one_succeeds() {
    let harness = Harness::start().await;
    let answers = futures::future::join_all((0..8).map(|_| create(&harness, NOBODY))).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for answer in refused {
        assert_eq!(reason(answer), "ACCOUNT_EXISTS");
    }
}

#[tokio::test]
async fn m2_members_read_their_own_account_and_of_others_not_even_whether_they_exist() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let get = async |id: &str| {
        let request = pb::GetAccountRequest { account_id: id.to_owned(), ..Default::default() };
        ann.by.clone().accounts.get_account(request).await
    };
    assert_eq!(get(&ann.id).await.unwrap().into_inner().account.unwrap().display_name, "ann");
    let (foreign, unknown) = (refused(get(&bo.id).await), refused(get(NOBODY).await));
    for (refusal, id) in [(&foreign, &*bo.id), (&unknown, NOBODY)] {
        assert_eq!((refusal.code, &*refusal.reason), (Code::NotFound, "RESOURCE_NOT_FOUND"));
        assert_eq!(refusal.metadata["resource_id"], id);
    }
    assert_eq!(foreign.message.replace(&bo.id, NOBODY), unknown.message);
}

#[tokio::test]
async fn an_unknown_account_is_not_found_for_operators_by_every_rpc() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let operator = harness.operator();
    all_refused(&account_verbs(&operator, NOBODY, "").await, "RESOURCE_NOT_FOUND");
    all_refused(
        &member_verbs(&operator, (NOBODY, &ann.boss.id), "", &ann.id).await,
        "RESOURCE_NOT_FOUND",
    );
    let registered = harness.register(NOBODY, "cy@cy.example", pb::MemberProfile::Observer).await;
    assert_eq!(reason(registered.map(tonic::Response::new)), "RESOURCE_NOT_FOUND");
    let get = pb::GetAccountRequest { account_id: NOBODY.to_owned(), ..Default::default() };
    assert_eq!(reason(operator.clone().accounts.get_account(get).await), "RESOURCE_NOT_FOUND");
    let list = pb::ListMembersRequest { account_id: NOBODY.to_owned(), ..Default::default() };
    assert_eq!(reason(operator.clone().accounts.list_members(list).await), "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn accounts_are_listed_newest_first_and_by_state() {
    let harness = Harness::start().await;
    let mut ids = Vec::new();
    for name in ["ann", "bo", "cy"] {
        ids.insert(0, harness.account(name).await.id);
    }
    harness.suspend_account(&ids[0]).await.unwrap();
    harness.close_account(&ids[2]).await.unwrap();
    let list = async |states: &[State]| -> Vec<String> {
        let states = states.iter().map(|&state| state.into()).collect();
        let request = pb::ListAccountsRequest { states, ..Default::default() };
        let answer = harness.operator().accounts.list_accounts(request).await.unwrap().into_inner();
        assert_eq!(answer.next_page_token, "");
        answer.accounts.into_iter().map(|account| account.id).collect()
    };
    assert_eq!(list(&[]).await, ids);
    assert_eq!(list(&[State::Active]).await, ids[1..2]);
    assert_eq!(list(&[State::Closed, State::Suspended]).await, [&*ids[0], &*ids[2]]);
}

#[tokio::test]
async fn a_new_name_is_what_partners_read_and_changes_the_etag() {
    let harness = Harness::start().await;
    let (ann, bo, id) = harness.partners("ann", "bo").await;
    let before = harness.account_now(&ann.id).await;
    let answer = harness.rename(&ann.id, "Ann & Daughters").await.unwrap().into_inner();
    assert_eq!(answer.position, harness.head().await);
    let account = answer.account.unwrap();
    assert_eq!(account.display_name, "Ann & Daughters");
    assert_ne!(account.etag, before.etag);
    assert_eq!(bo.sees(&id).await.unwrap().partner_display_name, "Ann & Daughters");
}

#[tokio::test]
async fn the_same_name_again_changes_nothing_and_answers_the_head() {
    let harness = Harness::start().await;
    let account = harness.account("ann").await;
    harness.account("bo").await;
    let head = harness.head().await;
    let answer = harness.rename(&account.id, "ann").await.unwrap().into_inner();
    assert_eq!((answer.account.unwrap(), answer.position), (account, head));
    assert_eq!(harness.head().await, head);
}

#[tokio::test]
async fn states_change_by_their_verbs_and_a_second_time_is_no_change() {
    let harness = Harness::start().await;
    let id = harness.account("ann").await.id;
    let mut etags = vec![harness.account_now(&id).await.etag];
    for (verb, state) in
        [("suspend", State::Suspended), ("resume", State::Active), ("close", State::Closed)]
    {
        let call = async || match verb {
            "suspend" => {
                harness.suspend_account(&id).await.map(|answer| answer.into_inner().position)
            }
            "resume" => {
                harness.resume_account(&id).await.map(|answer| answer.into_inner().position)
            }
            _ => harness.close_account(&id).await.map(|answer| answer.into_inner().position),
        };
        let before = harness.head().await;
        assert_eq!(call().await.unwrap(), before + 1, "{verb}");
        let account = harness.account_now(&id).await;
        assert_eq!(account.state(), state, "{verb}");
        assert!(!etags.contains(&account.etag), "{verb}");
        harness.account("somebody else").await;
        let head = harness.head().await;
        assert_eq!(call().await.unwrap(), head, "{verb} again");
        assert_eq!(harness.head().await, head, "{verb} again");
        assert_eq!(harness.account_now(&id).await, account, "{verb} again");
        etags.push(account.etag);
    }
}

#[tokio::test]
async fn a_stale_etag_changes_nothing_and_tells_the_current_one() {
    let harness = Harness::start().await;
    let stale = harness.account("ann").await;
    harness.rename(&stale.id, "Ann").await.unwrap();
    let current = harness.account_now(&stale.id).await;
    let operator = harness.operator();
    all_refused(&account_verbs(&operator, &stale.id, &stale.etag).await, "ETAG_MISMATCH");
    assert_eq!(harness.account_now(&stale.id).await, current);
    let request = pb::CloseAccountRequest {
        account_id: stale.id.clone(),
        etag: stale.etag,
        ..Default::default()
    };
    let refusal = refused(operator.clone().accounts.close_account(request).await);
    assert_eq!(refusal.code, Code::Aborted);
    assert_eq!(refusal.metadata["current_etag"], current.etag);
    let request =
        pb::CloseAccountRequest { account_id: stale.id, etag: current.etag, ..Default::default() };
    operator.clone().accounts.close_account(request).await.unwrap();
}

#[tokio::test]
async fn i16_validate_only_answers_like_the_real_call_and_changes_nothing() {
    let harness = Harness::start().await;
    let id = harness.account("ann").await.id;
    let before = (harness.head().await, harness.account_now(&id).await);
    let mut by = harness.operator().accounts;
    let account = Some(pb::Account { display_name: "Bo".to_owned(), ..Default::default() });
    let request = pb::CreateAccountRequest {
        account: account.clone(),
        validate_only: true,
        ..Default::default()
    };
    let created = by.create_account(request).await.unwrap().into_inner();
    assert_eq!((created.account.unwrap().id, created.position), (String::new(), before.0));
    let request = pb::UpdateAccountRequest {
        account_id: id.clone(),
        account,
        validate_only: true,
        ..Default::default()
    };
    let updated = by.update_account(request).await.unwrap().into_inner();
    assert_eq!((&*updated.account.unwrap().display_name, updated.position), ("Bo", before.0));
    let request = pb::CloseAccountRequest {
        account_id: id.clone(),
        validate_only: true,
        ..Default::default()
    };
    let closed = by.close_account(request).await.unwrap().into_inner();
    assert_eq!((closed.account.unwrap().state(), closed.position), (State::Closed, before.0));
    assert_eq!((harness.head().await, harness.account_now(&id).await), before);
}
