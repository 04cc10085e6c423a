//! What each side sees (V).

use crate::calls::{DAY, HOUR, refusal, why};
use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::grpc::pb::{
    self, MemberProfile, PartnershipAction as May, PartnershipSide as Side,
    PartnershipState as State,
};

/// One partnership in every state that a side can see, all of sender `a`: its recipients are accounts of their own.
struct Gallery {
    a: Organization,
    /// (recipient, partnership, what the sender sees, what the recipient sees)
    rows: Vec<(Organization, String, State, Option<State>)>,
}

async fn gallery(harness: &Harness) -> Gallery {
    let a = harness.organization("ann").await;
    let mut rows = Vec::new();
    for name in ["expired", "pending", "active", "rejected", "declined", "ended"] {
        let b = harness.organization(name).await;
        let id = a.invites(&b.email()).await.unwrap().id;
        let (sender, recipient) = match name {
            "expired" => {
                harness.clock.advance(30 * DAY);
                (State::Expired, Some(State::Expired))
            }
            "pending" => {
                harness.clock.advance(HOUR);
                (State::AwaitingApproval, Some(State::Pending))
            }
            "active" => {
                b.accepts(&id).await.unwrap();
                (State::Active, Some(State::Active))
            }
            "rejected" => {
                b.rejects(&id).await.unwrap();
                (State::Rejected, Some(State::Rejected))
            }
            "declined" => {
                b.deletes(&id).await.unwrap();
                (State::Rejected, None)
            }
            _ => {
                b.accepts(&id).await.unwrap();
                b.deletes(&id).await.unwrap();
                (State::Rejected, None)
            }
        };
        rows.push((b, id, sender, recipient));
    }
    Gallery { a, rows }
}

#[tokio::test]
async fn v_get_and_list_show_each_side_its_own_state() {
    let harness = Harness::start().await;
    let Gallery { a, rows } = gallery(&harness).await;
    for (b, id, sender, recipient) in &rows {
        assert_eq!(a.shown(id).await, Some(*sender));
        assert_eq!(b.shown(id).await, *recipient);
        let listed: Vec<State> = b.list().await.iter().map(pb::Partnership::state).collect();
        assert_eq!(listed, recipient.iter().copied().collect::<Vec<_>>());
        if recipient.is_some() {
            assert_eq!(b.list().await[0], b.sees(id).await.unwrap());
            assert_eq!(b.sees(id).await.unwrap().side(), Side::Recipient);
        }
    }
    let listed = a.list().await;
    let newest_first: Vec<&String> = rows.iter().rev().map(|(_, id, ..)| id).collect();
    assert_eq!(listed.iter().map(|seen| &seen.id).collect::<Vec<_>>(), newest_first);
    for seen in &listed {
        assert_eq!(*seen, a.sees(&seen.id).await.unwrap());
        assert_eq!(seen.side(), Side::Sender);
    }
}

#[tokio::test]
async fn v1_allowed_actions_are_exactly_those_that_would_succeed() {
    let harness = Harness::start().await;
    let Gallery { a, rows } = gallery(&harness).await;
    for (b, id, _, recipient) in &rows {
        let sides = [Some(&a), recipient.map(|_| b)];
        for side in sides.into_iter().flatten() {
            let seen = side.sees(id).await.unwrap();
            let accept =
                pb::AcceptPartnershipRequest { validate_only: true, ..side.acceptance(id) };
            let reject =
                pb::RejectPartnershipRequest { validate_only: true, ..side.rejection(id, "") };
            let delete = pb::DeletePartnershipRequest { validate_only: true, ..side.deletion(id) };
            let resend = pb::ResendInvitationRequest { validate_only: true, ..side.resending(id) };
            let would_succeed = [
                (May::Accept, side.accept(accept).await.is_ok()),
                (May::Reject, side.reject(reject).await.is_ok()),
                (May::Delete, side.delete(delete).await.is_ok()),
                (May::Resend, side.resend(resend).await.is_ok()),
            ];
            let would_succeed: Vec<May> =
                would_succeed.into_iter().filter(|(_, would)| *would).map(|(may, _)| may).collect();
            assert_eq!(seen.allowed_actions().collect::<Vec<_>>(), would_succeed, "{seen:?}");
            assert!(would_succeed.contains(&May::Delete));
        }
    }
}

