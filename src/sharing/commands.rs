//! ShareItem, UnshareItem, RemoveFromAudience.

use super::audience::stay_of;
use super::{SharedItemView, store};
use crate::account::lock::{self, Strength};
use crate::account::{check_etag, etag};
use crate::backend::{Ask, Backend, Done, Outcome, Part, Slot, Work, insert, update};
use crate::domain::event::{AuditAction, AuditNote, Body, Event, EventKind, Glimpse, ShareFact};
use crate::domain::ids::{AccountId, MemberId, MembershipId, PartnershipId, SharedItemId};
use crate::domain::partnership::View;
use crate::domain::sharing::Item;
use crate::domain::time::Timestamp;
use crate::entity::{audience_removal, shared_item};
use crate::error::Error;
use crate::partnership::lock::pairs;
use sea_orm::EntityTrait;

/// What is to be shared.
#[derive(Clone, Debug)]
pub struct NewShare {
    /// Another account than the owner's.
    pub partner: AccountId,
    pub item: Item,
    pub title: String,
}

/// Shares an item: anew what is frozen by now, while of what is live already only the title may change (S1, S3, S4).
///
/// # Errors
/// `ManagePartnersRequired` for contact details; `PartnershipRequired`.
pub async fn share(
    backend: &Backend,
    ask: &Ask,
    owner: AccountId,
    new: NewShare,
) -> Result<Done<SharedItemView>, Error> {
    let new = &new;
    let is_for_managers = new.item.item_type.needs_manager();
    if is_for_managers && !ask.actor.manages_partners() {
        return Err(Error::ManagePartnersRequired);
    }
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let accounts = lock::accounts(work, &[new.partner], Strength::Shared).await?;
            let may_not = accounts.member.as_ref().is_some_and(|member| !member.manages_partners);
            if is_for_managers && may_not {
                return Err(Error::ManagePartnersRequired);
            }
            pairs(work, &[(owner, new.partner)]).await?;
            let partnership = store::sharing_partnership(&work.txn, owner, new.partner).await?;
            let partnership =
                partnership.ok_or(Error::PartnershipRequired { account: new.partner })?;
            let before = store::of_item(&work.txn, owner, new.partner, &new.item).await?;
            match before {
                Some(live) if live.row.partnership_id == partnership => {
                    Ok(retitled(work, live, &new.title))
                }
                frozen => Ok(shared(work, owner, new, partnership, frozen)),
            }
        })
        .await
}

fn shared(
    work: &Work,
    owner: AccountId,
    new: &NewShare,
    partnership: PartnershipId,
    frozen: Option<SharedItemView>,
) -> Outcome<SharedItemView> {
    let NewShare { partner, item, title } = new.clone();
    let row = shared_item::Model {
        id: SharedItemId::fresh(),
        shared_position: 0,
        owner_account_id: owner,
        partner_account_id: partner,
        partnership_id: partnership,
        item_type: item.item_type,
        item_key: item.key(),
        external_id: item.external_id,
        title,
        sharer_member_id: work.ask().actor.member.as_ref().map(|member| member.id),
        version: 1,
        created_at: work.now,
        updated_at: work.now,
        unshared_position: None,
        unshared_at: None,
    };
    let now = work.now;
    let mut part = Part::default();
    let slot = part.event(event(&row, true, EventKind::ItemShared, AuditAction::ItemShared));
    let stored = row.clone();
    part.write(move |at, db| {
        let position = at.position(slot);
        let over = frozen.map(|frozen| shared_item::Model {
            unshared_position: Some(position),
            unshared_at: Some(now),
            ..frozen.row
        });
        let fresh = shared_item::Model { shared_position: position, ..stored };
        over.map(|row| update(row, db)).into_iter().chain([insert(fresh, db)]).collect()
    });
    Outcome::new(part, move |at| {
        let row = shared_item::Model { shared_position: at.position(slot), ..row };
        SharedItemView { row, frozen: None }
    })
}

fn retitled(work: &Work, before: SharedItemView, title: &str) -> Outcome<SharedItemView> {
    if before.row.title == title {
        return Outcome::unchanged(before);
    }
    let mut row = shared_item::Model { title: title.to_owned(), ..before.row };
    touch(work, &mut row);
    let mut part = Part::default();
    part.event(event(&row, true, EventKind::SharedItemUpdated, AuditAction::ItemRetitled));
    saved(part, row, before.frozen)
}

