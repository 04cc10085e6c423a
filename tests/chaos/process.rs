//! Child processes of the real binary.

use crate::support::discreet::assert_discreet;
use std::fs::File;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tonic::transport::{Channel, Endpoint};

/// A debug build beside five others starts in less.
const START: Duration = Duration::from_secs(30);
/// Lines of a service that a failing test shows.
const LAST_WORDS: usize = 30;

/// A data folder, and the database that services in it use.
pub struct Home {
    pub folder: TempDir,
    pub database_url: String,
    listen: String,
}

impl Home {
    /// A fresh folder.
    pub fn new(database_url: &str) -> Self {
        Self::at(database_url, "127.0.0.1:0")
    }

    /// A fresh folder of services that are always found at this address.
    pub fn at(database_url: &str, listen: &str) -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder"),
            database_url: database_url.to_owned(),
            listen: listen.to_owned(),
        }
    }

    /// Where a running service says its address.
    pub fn listen_file(&self) -> PathBuf {
        self.folder.path().join("listen")
    }
}

/// A running service; killed when dropped.
pub struct Process {
    child: Child,
    output: PathBuf,
    /// `host:port`.
    pub address: String,
}

/// A service that ended instead of serving.
#[derive(Debug)]
pub struct Failed {
    pub status: ExitStatus,
    pub said: String,
}

impl Process {
    /// Starts a service and waits until it says its address, or ends.
    pub async fn start(home: &Home, flags: &[&str]) -> Result<Self, Failed> {
        Self::start_in(home, flags, &[]).await
    }

    /// The same in an environment of these variables.
    pub async fn start_in(
        home: &Home,
        flags: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        Self::start_logging(home, flags, environment, None).await
    }

    /// The same with log lines going elsewhere than to what it prints.
    pub async fn start_logging(
        home: &Home,
        flags: &[&str],
        environment: &[(&str, &str)],
        log: Option<Stdio>,
    ) -> Result<Self, Failed> {
        let listen_file = home.listen_file();
        // of one that was killed
        let _ = std::fs::remove_file(&listen_file);
        let output = home.folder.path().join("output");
        let file = File::create(&output).expect("a file for the output");
        let mut child = Command::new(env!("CARGO_BIN_EXE_partner-service"))
            .env_clear()
            .envs(environment.iter().copied())
            .args(["--metrics-listen", "127.0.0.1:0", "--listen", &home.listen, "--data-dir"])
            .arg(home.folder.path())
            .args(["--database-url", &home.database_url])
            .args(["--invitations-per-day", "1000000", "--open-invitations", "1000000"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("the same file"))
            .stderr(log.unwrap_or_else(|| file.into()))
            .spawn()
            .expect("the binary starts");
        let said = || std::fs::read_to_string(&output).unwrap_or_default();
        let serving = until("a service serves or ends", START, || {
            if let Some(status) = child.try_wait().expect("a child") {
                return Some(Err(status));
            }
            // the banner comes right after the file
            let address = std::fs::read_to_string(&listen_file).ok()?;
            (address.ends_with('\n') && said().contains("grpcurl"))
                .then(|| Ok(address.trim().to_owned()))
        });
        match serving.await {
            Ok(address) => Ok(Self { child, output, address }),
            Err(status) => Err(Failed { status, said: said() }),
        }
    }

    /// A connection that is made when first used.
    pub fn channel(&self) -> Channel {
        let endpoint =
            Endpoint::from_shared(format!("http://{}", self.address)).expect("an address");
        endpoint.connect_lazy()
    }

    /// Everything it printed.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// SIGKILL: it gets no say.
    pub fn kill(mut self) {
        self.child.kill().expect("the child is killed");
        self.child.wait().expect("the child has ended");
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Any signal.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Whether it still takes connections.
    pub fn listens(&self) -> bool {
        TcpStream::connect(&self.address).is_ok()
    }

    /// How it ended, and how long that took from now.
    pub async fn ended(&mut self, limit: Duration) -> (ExitStatus, Duration) {
        let began = Instant::now();
        let child = &mut self.child;
        let status = until("the service ends", limit, || child.try_wait().expect("a child")).await;
        (status, began.elapsed())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let said = self.said();
        if std::thread::panicking() {
            let lines: Vec<&str> = said.lines().collect();
            let last = &lines[lines.len().saturating_sub(LAST_WORDS)..];
            println!("the last words of {}:\n{}", self.address, last.join("\n"));
        }
        assert_discreet("a service's lines", &said);
    }
}

/// Asks again and again until there is an answer; panics with `what` when there is none within `limit`.
pub async fn until<T>(what: &str, limit: Duration, mut answer: impl FnMut() -> Option<T>) -> T {
    let mut ticks = ticks();
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {limit:?} in vain until {what}");
        ticks.tick().await;
    }
}

/// The rhythm of asking again.
pub fn ticks() -> tokio::time::Interval {
    let mut ticks = interval(Duration::from_millis(5));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
