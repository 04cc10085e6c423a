//! One random history: bursts of calls, alone or together, while subscribers come, go, stop reading and resume.

use crate::stage::{HEARTBEAT, Stage};
use crate::subscriber::{Opening, Subscriber, Who};
use crate::support::checker::judge::judge;
use crate::support::checker::log::Log;
use crate::support::checker::oracle::Oracle;
use crate::support::checker::record::{Entry, Record, Start};
use crate::support::checker::verdict::{Fault, Verdict};
use crate::support::contacts::list;
use crate::support::refusal::Refusal;
use crate::verb::{Done, Verb};
use crate::world::World;
use futures::future::join_all;
use partner_service::grpc::pb;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Refusals that the world's chances bring; any other is the service's fault.
const CHANCES: [&str; 23] = [
    "ACCOUNT_NOT_ACTIVE",
    "ALREADY_PARTNERS",
    "CONCURRENT_CHANGE",
    "CONTACT_EXISTS",
    "DUPLICATE_INVITATION",
    "INCOMING_INVITATION_PENDING",
    "INVITATION_NOT_PENDING",
    "MANAGE_PARTNERS_REQUIRED",
    "MEMBER_EXISTS",
    "MEMBER_NOT_ACTIVE",
    "MEMBER_REMOVED",
    "NOT_THE_RECIPIENT",
    "NOT_THE_SENDER",
    "PARTNERSHIP_NOT_ACTIVE",
    "PARTNERSHIP_REQUIRED",
    "REINVITE_BLOCKED",
    "RESOURCE_NOT_FOUND",
    "SELF_INVITATION",
    "ETAG_MISMATCH",
    "CONTACT_PARTNER",
    "INVITATION_EXPIRED",
    "OPEN_INVITATIONS",
    "INVITATIONS_PER_DAY",
];

/// What one history came to.
pub struct Ending {
    pub verdict: Verdict,
    /// By verb: done, refused.
    pub calls: BTreeMap<&'static str, (usize, usize)>,
}

pub struct History {
    stage: Arc<Stage>,
    pub seed: u64,
    pub random: StdRng,
    pub world: World,
    pub subscribers: Vec<Subscriber>,
    pub ending: Ending,
    /// From where on the log is looked at.
    first: i64,
}

impl History {
    /// Plays a history from its beginning to its judgement.
    pub async fn play(stage: Arc<Stage>, seed: u64, tag: String) -> Ending {
        let mut history = Self::begin(stage, seed, tag).await;
        history.people().await;
        history.subscribe();
        history.come_and_go().await;
        history.befriend().await;
        let bursts = history.random.random_range(3..9);
        for _ in 0..bursts {
            history.come_and_go().await;
            history.burst().await;
            history.settle().await;
            if history.random.random_bool(0.3) {
                history.list_one().await;
            }
        }
        history.finish().await;
        history.judge().await;
        history.ending
    }

