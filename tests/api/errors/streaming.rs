//! Refusals of streams and of their tokens.

use super::scenarios::{Stage, failed, limited, own, refused};
use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::backend::Limits;
use partner_service::domain::time::DAY;
use partner_service::feed::Sizes;
use partner_service::feed::token::ResumeToken;
use partner_service::grpc::pb::{self, MemberProfile};
use std::sync::Arc;
use std::time::Duration;
use tonic::Status;

/// A stream that is asked to be so fresh, and is refused.
async fn unwatched(ann: &Organization, min_position: i64) -> Status {
    let request =
        pb::WatchMembersRequest { account_id: ann.id.clone(), min_position, ..Default::default() };
    refused(ann.by.clone().sync.watch_members(request).await)
}

/// A stream of a replica that may have none.
pub async fn one_too_many() -> Status {
    let feed = Sizes { streams: 0, ..Sizes::default() };
    let stage = Stage::on(&limited(Limits { feed, ..Limits::default() }).await).await;
    unwatched(&stage.ann, 0).await
}

/// A stream of a replica that does not follow the log any more.
pub async fn left_behind() -> Status {
    let limits = Limits { patience: Duration::from_millis(10), ..Limits::default() };
    let Stage { harness, ann, .. } = Stage::on(&limited(limits).await).await;
    harness.backend.feed.stopped().await;
    let new = harness.register(&ann.id, "new@ann.example", MemberProfile::Observer).await;
    unwatched(&ann, new.expect("registered").position).await
}

/// A stream of a replica that stops.
pub async fn stopping() -> Status {
    let Stage { harness, ann, .. } = Stage::on(&own().await).await;
    harness.backend.feed.hub.close();
    unwatched(&ann, 0).await
}

/// ListMemberEvents with a token made from a good one.
pub async fn resumed(common: &Arc<Harness>, spoil: impl FnOnce(ResumeToken) -> String) -> Status {
    let Stage { ann, .. } = Stage::on(common).await;
    let good = ann.events_after("", 1).await.expect("events").resume_token;
    let good = ResumeToken::open(&good).expect("a token of the service's own");
    failed(ann.events_after(&spoil(good), 1).await)
}

/// A token that slept for longer than events are kept.
pub async fn too_late() -> Status {
    let Stage { harness, ann, .. } = Stage::on(&own().await).await;
    let old = ann.events_after("", 1).await.expect("events").resume_token;
    let old = ResumeToken {
        position: 1,
        ..ResumeToken::open(&old).expect("a token of the service's own")
    };
    harness.clock.advance(8 * DAY);
    harness.backend.trim_log().await.expect("trimmed");
    failed(ann.events_after(&old.seal(), 1).await)
}
