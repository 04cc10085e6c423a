//! P8: a reader that does not read costs little, loses nothing and delays nobody.

use crate::stage::{HEARTBEAT, Stage};
use crate::subscriber::{Opening, Subscriber, Who};
use crate::support::checker::judge::judge;
use crate::support::checker::log::Log;
use crate::support::checker::oracle::{Oracle, Retentions};
use crate::support::checker::record::{Record, Start};

/// More than there are connections to the database.
const READERS: usize = 9;
const MEMBERS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_do_not_read_keep_nobody_waiting_and_then_get_everything() {
    let stage = Stage::build().await;
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    for number in 0..MEMBERS {
        bo.hires(on, &format!("m{number}")).await;
    }
    let viewer = ann.id.parse().unwrap();
    let mut readers = Vec::new();
    for number in 0..READERS {
        let record = Record::new(format!("reader {number}"), viewer);
        let mut reader = Subscriber::new(0, Who::Boss, record);
        let opening = Opening {
            start: Start::Snapshot,
            min_position: 0,
            replica: 0,
            heartbeat: HEARTBEAT,
            cut_after: None,
            held: true,
        };
        reader.open(&stage.caller(0, Some(&ann.boss.id), true), opening);
        readers.push(reader);
    }
    for reader in &readers {
        assert!(reader.is_answered().await, "a stream begins");
    }
    // each of these calls needs connections of its own
    let mut head = 0;
    for number in 0..MEMBERS {
        head = bo.hires(on, &format!("late{number}")).await.position;
        assert_eq!(ann.members().await.len(), MEMBERS + number + 2);
    }
    for reader in &mut readers {
        reader.release();
        reader.reaches(head).await.expect("what was missed comes");
        reader.record(|record| record.complete_to = Some(head));
        assert_eq!(reader.close().await, None);
    }
    let log = Log::read(&stage.db).await;
    let page = Oracle::of(&log, &Retentions::new()).page(viewer);
    for reader in &readers {
        reader.record(|record| judge(record, &page, &log).assert_clean(&record.name));
    }
}