/// Takes a shared item back, whatever became of the partnership; nobody of the partner's reaches it any more.
///
/// # Errors
/// `NotFound`, also for what is shared with the account; `EtagMismatch`.
pub async fn unshare(
    backend: &Backend,
    ask: &Ask,
    owner: AccountId,
    id: SharedItemId,
    sent_etag: &str,
) -> Result<Done<()>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let SharedItemView { row, frozen } = locked(work, owner, id).await?;
            check_etag(sent_etag, &etag(row.version))?;
            let (kind, action) = (EventKind::ItemUnshared, AuditAction::ItemUnshared);
            let mut part = Part::default();
            let slot = part.event(event(&row, frozen.is_none(), kind, action));
            let now = work.now;
            part.write(move |at, db| {
                let unshared_position = Some(at.position(slot));
                let over = shared_item::Model { unshared_position, unshared_at: Some(now), ..row };
                vec![update(over, db)]
            });
            Ok(Outcome::new(part, |_| ()))
        })
        .await
}

/// Takes one of the partner's people out of the audience; one who is out already stays so.
///
/// # Errors
/// `NotFound` for the shared item and for somebody whom it does not reach; `EtagMismatch`; `AudienceIsDynamic`.
pub async fn take_out(
    backend: &Backend,
    ask: &Ask,
    owner: AccountId,
    id: SharedItemId,
    member: MemberId,
    sent_etag: &str,
) -> Result<Done<SharedItemView>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let shared = locked(work, owner, id).await?;
            let reach = shared.reach();
            if reach.is_dynamic() {
                return Err(Error::AudienceIsDynamic { shared_item: id });
            }
            check_etag(sent_etag, &etag(shared.row.version))?;
            let stay = stay_of(&work.txn, shared.row.partner_account_id, member, reach).await?;
            let nobody = || Error::NotFound { resource: "member", id: member.to_string() };
            let key = (id, stay.ok_or_else(nobody)?);
            if audience_removal::Entity::find_by_id(key).one(&work.txn).await?.is_some() {
                return Ok(Outcome::unchanged(shared));
            }
            let SharedItemView { mut row, frozen } = shared;
            touch(work, &mut row);
            let (kind, action) = (EventKind::SharedItemUpdated, AuditAction::AudienceMemberRemoved);
            let mut part = Part::default();
            let slot = part.event(event(&row, frozen.is_none(), kind, action));
            removed(&mut part, slot, key);
            Ok(saved(part, row, frozen))
        })
        .await
}

fn removed(part: &mut Part, slot: Slot, key: (SharedItemId, MembershipId)) {
    part.write(move |at, db| {
        let (shared_item_id, membership_id) = key;
        let position = at.position(slot);
        vec![insert(audience_removal::Model { shared_item_id, membership_id, position }, db)]
    });
}

/// The account's own shared item, under the lock of the pair. The partner's account stays as it is, too: it may close, which
/// freezes the item, and those whom the item reaches may leave it.
async fn locked(work: &Work, owner: AccountId, id: SharedItemId) -> Result<SharedItemView, Error> {
    let partner = store::own(&work.txn, owner, id).await.map(|own| own.row.partner_account_id);
    lock::accounts(work, partner.as_ref().map_or(&[], std::slice::from_ref), Strength::Shared)
        .await?;
    pairs(work, &[(owner, partner?)]).await?;
    store::own(&work.txn, owner, id).await
}

fn touch(work: &Work, row: &mut shared_item::Model) {
    row.version += 1;
    row.updated_at = work.now;
}

fn saved(
    mut part: Part,
    row: shared_item::Model,
    frozen: Option<(i64, Timestamp)>,
) -> Outcome<SharedItemView> {
    let stored = row.clone();
    part.write(move |_, db| vec![update(stored, db)]);
    Outcome::new(part, move |_| SharedItemView { row, frozen })
}

fn event(row: &shared_item::Model, is_live: bool, kind: EventKind, action: AuditAction) -> Event {
    let (owner, partner) = (row.owner_account_id, row.partner_account_id);
    let seen = is_live.then_some(View::Active);
    let glimpse = |account| Some(Glimpse { account, from: seen, to: seen });
    let fact = ShareFact {
        shared_item: row.id,
        item_type: row.item_type,
        item_key: row.item_key,
        is_live,
    };
    Event {
        kind,
        account: owner,
        counterpart: Some(partner),
        subject: row.id.0,
        body: Body::Share(fact),
        audit: Some(AuditNote {
            action,
            partnership: Some(row.partnership_id),
            sender: glimpse(owner),
            recipient: glimpse(partner),
            reason: String::new(),
            reason_shared: false,
        }),
        appears: None,
    }
}
