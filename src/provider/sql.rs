//! What of the directory each engine says in its own words: PostgreSQL matches a `tsvector` by its index, SQLite a
//! full-text table.
//!
//! A search meets some in order of name, along the shortest list or among everybody, and takes those who fit. Where these
//! are so few among the first that a page would take thousands of steps, those who have all the words are gathered by the
//! engine's own text search, and put in order.

use super::lists::{Along, Entries, SHORT};
use super::query::Query;
use super::words::{Condition, Fit, Sought, Stored, Term};
use crate::domain::ids::AccountId;
use crate::entity::rows::upsert_all;
use crate::entity::{provider_profile, provider_word};
use sea_orm::sea_query::{ArrayType, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, DbErr, Statement, Value};

/// As many steps are taken to see how many of those met fit, and as many if these are enough.
const FIRST_STEPS: u64 = 250;
const STEPS: u64 = 2_500;

/// A profile's place in the order of names.
pub type Named = (String, AccountId);

/// The statements that make a profile findable under its number.
pub fn publish(row: &provider_profile::Model, db: DbBackend) -> Vec<Statement> {
    let Stored { name_key, all, listed, spelt } = Stored::of(row);
    let number = Value::from(row.created_position);
    let known = OnConflict::column(provider_word::Column::Word).do_nothing().to_owned();
    let spelt = spelt.into_iter().map(|word| provider_word::ActiveModel { word: Set(word) });
    let mut statements = upsert_all(spelt, known, db);
    let texts = |words: Vec<Value>| Value::Array(ArrayType::String, Some(Box::new(words)));
    let (index, words, lists, listed) = match db {
        DbBackend::Postgres => (
            "INSERT INTO provider_index (number, account_id, name_key, words) VALUES ($1, $2, $3, array_to_tsvector($4))",
            texts(all.into_iter().map(Value::from).collect()),
            "INSERT INTO provider_posting (word, name_key, account_id) SELECT word, $2, $3 FROM unnest($1) AS word",
            texts(listed.into_iter().map(Value::from).collect()),
        ),
        _ => {
            let words = format!(" {} ", all.into_iter().collect::<Vec<_>>().join(" "));
            let insert = "INSERT INTO provider_words (rowid, words) VALUES ($1, $2)";
            let values = [number.clone(), words.as_str().into()];
            statements.push(Statement::from_sql_and_values(db, insert, values));
            (
                "INSERT INTO provider_index (number, account_id, name_key, words) VALUES ($1, $2, $3, $4)",
                words.into(),
                "INSERT INTO provider_posting (word, name_key, account_id) SELECT value, $2, $3 FROM json_each($1)",
                serde_json::json!(listed).to_string().into(),
            )
        }
    };
    let values = [number, row.account_id.into(), name_key.as_str().into(), words];
    statements.push(Statement::from_sql_and_values(db, index, values));
    let values = [listed, name_key.into(), row.account_id.into()];
    statements.push(Statement::from_sql_and_values(db, lists, values));
    statements
}

/// The statements that make it unfindable.
pub fn unpublish(number: i64, db: DbBackend) -> Vec<Statement> {
    // the lists first: which ones it stands in, its words tell
    let tables = match db {
        DbBackend::Postgres => &[
            "DELETE FROM provider_posting p USING provider_index i, unnest(tsvector_to_array(i.words)) AS own (word) \
             WHERE i.number = $1 AND p.word = own.word AND p.name_key = i.name_key AND p.account_id = i.account_id",
            "DELETE FROM provider_index WHERE number = $1",
        ][..],
        _ => &[
            "DELETE FROM provider_posting WHERE (word, name_key, account_id) IN (SELECT own.value, i.name_key, i.account_id \
             FROM provider_index i, json_each('[\"' || replace(trim(i.words), ' ', '\",\"') || '\"]') AS own WHERE i.number = $1)",
            "DELETE FROM provider_index WHERE number = $1",
            "DELETE FROM provider_words WHERE rowid = $1",
        ],
    };
    tables.iter().map(|text| Statement::from_sql_and_values(db, *text, [number.into()])).collect()
}

/// Known words from one up to below another, of some lengths.
pub async fn words_between(
    db: &impl ConnectionTrait,
    (from, below): (&str, &str),
    (shortest, longest): (usize, usize),
) -> Result<Vec<String>, DbErr> {
    let mut query = Query::of(db);
    query.text("SELECT word FROM provider_word WHERE word >= ").value(from);
    query.text(" AND word < ").value(below).text(" AND length(word) BETWEEN ");
    query.number(shortest as u64).text(" AND ").number(longest as u64);
    query.all(db).await?.iter().map(|row| row.try_get("", "word")).collect()
}

/// Prepares a transaction for searches.
///
/// The planner takes matching a set of words for cheaper than it is, and would sooner read the whole index through; and
/// compiling a statement, or starting workers for it, takes longer than running it.
pub async fn prepare(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Postgres {
        let settings = "SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0";
        db.execute_unprepared(settings).await?;
    }
    Ok(())
}

