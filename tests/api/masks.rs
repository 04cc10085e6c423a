//! Update masks (AIP-134) and etags (AIP-154).

use crate::support::Harness;
use crate::support::directory::mask;
use crate::support::refusal::{reason, refused};
use partner_service::grpc::pb;
use pb::MemberProfile as Profile;
use tonic::Code;

/// A member with every field set.
async fn full(harness: &Harness) -> pb::Member {
    let ann = harness.organization("ann").await;
    let member = pb::Member {
        display_name: "Boss".to_owned(),
        manage_partners: Some(true),
        phone: "1".to_owned(),
        title: "Dr".to_owned(),
        locale: "sv".to_owned(),
        ..ann.boss
    };
    harness.update_member(member, None).await.unwrap().into_inner().member.unwrap()
}

/// The member's own fields, apart from what every change moves.
fn fields(member: &pb::Member) -> pb::Member {
    pb::Member { position: 0, etag: String::new(), update_time: None, ..member.clone() }
}

fn named(member: &pb::Member) -> pb::Member {
    pb::Member {
        id: member.id.clone(),
        account_id: member.account_id.clone(),
        ..Default::default()
    }
}

#[tokio::test]
async fn without_a_mask_the_fields_that_are_set_are_written() {
    let harness = Harness::start().await;
    let before = full(&harness).await;
    for paths in [None, Some(&[][..])] {
        let update =
            pb::Member { title: "Prof".to_owned(), manage_partners: Some(false), ..named(&before) };
        let after =
            harness.update_member(update, paths).await.unwrap().into_inner().member.unwrap();
        let expected = pb::Member {
            title: "Prof".to_owned(),
            manage_partners: Some(false),
            can_manage_partners: false,
            ..fields(&before)
        };
        assert_eq!(fields(&after), expected);
    }
}

#[tokio::test]
async fn with_a_mask_only_what_it_names_is_written() {
    let harness = Harness::start().await;
    let before = full(&harness).await;
    let update = pb::Member {
        title: "Prof".to_owned(),
        phone: "2".to_owned(),
        email: "not an address".to_owned(),
        profile: 99,
        ..named(&before)
    };
    let after =
        harness.update_member(update, Some(&["title"])).await.unwrap().into_inner().member.unwrap();
    assert_eq!(fields(&after), pb::Member { title: "Prof".to_owned(), ..fields(&before) });
}

#[tokio::test]
async fn a_field_that_the_mask_names_and_the_message_leaves_unset_is_cleared() {
    let harness = Harness::start().await;
    let before = full(&harness).await;
    let paths = ["display_name", "phone", "title", "locale", "manage_partners"];
    let after = harness
        .update_member(named(&before), Some(&paths))
        .await
        .unwrap()
        .into_inner()
        .member
        .unwrap();
    let expected = pb::Member {
        display_name: String::new(),
        phone: String::new(),
        title: String::new(),
        locale: String::new(),
        manage_partners: None,
        can_manage_partners: true,
        ..fields(&before)
    };
    assert_eq!(fields(&after), expected);
}

#[tokio::test]
async fn what_every_member_has_cannot_be_cleared() {
    let harness = Harness::start().await;
    let before = full(&harness).await;
    for (paths, bad) in [
        (&["email"][..], &["member.email"][..]),
        (&["profile"], &["member.profile"]),
        (&["*"], &["member.email", "member.profile"]),
    ] {
        let refusal = refused(harness.update_member(named(&before), Some(paths)).await);
        assert_eq!((refusal.code, &*refusal.reason), (Code::InvalidArgument, "FIELD_INVALID"));
        assert_eq!(refusal.fields, bad);
    }
    let request = pb::UpdateAccountRequest {
        account_id: before.account_id.clone(),
        account: Some(pb::Account::default()),
        update_mask: mask(&["display_name"]),
        ..Default::default()
    };
    let refusal = refused(harness.operator().accounts.update_account(request).await);
    assert_eq!(refusal.fields, ["account.display_name"]);
}

#[tokio::test]
async fn a_star_writes_everything_that_can_be_written() {
    let harness = Harness::start().await;
    let before = full(&harness).await;
    let update = pb::Member {
        email: "new@ann.example".to_owned(),
        profile: Profile::Supervisor.into(),
        ..named(&before)
    };
    let after =
        harness.update_member(update, Some(&["*"])).await.unwrap().into_inner().member.unwrap();
    let expected = pb::Member {
        email: "new@ann.example".to_owned(),
        profile: Profile::Supervisor.into(),
        state: before.state,
        create_time: before.create_time,
        ..named(&before)
    };
    assert_eq!(fields(&after), expected);
}

