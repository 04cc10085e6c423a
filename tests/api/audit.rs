//! The audit (L1): one entry for each transition, on the sides that see it, in each side's own terms.

use crate::calls::{DAY, HOUR, Step, step};
use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::grpc::pb::{
    self, AuditAction as Did, MemberProfile, PartnershipState as State, ReceivePolicy,
};

const NOTHING: Option<State> = None;
const AWAITING: Option<State> = Some(State::AwaitingApproval);
const PENDING: Option<State> = Some(State::Pending);
const ACTIVE: Option<State> = Some(State::Active);
const REJECTED: Option<State> = Some(State::Rejected);
const EXPIRED: Option<State> = Some(State::Expired);

async fn stories(a: &Organization, b: &Organization, id: &str) -> (Vec<Step>, Vec<Step>) {
    (a.story(id).await, b.story(id).await)
}

#[tokio::test]
async fn l1_inviting_and_accepting_are_told_to_both_sides_in_their_own_words() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let (sender, recipient) = stories(&a, &b, &id).await;
    assert_eq!(sender, [(Did::Invited, NOTHING, AWAITING), (Did::Accepted, AWAITING, ACTIVE)]);
    assert_eq!(recipient, [(Did::Invited, NOTHING, PENDING), (Did::Accepted, PENDING, ACTIVE)]);
}

#[tokio::test]
async fn l1_each_way_to_decline_or_end_is_told_to_the_sides_that_notice() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let invited = async |name: &str| {
        let b = harness.organization(name).await;
        let id = a.invites(&b.email()).await.unwrap().id;
        (b, id)
    };

    let (b, id) = invited("rejecting").await;
    b.rejects(&id).await.unwrap();
    b.deletes(&id).await.unwrap();
    a.deletes(&id).await.unwrap();
    let (sender, recipient) = stories(&a, &b, &id).await;
    assert_eq!(
        sender[1..],
        [(Did::Rejected, AWAITING, REJECTED), (Did::Hidden, REJECTED, NOTHING)]
    );
    assert_eq!(
        recipient[1..],
        [(Did::Rejected, PENDING, REJECTED), (Did::Hidden, REJECTED, NOTHING)]
    );

    let (b, id) = invited("deleting").await;
    b.deletes(&id).await.unwrap();
    let (sender, recipient) = stories(&a, &b, &id).await;
    assert_eq!(sender[1..], [(Did::Deleted, AWAITING, REJECTED)]);
    assert_eq!(recipient[1..], [(Did::Deleted, PENDING, NOTHING)]);

    let (b, id) = invited("canceled").await;
    a.deletes(&id).await.unwrap();
    let (sender, recipient) = stories(&a, &b, &id).await;
    assert_eq!(sender[1..], [(Did::Canceled, AWAITING, NOTHING)]);
    assert_eq!(recipient[1..], [(Did::Canceled, PENDING, NOTHING)]);

    let (b, id) = invited("left").await;
    b.accepts(&id).await.unwrap();
    a.deletes(&id).await.unwrap();
    let (sender, recipient) = stories(&a, &b, &id).await;
    assert_eq!(sender[2..], [(Did::Ended, ACTIVE, NOTHING)]);
    assert_eq!(recipient[2..], [(Did::Ended, ACTIVE, NOTHING)]);

    let (b, id) = invited("leaving").await;
    b.accepts(&id).await.unwrap();
    b.deletes(&id).await.unwrap();
    let (sender, recipient) = stories(&a, &b, &id).await;
    assert_eq!(sender[2..], [(Did::Ended, ACTIVE, REJECTED)]);
    assert_eq!(recipient[2..], [(Did::Ended, ACTIVE, NOTHING)]);
}

#[tokio::test]
async fn l1_resending_and_expiry_are_told_to_both_sides() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(HOUR);
    a.resends(&id).await.unwrap();
    harness.clock.advance(30 * DAY);
    harness.sweep().await;
    let (sender, recipient) = stories(&a, &b, &id).await;
    assert_eq!(sender[1..], [(Did::Resent, AWAITING, AWAITING), (Did::Expired, AWAITING, EXPIRED)]);
    assert_eq!(recipient[1..], [(Did::Resent, PENDING, PENDING), (Did::Expired, PENDING, EXPIRED)]);
}

