//! SearchProviders: those who have all the words and serve whom they must, best first (P2).
//!
//! A name that is just what was asked for comes first; then those with every word in the name; then in the name or among
//! the services; then anywhere. Equals stand in order of name. The order is made of each profile alone, so that a page
//! goes on where the last one ended. Where nobody has the words, those are found who have words that begin so or are
//! spelt almost so.

use super::sql::Named;
use super::words::{self, Fit, Sought, Term};
use super::{sql, store};
use crate::domain::ids::AccountId;
use crate::domain::provider::CustomerSize;
use crate::domain::search;
use crate::entity::provider_profile;
use crate::error::Error;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

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

/// Whether the words themselves are looked for, or others like them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    Exact,
    Alike,
}

/// Where a profile stands in a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub words: Words,
    /// How well it fits, 0 for best.
    pub fit: u8,
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
    db: &DatabaseTransaction,
    wish: &Wish,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Hit>, Error> {
    sql::prepare(db).await?;
    let places = match after {
        Some(place) => found(db, wish, place.words, Some(place), limit).await?,
        None => {
            let exact = found(db, wish, Words::Exact, None, limit).await?;
            if exact.is_empty() && !search::asked(&wish.keywords).is_empty() {
                found(db, wish, Words::Alike, None, limit).await?
            } else {
                exact
            }
        }
    };
    let mut profiles = store::several(db, places.iter().map(|place| place.account)).await?;
    let hit = |place: Place| profiles.remove(&place.account).map(|profile| (place, profile));
    Ok(places.into_iter().filter_map(hit).collect())
}

async fn found(
    db: &impl ConnectionTrait,
    wish: &Wish,
    words: Words,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Place>, Error> {
    let sought = sought(db, wish, words).await?;
    let after = after.map(|at| {
        let fit = Fit::ALL.get(usize::from(at.fit)).copied().unwrap_or(Fit::Anywhere);
        (fit, (at.name_key.clone(), at.account))
    });
    let place = |(fit, (name_key, account)): (Fit, Named)| Place {
        words,
        fit: fit as u8,
        name_key,
        account,
    };
    if sought.is_everything() {
        let named = sql::everybody(db, after.as_ref().map(|(_, named)| named), limit).await?;
        return Ok(named.into_iter().map(|named| place((Fit::Anywhere, named))).collect());
    }
    let entries = sql::entries(db, &sought).await?;
    let from = match &after {
        Some((fit, _)) => *fit,
        None if sought.words.is_empty() => Fit::Anywhere,
        None => Fit::Name,
    };
    let mut page = Vec::new();
    for fit in Fit::ALL.into_iter().filter(|fit| *fit >= from) {
        let Some(along) = sought.along(fit, &entries) else { continue };
        let lacking = limit - page.len() as u64;
        let after = after.as_ref().filter(|(last, _)| *last == fit).map(|(_, named)| named);
        let how = (fit, &along, &sought.fitting(fit, &entries));
        let named = sql::fitting(db, &sought, how, after, lacking).await?;
        page.extend(named.into_iter().map(|named| place((fit, named))));
        if page.len() as u64 >= limit {
            break;
        }
    }
    Ok(page)
}

async fn sought(db: &impl ConnectionTrait, wish: &Wish, how: Words) -> Result<Sought, Error> {
    let Wish { keywords, country, city, customer_size } = wish;
    let asked = search::asked(keywords);
    let mut misspelt = 0;
    let mut found = Vec::with_capacity(asked.len());
    for word in asked {
        let mut terms = vec![Term::whole(word.clone())];
        if how == Words::Alike {
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
    let (length, slips) = (word.chars().count(), search::most_slips(word));
    let lengths = (length.saturating_sub(slips), length + slips);
    let near = sql::words_between(db, (&first.to_string(), &next.to_string()), lengths).await?;
    let mut alike: Vec<(usize, String)> =
        near.into_iter().filter_map(|known| Some((search::slips(word, &known)?, known))).collect();
    alike.sort();
    let nearest = alike.first().map_or(0, |(slips, _)| *slips);
    let nearest = alike.into_iter().take_while(|(slips, _)| *slips == nearest);
    Ok(nearest.map(|(_, known)| known).take(SPELLINGS).collect())
}
