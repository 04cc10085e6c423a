//! One stream: a snapshot if it begins with one, then what the hub hands out, with a sign of life now and then.
//!
//! Nothing is read or made before the consumer asks for it: HTTP/2 flow control holds a stream back here, where all that
//! waits for it are a few positions.

use super::apart::apart;
use super::behind::Behind;
use super::message::{Message, Said};
use super::relations;
use super::snapshot::{Page, Snapshot};
use super::start::{Phase, Wish, seated};
use crate::account::access;
use crate::backend::Backend;
use crate::caller::Actor;
use crate::contact::{ContactView, Key, Viewing, store};
use crate::domain::ids::AccountId;
use crate::domain::sync::{Relations, Telling};
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::faults::{Spot, Variant, broken, dawdle, die_at};
use crate::feed::blocks::History;
use crate::feed::entry::Place;
use crate::feed::fold::{End, Who};
use crate::feed::hub::{Next, Seat};
use crate::feed::log::highest;
use crate::feed::run::Told;
use crate::feed::token::ResumeToken;
use rand::Rng;
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::{Duration, Instant, Sleep, sleep_until};
use uuid::Uuid;

/// A stream.
pub struct Watch {
    backend: Arc<Backend>,
    seat: Seat,
    viewer: AccountId,
    log: Uuid,
    phase: Phase,
    behind: Behind,
    /// Resumes after everything sent.
    sent: ResumeToken,
    /// The last end of a change up to which nothing is left to send.
    whole: Option<Place>,
    heartbeat: Duration,
    next_heartbeat: Instant,
    /// What happened earlier was not waited for.
    since: Timestamp,
    rotates_at: Instant,
    credentials_end: Option<Instant>,
    /// For the first of these; kept, since to set it anew for each event would cost more than the event.
    alarm: Pin<Box<Sleep>>,
    is_leaving: bool,
    is_over: bool,
}

impl Watch {
    /// Opens a stream: registered first, so that nothing is missed; then everything else. `turn` is dropped as soon as the
    /// database is not needed any more: whoever then waits for this replica keeps nobody waiting.
    ///
    /// # Errors
    /// `TooManyStreams`, `ShuttingDown`; rights lost meanwhile; what is wrong with a token; `PositionUnknown`,
    /// `NotYetThere`; the database's.
    pub async fn open(
        backend: Arc<Backend>,
        actor: &Actor,
        viewer: AccountId,
        wish: Wish,
        turn: impl Send,
    ) -> Result<Self, Error> {
        let Wish { start, heartbeat, min_position, credentials_end } = wish;
        let sizes = backend.limits.feed;
        let own_limit = match actor.operator {
            Some(_) => sizes.streams_per_operator,
            None => sizes.streams_per_caller,
        };
        let member = actor.member.as_ref().map(|member| member.id);
        let seat = backend
            .feed
            .hub
            .enter(Who { viewer, member, scope: actor.request_scope().into() }, own_limit)?;
        // what took these rights away before the seat was taken could not end the stream
        if !broken(Variant::RightsNotAskedAgain) {
            access::still(&backend, actor).await?;
        }
        if !seat.is_known() {
            let tail = backend.feed.hub.tail().position;
            let (relations, as_of) = relations::load(backend.catch_up(), viewer).await?;
            if broken(Variant::ReadBeforeRegister) {
                dawdle().await;
            }
            if as_of < tail {
                // what the tail has read is not there: the tail will find that out
                return Err(Error::DatabaseUnavailable(None));
            }
            seat.learn(relations, as_of);
        }
        die_at(Spot::AfterSeat);
        let (phase, sent) = seated(&backend, &seat, viewer, start, min_position, turn).await?;
        let now = Instant::now();
        let lifetime = backend.limits.stream_lifetime.mul_f64(rand::rng().random_range(0.9..1.1));
        Ok(Self {
            log: sent.log,
            phase,
            behind: Behind::default(),
            sent,
            whole: None,
            next_heartbeat: now + heartbeat,
            heartbeat,
            since: backend.now(),
            rotates_at: now + lifetime,
            credentials_end,
            alarm: Box::pin(sleep_until(now)),
            is_leaving: false,
            is_over: false,
            backend,
            seat,
            viewer,
        })
    }

    /// Whose partners are watched.
    #[must_use]
    pub fn viewer(&self) -> AccountId {
        self.viewer
    }

