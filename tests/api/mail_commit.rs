//! RetryMail writes no event by which the log could tell what became of a COMMIT whose reply is lost: it is found by a name.

#[path = "../chaos/proxy.rs"]
#[allow(dead_code, reason = "the chaos tests do more with it")]
mod proxy;

use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::roster::connect;
use crate::support::{Harness, Options};
use partner_service::grpc::pb::{self, MailState};
use proxy::{FAULTS, Proxy};
use sea_orm::ConnectionTrait;
use std::sync::Arc;

#[tokio::test]
async fn l2_a_mail_is_tried_again_once_and_told_so_whatever_becomes_of_the_commit() {
    if engine() == TestEngine::Sqlite {
        return; // no connection that could break
    }
    let database = Arc::new(TestDatabase::fresh().await);
    let proxy = Proxy::start(&database.url).await;
    let url = Some(proxy.url.clone());
    let database = Some(Arc::clone(&database));
    let harness = Harness::with(Options { database, url, ..Options::default() }).await;
    let (a, _) = harness.strangers().await;
    a.invites("gone@else.example").await.unwrap();
    let db = connect(&harness.database.url).await;
    let mut spoilt = 0;
    for fault in FAULTS {
        for request_id in [String::new(), format!("{fault:?}")] {
            db.execute_unprepared("UPDATE mail SET state = 'FAILED', due_at = NULL").await.unwrap();
            let before = harness.outbox().await.remove(0);
            proxy.spoil(move |commit| (commit == 0).then_some(fault));
            let mail_id = before.id.to_string();
            let request = pb::RetryMailRequest { mail_id, request_id, ..Default::default() };
            let answer = harness.operator().mails.retry_mail(request.clone()).await;
            let mail = answer.expect("it is tried again").into_inner().mail.expect("a mail");
            assert_eq!(mail.state(), MailState::Queued, "{fault:?}");
            let after = harness.outbox().await.remove(0);
            assert_eq!(after.version, before.version + 1, "{fault:?}: once");
            spoilt += 1;
            assert_eq!(proxy.faults(), spoilt);
        }
    }
}
