//! `export`: everything as it is at one position.

use super::tables::{Table, Visit, columns, each};
use super::text::{self, Header, Writer};
use super::values::Column;
use super::{ArchiveError, FORMAT, PAGE, difference};
use crate::backend::Look;
use crate::entity::service_key;
use crate::feed::log;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, ExprTrait, Iterable, ModelTrait, PrimaryKeyToColumn,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value as Json;
use std::any::TypeId;
use std::io::Write;
use uuid::Uuid;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The log that it was taken of.
    pub log: Uuid,
    /// The position that it is true at.
    pub position: i64,
    pub rows: u64,
}

/// Writes a copy of the database to `out`; with the service's own key, or without.
///
/// # Errors
/// A database that is not there, or of another version; what cannot be written; the database's.
pub async fn export<W: Write>(
    look: &Look,
    out: W,
    with_key: bool,
) -> Result<(Exported, W), ArchiveError> {
    let (schema, location) = (look.schema().await?, || look.location().to_owned());
    if schema.applied.is_empty() {
        return Err(ArchiveError::Nothing { location: location() });
    }
    if let Some(difference) = difference(&schema.applied, &schema.shipped) {
        return Err(ArchiveError::Schema { location: location(), difference });
    }
    let Some(txn) = look.snapshot().await? else {
        return Err(ArchiveError::Nothing { location: location() });
    };
    let (log, place) = log::newest(&txn).await?;
    let mut writer = Writer::new(out);
    writer.line(&Header {
        format: FORMAT.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        log,
        position: place.position,
        migrations: schema.shipped,
    })?;
    let mut copying = Copying { txn: &txn, writer, with_key };
    each(&mut copying).await?;
    let (out, rows) = copying.writer.end()?;
    Ok((Exported { log, position: place.position, rows }, out))
}

struct Copying<'a, W> {
    txn: &'a DatabaseTransaction,
    writer: Writer<W>,
    with_key: bool,
}

impl<W: Write> Visit for Copying<'_, W> {
    type Error = ArchiveError;

    async fn table<E: Table>(&mut self) -> Result<(), ArchiveError> {
        if TypeId::of::<E>() == TypeId::of::<service_key::Entity>() && !self.with_key {
            return Ok(());
        }
        let columns: Vec<Column<E>> = columns();
        let names = columns.iter().map(|column| column.name().to_owned()).collect();
        self.writer.line(&text::Table { table: E::NAME.to_owned(), columns: names })?;
        let mut last: Option<E::Model> = None;
        loop {
            let mut rows = page::<E>(self.txn, last.as_ref()).await?;
            for row in &rows {
                let values = columns.iter().map(|column| column.read(row));
                let values: Vec<Json> = values.collect::<Result<_, _>>().map_err(DbErr::Type)?;
                self.writer.row(&values)?;
            }
            match rows.pop() {
                Some(row) => last = Some(row),
                None => return Ok(()),
            }
        }
    }
}

/// The rows behind `last`, in the order of the primary key; rows are compared as a whole, which an index walk answers.
async fn page<E: Table>(
    txn: &DatabaseTransaction,
    last: Option<&E::Model>,
) -> Result<Vec<E::Model>, DbErr> {
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let mut find = E::find().limit(PAGE);
    if let Some(last) = last {
        let here = Expr::tuple(keys.iter().map(|key| Expr::col(key.as_column_ref())));
        find = find.filter(here.gt(Expr::tuple(keys.iter().map(|key| Expr::val(last.get(*key))))));
    }
    for key in keys {
        find = find.order_by_asc(key);
    }
    find.all(txn).await
}
