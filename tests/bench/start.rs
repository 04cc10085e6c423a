//! Time from the start of the process to SERVING, on a new database and on one that is there.

use crate::figure::Figure;
use crate::report::Report;
use crate::server::Service;
use crate::{Arguments, Failure, postgres};
use std::path::Path;
use tempfile::TempDir;

const SQLITE_GATE_SECONDS: f64 = 2.0;

/// Times every kind of start.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    if !"start".contains(&arguments.only) {
        return Ok(());
    }
    let program = &arguments.service;
    let (mut sqlite, mut postgres) = (Kind::default(), Kind::default());
    for turn in 1..=arguments.starts {
        eprintln!("start {turn} of {}", arguments.starts);
        let folder = tempfile::tempdir()?;
        sqlite
            .twice(program, &format!("sqlite://{}", folder.path().join("partner.db").display()))
            .await?;
        let name = format!("load_start_{}", std::process::id());
        postgres.twice(program, &server.create(&name).await?).await?;
        server.drop_database(&name).await?;
    }
    report.figure(
        Figure::new("start to SERVING, SQLite, new database", "s", Some(SQLITE_GATE_SECONDS))
            .with_all(&sqlite.new),
    );
    report.figure(
        Figure::new("start to SERVING, SQLite, again", "s", Some(SQLITE_GATE_SECONDS))
            .with_all(&sqlite.again),
    );
    report.figure(
        Figure::new("start to SERVING, PostgreSQL, new database", "s", None)
            .with_all(&postgres.new),
    );
    report.figure(
        Figure::new("start to SERVING, PostgreSQL, again", "s", None).with_all(&postgres.again),
    );
    Ok(())
}

#[derive(Default)]
struct Kind {
    new: Vec<f64>,
    again: Vec<f64>,
}

impl Kind {
    async fn twice(&mut self, program: &Path, url: &str) -> Result<(), Failure> {
        for times in [&mut self.new, &mut self.again] {
            let (service, took) = Service::start(program, url, TempDir::new()?).await?;
            times.push(took.as_secs_f64());
            service.stop();
        }
        Ok(())
    }
}
