//! Agreements: published by operators, accepted by customers (rules G).
//!
//! ```text
//!   publish.rs  PublishAgreement      accept.rs  AcceptAgreement, and accepting with a partnership
//!   store.rs    what is in force, who accepted what
//! ```
//! Which version is in force follows from the time alone. The row of a kind is a lock: whoever accepts shares it, so that no
//! version is published between the look at what is in force and the acceptance.

pub mod accept;
pub mod publish;
pub mod store;

use crate::backend::Work;
use crate::domain::agreement::AgreementKind;
use crate::entity::agreement_kind;
use crate::error::Error;
use sea_orm::sea_query::LockType;
use sea_orm::{EntityTrait, QuerySelect};

/// Nothing of this kind is published meanwhile (shared), nor accepted (exclusive).
async fn lock(work: &Work, kind: AgreementKind, lock: LockType) -> Result<(), Error> {
    let query = agreement_kind::Entity::find_by_id(kind).lock(lock);
    query.one(&work.txn).await?.map(|_| ()).ok_or(Error::ConcurrentChange)
}
