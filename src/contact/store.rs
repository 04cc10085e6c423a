//! Reads of contacts, each on one account's side; the caller brings a snapshot, so that several statements agree.

use super::ContactView;
use super::guests::{self, own, people_at, resolve};
use super::partners::{self, Partner, Partners, Viewing};
use super::people::{self, Key, Person, Wanted};
use crate::domain::contact::{ContactKind, Link, Prefix, first_stay};
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, ContactId, MemberId};
use crate::entity::membership;
use crate::error::Error;
use sea_orm::{ConnectionTrait, EntityTrait};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What a list is narrowed to; empty lists do not narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kinds: Vec<ContactKind>,
    /// Only partners' members have links.
    pub links: Vec<Link>,
    /// Only this account's people, as a partner's.
    pub partner: Option<AccountId>,
    /// Only whose name or address begins so.
    pub query: Option<Prefix>,
}

impl Filter {
    fn includes(&self, kind: ContactKind) -> bool {
        let asked = self.kinds.is_empty() || self.kinds.contains(&kind);
        let linked = self.links.is_empty() && self.partner.is_none();
        asked && (kind == ContactKind::Member || linked)
    }

    fn wanted(&self) -> Wanted {
        Wanted { links: self.links.clone(), query: self.query.clone() }
    }
}

/// Where a contact stands in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub kind: ContactKind,
    /// The home account; nil for a guest.
    pub home: AccountId,
    /// The person, or the guest.
    pub id: Uuid,
}

impl Place {
    /// Where this contact stands.
    #[must_use]
    pub fn of(view: &ContactView) -> Self {
        let (home, id) = match &view.person {
            Some(person) => (person.home_account, person.member.0),
            None => (AccountId(Uuid::nil()), view.id.0),
        };
        Self { kind: view.kind, home, id }
    }

    /// Before everything of a kind.
    fn before(kind: ContactKind) -> Self {
        Self { kind, home: AccountId(Uuid::nil()), id: Uuid::nil() }
    }

    fn key(self) -> Key {
        (self.home, MemberId(self.id))
    }
}

/// Contacts above a place, in order of kind, home account and person.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    filter: &Filter,
    after: Option<Place>,
    limit: u64,
) -> Result<Vec<ContactView>, Error> {
    let start = after.unwrap_or(Place::before(ContactKind::User));
    let mut page = Page { views: Vec::new(), limit: usize::try_from(limit).unwrap_or(usize::MAX) };
    for kind in [ContactKind::User, ContactKind::Member, ContactKind::Guest] {
        if kind < start.kind || !filter.includes(kind) || page.is_full() {
            continue;
        }
        let from = if kind == start.kind { start } else { Place::before(kind) };
        match kind {
            ContactKind::User => {
                let wanted = Wanted { links: vec![Link::Synced], ..filter.wanted() };
                let from = from.key().max((viewer, MemberId(Uuid::nil())));
                walk(db, viewer.into(), &own(viewer), &wanted, from, &mut page).await?;
            }
            ContactKind::Member => {
                members(db, viewer.into(), filter, from.key(), &mut page).await?;
            }
            ContactKind::Guest => {
                list_guests(db, viewer, &filter.wanted(), ContactId(from.id), &mut page).await?;
            }
        }
    }
    Ok(page.views)
}

/// Partners' people above a key, all of them or one partner's, as they were at a position.
///
/// Histories only grow, so that pages read at different times agree, and need no transaction.
///
/// # Errors
/// The database's.
pub async fn members_as_of(
    db: &impl ConnectionTrait,
    viewing: Viewing,
    partner: Option<AccountId>,
    after: Key,
    limit: usize,
) -> Result<Vec<ContactView>, Error> {
    let mut page = Page { views: Vec::new(), limit };
    let filter = Filter { partner, ..Filter::default() };
    members(db, viewing, &filter, after, &mut page).await?;
    Ok(page.views)
}

/// One partner's member, as it was at a position.
///
/// # Errors
/// The database's.
pub async fn member_as_of(
    db: &impl ConnectionTrait,
    viewing: Viewing,
    key: Key,
) -> Result<Option<ContactView>, Error> {
    let found = resolve(db, viewing, &BTreeSet::from([key])).await?.into_iter();
    let mut visible = found.filter(visible).map(|person| person.view);
    Ok(visible.find(|view| view.kind == ContactKind::Member))
}

struct Page {
    views: Vec<ContactView>,
    limit: usize,
}

impl Page {
    fn is_full(&self) -> bool {
        self.views.len() >= self.limit
    }

    fn lacks(&self) -> u64 {
        (self.limit - self.views.len()) as u64
    }
}

/// The fewest rows of partnerships read at once, and the most: a page is mostly filled by very few partners.
const FIRST_ROWS: u64 = 4;
const MOST_ROWS: u64 = 64;
/// A search looks into many partners at once, and finds few people in each.
const MOST_ROWS_SEARCHED: u64 = 512;
/// The fewest people looked at together, and the most; powers of two, so that statements repeat.
const FIRST_PEOPLE: u64 = 16;
const MOST_PEOPLE: u64 = 1_024;

