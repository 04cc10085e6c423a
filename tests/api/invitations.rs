//! Who may invite whom, and what stands in the way (I1-I8, I12).

use crate::calls::{refusal, why};
use crate::support::Harness;
use partner_service::grpc::pb::{self, MemberProfile, PartnershipState as State};
use tonic::Code;

#[tokio::test]
async fn i1_only_the_first_two_profiles_hold_the_capability_by_themselves() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    for (profile, may) in [
        (MemberProfile::BillingAdministrator, true),
        (MemberProfile::Administrator, true),
        (MemberProfile::Supervisor, false),
        (MemberProfile::Manager, false),
        (MemberProfile::Observer, false),
        (MemberProfile::Visitor, false),
    ] {
        let address = format!("{}@ann.example", profile.as_str_name().to_lowercase());
        let member = harness.colleague(&a, &address, profile).await;
        let answer = member.invites(&format!("{}@elsewhere.example", profile.as_str_name())).await;
        assert_eq!(answer.is_ok(), may, "{profile:?}");
        if let Err(status) = answer {
            let refusal = refusal::<()>(Err(status));
            assert_eq!(refusal.reason, "MANAGE_PARTNERS_REQUIRED");
            assert_eq!(refusal.code, Code::PermissionDenied);
        }
    }
    assert!(b.list().await.is_empty());
}

#[tokio::test]
async fn i1_the_capability_can_be_granted_and_withheld_one_by_one() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    for (address, profile, granted) in [
        ("granted@ann.example", MemberProfile::Observer, true),
        ("withheld@ann.example", MemberProfile::Administrator, false),
    ] {
        let member = pb::Member {
            email: address.to_owned(),
            display_name: address.to_owned(),
            profile: profile.into(),
            manage_partners: Some(granted),
            ..Default::default()
        };
        let request = pb::RegisterMemberRequest {
            account_id: a.id.clone(),
            member: Some(member),
            ..Default::default()
        };
        let answer = harness.operator().accounts.register_member(request).await.unwrap();
        let member = answer.into_inner().member.unwrap();
        let mut by = harness.member(&member.id);
        let answer = by.partners.invite_partner(a.invitation("bo@b.example")).await;
        assert_eq!(answer.is_ok(), granted, "{address}");
    }
}

#[tokio::test]
async fn i2_every_manager_of_the_persons_account_sees_the_invitation_and_the_person_need_not_be_one()
 {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let addressee = harness.colleague(&b, "visitor@bo.example", MemberProfile::Visitor).await;
    let other =
        harness.colleague(&b, "billing@bo.example", MemberProfile::BillingAdministrator).await;
    let id = a.invites(&addressee.email()).await.unwrap().id;

    for manager in [&b, &other] {
        assert_eq!(manager.shown(&id).await, Some(State::Pending));
        assert_eq!(manager.list().await.len(), 1);
    }
    assert_eq!(addressee.shown(&id).await, None);
    assert!(addressee.list().await.is_empty());
}

#[tokio::test]
async fn i2_once_bound_it_stays_with_the_account_when_the_person_moves_or_leaves() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let mover = harness.colleague(&b, "mover@bo.example", MemberProfile::Observer).await;
    let leaver = harness.colleague(&b, "leaver@bo.example", MemberProfile::Observer).await;
    let first = a.invites(&mover.email()).await.unwrap().id;
    let second = a.invites(&leaver.email()).await.unwrap().id;
    harness.moves(&mover.boss, &c).await;
    harness.removes(&leaver.boss).await;

    for id in [&first, &second] {
        assert_eq!(b.shown(id).await, Some(State::Pending));
        assert_eq!(c.shown(id).await, None);
    }
    assert_eq!(b.accepts(&first).await.unwrap().state(), State::Active);
    assert_eq!(a.sees(&first).await.unwrap().partner_account_id, b.id);
}

#[tokio::test]
async fn i3_another_spelling_is_the_same_person_and_a_plus_tag_is_not() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites("  BOSS@Bo.Example ").await.unwrap().id;
    let seen = a.sees(&id).await.unwrap();
    assert_eq!(seen.invitee_email, "BOSS@Bo.Example", "returned as typed");
    assert_eq!(b.shown(&id).await, Some(State::Pending));

    let refusal = refusal(a.invites("boss@bo.example").await);
    assert_eq!(refusal.reason, "DUPLICATE_INVITATION");
    assert_eq!(refusal.metadata["partnership_id"], id);
    a.invites("boss+partners@bo.example").await.unwrap();
}

