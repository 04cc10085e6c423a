//! Who is written to: members by id, managers of accounts, and whoever an invitation is addressed to.

use crate::account::lock::residents;
use crate::backend::{Work, one_of};
use crate::domain::account::{MemberState, Profile, can_manage_partners};
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::mail::Occasion;
use crate::entity::member;
use crate::error::Error;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveEnum, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, Iterable,
    QueryFilter, QueryOrder,
};
use std::collections::{BTreeSet, HashMap};

/// An address, and what is known of whose it is.
#[derive(Clone, Debug)]
pub struct Addressee {
    pub email: String,
    pub key: EmailKey,
    /// Empty where it is not known.
    pub locale: String,
}

impl From<&member::Model> for Addressee {
    fn from(row: &member::Model) -> Self {
        Self { email: row.email.clone(), key: row.email_key.clone(), locale: row.locale.clone() }
    }
}

/// Everybody whom a change's occasions may concern, read at once.
pub struct People {
    members: HashMap<MemberId, member::Model>,
    by_address: HashMap<EmailKey, MemberId>,
    managers: HashMap<AccountId, Vec<Addressee>>,
}

impl People {
    /// Reads them.
    pub async fn of(work: &Work, occasions: &[&Occasion]) -> Result<Self, Error> {
        let (mut ids, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        for occasion in occasions {
            match occasion {
                Occasion::Invited(invited) => {
                    addresses.insert(invited.invitee.key.clone());
                }
                Occasion::Rejected { inviter, .. } | Occasion::Accepted { inviter, .. } => {
                    ids.extend(*inviter);
                }
                Occasion::Ended { .. }
                | Occasion::Inquired { .. }
                | Occasion::RolesExpiring { .. } => {}
            }
        }
        let by_address: HashMap<EmailKey, MemberId> = residents(work, &addresses)
            .await?
            .into_iter()
            .map(|(key, (member, _))| (key, member))
            .collect();
        ids.extend(by_address.values().copied());
        let mut people =
            Self { members: members(work, ids).await?, by_address, managers: HashMap::new() };
        let whose = occasions.iter().flat_map(|occasion| people.whose_managers(occasion)).collect();
        people.managers = managers(work, whose).await?;
        Ok(people)
    }

    /// Who is written to as a person, not as one of an account's managers.
    pub fn in_person(&self, occasion: &Occasion) -> Option<Addressee> {
        match occasion {
            Occasion::Invited(invited) => {
                let known = self.by_address.get(&invited.invitee.key);
                let member = known.and_then(|id| self.members.get(id));
                let stranger = || Addressee {
                    email: invited.invitee.typed.clone(),
                    key: invited.invitee.key.clone(),
                    locale: String::new(),
                };
                Some(member.map_or_else(stranger, Addressee::from))
            }
            Occasion::Accepted { sender, inviter, .. }
            | Occasion::Rejected { sender, inviter, .. } => self.still_there(*sender, *inviter),
            Occasion::Ended { .. } | Occasion::Inquired { .. } | Occasion::RolesExpiring { .. } => {
                None
            }
        }
    }

    /// The accounts whose managers are written to, the provider's first.
    pub fn whose_managers(&self, occasion: &Occasion) -> Vec<AccountId> {
        match occasion {
            Occasion::Invited(_) | Occasion::Accepted { .. } => Vec::new(),
            Occasion::Rejected { sender, inviter, .. } => {
                match self.still_there(*sender, *inviter) {
                    Some(_) => Vec::new(),
                    None => vec![*sender],
                }
            }
            Occasion::Ended { told, .. } => vec![*told],
            Occasion::Inquired { provider, .. } => vec![*provider],
            Occasion::RolesExpiring { provider, customer, .. } => vec![*provider, *customer],
        }
    }

    /// An account's managers, in the order they came.
    pub fn managers_of(&self, account: AccountId) -> Vec<Addressee> {
        self.managers.get(&account).cloned().unwrap_or_default()
    }

    /// The inviter, unless it has left, moved, or may not act.
    fn still_there(&self, account: AccountId, inviter: Option<MemberId>) -> Option<Addressee> {
        let member = self.members.get(&inviter?)?;
        let there = member.account_id == account && member.state == MemberState::Active;
        there.then(|| member.into())
    }
}

async fn members(
    work: &Work,
    ids: BTreeSet<MemberId>,
) -> Result<HashMap<MemberId, member::Model>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let which = one_of(member::Column::Id, ids, work.txn.get_database_backend());
    let rows = member::Entity::find().filter(which).all(&work.txn).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn managers(
    work: &Work,
    accounts: BTreeSet<AccountId>,
) -> Result<HashMap<AccountId, Vec<Addressee>>, Error> {
    let mut found: HashMap<AccountId, Vec<Addressee>> = HashMap::new();
    if accounts.is_empty() {
        return Ok(found);
    }
    let rows = member::Entity::find()
        .filter(one_of(member::Column::AccountId, accounts, work.txn.get_database_backend()))
        .filter(by_right())
        .filter(member::COLUMN.state.eq(MemberState::Active))
        .order_by_asc(member::Column::CreatedPosition)
        .all(&work.txn)
        .await?;
    for row in rows.iter().filter(|row| can_manage_partners(row.profile, row.manage_partners)) {
        found.entry(row.account_id).or_default().push(row.into());
    }
    Ok(found)
}

/// Those among whom managers are, said with constants: a partial index holds the answer.
fn by_right() -> Condition {
    let profiles = Profile::iter().filter(|profile| can_manage_partners(*profile, None));
    let profiles = profiles.map(|profile| Expr::Constant(profile.to_value().into()));
    Condition::any()
        .add(Expr::col(member::Column::ManagePartners).eq(Expr::Constant(true.into())))
        .add(Expr::col(member::Column::Profile).is_in(profiles))
}
