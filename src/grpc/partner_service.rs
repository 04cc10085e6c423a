//! PartnerService: invitations, decisions, lists, preferences and the audit.

use super::convert::access as access_convert;
use super::convert::partnership as convert;
use super::gate::{Gate, own};
use super::pb;
use super::pb::partner_service_server::PartnerService;
use crate::access;
use crate::account::{preferences, store as accounts};
use crate::audit;
use crate::caller::{Actor, Need};
use crate::domain::partnership::View;
use crate::error::Error;
use crate::partnership::store::{self, Viewer};
use crate::partnership::{decide, invite, lookup, purchases, roles};
use tonic::{Request, Response, Status, async_trait};

/// Serves `partner.v1.PartnerService`.
pub struct Partners(pub Gate);

type Answer<T> = Result<Response<T>, Status>;

impl Partners {
    fn viewer(&self, actor: &Actor) -> Result<Viewer, Error> {
        Ok(Viewer {
            account: own(actor)?,
            manager: actor.manages_partners(),
            now: self.0.backend.now(),
        })
    }
}

#[async_trait]
impl PartnerService for Partners {
    async fn invite_partner(
        &self,
        request: Request<pb::InvitePartnerRequest>,
    ) -> Answer<pb::InvitePartnerResponse> {
        self.0
            .mutate(request, Need::Manager, convert::invite, |ask, invitation| async move {
                let done =
                    invite::invite(&self.0.backend, &ask, own(&ask.actor)?, invitation).await?;
                let mut shown = convert::shown(done.answer);
                if ask.validate_only {
                    shown.id.clear();
                }
                Ok(pb::InvitePartnerResponse { partnership: Some(shown), position: done.position })
            })
            .await
    }

    async fn resend_invitation(
        &self,
        request: Request<pb::ResendInvitationRequest>,
    ) -> Answer<pb::ResendInvitationResponse> {
        self.0
            .mutate(request, Need::Manager, convert::resend, |ask, target| async move {
                let account = own(&ask.actor)?;
                let done =
                    invite::resend(&self.0.backend, &ask, account, target.id, &target.etag).await?;
                let partnership = Some(convert::shown(done.answer));
                Ok(pb::ResendInvitationResponse { partnership, position: done.position })
            })
            .await
    }

    async fn lookup_invitation(
        &self,
        request: Request<pb::LookupInvitationRequest>,
    ) -> Answer<pb::LookupInvitationResponse> {
        self.0
            .look_up(request, |secret| async move {
                let view = lookup::lookup(&self.0.backend, &secret).await?;
                let partnership = Some(convert::shown_to_nobody(view));
                Ok(pb::LookupInvitationResponse { partnership })
            })
            .await
    }

    async fn accept_partnership(
        &self,
        request: Request<pb::AcceptPartnershipRequest>,
    ) -> Answer<pb::AcceptPartnershipResponse> {
        self.0
            .mutate(request, Need::Manager, convert::accept, |ask, acceptance| async move {
                let convert::Acceptance { target, acknowledged } = acceptance;
                let (backend, account) = (&self.0.backend, own(&ask.actor)?);
                let (id, etag) = (target.id, &target.etag);
                let done = decide::accept(backend, &ask, account, id, etag, &acknowledged).await?;
                let partnership = Some(convert::shown(done.answer));
                Ok(pb::AcceptPartnershipResponse { partnership, position: done.position })
            })
            .await
    }

    async fn reject_partnership(
        &self,
        request: Request<pb::RejectPartnershipRequest>,
    ) -> Answer<pb::RejectPartnershipResponse> {
        self.0
            .mutate(request, Need::Manager, convert::reject, |ask, rejection| async move {
                let convert::Rejection { target, reason } = rejection;
                let account = own(&ask.actor)?;
                let done = decide::reject(
                    &self.0.backend,
                    &ask,
                    account,
                    target.id,
                    &target.etag,
                    &reason,
                )
                .await?;
                let partnership = Some(convert::shown(done.answer));
                Ok(pb::RejectPartnershipResponse { partnership, position: done.position })
            })
            .await
    }

    async fn delete_partnership(
        &self,
        request: Request<pb::DeletePartnershipRequest>,
    ) -> Answer<pb::DeletePartnershipResponse> {
        self.0
            .mutate(request, Need::Manager, convert::delete, |ask, deletion| async move {
                let convert::Deletion { target, reason, allow_missing } = deletion;
                let (backend, account) = (&self.0.backend, own(&ask.actor)?);
                let done = decide::delete(
                    backend,
                    &ask,
                    account,
                    target.id,
                    &target.etag,
                    &reason,
                    allow_missing,
                )
                .await?;
                Ok(pb::DeletePartnershipResponse { position: done.position })
            })
            .await
    }

