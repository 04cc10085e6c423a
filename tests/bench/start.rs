//! Time from the start of the process to SERVING, on a new database and on one that is there.

use crate::report::{Report, Start};
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
    report.start(Start::new("SQLite, new database", &sqlite.new, Some(SQLITE_GATE_SECONDS)));
    report.start(Start::new("SQLite, again", &sqlite.again, Some(SQLITE_GATE_SECONDS)));
    report.start(Start::new("PostgreSQL, new database", &postgres.new, None));
    report.start(Start::new("PostgreSQL, again", &postgres.again, None));
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
