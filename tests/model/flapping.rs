//! P7: nothing committed at or after the end of a partnership reaches the former partner, however often it ends.

use crate::stage::{Stage, tiny};
use crate::subscriber::{Opening, Subscriber, all_told};
use crate::support::Harness;
use crate::support::checker::record::{Entry, Start};
use crate::support::world::Organization;
use partner_service::grpc::pb;
use pb::watch_members_response::Payload;
use std::sync::atomic::{AtomicBool, Ordering};

const FLAPS: usize = 15;
const HIRES: usize = 60;

/// Where each partnership began, and where it ended.
type Spans = Vec<(i64, i64)>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flapping_partnership_tells_nothing_at_or_after_each_end_whoever_reads_whenever() {
    let mut limits = tiny();
    limits.feed.snapshot = 16;
    let stage = Stage::with(limits).await;
    let on = &stage.replicas[0];
    let (ann, bo) = (on.organization("ann").await, on.organization("bo").await);
    let mut readers = Vec::new();
    for replica in 0..stage.replicas.len() {
        for (start, held) in [(Start::Snapshot, false), (Start::Now, false), (Start::Now, true)] {
            let mut reader = Subscriber::of(&ann);
            reader.record(|record| {
                record.name =
                    format!("{start:?} on {replica}, {}", if held { "held" } else { "read" });
            });
            reader.watch(&stage, &ann, Opening { replica, held, ..Opening::from(start) });
            assert!(reader.is_answered().await, "a stream begins");
            readers.push(reader);
        }
    }
    let over = AtomicBool::new(false);
    let flapping = async {
        let spans = flap(on, &ann, &bo).await;
        over.store(true, Ordering::Relaxed);
        spans
    };
    let hiring = async {
        let replicas = stage.replicas.iter().cycle();
        for (number, on) in (0..HIRES).zip(replicas) {
            if over.load(Ordering::Relaxed) && number > FLAPS {
                break;
            }
            bo.hires(on, &format!("m{number}")).await;
        }
    };
    let (spans, ()) = tokio::join!(flapping, hiring);
    let last = bo.hires(on, "last").await.position;
    all_told(&stage, &mut readers, last).await;
    for reader in &readers {
        assert_eq!(reader.record(|record| outside(&record.entries, &spans)), 0);
    }
    println!("{FLAPS} partnerships, {} readers: 0 events outside them", readers.len());
}

async fn flap(on: &Harness, ann: &Organization, bo: &Organization) -> Spans {
    let mut spans = Spans::new();
    for round in 0..FLAPS {
        let (from, to) = if round % 2 == 0 { (ann, bo) } else { (bo, ann) };
        let id = from.invites(&to.email()).await.unwrap().id;
        let request = pb::AcceptPartnershipRequest {
            account_id: to.id.clone(),
            partnership_id: id.clone(),
            ..Default::default()
        };
        let by = on.member(&to.boss.id);
        let since = by.partners.clone().accept_partnership(request).await.unwrap();
        // somebody joins while it lasts
        bo.hires(on, &format!("r{round}")).await;
        let until = from.deletes(&id).await.unwrap();
        spans.push((since.into_inner().position, until.into_inner().position));
    }
    spans
}

/// Members' events that no partnership covers.
fn outside(entries: &[Entry], spans: &Spans) -> usize {
    let is_outside = |entry: &&Entry| match entry {
        Entry::Message(message) => match message.payload.as_ref() {
            Some(Payload::Event(event)) if event.member.is_some() => !spans
                .iter()
                .any(|(since, until)| *since < event.position && event.position < *until),
            _ => false,
        },
        _ => false,
    };
    entries.iter().filter(is_outside).count()
}
