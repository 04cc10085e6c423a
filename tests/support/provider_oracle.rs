//! A directory at random, and what a search must find in it, kept the naive way: every profile is looked at, for every
//! search.

use partner_service::domain::account::AccountState;
use partner_service::domain::ids::AccountId;
use partner_service::domain::preferences::{ContactRetention, ReceivePolicy};
use partner_service::domain::search;
use partner_service::domain::time::Timestamp;
use partner_service::entity::{account, provider_profile};
use partner_service::grpc::pb;
use sea_orm::sea_query::prelude::serde_json::json;
use sea_orm::{DatabaseConnection, EntityTrait, IntoActiveModel, TransactionTrait};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Words that begin others and are spelt like others; the first ones are most common.
const WORDS: [&str; 24] = [
    "cloud",
    "data",
    "mail",
    "system",
    "clouds",
    "backup",
    "mailing",
    "north",
    "systems",
    "zenith",
    "databank",
    "northern",
    "prime",
    "zenit",
    "primer",
    "migration",
    "labs",
    "migrations",
    "apex",
    "network",
    "networks",
    "a",
    "rare",
    "rarest",
];
const COUNTRIES: [&str; 4] = ["SE", "NO", "DK", "BR"];
const CITIES: [&str; 6] = ["Oslo", "Malm\u{f6}", "S\u{e3}o Paulo", "New York", "York", "Kiruna"];

/// Numbers that look like chance, the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Below so many.
    pub fn below(&mut self, many: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % many
    }

    /// The first ones far more often than the last.
    fn word(&mut self) -> &'static str {
        let most = 1 + self.below(WORDS.len());
        WORDS[self.below(most)]
    }

    fn words(&mut self, at_most: usize) -> Vec<&'static str> {
        (0..self.below(at_most + 1)).map(|_| self.word()).collect()
    }

    fn some<'a>(&mut self, of: &[&'a str], at_most: usize) -> Vec<&'a str> {
        (0..self.below(at_most + 1)).map(|_| of[self.below(of.len())]).collect()
    }

    /// A search: words as they are, cut short or misspelt, and whom to serve.
    pub fn wish(&mut self) -> pb::SearchProvidersRequest {
        let words: Vec<String> = (0..self.below(4))
            .map(|_| {
                let mut word = self.word().to_owned();
                match self.below(8) {
                    0 if word.len() > 3 => word.truncate(3 + self.below(word.len() - 3)),
                    1 if word.len() > 3 => {
                        word.remove(1 + self.below(word.len() - 1));
                    }
                    _ => {}
                }
                word
            })
            .collect();
        let (mut country, mut city, mut size) = (String::new(), String::new(), 0);
        match self.below(6) {
            0 => COUNTRIES[self.below(COUNTRIES.len())].clone_into(&mut country),
            1 => CITIES[self.below(CITIES.len())].clone_into(&mut city),
            2 => {
                COUNTRIES[self.below(COUNTRIES.len())].clone_into(&mut country);
                size = 1 + i32::try_from(self.below(5)).unwrap();
            }
            _ => {}
        }
        let keywords = words.join(" ");
        pb::SearchProvidersRequest {
            keywords,
            country,
            city,
            customer_size: size,
            ..Default::default()
        }
    }
}

/// A profile as the oracle sees it.
pub struct Profile {
    pub account: Uuid,
    name_key: String,
    name: BTreeSet<String>,
    services: BTreeSet<String>,
    description: BTreeSet<String>,
    countries: Vec<&'static str>,
    cities: Vec<&'static str>,
    sizes: Vec<i32>,
}

