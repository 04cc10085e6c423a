//! Administrator roles: asked for by name (T5), taken away (T3), time-boxed (T7), renewed (I5).

use crate::calls::{DAY, HOUR, refusal, step, why};
use crate::offers::Offer;
use crate::support::Harness;
use crate::support::database::{TestEngine, engine};
use crate::support::refusal::Refusal;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use pb::{
    AccessDenialReason as Denied, AdminRole as Role, AuditAction as Did, PartnershipState as State,
    PartnershipType as Kind, Permission, RolesState,
};
use prost_types::Duration as Span;

const ADMIN: Kind = Kind::DelegatedAdministrator;

#[tokio::test]
async fn t5_roles_are_asked_for_by_name_and_shown_before_consent() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let offer = Offer::of(ADMIN).with(&[Role::PasswordAdmin, Role::UserAdmin]).lasting(90 * DAY);
    let id = a.offers(&b, offer.extended()).await.unwrap().id;
    let asked = b.sees(&id).await.unwrap();
    assert_eq!(asked.admin_roles().collect::<Vec<_>>(), [Role::UserAdmin, Role::PasswordAdmin]);
    assert_eq!(asked.role_duration, Some(Span { seconds: 90 * 86_400, nanos: 0 }));
    assert!(asked.auto_extend);
    assert_eq!(asked.role_expire_time, None, "it is counted from acceptance");
    b.accepts(&id).await.unwrap();
    assert_eq!(harness.denial(&b, &a, Permission::ManageUsers).await, None);
    let not_asked = harness.denial(&b, &a, Permission::ManageLicenses).await;
    assert_eq!(not_asked, Some(Denied::PermissionNotGranted));
}

#[tokio::test]
async fn t5_t7_roles_the_type_does_not_have_and_impossible_durations_are_refused() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let wrong = async |request: pb::InvitePartnerRequest| {
        let refused = refusal(a.by.clone().partners.invite_partner(request).await);
        assert_eq!(refused.reason, "FIELD_INVALID");
        let mut fields = refused.fields;
        fields.dedup();
        fields
    };
    let to = |offer: Offer| offer.to(&a, &b.email());
    let foreign = to(Offer::of(Kind::Advisor).with(&[Role::UserAdmin]));
    assert_eq!(wrong(foreign).await, ["admin_roles"]);
    let none = to(Offer::of(Kind::Reseller).with(&[Role::UserAdmin]).lasting(DAY));
    assert_eq!(wrong(none).await, ["admin_roles", "role_duration"]);
    let twice = to(Offer::of(ADMIN).with(&[Role::UserAdmin, Role::UserAdmin]));
    assert_eq!(wrong(twice).await, ["admin_roles"]);
    let unknown = pb::InvitePartnerRequest { admin_roles: vec![77], ..to(Offer::of(ADMIN)) };
    assert_eq!(wrong(unknown).await, ["admin_roles"]);
    assert_eq!(wrong(to(Offer::of(ADMIN).extended())).await, ["auto_extend"]);
    let ten_years = 3_650 * 86_400;
    for (seconds, nanos) in [
        (0, 0),
        (-86_400, 0),
        (86_399, 0),
        (63_072_001, 0),
        (ten_years, 0),
        (86_400, 1),
        (i64::MIN, 0),
    ] {
        let role_duration = Some(Span { seconds, nanos });
        let request = pb::InvitePartnerRequest { role_duration, ..to(Offer::of(ADMIN)) };
        assert_eq!(wrong(request).await, ["role_duration"], "{seconds} s {nanos} ns");
    }
    assert_eq!(a.list().await, []);
    for days in [1, 730] {
        let id = a.offers(&b, Offer::of(ADMIN).lasting(days * DAY)).await.unwrap().id;
        a.deletes(&id).await.unwrap();
    }
}

#[tokio::test]
async fn t3_roles_are_removed_while_the_partnership_stays_and_again_is_a_no_op() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.provides(&b, Offer::of(ADMIN)).await;
    let (before, provider) = (b.sees(&id).await.unwrap(), a.sees(&id).await.unwrap());
    let (left, position) = b.takes_roles_of(&id).await.unwrap();
    assert_eq!((left.state(), left.roles_state()), (State::Active, RolesState::Removed));
    assert_eq!(left.permissions, Vec::<i32>::new());
    assert_ne!(left.etag, before.etag);
    assert_ne!(a.sees(&id).await.unwrap().etag, provider.etag, "the provider sees it too");
    let (again, same) = b.takes_roles_of(&id).await.unwrap();
    assert_eq!((again, same), (left, position));
    for side in [&a, &b] {
        let entries = side.audit_of(&id).await;
        let active = Some(State::Active);
        assert_eq!(step(&entries[0]), (Did::AdminRolesRemoved, active, active));
    }
}

