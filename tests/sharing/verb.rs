//! What happens to the world, drawn by chance, done to the service and to the truth alike.

use crate::support::{Caller, Harness};
use crate::truth::{ACCOUNTS, Key, Person, State, Truth, pair};
use partner_service::grpc::pb;
use pb::ItemType;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use tonic::Status;

/// An organisation, as the service knows it.
pub struct Account {
    pub id: String,
    pub name: String,
    pub email: String,
}

#[derive(Clone, Debug)]
pub enum Verb {
    Join { from: usize, to: usize },
    End { a: usize, b: usize },
    Share(Key),
    Unshare(Key),
    TakeOut(Key, usize),
    Register(usize),
    Move { number: usize, to: usize },
    Remove(usize),
    Deactivate(usize),
    Reactivate(usize),
    Suspend(usize),
    Resume(usize),
}

pub const TYPES: [ItemType; 3] = [ItemType::Folder, ItemType::File, ItemType::Proof];
const IDS: [&str; 2] = ["1", "2"];

pub fn two(random: &mut StdRng) -> (usize, usize) {
    let one = random.random_range(0..ACCOUNTS);
    (one, (one + random.random_range(1..ACCOUNTS)) % ACCOUNTS)
}

pub fn item(random: &mut StdRng) -> (ItemType, String) {
    let item_type = *TYPES.iter().choose(random).unwrap();
    (item_type, (*IDS.iter().choose(random).unwrap()).to_owned())
}

impl Verb {
    pub fn draw(random: &mut StdRng, truth: &Truth) -> Self {
        let (a, b) = two(random);
        let share = truth.shares.keys().choose(random).cloned();
        let active = truth.active.keys().choose(random).copied();
        // the first people are those whose addresses invitations go to
        let number = random.random_range(ACCOUNTS..truth.people.len());
        match (random.random_range(0..24), share, active) {
            (0..=5, _, Some(pair)) => {
                let (owner, partner) = if random.random() { pair } else { (pair.1, pair.0) };
                let (item_type, id) = item(random);
                Self::Share((owner, partner, item_type, id))
            }
            (6, ..) => {
                let (item_type, id) = item(random);
                Self::Share((a, b, item_type, id))
            }
            (7, Some(key), _) => Self::Unshare(key),
            (8..=10, Some(key), _) => {
                let there = truth.audience(&key).into_iter().map(|(number, _)| number);
                let picked = there.choose(random).filter(|_| random.random_bool(0.8));
                Self::TakeOut(key, picked.unwrap_or(number))
            }
            (11..=12, _, Some((a, b))) => Self::End { a, b },
            (13, ..) => Self::Register(a),
            (14..=16, ..) => Self::Move { number, to: a },
            (17, ..) if random.random_bool(0.5) => Self::Remove(number),
            (17..=18, ..) => Self::Deactivate(number),
            (19, ..) => Self::Reactivate(number),
            (20, ..) if random.random_bool(0.3) => Self::Suspend(a),
            (20..=21, ..) if !truth.suspended.is_empty() => {
                Self::Resume(*truth.suspended.iter().choose(random).unwrap())
            }
            _ => Self::Join { from: a, to: b },
        }
    }

    /// Whether the service must do it; not known of invitations, and of what only looks at a member.
    pub fn must_succeed(&self, truth: &Truth) -> Option<bool> {
        let in_use = |account: usize| !truth.suspended.contains(&account);
        Some(match self {
            Self::Share(key) => in_use(key.0) && truth.active.contains_key(&pair(key.0, key.1)),
            Self::Unshare(key) => in_use(key.0),
            Self::TakeOut(key, number) => {
                let share = &truth.shares[key];
                let dynamic = key.2 == ItemType::Folder && share.live;
                in_use(key.0) && !dynamic && truth.reached(key, *number).is_some()
            }
            _ => return None,
        })
    }

