//! Many rows in one statement, however many they are.
//!
//! On PostgreSQL a column travels as one array and is taken apart again by `UNNEST`: the text of the statement is the same
//! for one row and for a thousand, so that each connection prepares it once. SQLite takes `VALUES`, in pieces, as it binds
//! at most 32,766 values. Rows are inserted, and those in their way locked, in the order given.

use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{
    ArrayType, CaseStatement, Expr, Func, InsertStatement, OnConflict, Query, SelectStatement,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, ExprTrait, IdenStatic, IntoActiveModel,
    Iterable, QueryTrait, Statement, Value,
};

/// Rows of one piece; the widest table has forty columns.
const ROWS_PER_STATEMENT: usize = 500;
const UNNESTED: &str = "unnested";

/// The statements that insert these rows, all of them with the same columns set; none for no rows.
pub fn insert_all<A: ActiveModelTrait>(
    rows: impl IntoIterator<Item = impl IntoActiveModel<A>>,
    db: DbBackend,
) -> Vec<Statement> {
    statements(rows, None, Vec::new(), db)
}

/// The same, with what becomes of rows that are there already.
pub fn upsert_all<A: ActiveModelTrait>(
    rows: impl IntoIterator<Item = impl IntoActiveModel<A>>,
    conflict: OnConflict,
    db: DbBackend,
) -> Vec<Statement> {
    statements(rows, Some(conflict), Vec::new(), db)
}

/// The same, answering these columns as they are then.
pub fn upsert_all_returning<A: ActiveModelTrait>(
    rows: impl IntoIterator<Item = impl IntoActiveModel<A>>,
    conflict: OnConflict,
    returned: impl IntoIterator<Item = <A::Entity as EntityTrait>::Column>,
    db: DbBackend,
) -> Vec<Statement> {
    statements(rows, Some(conflict), returned.into_iter().collect(), db)
}

/// Whether a column has one of these values; one prepared statement on PostgreSQL, however many they are.
pub fn one_of<C: ColumnTrait, V: Into<Value>>(
    column: C,
    values: impl IntoIterator<Item = V>,
    db: DbBackend,
) -> Expr {
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    match (db, values.first()) {
        (DbBackend::Postgres, Some(first)) => {
            let array = Value::Array(first.array_type(), Some(Box::new(values)));
            Expr::col(column.as_column_ref()).eq(PgFunc::any(Expr::val(array)))
        }
        _ => column.is_in(values),
    }
}

fn statements<A: ActiveModelTrait>(
    rows: impl IntoIterator<Item = impl IntoActiveModel<A>>,
    conflict: Option<OnConflict>,
    returned: Vec<<A::Entity as EntityTrait>::Column>,
    db: DbBackend,
) -> Vec<Statement> {
    let rows: Vec<A> = rows.into_iter().map(IntoActiveModel::into_active_model).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let inserts = match db {
        DbBackend::Postgres => vec![from_arrays(rows)],
        _ => rows.chunks(ROWS_PER_STATEMENT).map(values).collect(),
    };
    let finished = inserts.into_iter().map(|mut insert| {
        if let Some(conflict) = &conflict {
            insert.on_conflict(conflict.clone());
        }
        if !returned.is_empty() {
            insert.returning(Query::returning().columns(returned.clone()));
        }
        db.build(&insert)
    });
    finished.collect()
}

fn values<A: ActiveModelTrait>(rows: &[A]) -> InsertStatement {
    A::Entity::insert_many(rows.iter().cloned()).into_query()
}

/// `INSERT INTO t (a, ..) SELECT a, .. FROM (SELECT UNNEST($1) AS a, ..) AS unnested`.
fn from_arrays<A: ActiveModelTrait>(mut rows: Vec<A>) -> InsertStatement {
    let (mut columns, mut arrays, mut taken) = (Vec::new(), Query::select(), Query::select());
    for column in <A::Entity as EntityTrait>::Column::iter() {
        let values: Option<Vec<Value>> =
            rows.iter_mut().map(|row| row.take(column).into_value()).collect();
        if let Some(values) = values
            && let Some(expr) = unnest(&mut arrays, column.as_str(), values)
        {
            columns.push(column);
            taken.expr(expr);
        }
    }
    taken.from_subquery(arrays, UNNESTED);
    let mut insert = Query::insert();
    insert.into_table(A::Entity::default()).columns(columns);
    insert.select_from(taken).expect("as many values as columns");
    insert
}

/// Adds a column's array, and answers what is read of it: arrays hold no nulls, so a column of some nulls brings a second
/// array that says where, and one of nothing else is left to its default.
fn unnest(arrays: &mut SelectStatement, name: &'static str, values: Vec<Value>) -> Option<Expr> {
    let null = |value: &Value| *value == value.as_null();
    let known: Vec<bool> = values.iter().map(|value| !null(value)).collect();
    let filler = values.iter().find(|value| !null(value))?.clone();
    let read = Expr::col(name);
    let read = if known.contains(&false) {
        let mask = format!("{name}_known");
        let case = CaseStatement::new().case(Expr::col(mask.clone()), read);
        arrays.expr_as(unnested(known), mask);
        case.into()
    } else {
        read
    };
    let whole = values.into_iter().map(|value| if null(&value) { filler.clone() } else { value });
    arrays.expr_as(unnested(whole), name);
    Some(read)
}

fn unnested<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Expr {
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    let kind = values.first().map_or(ArrayType::Bool, Value::array_type);
    Func::cust("UNNEST").arg(Expr::val(Value::Array(kind, Some(Box::new(values))))).into()
}
