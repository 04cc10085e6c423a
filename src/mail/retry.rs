//! RetryMail: a letter that was given up is tried again, from the beginning.

use super::store;
use crate::account::{check_etag, etag};
use crate::backend::{Ask, Backend, Done, Outcome, Part, update};
use crate::domain::ids::MailId;
use crate::domain::mail::MailState;
use crate::entity::mail;
use crate::error::Error;
use sea_orm::{EntityTrait, QuerySelect};

/// Queues it once more, under the same Message-ID.
///
/// # Errors
/// `NotFound`, `EtagMismatch`, `MailNotRetryable`.
pub async fn retry(
    backend: &Backend,
    ask: &Ask,
    id: MailId,
    sent_etag: &str,
) -> Result<Done<mail::Model>, Error> {
    let done = backend
        .change(&ask.named(), |work| async move {
            let found = mail::Entity::find_by_id(id).lock_exclusive().one(&work.txn).await?;
            let before = found.ok_or_else(|| store::not_found(id))?;
            check_etag(sent_etag, &etag(before.version))?;
            if before.state != MailState::Failed {
                return Err(Error::MailNotRetryable { mail: id, state: before.state });
            }
            let after = mail::Model {
                state: MailState::Queued,
                attempts: 0,
                due_at: Some(work.now),
                queued_at: work.now,
                updated_at: work.now,
                version: before.version + 1,
                ..before
            };
            let (mut part, row) = (Part::default(), after.clone());
            part.write(move |_, db| vec![update(row, db)]);
            Ok(Outcome::new(part, move |_| after))
        })
        .await?;
    if !ask.validate_only {
        backend.posted.notify_one();
    }
    Ok(done)
}
