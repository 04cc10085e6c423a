//! One random history: something happens on one replica while every replica is asked, then the clock may move.

use crate::oracle::{ACCOUNTS, Question, Truth};
use crate::stage::Stage;
use crate::support::Harness;
use crate::support::histories::{self, Truths};
use crate::support::refusal::Refusal;
use crate::verb::{Account, Verb};
use futures::future::join_all;
use partner_service::domain::time::Timestamp;
use partner_service::grpc::pb;
use partner_service::partnership::sweep;
use pb::{AccessDenialReason as Denied, Permission};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

const STEPS: usize = 16;
const PERMISSIONS: i32 = 14;

/// Refusals that chance brings; any other is the service's fault.
const CHANCES: [&str; 9] = [
    "ACCOUNT_NOT_ACTIVE",
    "ALREADY_PARTNERS",
    "CONTACT_PARTNER",
    "DUPLICATE_INVITATION",
    "INCOMING_INVITATION_PENDING",
    "NO_ADMIN_ROLES",
    "NOT_THE_RECIPIENT",
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
    pub allowed: usize,
    pub wrong: Vec<String>,
}

impl AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.histories += other.histories;
        self.changes += other.changes;
        self.refused += other.refused;
        self.answers += other.answers;
        self.allowed += other.allowed;
        self.wrong.extend(other.wrong);
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { histories, changes, refused, answers, allowed, wrong } = self;
        write!(
            f,
            "{} of {answers} answers wrong ({allowed} allowed) in {histories} histories of {changes} changes \
             ({refused} refused)",
            wrong.len()
        )
    }
}

type Asked = histories::Asked<Question, pb::CheckPartnerAccessResponse>;

struct History<'a> {
    stage: &'a mut Stage,
    seed: u64,
    random: StdRng,
    accounts: Vec<Account>,
    /// What became true at which position, oldest first.
    truths: Truths<Truth>,
    sum: Sum,
}

pub async fn play(stage: &mut Stage, seed: u64) -> Sum {
    let mut accounts = Vec::new();
    for number in 0..ACCOUNTS {
        let name = format!("h{seed}-{number}");
        let organization = stage.replicas[0].organization(&name).await;
        accounts.push(Account { email: organization.email(), id: organization.id });
    }
    let truth = Truth { published: stage.published.clone(), ..Truth::default() };
    let random = StdRng::seed_from_u64(seed);
    let sum = Sum { histories: 1, ..Sum::default() };
    let mut history =
        History { stage, seed, random, accounts, truths: Truths::beginning(truth), sum };
    for _ in 0..STEPS {
        history.step().await;
    }
    history.stage.published = history.truth().published.clone();
    history.sum
}

