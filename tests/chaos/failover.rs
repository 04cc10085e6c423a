//! A failover that loses commits: the standby had not received them, and becomes the primary all the same. Nobody can
//! bring them back; what must not happen is that a subscriber takes one history for the other.

use crate::pair::{PATIENCE, Pair, Readiness};
use crate::process::ticks;
use crate::support::database::{TestEngine, engine};
use crate::support::refusal::Refusal;
use partner_service::client::{Ask, Contacts, Follower, Start as Begin, Told};
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::health_check_response::ServingStatus;

const DIVERGED: &str = "RESUME_TOKEN_DIVERGED";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_a_failover_that_loses_commits_is_told_to_whoever_saw_them_and_skips_nothing() {
    if engine() == TestEngine::Sqlite {
        println!("a lossy failover: PostgreSQL only");
        return;
    }
    let pair = Pair::start().await;
    let channels = pair.channels();
    let (mut live, mut readiness) = (Vec::new(), Vec::new());
    for channel in &channels {
        let mut stream = pair.watches(channel, Start::Snapshot(())).await.expect("a stream");
        stream.synced().await;
        live.push(stream);
        readiness.push(Readiness::watched(channel).await);
    }
    let consumers: Vec<Consumer> =
        channels.iter().map(|channel| Consumer::follow(&pair.viewer, channel)).collect();

    let kept = pair.hires(&channels[0], "kept").await.expect("hired");
    for stream in &mut live {
        assert_eq!(stream.event().await.unwrap(), ("kept@partner.example".into(), kept));
    }
    let kept_token = live[0].token.clone();
    pair.replicated(kept).await;
    pair.standby.control(&["stop", "-m", "fast"]);
    for (number, channel) in channels.iter().cycle().take(4).enumerate() {
        let position = pair.hires(channel, &format!("lost-{number}")).await.expect("hired");
        assert_eq!(position, kept + 1 + i64::try_from(number).unwrap());
        for stream in &mut live {
            assert_eq!(stream.event().await.unwrap().1, position);
        }
    }
    let lost_token = live[0].token.clone();
    for consumer in &consumers {
        consumer.reaches(kept + 4).await;
    }

    pair.primary.control(&["stop", "-m", "immediate"]);
    pair.standby.control(&["start"]);
    pair.proxy.leads_to(&pair.standby.url);
    // as long as it stands by, it decides nothing
    for channel in &channels {
        let early = pair.resumes(channel, &lost_token).await.err().expect("no stream yet");
        assert_eq!(Refusal::of(&early).reason, "DATABASE_UNAVAILABLE");
    }
    pair.standby.control(&["promote"]);

    for stream in live {
        assert_eq!(stream.end().await, DIVERGED);
    }
    for readiness in &mut readiness {
        readiness.is(ServingStatus::NotServing).await;
        readiness.is(ServingStatus::Serving).await;
    }
    let mut spared = Vec::new();
    for channel in &channels {
        assert_eq!(refused(|| pair.resumes(channel, &lost_token)).await, DIVERGED);
        let resumed = answered(|| pair.resumes(channel, &kept_token)).await;
        spared.push(resumed.expect("a token of this history"));
    }

    let mut last = kept;
    for (number, channel) in channels.iter().rev().cycle().take(6).enumerate() {
        let name = format!("new-{number}");
        let position = answered(|| pair.hires(channel, &name)).await.expect("hired");
        assert_eq!(position, last + 1, "the lost positions are used again");
        last = position;
        for stream in &mut spared {
            let told = stream.event().await.expect("the stream goes on");
            assert_eq!(told, (format!("{name}@partner.example"), position));
        }
    }
    for channel in &channels {
        assert_eq!(refused(|| pair.resumes(channel, &lost_token)).await, DIVERGED, "once more");
    }
    let expected = answered(|| pair.contacts(&channels[0])).await.expect("a list");
    assert!(expected.iter().all(|(email, _)| !email.starts_with("lost")), "{expected:?}");
    for consumer in &consumers {
        let (contacts, anew) = consumer.reaches(last).await;
        assert_eq!(contacts, expected, "a consumer that starts anew holds what there is");
        assert_eq!(anew, 1, "told once that its history is gone");
    }
    println!("a failover that lost 4 commits: 2 of 2 streams and 2 of 2 consumers were told");
}

/// Asks again while the pools find out about their broken connections.
async fn answered<T, F: Future<Output = Result<T, Status>>>(
    mut ask: impl FnMut() -> F,
) -> Result<T, Status> {
    let mut ticks = ticks();
    let asking = async {
        loop {
            match ask().await {
                Err(status) if status.code() == Code::Unavailable => ticks.tick().await,
                answer => return answer,
            };
        }
    };
    timeout(PATIENCE, asking).await.expect("the service comes back by itself")
}

async fn refused<T, F: Future<Output = Result<T, Status>>>(ask: impl FnMut() -> F) -> String {
    Refusal::of(&answered(ask).await.err().expect("a refusal")).reason
}

/// What a consumer holds, how far it has come, and how often it had to start anew.
type Held = (Vec<(String, i32)>, i64, usize);

/// The published client at work.
struct Consumer {
    held: watch::Receiver<Held>,
    _work: AbortOnDropHandle<()>,
}

impl Consumer {
    fn follow(viewer: &str, channel: &Channel) -> Self {
        let ask = Ask {
            account_id: viewer.to_owned(),
            start: Begin::Snapshot,
            heartbeat: Duration::from_secs(1),
            metadata: MetadataMap::new(),
        };
        let channel = channel.clone();
        let mut follower = Follower::new(move || channel.clone(), ask);
        let (tell, held) = watch::channel(Held::default());
        let work = tokio::spawn(async move {
            let (mut contacts, mut anew) = (Contacts::default(), 0);
            loop {
                match follower.next().await.expect("nothing that repeating cannot mend") {
                    Told::Message(message) => contacts.apply(&message),
                    Told::Interrupted { .. } => {}
                    Told::StartsAnew { .. } => anew += 1,
                }
                if !contacts.is_within_snapshot() {
                    let people = contacts.iter().map(|(_, person)| (&person.email, person.link));
                    let mut people: Vec<_> =
                        people.map(|(email, link)| (email.clone(), i32::from(link))).collect();
                    people.sort();
                    tell.send_replace((people, contacts.position(), anew));
                }
            }
        });
        Self { held, _work: AbortOnDropHandle::new(work) }
    }

    /// What it holds once it has come to a position; and how often it started anew.
    async fn reaches(&self, position: i64) -> (Vec<(String, i32)>, usize) {
        let mut held = self.held.clone();
        let reached = timeout(PATIENCE, held.wait_for(|(_, reached, _)| *reached == position));
        let (contacts, _, anew) = reached.await.expect("in time").expect("at work").clone();
        (contacts, anew)
    }
}
