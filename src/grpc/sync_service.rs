//! MemberSyncService: what happens among an account's partners.

use super::convert::sync as convert;
use super::gate::{Gate, own};
use super::pb;
use super::pieces::Pieces;
use crate::caller::Need;
use crate::feed::token::ResumeToken;
use crate::sync::events;
use crate::sync::start::Wish;
use crate::sync::watch::Watch;
use futures::stream::Empty;
use pb::member_sync_service_server::MemberSyncService;
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};

/// Serves `partner.v1.MemberSyncService`.
pub struct MemberSync(pub Gate);

#[async_trait]
impl MemberSyncService for MemberSync {
    /// What is told stands beside it.
    type WatchMembersStream = Empty<Result<pb::WatchMembersResponse, Status>>;

    async fn watch_members(
        &self,
        request: Request<pb::WatchMembersRequest>,
    ) -> Result<Response<Self::WatchMembersStream>, Status> {
        let shortest = self.0.backend.limits.shortest_heartbeat;
        let (watch, context) = self
            .0
            .open(
                request,
                Need::Member,
                |fields, body| convert::watch(fields, body, shortest),
                |actor, credentials_end, asked, turn| async move {
                    let account = own(&actor)?;
                    let start = asked.start()?;
                    let convert::Following { heartbeat, min_position, .. } = asked;
                    let wish = Wish { start, heartbeat, min_position, credentials_end };
                    let backend = Arc::clone(&self.0.backend);
                    Watch::open(backend, &actor, account, wish, turn).await
                },
            )
            .await?;
        Ok(Pieces::by(watch, context).answer())
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
