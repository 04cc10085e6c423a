//! Follows the end of the log, on a connection of its own, and hands what it reads to the hub.
//!
//! Each look reads from the event it stands at, not from behind it: that event proves that history is still the same.

use super::Feed;
use super::blocks::hole;
use super::entry::decode;
use super::fold::End;
use super::log::{self, Page};
use crate::error::Error;
use crate::faults::{Variant, broken};
use rand::Rng;
use sea_orm::DatabaseConnection;
use std::sync::Arc;
use tokio::time::{Duration, Instant, timeout};
use tokio_util::sync::CancellationToken;

/// What a look at the end of the log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// There is more at once.
    More,
    /// The end, or a place beyond which nothing can be told.
    End,
}

/// A server that is busy with starting may need this long for a first connection.
const START: Duration = Duration::from_secs(10);
/// A database that has not answered by then never will: its machine is gone, and nothing said so.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// Takes the hub to the end of the log for the first time.
///
/// # Errors
/// The database's.
pub async fn start(feed: &Feed, db: &DatabaseConnection) -> Result<(), Error> {
    let deadline = Instant::now() + START;
    loop {
        match take_place(feed, db, End::Interrupted).await {
            Err(Error::DatabaseUnavailable(_)) if Instant::now() < deadline => {}
            other => return other,
        }
    }
}

async fn take_place(feed: &Feed, db: &DatabaseConnection, why: End) -> Result<(), Error> {
    let (log, newest) = log::newest(db).await?;
    feed.memory.restart(newest.position);
    feed.hub.restart(why, log, newest);
    feed.blocks.forget();
    Ok(())
}

/// Follows until `shutdown`; the hub stands at some place of the log already.
pub async fn follow(
    feed: Arc<Feed>,
    connect: impl Fn() -> DatabaseConnection,
    shutdown: CancellationToken,
) {
    let (mut db, mut failing) = (connect(), false);
    loop {
        let looked = timeout(LONGEST_LOOK, look(&feed, &db)).await.unwrap_or_else(|_| {
            db = connect();
            Err(Error::DatabaseUnavailable(None))
        });
        match looked {
            Ok(Look::More) if !shutdown.is_cancelled() => continue,
            Ok(Look::More) => return,
            Ok(Look::End) => {
                if std::mem::take(&mut failing) {
                    tracing::info!("the log can be read again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::error!(
                        cause = cause(&error),
                        "the log cannot be followed; trying until it can"
                    );
                }
            }
        }
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            () = feed.bell.heard() => {}
            () = tokio::time::sleep(jittered(feed.sizes.poll)) => {}
        }
    }
}

async fn look(feed: &Feed, db: &DatabaseConnection) -> Result<Look, Error> {
    let (log, at) = (feed.hub.log(), feed.hub.tail());
    let limit = feed.sizes.page + 1;
    let Page { log_id, floor_position, mut rows, .. } =
        log::page(db, at.position, i64::MAX, limit, at.position).await?;
    let full = i64::try_from(rows.len()) == Ok(limit);
    let anchored = rows.first().is_some_and(|row| row.position == at.position);
    let moved = anchored && rows[0].event_id != at.event && !broken(Variant::TailWithoutAnchor);
    if log_id != log || moved || rows.is_empty() {
        tracing::error!(
            position = at.position,
            "the log does not hold what was read from it; streams end, and start anew"
        );
        take_place(feed, db, End::Diverged).await?;
        return Ok(Look::End);
    }
    if !anchored {
        if floor_position <= at.position {
            return Err(hole(at.position - 1));
        }
        tracing::warn!(
            position = at.position,
            floor_position,
            "events were deleted before they were read; streams end, and go on from the database"
        );
        take_place(feed, db, End::Interrupted).await?;
        return Ok(Look::End);
    }
    rows.remove(0);
    let contiguous =
        rows.iter().zip(at.position + 1..).take_while(|(row, next)| row.position == *next).count();
    let broken = contiguous < rows.len();
    rows.truncate(contiguous);
    let reached = rows.last().map_or(at.position, |row| row.position);
    let entries = decode(db, rows).await?;
    feed.hub.publish(&entries, !full && !broken)?;
    feed.memory.advance(&entries, reached, !full && !broken);
    if broken {
        return Err(hole(reached));
    }
    Ok(if full { Look::More } else { Look::End })
}

/// What an error hides from callers, and its log line should not.
fn cause(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// So that replicas do not all look at once.
fn jittered(poll: Duration) -> Duration {
    poll.mul_f64(rand::rng().random_range(0.8..1.2))
}