    async fn begin(stage: Arc<Stage>, seed: u64, tag: String) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let count = random.random_range(3..=6);
        let made = (0..count).map(|index| {
            let stage = &stage;
            let name = format!("{tag}-{index}");
            async move { stage.replicas[0].organization(&name).await.boss }
        });
        let bosses = join_all(made).await;
        let first = bosses.iter().map(|boss| boss.position).min().unwrap_or(1);
        let world = World::new(tag, bosses);
        let ending = Ending { verdict: Verdict::default(), calls: BTreeMap::new() };
        Self { stage, seed, random, world, subscribers: Vec::new(), ending, first }
    }

    /// Everybody has somebody from the start.
    async fn people(&mut self) {
        for a in 0..self.world.accounts.len() {
            for _ in 0..self.random.random_range(1..=2) {
                let account = self.world.accounts[a].clone();
                let email = self.world.address(&mut self.random);
                self.calls(vec![Verb::Register { to: a, account, email }]).await;
            }
        }
    }

    /// Some pairs are partners, soon after the first streams.
    async fn befriend(&mut self) {
        let count = self.world.accounts.len();
        for a in 0..count {
            for b in a + 1..count {
                if !self.random.random_bool(0.5) {
                    continue;
                }
                let invite = self.world.invite(&mut self.random, a, b);
                if let Some(id) = self.calls(vec![invite]).await.pop() {
                    let by = self.world.accounts[b].clone();
                    self.calls(vec![Verb::Accept { by, id }]).await;
                }
            }
        }
    }

    fn subscribe(&mut self) {
        for (index, account) in self.world.accounts.iter().enumerate() {
            for number in 0..self.random.random_range(1..=2) {
                let home = self.world.members.iter().filter(|one| one.account_id == account.id);
                let member = home.map(|member| member.id.clone()).next();
                let who = match (self.random.random_range(0..10), member) {
                    (0..6, _) => Who::Boss,
                    (6, Some(member)) if number > 0 => Who::Member(member),
                    _ => Who::Operator,
                };
                let name =
                    format!("seed {}, account {index}, subscriber {number} ({who:?})", self.seed);
                let record = Record::new(name, account.id.parse().unwrap());
                self.subscribers.push(Subscriber::new(index, who, record));
            }
        }
    }

    /// Opens streams where none is, cuts some, lets held ones go.
    async fn come_and_go(&mut self) {
        for index in 0..self.subscribers.len() {
            let chance = self.random.random_range(0..10);
            if !self.subscribers[index].is_open() {
                if chance < 8 {
                    self.open(index);
                }
            } else if chance < 2 {
                self.close(index).await;
            } else if chance < 6 {
                self.subscribers[index].release();
            }
        }
    }

    fn open(&mut self, index: usize) {
        let start = self.start(index);
        let random = &mut self.random;
        let opening = Opening {
            start,
            min_position: if random.random_bool(0.5) { self.world.head } else { 0 },
            replica: random.random_range(0..self.stage.replicas.len()),
            // some so often that a sign of life comes between any two things
            heartbeat: if random.random_bool(0.1) { HEARTBEAT / 40 } else { HEARTBEAT },
            cut_after: random.random_bool(0.35).then(|| random.random_range(1..=12)),
            held: random.random_bool(0.25),
        };
        self.open_so(index, opening);
    }

    fn open_so(&mut self, index: usize, opening: Opening) {
        let subscriber = &mut self.subscribers[index];
        let member = match &subscriber.who {
            Who::Boss => Some(self.world.accounts[subscriber.account].boss.clone()),
            Who::Member(id) => Some(id.clone()),
            Who::Operator => None,
        };
        let by = self.stage.caller(opening.replica, member.as_deref(), opening.held);
        subscriber.open(&by, opening);
    }

    /// Any token ever seen, those inside snapshots most often; or a new beginning.
    fn start(&mut self, index: usize) -> Start {
        let subscriber = &self.subscribers[index];
        let (messages, inside) = subscriber.record(|record| (record.messages(), record.inside()));
        let random = &mut self.random;
        let chance = random.random_range(0..12);
        match (chance, messages.last(), messages.choose(random), inside.choose(random)) {
            (0..=3, Some(last), ..) => Start::Resume(*last),
            (4..=6, _, Some(any), _) => Start::Resume(*any),
            (7..=9, _, _, Some(inside)) => Start::Resume(*inside),
            (11, ..) => Start::Now,
            _ => Start::Snapshot,
        }
    }

    /// Calls one after the other, or all at once on any replica.
    async fn burst(&mut self) {
        let count = self.random.random_range(1..=8);
        if self.random.random_bool(0.5) {
            let verbs = (0..count).map(|_| self.world.choose(&mut self.random)).collect();
            self.calls(verbs).await;
        } else {
            for _ in 0..count {
                let verb = self.world.choose(&mut self.random);
                self.calls(vec![verb]).await;
            }
        }
    }

    /// Makes calls at once; the ids of new partnerships.
    async fn calls(&mut self, verbs: Vec<Verb>) -> Vec<String> {
        let stage = Arc::clone(&self.stage);
        let replicas = stage.replicas.len();
        let placed: Vec<_> =
            verbs.into_iter().map(|verb| (verb, self.random.random_range(0..replicas))).collect();
        let made = placed.into_iter().map(|(verb, replica)| {
            let on = &stage.replicas[replica];
            async move { (verb.clone(), verb.perform(on).await) }
        });
        let mut done = Vec::new();
        for (verb, answer) in join_all(made).await {
            let count = self.ending.calls.entry(verb.name()).or_default();
            match answer {
                Ok(answer) => {
                    count.0 += 1;
                    done.push((verb, answer));
                }
                Err(status) => {
                    count.1 += 1;
                    let reason = Refusal::of(&status).reason;
                    assert!(
                        CHANCES.contains(&&*reason),
                        "seed {}: {verb:?}: {status:?}",
                        self.seed
                    );
                }
            }
        }
        let invited = |(_, done): &(Verb, Done)| match &done.effect {
            crate::verb::Effect::Invited(id) => Some(id.clone()),
            _ => None,
        };
        let ids = done.iter().filter_map(invited).collect();
        self.world.learn(done);
        ids
    }

    /// Waits until every stream that is read has told everything, and those without right have ended.
    async fn settle(&mut self) {
        for index in 0..self.subscribers.len() {
            let subscriber = &self.subscribers[index];
            if !subscriber.is_open() || !subscriber.is_read() {
                continue;
            }
            let fits = self.fits(index);
            let progress = if fits {
                subscriber.reaches(self.world.head).await
            } else {
                subscriber.ends().await
            };
            match progress {
                None => self.stalled(index, fits),
                Some(progress) if progress.ended.is_some() => self.close(index).await,
                Some(_) => {}
            }
        }
    }

    /// Whether the subscriber may watch now.
    fn fits(&self, index: usize) -> bool {
        let Subscriber { account, who, .. } = &self.subscribers[index];
        let member = match who {
            Who::Member(id) => self.world.fits(id, *account),
            Who::Boss | Who::Operator => true,
        };
        member && self.world.is_active(*account)
    }

    fn stalled(&mut self, index: usize, fits: bool) {
        let name = self.subscribers[index].record(|record| record.name.clone());
        let head = self.world.head;
        let sentence = if fits { "has not reached" } else { "goes on without right at" };
        self.ending.verdict.fault(Fault::Stream, format!("{name} {sentence} {head}"));
    }

    async fn close(&mut self, index: usize) {
        let subscriber = &mut self.subscribers[index];
        let Some(reason) = subscriber.close().await else { return };
        let account = subscriber.account;
        let excused = match (&*reason, &subscriber.who) {
            // who moved away acts for another account by now, in whatever state that is
            (
                "MEMBER_NOT_ACTIVE" | "RESOURCE_NOT_FOUND" | "ACCOUNT_NOT_ACTIVE",
                Who::Member(id),
            ) if self.world.strayed.contains(id) => true,
            ("ACCOUNT_NOT_ACTIVE", _) => self.world.troubled.contains(&account),
            _ => false,
        };
        if !excused {
            let name = subscriber.record(|record| record.name.clone());
            self.ending.verdict.fault(Fault::Stream, format!("{name} ended with {reason}"));
        }
    }

    /// What ListContacts answers a subscriber's account now goes into its record.
    async fn list_one(&mut self) {
        let index = self.random.random_range(0..self.subscribers.len());
        self.list(index).await;
    }

    async fn list(&mut self, index: usize) {
        let account = self.subscribers[index].account;
        if !self.world.is_active(account) {
            return;
        }
        let replica = self.random.random_range(0..self.stage.replicas.len());
        let by = self.stage.caller(replica, None, false);
        let position = self.world.head;
        let request = pb::ListContactsRequest {
            account_id: self.world.accounts[account].id.clone(),
            kinds: vec![pb::ContactKind::Member.into()],
            min_position: position,
            ..Default::default()
        };
        let contacts = list(&by, request).await;
        let listed = Entry::Listed { position, contacts };
        self.subscribers[index].record(|record| record.push(listed));
    }

    /// Everybody who may watch is brought up to the head.
    async fn finish(&mut self) {
        use crate::world::State;
        for index in 0..self.world.accounts.len() {
            if self.world.states[index] == State::Suspended {
                let account = self.world.accounts[index].clone();
                self.calls(vec![Verb::Resume { index, account }]).await;
            }
        }
        let stage = Arc::clone(&self.stage);
        for index in 0..self.subscribers.len() {
            self.subscribers[index].release();
        }
        self.settle().await;
        for index in 0..self.subscribers.len() {
            // a stream that is to be cut soon is cut now
            self.close(index).await;
            if !self.fits(index) {
                continue;
            }
            let last = self.subscribers[index].record(|record| record.last_message());
            let opening = Opening {
                start: last.map_or(Start::Snapshot, Start::Resume),
                min_position: 0,
                replica: self.random.random_range(0..stage.replicas.len()),
                heartbeat: HEARTBEAT,
                cut_after: None,
                held: false,
            };
            self.open_so(index, opening);
        }
        self.settle().await;
        for index in 0..self.subscribers.len() {
            if self.subscribers[index].is_open() {
                let head = self.world.head;
                self.list(index).await;
                self.subscribers[index].record(|record| record.complete_to = Some(head));
                self.close(index).await;
            }
        }
    }

    async fn judge(&mut self) {
        let log = Log::about(&self.stage.db, &self.world.account_ids(), self.first).await;
        let mut verdict = std::mem::take(&mut self.ending.verdict);
        log.check(&mut verdict);
        let oracle = Oracle::of(&log, &self.world.retentions);
        for subscriber in &self.subscribers {
            subscriber.record(|record| verdict += judge(record, &oracle.page(record.viewer), &log));
        }
        self.ending.verdict = verdict;
    }
}
