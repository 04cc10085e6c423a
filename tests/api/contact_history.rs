//! Random histories: after every step every account's Contacts page is what the oracle says, page by page.

use crate::support::Harness;
use crate::support::contact_oracle::{Key, Oracle, Told, TypedIn, line, ordered};
use crate::support::contacts::list;
use crate::support::refusal::Refusal;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};

const ACCOUNTS: usize = 5;
const ADDRESSES: usize = 14;

struct History {
    harness: Harness,
    oracle: Oracle,
    random: StdRng,
    accounts: BTreeMap<String, Organization>,
    /// The active partnership of a pair.
    partnerships: BTreeMap<(String, String), String>,
    /// The id of each contact ever seen: by viewer, home and member.
    ids: BTreeMap<(String, String, String), String>,
    bosses: BTreeSet<String>,
}

#[tokio::test]
async fn c1_to_c9_after_any_history_every_page_is_what_copies_would_show() {
    let steps = if std::env::var_os("TEST_QUICK").is_some() { 80 } else { 300 };
    let seed = std::env::var("TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(rand::random::<u64>);
    println!("TEST_SEED={seed}");
    let mut history = History::begin(seed).await;
    let mut done = BTreeMap::<&str, usize>::new();
    for step in 0..steps {
        let what = history.step(step).await;
        *done.entry(what).or_default() += 1;
        history.compare(&format!("seed {seed}, step {step}: {what}")).await;
    }
    println!("{done:?}");
}

impl History {
    async fn begin(seed: u64) -> Self {
        let mut history = Self {
            harness: Harness::start().await,
            oracle: Oracle::default(),
            random: StdRng::seed_from_u64(seed),
            accounts: BTreeMap::new(),
            partnerships: BTreeMap::new(),
            ids: BTreeMap::new(),
            bosses: BTreeSet::new(),
        };
        for index in 0..ACCOUNTS {
            let made = history.harness.organization(&format!("org{index}")).await;
            history.oracle.account(&made.id);
            history.bosses.insert(made.boss.id.clone());
            let told = told(&made.boss);
            history.oracle.tell(&(made.id.clone(), made.boss.id.clone()), &told);
            history.accounts.insert(made.id.clone(), made);
        }
        history
    }

    /// One thing that happens; a name for it.
    async fn step(&mut self, step: usize) -> &'static str {
        let open = self.oracle.open();
        let a = open.choose(&mut self.random).expect("an account is open").clone();
        match self.random.random_range(0..100) {
            0..20 => self.register(&a).await,
            20..35 => self.change(step).await,
            35..45 => self.leave().await,
            45..55 => self.moves(&a).await,
            55..75 => self.flip(&a).await,
            75..80 => self.retain(&a).await,
            80..90 => self.type_in(&a).await,
            90..98 => self.drop(&a).await,
            _ if open.len() > 3 => {
                self.harness.closes(&a).await;
                self.oracle.close(&a);
                self.partnerships.retain(|pair, _| pair.0 != a && pair.1 != a);
                "close"
            }
            _ => "nothing",
        }
    }

    fn address(&mut self) -> String {
        format!("p{}@pool.example", self.random.random_range(0..ADDRESSES))
    }

    /// An address that nobody has.
    fn free_address(&mut self) -> Option<String> {
        let email = self.address();
        self.oracle.people.values().all(|told| told.email != email).then_some(email)
    }

    fn somebody(&mut self) -> Option<Key> {
        let people: Vec<Key> = self
            .oracle
            .people
            .keys()
            .filter(|key| !self.bosses.contains(&key.1))
            .cloned()
            .collect();
        people.choose(&mut self.random).cloned()
    }

    async fn register(&mut self, a: &str) -> &'static str {
        let Some(email) = self.free_address() else { return "nothing" };
        let member = self.harness.register(a, &email, pb::MemberProfile::Observer).await.unwrap();
        self.oracle.tell(&(a.to_owned(), member.id.clone()), &told(&member));
        "register"
    }

    async fn change(&mut self, step: usize) -> &'static str {
        let Some(key) = self.somebody() else { return "nothing" };
        let mut after = self.oracle.people[&key].clone();
        let request = |member: pb::Member| pb::Member { id: key.1.clone(), ..member };
        let what = match self.random.random_range(0..3) {
            0 => {
                after.name = format!("name {step}");
                let member =
                    request(pb::Member { display_name: after.name.clone(), ..Default::default() });
                self.harness.updates(&key.0, member).await;
                "rename"
            }
            1 => {
                let Some(email) = self.free_address() else { return "nothing" };
                after.email = email;
                let member =
                    request(pb::Member { email: after.email.clone(), ..Default::default() });
                self.harness.updates(&key.0, member).await;
                "change address"
            }
            _ => {
                after.state = pb::MemberState::Deactivated;
                self.harness.deactivates(&key.0, &key.1).await;
                "deactivate"
            }
        };
        self.oracle.tell(&key, &after);
        what
    }

    async fn leave(&mut self) -> &'static str {
        let Some(key) = self.somebody() else { return "nothing" };
        self.harness.removes_by_id(&key.0, &key.1).await;
        self.oracle.leave(&key);
        "leave"
    }

    async fn moves(&mut self, to: &str) -> &'static str {
        let Some(key) = self.somebody().filter(|key| key.0 != to) else { return "nothing" };
        let told = self.oracle.people[&key].clone();
        self.harness.moves_by_id(&key.0, &key.1, to).await;
        self.oracle.leave(&key);
        self.oracle.tell(&(to.to_owned(), key.1), &told);
        "move"
    }

    /// Partners become former partners, and the other way round; either side may invite, and end.
    async fn flip(&mut self, a: &str) -> &'static str {
        let open = self.oracle.open();
        let Some(b) = open.choose(&mut self.random).filter(|b| *b != a) else { return "nothing" };
        let pair = ordered(a, b);
        if let Some(id) = self.partnerships.remove(&pair) {
            self.accounts[a].deletes(&id).await.unwrap();
            self.oracle.end(a, b);
            return "end";
        }
        let id = self.accounts[a].joins(&self.accounts[b]).await;
        self.oracle.activate(a, b);
        self.partnerships.insert(pair, id);
        "activate"
    }

    async fn retain(&mut self, a: &str) -> &'static str {
        let purges = self.random.random_bool(0.4);
        let retention =
            if purges { pb::ContactRetention::Purge } else { pb::ContactRetention::Keep };
        self.accounts[a].keeps(retention).await;
        self.oracle.purges(a, purges);
        "retention"
    }

    async fn type_in(&mut self, a: &str) -> &'static str {
        let email = self.address();
        let answer = self.accounts[a].types_in(&email).await;
        match self.oracle.type_in(a, &email) {
            TypedIn::Exists => {
                let refusal = Refusal::of(&answer.expect_err("somebody has the address"));
                assert_eq!(refusal.reason, "CONTACT_EXISTS");
                "exists"
            }
            TypedIn::Restored => {
                assert_eq!(answer.unwrap().kind(), pb::ContactKind::Member);
                "restore"
            }
            TypedIn::NewGuest => {
                let guest = answer.unwrap();
                assert_eq!(guest.kind(), pb::ContactKind::Guest);
                self.oracle.guest(a, &email, &guest.id);
                "guest"
            }
        }
    }

    async fn drop(&mut self, a: &str) -> &'static str {
        let contacts = self.accounts[a].contacts().await;
        let Some(contact) = contacts.choose(&mut self.random).cloned() else { return "nothing" };
        let answer = self.accounts[a].drops(&contact.id).await;
        match contact.kind() {
            pb::ContactKind::User => {
                assert_eq!(Refusal::of(&answer.unwrap_err()).reason, "USER_CONTACT");
                "user contact"
            }
            pb::ContactKind::Guest => {
                answer.unwrap();
                self.oracle.forget(a, &contact.email);
                "forget guest"
            }
            _ => {
                answer.unwrap();
                self.oracle.hide(a, &(contact.home_account_id, contact.member_id));
                "hide"
            }
        }
    }

    async fn compare(&mut self, when: &str) {
        for id in self.oracle.open() {
            let account = &self.accounts[&id];
            let page_size = self.random.random_range(2..60);
            let request = pb::ListContactsRequest { page_size, ..account.contacts_request() };
            let contacts = list(&account.by, request).await;
            if let Some(one) = contacts.choose(&mut self.random) {
                assert_eq!(account.contact(&one.id).await.unwrap(), *one, "{when}");
            }
            for contact in contacts.iter().filter(|contact| !contact.member_id.is_empty()) {
                let who = (id.clone(), contact.home_account_id.clone(), contact.member_id.clone());
                let first = self.ids.entry(who).or_insert_with(|| contact.id.clone());
                assert_eq!(*first, contact.id, "an id changed; {when}");
            }
            let shown: Vec<_> = contacts.into_iter().map(line).collect();
            assert_eq!(shown, self.oracle.lines(&id), "{}; {when}", account.name);
        }
    }
}

fn told(member: &pb::Member) -> Told {
    Told { email: member.email.clone(), name: member.display_name.clone(), state: member.state() }
}