    /// Does it, on one replica; the position it says, and what is true from there on.
    pub async fn done(
        &self,
        on: &Harness,
        accounts: &[Account],
        truth: &Truth,
    ) -> Result<(i64, Truth), Status> {
        let mut after = truth.clone();
        let by = on.operator();
        let id = |account: usize| accounts[account].id.clone();
        let position = match self.clone() {
            Self::Join { from, to } => {
                let (position, partnership) = join(by, &accounts[from], &accounts[to]).await?;
                after.active.insert(pair(from, to), partnership);
                position
            }
            Self::End { a, b } => {
                let request = pb::DeletePartnershipRequest {
                    account_id: id(a),
                    partnership_id: truth.active[&pair(a, b)].clone(),
                    ..Default::default()
                };
                let mut partners = by.partners;
                let answer = partners.delete_partnership(request).await?.into_inner();
                after.end(a, b);
                answer.position
            }
            Self::Share(key) => {
                let request = pb::ShareItemRequest {
                    account_id: id(key.0),
                    partner_account_id: id(key.1),
                    item_type: key.2.into(),
                    external_id: key.3.clone(),
                    ..Default::default()
                };
                let mut sharing = by.sharing;
                let answer = sharing.share_item(request).await?.into_inner();
                after.share(key, &answer.shared_item.expect("a shared item").id);
                answer.position
            }
            Self::Unshare(key) => {
                let request = pb::UnshareItemRequest {
                    account_id: id(key.0),
                    shared_item_id: truth.shares[&key].id.clone(),
                    ..Default::default()
                };
                let mut sharing = by.sharing;
                let answer = sharing.unshare_item(request).await?.into_inner();
                after.shares.remove(&key);
                answer.position
            }
            Self::TakeOut(key, number) => {
                let request = pb::RemoveFromAudienceRequest {
                    account_id: id(key.0),
                    shared_item_id: truth.shares[&key].id.clone(),
                    member_id: truth.people[number].id.clone(),
                    ..Default::default()
                };
                let mut sharing = by.sharing;
                let answer = sharing.remove_from_audience(request).await?.into_inner();
                let stay = truth.reached(&key, number).expect("nobody else is taken out");
                after.take_out(&key, stay);
                answer.position
            }
            Self::Suspend(account) => {
                let answer = on.suspend_account(&id(account)).await?.into_inner();
                after.suspended.insert(account);
                answer.position
            }
            Self::Resume(account) => {
                let answer = on.resume_account(&id(account)).await?.into_inner();
                after.suspended.remove(&account);
                answer.position
            }
            of_member => of_member.of_member(by, accounts, &mut after).await?,
        };
        Ok((position, after))
    }

    async fn of_member(
        self,
        by: Caller,
        accounts: &[Account],
        after: &mut Truth,
    ) -> Result<i64, Status> {
        let mut directory = by.accounts;
        let named = |number: usize, people: &[Person]| {
            (accounts[people[number].home].id.clone(), people[number].id.clone())
        };
        match self {
            Self::Register(home) => {
                let count = after.people.len();
                let email = format!("p{count}@{}.example", accounts[home].name);
                let member = Some(pb::Member { email, ..Default::default() });
                let account_id = accounts[home].id.clone();
                let request =
                    pb::RegisterMemberRequest { account_id, member, ..Default::default() };
                let answer = directory.register_member(request).await?.into_inner();
                let id = answer.member.expect("a member").id;
                after.people.push(Person { id, home, stay: 0, state: State::Active });
                Ok(answer.position)
            }
            Self::Move { number, to } => {
                let (account_id, member_id) = named(number, &after.people);
                let target_account_id = accounts[to].id.clone();
                let request = pb::MoveMemberRequest {
                    account_id,
                    member_id,
                    target_account_id,
                    ..Default::default()
                };
                let answer = directory.move_member(request).await?.into_inner();
                if after.people[number].home != to {
                    after.leaves(number);
                    let person = &mut after.people[number];
                    (person.home, person.stay) = (to, person.stay + 1);
                }
                Ok(answer.position)
            }
            Self::Remove(number) => {
                let (account_id, member_id) = named(number, &after.people);
                let request =
                    pb::RemoveMemberRequest { account_id, member_id, ..Default::default() };
                let answer = directory.remove_member(request).await?.into_inner();
                after.leaves(number);
                after.people[number].state = State::Removed;
                Ok(answer.position)
            }
            Self::Deactivate(number) => {
                let (account_id, member_id) = named(number, &after.people);
                let request =
                    pb::DeactivateMemberRequest { account_id, member_id, ..Default::default() };
                let answer = directory.deactivate_member(request).await?.into_inner();
                after.people[number].state = State::Deactivated;
                Ok(answer.position)
            }
            Self::Reactivate(number) => {
                let (account_id, member_id) = named(number, &after.people);
                let request =
                    pb::ReactivateMemberRequest { account_id, member_id, ..Default::default() };
                let answer = directory.reactivate_member(request).await?.into_inner();
                after.people[number].state = State::Active;
                Ok(answer.position)
            }
            other => unreachable!("{other:?} is no verb on a member"),
        }
    }
}

/// An invitation that is accepted in a second call; the position from which the two are partners, and the partnership.
async fn join(by: Caller, from: &Account, to: &Account) -> Result<(i64, String), Status> {
    let mut partners = by.partners;
    let request = pb::InvitePartnerRequest {
        account_id: from.id.clone(),
        invitee_email: to.email.clone(),
        ..Default::default()
    };
    let invited = partners.invite_partner(request).await?.into_inner();
    let partnership_id = invited.partnership.expect("a partnership").id;
    let request = pb::AcceptPartnershipRequest {
        account_id: to.id.clone(),
        partnership_id: partnership_id.clone(),
        ..Default::default()
    };
    let accepted = partners.accept_partnership(request).await?.into_inner();
    Ok((accepted.position, partnership_id))
}
