//! The binary, started by a line of shell and stopped by SIGTERM.

use super::shell::{Folder, kill};
use super::support::database::{TestDatabase, TestEngine, engine};
use super::support::discreet::assert_discreet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
const LOG: &str = "service.log";
const SECRET: &str = "a secret of the tests' own, long enough";

/// A service that is up; killed when dropped.
pub struct Service {
    child: Child,
    log: PathBuf,
    /// Where it serves.
    pub address: String,
    /// What it printed when it was up.
    pub banner: String,
}

impl Service {
    /// Runs `line` in `folder` on a port of its own, over `database` where one is given, until the banner is complete.
    pub fn start(folder: &Folder, line: &str, database: Option<&str>) -> Self {
        let log = folder.path().join(LOG);
        let file = File::create(&log).expect("a file for log lines");
        let mut command = folder.command("sh");
        command.arg("-c").arg(format!("exec {line}")).env("PARTNER_LISTEN", "127.0.0.1:0");
        if let Some(url) = database {
            command.env("PARTNER_DATABASE_URL", url);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(file).spawn().expect("a shell");
        let lines =
            lines_of(BufReader::new(child.stdout.take().expect("standard output is piped")));
        let mut banner = String::new();
        loop {
            let Ok(line) = lines.recv_timeout(PATIENCE) else {
                let _ = child.kill();
                let log = fs::read_to_string(&log).unwrap_or_default();
                panic!("{line} did not start: {banner}{log}");
            };
            banner += &format!("{line}\n");
            if line.trim_start().starts_with("grpcurl ") {
                break;
            }
        }
        let address = banner
            .lines()
            .find_map(|line| line.trim_start().strip_prefix("gRPC "))
            .and_then(|rest| rest.trim().split(',').next())
            .expect("the banner tells the address")
            .to_owned();
        Self { child, log, address, banner }
    }

    /// As started without arguments: over the engine that the tests run on.
    pub fn plain(folder: &Folder, database: &TestDatabase) -> Self {
        Self::start(folder, "cargo run --release", url(database))
    }

    /// The same, asking for tokens that are signed with the folder's `data/jwt.secret`.
    pub fn with_tokens(folder: &Folder, database: &TestDatabase) -> Self {
        fs::create_dir_all(folder.path().join("data")).expect("a data folder");
        fs::write(folder.path().join("data/jwt.secret"), SECRET).expect("a secret");
        let line = "cargo run --release -- --auth jwt --jwt-key-file data/jwt.secret";
        Self::start(folder, line, url(database))
    }

    /// Its log lines so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGTERM, and what the process answered.
    pub fn stop(mut self) -> ExitStatus {
        kill("-TERM", self.child.id());
        self.child.wait().expect("the process ends within its own deadline")
    }

    /// The memory it has in use, in MiB.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the process is there");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        assert_discreet("the service's log lines", &self.log());
    }
}

/// What `--database-url` has to be for the tests' engine: nothing for SQLite, which is the default.
pub fn url(database: &TestDatabase) -> Option<&str> {
    (engine() == TestEngine::Postgres).then_some(database.url.as_str())
}

/// Each line as it comes.
pub fn lines_of(reader: impl BufRead + Send + 'static) -> Receiver<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in reader.lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    told
}
