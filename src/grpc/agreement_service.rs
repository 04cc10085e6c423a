//! AgreementService: what customers accept.

use super::convert::agreement as convert;
use super::gate::{Gate, own};
use super::pb;
use super::pb::agreement_service_server::AgreementService;
use crate::agreement::{accept, publish, store};
use crate::caller::Need;
use tonic::{Request, Response, Status, async_trait};

/// Serves `partner.v1.AgreementService`.
pub struct Agreements(pub Gate);

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl AgreementService for Agreements {
    async fn publish_agreement(
        &self,
        request: Request<pb::PublishAgreementRequest>,
    ) -> Answer<pb::PublishAgreementResponse> {
        self.0
            .mutate(request, Need::Operator, convert::publish, |ask, edition| async move {
                let backend = &self.0.backend;
                let done = publish::publish(backend, &ask, edition).await?;
                let in_force = done.answer.effective_at <= backend.now();
                let shown = store::Shown { agreement: done.answer, in_force, accepted_at: None };
                let agreement = Some(convert::shown(shown));
                Ok(pb::PublishAgreementResponse { agreement, position: done.position })
            })
            .await
    }

    async fn list_agreements(
        &self,
        request: Request<pb::ListAgreementsRequest>,
    ) -> Answer<pb::ListAgreementsResponse> {
        self.0
            .page(request, Need::Member, convert::list, |actor, (), pager| async move {
                let (backend, page) = (&self.0.backend, pager.page);
                let (account, now) = (own(&actor)?, backend.now());
                let mut rows =
                    store::list(backend.reads(), account, now, page.before, page.limit()).await?;
                let next_page_token = pager.cut(&mut rows, |row| row.agreement.position);
                let agreements = rows.into_iter().map(convert::shown).collect();
                Ok(pb::ListAgreementsResponse { agreements, next_page_token })
            })
            .await
    }

    async fn accept_agreement(
        &self,
        request: Request<pb::AcceptAgreementRequest>,
    ) -> Answer<pb::AcceptAgreementResponse> {
        self.0
            .mutate(request, Need::Manager, convert::accept, |ask, named| async move {
                let convert::Named { kind, version } = named;
                let account = own(&ask.actor)?;
                let done = accept::accept(&self.0.backend, &ask, account, kind, &version).await?;
                let acceptance = Some(convert::acceptance(done.answer));
                Ok(pb::AcceptAgreementResponse { acceptance, position: done.position })
            })
            .await
    }

    async fn list_agreement_acceptances(
        &self,
        request: Request<pb::ListAgreementAcceptancesRequest>,
    ) -> Answer<pb::ListAgreementAcceptancesResponse> {
        self.0
            .page(
                request,
                Need::Manager,
                convert::list_acceptances,
                |actor, (), pager| async move {
                    let (db, page) = (self.0.backend.reads(), pager.page);
                    let mut rows =
                        store::acceptances(db, own(&actor)?, page.before, page.limit()).await?;
                    let next_page_token = pager.cut(&mut rows, |row| row.position);
                    let agreement_acceptances = rows.into_iter().map(convert::acceptance).collect();
                    Ok(pb::ListAgreementAcceptancesResponse {
                        agreement_acceptances,
                        next_page_token,
                    })
                },
            )
            .await
    }
}
