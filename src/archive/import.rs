//! `import`: a copy into an empty database, all of it or nothing.

use super::tables::{Table, Visit, columns, named};
use super::text::{self, End, Header, Reader};
use super::values::Column;
use super::{ArchiveError, FORMAT, PAGE, difference};
use crate::backend::{Database, Schema};
use crate::domain::time::Timestamp;
use crate::entity::rows::insert_all;
use crate::entity::service_key;
use crate::feed::log;
use crate::provider::directory;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DatabaseTransaction, IntoActiveModel};
use serde_json::Value as Json;
use std::any::TypeId;
use std::io::BufRead;
use uuid::Uuid;

/// What was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The log that the copy was taken of.
    pub from_log: Uuid,
    /// The log that it goes on as.
    pub log: Uuid,
    /// Where LOG_IMPORTED stands.
    pub position: i64,
    pub rows: u64,
    /// Whether the service's own key came along.
    pub has_key: bool,
}

/// Loads a copy.
///
/// # Errors
/// A database that is not empty; a copy that is damaged, cut short or another version's; the database's.
pub async fn import(
    database: &Database,
    input: impl BufRead,
    now: Timestamp,
) -> Result<Imported, ArchiveError> {
    let mut reader = Reader::new(input);
    let header = header(&mut reader)?;
    let location = database.location();
    database
        .restore(async |txn: &DatabaseTransaction| {
            if log::lock_head(txn).await? != 1 {
                return Err(ArchiveError::NotEmpty { location: location.to_owned() });
            }
            // the floor will be the copy's, the log another
            let (own, _) = log::newest(txn).await?;
            let has_key = load(txn, &mut reader).await?;
            let position = log::highest(txn).await?;
            if position != header.position {
                return Err(reader
                    .damaged(&format!("it ends at position {position}, not {}", header.position)));
            }
            let position = log::go_on_as(txn, own, header.log, now).await?;
            directory::rebuild(txn).await?;
            Ok(Imported { from_log: header.log, log: own, position, rows: reader.rows, has_key })
        })
        .await
}

fn header(reader: &mut Reader<impl BufRead>) -> Result<Header, ArchiveError> {
    let header: Header =
        serde_json::from_slice(reader.next()?).map_err(|_| ArchiveError::Foreign)?;
    if header.format != FORMAT {
        return Err(ArchiveError::Foreign);
    }
    match difference(&header.migrations, &Schema::none().shipped) {
        Some(difference) => Err(ArchiveError::OtherVersion { version: header.version, difference }),
        None => Ok(header),
    }
}

/// Takes the rest of the copy in; answers whether it brought the service's key.
async fn load(
    txn: &DatabaseTransaction,
    reader: &mut Reader<impl BufRead>,
) -> Result<bool, ArchiveError> {
    let mut has_key = false;
    let mut line = reader.next()?.to_vec();
    loop {
        if let Ok(End { end }) = serde_json::from_slice(&line) {
            reader.is_whole(&end)?;
            return Ok(has_key);
        }
        let Ok(text::Table { table, columns }) = serde_json::from_slice(&line) else {
            return Err(reader.damaged("neither a table nor the end"));
        };
        let mut loading = Loading { txn, reader, columns, next: Vec::new(), has_key: false };
        let is_known = named(&table, &mut loading).await?;
        (line, has_key) = (loading.next, has_key || loading.has_key);
        if !is_known {
            return Err(reader.damaged(&format!("there is no table {table}")));
        }
    }
}

/// One table's rows, up to the first line that is none.
struct Loading<'a, R> {
    txn: &'a DatabaseTransaction,
    reader: &'a mut Reader<R>,
    columns: Vec<String>,
    next: Vec<u8>,
    has_key: bool,
}

impl<R: BufRead> Visit for Loading<'_, R> {
    type Error = ArchiveError;

    async fn table<E: Table>(&mut self) -> Result<(), ArchiveError> {
        self.has_key = TypeId::of::<E>() == TypeId::of::<service_key::Entity>();
        let columns: Vec<Column<E>> = columns();
        if columns.iter().map(Column::name).ne(self.columns.iter().map(String::as_str)) {
            return Err(self.reader.damaged(&format!("the columns of {} are others", E::NAME)));
        }
        // what migrations put there stands in the copy too
        E::delete_many().exec(self.txn).await?;
        let mut rows: Vec<E::ActiveModel> = Vec::new();
        loop {
            let line = self.reader.next()?;
            let is_row = line.starts_with(b"[");
            if is_row {
                let row = row(line, &columns);
                self.reader.rows += 1;
                rows.push(row.map_err(|problem| self.reader.damaged(&problem))?);
            } else {
                self.next = line.to_vec();
            }
            if !is_row || rows.len() as u64 == PAGE {
                self.insert(std::mem::take(&mut rows)).await?;
            }
            if !is_row {
                return Ok(());
            }
        }
    }
}

impl<R: BufRead> Loading<'_, R> {
    async fn insert<A: ActiveModelTrait + IntoActiveModel<A>>(
        &self,
        rows: Vec<A>,
    ) -> Result<(), ArchiveError> {
        for statement in insert_all(rows, self.txn.get_database_backend()) {
            self.txn.execute_raw(statement).await?;
        }
        Ok(())
    }
}

fn row<E: Table>(line: &[u8], columns: &[Column<E>]) -> Result<E::ActiveModel, String> {
    let values: Vec<Json> = serde_json::from_slice(line).map_err(|_| "no row".to_owned())?;
    if values.len() != columns.len() {
        return Err(format!("{} values for {} columns", values.len(), columns.len()));
    }
    let mut row = <E::ActiveModel as sea_orm::ActiveModelTrait>::default();
    for (column, json) in columns.iter().zip(&values) {
        let value = column.value(json)?;
        row.try_set(column.column, value)
            .map_err(|_| format!("no {}.{}", E::NAME, column.name()))?;
    }
    Ok(row)
}
