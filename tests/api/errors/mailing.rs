//! Scenarios of mail.

use super::scenarios::{CALL, Stage, refused};
use crate::support::Harness;
use partner_service::grpc::pb;
use std::sync::Arc;
use tonic::Status;

/// A mail that waits to be sent for the first time.
pub async fn mail_not_retryable(common: &Arc<Harness>) -> Status {
    let stage = Stage::on(common).await;
    stage.ann.invites(&stage.bo.email()).await.expect("invited");
    let mut by = common.caller(&[("x-request-id", CALL.to_owned())]).mails;
    let mails = by.list_mails(pb::ListMailsRequest { page_size: 1, ..Default::default() }).await;
    let mail_id = mails.expect("listed").into_inner().mails.remove(0).id;
    refused(by.retry_mail(pb::RetryMailRequest { mail_id, ..Default::default() }).await)
}
