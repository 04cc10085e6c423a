//! Holds whoever is first to reach one chosen moment, until it is let go.

use futures::FutureExt;
use futures::future::BoxFuture;
use partner_service::backend::{Pause, PausePoint};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Semaphore;

/// Where a verb can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Inside a change.
    Change(PausePoint),
    /// A worker has taken a letter and sent it, and waits for the mail server's answer.
    Sending,
}

/// Every one.
pub const MOMENTS: [Moment; 4] = [
    Moment::Change(PausePoint::BeforeHead),
    Moment::Change(PausePoint::AfterHead),
    Moment::Change(PausePoint::BeforeCommit),
    Moment::Sending,
];

/// Open unless armed; a change that runs again after a retry is not held twice.
pub struct Gate {
    armed: Mutex<Option<Moment>>,
    held: AtomicBool,
    arrived: Semaphore,
    open: Semaphore,
}

impl Gate {
    /// A gate that lets everything through.
    pub fn new() -> Self {
        Self {
            armed: Mutex::new(None),
            held: AtomicBool::new(false),
            arrived: Semaphore::new(0),
            open: Semaphore::new(0),
        }
    }

    /// Whoever is next to reach `moment` is held there.
    pub fn arm(&self, moment: Moment) {
        self.held.store(false, Ordering::SeqCst);
        *self.armed.lock().unwrap() = Some(moment);
    }

    /// Somebody stands at `moment`; the future ends when it may go on.
    pub async fn hold(&self, moment: Moment) {
        let holds = self.armed.lock().unwrap().take_if(|armed| *armed == moment).is_some();
        if holds {
            self.held.store(true, Ordering::SeqCst);
            self.arrived.add_permits(1);
            self.open.acquire().await.expect("never closed").forget();
        }
    }

    /// Waits for somebody to be held, or for `give_up`; answers whether one is.
    pub async fn arrival(&self) -> bool {
        self.arrived.acquire().await.expect("never closed").forget();
        self.held.load(Ordering::SeqCst)
    }

    /// The verb has ended: if it never came to the moment, nobody need wait for it.
    pub fn give_up(&self) {
        if self.armed.lock().unwrap().take().is_some() {
            self.arrived.add_permits(1);
        }
    }

    /// Lets who is held go on.
    pub fn release(&self) {
        self.open.add_permits(1);
    }
}

impl Pause for Gate {
    fn reach(&self, point: PausePoint) -> BoxFuture<'_, ()> {
        self.hold(Moment::Change(point)).boxed()
    }
}
