//! A standby by mistake: what it says may be old, so it is asked for nothing.

use crate::cluster::Cluster;
use crate::pair::Pair;
use crate::process::{Home, Process};
use crate::support::database::{TestEngine, engine};
use crate::support::refusal::Refusal;
use crate::verdict::connect;
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use sea_orm::ConnectionTrait;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_started_on_a_standby_says_so_and_ends() {
    if engine() == TestEngine::Sqlite {
        println!("a start on a standby: PostgreSQL only");
        return;
    }
    let primary = Cluster::start();
    let standby = primary.standby();
    let home = Home::new(&standby.url);
    let refused = Process::start(&home, &[]).await.err().expect("it must not serve");
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let place = standby.url.rsplit_once('@').expect("a user in the URL").1;
    let expected = format!(
        "partner-service: PostgreSQL {place} is a standby, which takes no changes; --database-url has to lead to the primary\n"
    );
    assert_eq!(refused.said, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_reached_by_mistake_answers_nothing_and_streams_lose_nothing() {
    if engine() == TestEngine::Sqlite {
        println!("a standby by mistake: PostgreSQL only");
        return;
    }
    let pair = Pair::start().await;
    let channel = &pair.channels()[0];
    let mut stream = pair.watches(channel, Start::Snapshot(())).await.expect("a stream");
    stream.synced().await;
    let first = pair.hires(channel, "first").await.expect("hired");
    pair.replicated(first).await;
    // from here on it is behind
    let standby = connect(&pair.standby.url).await;
    standby.execute_unprepared("SELECT pg_wal_replay_pause()").await.expect("replay pauses");
    let second = pair.hires(channel, "second").await.expect("hired");
    for position in [first, second] {
        assert_eq!(stream.event().await.expect("an event").1, position);
    }
    let (token, contacts) = (stream.token.clone(), pair.contacts(channel).await.expect("a list"));

    pair.proxy.leads_to(&pair.standby.url);
    let unavailable = |reason: String| assert_eq!(reason, "DATABASE_UNAVAILABLE");
    unavailable(Refusal::of(&pair.contacts(channel).await.unwrap_err()).reason);
    unavailable(Refusal::of(&pair.hires(channel, "nobody").await.unwrap_err()).reason);
    // to a standby that is behind it would look like a token of a history that is gone
    unavailable(Refusal::of(&pair.resumes(channel, &token).await.err().unwrap()).reason);

    pair.proxy.leads_to(&pair.primary.url);
    let third = loop {
        match pair.hires(channel, "third").await {
            Ok(position) => break position,
            Err(status) => assert_eq!(status.code(), tonic::Code::Unavailable, "{status:?}"),
        }
    };
    assert_eq!(third, second + 1);
    let told = stream.event().await.expect("the very same stream goes on");
    assert_eq!(told, ("third@partner.example".to_owned(), third));
    let mut resumed = pair.resumes(channel, &token).await.expect("a stream");
    assert_eq!(resumed.event().await.expect("an event").1, third);
    assert_eq!(pair.contacts(channel).await.expect("a list").len(), contacts.len() + 1);
}
