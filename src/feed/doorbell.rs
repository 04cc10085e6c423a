//! Rung when something was committed. It carries no facts: the tail looks for itself, and looks anyway now and then.

use tokio::sync::Notify;

/// Two bells: one for this replica's tail, one for whoever tells the others.
#[derive(Debug, Default)]
pub struct Doorbell {
    tail: Notify,
    outward: Notify,
}

impl Doorbell {
    /// This replica committed something.
    pub fn committed(&self) {
        self.tail.notify_one();
        self.outward.notify_one();
    }

    /// Another replica says that it did.
    pub fn told(&self) {
        self.tail.notify_one();
    }

    /// Returns when somebody committed since it was last asked.
    pub async fn heard(&self) {
        self.tail.notified().await;
    }

    /// Returns when this replica committed since it was last asked.
    pub async fn to_tell(&self) {
        self.outward.notified().await;
    }
}
