//! What of the directory each engine says in its own words: PostgreSQL matches a `tsvector` by its index, SQLite a
//! full-text table. What is looked for travels as a value in the engine's query language; its words are letters, digits
//! and underscores alone (`domain::search`) and stand in quotes, so that nobody's text is ever an operator.
//!
//! Who has rare words is gathered and put in order. Who has common ones is met by walking the order instead, a few thousand
//! steps at most; only if these meet too few, most of them standing further on, they are gathered after all.

use super::words::{Condition, Each, Fit, Sought, Stored, Term};
use crate::domain::ids::AccountId;
use crate::entity::rows::upsert_all;
use crate::entity::{provider_profile, provider_word};
use sea_orm::sea_query::{ArrayType, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use uuid::Uuid;

/// As many are gathered to be ranked one by one.
const RANKED: u64 = 1_000;
/// As many are gathered to be put in order before the order is walked instead: of a hundred thousand, about where a walk
/// to fifty of them takes as many steps.
const GATHERED: u64 = 2_500;
/// As many steps the order is walked.
const STEPS: u64 = 2_500;

/// A profile's place in the order of names.
pub type Named = (String, AccountId);

/// The statements that make a profile findable under its number.
pub fn publish(row: &provider_profile::Model, db: DbBackend) -> Vec<Statement> {
    let Stored { name_key, all, spelt } = Stored::of(row);
    let number = Value::from(row.created_position);
    let known = OnConflict::column(provider_word::Column::Word).do_nothing().to_owned();
    let spelt = spelt.into_iter().map(|word| provider_word::ActiveModel { word: Set(word) });
    let mut statements = upsert_all(spelt, known, db);
    let (insert, words) = match db {
        DbBackend::Postgres => {
            let words = all.into_iter().map(Value::from).collect();
            let words = Value::Array(ArrayType::String, Some(Box::new(words)));
            (
                "INSERT INTO provider_index (number, account_id, name_key, words) VALUES ($1, $2, $3, array_to_tsvector($4))",
                words,
            )
        }
        _ => {
            let words = format!(" {} ", all.into_iter().collect::<Vec<_>>().join(" "));
            let insert = "INSERT INTO provider_words (rowid, words) VALUES ($1, $2)";
            let values = [number.clone(), words.as_str().into()];
            statements.push(Statement::from_sql_and_values(db, insert, values));
            (
                "INSERT INTO provider_index (number, account_id, name_key, words) VALUES ($1, $2, $3, $4)",
                words.into(),
            )
        }
    };
    let values = [number, row.account_id.into(), name_key.into(), words];
    statements.push(Statement::from_sql_and_values(db, insert, values));
    statements
}

/// The statements that make it unfindable.
pub fn unpublish(number: i64, db: DbBackend) -> Vec<Statement> {
    let tables = match db {
        DbBackend::Postgres => &["DELETE FROM provider_index WHERE number = $1"][..],
        _ => &[
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
/// compiling a statement takes longer than running it.
pub async fn prepare(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared("SET LOCAL enable_seqscan = off; SET LOCAL jit = off").await?;
    }
    Ok(())
}

/// Everybody, in order of name.
pub async fn everybody(
    db: &impl ConnectionTrait,
    after: Option<&Named>,
    limit: u64,
) -> Result<Vec<Named>, DbErr> {
    let mut query = Query::of(db);
    query.text("SELECT name_key, account_id FROM provider_index i WHERE ").beyond(after);
    query.in_order().number(limit);
    query.named(db).await
}

/// Those who fit, the best first and equals in order of name; `None` when they are too many to be gathered.
pub async fn best(
    db: &impl ConnectionTrait,
    sought: &Sought,
    after: Option<&(Fit, Named)>,
    limit: u64,
) -> Result<Option<Vec<(Fit, Named)>>, DbErr> {
    let mut query = Query::of(db);
    query.text("WITH found AS MATERIALIZED (SELECT i.name_key, i.account_id, i.words FROM ");
    query.having(&sought.condition()).text(" LIMIT ").number(RANKED + 1);
    query
        .text("), ranked AS (SELECT name_key, account_id, ")
        .fit(sought)
        .text(" AS fit FROM found i)");
    query.text(" SELECT name_key, account_id, CAST(fit AS bigint) AS fit, (SELECT count(*) FROM found) AS found FROM ranked i");
    if let Some((fit, named)) = after {
        let fit = *fit as u64;
        query.text(" WHERE ").too_many().text(" OR fit > ").number(fit);
        query.text(" OR (fit = ").number(fit).text(" AND ").beyond(Some(named)).text(")");
    }
    query.text(" ORDER BY fit, name_key, account_id LIMIT ").number(limit);
    let rows = query.all(db).await?;
    let found: i64 = rows.first().map_or(Ok(0), |row| row.try_get("", "found"))?;
    if u64::try_from(found).unwrap_or(0) > RANKED {
        return Ok(None);
    }
    let best = rows.iter().map(|row| {
        let fit: i64 = row.try_get("", "fit")?;
        let fit = Fit::ALL.into_iter().find(|one| *one as i64 == fit).unwrap_or(Fit::Anywhere);
        Ok((fit, named(row)?))
    });
    best.collect::<Result<_, _>>().map(Some)
}

/// Those who fit so well and no better, in order of name.
pub async fn fitting(
    db: &impl ConnectionTrait,
    sought: &Sought,
    fit: Fit,
    after: Option<&Named>,
    limit: u64,
) -> Result<Vec<Named>, DbErr> {
    let condition = sought.fitting(fit);
    if fit == Fit::Name {
        let mut query = Query::of(db);
        query.text("SELECT i.name_key, i.account_id FROM provider_index i WHERE i.name_key = ");
        query.value(sought.name_key.as_str()).text(" AND ").has(&condition).text(" AND ");
        query.beyond(after).in_order().number(limit);
        return query.named(db).await;
    }
    // without words there is one fit only, and its condition is the one that too many met
    if !sought.words.is_empty()
        && let Some(gathered) = gathered(db, sought, &condition, after, limit).await?
    {
        return Ok(gathered);
    }
    let mut query = Query::of(db);
    query.text("SELECT i.name_key, i.account_id FROM (SELECT name_key, account_id, words FROM provider_index i WHERE ");
    query.beyond(after).in_order().number(STEPS).text(") AS i WHERE ").has(&condition);
    query.text(" AND ").another_name(sought).in_order().number(limit);
    let near = query.named(db).await?;
    if near.len() as u64 == limit {
        return Ok(near);
    }
    let mut query = Query::of(db);
    query.text("SELECT i.name_key, i.account_id FROM ").having(&condition).text(" AND ");
    query.beyond(after).text(" AND ").another_name(sought);
    // an expression, so that the order is not walked to its end after all
    query.text(" ORDER BY i.name_key || '', i.account_id LIMIT ").number(limit);
    query.named(db).await
}

/// Those who meet a condition, in order of name, unless they are too many.
async fn gathered(
    db: &impl ConnectionTrait,
    sought: &Sought,
    condition: &Condition,
    after: Option<&Named>,
    limit: u64,
) -> Result<Option<Vec<Named>>, DbErr> {
    let mut query = Query::of(db);
    query.text("WITH i AS MATERIALIZED (SELECT i.name_key, i.account_id FROM ");
    query.having(condition).text(" AND ").beyond(after).text(" AND ").another_name(sought);
    query.text(" LIMIT ").number(GATHERED + 1);
    query.text(") SELECT i.name_key, i.account_id, (SELECT count(*) FROM i) AS found FROM i");
    query.in_order().number(limit);
    let rows = query.all(db).await?;
    let found: i64 = rows.first().map_or(Ok(0), |row| row.try_get("", "found"))?;
    let few = u64::try_from(found).unwrap_or(0) <= GATHERED;
    few.then(|| rows.iter().map(named).collect()).transpose()
}

fn named(row: &QueryResult) -> Result<Named, DbErr> {
    let account: Uuid = row.try_get("", "account_id")?;
    Ok((row.try_get("", "name_key")?, AccountId(account)))
}

/// A statement being written, with its values; rows of the index are called `i`.
struct Query {
    engine: DbBackend,
    text: String,
    values: Vec<Value>,
}

impl Query {
    fn of(db: &impl ConnectionTrait) -> Self {
        Self { engine: db.get_database_backend(), text: String::new(), values: Vec::new() }
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    fn value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push('$');
        self.number(self.values.len() as u64)
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.text(&number.to_string())
    }

    fn in_order(&mut self) -> &mut Self {
        self.text(" ORDER BY i.name_key, i.account_id LIMIT ")
    }

    fn beyond(&mut self, after: Option<&Named>) -> &mut Self {
        let Some((name_key, account)) = after else { return self.text("true") };
        self.text("(i.name_key, i.account_id) > (").value(name_key.as_str());
        self.text(", ").value(*account).text(")")
    }

    fn another_name(&mut self, sought: &Sought) -> &mut Self {
        if sought.words.is_empty() {
            return self.text("true");
        }
        self.text("i.name_key <> ").value(sought.name_key.as_str())
    }

    /// The rows that meet a condition, found by their words; ends within a WHERE.
    fn having(&mut self, condition: &Condition) -> &mut Self {
        match self.engine {
            DbBackend::Postgres => self.text("provider_index i WHERE ").has(condition),
            _ => {
                // never the other way round: the words would be looked up anew for each row
                self.text("provider_words CROSS JOIN provider_index i ON i.number = provider_words.rowid WHERE provider_words MATCH ");
                self.value(expression(condition, ["AND", "OR", "NOT"], |Term { word, begins }| {
                    format!("\"{word}\"{}", if *begins { " *" } else { "" })
                }))
            }
        }
    }

    /// Whether a row at hand meets a condition.
    fn has(&mut self, condition: &Condition) -> &mut Self {
        if self.engine == DbBackend::Postgres {
            let text = expression(condition, ["&", "|", "& !"], |Term { word, begins }| {
                format!("'{word}'{}", if *begins { ":*" } else { "" })
            });
            return self.text("i.words @@ CAST(").value(text).text(" AS tsquery)");
        }
        self.each_in_text(&condition.each);
        if !condition.but_not.is_empty() {
            self.text(" AND NOT (").each_in_text(&condition.but_not).text(")");
        }
        self
    }

    fn each_in_text(&mut self, each: &Each) -> &mut Self {
        for (index, terms) in each.iter().enumerate() {
            self.text(if index > 0 { " AND (" } else { "(" });
            for (index, Term { word, begins }) in terms.iter().enumerate() {
                let end = if *begins { "" } else { " " };
                self.text(if index > 0 { " OR " } else { "" }).text("instr(i.words, ");
                self.value(format!(" {word}{end}")).text(") > 0");
            }
            self.text(")");
        }
        self
    }

    fn too_many(&mut self) -> &mut Self {
        self.text("(SELECT count(*) FROM found) > ").number(RANKED)
    }

    /// How well a row of `found` fits.
    fn fit(&mut self, sought: &Sought) -> &mut Self {
        if sought.words.is_empty() {
            return self.number(Fit::Anywhere as u64);
        }
        let condition = |each| Condition { each, but_not: Vec::new() };
        // too many are not looked at one by one
        self.text("CASE WHEN ")
            .too_many()
            .text(" THEN 0 WHEN i.name_key = ")
            .value(sought.name_key.as_str());
        self.text(" THEN ").number(Fit::Name as u64);
        self.text(" WHEN ").has(&condition(sought.in_name())).text(" THEN ");
        self.number(Fit::InName as u64);
        self.text(" WHEN ").has(&condition(sought.in_services())).text(" THEN ");
        self.number(Fit::InServices as u64).text(" ELSE ").number(Fit::Anywhere as u64);
        self.text(" END")
    }

    async fn all(self, db: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        db.query_all_raw(Statement::from_sql_and_values(self.engine, self.text, self.values)).await
    }

    async fn named(self, db: &impl ConnectionTrait) -> Result<Vec<Named>, DbErr> {
        self.all(db).await?.iter().map(named).collect()
    }
}

fn expression(
    condition: &Condition,
    [and, or, but_not]: [&str; 3],
    term: impl Fn(&Term) -> String,
) -> String {
    let each = |each: &Each| {
        let any = each.iter().map(|terms| {
            let terms: Vec<String> = terms.iter().map(&term).collect();
            format!("({})", terms.join(&format!(" {or} ")))
        });
        format!("({})", any.collect::<Vec<_>>().join(&format!(" {and} ")))
    };
    let Condition { each: all, but_not: none } = condition;
    if none.is_empty() { each(all) } else { format!("{} {but_not} {}", each(all), each(none)) }
}