#[tokio::test]
async fn i4_a_member_of_ones_own_account_cannot_be_invited() {
    let harness = Harness::start().await;
    let (a, _) = harness.strangers().await;
    harness.colleague(&a, "colleague@ann.example", MemberProfile::Observer).await;
    for own in [a.email(), "COLLEAGUE@ann.example".to_owned()] {
        let refusal = refusal(a.invites(&own).await);
        assert_eq!((refusal.code, &*refusal.reason), (Code::InvalidArgument, "SELF_INVITATION"));
    }
    assert!(a.list().await.is_empty());
}

#[tokio::test]
async fn i5_partners_cannot_be_invited_again_from_either_side_whoever_is_addressed() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let in_a = harness.colleague(&a, "second@ann.example", MemberProfile::Observer).await;
    let in_b = harness.colleague(&b, "second@bo.example", MemberProfile::Observer).await;
    for (sender, address) in
        [(&a, b.email()), (&a, in_b.email()), (&b, a.email()), (&b, in_a.email())]
    {
        let refusal = refusal(sender.invites(&address).await);
        assert_eq!((refusal.code, &*refusal.reason), (Code::AlreadyExists, "ALREADY_PARTNERS"));
        assert_eq!(refusal.metadata["partnership_id"], id);
    }
}

#[tokio::test]
async fn i6_a_person_is_not_asked_twice_but_a_colleague_may_be() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let second = harness.colleague(&b, "second@bo.example", MemberProfile::Observer).await;
    for address in [b.email(), "nobody@nowhere.example".to_owned()] {
        let id = a.invites(&address).await.unwrap().id;
        let refusal = refusal(a.invites(&address).await);
        assert_eq!((refusal.code, &*refusal.reason), (Code::AlreadyExists, "DUPLICATE_INVITATION"));
        assert_eq!(refusal.metadata["partnership_id"], id);
    }
    a.invites(&second.email()).await.unwrap();
    assert_eq!(b.list().await.len(), 2);
}

#[tokio::test]
async fn i6_two_senders_may_ask_the_same_person() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    a.invites(&b.email()).await.unwrap();
    c.invites(&b.email()).await.unwrap();
    assert_eq!(b.list().await.len(), 2);
}

#[tokio::test]
async fn i7_whoever_has_been_invited_accepts_instead_of_inviting_back() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let second = harness.colleague(&a, "second@ann.example", MemberProfile::Observer).await;
    let id = a.invites(&b.email()).await.unwrap().id;
    for address in [a.email(), second.email()] {
        let refusal = refusal(b.invites(&address).await);
        assert_eq!(refusal.code, Code::FailedPrecondition);
        assert_eq!(refusal.reason, "INCOMING_INVITATION_PENDING");
        assert_eq!(refusal.metadata["partnership_id"], id);
        assert_eq!(refusal.preconditions, 1);
    }
    b.accepts(&id).await.unwrap();
}

#[tokio::test]
async fn i7_an_invitation_that_was_taken_back_does_not_hinder_inviting_back() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    a.deletes(&id).await.unwrap();
    let back = b.invites(&a.email()).await.unwrap().id;
    assert_eq!(a.shown(&back).await, Some(State::Pending));
}

#[tokio::test]
async fn i12_the_recipient_reads_the_message_as_written_and_it_has_at_most_1000_characters() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let message = format!("Shall we?\n{}", "ä".repeat(990));
    let request = pb::InvitePartnerRequest { message: message.clone(), ..a.invitation(&b.email()) };
    let id = a.invite(request).await.unwrap().partnership.unwrap().id;
    assert_eq!(b.sees(&id).await.unwrap().message, message);

    for message in ["x".repeat(1_001), "bell\u{7}".to_owned()] {
        let refusal = refusal(
            a.invite(pb::InvitePartnerRequest { message, ..a.invitation("c@c.example") }).await,
        );
        assert_eq!(refusal.reason, "FIELD_INVALID");
        assert_eq!(refusal.fields, ["message"]);
    }
}

#[tokio::test]
async fn an_operator_invites_for_an_account_with_no_inviter_named() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let mut operator = harness.operator();
    let answer = operator.partners.invite_partner(a.invitation(&b.email())).await.unwrap();
    let id = answer.into_inner().partnership.unwrap().id;
    let seen = b.sees(&id).await.unwrap();
    assert_eq!((&*seen.inviter_member_id, &*seen.inviter_display_name), ("", ""));
    assert_eq!(why(b.invites(&a.email()).await), "INCOMING_INVITATION_PENDING");
}
