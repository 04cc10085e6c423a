//! Relationship types (T): what each offers, asks for, permits, and how it may end.

use crate::calls::{refusal, why};
use crate::offers::Offer;
use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use pb::{
    AccessDenialReason as Denied, AdminRole as Role, PartnershipAction as Action,
    PartnershipState as State, PartnershipType as Kind, Permission, RolesState,
};
use tonic::Code;

/// A row of section T: the type, what it permits by itself, its roles, what these give, and whether the customer may end it.
type Row = (Kind, &'static [Permission], &'static [Role], &'static [Permission], bool);

const FOUR: &[Role] =
    &[Role::UserAdmin, Role::LicenseAdmin, Role::PasswordAdmin, Role::ServiceAdmin];
const FOUR_GIVE: &[Permission] = &[
    Permission::ManageUsers,
    Permission::ManageLicenses,
    Permission::ResetPasswords,
    Permission::ManageServices,
];
const SELLING: &[Permission] = &[Permission::Sell, Permission::ManageSubscriptions];
const APPS: &[Permission] =
    &[Permission::DevelopApps, Permission::SubmitApps, Permission::ManageApps];

#[rustfmt::skip]
const TABLE: [Row; 9] = [
    (Kind::Collaboration,                     &[Permission::Share],            &[],  &[],       true),
    (Kind::Reseller,                          SELLING,                         &[],  &[],       false),
    (Kind::DelegatedAdministrator,            &[],                             FOUR, FOUR_GIVE, true),
    (Kind::ResellerAndDelegatedAdministrator, SELLING,                         FOUR, FOUR_GIVE, false),
    (Kind::Partner,                           &[Permission::WorkWithServices], &[],  &[],       false),
    (Kind::Advisor,                           &[],                             &[Role::PasswordAdmin, Role::SupportAdmin],
        &[Permission::ResetPasswords, Permission::ManageSupportTickets], true),
    (Kind::Mpsa,                              &[Permission::ViewPurchases],    &[],  &[],       false),
    (Kind::OemPc,                             &[Permission::UploadDeviceIds],  &[],  &[],       false),
    (Kind::LineOfBusiness,                    APPS,                            &[],  &[],       false),
];

fn every_permission() -> impl Iterator<Item = Permission> {
    (1..).map_while(|number| Permission::try_from(number).ok())
}

/// What the partner may do by the table, with the reason where it may not.
async fn holds(
    harness: &Harness,
    (provider, customer): (&Organization, &Organization),
    row: &Row,
    roles: Option<Denied>,
) {
    let (kind, own, _, given, _) = row;
    for permission in every_permission() {
        let denied = if own.contains(&permission) {
            None
        } else if given.contains(&permission) {
            roles
        } else {
            Some(Denied::PermissionNotGranted)
        };
        let answer = harness.denial(customer, provider, permission).await;
        assert_eq!(answer, denied, "{kind:?} {permission:?}");
    }
}

#[tokio::test]
async fn t1_t5_each_type_is_offered_with_its_roles_and_permits_what_the_table_says() {
    let harness = Harness::start().await;
    for row in &TABLE {
        let (kind, own, roles, given, may_end) = *row;
        let name = kind.as_str_name().to_lowercase().replace('_', "-");
        let provider = harness.organization(&format!("from-{name}")).await;
        let customer = harness.organization(&format!("to-{name}")).await;
        let sent = provider.offers(&customer, Offer::of(kind)).await.unwrap();
        let permissions: Vec<Permission> = own.iter().chain(given).copied().collect();

        let asked = customer.sees(&sent.id).await.unwrap();
        for view in [&sent, &asked] {
            assert_eq!(view.r#type(), kind);
            assert_eq!(view.admin_roles().collect::<Vec<_>>(), roles, "{kind:?}");
            assert_eq!(view.permissions().collect::<Vec<_>>(), permissions, "{kind:?}");
            let state =
                if roles.is_empty() { RolesState::Unspecified } else { RolesState::Requested };
            assert_eq!(view.roles_state(), state);
        }
        let nothing = harness.denial(&customer, &provider, Permission::Sell).await;
        assert_eq!(nothing, Some(Denied::NoPartnership), "{kind:?} before it is accepted");

        let active = customer.accepts(&sent.id).await.unwrap();
        assert_eq!(active.permissions().collect::<Vec<_>>(), permissions);
        let state = if roles.is_empty() { RolesState::Unspecified } else { RolesState::InForce };
        assert_eq!(active.roles_state(), state);
        let mut actions: Vec<Action> =
            [(may_end, Action::Delete), (!roles.is_empty(), Action::RemoveAdminRoles)]
                .into_iter()
                .filter_map(|(may, action)| may.then_some(action))
                .collect();
        assert_eq!(active.allowed_actions().collect::<Vec<_>>(), actions, "{kind:?}");
        holds(&harness, (&provider, &customer), row, None).await;
        let other_way = harness.denial(&provider, &customer, Permission::Share).await;
        let mutual = kind == Kind::Collaboration;
        assert_eq!(other_way.is_none(), mutual, "{kind:?}");

        if !roles.is_empty() {
            let (left, _) = customer.takes_roles_of(&sent.id).await.unwrap();
            assert_eq!((left.state(), left.roles_state()), (State::Active, RolesState::Removed));
            assert_eq!(left.permissions().collect::<Vec<_>>(), own);
            actions.retain(|action| *action != Action::RemoveAdminRoles);
            assert_eq!(left.allowed_actions().collect::<Vec<_>>(), actions);
            holds(&harness, (&provider, &customer), row, Some(Denied::RolesRemoved)).await;
        }
        if may_end {
            customer.deletes(&sent.id).await.unwrap();
        } else {
            let refused = refusal(customer.deletes(&sent.id).await);
            assert_eq!(
                (refused.code, &*refused.reason),
                (Code::FailedPrecondition, "CONTACT_PARTNER")
            );
            assert_eq!(refused.metadata["partnership_id"], sent.id);
            assert_eq!(customer.sees(&sent.id).await.unwrap().state(), State::Active);
            provider.deletes(&sent.id).await.unwrap();
        }
        let gone = harness.denial(&customer, &provider, Permission::Sell).await;
        assert_eq!(gone, Some(Denied::NoPartnership), "{kind:?} after its end");
    }
}

#[tokio::test]
async fn t2_a_pair_holds_several_types_at_once_and_one_active_each() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    a.provides(&b, Offer::of(Kind::Reseller)).await;
    a.provides(&b, Offer::of(Kind::Advisor)).await;
    b.provides(&a, Offer::of(Kind::Reseller)).await;
    let shared = a.invites(&b.email()).await.unwrap().id;
    b.accepts(&shared).await.unwrap();
    assert_eq!(a.list().await.len(), 4);
    let again = a.offers(&b, Offer::of(Kind::Reseller)).await;
    assert_eq!(why(again), "ALREADY_PARTNERS");
    for permission in [Permission::Sell, Permission::ResetPasswords, Permission::Share] {
        assert_eq!(harness.denial(&b, &a, permission).await, None, "{permission:?}");
    }
    let advises = harness.denial(&a, &b, Permission::ResetPasswords).await;
    assert_eq!(advises, Some(Denied::PermissionNotGranted));
}

#[tokio::test]
async fn t6_a_refused_reseller_may_still_be_invited_as_a_collaborator() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let refused = a.offers(&b, Offer::of(Kind::Reseller)).await.unwrap().id;
    b.rejects(&refused).await.unwrap();
    assert_eq!(why(a.offers(&b, Offer::of(Kind::Reseller)).await), "REINVITE_BLOCKED");
    a.offers(&b, Offer::of(Kind::Advisor)).await.unwrap();
    a.invites(&b.email()).await.unwrap();
}

