//! P2, P6: a client that goes from replica to replica never sees time go back.

use crate::stage::Stage;
use crate::subscriber::{Opening, Subscriber, all_told};
use crate::support::checker::record::{Entry, Start, reached};
use partner_service::grpc::pb;
use pb::watch_members_response::Payload;

const HOPS: usize = 24;

/// The position of the snapshot that a stream began with, and the highest position told since `from`.
fn seen(entries: &[Entry]) -> (Option<i64>, Option<i64>) {
    let messages = entries.iter().filter_map(|entry| match entry {
        Entry::Message(message) => Some(&**message),
        _ => None,
    });
    let begin = |message: &pb::WatchMembersResponse| match message.payload.as_ref() {
        Some(Payload::SnapshotBegin(begin)) => Some(begin.position),
        _ => None,
    };
    (messages.clone().find_map(begin), messages.filter_map(reached).max())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hops_between_replicas_never_sees_time_go_back() {
    let stage = Stage::build().await;
    let (ann, bo, _) = stage.replicas[0].partners("ann", "bo").await;
    let replicas = stage.replicas.len();
    let mut hopper = Subscriber::of(&ann);
    let mut latest = 0;
    for hop in 0..HOPS {
        let on = &stage.replicas[hop % replicas];
        let hired = bo.hires(on, &format!("m{hop}")).await.position;
        let last = hopper.record(|record| record.last_message());
        // now and then everything anew, as fresh as what was seen before
        let start = match last {
            Some(last) if hop % 4 != 3 => Start::Resume(last),
            _ => Start::Snapshot,
        };
        let replica = (hop + 1) % replicas;
        let from = hopper.record(|record| record.entries.len());
        let opening = Opening { replica, min_position: latest, ..Opening::from(start) };
        hopper.watch(&stage, &ann, opening);
        let upto = if hop % 2 == 0 { hired } else { latest };
        assert!(hopper.reaches(upto).await.is_some(), "hop {hop} comes to {upto}");
        assert_eq!(hopper.close().await, None);
        let (begun, reached) = hopper.record(|record| seen(&record.entries[from..]));
        assert!(begun.is_none_or(|begun| begun >= latest), "hop {hop}: {begun:?} before {latest}");
        assert!(reached.is_some_and(|reached| reached >= latest), "hop {hop}: before {latest}");
        latest = reached.unwrap_or(latest);
    }
    let head = bo.hires(&stage.replicas[0], "last").await.position;
    let last = hopper.record(|record| record.last_message()).unwrap();
    hopper.watch(&stage, &ann, Opening::from(Start::Resume(last)));
    all_told(&stage, &mut [hopper], head).await;
}