#[tokio::test]
async fn t3_who_removes_what_from_which_row_is_refused_in_the_order_of_side_type_etag_and_state() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let admin = a.offers(&b, Offer::of(ADMIN)).await.unwrap().id;
    let reseller = a.provides(&b, Offer::of(Kind::Reseller)).await;
    assert_eq!(why(a.takes_roles_of(&admin).await), "NOT_THE_RECIPIENT");
    assert_eq!(why(a.takes_roles_of(&reseller).await), "NOT_THE_RECIPIENT");
    assert_eq!(why(b.takes_roles_of(&reseller).await), "NO_ADMIN_ROLES");
    let pending = refusal(b.takes_roles_of(&admin).await);
    assert_eq!(pending.reason, "PARTNERSHIP_NOT_ACTIVE");
    assert_eq!(pending.metadata["state"], "PENDING");
    let stale = pb::RemoveAdminRolesRequest {
        account_id: b.id.clone(),
        partnership_id: admin.clone(),
        etag: "stale".to_owned(),
        ..Default::default()
    };
    assert_eq!(why(b.by.clone().partners.remove_admin_roles(stale).await), "ETAG_MISMATCH");
    let observer = harness.colleague(&b, "observer@bo.example", pb::MemberProfile::Observer).await;
    assert_eq!(why(observer.takes_roles_of(&admin).await), "MANAGE_PARTNERS_REQUIRED");
    let stranger = harness.organization("cy").await;
    assert_eq!(why(stranger.takes_roles_of(&admin).await), "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn t7_roles_lapse_by_time_alone_and_the_partnership_stays() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let kind = Kind::ResellerAndDelegatedAdministrator;
    let id = a.provides(&b, Offer::of(kind).lasting(2 * DAY)).await;
    let end = b.sees(&id).await.unwrap().role_expire_time.expect("an end");
    harness.clock.advance(2 * DAY - HOUR);
    assert_eq!(harness.denial(&b, &a, Permission::ManageUsers).await, None);
    harness.clock.advance(HOUR);
    let denied = harness.denial(&b, &a, Permission::ManageUsers).await;
    assert_eq!(denied, Some(Denied::RolesExpired));
    assert_eq!(harness.denial(&b, &a, Permission::Sell).await, None);
    let over = b.sees(&id).await.unwrap();
    assert_eq!((over.state(), over.roles_state()), (State::Active, RolesState::Expired));
    assert_eq!(over.update_time, Some(end));

    assert_eq!(harness.sweep_roles().await, 1);
    assert_eq!(harness.sweep_roles().await, 0, "it lapses once");
    let stored = b.sees(&id).await.unwrap();
    assert_eq!(stored, over, "storing what time has done changes nothing that is seen");
    assert_eq!(step(&a.audit_of(&id).await[0]).0, Did::AdminRolesExpired);
    let (unchanged, _) = b.takes_roles_of(&id).await.unwrap();
    assert_eq!(unchanged.roles_state(), RolesState::Expired, "there is nothing left to remove");
}

#[tokio::test]
async fn t7_an_automatic_extension_counts_when_it_is_due_and_is_stored_by_the_sweep() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.provides(&b, Offer::of(ADMIN).lasting(10 * DAY).extended()).await;
    harness.clock.advance(10 * DAY);
    let extended = b.sees(&id).await.unwrap();
    assert_eq!(extended.roles_state(), RolesState::InForce);
    assert_eq!(harness.denial(&b, &a, Permission::ManageUsers).await, None);
    assert_eq!(harness.sweep_roles().await, 1);
    let stored = b.sees(&id).await.unwrap();
    assert_eq!(stored, extended, "an overdue extension counted as extended");
    assert_eq!(step(&b.audit_of(&id).await[0]).0, Did::AdminRolesExtended);
    harness.clock.advance(500 * DAY);
    assert_eq!(harness.denial(&b, &a, Permission::ManageUsers).await, None);
    b.takes_roles_of(&id).await.unwrap();
    let denied = harness.denial(&b, &a, Permission::ManageUsers).await;
    assert_eq!(denied, Some(Denied::RolesRemoved));
}

