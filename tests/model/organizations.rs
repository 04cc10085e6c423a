//! Eight real organisations (kubernetes/org, see tests/data/organizations.json), all partners of each other.

use crate::stage::{Stage, usual};
use crate::subscriber::{Opening, Subscriber, all_told};
use crate::support::checker::log::Log;
use crate::support::checker::oracle::{Oracle, Retentions};
use crate::support::checker::record::Start;
use crate::support::world::Organization;
use futures::stream::{self, StreamExt};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Registrations under way at once.
const AT_ONCE: usize = 8;

#[derive(Deserialize)]
struct File {
    organizations: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    members: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_organisations_end_with_exactly_the_people_of_all_the_others() {
    let file: File = serde_json::from_str(include_str!("../data/organizations.json")).unwrap();
    let stage = Stage::with(usual()).await;
    let organizations = found(&stage, &file).await;
    let mut subscribers = Vec::new();
    for (index, organization) in organizations.iter().enumerate() {
        let mut subscriber = Subscriber::of(organization);
        let replica = index % stage.replicas.len();
        let opening = Opening { replica, ..Opening::from(Start::Snapshot) };
        subscriber.watch(&stage, organization, opening);
        subscribers.push(subscriber);
    }
    let mut head = 0;
    for organization in &organizations {
        head = organization.hires(&stage.replicas[0], "newcomer").await.position;
    }
    let verdict = all_told(&stage, &mut subscribers, head).await;

    let log = Log::read(&stage.db).await;
    let oracle = Oracle::of(&log, &Retentions::new());
    let everybody: BTreeSet<String> = file.organizations.iter().flat_map(emails).collect();
    for organization in &organizations {
        let at = format!("@{}.example", organization.name);
        let others: BTreeSet<_> =
            everybody.iter().filter(|email| !email.ends_with(&at)).cloned().collect();
        let told = oracle.page(organization.id.parse().unwrap()).contacts(head);
        let told: BTreeSet<String> = told.into_values().map(|copy| copy.person.email).collect();
        assert_eq!(told, others, "{}", organization.name);
    }
    println!("{} organisations, {} people: {verdict}", organizations.len(), everybody.len());
}

/// Everybody who is in an organisation in the end.
fn emails(described: &Described) -> Vec<String> {
    let staff = ["boss", "newcomer"].map(str::to_owned);
    let handles = described.members.iter().cloned().chain(staff);
    handles.map(|handle| format!("{handle}@{}.example", described.name)).collect()
}

/// The organisations with their people, each the partner of every other.
async fn found(stage: &Stage, file: &File) -> Vec<Organization> {
    let on = &stage.replicas[0];
    let mut organizations: Vec<Organization> = Vec::new();
    for described in &file.organizations {
        organizations.push(on.organization(&described.name).await);
    }
    let people =
        file.organizations.iter().zip(&organizations).flat_map(|(described, made)| {
            described.members.iter().map(move |handle| (made, handle))
        });
    stream::iter(people)
        .for_each_concurrent(AT_ONCE, |(organization, handle)| async move {
            organization.hires(on, handle).await;
        })
        .await;
    for (index, organization) in organizations.iter().enumerate() {
        for other in &organizations[index + 1..] {
            organization.joins(other).await;
        }
    }
    organizations
}
