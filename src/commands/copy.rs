//! `export` and `import`: where a copy goes, and where it comes from.

use super::Report;
use crate::archive::{self, ArchiveError, Exported, Imported};
use crate::backend::{Clock, Database, Look, Migrate, OpenError};
use crate::config::{ExportConfig, ImportConfig};
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const STANDARD: &str = "-";
/// It holds personal data.
const OWNER_ONLY: u32 = 0o600;

/// Why there is no copy, or none was loaded.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("{} is there already; choose another file", .0.display())]
    Exists(PathBuf),
    #[error("{} cannot be used: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl CopyError {
    /// Whether it is the command line, the environment or the file of settings that has to be put right.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Archive(error) if error.is_usage())
    }
}

impl From<OpenError> for CopyError {
    fn from(error: OpenError) -> Self {
        Self::Archive(error.into())
    }
}

/// Writes a copy. What there is to say goes to standard error, since the copy may go to standard output.
///
/// # Errors
/// What keeps it from being written; the file is then not there.
pub async fn export(config: &ExportConfig) -> Result<Report, CopyError> {
    let (url, direct) = (config.database.url(&config.data_dir), config.database.direct_url());
    let is_file = config.to != Path::new(STANDARD);
    if is_file && config.to.exists() {
        return Err(CopyError::Exists(config.to.clone()));
    }
    let look = Look::at(&url, direct).await?;
    let exported = match is_file {
        true => to_file(&look, config).await,
        false => {
            let out = BufWriter::new(std::io::stdout());
            let (exported, _) = archive::export(&look, out, config.with_service_key).await?;
            Ok(exported)
        }
    };
    let location = look.location().to_owned();
    look.close().await;
    let Exported { log, position, rows } = exported?;
    let words = || format!("{rows} rows of {location}, as they are at position {position}");
    let json = json!({"database": location, "log": log, "position": position, "rows": rows});
    Ok(Report::told(config.output, words, &json, 0).on_standard_error())
}

/// Under its name only once it is whole.
async fn to_file(look: &Look, config: &ExportConfig) -> Result<Exported, CopyError> {
    let path = &config.to;
    let mut partial = path.clone().into_os_string();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let unusable = |source| CopyError::File { path: path.clone(), source };
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(OWNER_ONLY)
        .open(&partial)
        .map_err(unusable)?;
    let written = async {
        let (exported, out) =
            archive::export(look, BufWriter::new(file), config.with_service_key).await?;
        let file = out.into_inner().map_err(|error| unusable(error.into_error()))?;
        file.sync_all().map_err(unusable)?;
        std::fs::rename(&partial, path).map_err(unusable)?;
        Ok(exported)
    };
    let written = written.await;
    if written.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    written
}

/// Loads a copy.
///
/// # Errors
/// What keeps it from being loaded; the database is then as it was.
pub async fn import(config: &ImportConfig) -> Result<Report, CopyError> {
    let (url, direct) = (config.database.url(&config.data_dir), config.database.direct_url());
    let file = match config.from == Path::new(STANDARD) {
        true => None,
        false => Some(
            File::open(&config.from)
                .map_err(|source| CopyError::File { path: config.from.clone(), source })?,
        ),
    };
    let database = Database::open_with(&url, direct, Migrate::Auto).await?;
    let now = Clock::System.now();
    let imported = match file {
        Some(file) => archive::import(&database, BufReader::new(file), now).await,
        None => archive::import(&database, BufReader::new(std::io::stdin()), now).await,
    };
    let location = database.location().to_owned();
    database.close().await;
    let Imported { from_log, log, position, rows, has_key } = imported?;
    let words = || {
        let key = if has_key { "with the service's key" } else { "without the service's key" };
        format!("{rows} rows are in {location}, {key}; its log goes on at position {position}")
    };
    let json = json!({
        "database": location,
        "fromLog": from_log,
        "log": log,
        "position": position,
        "rows": rows,
        "hasServiceKey": has_key,
    });
    Ok(Report::told(config.output, words, &json, 0))
}
