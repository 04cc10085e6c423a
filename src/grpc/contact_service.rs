//! ContactService: the Contacts page.

use super::convert::contact as convert;
use super::gate::{Gate, own};
use super::pb;
use super::pb::contact_service_server::ContactService;
use crate::caller::Need;
use crate::contact::store::Place;
use crate::contact::{commands, store};
use crate::domain::contact::ContactKind;
use tonic::{Request, Response, Status, async_trait};

/// Serves `partner.v1.ContactService`.
pub struct Contacts(pub Gate);

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl ContactService for Contacts {
    async fn list_contacts(
        &self,
        request: Request<pb::ListContactsRequest>,
    ) -> Answer<pb::ListContactsResponse> {
        self.0
            .page(request, Need::Member, convert::list, |actor, filter, pager| async move {
                let (account, page) = (own(&actor)?, pager.page);
                let snapshot = self.0.backend.snapshot().await?;
                let mut views =
                    store::list(&snapshot, account, &filter, page.before, page.limit()).await?;
                let next_page_token = pager.cut(&mut views, Place::of);
                let contacts = views.into_iter().map(convert::shown).collect();
                Ok(pb::ListContactsResponse { contacts, next_page_token })
            })
            .await
    }

    async fn get_contact(
        &self,
        request: Request<pb::GetContactRequest>,
    ) -> Answer<pb::GetContactResponse> {
        self.0
            .read(request, Need::Member, convert::get, |actor, id| async move {
                let account = own(&actor)?;
                let snapshot = self.0.backend.snapshot().await?;
                let view = store::get(&snapshot, account, id).await?;
                Ok(pb::GetContactResponse { contact: Some(convert::shown(view)) })
            })
            .await
    }

    async fn create_guest(
        &self,
        request: Request<pb::CreateGuestRequest>,
    ) -> Answer<pb::CreateGuestResponse> {
        self.0
            .mutate(request, Need::Manager, convert::create_guest, |ask, new| async move {
                let account = own(&ask.actor)?;
                let done = commands::create_guest(&self.0.backend, &ask, account, new).await?;
                let is_new = done.answer.kind == ContactKind::Guest;
                let mut shown = convert::shown(done.answer);
                if ask.validate_only && is_new {
                    shown.id.clear();
                }
                Ok(pb::CreateGuestResponse { contact: Some(shown), position: done.position })
            })
            .await
    }

    async fn delete_contact(
        &self,
        request: Request<pb::DeleteContactRequest>,
    ) -> Answer<pb::DeleteContactResponse> {
        self.0
            .mutate(request, Need::Manager, convert::delete, |ask, id| async move {
                let account = own(&ask.actor)?;
                let done = commands::delete(&self.0.backend, &ask, account, id).await?;
                Ok(pb::DeleteContactResponse { position: done.position })
            })
            .await
    }
}
