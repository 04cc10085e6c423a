//! What of the directory each engine says in its own words: PostgreSQL matches a `tsvector` by its index, SQLite a
//! full-text table. What is sought travels as a value in the engine's query language; its words are letters and digits
//! alone (`domain::search`) and stand in quotes, so that nobody's text is ever an operator.

use super::search::Place;
use super::words::{Sought, Stored, Term};
use crate::domain::ids::AccountId;
use crate::entity::rows::upsert_all;
use crate::entity::{provider_profile, provider_word};
use sea_orm::sea_query::{ArrayType, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use uuid::Uuid;

/// What a word counts in a name, among the services, and in the description.
const IN_NAME: u32 = 4;
const IN_SERVICES: u32 = 2;
const ANYWHERE: u32 = 1;
/// How far by name it is looked for those who have what is sought, before they are gathered and put in order instead.
const NEAREST: u64 = 5_000;

/// The statements that make a profile findable under its number.
pub fn publish(row: &provider_profile::Model, db: DbBackend) -> Vec<Statement> {
    let Stored { name_key, name_words, service_words, all, spelt } = Stored::of(row);
    let number = Value::from(row.created_position);
    let known = OnConflict::column(provider_word::Column::Word).do_nothing().to_owned();
    let spelt = spelt.into_iter().map(|word| provider_word::ActiveModel { word: Set(word) });
    let mut statements = upsert_all(spelt, known, db);
    let mut values = vec![
        number.clone(),
        row.account_id.into(),
        name_key.into(),
        name_words.into(),
        service_words.into(),
    ];
    match db {
        DbBackend::Postgres => {
            let words = all.into_iter().map(Value::from).collect();
            values.push(Value::Array(ArrayType::String, Some(Box::new(words))));
            let insert = "INSERT INTO provider_index (number, account_id, name_key, name_words, service_words, words) \
                 VALUES ($1, $2, $3, $4, $5, array_to_tsvector($6))";
            statements.push(Statement::from_sql_and_values(db, insert, values));
        }
        _ => {
            let insert = "INSERT INTO provider_index (number, account_id, name_key, name_words, service_words) \
                 VALUES ($1, $2, $3, $4, $5)";
            statements.push(Statement::from_sql_and_values(db, insert, values));
            let words = all.into_iter().collect::<Vec<_>>().join(" ");
            let insert = "INSERT INTO provider_words (rowid, words) VALUES ($1, $2)";
            statements.push(Statement::from_sql_and_values(db, insert, [number, words.into()]));
        }
    }
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

/// Known words from one up to below another.
pub async fn words_between(
    db: &impl ConnectionTrait,
    from: &str,
    below: &str,
    lengths: (usize, usize),
) -> Result<Vec<String>, DbErr> {
    let mut query = Query::of(db);
    query.text("SELECT word FROM provider_word WHERE word >= ").value(from);
    query.text(" AND word < ").value(below).text(" AND length(word) BETWEEN ");
    query.number(lengths.0 as u64).text(" AND ").number(lengths.1 as u64);
    query.all(db).await?.iter().map(|row| row.try_get("", "word")).collect()
}

/// Those who have what is sought, best first, and how many there are: at most one more than `most`, where that is given,
/// and then they are not all of them.
pub async fn ranked(
    db: &impl ConnectionTrait,
    sought: &Sought,
    after: Option<&Place>,
    most: Option<u64>,
    limit: u64,
) -> Result<(Vec<(AccountId, String, i64)>, u64), DbErr> {
    let mut query = Query::of(db);
    query.text("WITH found AS MATERIALIZED (SELECT i.account_id, i.name_key, i.name_words, i.service_words FROM ");
    query.matching(sought);
    if let Some(most) = most {
        query.text(" LIMIT ").number(most + 1);
    }
    query.text("), ranked AS (SELECT account_id, name_key, CAST(").rank(sought);
    query.text(" AS bigint) AS rank FROM found) SELECT account_id, name_key, rank, (SELECT count(*) FROM found) AS found FROM ranked");
    if let Some(Place { rank, name_key, account, .. }) = after {
        query.text(" WHERE rank < ").value(*rank).text(" OR (rank = ").value(*rank);
        query.text(" AND ").beyond("", name_key, *account).text(")");
    }
    query.text(" ORDER BY rank DESC, name_key, account_id LIMIT ").number(limit);
    let rows = query.all(db).await?;
    let found: i64 = rows.first().map_or(Ok(0), |row| row.try_get("", "found"))?;
    Ok((placed(&rows)?, u64::try_from(found).unwrap_or(0)))
}

/// Everybody, or those who have what is sought, in order of name.
pub async fn by_name(
    db: &impl ConnectionTrait,
    sought: &Sought,
    after: (&str, AccountId),
    limit: u64,
) -> Result<Vec<(AccountId, String, i64)>, DbErr> {
    const ORDERED: &str = " ORDER BY name_key, account_id LIMIT ";
    let (name_key, account) = after;
    let mut query = Query::of(db);
    if sought.is_everything() {
        query.text(
            "SELECT account_id, name_key, CAST(0 AS bigint) AS rank FROM provider_index WHERE ",
        );
        query.beyond("", name_key, account).text(ORDERED).number(limit);
        return placed(&query.all(db).await?);
    }
    if query.engine == DbBackend::Postgres {
        // so many have it that a few steps by name meet enough of them; unless they all stand further down
        query.text("SELECT account_id, name_key, CAST(0 AS bigint) AS rank FROM (SELECT account_id, name_key, words FROM provider_index WHERE ");
        query.beyond("", name_key, account).text(ORDERED).number(NEAREST);
        query.text(") AS nearest WHERE words @@ ").tsquery(sought).text(ORDERED).number(limit);
        let near = placed(&query.all(db).await?)?;
        if near.len() as u64 == limit {
            return Ok(near);
        }
        query = Query::of(db);
    }
    query.text("SELECT i.account_id, i.name_key, CAST(0 AS bigint) AS rank FROM ");
    query.matching(sought).text(" AND ").beyond("i.", name_key, account);
    // an expression, so that the index by name is not walked to its end for a few
    query.text(" ORDER BY i.name_key || '', i.account_id LIMIT ").number(limit);
    placed(&query.all(db).await?)
}

fn placed(rows: &[QueryResult]) -> Result<Vec<(AccountId, String, i64)>, DbErr> {
    let place = |row: &QueryResult| {
        let account: Uuid = row.try_get("", "account_id")?;
        Ok((AccountId(account), row.try_get("", "name_key")?, row.try_get("", "rank")?))
    };
    rows.iter().map(place).collect()
}

/// A statement being written, with its values.
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

    fn beyond(&mut self, table: &str, name_key: &str, account: AccountId) -> &mut Self {
        self.text(&format!("({table}name_key, {table}account_id) > (")).value(name_key);
        self.text(", ").value(account).text(")")
    }

    /// The rows `i` of the index that have it.
    fn matching(&mut self, sought: &Sought) -> &mut Self {
        match self.engine {
            DbBackend::Postgres => self.text("provider_index i WHERE i.words @@ ").tsquery(sought),
            _ => {
                // never the other way round: for each row the words would be searched anew
                self.text("provider_words CROSS JOIN provider_index i ON i.number = provider_words.rowid WHERE provider_words MATCH ");
                self.value(expression(sought, "AND", "OR", |Term { word, begins }| {
                    format!("\"{word}\"{}", if *begins { " *" } else { "" })
                }))
            }
        }
    }

    fn tsquery(&mut self, sought: &Sought) -> &mut Self {
        let text = expression(sought, "&", "|", |Term { word, begins }| {
            format!("'{word}'{}", if *begins { ":*" } else { "" })
        });
        self.text("CAST(").value(text).text(" AS tsquery)")
    }

    /// What the words count, each where it counts most, and one more for a name that is nothing else.
    fn rank(&mut self, sought: &Sought) -> &mut Self {
        if sought.words.is_empty() {
            return self.text("0");
        }
        for terms in &sought.words {
            self.text("CASE WHEN ").has("name_words", terms);
            self.text(" THEN ").number(IN_NAME.into()).text(" WHEN ").has("service_words", terms);
            self.text(" THEN ").number(IN_SERVICES.into());
            self.text(" ELSE ").number(ANYWHERE.into()).text(" END + ");
        }
        self.text("CASE WHEN name_key = ")
            .value(sought.name_key.as_str())
            .text(" THEN 1 ELSE 0 END")
    }

    fn has(&mut self, column: &str, terms: &[Term]) -> &mut Self {
        let position = if self.engine == DbBackend::Postgres { "strpos" } else { "instr" };
        for (index, Term { word, begins }) in terms.iter().enumerate() {
            self.text(if index > 0 { " OR " } else { "" });
            let end = if *begins { "" } else { " " };
            self.text(&format!("{position}({column}, ")).value(format!(" {word}{end}"));
            self.text(") > 0");
        }
        self
    }

    async fn all(self, db: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        db.query_all_raw(Statement::from_sql_and_values(self.engine, self.text, self.values)).await
    }
}

fn expression(sought: &Sought, and: &str, or: &str, term: impl Fn(&Term) -> String) -> String {
    let serves = sought.serves.iter().map(|word| term(&Term::whole(word.clone())));
    let words = sought.words.iter().map(|terms| {
        let terms: Vec<String> = terms.iter().map(&term).collect();
        format!("({})", terms.join(&format!(" {or} ")))
    });
    serves.chain(words).collect::<Vec<_>>().join(&format!(" {and} "))
}
