//! Registrations, one or many at a time; operators only (M2). Each is judged by itself: one that is refused leaves no trace
//! and hinders no other. Of two that want the same address or id the first one has it.

use super::group_commit::Registrations;
use super::history::{event, join, own_addresses};
use super::lock::{self, Strength};
use crate::backend::{
    Answer, Ask, At, Backend, Done, Outcome, Outcomes, Part, Slot, Work, insert_all, one_of,
};
use crate::domain::account::{MemberState, Profile};
use crate::domain::email::{Email, EmailKey};
use crate::domain::event::EventKind;
use crate::domain::ids::{AccountId, MemberId, MembershipId};
use crate::entity::member;
use crate::error::Error;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What a registration says of a member.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// The caller's own id, or none for a fresh one.
    pub id: Option<MemberId>,
    /// The person.
    pub email: Email,
    /// As shown.
    pub display_name: String,
    /// What kind of user.
    pub profile: Profile,
    /// An individual grant or refusal of `manage_partners`.
    pub manage_partners: Option<bool>,
    /// Contact detail.
    pub phone: String,
    /// Contact detail.
    pub title: String,
    /// Contact detail.
    pub locale: String,
}

/// Somebody new, and where.
#[derive(Clone, Debug)]
pub struct Registration {
    pub account: AccountId,
    pub new: NewMember,
}

/// A new member of an account; invitations waiting for the address bind by reaction (I9). Written together with others
/// that are registered just now.
///
/// # Errors
/// `NotFound` for the account, `AccountNotActive` when closed, `MemberExists` (M1), `Overloaded`, `ShuttingDown`.
pub async fn register(
    (backend, registrations): (&Backend, &Registrations),
    ask: &Ask,
    account: AccountId,
    new: NewMember,
) -> Result<Done<member::Model>, Error> {
    let wanted = Arc::new(Registration { account, new });
    if !ask.validate_only {
        return registrations.add(ask.clone(), wanted).await;
    }
    let wanted = &[wanted];
    backend
        .change(ask, |work| async move {
            let (part, mut found) = prepare(&work, wanted).await?;
            let found = found.pop().ok_or_else(|| Error::internal("a verdict for each"))?;
            let created = found??;
            Ok(Outcome::new(part, move |at| created.placed(at)))
        })
        .await
}

/// Who has the address or the id that a registration wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    pub member: MemberId,
    pub account: AccountId,
}

impl From<Taken> for Error {
    fn from(Taken { member, account }: Taken) -> Self {
        Self::MemberExists { member: member.to_string(), account: account.to_string() }
    }
}

/// New members of one account in one change, each with an event of its own, in the order given; who cannot be registered
/// is told so without harm to the others.
///
/// # Errors
/// `NotFound` for the account, `AccountNotActive` when closed.
pub async fn register_many(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    new: Vec<NewMember>,
) -> Result<Done<Vec<Result<member::Model, Taken>>>, Error> {
    let wanted: Vec<_> =
        new.into_iter().map(|new| Arc::new(Registration { account, new })).collect();
    let wanted = wanted.as_slice();
    backend
        .change(ask, |work| async move {
            lock::accounts(&work, &[account], Strength::Shared).await?.not_closed(account)?;
            let (part, found) = prepare(&work, wanted).await?;
            let found: Vec<Result<Created, Taken>> = found.into_iter().collect::<Result<_, _>>()?;
            Ok(Outcome::new(part, move |at| {
                found.into_iter().map(|one| one.map(|created| created.placed(at))).collect()
            }))
        })
        .await
}

/// What `register` queues for: everybody who is new just now, each on behalf of whoever asks for it.
pub(super) async fn together(
    work: Arc<Work>,
    wanted: Vec<Arc<Registration>>,
) -> Result<Outcomes<member::Model>, Error> {
    let (part, found) = prepare(&work, &wanted).await?;
    let answer = |created: Created| -> Answer<member::Model> { Box::new(|at| created.placed(at)) };
    let answers = found.into_iter().map(|found| Ok(answer(found??))).collect();
    Ok(Outcomes { part, answers })
}

/// Somebody who will be a member, and the event that will say so.
#[derive(Clone)]
struct Created {
    row: member::Model,
    slot: Slot,
}

