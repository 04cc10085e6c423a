//! The follower against a service that does as it is told, in time that passes only when everybody waits.

use super::*;
use crate::client::backoff::FIRST;
use crate::grpc::transport::serve_connection;
use futures::stream::{self, BoxStream, StreamExt};
use hyper_util::rt::TokioIo;
use pb::member_sync_service_server::{MemberSyncService, MemberSyncServiceServer};
use pb::watch_members_response::Payload;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Endpoint;
use tonic::{Code, Response, async_trait};
use tonic_types::{ErrorDetails, StatusExt};

const HEARTBEAT: Duration = Duration::from_secs(2);

/// How one call goes.
enum Turn {
    Refuse(Status),
    /// Messages with these tokens, then an end.
    Tell(&'static [&'static str], End),
}

enum End {
    Silence,
    Closed,
    Broken(Status),
}

#[derive(Default)]
struct Script {
    turns: Mutex<VecDeque<Turn>>,
    asked: Mutex<Vec<(Instant, Request<pb::WatchMembersRequest>)>>,
    connections: AtomicUsize,
    /// Before each answer.
    delay: Duration,
    /// Before each message.
    gap: Duration,
}

#[derive(Clone)]
struct Fake(Arc<Script>);

#[async_trait]
impl MemberSyncService for Fake {
    type WatchMembersStream = BoxStream<'static, Result<pb::WatchMembersResponse, Status>>;

    async fn watch_members(
        &self,
        request: Request<pb::WatchMembersRequest>,
    ) -> Result<Response<Self::WatchMembersStream>, Status> {
        self.0.asked.lock().expect("asked").push((Instant::now(), request));
        tokio::time::sleep(self.0.delay).await;
        let turn = self.0.turns.lock().expect("turns").pop_front();
        let (tokens, end) = match turn {
            Some(Turn::Refuse(status)) => return Err(status),
            Some(Turn::Tell(tokens, end)) => (tokens, end),
            None => (&[][..], End::Silence),
        };
        let gap = self.0.gap;
        let messages = stream::iter(tokens).then(move |token| async move {
            tokio::time::sleep(gap).await;
            Ok(heartbeat(token))
        });
        Ok(Response::new(match end {
            End::Silence => messages.chain(stream::pending()).boxed(),
            End::Closed => messages.boxed(),
            End::Broken(status) => messages.chain(stream::iter([Err(status)])).boxed(),
        }))
    }

    async fn list_member_events(
        &self,
        _: Request<pb::ListMemberEventsRequest>,
    ) -> Result<Response<pb::ListMemberEventsResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }
}

fn heartbeat(token: &str) -> pb::WatchMembersResponse {
    pb::WatchMembersResponse {
        resume_token: token.to_owned(),
        payload: Some(Payload::Heartbeat(pb::Heartbeat::default())),
        ..Default::default()
    }
}

fn script(turns: impl IntoIterator<Item = Turn>) -> Script {
    Script { turns: Mutex::new(turns.into_iter().collect()), ..Script::default() }
}

/// A follower of what the script says.
fn follow(script: Script, start: Start) -> (Follower, Arc<Script>) {
    let script = Arc::new(script);
    let fake = Fake(Arc::clone(&script));
    let connect = move || {
        fake.0.connections.fetch_add(1, Ordering::Relaxed);
        let routes = Routes::new(MemberSyncServiceServer::new(fake.clone()));
        let connector = tower::service_fn(move |_: http::Uri| {
            let (client, server) = tokio::io::duplex(64 * 1024);
            tokio::spawn(serve_connection(server, routes.clone(), CancellationToken::new()));
            async { Ok::<_, std::io::Error>(TokioIo::new(client)) }
        });
        Endpoint::from_static("http://in-memory").connect_with_connector_lazy(connector)
    };
    let mut metadata = MetadataMap::new();
    metadata.insert("x-member-id", "ann".parse().expect("a header"));
    let ask = Ask { account_id: "a".to_owned(), start, heartbeat: HEARTBEAT, metadata };
    (Follower::new(connect, ask), script)
}

impl Script {
    /// Where each call asked to start.
    fn starts(&self) -> Vec<watch_members_request::Start> {
        let asked = self.asked.lock().expect("asked");
        asked.iter().map(|(_, request)| request.get_ref().start.clone().expect("a start")).collect()
    }

    fn times(&self) -> Vec<Instant> {
        self.asked.lock().expect("asked").iter().map(|(at, _)| *at).collect()
    }
}

fn after(token: &str) -> watch_members_request::Start {
    watch_members_request::Start::ResumeToken(token.to_owned())
}

async fn token(follower: &mut Follower) -> String {
    let message = match follower.next().await.expect("it goes on") {
        Told::Message(message) => Ok(message.resume_token),
        other => Err(other),
    };
    message.expect("a message comes next")
}

