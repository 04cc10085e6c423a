//! Changes that are held right before their commit, and registrations that queue behind them.

use crate::support::{Harness, Options};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use partner_service::backend::{Pause, PausePoint};
use partner_service::grpc::pb;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::Status;

/// Far more than any of this takes.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Holds the first change right before its commit, once it is told to, and counts commits.
pub struct Hold {
    armed: AtomicBool,
    commits: AtomicUsize,
    arrived: Semaphore,
    open: Semaphore,
}

impl Hold {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            armed: AtomicBool::new(false),
            commits: AtomicUsize::new(0),
            arrived: Semaphore::new(0),
            open: Semaphore::new(0),
        })
    }

    /// Starts a registration and waits until it is held.
    pub async fn begin(&self, harness: &Arc<Harness>, account: &str) -> JoinHandle<Answer> {
        self.commits.store(0, Ordering::SeqCst);
        self.armed.store(true, Ordering::SeqCst);
        let held = call(harness, request(account, "held@x.example"));
        timeout(PATIENCE, self.arrived.acquire()).await.expect("it arrives").unwrap().forget();
        held
    }

    pub fn release(&self) {
        self.open.add_permits(1);
    }

    pub fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }
}

impl Pause for Hold {
    fn reach(&self, point: PausePoint) -> BoxFuture<'_, ()> {
        async move {
            if point != PausePoint::BeforeCommit {
                return;
            }
            self.commits.fetch_add(1, Ordering::SeqCst);
            if self.armed.swap(false, Ordering::SeqCst) {
                self.arrived.add_permits(1);
                self.open.acquire().await.expect("never closed").forget();
            }
        }
        .boxed()
    }
}

pub async fn holding() -> (Arc<Harness>, Arc<Hold>) {
    let hold = Hold::new();
    let pause: Option<Arc<dyn Pause>> = Some(hold.clone());
    (Arc::new(Harness::with(Options { pause, ..Options::default() }).await), hold)
}

pub type Answer = Result<pb::RegisterMemberResponse, Status>;

pub fn request(account_id: &str, email: &str) -> pb::RegisterMemberRequest {
    pb::RegisterMemberRequest {
        account_id: account_id.to_owned(),
        member: Some(pb::Member { email: email.to_owned(), ..Default::default() }),
        ..Default::default()
    }
}

pub fn call(harness: &Arc<Harness>, request: pb::RegisterMemberRequest) -> JoinHandle<Answer> {
    let mut operator = harness.operator();
    tokio::spawn(async move { Ok(operator.accounts.register_member(request).await?.into_inner()) })
}

/// Until so many wait for their turn.
pub async fn queued(harness: &Harness, count: usize) {
    let all = async {
        while harness.registrations.waiting() != count {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, all).await.expect("so many calls queue up");
}

pub async fn ended<T>(call: JoinHandle<T>) -> T {
    timeout(PATIENCE, call).await.expect("the call ends").expect("no panic")
}

/// Makes these calls share a commit, behind one that is held for as long as it takes.
pub async fn together(
    (harness, hold): (&Arc<Harness>, &Arc<Hold>),
    account: &str,
    requests: Vec<pb::RegisterMemberRequest>,
) -> Vec<Answer> {
    let held = hold.begin(harness, account).await;
    let count = requests.len();
    let mut calls = Vec::new();
    for (number, request) in requests.into_iter().enumerate() {
        calls.push(call(harness, request));
        queued(harness, number + 1).await;
    }
    assert_eq!(harness.registrations.waiting(), count);
    hold.release();
    ended(held).await.expect("the held call is done");
    join_all(calls.into_iter().map(ended)).await
}
