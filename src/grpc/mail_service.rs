//! MailService: the outbox, for operators.

use super::convert::mail as convert;
use super::gate::Gate;
use super::pb;
use super::pb::mail_service_server::MailService;
use crate::caller::Need;
use crate::mail::{retry, store};
use tonic::{Request, Response, Status, async_trait};

/// Serves `partner.v1.MailService`.
pub struct Mails(pub Gate);

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl MailService for Mails {
    async fn list_mails(
        &self,
        request: Request<pb::ListMailsRequest>,
    ) -> Answer<pb::ListMailsResponse> {
        self.0
            .page(request, Need::Operator, convert::list, |_, states, pager| async move {
                let (db, page) = (self.0.backend.reads(), pager.page);
                let mut rows = store::list(db, &states, page.before, page.limit()).await?;
                let next_page_token = pager.cut(&mut rows, |row| row.id);
                let mails = rows.into_iter().map(convert::shown).collect();
                Ok(pb::ListMailsResponse { mails, next_page_token })
            })
            .await
    }

    async fn retry_mail(
        &self,
        request: Request<pb::RetryMailRequest>,
    ) -> Answer<pb::RetryMailResponse> {
        self.0
            .mutate(request, Need::Operator, convert::retry, |ask, target| async move {
                let done = retry::retry(&self.0.backend, &ask, target.id, &target.etag).await?;
                let mail = Some(convert::shown(done.answer));
                Ok(pb::RetryMailResponse { mail, position: done.position })
            })
            .await
    }
}
