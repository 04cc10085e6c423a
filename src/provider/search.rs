//! SearchProviders: those who have all the words and serve whom they must, best first (P2).
//!
//! A word counts most in a name, less among the services, least in the description; equals stand in order of name. Where
//! nobody has the words, those are found who have words that begin so or are spelt almost so. Where more have them than
//! are worth ranking, order of name is all there is: a page costs what it shows, however many there are.

use super::words::{self, Sought, Term};
use super::{sql, store};
use crate::domain::ids::AccountId;
use crate::domain::provider::CustomerSize;
use crate::domain::search;
use crate::entity::provider_profile;
use crate::error::Error;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

/// When more than this have what is sought, they are not ranked.
const RANKED_AT_MOST: u64 = 10_000;
/// As many words of a search may be misspelt, and as many spellings are tried for each.
const MISSPELT_AT_MOST: usize = 4;
const SPELLINGS: usize = 16;

/// What a customer looks for; what is empty does not narrow.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub keywords: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub city: Option<String>,
    pub customer_size: Option<CustomerSize>,
}

/// How a search goes on from page to page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Those who have the words, ranked.
    Exact,
    /// Those who have words like them, ranked.
    Alike,
    /// Those who have the words, by name.
    ByName,
    /// Those who have words like them, by name.
    AlikeByName,
}

/// Where a profile stands in a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub way: Way,
    pub rank: i64,
    pub name_key: String,
    pub account: AccountId,
}

/// A profile, and where it stands.
pub type Hit = (Place, provider_profile::Model);

/// Published profiles that fit, after a place; the caller brings a snapshot.
///
/// # Errors
/// The database's.
pub async fn search(
    db: &impl ConnectionTrait,
    wish: &Wish,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Hit>, Error> {
    let places = match after {
        Some(place) => onwards(db, wish, place, limit).await?,
        None => first(db, wish, limit).await?,
    };
    let mut profiles = store::several(db, places.iter().map(|place| place.account)).await?;
    let hit = |place: Place| profiles.remove(&place.account).map(|profile| (place, profile));
    Ok(places.into_iter().filter_map(hit).collect())
}

async fn first(db: &impl ConnectionTrait, wish: &Wish, limit: u64) -> Result<Vec<Place>, Error> {
    for (way, by_name) in [(Way::Exact, Way::ByName), (Way::Alike, Way::AlikeByName)] {
        let sought = sought(db, wish, way).await?;
        if sought.is_everything() {
            return named(db, &sought, by_name, None, limit).await;
        }
        let (rows, found) = sql::ranked(db, &sought, None, Some(RANKED_AT_MOST), limit).await?;
        if found > RANKED_AT_MOST {
            return named(db, &sought, by_name, None, limit).await;
        }
        if found > 0 || sought.words.is_empty() {
            return Ok(places(way, rows));
        }
    }
    Ok(Vec::new())
}

async fn onwards(
    db: &impl ConnectionTrait,
    wish: &Wish,
    place: &Place,
    limit: u64,
) -> Result<Vec<Place>, Error> {
    let sought = sought(db, wish, place.way).await?;
    match place.way {
        Way::Exact | Way::Alike => {
            let (rows, _) = sql::ranked(db, &sought, Some(place), None, limit).await?;
            Ok(places(place.way, rows))
        }
        Way::ByName | Way::AlikeByName => named(db, &sought, place.way, Some(place), limit).await,
    }
}

async fn named(
    db: &impl ConnectionTrait,
    sought: &Sought,
    way: Way,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Place>, Error> {
    let from = after.map_or(("", AccountId(Uuid::nil())), |at| (at.name_key.as_str(), at.account));
    Ok(places(way, sql::by_name(db, sought, from, limit).await?))
}

fn places(way: Way, rows: Vec<(AccountId, String, i64)>) -> Vec<Place> {
    let place = |(account, name_key, rank)| Place { way, rank, name_key, account };
    rows.into_iter().map(place).collect()
}

async fn sought(db: &impl ConnectionTrait, wish: &Wish, way: Way) -> Result<Sought, Error> {
    let Wish { keywords, country, city, customer_size } = wish;
    let asked = search::asked(keywords);
    let mut misspelt = 0;
    let mut found = Vec::with_capacity(asked.len());
    for word in asked {
        let mut terms = vec![Term::whole(word.clone())];
        if let Way::Alike | Way::AlikeByName = way {
            if search::may_begin_others(&word) {
                terms = vec![Term { word: word.clone(), begins: true }];
            }
            if search::may_be_misspelt(&word) && misspelt < MISSPELT_AT_MOST {
                misspelt += 1;
                terms.extend(spellings(db, &word).await?.into_iter().map(Term::whole));
            }
        }
        found.push(terms);
    }
    let serves = [
        country.as_deref().map(words::country),
        city.as_deref().map(words::city),
        customer_size.map(|size| words::size(size).to_owned()),
    ];
    Ok(Sought {
        words: found,
        serves: serves.into_iter().flatten().collect(),
        name_key: search::key(keywords),
    })
}

/// The known words that a word is most likely a misspelling of, among those with the same first letter: hardly anybody gets
/// that wrong.
async fn spellings(db: &impl ConnectionTrait, word: &str) -> Result<Vec<String>, Error> {
    let Some(first) = word.chars().next() else { return Ok(Vec::new()) };
    let next = (u32::from(first) + 1..).find_map(char::from_u32).unwrap_or(char::MAX);
    let length = word.chars().count();
    let lengths = (length.saturating_sub(2), length + 2);
    let near = sql::words_between(db, &first.to_string(), &next.to_string(), lengths).await?;
    let mut alike: Vec<(usize, String)> =
        near.into_iter().filter_map(|known| Some((search::slips(word, &known)?, known))).collect();
    alike.sort();
    let nearest = alike.first().map_or(0, |(slips, _)| *slips);
    let nearest = alike.into_iter().take_while(|(slips, _)| *slips == nearest);
    Ok(nearest.map(|(_, known)| known).take(SPELLINGS).collect())
}