impl Created {
    fn placed(self, at: &At) -> member::Model {
        let position = at.position(self.slot);
        member::Model { created_position: position, position, ..self.row }
    }
}

/// Locks accounts and addresses, then judges one after the other.
async fn prepare(
    work: &Work,
    wanted: &[Arc<Registration>],
) -> Result<(Part, Vec<Result<Result<Created, Taken>, Error>>), Error> {
    let accounts: Vec<AccountId> = wanted.iter().map(|one| one.account).collect();
    let open = lock::shared(work, &accounts).await?;
    let mut register = Register::read(work, wanted, &open).await?;
    let (mut part, mut joined) = (Part::default(), Vec::new());
    let mut found = Vec::with_capacity(wanted.len());
    for (item, (one, open)) in wanted.iter().zip(open).enumerate() {
        found.push(open.map(|()| {
            let row = register.enter(work, one)?;
            let slot = part.event_of(item, event(&row, EventKind::MemberAdded, true));
            joined.push((slot, row.clone()));
            Ok(Created { row, slot })
        }));
    }
    if !joined.is_empty() {
        let owned = joined.iter().map(|(_, row)| (row.email_key.clone(), Some(row.id)));
        own_addresses(&mut part, owned.collect());
        join(&mut part, joined.clone(), work.now);
        part.write(move |at, db| {
            let rows = joined.into_iter().map(|(slot, row)| Created { row, slot }.placed(at));
            insert_all(rows, db)
        });
    }
    Ok((part, found))
}

/// Who has which address and which id, those included who were entered just now.
struct Register {
    addresses: HashMap<EmailKey, Taken>,
    ids: HashMap<MemberId, AccountId>,
}

impl Register {
    /// Locks the addresses of those whose account is open, and reads who is there.
    async fn read(
        work: &Work,
        wanted: &[Arc<Registration>],
        open: &[Result<(), Error>],
    ) -> Result<Self, Error> {
        let open = || wanted.iter().zip(open).filter(|(_, open)| open.is_ok()).map(|(one, _)| one);
        let keys: BTreeSet<EmailKey> = open().map(|one| one.new.email.key.clone()).collect();
        lock::addresses(work, &keys).await?;
        let residents = lock::residents(work, &keys).await?.into_iter();
        let addresses =
            residents.map(|(key, (member, account))| (key, Taken { member, account })).collect();
        let given: Vec<MemberId> = open().filter_map(|one| one.new.id).collect();
        let ids = if given.is_empty() { HashMap::new() } else { known(work, given).await? };
        Ok(Self { addresses, ids })
    }

    fn enter(&mut self, work: &Work, wanted: &Registration) -> Result<member::Model, Taken> {
        let Registration { account, new } = wanted;
        if let Some(taken) = self.addresses.get(&new.email.key) {
            return Err(taken.clone());
        }
        let id = new.id.unwrap_or_else(MemberId::fresh);
        if let Some(account) = self.ids.get(&id) {
            return Err(Taken { member: id, account: *account });
        }
        self.addresses.insert(new.email.key.clone(), Taken { member: id, account: *account });
        self.ids.insert(id, *account);
        Ok(member::Model {
            id,
            created_position: 0,
            position: 0,
            account_id: *account,
            membership_id: MembershipId::fresh(),
            email: new.email.typed.clone(),
            email_key: new.email.key.clone(),
            display_name: new.display_name.clone(),
            profile: new.profile,
            manage_partners: new.manage_partners,
            state: MemberState::Active,
            phone: new.phone.clone(),
            title: new.title.clone(),
            locale: new.locale.clone(),
            created_at: work.now,
            updated_at: work.now,
        })
    }
}

/// Which of these ids members have, and where.
async fn known(work: &Work, ids: Vec<MemberId>) -> Result<HashMap<MemberId, AccountId>, Error> {
    let found: Vec<(MemberId, AccountId)> = member::Entity::find()
        .filter(one_of(member::Column::Id, ids, work.txn.get_database_backend()))
        .select_only()
        .columns([member::Column::Id, member::Column::AccountId])
        .into_tuple()
        .all(&work.txn)
        .await?;
    Ok(found.into_iter().collect())
}