    /// The service's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.backend.now()
    }

    /// The next messages, once there are any; never none.
    ///
    /// # Errors
    /// Why the stream ends; nothing comes after it.
    pub async fn next(&mut self) -> Option<Result<Vec<Message>, Error>> {
        if self.is_over {
            return None;
        }
        let next = self.messages().await.map_err(|error| self.backend.blame(error));
        self.is_over = next.is_err();
        if let Ok(messages) = &next {
            self.count(messages);
        }
        Some(next)
    }

    /// Once for all that leaves together: the one that waited longest stands for the others.
    fn count(&self, messages: &[Message]) {
        let meter = &self.backend.meter;
        meter.deliveries.inc_by(messages.iter().map(Message::count).sum());
        let events = messages.iter().filter_map(Message::first_event);
        let lived = events.map(|event| event.at).filter(|at| *at >= self.since);
        if let Some(first) = lived.min() {
            meter.commit_to_send.observe(first.until(self.backend.now()).as_secs_f64());
        }
    }

    async fn messages(&mut self) -> Result<Vec<Message>, Error> {
        loop {
            let now = Instant::now();
            self.may_go_on(now)?;
            let beats = now >= self.next_heartbeat;
            match &mut self.phase {
                Phase::Greeting => {
                    self.phase = Phase::Events;
                    return Ok(vec![self.beat(self.sent)]);
                }
                Phase::Begin(snapshot) => {
                    let (token, snapshot) = (snapshot.token, *snapshot);
                    self.phase = Phase::Snapshot(snapshot);
                    return Ok(vec![Message { token, said: Said::SnapshotBegin }]);
                }
                Phase::Snapshot(_) if beats => return Ok(vec![self.beat(self.sent)]),
                Phase::Snapshot(snapshot) => {
                    let (page, walked) = Box::pin(walk(&self.backend, *snapshot)).await?;
                    *snapshot = walked;
                    return Ok(self.contacts(page));
                }
                Phase::Events => {}
            }
            let mut messages = match self.seat.next() {
                Err(End::ShuttingDown) => return self.leave(),
                Err(why) => return Err(ended(why, self.viewer)),
                Ok(Next::Events(events, covered)) => {
                    self.whole = covered.or(self.whole);
                    Box::pin(self.tell(events)).await?
                }
                Ok(Next::Stored { after, history, relations }) => {
                    self.backend.meter.fallbacks.inc();
                    Box::pin(self.stored(after, history, &relations)).await?
                }
                Ok(Next::Nothing(whole)) => {
                    self.whole = Some(whole);
                    if !beats {
                        self.wait().await;
                        continue;
                    }
                    Vec::new()
                }
            };
            if beats && let Some(heartbeat) = self.heartbeat() {
                let first = broken(Variant::HeartbeatBeforeEvents);
                messages.insert(if first { 0 } else { messages.len() }, heartbeat);
            }
            if !messages.is_empty() {
                return Ok(messages);
            }
        }
    }

    async fn wait(&mut self) {
        let mut until = self.next_heartbeat.min(self.rotates_at);
        if let Some(end) = self.credentials_end {
            until = until.min(end);
        }
        if self.alarm.deadline() != until {
            self.alarm.as_mut().reset(until);
        }
        tokio::select! {
            biased;
            () = self.seat.woken() => {}
            () = &mut self.alarm => {}
        }
    }

    /// When the consumer's credentials are over.
    #[must_use]
    pub fn credentials_end(&self) -> Option<Instant> {
        self.credentials_end
    }

    fn may_go_on(&self, now: Instant) -> Result<(), Error> {
        if self.credentials_end.is_some_and(|end| end <= now) {
            return Err(Error::CredentialsInvalid);
        }
        if now >= self.rotates_at {
            return Err(Error::StreamRotated);
        }
        if let Phase::Events = self.phase {
            // with a farewell, below
            return Ok(());
        }
        self.seat.ended().map_or(Ok(()), |why| Err(ended(why, self.viewer)))
    }

    /// Where a heartbeat may stand: at the end of a change, at or after everything sent.
    fn heartbeat(&mut self) -> Option<Message> {
        if broken(Variant::HeartbeatAhead) {
            self.whole = Some(self.seat.hub().whole().1);
        }
        let Some(whole) = self.whole.filter(|whole| whole.position >= self.sent.position) else {
            // the rest of a change is on its way
            self.next_heartbeat = Instant::now() + self.backend.limits.feed.poll;
            return None;
        };
        Some(self.beat(whole.token(self.log)))
    }

    fn beat(&mut self, token: ResumeToken) -> Message {
        self.next_heartbeat = Instant::now() + self.heartbeat;
        self.sent = token;
        Message { token, said: Said::Heartbeat { lag: self.seat.hub().lag() } }
    }

    /// A last heartbeat, so that the consumer knows where to go on; then the end.
    fn leave(&mut self) -> Result<Vec<Message>, Error> {
        let whole = self.seat.complete_to().filter(|whole| whole.position > self.sent.position);
        match whole.filter(|_| !self.is_leaving) {
            Some(whole) => {
                self.is_leaving = true;
                Ok(vec![self.beat(whole.token(self.log))])
            }
            None => Err(Error::ShuttingDown),
        }
    }

    /// Events up to the first after which something has to be read: that comes before everything later.
    async fn tell(&mut self, events: Vec<Told>) -> Result<Vec<Message>, Error> {
        self.within_tail(&events)?;
        let mut messages = Vec::with_capacity(events.len());
        if !events.is_empty() {
            die_at(Spot::BeforeEvents);
        }
        for (stretch, telling) in events {
            let Some(place) = stretch.entries().last().map(|entry| entry.place) else { continue };
            let mut token = place.token(self.log);
            match telling {
                Telling::Activated(partner, _) | Telling::Updated(partner) => {
                    let snapshot = Snapshot::opening(token, self.viewer, Some(partner));
                    token = snapshot.token;
                    self.phase = Phase::Snapshot(snapshot);
                }
                Telling::Restored(home, member) => {
                    if let Some(view) = self.contact(place, (home, member)).await? {
                        messages.push(Message { token, said: Said::Contact(Box::new(view)) });
                        self.sent = token;
                    }
                    continue;
                }
                Telling::Member(..) | Telling::Ended(..) => {}
            }
            self.sent = token;
            messages.push(Message { token, said: Said::Events(stretch, telling) });
            let first = broken(Variant::EventsBeforeSubSnapshot);
            if matches!(self.phase, Phase::Snapshot(_)) && !first {
                // what else was handed out is handed out again when the snapshot is complete
                self.whole = None;
                break;
            }
        }
        Ok(messages)
    }

    async fn contact(&self, at: Place, key: Key) -> Result<Option<ContactView>, Error> {
        let viewing = Viewing { account: self.viewer, as_of: at.position };
        let backend = Arc::clone(&self.backend);
        apart(async move { store::member_as_of(backend.catch_up(), viewing, key).await }).await
    }

    /// The invariant of the feed, also in release builds: nothing beyond the tail is ever sent.
    fn within_tail(&self, events: &[Told]) -> Result<(), Error> {
        let entries = events.iter().flat_map(|(stretch, _)| stretch.entries().last());
        let Some(position) = entries.map(|entry| entry.place.position).max() else {
            return Ok(());
        };
        let tail = self.seat.hub().tail().position;
        if position <= tail || broken(Variant::PageBeyondTailUnasserted) {
            return Ok(());
        }
        tracing::error!(position, tail, "an event beyond the tail");
        Err(Error::internal("an event beyond the tail was about to be sent"))
    }

    async fn stored(
        &mut self,
        after: i64,
        history: History,
        relations: &Relations,
    ) -> Result<Vec<Message>, Error> {
        let beyond = broken(Variant::PageBeyondTail) || broken(Variant::PageBeyondTailUnasserted);
        let upto = if beyond { highest(self.backend.reads()).await? } else { history.position };
        let read = self.behind.next(&self.backend, self.viewer, after..upto, history, relations);
        let (stretches, reached) = read.await?;
        let mut told = Vec::new();
        for stretch in stretches {
            let whole = stretch.entries().iter().rfind(|entry| entry.last_of_change);
            self.whole = whole.map(|entry| entry.place).or(self.whole);
            stretch.tell(self.viewer, relations, &mut told);
        }
        self.seat.go_on_after(reached);
        self.tell(told).await
    }

    fn contacts(&mut self, page: Page) -> Vec<Message> {
        let Phase::Snapshot(snapshot) = &self.phase else { return Vec::new() };
        let (partner, as_of) = (snapshot.place.partner, snapshot.as_of());
        let contact = |(view, token)| Message { token, said: Said::Contact(Box::new(view)) };
        let mut messages: Vec<Message> = page.contacts.into_iter().map(contact).collect();
        if page.is_last {
            messages.push(Message { token: as_of, said: Said::Synced(partner) });
            self.seat.go_on_after(as_of.position);
            self.phase = Phase::Events;
        }
        if let Some(last) = messages.last() {
            self.sent = last.token;
        }
        messages
    }
}

/// A snapshot's next page, and the snapshot after it.
async fn walk(backend: &Arc<Backend>, mut snapshot: Snapshot) -> Result<(Page, Snapshot), Error> {
    let backend = Arc::clone(backend);
    apart(async move { Ok((snapshot.next(&backend).await?, snapshot)) }).await
}

fn ended(why: End, viewer: AccountId) -> Error {
    match why {
        End::MemberNotActive => Error::MemberNotActive,
        End::AccountNotActive => Error::AccountNotActive { account: viewer.to_string() },
        End::Diverged => Error::ResumeTokenDiverged,
        End::Interrupted => Error::DatabaseUnavailable(None),
        End::ShuttingDown => Error::ShuttingDown,
    }
}
