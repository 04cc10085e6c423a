//! A partnership between two others in every state it can be in: whoever does not see it gets NOT_FOUND from every RPC, the
//! same as for an id that nobody has (D1, D4).

use crate::support::refusal::Refusal;
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::grpc::pb;
use std::collections::BTreeMap;
use std::time::Duration;
use tonic::{Code, Status};
use uuid::Uuid;

/// How a row comes to stand where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Pending,
    Active,
    Rejected,
    HiddenByBoth,
    DeletedByRecipient,
    Expired,
    Canceled,
    Superseded,
    RemovedBySender,
    RemovedByRecipient,
    AccountClosed,
}

/// Each with who sees it: sender, recipient.
const STAGES: [(Stage, bool, bool); 12] = [
    (Stage::Waiting, true, false),
    (Stage::Pending, true, true),
    (Stage::Active, true, true),
    (Stage::Rejected, true, true),
    (Stage::HiddenByBoth, false, false),
    (Stage::DeletedByRecipient, true, false),
    (Stage::Expired, true, true),
    (Stage::Canceled, false, false),
    (Stage::Superseded, false, false),
    (Stage::RemovedBySender, false, false),
    (Stage::RemovedByRecipient, true, false),
    (Stage::AccountClosed, false, false),
];

/// Brings a new partnership from `a` to `b` to `stage`; its id.
async fn bring(harness: &Harness, stage: Stage, a: &Organization, b: &Organization) -> String {
    if stage == Stage::Waiting {
        return a.invites("nobody@nowhere.example").await.unwrap().id;
    }
    let id = a.invites(&b.email()).await.unwrap().id;
    match stage {
        Stage::Waiting | Stage::Pending => {}
        Stage::Active => drop(b.accepts(&id).await.unwrap()),
        Stage::Rejected => drop(b.rejects(&id).await.unwrap()),
        Stage::HiddenByBoth => {
            b.rejects(&id).await.unwrap();
            a.deletes(&id).await.unwrap();
            b.deletes(&id).await.unwrap();
        }
        Stage::DeletedByRecipient => drop(b.deletes(&id).await.unwrap()),
        Stage::Expired => harness.clock.advance(EXPIRY),
        Stage::Canceled => drop(a.deletes(&id).await.unwrap()),
        Stage::Superseded => {
            let second = b.address("second");
            harness.register(&b.id, &second, pb::MemberProfile::Observer).await.unwrap();
            let other = a.invites(&second).await.unwrap().id;
            b.accepts(&other).await.unwrap();
        }
        Stage::RemovedBySender => {
            b.accepts(&id).await.unwrap();
            a.deletes(&id).await.unwrap();
        }
        Stage::RemovedByRecipient => {
            b.accepts(&id).await.unwrap();
            b.deletes(&id).await.unwrap();
        }
        Stage::AccountClosed => {
            b.accepts(&id).await.unwrap();
            let request =
                pb::CloseAccountRequest { account_id: b.id.clone(), ..Default::default() };
            harness.operator().accounts.close_account(request).await.unwrap();
        }
    }
    id
}

const EXPIRY: Duration = Duration::from_secs(60);

/// What each RPC answers somebody who asks for `id`.
async fn answers(who: &Organization, id: &str) -> [Result<(), Status>; 5] {
    [
        who.sees(id).await.map(drop),
        who.accepts(id).await.map(drop),
        who.rejects(id).await.map(drop),
        who.deletes(id).await.map(drop),
        who.resends(id).await.map(drop),
    ]
}

/// Everything a refusal tells, its own name and the id asked for apart.
fn told(answer: &Result<(), Status>, id: &str) -> (Code, String, String, BTreeMap<String, String>) {
    let refusal = Refusal::of(answer.as_ref().expect_err("the call should have been refused"));
    let struck = |raw: String| raw.replace(id, "<id>");
    let metadata = refusal.metadata.into_iter().map(|(key, value)| (key, struck(value))).collect();
    (refusal.code, refusal.reason, struck(refusal.message), metadata)
}

async fn cannot_tell(who: &Organization, id: &str, stage: Stage) {
    let random = Uuid::now_v7().to_string();
    let (theirs, nobodys) = (answers(who, id).await, answers(who, &random).await);
    for (theirs, nobodys) in theirs.iter().zip(&nobodys) {
        let theirs = told(theirs, id);
        assert_eq!(
            (theirs.0, theirs.1.as_str()),
            (Code::NotFound, "RESOURCE_NOT_FOUND"),
            "{stage:?}"
        );
        assert_eq!(theirs, told(nobodys, &random), "{stage:?}");
    }
    assert!(who.list().await.iter().all(|row| row.id != id), "{stage:?} is listed by {}", who.name);
}

#[tokio::test]
async fn d1_v_a_third_account_cannot_tell_others_partnership_from_nothing_in_any_state() {
    let limits = Limits { invitation_expiry: EXPIRY, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let stranger = harness.organization("stranger").await;
    for (index, (stage, ..)) in STAGES.into_iter().enumerate() {
        let a = harness.organization(&format!("a{index}")).await;
        let b = harness.organization(&format!("b{index}")).await;
        let id = bring(&harness, stage, &a, &b).await;
        cannot_tell(&stranger, &id, stage).await;
    }
}

#[tokio::test]
async fn d4_v_a_side_that_does_not_see_its_row_cannot_tell_it_from_nothing() {
    let limits = Limits { invitation_expiry: EXPIRY, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    for (index, (stage, sender, recipient)) in STAGES.into_iter().enumerate() {
        let a = harness.organization(&format!("a{index}")).await;
        let b = harness.organization(&format!("b{index}")).await;
        let id = bring(&harness, stage, &a, &b).await;
        for (side, sees) in [(&a, sender), (&b, recipient)] {
            if stage == Stage::AccountClosed && side.id == b.id {
                // nobody acts for a closed account at all (M5)
                continue;
            }
            if sees {
                assert_eq!(side.sees(&id).await.unwrap().id, id, "{stage:?}");
            } else {
                cannot_tell(side, &id, stage).await;
            }
        }
    }
}
