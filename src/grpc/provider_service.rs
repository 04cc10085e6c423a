//! ProviderService: the directory of providers.

use super::convert::provider as convert;
use super::gate::{Gate, own};
use super::pb;
use super::pb::provider_service_server::ProviderService;
use crate::caller::Need;
use crate::provider::{inquiries, profile, search, store};
use tonic::{Request, Response, Status, async_trait};

/// Serves `partner.v1.ProviderService`.
pub struct Providers(pub Gate);

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl ProviderService for Providers {
    async fn get_provider_profile(
        &self,
        request: Request<pb::GetProviderProfileRequest>,
    ) -> Answer<pb::GetProviderProfileResponse> {
        self.0
            .read(request, Need::Member, convert::get, |actor, provider| async move {
                let (db, account) = (self.0.backend.reads(), own(&actor)?);
                let profile = match provider.filter(|provider| *provider != account) {
                    Some(provider) => convert::published(store::published(db, provider).await?),
                    None => convert::own(store::own(db, account).await?),
                };
                Ok(pb::GetProviderProfileResponse { provider_profile: Some(profile) })
            })
            .await
    }

    async fn update_provider_profile(
        &self,
        request: Request<pb::UpdateProviderProfileRequest>,
    ) -> Answer<pb::UpdateProviderProfileResponse> {
        self.0
            .mutate(request, Need::Manager, convert::update, |ask, new| async move {
                let (backend, account) = (&self.0.backend, own(&ask.actor)?);
                let done = profile::change(backend, &ask, account, &new.etag, new.fields).await?;
                let provider_profile = Some(convert::own(done.answer));
                Ok(pb::UpdateProviderProfileResponse { provider_profile, position: done.position })
            })
            .await
    }

    async fn search_providers(
        &self,
        request: Request<pb::SearchProvidersRequest>,
    ) -> Answer<pb::SearchProvidersResponse> {
        self.0
            .page(request, Need::Member, convert::search, |_, wish, pager| async move {
                let (after, limit) = (pager.page.before.as_ref(), pager.page.limit());
                let snapshot = self.0.backend.snapshot().await?;
                let mut hits = search::search(&snapshot, &wish, after, limit).await?;
                let next_page_token = pager.cut(&mut hits, |(place, _)| place.clone());
                let profiles = hits.into_iter().map(|(_, row)| convert::published(row));
                let provider_profiles = profiles.collect();
                Ok(pb::SearchProvidersResponse { provider_profiles, next_page_token })
            })
            .await
    }

    async fn contact_providers(
        &self,
        request: Request<pb::ContactProvidersRequest>,
    ) -> Answer<pb::ContactProvidersResponse> {
        self.0
            .mutate(request, Need::Manager, convert::contact, |ask, form| async move {
                let account = own(&ask.actor)?;
                let done = inquiries::send(&self.0.backend, &ask, account, form).await?;
                let shown = done.answer.into_iter().map(|row| convert::inquiry(row, account));
                let mut inquiries: Vec<pb::Inquiry> = shown.collect();
                if ask.validate_only {
                    inquiries.iter_mut().for_each(|inquiry| inquiry.id.clear());
                }
                Ok(pb::ContactProvidersResponse { inquiries, position: done.position })
            })
            .await
    }

    async fn list_inquiries(
        &self,
        request: Request<pb::ListInquiriesRequest>,
    ) -> Answer<pb::ListInquiriesResponse> {
        self.0
            .page(request, Need::Manager, convert::list, |actor, direction, pager| async move {
                let (db, account, page) = (self.0.backend.reads(), own(&actor)?, pager.page);
                let mut rows =
                    store::inquiries(db, account, direction, page.before, page.limit()).await?;
                let next_page_token = pager.cut(&mut rows, |row| row.created_position);
                let inquiries = rows.into_iter().map(|row| convert::inquiry(row, account));
                let inquiries = inquiries.collect();
                Ok(pb::ListInquiriesResponse { inquiries, next_page_token })
            })
            .await
    }
}
