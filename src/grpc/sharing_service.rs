//! SharingService: items shared with partners, and who may see them.

use super::convert::sharing as convert;
use super::gate::{Gate, own};
use super::pb;
use super::pb::sharing_service_server::SharingService;
use crate::caller::Need;
use crate::sharing::{audience, check, commands, store};
use tonic::{Request, Response, Status, async_trait};

/// Serves `partner.v1.SharingService`.
pub struct Sharing(pub Gate);

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl SharingService for Sharing {
    async fn share_item(
        &self,
        request: Request<pb::ShareItemRequest>,
    ) -> Answer<pb::ShareItemResponse> {
        self.0
            .mutate(request, Need::Member, convert::share, |ask, new| async move {
                let account = own(&ask.actor)?;
                let done = commands::share(&self.0.backend, &ask, account, new).await?;
                let mut shown = convert::shown(done.answer, account);
                let is_new = shown.shared_position > done.position;
                if ask.validate_only && is_new {
                    (shown.id, shown.shared_position) = (String::new(), 0);
                }
                Ok(pb::ShareItemResponse { shared_item: Some(shown), position: done.position })
            })
            .await
    }

    async fn unshare_item(
        &self,
        request: Request<pb::UnshareItemRequest>,
    ) -> Answer<pb::UnshareItemResponse> {
        self.0
            .mutate(request, Need::Manager, convert::unshare, |ask, (id, etag)| async move {
                let account = own(&ask.actor)?;
                let done = commands::unshare(&self.0.backend, &ask, account, id, &etag).await?;
                Ok(pb::UnshareItemResponse { position: done.position })
            })
            .await
    }

    async fn list_shared_items(
        &self,
        request: Request<pb::ListSharedItemsRequest>,
    ) -> Answer<pb::ListSharedItemsResponse> {
        self.0
            .page(request, Need::Member, convert::list, |actor, filter, pager| async move {
                let (account, page) = (own(&actor)?, pager.page);
                let snapshot = self.0.backend.snapshot().await?;
                let mut views =
                    store::list(&snapshot, account, &filter, page.before, page.limit()).await?;
                let next_page_token = pager.cut(&mut views, |view| view.row.shared_position);
                let shown = views.into_iter().map(|view| convert::shown(view, account));
                let shared_items = shown.collect();
                Ok(pb::ListSharedItemsResponse { shared_items, next_page_token })
            })
            .await
    }

    async fn list_audience(
        &self,
        request: Request<pb::ListAudienceRequest>,
    ) -> Answer<pb::ListAudienceResponse> {
        self.0
            .page(request, Need::Member, convert::audience, |actor, id, pager| async move {
                let (account, page) = (own(&actor)?, pager.page);
                let snapshot = self.0.backend.snapshot().await?;
                let shared = store::one(&snapshot, account, id).await?;
                let mut people =
                    audience::list(&snapshot, &shared, page.before, page.limit()).await?;
                let next_page_token = pager.cut(&mut people, |person| person.joined_position);
                let members = people.into_iter().map(convert::audience_member).collect();
                Ok(pb::ListAudienceResponse { members, next_page_token })
            })
            .await
    }

    async fn remove_from_audience(
        &self,
        request: Request<pb::RemoveFromAudienceRequest>,
    ) -> Answer<pb::RemoveFromAudienceResponse> {
        self.0
            .mutate(request, Need::Manager, convert::take_out, |ask, removal| async move {
                let convert::Removal { id, member, etag } = removal;
                let (backend, account) = (&self.0.backend, own(&ask.actor)?);
                let done = commands::take_out(backend, &ask, account, id, member, &etag).await?;
                let shared_item = Some(convert::shown(done.answer, account));
                Ok(pb::RemoveFromAudienceResponse { shared_item, position: done.position })
            })
            .await
    }

    async fn check_item_access(
        &self,
        request: Request<pb::CheckItemAccessRequest>,
    ) -> Answer<pb::CheckItemAccessResponse> {
        self.0
            .ask_about(request, convert::question, |question, min_position| async move {
                let verdict = check::check(&self.0.backend, &question, min_position).await?;
                Ok(convert::verdict(verdict))
            })
            .await
    }
}