#[tokio::test]
async fn t4_rows_that_are_not_active_may_always_be_deleted() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let pending = a.offers(&b, Offer::of(Kind::Reseller)).await.unwrap().id;
    b.deletes(&pending).await.unwrap();
    assert_eq!(a.shown(&pending).await, Some(State::Rejected));
    a.deletes(&pending).await.unwrap();
}

#[tokio::test]
async fn c1_only_collaboration_shares_members() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let sent = a.offers(&b, Offer::of(Kind::Reseller)).await.unwrap().id;
    assert_eq!(b.sees(&sent).await.unwrap().roster_size, 0);
    b.accepts(&sent).await.unwrap();
    let (events, _) = b.all_events_after("", 50).await.unwrap();
    assert_eq!(events, [], "a provider's people are no contacts");
    a.deletes(&sent).await.unwrap();
    assert_eq!(b.all_events_after("", 50).await.unwrap().0, []);
}

#[tokio::test]
async fn t8_an_mpsa_partner_sees_purchases_of_those_whom_the_customer_allowed_until_either_ends() {
    let harness = Harness::start().await;
    let customer = harness.organization("customer").await;
    let (viewer, owner) = harness.strangers().await;
    for partner in [&viewer, &owner] {
        partner.provides(&customer, Offer::of(Kind::Mpsa)).await;
    }
    let sees = async |by: &Organization, of: &Organization| {
        let question = pb::CheckPartnerAccessRequest {
            purchases_of_account_id: of.id.clone(),
            ..crate::offers::question(&customer, by, Permission::ViewPurchases)
        };
        harness.asks(question).await.unwrap().allowed
    };
    assert!(!sees(&viewer, &owner).await, "nothing is visible until the customer says so");
    customer.lets_see(&viewer, &owner, true).await.unwrap();
    assert!(sees(&viewer, &owner).await);
    assert!(!sees(&owner, &viewer).await, "it goes one way");

    let position = customer.lets_see(&viewer, &owner, true).await.unwrap();
    assert_eq!(position, harness.log().await.last().unwrap().position, "nothing changed");
    customer.lets_see(&viewer, &owner, false).await.unwrap();
    assert!(!sees(&viewer, &owner).await);
    customer.lets_see(&viewer, &owner, true).await.unwrap();

    let mut rows = owner.list().await;
    owner.deletes(&rows.remove(0).id).await.unwrap();
    assert!(!sees(&viewer, &owner).await, "it ends with the owner's partnership");
    owner.provides(&customer, Offer::of(Kind::Mpsa)).await;
    assert!(!sees(&viewer, &owner).await, "and does not come back with another one");
}

