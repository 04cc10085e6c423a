//! Who may see an item (S5): from memory as long as nothing concerned it, else from one snapshot of the database together
//! with the position that it shows. What is kept of an answer does not grow with the partner's people, nor does reading it.

use super::store;
use crate::backend::Backend;
use crate::domain::contact::Stay;
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::sharing::{Item, ItemDenial, Person, Share, Standing};
use crate::domain::time::Timestamp;
use crate::entity::{account, audience_removal, member, membership};
use crate::error::Error;
use crate::feed::log;
use sea_orm::{ConnectionTrait, EntityTrait};
use std::sync::Arc;
use uuid::Uuid;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    pub owner: AccountId,
    pub item: Item,
    pub member: MemberId,
}

/// Whether it may, and where and when that is so.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    pub denial: Option<ItemDenial>,
    pub position: i64,
    pub at: Timestamp,
}

/// Whether a person may see an item, as of `min_position` at least.
///
/// # Errors
/// `PositionUnknown`, the database's.
pub async fn check(
    backend: &Backend,
    question: &Question,
    min_position: i64,
) -> Result<Verdict, Error> {
    let key = (question.item.key().of(question.owner), question.member);
    let known = backend.feed.memory.items.get(key);
    let (standing, position) = match known.filter(|(_, position)| *position >= min_position) {
        Some(known) => known,
        None => load(backend, question, key, min_position).await?,
    };
    let denial = standing.access().err();
    Ok(Verdict { denial, position, at: backend.now() })
}

async fn load(
    backend: &Backend,
    question: &Question,
    key: (Uuid, MemberId),
    min_position: i64,
) -> Result<(Arc<Standing>, i64), Error> {
    let mut on = vec![key.0, question.member.0, question.owner.0];
    // whose member it is shows only when it is read
    let loading = backend.feed.memory.items.loading(on.clone(), false);
    let db = backend.snapshot().await?;
    let head = log::highest(&db).await?;
    if min_position > head {
        return Err(Error::PositionUnknown { position: min_position, head });
    }
    let standing = Arc::new(read(&db, question).await?);
    let home = standing.person.map(|person| person.home.0);
    on.extend(home.filter(|home| *home != question.owner.0));
    loading.keep(key, Arc::clone(&standing), on, head);
    Ok((standing, head))
}

async fn read(db: &impl ConnectionTrait, question: &Question) -> Result<Standing, Error> {
    let Question { owner, item, member: id } = question;
    let owner_state = account::Entity::find_by_id(*owner).one(db).await?.map(|row| row.state);
    let unknown = Standing { owner: *owner, owner_state, person: None, share: None };
    let found = member::Entity::find_by_id(*id).find_also_related(account::Entity).one(db).await?;
    let Some((row, Some(home))) = found else { return Ok(unknown) };
    let stay = membership::Entity::find_by_id(row.membership_id).one(db).await?;
    let Some(stay) = stay else { return Ok(unknown) };
    let person = Person {
        home: home.id,
        account: home.state,
        state: row.state,
        stay: Stay { joined: stay.joined_position, left: stay.left_position },
    };
    let mut share = None;
    if home.id != *owner
        && let Some(shared) = store::of_item(db, *owner, home.id, item).await?
    {
        let removal = audience_removal::Entity::find_by_id((shared.row.id, stay.id)).one(db);
        share = Some(Share { reach: shared.reach(), taken_out: removal.await?.is_some() });
    }
    Ok(Standing { person: Some(person), share, ..unknown })
}
