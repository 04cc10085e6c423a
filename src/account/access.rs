//! Authorisation: from a caller to an actor, in the contract's order of refusals.

use crate::backend::{Ask, Backend, Work};
use crate::caller::{ActingMember, Actor, Caller, Need};
use crate::domain::account::{AccountState, MemberState, can_manage_partners};
use crate::domain::ids::{AccountId, MemberId};
use crate::entity::{account, member};
use crate::error::Error;
use crate::feed::log;
use sea_orm::{ConnectionTrait, EntityTrait};
use std::sync::Arc;

/// Checks what the caller is and may do on the side of `account`; `None` is a call that names no account, or one whose
/// id could not be read (its field is refused later, with the others). Who a member is comes from memory where that is
/// as fresh as `min_position`; what changes something asks the database again, under its locks.
///
/// # Errors
/// In this order: `CredentialsInvalid`, `MemberNotActive`, `AccountNotActive`, `OperatorRequired`, `NotFound`,
/// `ManagePartnersRequired`.
pub async fn authorise(
    backend: &Backend,
    caller: Caller,
    account: Option<AccountId>,
    need: Need,
    min_position: i64,
) -> Result<Actor, Error> {
    let db = backend.reads();
    let (member, operator) = match caller {
        Caller::Operator(name) => (None, Some(name)),
        Caller::OperatorFor(name, id) => {
            (Some(known(backend, id, min_position).await?), Some(name))
        }
        Caller::Member(id) => (Some(known(backend, id, min_position).await?), None),
    };
    let actor = Actor { account, member, operator, need };
    match &actor.member {
        Some(_) if need == Need::Operator => return Err(Error::OperatorRequired),
        Some(member) if account.is_some_and(|id| id != member.account) => {
            return Err(no_account(account));
        }
        Some(_) => {}
        None => {
            if let Some(id) = account.filter(|_| need != Need::Operator) {
                let found = account::Entity::find_by_id(id)
                    .one(db)
                    .await?
                    .ok_or_else(|| no_account(account))?;
                open_to(&actor, &found)?;
            }
        }
    }
    capable(&actor)?;
    Ok(actor)
}

/// Lets operators ask about any two accounts, and members about their own and another one (A1).
///
/// # Errors
/// `CredentialsInvalid`, `MemberNotActive`, `AccountNotActive`; `NotFound` for a member of neither.
pub async fn authorise_either(
    backend: &Backend,
    caller: Caller,
    either: Option<[AccountId; 2]>,
    min_position: i64,
) -> Result<(), Error> {
    let Actor { member, .. } = authorise(backend, caller, None, Need::Look, min_position).await?;
    match (member, either) {
        (Some(member), Some(either)) if !either.contains(&member.account) => {
            Err(no_account(Some(either[0])))
        }
        _ => Ok(()),
    }
}

/// Lets operators ask about any account and person, members about their own account and anybody, and about their own
/// colleagues and any account (S5).
///
/// # Errors
/// `CredentialsInvalid`, `MemberNotActive`, `AccountNotActive`; `NotFound` for a member of neither account.
pub async fn authorise_about(
    backend: &Backend,
    caller: Caller,
    asked: Option<(AccountId, MemberId)>,
    min_position: i64,
) -> Result<(), Error> {
    let Actor { member, .. } = authorise(backend, caller, None, Need::Look, min_position).await?;
    let (Some(caller), Some((owner, about))) = (member, asked) else { return Ok(()) };
    if caller.account == owner || caller.id == about {
        return Ok(());
    }
    let person = member::Entity::find_by_id(about).one(backend.reads()).await?;
    match person {
        Some(person) if person.account_id == caller.account => Ok(()),
        _ => Err(no_account(Some(owner))),
    }
}

/// Asks the database once more whether one who was let in may still act.
///
/// # Errors
/// As [`authorise`].
pub async fn still(backend: &Backend, actor: &Actor) -> Result<(), Error> {
    let db = backend.reads();
    if let Some(member) = &actor.member {
        let now = acting(db, member.id).await?;
        return if now.account == member.account { Ok(()) } else { Err(no_account(actor.account)) };
    }
    let Some(id) = actor.account else { return Ok(()) };
    let found = account::Entity::find_by_id(id).one(db).await?;
    open_to(actor, &found.ok_or_else(|| no_account(actor.account))?)
}

/// The same questions once more, now that the account is locked: nothing was lost in between. Answers the acting member as
/// it stays until commit.
pub(super) async fn recheck(
    work: &Work,
    ask: &Ask,
    locked: &account::Model,
) -> Result<Option<ActingMember>, Error> {
    let mut actor = ask.actor.clone();
    if let Some(before) = &actor.member {
        actor.member = Some(acting(&work.txn, before.id).await?);
        if actor.member.as_ref().is_some_and(|member| member.account != locked.id) {
            return Err(no_account(Some(locked.id)));
        }
    }
    open_to(&actor, locked)?;
    capable(&actor)?;
    Ok(actor.member)
}

/// A member who may act: from memory, or read after a look at where the log ends, so that the member was so there or later.
async fn known(backend: &Backend, id: MemberId, min_position: i64) -> Result<ActingMember, Error> {
    let callers = &backend.feed.memory.callers;
    if let Some((member, _)) = callers.get(id).filter(|(_, position)| *position >= min_position) {
        return Ok(ActingMember::clone(&member));
    }
    let db = backend.reads();
    let loading = callers.loading(vec![id.0], false);
    let as_of = log::highest(db).await?;
    let member = acting(db, id).await?;
    let on = vec![id.0, member.account.0];
    loading.keep(id, Arc::new(member.clone()), on, as_of);
    Ok(member)
}

async fn acting(db: &impl ConnectionTrait, id: MemberId) -> Result<ActingMember, Error> {
    let found = member::Entity::find_by_id(id).find_also_related(account::Entity).one(db).await?;
    let (member, home) = found.ok_or(Error::CredentialsInvalid)?;
    match member.state {
        MemberState::Active => {}
        MemberState::Deactivated | MemberState::Removed => return Err(Error::MemberNotActive),
    }
    if home.is_none_or(|home| home.state != AccountState::Active) {
        return Err(Error::AccountNotActive { account: member.account_id.to_string() });
    }
    Ok(ActingMember {
        id,
        account: member.account_id,
        manages_partners: can_manage_partners(member.profile, member.manage_partners),
        display_name: member.display_name,
    })
}

/// An operator may look at and administer any account, but acts on the side of active ones only (M4).
fn open_to(actor: &Actor, account: &account::Model) -> Result<(), Error> {
    match actor.need {
        Need::Operator | Need::Look => Ok(()),
        Need::Member | Need::Manager if account.state == AccountState::Active => Ok(()),
        Need::Member | Need::Manager => {
            Err(Error::AccountNotActive { account: account.id.to_string() })
        }
    }
}

fn capable(actor: &Actor) -> Result<(), Error> {
    if actor.need == Need::Manager && !actor.manages_partners() {
        return Err(Error::ManagePartnersRequired);
    }
    Ok(())
}

fn no_account(id: Option<AccountId>) -> Error {
    Error::NotFound { resource: "account", id: id.map(|id| id.to_string()).unwrap_or_default() }
}