/// How many stand in the lists of each word.
pub async fn entries(db: &impl ConnectionTrait, sought: &Sought) -> Result<Vec<Entries>, DbErr> {
    let terms =
        || sought.words.iter().flatten().flat_map(|term| [term.in_name(), term.in_services()]);
    if sought.words.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::of(db);
    for (index, Term { word, begins }) in terms().enumerate() {
        query.text(if index == 0 { "SELECT (" } else { ", (" });
        query.text("SELECT count(*) FROM (SELECT 1 FROM provider_posting WHERE word ");
        if begins {
            let last = format!("{word}{}", char::MAX);
            query.text(">= ").value(word).text(" AND word < ").value(last);
        } else {
            query.text("= ").value(word);
        }
        // in order, or else each list would be read whole
        query.text(" ORDER BY word, name_key, account_id LIMIT ").number(SHORT);
        query.text(") AS l) AS n").number(index as u64);
    }
    let rows = query.all(db).await?;
    let Some(row) = rows.first() else { return Ok(Vec::new()) };
    let mut columns = 0..;
    let mut count = || -> Result<u64, DbErr> {
        let count: i64 = row.try_get("", &format!("n{}", columns.next().unwrap_or(0)))?;
        Ok(count.unsigned_abs())
    };
    let word = |terms: &Vec<Term>| {
        let mut entries = Entries::default();
        for term in terms {
            let (in_name, in_services) = (count()?, count()?);
            entries.in_name += in_name;
            entries.in_services += in_services;
            entries.some_begin |= term.begins && in_name + in_services > 0;
        }
        Ok(entries)
    };
    sought.words.iter().map(word).collect()
}

/// Everybody, in order of name.
pub async fn everybody(
    db: &impl ConnectionTrait,
    after: Option<&Named>,
    limit: u64,
) -> Result<Vec<Named>, DbErr> {
    let mut query = Query::of(db);
    query.text("SELECT name_key, account_id FROM provider_index i WHERE ");
    query.beyond(after).in_order(limit);
    query.named(db).await
}

/// Those who fit so well and no better, in order of name.
pub async fn fitting(
    db: &impl ConnectionTrait,
    sought: &Sought,
    (fit, along, condition): (Fit, &Along, &Condition),
    after: Option<&Named>,
    limit: u64,
) -> Result<Vec<Named>, DbErr> {
    let page =
        Page { another_name: (fit == Fit::InName).then_some(&sought.name_key), after, limit };
    if fit == Fit::Name {
        return page.of_name(db, &sought.name_key, condition).await;
    }
    match along {
        Along::Lists { are_enough: true, .. } => {
            return page.along(db, along, condition, limit).await;
        }
        Along::Lists { are_short: true, .. } => {
            return page.along(db, along, condition, SHORT).await;
        }
        _ => {}
    }
    let mut met = page.along(db, along, condition, FIRST_STEPS).await?;
    // if those further on are like the first; with few to spare, gathering is cheaper than walking and then gathering
    let would_do = met.len() as u64 * (STEPS / FIRST_STEPS) >= 2 * limit;
    if would_do && (met.len() as u64) < limit {
        met = page.along(db, along, condition, STEPS).await?;
    }
    if met.len() as u64 == limit {
        return Ok(met);
    }
    page.gathered(db, condition).await
}

/// What a page shows of those who meet a condition.
struct Page<'a> {
    another_name: Option<&'a String>,
    after: Option<&'a Named>,
    limit: u64,
}

impl Page<'_> {
    async fn of_name(
        &self,
        db: &impl ConnectionTrait,
        name_key: &str,
        condition: &Condition,
    ) -> Result<Vec<Named>, DbErr> {
        let mut query = Query::of(db);
        query.text("SELECT i.name_key, i.account_id FROM provider_index i WHERE i.name_key = ");
        query.value(name_key).text(" AND ").has(condition).text(" AND ");
        query.beyond(self.after).in_order(self.limit);
        query.named(db).await
    }

    /// Those among as many who stand next.
    async fn along(
        &self,
        db: &impl ConnectionTrait,
        along: &Along,
        condition: &Condition,
        steps: u64,
    ) -> Result<Vec<Named>, DbErr> {
        let mut query = Query::of(db);
        let several = matches!(along, Along::Lists { marks, .. } if marks.len() > 1);
        query.text(if several { "SELECT DISTINCT " } else { "SELECT " });
        query.text("i.name_key, i.account_id FROM (");
        match along {
            Along::Everybody => {
                query.text("SELECT name_key, account_id, words FROM provider_index i WHERE ");
                self.shown(&mut query);
            }
            Along::Lists { marks, .. } => {
                for (index, mark) in marks.iter().enumerate() {
                    // each cut by itself, or else all of them would be read to be sorted
                    query.text(if index > 0 { " UNION ALL " } else { "" });
                    query.text("SELECT * FROM (SELECT name_key, account_id FROM provider_posting i WHERE word = ");
                    query.value(mark.as_str()).text(" AND ");
                    self.shown(&mut query);
                    query.in_order(steps).text(") AS l");
                }
            }
        }
        query.text(" ORDER BY name_key, account_id LIMIT ").number(steps).text(") AS i WHERE ");
        match along {
            Along::Lists { are_enough: true, .. } => query.text("true"),
            Along::Everybody => query.has(condition),
            Along::Lists { .. } => query.text("(SELECT ").has(condition).text(
                " FROM provider_index own WHERE own.name_key = i.name_key AND own.account_id = i.account_id)",
            ),
        };
        query.in_order(self.limit);
        query.named(db).await
    }

    async fn gathered(
        &self,
        db: &impl ConnectionTrait,
        condition: &Condition,
    ) -> Result<Vec<Named>, DbErr> {
        let mut query = Query::of(db);
        query.text("SELECT i.name_key, i.account_id FROM ").having(condition).text(" AND ");
        self.shown(&mut query);
        // an expression, so that the order is not walked to its end after all
        query.text(" ORDER BY i.name_key || '', i.account_id LIMIT ").number(self.limit);
        query.named(db).await
    }

    fn shown(&self, query: &mut Query) {
        query.beyond(self.after);
        if let Some(name_key) = self.another_name {
            query.text(" AND i.name_key <> ").value(name_key.as_str());
        }
    }
}
