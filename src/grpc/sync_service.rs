//! MemberSyncService: what happens among an account's partners.

use super::convert::sync as convert;
use super::gate::{Gate, own};
use super::pb;
use super::shared::Shared;
use super::shared_pb::member_sync_service_server::MemberSyncService;
use crate::caller::Need;
use crate::feed::token::ResumeToken;
use crate::sync::events;
use futures::stream::BoxStream;
use tonic::{Request, Response, Status, async_trait};

/// Serves `partner.v1.MemberSyncService`.
pub struct MemberSync(pub Gate);

#[async_trait]
impl MemberSyncService for MemberSync {
    type WatchMembersStream = BoxStream<'static, Result<Shared, Status>>;

    async fn watch_members(
        &self,
        _request: Request<pb::WatchMembersRequest>,
    ) -> Result<Response<Self::WatchMembersStream>, Status> {
        Ok(Response::new(Box::pin(futures::stream::pending())))
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
                    let page = events::page(&self.0.backend, own(&actor)?, token, size).await?;
                    Ok(convert::page(page))
                },
            )
            .await
    }
}
