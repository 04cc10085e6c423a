//! A side notices only what its own view shows (I17): its etag, update time, list and audit stay as they are while the
//! row is bound, unbound, or hidden by the other side; and an etag lives on when a sweep stores what time has done.

use crate::calls::{DAY, HOUR, refusal};
use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::grpc::pb::{self, MemberProfile, PartnershipState as State};
use prost::Message;
use tonic::Code;

/// The bytes of everything a side can read of a row.
async fn readable(side: &Organization, id: &str) -> Vec<u8> {
    let mut bytes = side.sees(id).await.unwrap().encode_to_vec();
    bytes.extend(side.lists(side.listing()).await.unwrap().encode_to_vec());
    for entry in side.audit().await {
        bytes.extend(entry.encode_to_vec());
    }
    bytes
}

#[tokio::test]
async fn i17_the_sender_does_not_notice_that_its_invitation_is_bound_or_unbound() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites("newcomer@bo.example").await.unwrap().id;
    let before = readable(&a, &id).await;
    harness.clock.advance(HOUR);
    harness.register(&b.id, "newcomer@bo.example", MemberProfile::Observer).await.unwrap();
    assert_eq!(b.shown(&id).await, Some(State::Pending));
    assert_eq!(readable(&a, &id).await, before);
    harness.clock.advance(HOUR);
    harness.close(&b).await;
    assert_eq!(readable(&a, &id).await, before);
}

#[tokio::test]
async fn i17_neither_side_notices_that_the_other_hides_a_rejected_row() {
    for sender_hides in [true, false] {
        let harness = Harness::start().await;
        let (a, b) = harness.strangers().await;
        let id = a.invites(&b.email()).await.unwrap().id;
        b.rejects(&id).await.unwrap();
        let (hiding, watching) = if sender_hides { (&a, &b) } else { (&b, &a) };
        let before = readable(watching, &id).await;
        harness.clock.advance(HOUR);
        hiding.deletes(&id).await.unwrap();
        assert_eq!(readable(watching, &id).await, before);
    }
}

#[tokio::test]
async fn i17_neither_side_notices_that_the_other_hides_an_expired_row() {
    for sender_hides in [true, false] {
        let harness = Harness::start().await;
        let (a, b) = harness.strangers().await;
        let id = a.invites(&b.email()).await.unwrap().id;
        harness.clock.advance(30 * DAY);
        harness.sweep().await;
        let (hiding, watching) = if sender_hides { (&a, &b) } else { (&b, &a) };
        let before = readable(watching, &id).await;
        harness.clock.advance(HOUR);
        hiding.deletes(&id).await.unwrap();
        assert_eq!(readable(watching, &id).await, before);
    }
}

#[tokio::test]
async fn i17_the_sender_does_not_notice_that_the_other_side_moves_people_or_changes_preferences() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let person = harness.colleague(&b, "person@bo.example", MemberProfile::Observer).await;
    let id = a.invites(&person.email()).await.unwrap().id;
    let before = readable(&a, &id).await;
    harness.clock.advance(HOUR);
    b.lets_in(pb::ReceivePolicy::DenyAll, &[&a]).await;
    harness.moves(&person.boss, &c).await;
    harness.suspend(&b).await;
    assert_eq!(readable(&a, &id).await, before);
}

#[tokio::test]
async fn i17_what_both_views_show_is_noticed_by_both() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    let before = [a.sees(&id).await.unwrap(), b.sees(&id).await.unwrap()];
    harness.clock.advance(HOUR);
    b.accepts(&id).await.unwrap();
    for (before, after) in
        before.iter().zip([a.sees(&id).await.unwrap(), b.sees(&id).await.unwrap()])
    {
        assert_ne!(after.etag, before.etag);
        let moved =
            after.update_time.unwrap().seconds - before.update_time.as_ref().unwrap().seconds;
        assert_eq!(moved, 60 * 60);
    }
}

#[tokio::test]
async fn i10_i17_a_sweep_changes_nothing_that_is_shown_and_etags_of_either_side_stay_good() {
    for by_sender in [true, false] {
        let harness = Harness::start().await;
        let (a, b) = harness.strangers().await;
        let id = a.invites(&b.email()).await.unwrap().id;
        harness.clock.advance(30 * DAY);
        let side = if by_sender { &a } else { &b };
        let before = side.sees(&id).await.unwrap();
        assert_eq!(before.state(), State::Expired);
        assert_eq!(before.update_time, before.expire_time, "it changed when it expired");
        harness.clock.advance(HOUR);
        assert_eq!(harness.sweep().await, 1);
        assert_eq!(side.sees(&id).await.unwrap(), before);
        assert_eq!(side.list().await, std::slice::from_ref(&before));
        let request = pb::DeletePartnershipRequest { etag: before.etag, ..side.deletion(&id) };
        side.delete(request).await.unwrap();
    }
}

#[tokio::test]
async fn i10_an_etag_from_before_the_expiry_is_stale_after_it_swept_or_not() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    let etag = a.sees(&id).await.unwrap().etag;
    harness.clock.advance(30 * DAY);
    for swept in [false, true] {
        if swept {
            harness.sweep().await;
        }
        let request = pb::DeletePartnershipRequest { etag: etag.clone(), ..a.deletion(&id) };
        assert_eq!(refusal(a.delete(request).await).reason, "ETAG_MISMATCH", "swept: {swept}");
    }
}

#[tokio::test]
async fn a_stale_etag_is_refused_on_every_verb_with_the_current_one_and_the_current_one_is_good() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    let stale = [a.sees(&id).await.unwrap().etag, b.sees(&id).await.unwrap().etag];
    harness.clock.advance(HOUR);
    a.resends(&id).await.unwrap();
    let current = [a.sees(&id).await.unwrap().etag, b.sees(&id).await.unwrap().etag];
    harness.clock.advance(HOUR);

    let resend =
        |etag: &str| pb::ResendInvitationRequest { etag: etag.to_owned(), ..a.resending(&id) };
    let accept =
        |etag: &str| pb::AcceptPartnershipRequest { etag: etag.to_owned(), ..b.acceptance(&id) };
    let reject =
        |etag: &str| pb::RejectPartnershipRequest { etag: etag.to_owned(), ..b.rejection(&id, "") };
    let delete =
        |etag: &str| pb::DeletePartnershipRequest { etag: etag.to_owned(), ..b.deletion(&id) };
    for (refusal, current) in [
        (refusal(a.resend(resend(&stale[0])).await), &current[0]),
        (refusal(b.accept(accept(&stale[1])).await), &current[1]),
        (refusal(b.reject(reject(&stale[1])).await), &current[1]),
        (refusal(b.delete(delete(&stale[1])).await), &current[1]),
        // each side has its own
        (refusal(b.accept(accept(&current[0])).await), &current[1]),
    ] {
        assert_eq!((refusal.code, &*refusal.reason), (Code::Aborted, "ETAG_MISMATCH"));
        assert_eq!(refusal.metadata["current_etag"], *current);
    }
    b.accept(accept(&current[1])).await.unwrap();
    // the side is refused before the etag, the etag before the state
    let wrong_side = pb::AcceptPartnershipRequest { etag: "x".to_owned(), ..a.acceptance(&id) };
    assert_eq!(refusal(a.accept(wrong_side).await).reason, "NOT_THE_RECIPIENT");
    assert_eq!(refusal(b.accept(accept("x")).await).reason, "ETAG_MISMATCH");
}
