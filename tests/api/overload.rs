//! A database that answers, and connections that others have: that is too much to do, and no database gone.

use crate::support::Harness;
use crate::support::refusal::Refusal;
use tonic::Code;

#[tokio::test]
async fn when_others_have_every_connection_a_call_is_told_that_there_is_too_much_to_do() {
    let harness = Harness::start().await;
    let (ann, _, id) = harness.partners("ann", "bo").await;
    let mut held = Vec::new();
    // ends when there is none left
    while let Ok(transaction) = harness.backend.snapshot().await {
        held.push(transaction);
    }
    let refused = Refusal::of(&ann.sees(&id).await.unwrap_err());
    assert_eq!((refused.code, &*refused.reason), (Code::Unavailable, "OVERLOADED"));
    assert!(refused.retry_after.is_some());
    held.clear();
    let held = harness.backend.snapshot().await;
    assert!(held.is_ok());
    ann.sees(&id).await.expect("there are connections again");
}
