//! A stream from now on says first where it begins, however much happens just then.

use crate::stage::Stage;
use crate::subscriber::{Opening, Subscriber, all_told};
use crate::support::checker::record::Start;
use std::sync::atomic::{AtomicBool, Ordering};

const STREAMS: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_from_now_begins_with_a_heartbeat_whatever_happens_meanwhile() {
    let stage = Stage::build().await;
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    let over = AtomicBool::new(false);
    let hiring = async {
        let mut hired = 0;
        while !over.load(Ordering::Relaxed) {
            bo.hires(on, &format!("m{hired}")).await;
            hired += 1;
        }
    };
    let watching = async {
        let mut readers = Vec::new();
        for number in 0..STREAMS {
            let mut reader = Subscriber::of(&ann);
            let replica = number % stage.replicas.len();
            let opening = Opening { replica, cut_after: Some(2), ..Opening::from(Start::Now) };
            reader.watch(&stage, &ann, opening);
            assert!(reader.ends().await.is_some(), "two messages come");
            assert_eq!(reader.close().await, None);
            readers.push(reader);
        }
        over.store(true, Ordering::Relaxed);
        readers
    };
    let (mut readers, ()) = tokio::join!(watching, hiring);
    all_told(&stage, &mut readers, 0).await;
}
