//! What tests may break: one wrong turn of the log or its stream at a time, and the spots where a process may die.
//!
//! `tests/gallery` has the service take each wrong turn and shows that the tests object; `tests/chaos` has processes die at
//! each spot. Nothing of this is in the service without the feature `faults`, which is for tests only: `broken` is then a
//! constant, `die_at` nothing, and whatever stands behind them is never built in.

#[cfg(feature = "faults")]
use sea_orm::EnumIter;

/// A wrong turn; each is taken, in one line, where the service would go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "faults", derive(EnumIter))]
pub enum Variant {
    /// Positions come from a counter, and nobody waits for the head: a later one may commit first.
    IdentityCursor,
    /// One statement locks the head and reads the highest position: what it sees predates its wait.
    OneStatementAppend,
    /// What both sides keep of a partnership that ends is copied before the head is locked.
    CopyBeforeHead,
    /// Addresses are locked in whatever order they come.
    UnsortedKeys,
    /// Nobody locks the address that an invitation is sent to, or a member registers with.
    BindingUnlocked,
    /// The tail does not look at the event it stands at.
    TailWithoutAnchor,
    /// The position reached is published, and the marks come after it.
    TailBeforeMarks,
    /// The position reached is published, and nobody is woken.
    TailWithoutWake,
    /// A watcher with too many positions to look at forgets the ones that do not fit.
    PendingForgets,
    /// Streams go on, whatever their member or account may still do.
    RightsOutliveEvents,
    /// Who is let in is not asked again once its seat is taken.
    RightsNotAskedAgain,
    /// What an account has to do with others is read, and what happens until its watcher is registered never learnt.
    ReadBeforeRegister,
    /// A page of the database is read to the end of the log, not to the position reached.
    PageBeyondTail,
    /// The same, and nothing in the service looks whether an event lies beyond the position reached.
    PageBeyondTailUnasserted,
    /// A block that is not full yet is kept as if it were.
    PartialBlockKept,
    /// Whoever is far behind is not told of the partnerships that it proposed itself.
    FewOfOneSide,
    /// Only a token that is resumed from is compared with the floor, not what is read later.
    FloorOnlyAtResume,
    /// A snapshot shows contacts as they are, not as they were at its position.
    SnapshotWithoutBound,
    /// A snapshot begins at the end of the log, not at the position reached.
    SnapshotBeyondTail,
    /// The contacts of a page all carry the token of its last.
    SnapshotTokenOfPage,
    /// What follows a partnership's begin is told before the partner's people are.
    EventsBeforeSubSnapshot,
    /// A sign of life that is due with events comes before them.
    HeartbeatBeforeEvents,
    /// A sign of life stands at the position reached, whatever is left to send.
    HeartbeatAhead,
    /// A sign of life may stand inside a change.
    HeartbeatInsideChange,
    /// People whom an account has deleted from its contacts are told of all the same.
    DeletedContactsTold,
    /// People who left before a partnership began are among its contacts.
    LongGoneShown,
    /// The end of a partnership is told as a member's event is: inside the interval, where it never lies.
    EndingByInterval,
    /// Who is no partner when an event is delivered is not told, whatever it was at the event's position.
    RevocationByClock,
    /// The bytes of an event are made once for both sides of a partnership.
    OneSidesBytes,
    /// The bytes of a member's event are made once for partners who share contact details and for those who do not.
    DetailsInSharedBytes,
    /// Nobody compares the part of the event's id that a token carries.
    TokenTagUnchecked,
    /// A token ahead of this replica is answered as one of another history.
    FutureTokenDiverged,
}