    async fn remove_admin_roles(
        &self,
        request: Request<pb::RemoveAdminRolesRequest>,
    ) -> Answer<pb::RemoveAdminRolesResponse> {
        self.0
            .mutate(request, Need::Manager, convert::remove_roles, |ask, removal| async move {
                let convert::Rejection { target, reason } = removal;
                let (backend, account) = (&self.0.backend, own(&ask.actor)?);
                let (id, etag) = (target.id, &target.etag);
                let done = roles::remove(backend, &ask, account, id, etag, &reason).await?;
                let partnership = Some(convert::shown(done.answer));
                Ok(pb::RemoveAdminRolesResponse { partnership, position: done.position })
            })
            .await
    }

    async fn set_purchase_visibility(
        &self,
        request: Request<pb::SetPurchaseVisibilityRequest>,
    ) -> Answer<pb::SetPurchaseVisibilityResponse> {
        self.0
            .mutate(request, Need::Manager, convert::set_visibility, |ask, wanted| async move {
                let done = purchases::set(&self.0.backend, &ask, own(&ask.actor)?, wanted).await?;
                Ok(pb::SetPurchaseVisibilityResponse { position: done.position })
            })
            .await
    }

    async fn check_partner_access(
        &self,
        request: Request<pb::CheckPartnerAccessRequest>,
    ) -> Answer<pb::CheckPartnerAccessResponse> {
        self.0
            .ask(request, access_convert::question, |question, min_position| async move {
                let verdict = access::check(&self.0.backend, question, min_position).await?;
                Ok(access_convert::verdict(verdict))
            })
            .await
    }

    async fn get_partnership(
        &self,
        request: Request<pb::GetPartnershipRequest>,
    ) -> Answer<pb::GetPartnershipResponse> {
        self.0
            .read(request, Need::Member, convert::get, |actor, id| async move {
                let view = store::get(self.0.backend.reads(), self.viewer(&actor)?, id).await?;
                Ok(pb::GetPartnershipResponse { partnership: Some(convert::shown(view)) })
            })
            .await
    }

    async fn list_partnerships(
        &self,
        request: Request<pb::ListPartnershipsRequest>,
    ) -> Answer<pb::ListPartnershipsResponse> {
        self.0
            .page(request, Need::Member, convert::list, |actor, filter, pager| async move {
                let (viewer, page) = (self.viewer(&actor)?, pager.page);
                if !viewer.manager && filter.states.iter().any(|state| *state != View::Active) {
                    return Err(Error::ManagePartnersRequired);
                }
                let db = self.0.backend.reads();
                let mut rows = store::list(db, viewer, &filter, page.before, page.limit()).await?;
                let next_page_token = pager.cut(&mut rows, |(position, _)| *position);
                let partnerships = rows.into_iter().map(|(_, view)| convert::shown(view)).collect();
                Ok(pb::ListPartnershipsResponse { partnerships, next_page_token })
            })
            .await
    }

    async fn get_partner_preferences(
        &self,
        request: Request<pb::GetPartnerPreferencesRequest>,
    ) -> Answer<pb::GetPartnerPreferencesResponse> {
        self.0
            .read(request, Need::Manager, convert::get_preferences, |actor, ()| async move {
                let row = accounts::account(self.0.backend.reads(), own(&actor)?).await?;
                Ok(pb::GetPartnerPreferencesResponse {
                    preferences: Some(convert::preferences(&row)),
                })
            })
            .await
    }

    async fn update_partner_preferences(
        &self,
        request: Request<pb::UpdatePartnerPreferencesRequest>,
    ) -> Answer<pb::UpdatePartnerPreferencesResponse> {
        self.0
            .mutate(request, Need::Manager, convert::update_preferences, |ask, new| async move {
                let account = own(&ask.actor)?;
                let done =
                    preferences::change(&self.0.backend, &ask, account, &new.etag, new.fields)
                        .await?;
                let preferences = Some(convert::preferences(&done.answer));
                Ok(pb::UpdatePartnerPreferencesResponse { preferences, position: done.position })
            })
            .await
    }

    async fn list_audit_entries(
        &self,
        request: Request<pb::ListAuditEntriesRequest>,
    ) -> Answer<pb::ListAuditEntriesResponse> {
        self.0
            .page(
                request,
                Need::Manager,
                convert::list_audit,
                |actor, partnership, pager| async move {
                    let (db, page) = (self.0.backend.reads(), pager.page);
                    let mut rows =
                        audit::list(db, own(&actor)?, partnership, page.before, page.limit())
                            .await?;
                    let next_page_token = pager.cut(&mut rows, |row| row.position);
                    let audit_entries = rows.into_iter().map(convert::entry).collect();
                    Ok(pb::ListAuditEntriesResponse { audit_entries, next_page_token })
                },
            )
            .await
    }
}