#[tokio::test]
async fn output_only_fields_are_ignored_in_masks_and_messages() {
    let harness = Harness::start().await;
    let before = full(&harness).await;
    let head = harness.head().await;
    let update = pb::Member {
        state: pb::MemberState::Removed.into(),
        position: 1,
        can_manage_partners: false,
        ..named(&before)
    };
    let paths = [
        "id",
        "account_id",
        "state",
        "create_time",
        "update_time",
        "position",
        "can_manage_partners",
        "etag",
    ];
    for paths in [Some(&paths[..]), None] {
        let answer = harness.update_member(update.clone(), paths).await.unwrap().into_inner();
        assert_eq!((answer.member.as_ref(), answer.position), (Some(&before), head));
    }
    let account = pb::Account { state: pb::AccountState::Closed.into(), ..Default::default() };
    let request = pb::UpdateAccountRequest {
        account_id: before.account_id.clone(),
        account: Some(account),
        update_mask: mask(&["state", "create_time"]),
        ..Default::default()
    };
    let answer = harness.operator().accounts.update_account(request).await.unwrap().into_inner();
    assert_eq!(
        (answer.account.unwrap().state(), answer.position),
        (pb::AccountState::Active, head)
    );
}

#[tokio::test]
async fn an_unknown_path_is_refused_whatever_else_the_mask_names() {
    let harness = Harness::start().await;
    let member = full(&harness).await;
    for paths in [
        &["nonsense"][..],
        &["title", "nonsense"],
        &["member.title"],
        &["displayName"],
        &["Title"],
        &[""],
        &["*", "title"],
        &["title.*"],
    ] {
        let refusal = refused(harness.update_member(named(&member), Some(paths)).await);
        assert_eq!((&*refusal.reason, &*refusal.fields[0]), ("FIELD_INVALID", "update_mask"));
        let request = pb::UpdateAccountRequest {
            account_id: member.account_id.clone(),
            account: Some(pb::Account { display_name: "Ann".to_owned(), ..Default::default() }),
            update_mask: mask(paths),
            ..Default::default()
        };
        let refusal = refused(harness.operator().accounts.update_account(request).await);
        assert_eq!(refusal.fields, ["update_mask"], "{paths:?}");
    }
    assert_eq!(harness.member_now(&member).await, member);
}

#[tokio::test]
async fn preferences_follow_their_mask_too() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let update = async |preferences: pb::PartnerPreferences, paths: Option<&[&str]>| {
        let request = pb::UpdatePartnerPreferencesRequest {
            account_id: ann.id.clone(),
            preferences: Some(preferences),
            update_mask: paths.and_then(mask),
            ..Default::default()
        };
        let answer = ann.by.clone().partners.update_partner_preferences(request).await;
        answer.map(|answer| tonic::Response::new(answer.into_inner().preferences.unwrap()))
    };
    let blocking = pb::PartnerPreferences {
        receive_policy: pb::ReceivePolicy::AllowExcept.into(),
        blocked_account_ids: vec![bo.id.clone()],
        ..Default::default()
    };
    let blocked = update(blocking.clone(), None).await.unwrap().into_inner();
    assert_eq!(blocked.blocked_account_ids, std::slice::from_ref(&bo.id));
    let empty = pb::PartnerPreferences::default();
    let cleared = update(empty.clone(), Some(&["blocked_account_ids"])).await.unwrap().into_inner();
    assert_eq!(
        (cleared.receive_policy(), &*cleared.blocked_account_ids),
        (pb::ReceivePolicy::AllowExcept, &[][..])
    );
    let refusal = refused(update(empty, Some(&["receive_policy", "nonsense"])).await);
    assert_eq!(refusal.reason, "FIELD_INVALID");
    assert!(refusal.fields.contains(&"update_mask".to_owned()));
    let stale =
        refused(update(pb::PartnerPreferences { etag: blocked.etag, ..blocking }, None).await);
    assert_eq!((stale.code, &*stale.reason), (Code::Aborted, "ETAG_MISMATCH"));
    assert_eq!(stale.metadata["current_etag"], cleared.etag);
}

#[tokio::test]
async fn an_update_compares_the_etag_it_is_given() {
    let harness = Harness::start().await;
    let stale = full(&harness).await;
    let update = pb::Member { title: "Prof".to_owned(), ..named(&stale) };
    let current = harness
        .update_member(pb::Member { etag: stale.etag.clone(), ..update.clone() }, None)
        .await
        .unwrap()
        .into_inner()
        .member
        .unwrap();
    assert_ne!(current.etag, stale.etag);
    let again = pb::Member { etag: stale.etag, title: "Dr".to_owned(), ..update };
    let refusal = refused(harness.update_member(again.clone(), None).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::Aborted, "ETAG_MISMATCH"));
    assert_eq!(refusal.metadata["current_etag"], current.etag);
    // naming the etag in the mask, or another letter of it, is no way around
    assert_eq!(
        reason(harness.update_member(again.clone(), Some(&["title", "etag"])).await),
        "ETAG_MISMATCH"
    );
    let spelled = pb::Member { etag: current.etag.to_uppercase(), ..again };
    assert_eq!(reason(harness.update_member(spelled, None).await), "ETAG_MISMATCH");
}