async fn members(
    db: &impl ConnectionTrait,
    viewing: Viewing,
    filter: &Filter,
    from: Key,
    page: &mut Page,
) -> Result<(), Error> {
    let wanted = filter.wanted();
    if let Some(partner) = filter.partner {
        let named = partners::named(db, viewing, &BTreeSet::from([partner])).await?;
        return walk(db, viewing, &named, &wanted, from, page).await;
    }
    let most = if wanted.query.is_some() { MOST_ROWS_SEARCHED } else { MOST_ROWS };
    let (mut from, mut rows) = (from, FIRST_ROWS);
    loop {
        let chunk = partners::from(db, viewing, from.0, rows).await?;
        walk(db, viewing, &chunk.partners, &wanted, from, page).await?;
        match chunk.next {
            Some(next) if !page.is_full() => from = (next, MemberId(Uuid::nil())),
            _ => return Ok(()),
        }
        rows = (rows * 4).min(most);
    }
}

/// Fills the page with people of these partners above a key.
async fn walk(
    db: &impl ConnectionTrait,
    viewing: Viewing,
    partners: &Partners,
    wanted: &Wanted,
    from: Key,
    page: &mut Page,
) -> Result<(), Error> {
    let mut from = from;
    let mut batch = page.lacks().next_power_of_two().clamp(FIRST_PEOPLE, MOST_PEOPLE);
    loop {
        let left: Vec<(AccountId, &Partner)> = partners
            .range(from.0..)
            .filter(|(_, partner)| wanted.meets(partner))
            .map(|(id, partner)| (*id, partner))
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        let stays = people::candidates(db, &left, wanted, from, batch).await?;
        let shown = people::seen(db, viewing, partners, &stays).await?.into_iter();
        let shown = shown.filter(|person| !person.suppressed && wanted.is(person));
        page.views.extend(shown.map(|person| person.view));
        if page.is_full() {
            page.views.truncate(page.limit);
            return Ok(());
        }
        match stays.last_key_value() {
            Some((last, _)) if stays.len() as u64 == batch => from = *last,
            _ => return Ok(()),
        }
        batch = (batch * 2).min(MOST_PEOPLE);
    }
}

async fn list_guests(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    wanted: &Wanted,
    from: ContactId,
    page: &mut Page,
) -> Result<(), Error> {
    let mut from = from;
    loop {
        let batch = page.lacks();
        let rows = guests::after(db, viewer, wanted, from, batch).await?;
        let Some(last) = rows.last().map(|row| row.id) else { return Ok(()) };
        let complete = (rows.len() as u64) < batch;
        let keys: Vec<_> = rows.iter().map(|row| row.email_key.clone()).collect();
        let known = people_at(db, viewer, &keys).await?;
        let is_known =
            |key: &EmailKey| known.get(key).is_some_and(|people| people.iter().any(visible));
        let strangers = rows.into_iter().filter(|row| !is_known(&row.email_key));
        page.views.extend(strangers.map(guests::show));
        if complete || page.is_full() {
            return Ok(());
        }
        from = last;
    }
}

/// Whether the account sees this person.
pub fn visible(person: &Person) -> bool {
    !person.suppressed
}

/// What a contact's id stands for.
pub enum Found {
    /// Somebody with a login, whom the account sees.
    Person(Person),
    /// A guest.
    Guest(crate::entity::guest::Model),
}

/// What an id stands for on this account's side.
///
/// # Errors
/// `NotFound`, also for other accounts' contacts and for deleted ones; the database's.
pub async fn find(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    id: ContactId,
) -> Result<Found, Error> {
    if let Some(guest) = guests::one(db, viewer, id).await? {
        return Ok(Found::Guest(guest));
    }
    let first = membership::Entity::find_by_id(first_stay(viewer, id)).one(db).await?;
    let Some(first) = first else { return Err(not_found(id)) };
    let key = BTreeSet::from([(first.account_id, first.member_id)]);
    let found = resolve(db, viewer.into(), &key).await?.into_iter();
    // a later stay leads to the same person, but is not what the id is made from
    let mut found = found.filter(|person| visible(person) && person.view.id == id);
    found.next().map(Found::Person).ok_or_else(|| not_found(id))
}

/// One contact; a guest whom the account sees as a person is shown as that person (C7).
///
/// # Errors
/// `NotFound`, or the database's.
pub async fn get(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    id: ContactId,
) -> Result<ContactView, Error> {
    match find(db, viewer, id).await? {
        Found::Person(person) => Ok(person.view),
        Found::Guest(guest) => {
            let known = people_at(db, viewer, std::slice::from_ref(&guest.email_key)).await?;
            let person = known.into_values().flatten().find(visible);
            Ok(person.map_or_else(|| guests::show(guest), |person| person.view))
        }
    }
}

/// What answers for a contact that this side does not have.
#[must_use]
pub fn not_found(id: ContactId) -> Error {
    Error::NotFound { resource: "contact", id: id.to_string() }
}
