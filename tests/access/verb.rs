//! What happens to the world, drawn by chance, done to the service and to the truth alike.

use crate::oracle::{ACCOUNTS, Active, Edition, Truth, end_of, key, roles_of};
use crate::support::{Caller, Harness};
use partner_service::domain::time::Timestamp;
use partner_service::grpc::pb;
use pb::{AdminRole as Role, PartnershipType as Kind};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use std::collections::BTreeSet;
use tonic::Status;

/// An organisation, as the service knows it.
pub struct Account {
    pub id: String,
    pub email: String,
}

#[derive(Clone, Debug)]
pub enum Verb {
    /// An offer that is sent, and accepted in a second call.
    Offer {
        provider: usize,
        customer: usize,
        kind: Kind,
        roles: Vec<Role>,
        days: Option<u32>,
        auto_extend: bool,
    },
    RemoveRoles {
        provider: usize,
        customer: usize,
        kind: Kind,
    },
    End {
        provider: usize,
        customer: usize,
        kind: Kind,
        by_customer: bool,
    },
    Show {
        customer: usize,
        viewer: usize,
        owner: usize,
        visible: bool,
    },
    Suspend(usize),
    Resume(usize),
    Publish {
        in_days: u32,
    },
    Agree(usize),
}

const KINDS: [Kind; 9] = [
    Kind::Collaboration,
    Kind::Reseller,
    Kind::DelegatedAdministrator,
    Kind::ResellerAndDelegatedAdministrator,
    Kind::Partner,
    Kind::Advisor,
    Kind::Mpsa,
    Kind::OemPc,
    Kind::LineOfBusiness,
];

fn two(random: &mut StdRng) -> (usize, usize) {
    let one = random.random_range(0..ACCOUNTS);
    (one, (one + random.random_range(1..ACCOUNTS)) % ACCOUNTS)
}

impl Verb {
    pub fn draw(random: &mut StdRng, truth: &Truth) -> Self {
        let active: Vec<_> = truth.active.keys().copied().collect();
        match (random.random_range(0..20), active.choose(random)) {
            (0..=2, Some(&(provider, customer, kind))) => {
                Self::RemoveRoles { provider, customer, kind }
            }
            (3, Some(&(provider, customer, kind))) => {
                Self::End { provider, customer, kind, by_customer: random.random() }
            }
            (4..=5, _) => {
                let (viewer, owner) = two(random);
                let customer = ACCOUNTS - viewer - owner;
                Self::Show { customer, viewer, owner, visible: random.random_bool(0.7) }
            }
            (6, _) => Self::Suspend(random.random_range(0..ACCOUNTS)),
            (7..=8, _) => match truth.suspended.first() {
                Some(account) => Self::Resume(*account),
                None => Self::Agree(random.random_range(0..ACCOUNTS)),
            },
            (9, _) => Self::Publish { in_days: random.random_range(0..60) },
            (10..=11, _) => Self::Agree(random.random_range(0..ACCOUNTS)),
            _ => {
                let (provider, customer) = two(random);
                let kind = *KINDS.choose(random).unwrap();
                let all = roles_of(kind);
                let roles = all.iter().copied().filter(|_| random.random()).collect();
                let timed = !all.is_empty() && random.random_bool(0.7);
                let days = timed.then(|| random.random_range(1..90));
                let auto_extend = timed && random.random_bool(0.3);
                Self::Offer { provider, customer, kind, roles, days, auto_extend }
            }
        }
    }

