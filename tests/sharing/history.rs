//! One random history: something happens on one replica while every replica is asked; then every audience is listed.

use crate::support::Harness;
use crate::support::histories::{self, Truths};
use crate::support::refusal::Refusal;
use crate::truth::{ACCOUNTS, Key, Person, Question, State, Truth};
use crate::verb::{Account, Verb, item};
use futures::future::join_all;
use partner_service::grpc::pb;
use pb::{ItemDenialReason as Denied, SharedItemState};
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use rand::{Rng, SeedableRng};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::AddAssign;

const STEPS: usize = 24;
/// Listed after each step, of those there are.
const AUDIENCES: usize = 3;
/// Besides the one whose address invitations go to.
const PEOPLE: usize = 2;

/// Refusals that chance brings; any other is the service's fault.
const CHANCES: [&str; 9] = [
    "ACCOUNT_NOT_ACTIVE",
    "ALREADY_PARTNERS",
    "AUDIENCE_IS_DYNAMIC",
    "DUPLICATE_INVITATION",
    "FIELD_INVALID",
    "INCOMING_INVITATION_PENDING",
    "MEMBER_REMOVED",
    "PARTNERSHIP_REQUIRED",
    "RESOURCE_NOT_FOUND",
];

/// What histories came to.
#[derive(Default)]
pub struct Sum {
    pub histories: u64,
    pub changes: usize,
    pub refused: usize,
    pub answers: usize,
    /// Of these, partners' people who may.
    pub shown: usize,
    /// Audiences listed.
    pub listed: usize,
    pub frozen: usize,
    pub wrong: Vec<String>,
}

impl AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.histories += other.histories;
        self.changes += other.changes;
        self.refused += other.refused;
        self.answers += other.answers;
        self.shown += other.shown;
        self.listed += other.listed;
        self.frozen += other.frozen;
        self.wrong.extend(other.wrong);
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { histories, changes, refused, answers, shown, listed, frozen, wrong } = self;
        write!(
            f,
            "{} of {} wrong: {answers} answers ({shown} shown to partners' people) and {listed} audiences ({frozen} frozen) \
             in {histories} histories of {changes} changes ({refused} refused)",
            wrong.len(),
            answers + listed
        )
    }
}

type Asked = histories::Asked<Question, pb::CheckItemAccessResponse>;

struct History<'a> {
    replicas: &'a [Harness],
    seed: u64,
    random: StdRng,
    accounts: Vec<Account>,
    /// What became true at which position, oldest first.
    truths: Truths<Truth>,
    sum: Sum,
}

pub async fn play(replicas: &[Harness], seed: u64) -> Sum {
    let (mut accounts, mut truth) = (Vec::new(), Truth::default());
    for number in 0..ACCOUNTS {
        let organization = replicas[0].organization(&format!("h{seed}-{number}")).await;
        let (id, email) = (organization.boss.id.clone(), organization.email());
        truth.people.push(Person { id, home: number, stay: 0, state: State::Active });
        accounts.push(Account { id: organization.id, name: organization.name, email });
    }
    for number in 0..PEOPLE * ACCOUNTS {
        let home = number % ACCOUNTS;
        let email = format!("n{number}@{}.example", accounts[home].name);
        let profile = pb::MemberProfile::Observer;
        let member = replicas[0].register(&accounts[home].id, &email, profile).await.unwrap();
        truth.people.push(Person { id: member.id, home, stay: 0, state: State::Active });
    }
    let random = StdRng::seed_from_u64(seed);
    let sum = Sum { histories: 1, ..Sum::default() };
    let mut history =
        History { replicas, seed, random, accounts, truths: Truths::beginning(truth), sum };
    for _ in 0..STEPS {
        history.step().await;
    }
    history.sum
}

