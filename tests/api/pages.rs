//! Paging (AIP-158): bounds, stability while rows change, and tokens that prove themselves.

use crate::support::refusal::{reason, refused};
use crate::support::world::Organization;
use crate::support::{Caller, Harness, Options};
use partner_service::grpc::pb;
use pb::MemberProfile as Profile;
use std::collections::BTreeSet;
use tonic::{Code, Response, Status};

type Page = Result<Response<(Vec<String>, String)>, Status>;

/// The lists there are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum List {
    Accounts,
    Members,
    Partnerships,
    Audit,
}

const LISTS: [List; 4] = [List::Accounts, List::Members, List::Partnerships, List::Audit];

impl List {
    /// A page's ids and the next token; the caller must be an operator for accounts.
    async fn page(self, by: &Caller, account_id: &str, page_size: i32, page_token: &str) -> Page {
        let (account_id, page_token) = (account_id.to_owned(), page_token.to_owned());
        let (mut accounts, mut partners) = (by.accounts.clone(), by.partners.clone());
        match self {
            Self::Accounts => {
                let request =
                    pb::ListAccountsRequest { page_size, page_token, ..Default::default() };
                let answer = accounts.list_accounts(request).await?.into_inner();
                let ids = answer.accounts.into_iter().map(|account| account.id).collect();
                Ok(Response::new((ids, answer.next_page_token)))
            }
            Self::Members => {
                let request = pb::ListMembersRequest {
                    account_id,
                    page_size,
                    page_token,
                    ..Default::default()
                };
                let answer = accounts.list_members(request).await?.into_inner();
                let ids = answer.members.into_iter().map(|member| member.id).collect();
                Ok(Response::new((ids, answer.next_page_token)))
            }
            Self::Partnerships => {
                let request = pb::ListPartnershipsRequest {
                    account_id,
                    page_size,
                    page_token,
                    ..Default::default()
                };
                let answer = partners.list_partnerships(request).await?.into_inner();
                let ids = answer.partnerships.into_iter().map(|row| row.id).collect();
                Ok(Response::new((ids, answer.next_page_token)))
            }
            Self::Audit => {
                let request = pb::ListAuditEntriesRequest {
                    account_id,
                    page_size,
                    page_token,
                    ..Default::default()
                };
                let answer = partners.list_audit_entries(request).await?.into_inner();
                let ids = answer.audit_entries.into_iter().map(|entry| entry.id).collect();
                Ok(Response::new((ids, answer.next_page_token)))
            }
        }
    }

    async fn add(self, harness: &Harness, ann: &Organization, n: usize) {
        match self {
            Self::Accounts => drop(harness.account(&format!("account {n}")).await),
            Self::Members => {
                let email = format!("p{n}@ann.example");
                harness.register(&ann.id, &email, Profile::Observer).await.unwrap();
            }
            Self::Partnerships | Self::Audit => {
                ann.invites(&format!("p{n}@nowhere.example")).await.unwrap();
            }
        }
    }

    /// Changes a row without adding one to the list.
    async fn change(self, harness: &Harness, ann: &Organization, id: &str) {
        match self {
            Self::Accounts => drop(harness.rename(id, &format!("again {id}")).await.unwrap()),
            Self::Members => {
                let member = pb::Member {
                    id: id.to_owned(),
                    account_id: ann.id.clone(),
                    title: format!("again {id}"),
                    ..Default::default()
                };
                harness.update_member(member, None).await.unwrap();
            }
            Self::Partnerships => {
                harness.clock.advance(std::time::Duration::from_secs(3_601));
                ann.resends(id).await.unwrap();
            }
            // entries never change
            Self::Audit => {}
        }
    }
}

async fn all(list: List, by: &Caller, account_id: &str, size: i32) -> Vec<Vec<String>> {
    let (mut pages, mut token) = (Vec::new(), String::new());
    loop {
        let (ids, next) = list.page(by, account_id, size, &token).await.unwrap().into_inner();
        pages.push(ids);
        token = next;
        if token.is_empty() {
            return pages;
        }
    }
}

#[tokio::test]
async fn pages_cut_every_list_into_pieces_that_join_without_gap_or_overlap() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    for list in LISTS {
        for n in 0..6 {
            list.add(&harness, &ann, 10 * n + list as usize).await;
        }
        let whole = all(list, &harness.operator(), &ann.id, 0).await.concat();
        assert!(whole.len() >= 6, "{list:?}");
        for size in 1..=3 {
            let pages = all(list, &harness.operator(), &ann.id, size).await;
            let size = usize::try_from(size).unwrap();
            assert!(pages[..pages.len() - 1].iter().all(|page| page.len() == size), "{list:?}");
            assert!(!pages.last().unwrap().is_empty(), "{list:?} ends with an empty page");
            assert_eq!(pages.concat(), whole, "{list:?}");
        }
    }
}

