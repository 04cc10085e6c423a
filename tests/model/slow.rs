//! P8: a reader that does not read costs little, loses nothing and delays nobody.

use crate::stage::Stage;
use crate::subscriber::{Opening, Subscriber, all_told};
use crate::support::checker::record::Start;

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
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let mut reader = Subscriber::of(&ann);
        let opening = Opening { held: true, ..Opening::from(Start::Snapshot) };
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