#[tokio::test]
async fn t7_both_sides_are_warned_once_thirty_seven_and_one_day_before_the_end() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.provides(&b, Offer::of(ADMIN).lasting(40 * DAY)).await;
    let mut warned = Vec::new();
    for day in 1..=41 {
        harness.clock.advance(DAY);
        let swept = harness.sweep_roles().await + harness.sweep_roles().await;
        if swept > 0 {
            warned.push((day, swept));
        }
    }
    assert_eq!(warned, [(10, 1), (33, 1), (39, 1), (40, 1)]);
    for side in [&a, &b] {
        let entries = side.audit_of(&id).await;
        let actions: Vec<_> = entries.iter().map(|entry| step(entry).0).take(4).collect();
        let warning = Did::AdminRolesExpiring;
        assert_eq!(actions, [Did::AdminRolesExpired, warning, warning, warning]);
    }
}

#[tokio::test]
async fn i5_roles_that_are_not_in_force_may_be_asked_for_again_and_no_others() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let some = Offer::of(ADMIN).with(&[Role::UserAdmin]).lasting(2 * DAY);
    let id = a.provides(&b, some.clone()).await;
    let already: Refusal = refusal(a.offers(&b, some.clone()).await);
    assert_eq!((&*already.reason, &already.metadata["partnership_id"]), ("ALREADY_PARTNERS", &id));
    let more = Offer::of(ADMIN).with(&[Role::UserAdmin, Role::LicenseAdmin]);
    let fewer = a.offers(&b, more).await.unwrap().id;
    a.deletes(&fewer).await.unwrap();
    harness.clock.advance(2 * DAY);
    let lapsed = a.offers(&b, some.clone()).await.unwrap().id;
    a.deletes(&lapsed).await.unwrap();
    let renewed = a.provides(&b, some.clone()).await;
    b.takes_roles_of(&renewed).await.unwrap();
    a.provides(&b, some).await;
}

#[tokio::test]
async fn i5_accepting_a_renewal_replaces_the_old_row_for_both_in_one_change_without_a_gap() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let old = a.provides(&b, Offer::of(ADMIN).with(&[Role::UserAdmin])).await;
    let asked = a.offers(&b, Offer::of(ADMIN)).await.unwrap().id;
    assert_eq!(harness.denial(&b, &a, Permission::ManageUsers).await, None);
    b.accepts(&asked).await.unwrap();
    for permission in [Permission::ManageUsers, Permission::ManageLicenses] {
        assert_eq!(harness.denial(&b, &a, permission).await, None, "{permission:?}");
    }
    for side in [&a, &b] {
        assert_eq!(side.shown(&old).await, None, "RENEWED is seen by neither");
        assert_eq!(side.shown(&asked).await, Some(State::Active));
        assert_eq!(step(&side.audit_of(&old).await[0]), (Did::Renewed, Some(State::Active), None));
    }
    let log = harness.log().await;
    let ends: Vec<bool> = log.iter().rev().take(2).map(|entry| entry.last_of_change).collect();
    assert_eq!(ends, [true, false], "the end and the beginning are one change");
}

#[tokio::test]
async fn t7_of_two_replicas_that_sweep_at_once_one_lapses_the_roles() {
    if engine() == TestEngine::Sqlite {
        println!("two replicas: PostgreSQL only");
        return;
    }
    let one = Harness::start().await;
    let options = crate::support::Options {
        database: Some(std::sync::Arc::clone(&one.database)),
        clock: Some(one.clock.clone()),
        ..Default::default()
    };
    let (a, b) = one.strangers().await;
    let mut ids = Vec::new();
    for kind in [ADMIN, Kind::Advisor] {
        ids.push(a.provides(&b, Offer::of(kind).lasting(DAY)).await);
    }
    let two = Harness::with(options).await;
    one.clock.advance(DAY);
    let (mine, yours) = tokio::join!(one.sweep_roles(), two.sweep_roles());
    assert_eq!(mine + yours, 2);
    for id in ids {
        let lapses = |entries: Vec<pb::AuditEntry>| {
            entries.iter().filter(|entry| entry.action() == Did::AdminRolesExpired).count()
        };
        assert_eq!(lapses(a.audit_of(&id).await), 1);
    }
}

/// The customer's audit trail is where it learns who took what away.
async fn newest(of: &Organization, id: &str) -> pb::AuditEntry {
    of.audit_of(id).await.remove(0)
}

#[tokio::test]
async fn l1_the_reason_for_removing_roles_is_kept_for_the_side_that_gave_it() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.provides(&b, Offer::of(ADMIN)).await;
    let request = pb::RemoveAdminRolesRequest {
        account_id: b.id.clone(),
        partnership_id: id.clone(),
        reason: "no longer needed".to_owned(),
        ..Default::default()
    };
    b.by.clone().partners.remove_admin_roles(request).await.unwrap();
    assert_eq!(newest(&b, &id).await.reason, "no longer needed");
    assert_eq!(newest(&a, &id).await.reason, "");
}
