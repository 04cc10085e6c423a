//! One stream, however many connections it takes.
//!
//! ```text
//!             connect                    a message
//!   Waiting ----------> Opening ------> Open ------> yields it, remembers its token
//!      ^                   |              |
//!      +-------------------+--------------+   refused, ended, or silent for too long: yields why, waits, goes on
//! ```
//! It waits with full jitter and longer each time, after whatever `RetryInfo` asks for. Each attempt makes a connection of
//! its own: a stream that a replica lets go of should reach another one. It gives up only on what repeating cannot mend.

use super::backoff::{Backoff, LONGEST};
use super::verdict::{Verdict, retry_delay, verdict};
use crate::grpc::pb;
use pb::member_sync_service_client::MemberSyncServiceClient;
use pb::watch_members_request;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

/// A stream that was silent for so many of its heartbeat intervals is dead.
const MISSED_HEARTBEATS: u32 = 3;
/// How long an answer to the call itself may take: the service may wait for a replica that is behind.
const OPENING: Duration = Duration::from_secs(15);

/// What to follow.
#[derive(Clone, Debug)]
pub struct Ask {
    pub account_id: String,
    pub start: Start,
    /// From 1 to 60 seconds.
    pub heartbeat: Duration,
    /// Credentials.
    pub metadata: MetadataMap,
}

/// Where to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// With everybody, then what happens.
    Snapshot,
    /// With what happens from now on.
    Now,
    /// Right after the message that carried this token.
    After(String),
}

/// What a follower has to tell.
#[derive(Debug)]
pub enum Told {
    /// Apply it, then store its `resume_token`, if you can in one step.
    Message(Box<pb::WatchMembersResponse>),
    /// The stream broke off; it goes on where it was after `wait`. There is nothing to do.
    Interrupted { why: Status, wait: Duration },
    /// The token is of no use any more, so what follows after `wait` is a snapshot: what you have and are not sent between
    /// its SNAPSHOT_BEGIN and its SYNCED is gone. What happened meanwhile is not told as events.
    StartsAnew { why: Status, wait: Duration },
}

/// The service's last word.
#[derive(Debug, thiserror::Error)]
#[error("the service refused: {} ({:?})", .0.message(), .0.code())]
pub struct GaveUp(pub Status);

type Answer = Result<Streaming<pb::WatchMembersResponse>, Status>;

enum Line {
    Waiting { until: Instant },
    Opening { answer: Pin<Box<dyn Future<Output = Answer> + Send>>, until: Instant },
    Open { stream: Box<Streaming<pb::WatchMembersResponse>>, since: Instant, heard_at: Instant },
}

/// Follows one account's partners and their members.
pub struct Follower {
    connect: Box<dyn Fn() -> Channel + Send>,
    ask: Ask,
    line: Line,
    backoff: Backoff,
}

impl Follower {
    /// Follows as asked; `connect` makes each connection, `move || endpoint.connect_lazy()` for example.
    pub fn new(connect: impl Fn() -> Channel + Send + 'static, ask: Ask) -> Self {
        let line = Line::Waiting { until: Instant::now() };
        Self { connect: Box::new(connect), ask, line, backoff: Backoff::default() }
    }

    /// What comes next. Dropping the future loses nothing: ask again.
    ///
    /// # Errors
    /// `GaveUp` when trying again would give the same answer: put it right and make a new follower.
    pub async fn next(&mut self) -> Result<Told, GaveUp> {
        loop {
            match &mut self.line {
                Line::Waiting { until } => {
                    sleep_until(*until).await;
                    let answer = Box::pin(open((self.connect)(), self.ask.clone()));
                    self.line = Line::Opening { answer, until: Instant::now() + OPENING };
                }
                Line::Opening { answer, until } => {
                    let answer = timeout_at(*until, answer.as_mut()).await;
                    match answer.unwrap_or_else(|_| Err(silence(OPENING))) {
                        Ok(stream) => {
                            let (stream, now) = (Box::new(stream), Instant::now());
                            self.line = Line::Open { stream, since: now, heard_at: now };
                        }
                        Err(why) => return self.fall(why),
                    }
                }
                Line::Open { stream, since, heard_at } => {
                    let patience = self.ask.heartbeat * MISSED_HEARTBEATS;
                    let message = timeout_at(*heard_at + patience, stream.message()).await;
                    match message.unwrap_or_else(|_| Err(silence(patience))) {
                        Ok(Some(message)) => {
                            *heard_at = Instant::now();
                            // only a stream that stood for a while is a sign that all is well again
                            if heard_at.duration_since(*since) >= LONGEST {
                                self.backoff.reset();
                            }
                            self.ask.start = Start::After(message.resume_token.clone());
                            return Ok(Told::Message(Box::new(message)));
                        }
                        Ok(None) => return self.fall(Status::unavailable("the stream ended")),
                        Err(why) => return self.fall(why),
                    }
                }
            }
        }
    }

    fn fall(&mut self, why: Status) -> Result<Told, GaveUp> {
        let wait = retry_delay(&why).unwrap_or_default() + self.backoff.next_wait();
        self.line = Line::Waiting { until: Instant::now() + wait };
        match verdict(&why) {
            Verdict::TryAgain => Ok(Told::Interrupted { why, wait }),
            Verdict::StartAnew => {
                self.ask.start = Start::Snapshot;
                Ok(Told::StartsAnew { why, wait })
            }
            Verdict::GiveUp => Err(GaveUp(why)),
        }
    }
}

fn silence(patience: Duration) -> Status {
    Status::unavailable(format!("nothing was heard for {patience:?}"))
}

async fn open(channel: Channel, ask: Ask) -> Answer {
    let Ask { account_id, start, heartbeat, metadata } = ask;
    let start = match start {
        Start::Snapshot => watch_members_request::Start::Snapshot(()),
        Start::Now => watch_members_request::Start::Now(()),
        Start::After(token) => watch_members_request::Start::ResumeToken(token),
    };
    let mut request = Request::new(pb::WatchMembersRequest {
        account_id,
        start: Some(start),
        heartbeat_interval: prost_types::Duration::try_from(heartbeat).ok(),
        min_position: 0,
    });
    *request.metadata_mut() = metadata;
    let answer = MemberSyncServiceClient::new(channel).watch_members(request).await?;
    Ok(answer.into_inner())
}

#[cfg(test)]
mod tests;