#[tokio::test]
async fn l1_i17_receiving_a_waiting_invitation_is_told_to_the_recipient_alone() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites("newcomer@bo.example").await.unwrap().id;
    harness.register(&b.id, "newcomer@bo.example", MemberProfile::Observer).await.unwrap();
    let (sender, recipient) = stories(&a, &b, &id).await;
    assert_eq!(sender, [(Did::Invited, NOTHING, AWAITING)]);
    assert_eq!(recipient, [(Did::Received, NOTHING, PENDING)]);
}

#[tokio::test]
async fn l1_i17_what_never_reached_an_account_is_not_in_its_audit() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    b.lets_in(ReceivePolicy::DenyAll, &[]).await;
    let id = a.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(30 * DAY);
    harness.sweep().await;
    a.deletes(&id).await.unwrap();
    let (sender, recipient) = stories(&a, &b, &id).await;
    let expected = [
        (Did::Invited, NOTHING, AWAITING),
        (Did::Expired, AWAITING, EXPIRED),
        (Did::Hidden, EXPIRED, NOTHING),
    ];
    assert_eq!(sender, expected);
    assert!(recipient.is_empty());
}

#[tokio::test]
async fn l1_rows_that_step_aside_for_a_partnership_leave_an_entry_each() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let second = harness.colleague(&b, "second@bo.example", MemberProfile::Observer).await;
    let third = harness.colleague(&b, "third@bo.example", MemberProfile::Observer).await;
    let rejected = a.invites(&second.email()).await.unwrap().id;
    b.rejects(&rejected).await.unwrap();
    let superseded = a.invites(&third.email()).await.unwrap().id;
    let accepted = a.invites(&b.email()).await.unwrap().id;
    b.accepts(&accepted).await.unwrap();
    let (sender, recipient) = stories(&a, &b, &rejected).await;
    assert_eq!(sender.last(), Some(&(Did::Replaced, REJECTED, NOTHING)));
    assert_eq!(recipient.last(), Some(&(Did::Replaced, REJECTED, NOTHING)));
    let (sender, recipient) = stories(&a, &b, &superseded).await;
    assert_eq!(sender.last(), Some(&(Did::Superseded, AWAITING, NOTHING)));
    assert_eq!(recipient.last(), Some(&(Did::Superseded, PENDING, NOTHING)));

    // R3: the row of an ended partnership goes for a new request; only the former sender had still seen it
    b.deletes(&accepted).await.unwrap();
    b.invites(&a.email()).await.unwrap();
    let (sender, recipient) = stories(&a, &b, &accepted).await;
    assert_eq!(sender.last(), Some(&(Did::Replaced, REJECTED, NOTHING)));
    assert_eq!(recipient.last(), Some(&(Did::Ended, ACTIVE, NOTHING)));
}

#[tokio::test]
async fn l1_m5_closing_an_account_is_told_to_its_partners_and_to_those_it_had_invited() {
    let harness = Harness::start().await;
    let (a, b, active) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    let sent = a.invites(&c.email()).await.unwrap().id;
    harness.close(&a).await;
    assert_eq!(b.story(&active).await.last(), Some(&(Did::Ended, ACTIVE, NOTHING)));
    assert_eq!(c.story(&sent).await.last(), Some(&(Did::Canceled, PENDING, NOTHING)));
    let entry = b.audit_of(&active).await.remove(0);
    assert_eq!((&*entry.actor_member_id, entry.actor_is_operator), ("", false));
}

#[tokio::test]
async fn l1_who_acted_is_told_to_their_own_side_only_operators_included() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let mut operator = harness.operator();
    let request =
        pb::InvitePartnerRequest { request_id: "invite-1".to_owned(), ..a.invitation(&b.email()) };
    let answer = operator.partners.invite_partner(request).await.unwrap();
    let id = answer.into_inner().partnership.unwrap().id;
    let request =
        pb::AcceptPartnershipRequest { request_id: "accept-1".to_owned(), ..b.acceptance(&id) };
    b.accept(request).await.unwrap();

    let told = |entry: &pb::AuditEntry| {
        (entry.actor_member_id.clone(), entry.actor_is_operator, entry.request_id.clone())
    };
    let nobody = (String::new(), false, String::new());
    let of = async |side: &Organization| {
        side.audit_of(&id).await.iter().rev().map(told).collect::<Vec<_>>()
    };
    assert_eq!(of(&a).await, [(String::new(), true, "invite-1".to_owned()), nobody.clone()]);
    assert_eq!(of(&b).await, [nobody, (b.boss.id.clone(), false, "accept-1".to_owned())]);
}

