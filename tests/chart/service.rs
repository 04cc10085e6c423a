//! The real binary, with the environment that the chart gives it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const BINARY: &str = env!("CARGO_BIN_EXE_partner-service");
const PATIENCE: Duration = Duration::from_secs(60);
/// What tokens are signed and verified with here.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A service that is up; killed when dropped.
pub struct Service {
    child: Child,
    folder: TempDir,
    /// Where it serves.
    pub address: String,
    /// Where it serves metrics and probes.
    pub metrics_address: String,
}

/// The binary, without settings of this machine's.
pub fn binary(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PARTNER_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

impl Service {
    /// Starts it with `environment` over an empty folder.
    pub fn start(environment: &BTreeMap<String, String>) -> Self {
        Self::over(TempDir::new().expect("a temporary folder"), environment)
    }

    /// Starts it with `environment`, but for what a process of this machine cannot have: the data folder, the port, and the
    /// folder of secrets, which is `folder`.
    pub fn over(folder: TempDir, environment: &BTreeMap<String, String>) -> Self {
        fs::write(folder.path().join("jwt"), SECRET).expect("a secret");
        let mut command = binary(&["serve"]);
        command.env("PARTNER_METRICS_LISTEN", "127.0.0.1:0");
        for (name, value) in environment {
            let value = match name.as_str() {
                "PARTNER_DATA_DIR" => folder.path().join("data").display().to_string(),
                "PARTNER_LISTEN" => value.replace(":50051", ":0"),
                "PARTNER_METRICS_LISTEN" => value.replace(":9090", ":0"),
                _ => value
                    .replace("/run/secrets/partner-service", &folder.path().display().to_string()),
            };
            command.env(name, value);
        }
        let log = folder.path().join("log");
        let output = File::create(&log).expect("a log");
        let errors = output.try_clone().expect("a log");
        let child = command.stdout(output).stderr(errors).spawn().expect("the binary starts");
        let mut service =
            Self { child, folder, address: String::new(), metrics_address: String::new() };
        let deadline = Instant::now() + PATIENCE;
        while service.address.is_empty() {
            let ended = service.child.try_wait().expect("the process").is_some();
            let said = || fs::read_to_string(&log).unwrap_or_default();
            assert!(!ended && Instant::now() < deadline, "{environment:?}: {}", said());
            // in this order: the latter is written first
            service.address = service.told("listen");
            service.metrics_address = service.told("metrics-listen");
            thread::yield_now();
        }
        service
    }

    /// An address that it wrote to a file, as seen from here.
    fn told(&self, file: &str) -> String {
        let told = fs::read_to_string(self.folder.path().join("data").join(file));
        let told = told.unwrap_or_default();
        told.trim().replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")
    }

    /// What is answered to `GET path` on the metrics port: the status code, and the body.
    pub fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.metrics_address).expect("the metrics port");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (code, body.to_owned())
    }

    /// A token of an operator's.
    pub fn operators_token(&self) -> String {
        let mut token = binary(&["token", "--operator", "--sub", "directory"]);
        let key: PathBuf = self.folder.path().join("jwt");
        token.arg("--jwt-key-file").arg(key);
        super::tools::answer(token, "").expect("a token").trim().to_owned()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
