//! CreateGuest and DeleteContact. The address guards a guest, the pair guards whom of a partner's people is hidden.

use super::ContactView;
use super::guests::{self, people_at};
use super::people::{Key, Person, in_force};
use super::store::{self, Found, not_found, visible};
use crate::account::lock::{self, Strength};
use crate::backend::{Ask, Backend, Done, Outcome, Part, Work, insert};
use crate::domain::contact::ContactKind;
use crate::domain::email::{Email, fold};
use crate::domain::event::{Body, ContactFact, Event, EventKind};
use crate::domain::ids::{AccountId, ContactId};
use crate::entity::{guest, suppression};
use crate::error::Error;
use crate::partnership::lock::pairs;
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QueryFilter, QueryTrait};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What is typed in of a guest.
#[derive(Clone, Debug)]
pub struct NewGuest {
    pub email: Email,
    pub display_name: String,
    pub phone: String,
    pub title: String,
    pub locale: String,
}

/// A contact for an address: a new guest, or the partner's member who has it and whom the account had deleted (C8).
///
/// # Errors
/// `ContactExists`.
pub async fn create_guest(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    new: NewGuest,
) -> Result<Done<ContactView>, Error> {
    let new = &new;
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let key = &new.email.key;
            lock::accounts(work, &[account], Strength::Shared).await?;
            lock::addresses(work, &BTreeSet::from([key.clone()])).await?;
            let deleted = deleted_at(work, account, new).await?;
            if let Some(guest) = guests::at(&work.txn, account, key).await? {
                return Err(Error::ContactExists { contact: guest.id });
            }
            let Some(first) = deleted.first().map(|person| person.view.clone()) else {
                return Ok(created(work, account, new));
            };
            let mut part = Part::default();
            for person in deleted {
                restore(&mut part, account, person.key);
            }
            Ok(Outcome::new(part, move |_| first))
        })
        .await
}

/// The people with this address whom the account deleted, under the locks of their pairs; none may be visible.
async fn deleted_at(work: &Work, account: AccountId, new: &NewGuest) -> Result<Vec<Person>, Error> {
    let keys = std::slice::from_ref(&new.email.key);
    let known = people_at(&work.txn, account, keys).await?;
    let homes = known.values().flatten().map(|person| person.key.0).filter(|home| *home != account);
    pairs(work, &homes.map(|home| (account, home)).collect::<Vec<_>>()).await?;
    let known: Vec<Person> =
        people_at(&work.txn, account, keys).await?.into_values().flatten().collect();
    match known.iter().find(|person| visible(person)) {
        Some(person) => Err(Error::ContactExists { contact: person.view.id }),
        None => Ok(known),
    }
}

fn created(work: &Work, account: AccountId, new: &NewGuest) -> Outcome<ContactView> {
    let NewGuest { email, display_name, phone, title, locale } = new.clone();
    let row = guest::Model {
        id: ContactId::fresh(),
        account_id: account,
        email_fold: fold(&email.typed),
        email: email.typed,
        email_key: email.key,
        name_fold: fold(&display_name),
        display_name,
        phone,
        title,
        locale,
        created_at: work.now,
    };
    let mut part = Part::default();
    part.event(event(account, EventKind::GuestCreated, row.id.0, Body::Empty {}));
    let stored = row.clone();
    part.write(move |_, db| vec![insert(stored, db)]);
    Outcome::new(part, move |_| guests::show(row))
}

/// Off the Contacts page: a guest is deleted, a partner's member hidden for good (C8).
///
/// # Errors
/// `NotFound`; `UserContact` for the account's own people.
pub async fn delete(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: ContactId,
) -> Result<Done<()>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let unlocked = store::find(&work.txn, account, id).await;
            lock::accounts(work, &[account], Strength::Shared).await?;
            match unlocked? {
                Found::Guest(guest) => {
                    lock::addresses(work, &BTreeSet::from([guest.email_key])).await?;
                    guests::one(&work.txn, account, id).await?.ok_or_else(|| not_found(id))?;
                    Ok(Outcome::new(forget(account, id), |_| ()))
                }
                Found::Person(person) if person.view.kind == ContactKind::User => {
                    Err(Error::UserContact { contact: id })
                }
                Found::Person(person) => {
                    pairs(work, &[(account, person.key.0)]).await?;
                    store::find(&work.txn, account, id).await?;
                    Ok(Outcome::new(suppress(account, person.key), |_| ()))
                }
            }
        })
        .await
}

fn forget(account: AccountId, id: ContactId) -> Part {
    let mut part = Part::default();
    part.event(event(account, EventKind::GuestDeleted, id.0, Body::Empty {}));
    part.write(move |_, db| vec![guest::Entity::delete_by_id(id).build(db)]);
    part
}

fn suppress(account: AccountId, key: Key) -> Part {
    let mut part = Part::default();
    let slot = part.event(event(account, EventKind::ContactSuppressed, key.1.0, fact(key)));
    part.write(move |at, db| {
        let row = suppression::Model {
            account_id: account,
            home_account_id: key.0,
            member_id: key.1,
            from_position: at.position(slot),
            until_position: None,
        };
        vec![insert(row, db)]
    });
    part
}

fn restore(part: &mut Part, account: AccountId, key: Key) {
    let slot = part.event(event(account, EventKind::ContactRestored, key.1.0, fact(key)));
    part.write(move |at, db| {
        let lifted = suppression::Entity::update_many()
            .col_expr(suppression::Column::UntilPosition, Expr::value(at.position(slot)))
            .filter(in_force(account, key));
        vec![lifted.build(db)]
    });
}

fn fact(key: Key) -> Body {
    Body::Contact(ContactFact { home_account: key.0, contact_member: key.1 })
}

/// Nobody else's business: no counterpart is told, and no audit of partners keeps it.
fn event(account: AccountId, kind: EventKind, subject: Uuid, body: Body) -> Event {
    Event { kind, account, counterpart: None, subject, body, audit: None, appears: None }
}
