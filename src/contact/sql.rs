//! Statements that join histories, written as SQL: both engines read them alike, and their plans are what this room is
//! about.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};

/// A statement being written, with its values.
#[derive(Default)]
pub struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// Adds text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a value.
    pub fn value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push('$');
        self.number(self.values.len() as u64)
    }

    /// Adds a number as it is: one that the planner should see, such as a limit.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.text.push_str(&number.to_string());
        self
    }

    /// Adds values with commas between them, in parentheses.
    pub fn list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.text.push('(');
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.value(value);
        }
        self.text(")")
    }

    /// Adds `VALUES` of pairs; their columns are `column1` and `column2`.
    pub fn pairs<A: Into<Value>, B: Into<Value>>(
        &mut self,
        pairs: impl IntoIterator<Item = (A, B)>,
    ) -> &mut Self {
        self.text.push_str("(VALUES ");
        for (index, (a, b)) in pairs.into_iter().enumerate() {
            self.text(if index > 0 { ", (" } else { "(" }).value(a).text(", ").value(b).text(")");
        }
        self.text(")")
    }

    /// Runs it.
    pub async fn all(self, db: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        let backend = db.get_database_backend();
        db.query_all_raw(Statement::from_sql_and_values(backend, self.text, self.values)).await
    }
}