#[tokio::test]
async fn l1_the_service_itself_acts_in_nobodys_name() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(30 * DAY);
    harness.sweep().await;
    for side in [&a, &b] {
        let entry = side.audit_of(&id).await.remove(0);
        assert_eq!(entry.action(), Did::Expired);
        assert_eq!((&*entry.actor_member_id, entry.actor_is_operator), ("", false));
    }
}

#[tokio::test]
async fn l1_d3_the_reason_of_a_rejection_is_told_to_both_sides() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    b.reject(b.rejection(&id, "Not now.")).await.unwrap();
    for side in [&a, &b] {
        assert_eq!(side.audit_of(&id).await.remove(0).reason, "Not now.");
    }
}

#[tokio::test]
async fn l1_entries_are_listed_newest_first_by_page_and_a_third_account_has_none() {
    let harness = Harness::start().await;
    let (a, b, first) = harness.partners("ann", "bo").await;
    a.deletes(&first).await.unwrap();
    let second = b.invites(&a.email()).await.unwrap().id;
    a.rejects(&second).await.unwrap();
    let c = harness.organization("cy").await;
    assert!(c.audit().await.is_empty());
    assert!(c.audit_of(&first).await.is_empty());

    let all = a.audit().await;
    let told: Vec<(String, Did)> =
        all.iter().map(|entry| (entry.partnership_id.clone(), entry.action())).collect();
    let expected = [
        (&second, Did::Rejected),
        (&second, Did::Invited),
        (&first, Did::Ended),
        (&first, Did::Accepted),
        (&first, Did::Invited),
    ];
    assert_eq!(told, expected.map(|(id, action)| (id.clone(), action)));
    let mut ids: Vec<&String> = all.iter().map(|entry| &entry.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), all.len());
    assert_eq!(a.audit_of(&first).await, all[2..]);
}

#[tokio::test]
async fn l1_refused_calls_leave_no_entry() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let before = (a.audit().await, b.audit().await, harness.head().await);
    a.invites(&b.email()).await.unwrap_err();
    b.accepts(&id).await.unwrap_err();
    a.rejects(&id).await.unwrap_err();
    a.resends(&id).await.unwrap_err();
    assert_eq!((a.audit().await, b.audit().await, harness.head().await), before);
}

#[tokio::test]
async fn l1_v4_every_partner_event_of_the_log_has_exactly_one_entry_at_its_position() {
    use partner_service::domain::event::EventKind;
    use partner_service::entity::audit_entry;
    use sea_orm::{EntityTrait, QueryOrder};

    let harness = Harness::start().await;
    let (a, b, active) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    b.deletes(&active).await.unwrap();
    let again = a.invites(&b.email()).await.unwrap().id;
    let crossed = c.invites(&a.email()).await.unwrap().id;
    b.accepts(&again).await.unwrap();
    a.rejects(&crossed).await.unwrap();
    c.invites("newcomer@bo.example").await.unwrap();
    harness.register(&b.id, "newcomer@bo.example", MemberProfile::Observer).await.unwrap();
    harness.clock.advance(30 * DAY);
    harness.sweep().await;
    harness.close(&a).await;

    let of_partners = |kind| {
        matches!(
            kind,
            EventKind::PartnershipChanged | EventKind::PartnerActivated | EventKind::PartnerEnded
        )
    };
    let log = harness.log().await;
    let events: Vec<_> = log
        .iter()
        .filter(|event| of_partners(event.kind))
        .map(|event| (event.position, Some(event.subject_id)))
        .collect();
    let entries = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Position);
    let entries: Vec<_> = entries
        .all(harness.backend.reads())
        .await
        .unwrap()
        .into_iter()
        .map(|entry| (entry.position, entry.partnership_id.map(|id| id.0)))
        .collect();
    assert_eq!(entries, events);
    assert!(events.len() >= 12, "the history is not a trivial one: {events:?}");
}

#[tokio::test]
async fn l1_only_managers_read_the_audit() {
    let harness = Harness::start().await;
    let (a, _, _) = harness.partners("ann", "bo").await;
    let clerk = harness.colleague(&a, "clerk@ann.example", MemberProfile::Supervisor).await;
    let request = pb::ListAuditEntriesRequest { account_id: a.id.clone(), ..Default::default() };
    let answer = clerk.by.clone().partners.list_audit_entries(request).await;
    assert_eq!(crate::calls::why(answer), "MANAGE_PARTNERS_REQUIRED");
    let newest = a.audit().await.remove(0);
    assert_eq!(step(&newest), (Did::Accepted, AWAITING, ACTIVE));
}