#[tokio::test]
async fn walking_a_list_while_rows_come_and_change_sees_each_old_row_exactly_once() {
    for list in LISTS {
        let harness = Harness::start().await;
        let ann = harness.organization("ann").await;
        for n in 0..6 {
            list.add(&harness, &ann, n).await;
        }
        let operator = harness.operator();
        let old = all(list, &operator, &ann.id, 500).await.concat();
        let (mut seen, mut token, mut turn) = (Vec::new(), String::new(), 0);
        loop {
            let (ids, next) = list.page(&operator, &ann.id, 2, &token).await.unwrap().into_inner();
            seen.extend(ids);
            if next.is_empty() {
                break;
            }
            token = next;
            list.add(&harness, &ann, 100 + turn).await;
            list.change(&harness, &ann, &old[turn % old.len()]).await;
            list.change(&harness, &ann, &old[old.len() - 1 - turn % old.len()]).await;
            turn += 1;
        }
        assert_eq!(seen, old, "{list:?}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len());
    }
}

#[tokio::test]
async fn a_page_holds_50_unless_told_and_never_more_than_500() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    // straight into the table: a registration each would take a minute
    fill(&harness, 520).await;
    let sizes = async |page_size| {
        let page = List::Accounts.page(&harness.operator(), &ann.id, page_size, "").await;
        let (ids, next) = page.unwrap().into_inner();
        (ids.len(), next.is_empty())
    };
    assert_eq!(sizes(0).await, (50, false));
    assert_eq!(sizes(1).await, (1, false));
    assert_eq!(sizes(500).await, (500, false));
    assert_eq!(sizes(501).await, (500, false));
    assert_eq!(sizes(i32::MAX).await, (500, false));
}

async fn fill(harness: &Harness, count: i64) {
    use partner_service::domain::ids::AccountId;
    use partner_service::entity::account;
    use sea_orm::{ActiveModelTrait, Database, EntityTrait, IntoActiveModel};
    let db = harness.backend.reads();
    let pattern = account::Entity::find().one(db).await.unwrap().unwrap();
    let rows = (1..=count).map(|n| {
        let row =
            account::Model { id: AccountId::fresh(), created_position: -n, ..pattern.clone() };
        row.into_active_model().reset_all()
    });
    let rows: Vec<_> = rows.collect();
    // a connection of the test's own: the service's reading ones may be unable to write
    let writing = Database::connect(&harness.database.url).await.unwrap();
    account::Entity::insert_many(rows).exec_without_returning(&writing).await.unwrap();
    writing.close().await.unwrap();
}

#[tokio::test]
async fn a_negative_page_size_is_refused() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    for list in LISTS {
        for size in [-1, i32::MIN] {
            let refusal = refused(list.page(&harness.operator(), &ann.id, size, "").await);
            assert_eq!((refusal.code, &*refusal.reason), (Code::InvalidArgument, "FIELD_INVALID"));
            assert_eq!(refusal.fields, ["page_size"], "{list:?}");
        }
    }
}

/// An organisation with two rows in each list, and the token after the first.
async fn with_tokens(harness: &Harness) -> (Organization, Vec<(List, String)>) {
    let ann = harness.organization("ann").await;
    let mut tokens = Vec::new();
    for list in LISTS {
        for n in 0..2 {
            list.add(harness, &ann, 10 * n + list as usize).await;
        }
        let page = list.page(&harness.operator(), &ann.id, 1, "").await.unwrap().into_inner();
        assert!(!page.1.is_empty(), "{list:?}");
        tokens.push((list, page.1));
    }
    (ann, tokens)
}

fn invalid(page: Page, what: &str) {
    let refusal = refused(page);
    assert_eq!(
        (refusal.code, &*refusal.reason),
        (Code::InvalidArgument, "PAGE_TOKEN_INVALID"),
        "{what}"
    );
}