impl History<'_> {
    fn truth(&self) -> &Truth {
        self.truths.last()
    }

    fn now(&self) -> Timestamp {
        self.stage.replicas[0].clock.now()
    }

    /// Half of them are about what is ACTIVE: of the others hardly any is ever allowed.
    fn questions(&mut self) -> Vec<(usize, Question)> {
        let replicas = self.stage.replicas.len();
        let likely: Vec<(usize, usize, Permission)> = self.truth().likely().collect();
        (0..replicas * 3)
            .map(|number| {
                let customer = self.random.random_range(0..ACCOUNTS);
                let partner = (customer + self.random.random_range(1..ACCOUNTS)) % ACCOUNTS;
                let permission = self.random.random_range(1..=PERMISSIONS);
                let permission = Permission::try_from(permission).expect("one of them");
                let about = likely.choose(&mut self.random).filter(|_| number % 2 == 0).copied();
                let (partner, customer, permission) =
                    about.unwrap_or((partner, customer, permission));
                let third = ACCOUNTS - customer - partner;
                let named = permission == Permission::ViewPurchases && self.random.random();
                let question = Question {
                    customer,
                    partner,
                    permission,
                    purchases_of: named.then_some(third),
                };
                (number % replicas, question)
            })
            .collect()
    }

    async fn step(&mut self) {
        let now = self.now();
        let truth = self.truth().clone();
        let verb = Verb::draw(&mut self.random, &truth);
        let on = self.random.random_range(0..self.stage.replicas.len());
        let (before, meanwhile) = (self.questions(), self.questions());
        // what is asked now may be kept in memory, and must not be answered from there later
        let mut asked = self.ask(&before, |_| 0).await;
        let doing = verb.done(&self.stage.replicas[on], &self.accounts, &truth, now);
        let (done, during) = tokio::join!(doing, self.ask(&meanwhile, |_| 0));
        asked.extend(during);
        self.sum.changes += 1;
        let position = match done {
            Ok((position, after)) => {
                self.truths.become_at(position, after);
                position
            }
            Err(status) => {
                self.sum.refused += 1;
                let reason = Refusal::of(&status).reason;
                assert!(CHANCES.contains(&&*reason), "seed {}: {verb:?}: {status:?}", self.seed);
                if reason == "ALREADY_PARTNERS" {
                    self.check_refused_offer(&verb, &truth, now);
                }
                0
            }
        };
        // at once where it was done; elsewhere as fresh as is asked for
        let after = self.questions();
        let min = move |replica: usize| if replica == on { 0 } else { position };
        let fresh = self.ask(&after, min).await;
        let fresh = fresh.into_iter().map(|one| Asked { shows: position, ..one });
        asked.extend(fresh);
        for one in asked {
            self.judge(&verb, &one, now);
        }
        if self.random.random_bool(0.5) {
            let hours = if self.random.random() { 24 * 70 } else { 36 };
            let hours = self.random.random_range(1..hours);
            self.stage.replicas[0].clock.advance(Duration::from_secs(3_600 * hours));
        }
        if self.random.random_bool(0.2) {
            let sweeper = self.random.random_range(0..self.stage.replicas.len());
            sweep::settle_roles(&self.stage.replicas[sweeper].backend).await.expect("a sweep ends");
        }
    }

    /// Asks replicas, all at once.
    async fn ask(&self, questions: &[(usize, Question)], min: impl Fn(usize) -> i64) -> Vec<Asked> {
        let asked = questions.iter().map(|(replica, question)| {
            let min_position = min(*replica);
            let request = self.request(*question, min_position);
            let harness: &Harness = &self.stage.replicas[*replica];
            async move {
                let answer = harness.operator().partners.check_partner_access(request).await;
                let answer = answer.expect("every question is answered").into_inner();
                Asked { question: *question, min_position, shows: 0, answer }
            }
        });
        join_all(asked).await
    }

    fn request(&self, question: Question, min_position: i64) -> pb::CheckPartnerAccessRequest {
        let Question { customer, partner, permission, purchases_of } = question;
        pb::CheckPartnerAccessRequest {
            customer_account_id: self.accounts[customer].id.clone(),
            partner_account_id: self.accounts[partner].id.clone(),
            permission: permission.into(),
            purchases_of_account_id: purchases_of
                .map(|owner| self.accounts[owner].id.clone())
                .unwrap_or_default(),
            min_position,
        }
    }

    fn judge(&mut self, verb: &Verb, asked: &Asked, now: Timestamp) {
        let Asked { question, min_position, shows, answer } = asked;
        self.sum.answers += 1;
        self.sum.allowed += usize::from(answer.allowed);
        let then = self.truths.at(answer.checked_position.max(*shows));
        let expected = then.denial(*question, now);
        let given = (!answer.allowed).then(|| answer.reason());
        let unset = answer.allowed && answer.reason() != Denied::Unspecified;
        if given != expected || answer.checked_position < *min_position || unset {
            self.sum.wrong.push(format!(
                "seed {}, around {verb:?}: {question:?} at {} (at least {min_position}, showing {shows}) answered {given:?}, not {expected:?}",
                self.seed, answer.checked_position
            ));
        }
    }

    /// An offer is refused exactly when nothing is left to ask for (I5).
    fn check_refused_offer(&mut self, verb: &Verb, truth: &Truth, now: Timestamp) {
        let Verb::Offer { provider, customer, kind, roles, .. } = verb else { return };
        let all = crate::oracle::roles_of(*kind);
        let asked = if roles.is_empty() { all.to_vec() } else { roles.clone() };
        let active = truth.active.get(&crate::oracle::key(*provider, *customer, *kind));
        if !active.is_some_and(|active| active.has_all(&asked.into_iter().collect(), now)) {
            self.sum.wrong.push(format!("seed {}: {verb:?} refused over {active:?}", self.seed));
        }
    }
}