#[tokio::test]
async fn t8_only_mpsa_partners_of_the_customer_can_be_named() {
    let harness = Harness::start().await;
    let customer = harness.organization("customer").await;
    let (mpsa, reseller) = harness.strangers().await;
    mpsa.provides(&customer, Offer::of(Kind::Mpsa)).await;
    reseller.provides(&customer, Offer::of(Kind::Reseller)).await;
    for (viewer, owner) in [(&mpsa, &reseller), (&reseller, &mpsa)] {
        let refused = refusal(customer.lets_see(viewer, owner, true).await);
        assert_eq!(refused.reason, "PARTNERSHIP_REQUIRED");
        assert_eq!(refused.metadata["account_id"], reseller.id);
    }
    let itself = refusal(customer.lets_see(&mpsa, &mpsa, true).await);
    assert_eq!(itself.reason, "FIELD_INVALID");
}

#[tokio::test]
async fn t4_the_refusal_to_end_it_names_the_address_that_the_provider_publishes_if_it_does() {
    let harness = Harness::start().await;
    let (provider, customer) = harness.strangers().await;
    let id = provider.provides(&customer, Offer::of(Kind::Reseller)).await;
    let told = async || {
        let mut refused = refusal(customer.deletes(&id).await);
        assert_eq!(refused.reason, "CONTACT_PARTNER");
        refused.metadata.remove("contact_email")
    };
    assert_eq!(told().await, None);
    let profile = pb::ProviderProfile {
        contact_email: "hello@ann.example".to_owned(),
        ..crate::support::providers::listed("ann")
    };
    provider.profiles(profile).await.unwrap();
    assert_eq!(told().await.as_deref(), Some("hello@ann.example"));
    provider.unlists().await;
    assert_eq!(told().await, None);
}
