//! The PostgreSQL that is measured on, and pgbench against it.

use crate::machine::{cpu_of_family, parent_of};
use crate::{Failure, world};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A server: the one `BENCH_POSTGRES_URL` names, or a private one in a temporary folder, gone when dropped.
pub struct Server {
    url: String,
    pgbench: PathBuf,
    private: Option<TempDir>,
}

/// What one run of pgbench did.
pub struct Run {
    /// Transactions a second, the first second left out.
    pub per_second: f64,
    /// The server's CPU time per transaction, in microseconds.
    pub cpu_microseconds: f64,
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/postgres")
}

fn said(command: &mut Command) -> Result<String, Failure> {
    let done = command.output()?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).trim().to_owned().into());
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

impl Server {
    /// Starts it where none is named.
    #[expect(clippy::unused_async, reason = "starting a server is awaited wherever it happens")]
    pub async fn start() -> Result<Self, Failure> {
        let pgbench = Path::new(&said(Command::new(script()).arg("bin"))?).join("pgbench");
        if !pgbench.exists() {
            return Err(format!(
                "{} is missing: install PostgreSQL's contributed programs",
                pgbench.display()
            )
            .into());
        }
        if let Ok(url) = std::env::var("BENCH_POSTGRES_URL") {
            return Ok(Self { url, pgbench, private: None });
        }
        let folder = tempfile::Builder::new().prefix("partner-load.").tempdir()?;
        // root hands the cluster to the user that PostgreSQL runs as
        let passable = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(folder.path(), passable)?;
        let url = said(Command::new(script()).arg("start").arg(folder.path().join("pg")))?;
        Ok(Self { url, pgbench, private: Some(folder) })
    }

    /// Which program measures it.
    pub fn pgbench(&self) -> &Path {
        &self.pgbench
    }

    /// Whose server it is.
    pub fn origin(&self) -> &'static str {
        if self.private.is_some() {
            "private cluster, its default settings"
        } else {
            "from BENCH_POSTGRES_URL"
        }
    }

    /// The server's own words.
    pub async fn version(&self) -> Result<String, Failure> {
        let mut admin = PgConnection::connect(&self.url).await?;
        let version: String =
            sqlx::query_scalar("SHOW server_version").fetch_one(&mut admin).await?;
        Ok(format!("PostgreSQL {}", version.split(' ').next().unwrap_or_default()))
    }

    /// An empty database.
    pub async fn create(&self, name: &str) -> Result<String, Failure> {
        self.drop_database(name).await?;
        let mut admin = PgConnection::connect(&self.url).await?;
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
        let (server, _) =
            self.url.rsplit_once('/').ok_or("a PostgreSQL URL ends with /database")?;
        Ok(format!("{server}/{name}"))
    }

    /// Drops a database, if it is there.
    pub async fn drop_database(&self, name: &str) -> Result<(), Failure> {
        let mut admin = PgConnection::connect(&self.url).await?;
        admin
            .execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
            .await?;
        Ok(())
    }

    /// The process whose children serve connections, where it runs on this machine.
    pub async fn postmaster(&self) -> Result<Option<u32>, Failure> {
        let mut admin = PgConnection::connect(&self.url).await?;
        let backend: i32 =
            sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut admin).await?;
        let backend = u32::try_from(backend)?;
        let name = std::fs::read_to_string(format!("/proc/{backend}/comm")).unwrap_or_default();
        Ok(if name.starts_with("postgres") { parent_of(backend) } else { None })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(folder) = &self.private {
            let _ = Command::new(script()).arg("stop").arg(folder.path().join("pg")).status();
        }
    }
}

/// Runs a script of `pgbench/` with `clients` at once, for `seconds` after a first one that is not counted.
pub async fn pgbench(
    server: &Server,
    url: &str,
    name: &str,
    clients: usize,
    seconds: u64,
    first_number: i64,
) -> Result<Run, Failure> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/bench/pgbench/{name}.sql"));
    let postmaster = server.postmaster().await?;
    let cpu = || postmaster.map_or(Duration::ZERO, cpu_of_family);
    let before = cpu();
    let mut command = Command::new(&server.pgbench);
    command.args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--progress=1"]);
    command
        .arg(format!("--client={clients}"))
        .arg(format!("--time={}", seconds + 1))
        .arg("--file")
        .arg(file);
    for (name, value) in world::variables(first_number, clients) {
        command.arg(format!("--define={name}={value}"));
    }
    command.arg(url).stdin(Stdio::null());
    // it ends by itself, and at once when its server does
    let done = tokio::task::spawn_blocking(move || command.output()).await??;
    let (told, progress) =
        (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    if !done.status.success() {
        let why = progress.lines().find(|line| line.contains("error")).unwrap_or("no reason given");
        return Err(format!("pgbench {name}: {why}").into());
    }
    let count = told
        .lines()
        .find_map(|line| line.strip_prefix("number of transactions actually processed: "));
    let count: f64 = count.ok_or("pgbench told no count")?.trim().parse()?;
    let each: Vec<f64> = progress.lines().filter_map(progress_rate).skip(1).collect();
    if each.is_empty() {
        return Err("pgbench told no progress".into());
    }
    Ok(Run {
        per_second: each.iter().sum::<f64>() / each.len() as f64,
        cpu_microseconds: (cpu() - before).as_secs_f64() * 1e6 / count,
    })
}

/// `progress: 2.0 s, 1234.5 tps, lat ...`
fn progress_rate(line: &str) -> Option<f64> {
    line.strip_prefix("progress: ")?
        .split(", ")
        .find_map(|part| part.strip_suffix(" tps"))?
        .parse()
        .ok()
}