/// Where a process may die, as by kill -9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "faults", derive(EnumIter))]
pub enum Spot {
    /// All rows are locked, the head is not.
    BeforeHead,
    /// The head is locked, nothing written.
    AfterHead,
    /// Everything is written, nothing committed.
    BeforeCommit,
    /// It is committed, nobody knows.
    AfterCommit,
    /// The doorbell has rung, the caller has no answer.
    BeforeAnswer,
    /// A batch is committed, none of its callers has an answer.
    BeforeAnswers,
    /// The tail has read a page, no stream has seen it.
    BeforePublish,
    /// A page is published, nobody is woken.
    AfterPublish,
    /// A stream has its seat, and nothing else.
    AfterSeat,
    /// SNAPSHOT_BEGIN is sent, and perhaps some pages.
    InSnapshot,
    /// Events were taken from what is pending, and not sent.
    BeforeEvents,
    /// A letter is leased, and nobody was written to.
    MailClaimed,
    /// The mail server has a letter, and the outbox does not know.
    MailSent,
    /// It knows.
    MailMarked,
}

#[cfg(feature = "faults")]
pub use armed::*;
#[cfg(not(feature = "faults"))]
pub(crate) use unarmed::*;

#[cfg(feature = "faults")]
mod armed {
    use super::{Spot, Variant};
    use rand::seq::SliceRandom;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, Ordering::SeqCst};
    use std::time::Duration;

    /// Names a spot, and at which passing the process dies there: `AfterHead:3`.
    pub const DIES_AT: &str = "FAULTS_DIE_AT";
    /// Long enough for whatever else is to come in between; the shorter one holds up everything.
    const GAPS: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(15)];

    static TAKEN: AtomicU8 = AtomicU8::new(0);
    static COUNTER: AtomicI64 = AtomicI64::new(0);

    /// Has this process take a wrong turn from now on, or none.
    pub fn take(variant: Option<Variant>) {
        COUNTER.store(0, SeqCst);
        TAKEN.store(variant.map_or(0, number), SeqCst);
    }

    fn number(variant: Variant) -> u8 {
        variant as u8 + 1
    }

    /// Whether the process takes this wrong turn.
    #[must_use]
    pub fn broken(variant: Variant) -> bool {
        TAKEN.load(SeqCst) == number(variant)
    }

    /// Dies here if the environment says so.
    pub fn die_at(spot: Spot) {
        static DEATH: OnceLock<Option<(String, AtomicU32)>> = OnceLock::new();
        let death = DEATH.get_or_init(|| {
            let armed = std::env::var(DIES_AT).ok()?;
            let (spot, times) = armed.split_once(':')?;
            Some((spot.to_owned(), AtomicU32::new(times.parse().ok()?)))
        });
        if let Some((chosen, left)) = death
            && *chosen == format!("{spot:?}")
            && left.fetch_sub(1, SeqCst) == 1
        {
            std::process::abort();
        }
    }

    /// Lets others go first, where a wrong turn is wrong only if they do.
    pub async fn dawdle() {
        tokio::time::sleep(GAPS[0]).await;
    }

    /// The same where nothing can be awaited.
    pub fn dawdle_here() {
        std::thread::sleep(GAPS[1]);
    }

    /// In no order at all.
    pub fn shuffled<T>(all: impl Iterator<Item = T>) -> Vec<T> {
        let mut all: Vec<T> = all.collect();
        all.shuffle(&mut rand::rng());
        all
    }

    /// A number that nobody else gets, at or above `least`, as identity columns hand them out.
    pub fn count_up(least: i64) -> i64 {
        COUNTER.fetch_max(least, SeqCst);
        COUNTER.fetch_add(1, SeqCst)
    }
}

#[cfg(not(feature = "faults"))]
mod unarmed {
    use super::{Spot, Variant};
    use std::future::{Ready, ready};

    #[must_use]
    pub const fn broken(_: Variant) -> bool {
        false
    }

    pub const fn die_at(_: Spot) {}

    pub fn dawdle() -> Ready<()> {
        ready(())
    }

    pub const fn dawdle_here() {}

    pub fn shuffled<T>(all: impl Iterator<Item = T>) -> Vec<T> {
        all.collect()
    }

    pub const fn count_up(least: i64) -> i64 {
        least
    }
}
