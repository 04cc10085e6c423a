//! MemberSyncService: what happens among an account's partners.

use super::convert::sync as convert;
use super::gate::{Gate, own};
use super::pb;
use super::shared::Shared;
use super::shared_pb::member_sync_service_server::MemberSyncService;
use crate::caller::Need;
use crate::error::Error;
use crate::feed::token::ResumeToken;
use crate::sync::events;
use crate::sync::start::Wish;
use crate::sync::watch::Watch;
use futures::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};

/// Serves `partner.v1.MemberSyncService`.
pub struct MemberSync(pub Gate);

#[async_trait]
impl MemberSyncService for MemberSync {
    type WatchMembersStream = BoxStream<'static, Result<Shared, Status>>;

    async fn watch_members(
        &self,
        request: Request<pb::WatchMembersRequest>,
    ) -> Result<Response<Self::WatchMembersStream>, Status> {
        let shortest = self.0.backend.limits.shortest_heartbeat;
        self.0
            .watch(
                request,
                Need::Member,
                |fields, body| convert::watch(fields, body, shortest),
                |actor, credentials_last, asked| async move {
                    let account = own(&actor)?;
                    let start = asked.start()?;
                    let convert::Following { heartbeat, min_position, .. } = asked;
                    let wish = Wish { start, heartbeat, min_position, credentials_last };
                    let backend = Arc::clone(&self.0.backend);
                    Watch::open(backend, &actor, account, wish).await.map(messages)
                },
            )
            .await
    }

    async fn list_member_events(
        &self,
        request: Request<pb::ListMemberEventsRequest>,
    ) -> Result<Response<pb::ListMemberEventsResponse>, Status> {
        self.0
            .read(
                request,
                Need::Member,
                convert::list,
                |actor, convert::Ask { token, size }| async move {
                    let token = Some(token).filter(|token| !token.is_empty());
                    let token = token.map(|token| ResumeToken::open(&token)).transpose()?;
                    let account = own(&actor)?;
                    let page = events::page(&self.0.backend, account, token, size).await?;
                    Ok(convert::page(account, page))
                },
            )
            .await
    }
}

/// What is ready at once is handed over at once, so that it leaves in few writes.
fn messages(watch: Watch) -> impl Stream<Item = Result<Shared, Error>> + Send {
    let batches = stream::unfold(watch, |mut watch| async move {
        let batch = watch.next().await?;
        let said = batch.map(|messages| {
            let (viewer, now) = (watch.viewer(), watch.now());
            let encode = |message| Ok(convert::said(viewer, now, message));
            stream::iter(messages.into_iter().map(encode).collect::<Vec<_>>())
        });
        Some((said, watch))
    });
    batches.try_flatten().boxed()
}
