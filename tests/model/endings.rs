//! M3, M4, M5, M6: whoever may not act any more is told nothing any more, on every replica.

use crate::stage::Stage;
use crate::subscriber::{Opening, Subscriber, Who, all_told};
use crate::support::Harness;
use crate::support::checker::record::{Record, Start};
use crate::support::world::Organization;
use partner_service::grpc::pb;

/// A stream on every replica, each by this member or the operator, having told everything so far.
async fn watched(stage: &Stage, of: &Organization, by: &Who) -> Vec<Subscriber> {
    let mut subscribers = Vec::new();
    for replica in 0..stage.replicas.len() {
        let record = Record::new(format!("{by:?} on {replica}"), of.id.parse().unwrap());
        let mut subscriber = Subscriber::new(0, by.clone(), record);
        let member = match by {
            Who::Boss => Some(of.boss.id.clone()),
            Who::Member(id) => Some(id.clone()),
            Who::Operator => None,
        };
        let opening = Opening { replica, ..Opening::from(Start::Snapshot) };
        subscriber.open(&stage.caller(replica, member.as_deref(), false), opening);
        assert!(subscriber.reaches(1).await.is_some(), "a stream begins");
        subscribers.push(subscriber);
    }
    subscribers
}

async fn all_end(subscribers: &mut [Subscriber], reason: &str) {
    for subscriber in subscribers {
        assert!(subscriber.ends().await.is_some(), "{reason} ends every stream");
        assert_eq!(subscriber.close().await.as_deref(), Some(reason));
    }
}

/// Two partners, and a member of the first.
async fn scene(stage: &Stage) -> (Organization, Organization, pb::Member) {
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    let member = ann.hires(on, "member").await;
    (ann, bo, member)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deactivating_the_watching_member_ends_its_streams_on_every_replica_and_nobody_elses() {
    let stage = Stage::build().await;
    let (ann, bo, member) = scene(&stage).await;
    let mut streams = watched(&stage, &ann, &Who::Member(member.id.clone())).await;
    let mut others = watched(&stage, &ann, &Who::Boss).await;
    stage.replicas[0].deactivate(&member).await.unwrap();
    all_end(&mut streams, "MEMBER_NOT_ACTIVE").await;
    let head = bo.hires(&stage.replicas[0], "later").await.position;
    all_told(&stage, &mut others, head).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removing_or_moving_the_watching_member_ends_its_streams_on_every_replica() {
    let stage = Stage::build().await;
    let (ann, bo, member) = scene(&stage).await;
    let on: &Harness = &stage.replicas[0];
    let mut streams = watched(&stage, &ann, &Who::Member(member.id.clone())).await;
    on.move_member(&member, &bo.id).await.unwrap();
    all_end(&mut streams, "MEMBER_NOT_ACTIVE").await;
    let mut streams = watched(&stage, &bo, &Who::Member(member.id.clone())).await;
    on.removes_by_id(&bo.id, &member.id).await;
    all_end(&mut streams, "MEMBER_NOT_ACTIVE").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspending_an_account_ends_its_streams_on_every_replica_and_its_tokens_stay_good() {
    let stage = Stage::build().await;
    let (ann, bo, _) = scene(&stage).await;
    let on: &Harness = &stage.replicas[0];
    let mut streams = watched(&stage, &ann, &Who::Boss).await;
    let mut operators = watched(&stage, &ann, &Who::Operator).await;
    on.suspend_account(&ann.id).await.unwrap();
    all_end(&mut streams, "ACCOUNT_NOT_ACTIVE").await;
    all_end(&mut operators, "ACCOUNT_NOT_ACTIVE").await;
    bo.hires(on, "meanwhile").await;
    on.resume_account(&ann.id).await.unwrap();
    let head = bo.hires(on, "later").await.position;
    for (replica, stream) in streams.iter_mut().enumerate() {
        let last = stream.record(|record| record.last_message()).unwrap();
        let opening = Opening { replica, ..Opening::from(Start::Resume(last)) };
        stream.watch(&stage, &ann, opening);
    }
    all_told(&stage, &mut streams, head).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_an_account_ends_its_streams_on_every_replica_and_is_told_to_its_partners() {
    let stage = Stage::build().await;
    let (ann, bo, _) = scene(&stage).await;
    let mut streams = watched(&stage, &ann, &Who::Boss).await;
    let mut partners = watched(&stage, &bo, &Who::Boss).await;
    let closed = stage.replicas[0].close_account(&ann.id).await.unwrap().into_inner();
    all_end(&mut streams, "ACCOUNT_NOT_ACTIVE").await;
    all_told(&stage, &mut partners, closed.position).await;
}
