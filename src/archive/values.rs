//! Values of columns as JSON, and back.

use super::tables::Table;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sea_orm::sea_query::ArrayType;
use sea_orm::{EntityTrait, IdenStatic, ModelTrait, Value};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A column of a table.
pub struct Column<E: EntityTrait> {
    pub column: E::Column,
    kind: ArrayType,
}

impl<E: Table> Column<E> {
    pub fn new(column: E::Column) -> Self {
        Self { column, kind: E::Model::get_value_type(column) }
    }

    pub fn name(&self) -> &'static str {
        self.column.as_str()
    }

    /// The column of a row, as JSON.
    pub fn read(&self, row: &E::Model) -> Result<Json, String> {
        to_json(row.get(self.column))
            .ok_or_else(|| format!("no way to write {}.{}", E::NAME, self.name()))
    }

    /// A value of the column.
    pub fn value(&self, json: &Json) -> Result<Value, String> {
        to_value(json, &self.kind)
            .ok_or_else(|| format!("{}.{} cannot be {json}", E::NAME, self.name()))
    }
}

/// `None` for a kind of value that no table has.
fn to_json(value: Value) -> Option<Json> {
    Some(match value {
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::BigInt(value) => json!(value),
        Value::String(value) => json!(value),
        Value::Uuid(value) => json!(value),
        Value::Json(value) => value.map_or(Json::Null, |value| *value),
        Value::Bytes(value) => json!(value.map(|bytes| BASE64_STANDARD.encode(bytes))),
        _ => return None,
    })
}

/// `None` for JSON that is no value of this kind.
fn to_value(json: &Json, kind: &ArrayType) -> Option<Value> {
    /// Null, or what `read` makes of it.
    fn or_null<T>(json: &Json, read: impl Fn(&Json) -> Option<T>) -> Option<Option<T>> {
        if json.is_null() { Some(None) } else { read(json).map(Some) }
    }
    let text = |json: &Json| json.as_str().map(str::to_owned);
    Some(match kind {
        ArrayType::Bool => Value::Bool(or_null(json, Json::as_bool)?),
        ArrayType::Int => Value::Int(or_null(json, |json| {
            json.as_i64().and_then(|number| number.try_into().ok())
        })?),
        ArrayType::BigInt => Value::BigInt(or_null(json, Json::as_i64)?),
        ArrayType::String => Value::String(or_null(json, text)?),
        ArrayType::Uuid => Value::Uuid(or_null(json, |json| Uuid::try_parse(json.as_str()?).ok())?),
        ArrayType::Json => Value::Json(or_null(json, |json| Some(Box::new(json.clone())))?),
        ArrayType::Bytes => {
            Value::Bytes(or_null(json, |json| BASE64_STANDARD.decode(json.as_str()?).ok())?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tables::{Table, Visit, columns, each};
    use super::*;
    use std::convert::Infallible;

    #[test]
    fn values_come_back_as_they_were() {
        for (value, kind) in [
            (Value::Bool(Some(true)), ArrayType::Bool),
            (Value::Int(Some(-1)), ArrayType::Int),
            (Value::BigInt(Some(i64::MIN)), ArrayType::BigInt),
            (Value::String(Some("a\n\u{1f642}\u{0}".to_owned())), ArrayType::String),
            (Value::Uuid(Some(Uuid::from_u128(7))), ArrayType::Uuid),
            (Value::Json(Some(Box::new(json!({"a": [1, null]})))), ArrayType::Json),
            (Value::Bytes(Some(vec![0, 255])), ArrayType::Bytes),
            (Value::String(None), ArrayType::String),
            (Value::BigInt(None), ArrayType::BigInt),
        ] {
            let json = to_json(value.clone()).unwrap();
            assert_eq!(to_value(&json, &kind), Some(value));
        }
    }

    #[test]
    fn json_of_another_kind_is_no_value() {
        for (json, kind) in [
            (json!("true"), ArrayType::Bool),
            (json!(1.5), ArrayType::BigInt),
            (json!(i64::MAX), ArrayType::Int),
            (json!(1), ArrayType::String),
            (json!("0190"), ArrayType::Uuid),
            (json!("?"), ArrayType::Bytes),
        ] {
            assert_eq!(to_value(&json, &kind), None, "{json}");
        }
    }

    struct Kinds(Vec<String>);

    impl Visit for Kinds {
        type Error = Infallible;

        async fn table<E: Table>(&mut self) -> Result<(), Infallible> {
            let odd =
                columns::<E>().into_iter().filter(|column| column.value(&Json::Null).is_err());
            self.0.extend(odd.map(|column| format!("{}.{}", E::NAME, column.name())));
            Ok(())
        }
    }

    #[tokio::test]
    async fn every_column_of_every_table_has_a_kind_that_can_be_copied() {
        let mut odd = Kinds(Vec::new());
        let Ok(()) = each(&mut odd).await;
        assert_eq!(odd.0, Vec::<String>::new());
    }
}