#[tokio::test]
async fn v2_until_they_have_been_partners_the_sender_sees_only_the_address_it_typed() {
    let harness = Harness::start().await;
    let Gallery { a, rows } = gallery(&harness).await;
    for (b, id, ..) in &rows {
        let seen = a.sees(id).await.unwrap();
        assert_eq!(seen.invitee_email, b.email());
        assert_eq!(seen.roster_size, 0);
        if matches!(&*b.name, "active" | "ended") {
            assert_eq!((&seen.partner_account_id, &seen.partner_display_name), (&b.id, &b.name));
        } else {
            assert_eq!((&*seen.partner_account_id, &*seen.partner_display_name), ("", ""));
        }
    }
}

#[tokio::test]
async fn v2_the_recipient_sees_who_asks_for_what_and_how_many_people_would_come() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let inviter = harness.colleague(&a, "inviter@ann.example", MemberProfile::Administrator).await;
    let gone = harness.colleague(&a, "gone@ann.example", MemberProfile::Observer).await;
    harness.removes(&gone.boss).await;
    let request =
        pb::InvitePartnerRequest { message: "Hello".to_owned(), ..inviter.invitation(&b.email()) };
    let id = inviter.invite(request).await.unwrap().partnership.unwrap().id;
    let seen = b.sees(&id).await.unwrap();
    assert_eq!((&seen.partner_account_id, &*seen.partner_display_name), (&a.id, "ann"));
    assert_eq!(seen.inviter_member_id, inviter.boss.id);
    assert_eq!(seen.inviter_display_name, inviter.boss.display_name);
    assert_eq!((&*seen.message, seen.r#type()), ("Hello", pb::PartnershipType::Collaboration));
    assert_eq!(seen.permissions().collect::<Vec<_>>(), [pb::Permission::Share]);
    assert_eq!(seen.roster_size, 2, "the removed member is not counted");
    b.accepts(&id).await.unwrap();
    assert_eq!(b.sees(&id).await.unwrap().roster_size, 0, "only while it is pending");
}

#[tokio::test]
async fn v3_a_member_who_is_no_manager_sees_active_partnerships_only_and_may_do_nothing() {
    let harness = Harness::start().await;
    let Gallery { a, rows } = gallery(&harness).await;
    let clerk = harness.colleague(&a, "clerk@ann.example", MemberProfile::Supervisor).await;
    let (_, active, ..) = &rows[2];
    let listed = clerk.list().await;
    assert_eq!(listed.iter().map(|seen| &seen.id).collect::<Vec<_>>(), [active]);
    assert!(listed[0].allowed_actions.is_empty());
    assert_eq!(clerk.sees(active).await.unwrap(), listed[0]);
    for (_, id, ..) in rows.iter().filter(|(_, id, ..)| id != active) {
        assert_eq!(clerk.shown(id).await, None);
    }
}

#[tokio::test]
async fn v3_filtering_by_a_state_that_is_not_active_takes_a_manager() {
    let harness = Harness::start().await;
    let Gallery { a, .. } = gallery(&harness).await;
    let clerk = harness.colleague(&a, "clerk@ann.example", MemberProfile::Visitor).await;
    let by = |states: &[State]| pb::ListPartnershipsRequest {
        states: states.iter().map(|state| i32::from(*state)).collect(),
        ..clerk.listing()
    };
    assert_eq!(clerk.lists(by(&[State::Active])).await.unwrap().partnerships.len(), 1);
    for states in [&[State::Pending][..], &[State::Active, State::Rejected]] {
        assert_eq!(why(clerk.lists(by(states)).await), "MANAGE_PARTNERS_REQUIRED");
    }
}

#[tokio::test]
async fn filters_match_only_what_the_view_shows() {
    let harness = Harness::start().await;
    let Gallery { a, rows } = gallery(&harness).await;
    let (_, expired, ..) = &rows[0];
    let theirs = rows[1].0.invites("x@x.example").await.unwrap();
    assert_eq!(theirs.side(), Side::Sender);

    let ids = async |of: &Organization, request: pb::ListPartnershipsRequest| {
        let answer = of.lists(request).await.unwrap();
        let mut ids: Vec<String> = answer.partnerships.into_iter().map(|seen| seen.id).collect();
        ids.reverse();
        ids
    };
    let named = |names: &[usize]| names.iter().map(|n| rows[*n].1.clone()).collect::<Vec<_>>();
    let by_state = |of: &Organization, state: State| pb::ListPartnershipsRequest {
        states: vec![state.into()],
        ..of.listing()
    };
    let by_partner = |of: &Organization, partner: &Organization| pb::ListPartnershipsRequest {
        partner_account_id: partner.id.clone(),
        ..of.listing()
    };
    for swept in [false, true] {
        if swept {
            assert_eq!(harness.sweep().await, 1);
        }
        assert_eq!(ids(&a, by_state(&a, State::Expired)).await, std::slice::from_ref(expired));
        assert_eq!(ids(&a, by_state(&a, State::AwaitingApproval)).await, named(&[1]));
    }
    assert_eq!(ids(&a, by_state(&a, State::Active)).await, named(&[2]));
    assert_eq!(ids(&a, by_state(&a, State::Rejected)).await, named(&[3, 4, 5]));
    assert!(ids(&a, by_state(&a, State::Pending)).await.is_empty(), "the sender's word is another");

    // the sender's view names no partner before they have been partners, so the filter finds none
    for (b, id, _, recipient) in &rows {
        let known = matches!(&*b.name, "active" | "ended");
        let found = if known { vec![id.clone()] } else { Vec::new() };
        assert_eq!(ids(&a, by_partner(&a, b)).await, found, "{}", b.name);
        let found = recipient.map_or(Vec::new(), |_| vec![id.clone()]);
        assert_eq!(ids(b, by_partner(b, &a)).await, found, "{}", b.name);
    }
    let received =
        pb::ListPartnershipsRequest { sides: vec![Side::Recipient.into()], ..a.listing() };
    assert!(ids(&a, received).await.is_empty());
    let resellers = pb::ListPartnershipsRequest {
        types: vec![pb::PartnershipType::Reseller.into()],
        ..a.listing()
    };
    assert!(ids(&a, resellers).await.is_empty());
}

#[tokio::test]
async fn min_position_is_met_by_every_position_answered_and_refused_beyond_the_log() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let answer = a.invite(a.invitation(&b.email())).await.unwrap();
    let id = answer.partnership.unwrap().id;
    let get = |min_position| pb::GetPartnershipRequest {
        account_id: b.id.clone(),
        partnership_id: id.clone(),
        min_position,
    };
    let list = |min_position| pb::ListPartnershipsRequest { min_position, ..b.listing() };
    b.by.clone().partners.get_partnership(get(answer.position)).await.unwrap();
    assert_eq!(b.lists(list(answer.position)).await.unwrap().partnerships.len(), 1);

    let beyond = answer.position + 1;
    for refusal in [
        refusal(b.by.clone().partners.get_partnership(get(beyond)).await),
        refusal(b.lists(list(beyond)).await),
    ] {
        assert_eq!(refusal.reason, "POSITION_UNKNOWN");
        assert_eq!(refusal.metadata["head_position"], answer.position.to_string());
    }
    let negative = refusal(b.lists(list(-1)).await);
    assert_eq!(
        (&*negative.reason, negative.fields),
        ("FIELD_INVALID", vec!["min_position".to_owned()])
    );
}

#[tokio::test]
async fn pages_neither_repeat_nor_lose_a_row_while_rows_change() {
    let harness = Harness::start().await;
    let Gallery { a, rows } = gallery(&harness).await;
    let page = |page_token: String| pb::ListPartnershipsRequest {
        page_size: 2,
        page_token,
        ..a.listing()
    };
    let first = a.lists(page(String::new())).await.unwrap();
    // a newer row comes, and one of the next page changes its state
    a.invites("new@new.example").await.unwrap();
    rows[1].0.accepts(&rows[1].1).await.unwrap();
    let second = a.lists(page(first.next_page_token.clone())).await.unwrap();
    let third = a.lists(page(second.next_page_token.clone())).await.unwrap();
    assert_eq!(third.next_page_token, "");
    let pages = [first.partnerships, second.partnerships, third.partnerships];
    let seen: Vec<String> = pages.into_iter().flatten().map(|seen| seen.id).collect();
    let newest_first: Vec<String> = rows.iter().rev().map(|(_, id, ..)| id.clone()).collect();
    assert_eq!(seen, newest_first);
}