#[tokio::test]
async fn a_token_with_any_byte_changed_is_refused() {
    let harness = Harness::start().await;
    let (ann, tokens) = with_tokens(&harness).await;
    let operator = harness.operator();
    let (list, token) = &tokens[1];
    let mut forgeries: Vec<String> = ["A", "!", "a token", "\0"].map(str::to_owned).to_vec();
    for at in 0..token.len() {
        for other in [b'A', b'_', b'z', b'='] {
            let mut bytes = token.clone().into_bytes();
            if bytes[at] != other {
                bytes[at] = other;
                forgeries.push(String::from_utf8(bytes).unwrap());
            }
        }
        forgeries.push(token[..at.max(1)].to_owned());
    }
    forgeries.push(format!("{token}A"));
    forgeries.push(format!("{token}="));
    forgeries.push(format!(" {token}"));
    forgeries.push("A".repeat(100_000));
    for forgery in forgeries {
        invalid(list.page(&operator, &ann.id, 1, &forgery).await, &forgery);
    }
    list.page(&operator, &ann.id, 1, token).await.unwrap();
}

#[tokio::test]
async fn a_token_is_good_only_for_the_caller_it_was_given_to() {
    let harness = Harness::start().await;
    let (ann, tokens) = with_tokens(&harness).await;
    let deputy =
        harness.register(&ann.id, "deputy@ann.example", Profile::Administrator).await.unwrap();
    let deputy = harness.member(&deputy.id);
    for (list, operators) in tokens.iter().filter(|(list, _)| *list != List::Accounts) {
        let (_, own) = list.page(&ann.by, &ann.id, 1, "").await.unwrap().into_inner();
        list.page(&ann.by, &ann.id, 1, &own).await.unwrap();
        for (by, token) in [(&ann.by, operators), (&deputy, &own), (&harness.operator(), &own)] {
            invalid(list.page(by, &ann.id, 1, token).await, &format!("{list:?}"));
        }
    }
}

#[tokio::test]
async fn a_token_is_good_only_for_its_own_rpc_and_arguments() {
    let harness = Harness::start().await;
    let (ann, tokens) = with_tokens(&harness).await;
    let bo = harness.organization("bo").await;
    let operator = harness.operator();
    for (list, _) in &tokens {
        for (other, token) in tokens.iter().filter(|(other, _)| other != list) {
            invalid(
                list.page(&operator, &ann.id, 1, token).await,
                &format!("{other:?} to {list:?}"),
            );
        }
    }
    for (list, token) in tokens.iter().filter(|(list, _)| *list != List::Accounts) {
        invalid(list.page(&operator, &bo.id, 1, token).await, &format!("{list:?}"));
    }
    let [(_, accounts), (_, members), (_, partnerships), (_, audit)] = &tokens[..] else {
        unreachable!()
    };
    let (account_id, by) = (ann.id.clone(), operator);
    let request = pb::ListAccountsRequest {
        states: vec![pb::AccountState::Active.into()],
        page_token: accounts.clone(),
        ..Default::default()
    };
    assert_eq!(reason(by.clone().accounts.list_accounts(request).await), "PAGE_TOKEN_INVALID");
    let request = pb::ListMembersRequest {
        account_id: account_id.clone(),
        states: vec![pb::MemberState::Active.into()],
        page_token: members.clone(),
        ..Default::default()
    };
    assert_eq!(reason(by.clone().accounts.list_members(request).await), "PAGE_TOKEN_INVALID");
    let request = pb::ListPartnershipsRequest {
        account_id: account_id.clone(),
        sides: vec![pb::PartnershipSide::Sender.into()],
        page_token: partnerships.clone(),
        ..Default::default()
    };
    assert_eq!(reason(by.clone().partners.list_partnerships(request).await), "PAGE_TOKEN_INVALID");
    let request = pb::ListAuditEntriesRequest {
        account_id,
        partnership_id: bo.id,
        page_token: audit.clone(),
        ..Default::default()
    };
    assert_eq!(reason(by.clone().partners.list_audit_entries(request).await), "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn a_token_survives_a_restart_and_another_page_size() {
    let harness = Harness::start().await;
    let (ann, tokens) = with_tokens(&harness).await;
    let mut expected = Vec::new();
    for (list, token) in &tokens {
        expected
            .push(list.page(&harness.operator(), &ann.id, 1, token).await.unwrap().into_inner().0);
    }
    let (database, clock) = harness.stop().await;
    let options = Options { database: Some(database), clock: Some(clock), ..Default::default() };
    let harness = Harness::with(options).await;
    for ((list, token), expected) in tokens.iter().zip(expected) {
        let (ids, _) =
            list.page(&harness.operator(), &ann.id, 5, token).await.unwrap().into_inner();
        assert_eq!(ids[..1], expected, "{list:?}");
    }
}
