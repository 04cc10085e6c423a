//! A statement being written, in the words of either engine, with its values; rows of the index are called `i`.
//!
//! What is looked for travels as a value in the engine's query language; its words are letters, digits and underscores alone
//! (`domain::search`) and stand in quotes, so that nobody's text is ever an operator.

use super::sql::Named;
use super::words::{Condition, Each, Term};
use crate::domain::ids::AccountId;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use uuid::Uuid;

pub struct Query {
    pub engine: DbBackend,
    text: String,
    values: Vec<Value>,
}

impl Query {
    pub fn of(db: &impl ConnectionTrait) -> Self {
        Self { engine: db.get_database_backend(), text: String::new(), values: Vec::new() }
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub fn value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push('$');
        self.number(self.values.len() as u64)
    }

    pub fn number(&mut self, number: u64) -> &mut Self {
        self.text(&number.to_string())
    }

    pub fn in_order(&mut self, limit: u64) -> &mut Self {
        self.text(" ORDER BY i.name_key, i.account_id LIMIT ").number(limit)
    }

    pub fn beyond(&mut self, after: Option<&Named>) -> &mut Self {
        let Some((name_key, account)) = after else { return self.text("true") };
        self.text("(i.name_key, i.account_id) > (").value(name_key.as_str());
        self.text(", ").value(*account).text(")")
    }

    /// The rows that meet a condition, found by their words; ends within a WHERE.
    pub fn having(&mut self, condition: &Condition) -> &mut Self {
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

    /// Whether the `words` of a row at hand meet a condition.
    pub fn has(&mut self, condition: &Condition) -> &mut Self {
        if self.engine == DbBackend::Postgres {
            let text = expression(condition, ["&", "|", "& !"], |Term { word, begins }| {
                format!("'{word}'{}", if *begins { ":*" } else { "" })
            });
            return self.text("words @@ CAST(").value(text).text(" AS tsquery)");
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
                self.text(if index > 0 { " OR " } else { "" }).text("instr(words, ");
                self.value(format!(" {word}{end}")).text(") > 0");
            }
            self.text(")");
        }
        self
    }

    pub async fn all(self, db: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        db.query_all_raw(Statement::from_sql_and_values(self.engine, self.text, self.values)).await
    }

    pub async fn named(self, db: &impl ConnectionTrait) -> Result<Vec<Named>, DbErr> {
        let named = |row: &QueryResult| {
            let account: Uuid = row.try_get("", "account_id")?;
            Ok((row.try_get("", "name_key")?, AccountId(account)))
        };
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
