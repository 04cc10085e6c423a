//! Random histories against an oracle: every account is told exactly what happened among its partners, however it reads.

use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use partner_service::grpc::pb::MemberEventKind as Kind;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;

const STEPS: usize = 150;

/// What one account must have been told: kind, the partner's index, the member's id.
type Expected = Vec<(Kind, usize, String)>;

struct Oracle {
    told: Vec<Expected>,
    partners: BTreeMap<(usize, usize), String>,
    members: Vec<Vec<String>>,
}

impl Oracle {
    fn of_member(&mut self, home: usize, kind: Kind, id: &str) {
        for (a, b) in self.partners.keys().copied().collect::<Vec<_>>() {
            for (viewer, partner) in [(a, b), (b, a)] {
                if partner == home {
                    self.told[viewer].push((kind, home, id.to_owned()));
                }
            }
        }
    }

    fn of_pair(&mut self, a: usize, b: usize, kind: Kind) {
        self.told[a].push((kind, b, String::new()));
        self.told[b].push((kind, a, String::new()));
    }
}

#[tokio::test]
async fn every_account_is_told_exactly_what_happened_among_its_partners() {
    for seed in [1, 2, 3] {
        history(seed).await;
    }
}

async fn history(seed: u64) {
    let harness = Harness::start().await;
    let mut organizations = Vec::new();
    for name in ["ann", "bo", "cy", "di"] {
        organizations.push(harness.organization(name).await);
    }
    let count = organizations.len();
    let mut oracle = Oracle {
        told: vec![Vec::new(); count],
        partners: BTreeMap::new(),
        members: vec![Vec::new(); count],
    };
    let mut random = StdRng::seed_from_u64(seed);
    for step in 0..STEPS {
        act(&harness, &organizations, &mut oracle, &mut random, step).await;
    }
    for (viewer, organization) in organizations.iter().enumerate() {
        let mut token = String::new();
        let mut got = Vec::new();
        loop {
            let page = organization.events_after(&token, random.random_range(1..9)).await.unwrap();
            got.extend(page.events);
            token = page.resume_token;
            if !page.has_more {
                break;
            }
        }
        assert!(got.is_sorted_by(|a, b| a.position < b.position), "seed {seed}: positions rise");
        let index = |id: &str| organizations.iter().position(|one| one.id == id).unwrap();
        let got: Expected = got
            .into_iter()
            .map(|event| {
                let member = event.member.clone().map(|member| member.id).unwrap_or_default();
                (event.kind(), index(&event.partner_account_id), member)
            })
            .collect();
        assert_eq!(got, oracle.told[viewer], "seed {seed}: {}", organization.name);
    }
}

async fn act(
    harness: &Harness,
    organizations: &[Organization],
    oracle: &mut Oracle,
    random: &mut StdRng,
    step: usize,
) {
    let a = random.random_range(0..organizations.len());
    let b = (a + random.random_range(1..organizations.len())) % organizations.len();
    let pair = (a.min(b), a.max(b));
    match random.random_range(0..10) {
        0..4 => {
            let email = organizations[a].address(format_args!("m{step}"));
            let member = harness
                .register(&organizations[a].id, &email, pb::MemberProfile::Observer)
                .await
                .unwrap();
            oracle.of_member(a, Kind::MemberAdded, &member.id);
            oracle.members[a].push(member.id);
        }
        4..6 => {
            if let Some(id) = oracle.partners.get(&pair) {
                organizations[a].deletes(id).await.unwrap();
                oracle.partners.remove(&pair);
                oracle.of_pair(a, b, Kind::PartnerEnded);
            } else {
                let id = organizations[a].invites(&organizations[b].email()).await.unwrap().id;
                organizations[b].accepts(&id).await.unwrap();
                oracle.partners.insert(pair, id);
                oracle.of_pair(a, b, Kind::PartnerActivated);
            }
        }
        6..8 => {
            let Some(id) = oracle.members[a].choose(random).cloned() else { return };
            let request = pb::RemoveMemberRequest {
                account_id: organizations[a].id.clone(),
                member_id: id.clone(),
                ..Default::default()
            };
            harness.operator().accounts.remove_member(request).await.unwrap();
            oracle.members[a].retain(|other| *other != id);
            oracle.of_member(a, Kind::MemberRemoved, &id);
        }
        _ => {
            let Some(id) = oracle.members[a].choose(random).cloned() else { return };
            let request = pb::MoveMemberRequest {
                account_id: organizations[a].id.clone(),
                member_id: id.clone(),
                target_account_id: organizations[b].id.clone(),
                ..Default::default()
            };
            harness.operator().accounts.move_member(request).await.unwrap();
            oracle.members[a].retain(|other| *other != id);
            oracle.members[b].push(id.clone());
            oracle.of_member(a, Kind::MemberRemoved, &id);
            oracle.of_member(b, Kind::MemberAdded, &id);
        }
    }
}