async fn interruption(follower: &mut Follower) -> (Status, Duration) {
    let interruption = match follower.next().await.expect("it goes on") {
        Told::Interrupted { why, wait } => Ok((why, wait)),
        other => Err(other),
    };
    interruption.expect("the stream breaks off")
}

fn refusal(code: Code, reason: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, "partner.v1", HashMap::new());
    Status::with_error_details(code, "no", details)
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_goes_on_after_the_last_token_on_another_connection() {
    let (mut follower, script) = follow(
        script([
            Turn::Tell(&["1", "2"], End::Broken(Status::unavailable("rotating"))),
            Turn::Tell(&["3"], End::Closed),
            Turn::Refuse(Status::unknown("a bad moment")),
            Turn::Tell(&["4"], End::Silence),
        ]),
        Start::Snapshot,
    );
    assert_eq!((token(&mut follower).await, token(&mut follower).await), ("1".into(), "2".into()));
    assert_eq!(interruption(&mut follower).await.0.message(), "rotating");
    assert_eq!(token(&mut follower).await, "3");
    assert_eq!(interruption(&mut follower).await.0.message(), "the stream ended");
    assert_eq!(interruption(&mut follower).await.0.message(), "a bad moment");
    assert_eq!(token(&mut follower).await, "4");
    let snapshot = watch_members_request::Start::Snapshot(());
    assert_eq!(script.starts(), [snapshot, after("2"), after("3"), after("3")]);
    assert_eq!(script.connections.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn each_call_says_where_to_start_who_asks_and_how_often_to_beat() {
    for (start, sent) in [
        (Start::Snapshot, watch_members_request::Start::Snapshot(())),
        (Start::Now, watch_members_request::Start::Now(())),
        (Start::After("stored".to_owned()), after("stored")),
    ] {
        let (mut follower, script) = follow(script([Turn::Tell(&["1"], End::Silence)]), start);
        token(&mut follower).await;
        let asked = script.asked.lock().expect("asked");
        let (_, request) = &asked[0];
        assert_eq!(request.metadata().get("x-member-id").expect("the caller"), "ann");
        let expected = pb::WatchMembersRequest {
            account_id: "a".to_owned(),
            start: Some(sent),
            heartbeat_interval: Some(prost_types::Duration { seconds: 2, nanos: 0 }),
            min_position: 0,
        };
        assert_eq!(*request.get_ref(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_no_use_is_told_and_followed_by_a_snapshot() {
    for (code, reason) in [
        (Code::InvalidArgument, "RESUME_TOKEN_INVALID"),
        (Code::OutOfRange, "RESUME_TOKEN_EXPIRED"),
        (Code::FailedPrecondition, "RESUME_TOKEN_DIVERGED"),
    ] {
        let refused = Turn::Refuse(refusal(code, reason));
        let (mut follower, script) =
            follow(script([refused, Turn::Tell(&["1"], End::Closed)]), Start::After("old".into()));
        let told = follower.next().await.expect("it goes on");
        assert!(matches!(&told, Told::StartsAnew { why, .. } if why.code() == code), "{told:?}");
        assert_eq!(token(&mut follower).await, "1");
        interruption(&mut follower).await;
        follower_asks(&mut follower, &script, 3).await;
        let snapshot = watch_members_request::Start::Snapshot(());
        assert_eq!(script.starts(), [after("old"), snapshot, after("1")], "{reason}");
    }
}

/// Lets the follower go on until it has made so many calls.
async fn follower_asks(follower: &mut Follower, script: &Script, calls: usize) {
    while script.starts().len() < calls {
        let _ = tokio::time::timeout(Duration::from_millis(10), follower.next()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_live_stream_whose_history_was_rewritten_begins_with_a_snapshot() {
    let diverged = refusal(Code::FailedPrecondition, "RESUME_TOKEN_DIVERGED");
    let (mut follower, script) = follow(
        script([Turn::Tell(&["1"], End::Broken(diverged)), Turn::Tell(&["2"], End::Silence)]),
        Start::Now,
    );
    assert_eq!(token(&mut follower).await, "1");
    assert!(matches!(follower.next().await, Ok(Told::StartsAnew { .. })));
    assert_eq!(token(&mut follower).await, "2");
    assert_eq!(script.starts()[1], watch_members_request::Start::Snapshot(()));
}

#[tokio::test(start_paused = true)]
async fn what_repeating_cannot_mend_is_given_up_at_once() {
    for (code, reason) in [
        (Code::PermissionDenied, "MEMBER_NOT_ACTIVE"),
        (Code::Unauthenticated, "CREDENTIALS_INVALID"),
        (Code::NotFound, "RESOURCE_NOT_FOUND"),
        (Code::InvalidArgument, "FIELD_INVALID"),
        (Code::FailedPrecondition, "ACCOUNT_NOT_ACTIVE"),
    ] {
        let began = Instant::now();
        let (mut follower, script) =
            follow(script([Turn::Refuse(refusal(code, reason))]), Start::Snapshot);
        let GaveUp(status) = follower.next().await.expect_err("it gives up");
        assert_eq!((status.code(), script.starts().len()), (code, 1));
        assert_eq!(began.elapsed(), Duration::ZERO, "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn waits_grow_are_bounded_and_really_waited() {
    let refusals = (0..12).map(|_| Turn::Refuse(Status::unavailable("down")));
    let (mut follower, script) = follow(script(refusals), Start::Now);
    let mut ceiling = FIRST;
    let mut waits = Vec::new();
    for _ in 0..12 {
        let (_, wait) = interruption(&mut follower).await;
        assert!(wait <= ceiling, "{wait:?} is more than {ceiling:?}");
        ceiling = (ceiling * 2).min(LONGEST);
        waits.push(wait);
    }
    let waited = script.times().windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
    for (waited, wait) in waited.iter().zip(&waits) {
        // the runtime's timer counts milliseconds
        assert!((*wait..=*wait + Duration::from_millis(2)).contains(waited), "{waited:?} {wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_delay_that_the_service_asks_for_comes_before_the_jitter() {
    let asked = Duration::from_secs(5);
    let stopping = || {
        let details = ErrorDetails::with_retry_info(Some(asked));
        Status::with_error_details(Code::Unavailable, "stopping", details)
    };
    let (mut follower, _script) = follow(
        script([Turn::Refuse(stopping()), Turn::Tell(&["1"], End::Broken(stopping()))]),
        Start::Now,
    );
    let (_, first) = interruption(&mut follower).await;
    assert!((asked..=asked + FIRST).contains(&first), "{first:?}");
    let began = Instant::now();
    token(&mut follower).await;
    assert!(began.elapsed() >= first);
    let (_, second) = interruption(&mut follower).await;
    assert!((asked..=asked + FIRST * 2).contains(&second), "{second:?}");
}

#[tokio::test(start_paused = true)]
async fn only_a_stream_that_stood_for_a_while_makes_waits_short_again() {
    const MANY: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    let refusals = |count| (0..count).map(|_| Turn::Refuse(Status::unavailable("down")));
    let stood = Turn::Tell(MANY, End::Closed);
    let gap = Duration::from_secs(4);
    let script = Script { gap, ..script(refusals(20).chain([stood]).chain(refusals(1))) };
    let (mut follower, _script) = follow(script, Start::Now);
    for _ in 0..20 {
        interruption(&mut follower).await;
    }
    for _ in MANY {
        token(&mut follower).await;
    }
    let (_, wait) = interruption(&mut follower).await;
    assert!(wait <= FIRST, "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_given_three_heartbeats() {
    let (mut follower, script) = follow(
        script([Turn::Tell(&["1"], End::Silence), Turn::Tell(&["2"], End::Silence)]),
        Start::Now,
    );
    token(&mut follower).await;
    let began = Instant::now();
    assert_eq!(interruption(&mut follower).await.0.message(), "nothing was heard for 6s");
    let silent = began.elapsed();
    assert!((HEARTBEAT * 3..HEARTBEAT * 3 + Duration::from_millis(5)).contains(&silent));
    assert_eq!(token(&mut follower).await, "2");
    assert_eq!(script.starts()[1], after("1"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_answers_is_made_again() {
    let silent = Script { delay: Duration::from_secs(3_600), ..script([]) };
    let (mut follower, script) = follow(silent, Start::Now);
    assert_eq!(interruption(&mut follower).await.0.message(), "nothing was heard for 15s");
    interruption(&mut follower).await;
    assert_eq!(script.starts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn asking_again_loses_nothing_wherever_it_was_broken_off() {
    let second = Duration::from_secs(1);
    let turns =
        script([Turn::Tell(&["1", "2"], End::Closed), Turn::Tell(&["3", "4"], End::Silence)]);
    let (mut follower, script) = follow(Script { delay: second, gap: second, ..turns }, Start::Now);
    let mut tokens = Vec::new();
    while tokens.len() < 4 {
        let next = tokio::time::timeout(Duration::from_millis(30), follower.next()).await;
        if let Ok(Ok(Told::Message(message))) = next {
            tokens.push(message.resume_token);
        }
    }
    assert_eq!(tokens, ["1", "2", "3", "4"]);
    assert_eq!(script.starts(), [watch_members_request::Start::Now(()), after("2")]);
}
