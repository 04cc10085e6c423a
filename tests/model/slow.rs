//! P8: a reader that does not read costs little, loses nothing and delays nobody.

use crate::stage::Stage;
use crate::subscriber::{Opening, Subscriber, all_told};
use crate::support::checker::record::Start;

/// More than there are connections to the database.
const READERS: usize = 9;
const MEMBERS: usize = 40;
/// From fewer than are noted for a reader to more than are kept in memory.
const MOST_MISSED: usize = 14;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_do_not_read_keep_nobody_waiting_and_then_get_everything() {
    let stage = Stage::build().await;
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    for number in 0..MEMBERS {
        bo.hires(on, &format!("m{number}")).await;
    }
    let mut readers = Vec::new();
    for number in 0..READERS {
        let mut reader = Subscriber::of(&ann);
        // some stop in the middle of a snapshot, some where nothing is left to read but what will happen
        let start = if number % 3 == 0 { Start::Now } else { Start::Snapshot };
        let opening = Opening { held: true, ..Opening::from(start) };
        reader.watch(&stage, &ann, opening);
        assert!(reader.is_answered().await, "a stream begins");
        readers.push(reader);
    }
    // each of these calls needs connections of its own
    let mut head = 0;
    for number in 0..MEMBERS {
        head = bo.hires(on, &format!("late{number}")).await.position;
        assert_eq!(ann.members().await.len(), MEMBERS + number + 2);
    }
    all_told(&stage, &mut readers, head).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_for_any_number_of_events_gets_each_of_them() {
    let stage = Stage::build().await;
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    let mut readers = Vec::new();
    let mut head = 0;
    for missed in 1..=MOST_MISSED {
        let mut reader = Subscriber::of(&ann);
        let opening = Opening { held: true, ..Opening::from(Start::Now) };
        reader.watch(&stage, &ann, opening);
        assert!(reader.is_answered().await, "a stream begins");
        for number in 0..missed {
            head = bo.hires(on, &format!("m{missed}-{number}")).await.position;
        }
        reader.release();
        assert!(reader.reaches(head).await.is_some(), "{missed} missed");
        assert_eq!(reader.close().await, None);
        reader.record(|record| record.complete_to = Some(head));
        readers.push(reader);
    }
    all_told(&stage, &mut readers, head).await;
}