    /// Does it, on one replica; the position it says, and what is true from there on.
    pub async fn done(
        &self,
        on: &Harness,
        accounts: &[Account],
        truth: &Truth,
        now: Timestamp,
    ) -> Result<(i64, Truth), Status> {
        let mut after = truth.clone();
        let Caller { mut partners, accounts: mut directory, mut agreements, .. } = on.operator();
        let id = |account: usize| accounts[account].id.clone();
        let position = match self.clone() {
            Self::Offer { provider, customer, kind, roles, days, auto_extend } => {
                let request = pb::InvitePartnerRequest {
                    account_id: id(provider),
                    invitee_email: accounts[customer].email.clone(),
                    r#type: kind.into(),
                    admin_roles: roles.iter().map(|role| (*role).into()).collect(),
                    role_duration: days.map(|days| prost_types::Duration {
                        seconds: i64::from(days) * 86_400,
                        nanos: 0,
                    }),
                    auto_extend,
                    ..Default::default()
                };
                let sent = partners.invite_partner(request).await?.into_inner();
                let partnership = sent.partnership.expect("a partnership in the answer");
                let request = pb::AcceptPartnershipRequest {
                    account_id: id(customer),
                    partnership_id: partnership.id.clone(),
                    acknowledged_agreement_version: truth
                        .in_force(now)
                        .map(|current| current.version.clone())
                        .unwrap_or_default(),
                    ..Default::default()
                };
                let accepted = partners.accept_partnership(request).await?.into_inner();
                if let Some(current) = truth.in_force(now)
                    && kind != Kind::Collaboration
                {
                    after.accepted.insert((customer, current.version.clone()));
                }
                let all = || roles_of(kind).iter().copied().collect::<BTreeSet<_>>();
                let asked = if roles.is_empty() { all() } else { roles.into_iter().collect() };
                let active = Active {
                    id: partnership.id,
                    roles: asked,
                    until: days.map(|days| end_of(now, days)),
                    auto_extend,
                    removed: false,
                };
                after.active.insert(key(provider, customer, kind), active);
                accepted.position
            }
            Self::RemoveRoles { provider, customer, kind } => {
                let active =
                    after.active.get_mut(&(provider, customer, kind)).expect("drawn from there");
                let request = pb::RemoveAdminRolesRequest {
                    account_id: id(customer),
                    partnership_id: active.id.clone(),
                    ..Default::default()
                };
                let answer = partners.remove_admin_roles(request).await?.into_inner();
                active.removed |= !active.is_over(now);
                answer.position
            }
            Self::End { provider, customer, kind, by_customer } => {
                let request = pb::DeletePartnershipRequest {
                    account_id: id(if by_customer { customer } else { provider }),
                    partnership_id: after.active[&(provider, customer, kind)].id.clone(),
                    ..Default::default()
                };
                let answer = partners.delete_partnership(request).await?.into_inner();
                after.end((provider, customer, kind));
                answer.position
            }
            Self::Show { customer, viewer, owner, visible } => {
                let request = pb::SetPurchaseVisibilityRequest {
                    account_id: id(customer),
                    viewer_account_id: id(viewer),
                    purchases_of_account_id: id(owner),
                    visible,
                    ..Default::default()
                };
                let answer = partners.set_purchase_visibility(request).await?.into_inner();
                if visible {
                    after.visible.insert((customer, viewer, owner));
                } else {
                    after.visible.remove(&(customer, viewer, owner));
                }
                answer.position
            }
            Self::Suspend(account) => {
                let account_id = id(account);
                let request = pb::SuspendAccountRequest { account_id, ..Default::default() };
                let answer = directory.suspend_account(request).await?.into_inner();
                after.suspended.insert(account);
                answer.position
            }
            Self::Resume(account) => {
                let account_id = id(account);
                let request = pb::ResumeAccountRequest { account_id, ..Default::default() };
                let answer = directory.resume_account(request).await?.into_inner();
                after.suspended.remove(&account);
                answer.position
            }
            Self::Publish { in_days } => {
                let version = format!("v{}", truth.published.len() + 1);
                let effective = end_of(now, in_days);
                let agreement = pb::Agreement {
                    version: version.clone(),
                    url: "https://agreements.example/".to_owned(),
                    sha256: "0".repeat(64),
                    effective_time: Some(prost_types::Timestamp {
                        seconds: effective.0.div_euclid(1_000_000),
                        nanos: i32::try_from(effective.0.rem_euclid(1_000_000) * 1_000).unwrap(),
                    }),
                    ..Default::default()
                };
                let request = pb::PublishAgreementRequest {
                    agreement: Some(agreement),
                    ..Default::default()
                };
                let answer = agreements.publish_agreement(request).await?.into_inner();
                after.published.push(Edition { version, effective });
                answer.position
            }
            Self::Agree(account) => {
                let current = truth.in_force(now).map(|current| current.version.clone());
                let version = current.unwrap_or_else(|| "none".to_owned());
                let request = pb::AcceptAgreementRequest {
                    account_id: id(account),
                    version: version.clone(),
                    ..Default::default()
                };
                let answer = agreements.accept_agreement(request).await?.into_inner();
                after.accepted.insert((account, version));
                answer.position
            }
        };
        Ok((position, after))
    }
}
