//! One subscriber of WatchMembers: streams that it opens, reads, leaves alone, cuts, and resumes from any token it ever saw.

use crate::stage::{HEARTBEAT, Stage};
use crate::support::Caller;
use crate::support::checker::judge::judge;
use crate::support::checker::log::Log;
use crate::support::checker::oracle::{Oracle, Retentions};
use crate::support::checker::record::{Entry, Record, Start, reached};
use crate::support::checker::verdict::Verdict;
use crate::support::refusal::Refusal;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use pb::watch_members_request::Start as Wanted;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Status, Streaming};

/// How long anything is waited for, in seconds, on a machine that has much else to do.
pub static PATIENCE_S: AtomicU64 = AtomicU64::new(60);

/// Who a subscriber is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Boss,
    Operator,
    /// This member, who may lose the right to watch.
    Member(String),
}

/// How a stream is opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    pub start: Start,
    pub min_position: i64,
    pub replica: usize,
    pub heartbeat: Duration,
    /// Cut after this many messages.
    pub cut_after: Option<usize>,
    /// Read nothing until released.
    pub held: bool,
}

impl Opening {
    /// On the first replica, read at once and for ever.
    pub fn from(start: Start) -> Self {
        let heartbeat = HEARTBEAT;
        Self { start, min_position: 0, replica: 0, heartbeat, cut_after: None, held: false }
    }
}

/// How far a stream has come.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The call was answered: the stream exists.
    pub answered: bool,
    pub position: i64,
    /// The service's reason, or none when the subscriber cut it.
    pub ended: Option<Option<String>>,
}

struct Session {
    pump: AbortOnDropHandle<()>,
    progress: watch::Receiver<Progress>,
    release: watch::Sender<bool>,
}

/// A subscriber and what it has received.
pub struct Subscriber {
    pub account: usize,
    pub who: Who,
    record: Arc<Mutex<Record>>,
    session: Option<Session>,
}

impl Subscriber {
    pub fn new(account: usize, who: Who, record: Record) -> Self {
        Self { account, who, record: Arc::new(Mutex::new(record)), session: None }
    }

    /// An organisation's administrator.
    pub fn of(organization: &Organization) -> Self {
        let record = Record::new(organization.name.clone(), organization.id.parse().unwrap());
        Self::new(0, Who::Boss, record)
    }

    /// Opens the administrator's stream.
    pub fn watch(&mut self, stage: &Stage, organization: &Organization, opening: Opening) {
        let boss = Some(&*organization.boss.id);
        self.open(&stage.caller(opening.replica, boss, opening.held), opening);
    }

    /// Opens a stream; an earlier one must be over.
    pub fn open(&mut self, by: &Caller, opening: Opening) {
        assert!(self.session.is_none(), "one stream at a time");
        let Opening { start, min_position, replica, cut_after, held, .. } = opening;
        let request = {
            let mut record = self.record.lock().unwrap();
            let request = request(&record, opening);
            record.push(Entry::Opened { start, min_position, replica });
            request
        };
        let (progress, seen) = watch::channel(Progress::default());
        let (release, released) = watch::channel(!held);
        let pump = Pump { record: Arc::clone(&self.record), progress, released, cut_after };
        let by = by.clone();
        let pump = AbortOnDropHandle::new(tokio::spawn(pump.run(by, request)));
        self.session = Some(Session { pump, progress: seen, release });
    }

    pub fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// Lets a held stream be read.
    pub fn release(&self) {
        if let Some(session) = &self.session {
            session.release.send_replace(true);
        }
    }

    /// Whether the stream is being read.
    pub fn is_read(&self) -> bool {
        self.session.as_ref().is_some_and(|session| *session.release.borrow())
    }

    /// Waits until the stream has told everything up to a position, or is over; how far it came.
    pub async fn reaches(&self, position: i64) -> Option<Progress> {
        self.until(|progress| progress.position >= position).await
    }

    /// Waits until the service ends the stream.
    pub async fn ends(&self) -> Option<Progress> {
        self.until(|_| false).await
    }

    /// Waits until the call is answered; whether with a stream.
    pub async fn is_answered(&self) -> bool {
        self.until(|progress| progress.answered).await.is_some_and(|progress| progress.answered)
    }

