//! Holds the first change that reaches one chosen point, until it is let go.

use futures::FutureExt;
use futures::future::BoxFuture;
use partner_service::backend::{Pause, PausePoint};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Semaphore;

/// Open unless armed; a change that runs again after a retry is not held twice.
pub struct Gate {
    armed: Mutex<Option<PausePoint>>,
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

    /// The next change to reach `point` is held there.
    pub fn arm(&self, point: PausePoint) {
        self.held.store(false, Ordering::SeqCst);
        *self.armed.lock().unwrap() = Some(point);
    }

    /// Waits for a change to be held, or for `give_up`; answers whether one is.
    pub async fn arrival(&self) -> bool {
        self.arrived.acquire().await.expect("never closed").forget();
        self.held.load(Ordering::SeqCst)
    }

    /// The verb has ended: if it never came to the point, nobody need wait for it.
    pub fn give_up(&self) {
        if self.armed.lock().unwrap().take().is_some() {
            self.arrived.add_permits(1);
        }
    }

    /// Lets the held change go on.
    pub fn release(&self) {
        self.open.add_permits(1);
    }
}

impl Pause for Gate {
    fn reach(&self, point: PausePoint) -> BoxFuture<'_, ()> {
        async move {
            let holds = self.armed.lock().unwrap().take_if(|armed| *armed == point).is_some();
            if holds {
                self.held.store(true, Ordering::SeqCst);
                self.arrived.add_permits(1);
                self.open.acquire().await.expect("never closed").forget();
            }
        }
        .boxed()
    }
}