/// Writes as many profiles of accounts in use into the tables, listed, but not into what is made of them.
pub async fn seed(db: &DatabaseConnection, dice: &mut Dice, count: i64) -> Vec<Profile> {
    let (mut accounts, mut rows, mut profiles) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=count {
        let account =
            Uuid::from_u64_pair(dice.below(1 << 30) as u64, u64::try_from(number).unwrap());
        // names that begin with a rare word stand together, wherever that is
        let name = [vec![dice.word()], dice.words(2)].concat().join(" ");
        let (services, description) = (dice.words(3), dice.words(9).join(" "));
        let (countries, cities) = (dice.some(&COUNTRIES, 3), dice.some(&CITIES, 1));
        let sizes: BTreeSet<usize> = (0..dice.below(3)).map(|_| dice.below(5)).collect();
        let all_sizes = ["1-9", "10-49", "50-249", "250-999", "1000+"];
        let stored_sizes: Vec<&str> = sizes.iter().map(|&size| all_sizes[size]).collect();
        accounts.push(an_account(account, -number));
        rows.push(
            provider_profile::Model {
                account_id: AccountId(account),
                created_position: 1_000_000 + number,
                display_name: name.to_uppercase(),
                description: description.clone(),
                services: json!(services),
                countries: json!(countries),
                cities: json!(cities),
                customer_sizes: json!(stored_sizes),
                contact_email: String::new(),
                listed: true,
                version: 1,
                updated_at: Timestamp(0),
            }
            .into_active_model(),
        );
        let set = |text: &str| {
            text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        profiles.push(Profile {
            account,
            name: set(&name),
            name_key: name,
            services: set(&services.join(" ")),
            description: set(&description),
            countries,
            cities,
            sizes: sizes.iter().map(|&size| 1 + i32::try_from(size).unwrap()).collect(),
        });
    }
    let txn = db.begin().await.unwrap();
    for at in (0..accounts.len()).step_by(500) {
        let end = (at + 500).min(accounts.len());
        account::Entity::insert_many(accounts[at..end].to_vec()).exec(&txn).await.unwrap();
        provider_profile::Entity::insert_many(rows[at..end].to_vec()).exec(&txn).await.unwrap();
    }
    txn.commit().await.unwrap();
    profiles
}

fn an_account(id: Uuid, created_position: i64) -> account::ActiveModel {
    account::Model {
        id: AccountId(id),
        created_position,
        display_name: "Seeded".to_owned(),
        state: AccountState::Active,
        receive_policy: ReceivePolicy::AllowAll,
        blocked_account_ids: json!([]),
        contact_retention: ContactRetention::Keep,
        created_at: Timestamp(0),
        version: 1,
        preferences_version: 1,
    }
    .into_active_model()
}

/// Who is to be found, the best first.
pub fn expected(profiles: &[Profile], wish: &pb::SearchProvidersRequest) -> Vec<Uuid> {
    let asked: Vec<&str> = wish.keywords.split(' ').filter(|word| !word.is_empty()).collect();
    let whole = |word: &str, own: &str| word == own;
    let exact = ranked(profiles, wish, &asked, whole);
    if !exact.is_empty() || asked.is_empty() {
        return exact;
    }
    let known: BTreeSet<&String> =
        profiles.iter().flat_map(|one| one.name.iter().chain(&one.services)).collect();
    let alike = |word: &str, own: &str| {
        let begins = word.len() >= 3 && own.starts_with(word);
        let slips = |own: &str| {
            let is_one =
                word.len() >= 4 && own.len() >= 4 && own.as_bytes()[0] == word.as_bytes()[0];
            is_one.then(|| search::slips(word, own)).flatten()
        };
        let nearest = known.iter().filter_map(|known| slips(known)).min();
        let is_known = known.iter().any(|known| *known == own);
        own == word || begins || (is_known && slips(own).is_some() && slips(own) == nearest)
    };
    ranked(profiles, wish, &asked, alike)
}

fn ranked(
    profiles: &[Profile],
    wish: &pb::SearchProvidersRequest,
    asked: &[&str],
    is: impl Fn(&str, &str) -> bool,
) -> Vec<Uuid> {
    let mut found: Vec<(u8, &str, Uuid)> = profiles
        .iter()
        .filter(|one| {
            (wish.country.is_empty() || one.countries.contains(&wish.country.as_str()))
                && (wish.city.is_empty() || one.cities.contains(&wish.city.as_str()))
                && (wish.customer_size == 0 || one.sizes.contains(&wish.customer_size))
        })
        .filter_map(|one| {
            let within = |places: &[&BTreeSet<String>]| {
                asked
                    .iter()
                    .all(|word| places.iter().any(|own| own.iter().any(|own| is(word, own))))
            };
            let fit = match () {
                () if asked.is_empty() => 3,
                () if one.name_key == wish.keywords => 0,
                () if within(&[&one.name]) => 1,
                () if within(&[&one.name, &one.services]) => 2,
                () if within(&[&one.name, &one.services, &one.description]) => 3,
                () => return None,
            };
            Some((fit, one.name_key.as_str(), one.account))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(.., account)| account).collect()
}