    async fn until(&self, enough: impl Fn(&Progress) -> bool) -> Option<Progress> {
        let mut progress = self.session.as_ref()?.progress.clone();
        let done = progress.wait_for(|now| now.ended.is_some() || enough(now));
        let patience = Duration::from_secs(PATIENCE_S.load(Ordering::Relaxed));
        let now = tokio::time::timeout(patience, done).await.ok()?;
        now.ok().map(|now| now.clone())
    }

    /// Cuts the stream if the service has not ended it; the reason if it has.
    pub async fn close(&mut self) -> Option<String> {
        let Session { pump, progress, .. } = self.session.take()?;
        pump.abort();
        // what was received is received: the record is at rest from here on
        let _ = pump.await;
        let reason = progress.borrow().ended.clone().flatten();
        self.record.lock().unwrap().push(Entry::Closed { reason: reason.clone() });
        reason
    }

    /// What was received.
    pub fn record<T>(&self, look: impl FnOnce(&mut Record) -> T) -> T {
        look(&mut self.record.lock().unwrap())
    }
}

/// Panics unless each was told what the log says; those that are open, everything up to here.
pub async fn all_told(stage: &Stage, subscribers: &mut [Subscriber], upto: i64) -> Verdict {
    for subscriber in subscribers.iter_mut().filter(|subscriber| subscriber.is_open()) {
        subscriber.release();
        let progress = subscriber.reaches(upto).await;
        let told = subscriber.record(|one| format!("{}: {:?}", one.name, one.entries.last()));
        assert!(progress.is_some(), "comes to {upto}: {told}");
        subscriber.record(|record| record.complete_to = Some(upto));
        assert_eq!(subscriber.close().await, None);
    }
    let log = Log::read(&stage.db).await;
    let oracle = Oracle::of(&log, &Retentions::new());
    let mut verdict = Verdict::default();
    log.check(&mut verdict);
    for subscriber in subscribers {
        subscriber.record(|record| verdict += judge(record, &oracle.page(record.viewer), &log));
    }
    verdict.assert_clean("told");
    verdict
}

fn request(record: &Record, opening: Opening) -> pb::WatchMembersRequest {
    let start = match opening.start {
        Start::Snapshot => Wanted::Snapshot(()),
        Start::Now => Wanted::Now(()),
        Start::Resume(index) => Wanted::ResumeToken(record.token(index).to_owned()),
    };
    pb::WatchMembersRequest {
        account_id: record.viewer.to_string(),
        start: Some(start),
        heartbeat_interval: prost_types::Duration::try_from(opening.heartbeat).ok(),
        min_position: opening.min_position,
    }
}

struct Pump {
    record: Arc<Mutex<Record>>,
    progress: watch::Sender<Progress>,
    released: watch::Receiver<bool>,
    cut_after: Option<usize>,
}

impl Pump {
    async fn run(mut self, by: Caller, request: pb::WatchMembersRequest) {
        let mut sync = by.sync;
        let ended = match sync.watch_members(request).await {
            Ok(stream) => {
                self.progress.send_modify(|progress| progress.answered = true);
                self.read(stream.into_inner()).await
            }
            Err(status) => Some(reason(&status)),
        };
        self.progress.send_modify(|progress| progress.ended = Some(ended));
    }

    /// Reads until the service ends the stream, with a reason, or the cut comes.
    async fn read(&mut self, mut stream: Streaming<pb::WatchMembersResponse>) -> Option<String> {
        let _ = self.released.wait_for(|released| *released).await;
        let mut messages = 0;
        while self.cut_after.is_none_or(|most| messages < most) {
            let message = match stream.message().await {
                Ok(Some(message)) => message,
                Ok(None) => return Some("no reason".to_owned()),
                Err(status) => return Some(reason(&status)),
            };
            messages += 1;
            let position = reached(&message);
            self.record.lock().unwrap().message(message);
            self.progress.send_modify(|progress| {
                progress.position = progress.position.max(position.unwrap_or(0));
            });
        }
        None
    }
}

fn reason(status: &Status) -> String {
    use tonic_types::StatusExt;
    if status.get_error_details().error_info().is_none() {
        return format!("{status:?}");
    }
    Refusal::of(status).reason
}
