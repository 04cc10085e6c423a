//! Where a change can be held, so that tests put two of them into every order.

use futures::future::BoxFuture;

/// A place inside a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PausePoint {
    /// Decided, all rows locked, the head not yet.
    BeforeHead,
    /// The head is locked, nothing written.
    AfterHead,
    /// Everything written, nothing committed.
    BeforeCommit,
}

/// Told whenever a change reaches a point; it goes on when the future ends.
pub trait Pause: Send + Sync {
    /// A change stands at `point`.
    fn reach(&self, point: PausePoint) -> BoxFuture<'_, ()>;
}
