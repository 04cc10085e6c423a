//! The connection of a group commit breaks right before COMMIT: the log says that nothing happened, and it is done again,
//! once. (That the reply alone is lost is tried in tests/chaos, with a proxy: one place settles every commit.)

use crate::behind::Session;
use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::{Harness, Options};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use partner_service::backend::{Pause, PausePoint};
use partner_service::grpc::pb;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const CALLS: usize = 10;

/// Breaks the connections of changes that stand before their commit, so many times.
struct Cut {
    database: Arc<TestDatabase>,
    left: AtomicUsize,
}

impl Pause for Cut {
    fn reach(&self, point: PausePoint) -> BoxFuture<'_, ()> {
        async move {
            let left = |left: usize| left.checked_sub(1);
            if point != PausePoint::BeforeCommit
                || self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_err()
            {
                return;
            }
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \
                       current_database() AND state = 'idle in transaction'";
            Session::open(&self.database).await.run(cut).await;
        }
        .boxed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_whose_commit_was_lost_are_done_again_and_once() {
    if engine() == TestEngine::Sqlite {
        return; // no connection that could break
    }
    let database = Arc::new(TestDatabase::fresh().await);
    let cut = Arc::new(Cut { database: Arc::clone(&database), left: AtomicUsize::new(0) });
    let pause: Option<Arc<dyn Pause>> = Some(cut.clone());
    let options = Options { pause, database: Some(database), ..Options::default() };
    let harness = Harness::with(options).await;
    let ann = harness.account("ann").await.id;
    let head = harness.head().await;
    cut.left.store(3, Ordering::SeqCst);
    let calls = (0..CALLS).map(|n| {
        // without a request id only the log can tell the service what became of the first attempt
        let request_id = if n % 2 == 0 { format!("r{n}") } else { String::new() };
        let member = pb::Member { email: format!("p{n}@x.example"), ..Default::default() };
        let request = pb::RegisterMemberRequest {
            account_id: ann.clone(),
            member: Some(member),
            request_id,
            ..Default::default()
        };
        let mut operator = harness.operator();
        async move { operator.accounts.register_member(request).await.unwrap().into_inner() }
    });
    let mut positions: Vec<i64> =
        join_all(calls).await.into_iter().map(|answer| answer.position).collect();
    positions.sort_unstable();
    let last = head + i64::try_from(CALLS).unwrap();
    assert_eq!(positions, (head + 1..=last).collect::<Vec<_>>());
    assert_eq!((harness.head().await, cut.left.load(Ordering::SeqCst)), (last, 0));
}
