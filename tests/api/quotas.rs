//! How much an account may invite (I13).

use crate::calls::{DAY, HOUR, refusal, why};
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::grpc::pb::{InvitePartnerRequest, MemberProfile};
use tonic::Code;

async fn limited(limits: Limits) -> Harness {
    Harness::with(Options { limits, ..Options::default() }).await
}

fn nobody(number: u32) -> String {
    format!("nobody{number}@nowhere.example")
}

#[tokio::test]
async fn i13_invitations_per_day_end_at_midnight_utc_and_retry_info_says_when() {
    let harness = limited(Limits { invitations_per_day: 2, ..Limits::default() }).await;
    let a = harness.organization("ann").await;
    a.invites(&nobody(1)).await.unwrap();
    a.invites(&nobody(2)).await.unwrap();
    let refusal = refusal(a.invites(&nobody(3)).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::ResourceExhausted, "INVITATIONS_PER_DAY"));
    assert_eq!(refusal.metadata["quota"], "invitations_per_day");
    assert_eq!(refusal.metadata["limit"], "2");
    assert_eq!(refusal.retry_after, Some(12 * HOUR), "the tests' clock starts at noon");

    harness.clock.advance(12 * HOUR);
    a.invites(&nobody(3)).await.unwrap();
}

#[tokio::test]
async fn i13_the_days_quota_is_the_accounts_not_the_members_and_deleting_gives_none_of_it_back() {
    let harness = limited(Limits { invitations_per_day: 2, ..Limits::default() }).await;
    let (a, b) = harness.strangers().await;
    let other = harness.colleague(&a, "other@ann.example", MemberProfile::Administrator).await;
    let id = a.invites(&nobody(1)).await.unwrap().id;
    other.invites(&nobody(2)).await.unwrap();
    a.deletes(&id).await.unwrap();
    for member in [&a, &other] {
        assert_eq!(why(member.invites(&nobody(3)).await), "INVITATIONS_PER_DAY");
    }
    b.invites(&nobody(3)).await.unwrap();
}

#[tokio::test]
async fn i13_open_invitations_are_those_that_still_wait_for_a_decision() {
    let harness = limited(Limits { open_invitations: 2, ..Limits::default() }).await;
    let (a, b) = harness.strangers().await;
    let canceled = a.invites(&nobody(1)).await.unwrap().id;
    let decided = a.invites(&b.email()).await.unwrap().id;
    let over = async || {
        let refusal = refusal(a.invites("over@quota.example").await);
        assert_eq!((refusal.code, &*refusal.reason), (Code::ResourceExhausted, "OPEN_INVITATIONS"));
        assert_eq!(refusal.metadata["limit"], "2");
        assert!(refusal.retry_after.is_some());
    };
    over().await;
    a.deletes(&canceled).await.unwrap();
    a.invites(&nobody(2)).await.unwrap();
    over().await;
    b.accepts(&decided).await.unwrap();
    a.invites(&nobody(3)).await.unwrap();
    over().await;
    // overdue ones wait no more, swept or not
    harness.clock.advance(30 * DAY);
    a.invites(&nobody(4)).await.unwrap();
}

#[tokio::test]
async fn i13_refused_and_dry_run_invitations_have_a_quota_of_their_own() {
    let harness = limited(Limits { refused_per_day: 2, ..Limits::default() }).await;
    let (a, b) = harness.strangers().await;
    a.invites(&nobody(1)).await.unwrap();
    assert_eq!(why(a.invites(&nobody(1)).await), "DUPLICATE_INVITATION");
    a.invites(&b.email()).await.unwrap();
    let dry = InvitePartnerRequest { validate_only: true, ..a.invitation(&nobody(2)) };
    a.invite(dry.clone()).await.unwrap();

    for request in [a.invitation(&nobody(3)), dry] {
        let refusal = refusal(a.invite(request).await);
        assert_eq!(refusal.reason, "INVITATIONS_PER_DAY");
        assert_eq!(refusal.metadata["quota"], "refused_invitations_per_day");
        assert_eq!(refusal.retry_after, Some(12 * HOUR));
    }
    harness.clock.advance(12 * HOUR);
    a.invites(&nobody(3)).await.unwrap();
}

#[tokio::test]
async fn i13_refused_invitations_use_nothing_of_what_may_be_sent() {
    let harness = limited(Limits { invitations_per_day: 2, ..Limits::default() }).await;
    let a = harness.organization("ann").await;
    a.invites(&nobody(1)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(why(a.invites(&nobody(1)).await), "DUPLICATE_INVITATION");
        let dry = InvitePartnerRequest { validate_only: true, ..a.invitation(&nobody(2)) };
        a.invite(dry).await.unwrap();
    }
    a.invites(&nobody(2)).await.unwrap();
}