impl History<'_> {
    fn truth(&self) -> &Truth {
        self.truths.last()
    }

    /// Most of them are about what is shared and about people of the partner's: of others hardly any is ever shown.
    fn questions(&mut self) -> Vec<(usize, Question)> {
        let truth = self.truths.last().clone();
        let random = &mut self.random;
        (0..self.replicas.len() * 3)
            .map(|asked| {
                let (item_type, id) = item(random);
                let anybody = random.random_range(0..truth.people.len());
                let owner = random.random_range(0..ACCOUNTS);
                let likely = truth.shares.keys().choose(random).filter(|_| asked % 3 > 0);
                let question = match likely {
                    Some((owner, partner, item_type, id)) => {
                        let theirs = truth.people.iter().enumerate();
                        let theirs = theirs.filter(|(_, person)| person.home == *partner);
                        let number = theirs.map(|(number, _)| number).choose(random);
                        (*owner, *item_type, id.clone(), number.unwrap_or(anybody))
                    }
                    None => (owner, item_type, id, anybody),
                };
                (asked % self.replicas.len(), question)
            })
            .collect()
    }

    async fn step(&mut self) {
        let truth = self.truth().clone();
        let verb = Verb::draw(&mut self.random, &truth);
        let on = self.random.random_range(0..self.replicas.len());
        let (before, meanwhile) = (self.questions(), self.questions());
        // what is asked now may be kept in memory, and must not be answered from there later
        let mut asked = self.ask(&before, |_| 0).await;
        let doing = verb.done(&self.replicas[on], &self.accounts, &truth);
        let (done, during) = tokio::join!(doing, self.ask(&meanwhile, |_| 0));
        asked.extend(during);
        self.sum.changes += 1;
        if verb.must_succeed(&truth).is_some_and(|must| must != done.is_ok()) {
            self.sum.wrong.push(format!("seed {}: {verb:?} came to {done:?}", self.seed));
        }
        let position = match done {
            Ok((position, after)) => {
                self.truths.become_at(position, after);
                position
            }
            Err(status) => {
                self.sum.refused += 1;
                let reason = Refusal::of(&status).reason;
                assert!(CHANCES.contains(&&*reason), "seed {}: {verb:?}: {status:?}", self.seed);
                0
            }
        };
        // at once where it was done; elsewhere as fresh as is asked for
        let after = self.questions();
        let min = move |replica: usize| if replica == on { 0 } else { position };
        let fresh = self.ask(&after, min).await;
        asked.extend(fresh.into_iter().map(|one| Asked { shows: position, ..one }));
        for one in asked {
            self.judge(&verb, &one);
        }
        let shares = self.truths.last().shares.keys();
        let shares = shares.cloned().choose_multiple(&mut self.random, AUDIENCES);
        for key in shares {
            self.list(&verb, &key, position).await;
        }
    }

    /// Asks replicas, all at once.
    async fn ask(&self, questions: &[(usize, Question)], min: impl Fn(usize) -> i64) -> Vec<Asked> {
        let asked = questions.iter().map(|(replica, question)| {
            let min_position = min(*replica);
            let (owner, item_type, id, number) = question;
            let request = pb::CheckItemAccessRequest {
                owner_account_id: self.accounts[*owner].id.clone(),
                item_type: (*item_type).into(),
                external_id: id.clone(),
                member_id: self.truth().people[*number].id.clone(),
                min_position,
            };
            let harness = &self.replicas[*replica];
            async move {
                let answer = harness.operator().sharing.check_item_access(request).await;
                let answer = answer.expect("every question is answered").into_inner();
                Asked { question: question.clone(), min_position, shows: 0, answer }
            }
        });
        join_all(asked).await
    }

    fn judge(&mut self, verb: &Verb, asked: &Asked) {
        let Asked { question, min_position, shows, answer } = asked;
        let at = answer.checked_position.max(*shows);
        let then = self.truths.at(at);
        let expected = then.denial(question);
        let given = (!answer.allowed).then(|| answer.reason());
        let unset = answer.allowed && answer.reason() != Denied::Unspecified;
        self.sum.answers += 1;
        let own = then.people[question.3].home == question.0;
        self.sum.shown += usize::from(answer.allowed && !own);
        if given != expected || answer.checked_position < *min_position || unset {
            self.sum.wrong.push(format!(
                "seed {}, around {verb:?}: {question:?} at {} (at least {min_position}, showing {shows}) answered \
                 {given:?}, not {expected:?}",
                self.seed, answer.checked_position
            ));
        }
    }

    /// Lists one audience, on either side, in pages of two.
    async fn list(&mut self, verb: &Verb, key: &Key, min_position: i64) {
        let truth = self.truth();
        let open = [key.0, key.1].into_iter().filter(|side| !truth.suspended.contains(side));
        let (share, expected) = (truth.shares[key].clone(), truth.audience(key));
        let expected: BTreeSet<String> =
            expected.into_iter().map(|(number, _)| truth.people[number].id.clone()).collect();
        let open: Vec<usize> = open.collect();
        let Some(side) = open.into_iter().choose(&mut self.random) else { return };
        let replica = self.random.random_range(0..self.replicas.len());
        let mut sharing = self.replicas[replica].operator().sharing;
        let (mut members, mut count, mut page_token) = (BTreeSet::new(), 0, String::new());
        loop {
            let request = pb::ListAudienceRequest {
                account_id: self.accounts[side].id.clone(),
                shared_item_id: share.id.clone(),
                page_size: 2,
                page_token,
                min_position,
            };
            let answer = sharing.list_audience(request).await.expect("an audience").into_inner();
            count += answer.members.len();
            members.extend(answer.members.into_iter().map(|member| member.member_id));
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        self.sum.listed += 1;
        self.sum.frozen += usize::from(!share.live);
        let state = self.state_of(&share.id, side, min_position).await;
        let live = if share.live { SharedItemState::Live } else { SharedItemState::Frozen };
        if members != expected || count != expected.len() || state != Some(live) {
            self.sum.wrong.push(format!(
                "seed {}, after {verb:?}: {key:?} ({state:?}, {live:?}) reaches {members:?}, not {expected:?}",
                self.seed
            ));
        }
    }

    async fn state_of(&self, id: &str, side: usize, min_position: i64) -> Option<SharedItemState> {
        let request = pb::ListSharedItemsRequest {
            account_id: self.accounts[side].id.clone(),
            page_size: 500,
            min_position,
            ..Default::default()
        };
        let mut sharing = self.replicas[0].operator().sharing;
        let listed = sharing.list_shared_items(request).await.expect("a list").into_inner();
        listed.shared_items.iter().find(|item| item.id == id).map(pb::SharedItem::state)
    }
}
