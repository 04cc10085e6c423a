//! What a partner may do for a customer now (A1): from memory as long as nothing concerned the two, else from one snapshot
//! of the database together with the position that it shows.

use crate::agreement;
use crate::backend::Backend;
use crate::domain::access::{Access, Denial};
use crate::domain::ids::AccountId;
use crate::domain::partner_type::Permission;
use crate::domain::time::Timestamp;
use crate::entity::account;
use crate::error::Error;
use crate::feed::log;
use crate::partnership::grants;
use sea_orm::{ConnectionTrait, EntityTrait};
use std::sync::Arc;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub customer: AccountId,
    pub partner: AccountId,
    pub permission: Permission,
    /// Whose purchases; `None` for any.
    pub purchases_of: Option<AccountId>,
}

/// Whether it may, and where and when that is so.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    pub denial: Option<Denial>,
    pub position: i64,
    pub at: Timestamp,
}

/// Whether a partner may do something for a customer, as of `min_position` at least.
///
/// # Errors
/// `PositionUnknown`, the database's.
pub async fn check(
    backend: &Backend,
    question: Question,
    min_position: i64,
) -> Result<Verdict, Error> {
    let Question { customer, partner, permission, purchases_of } = question;
    let known = backend.feed.memory.access.get((customer, partner));
    let (access, position) = match known.filter(|(_, position)| *position >= min_position) {
        Some(known) => known,
        None => load(backend, customer, partner, min_position).await?,
    };
    let at = backend.now();
    let denial = access.permits(permission, purchases_of, at).err();
    Ok(Verdict { denial, position, at })
}

async fn load(
    backend: &Backend,
    customer: AccountId,
    partner: AccountId,
    min_position: i64,
) -> Result<(Arc<Access>, i64), Error> {
    let on = vec![customer.0, partner.0];
    let loading = backend.feed.memory.access.loading(on.clone(), true);
    let db = backend.snapshot().await?;
    let head = log::highest(&db).await?;
    if min_position > head {
        return Err(Error::PositionUnknown { position: min_position, head });
    }
    let access = Arc::new(read(&db, customer, partner, backend.now()).await?);
    loading.keep((customer, partner), Arc::clone(&access), on, head);
    Ok((access, head))
}

async fn read(
    db: &impl ConnectionTrait,
    customer: AccountId,
    partner: AccountId,
    now: Timestamp,
) -> Result<Access, Error> {
    let state = async |id| -> Result<_, Error> {
        Ok(account::Entity::find_by_id(id).one(db).await?.map(|account| account.state))
    };
    let (grants, purchases_of) = grants::between(db, customer, partner).await?;
    Ok(Access {
        customer: state(customer).await?,
        partner: state(partner).await?,
        agreed: agreement::store::agreed(db, customer, now).await?,
        grants,
        purchases_of,
    })
}
