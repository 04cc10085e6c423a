//! A client in Go that calls several replicas through one channel, with the published retries (`tests/clients/go/load.go`).

use crate::load::{Answer, Call, Record};
use crate::process::until;
use partner_service::grpc::pb;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// A client at work; killed when dropped.
pub struct Load {
    child: Child,
    folder: TempDir,
}

/// What its calls came to.
pub struct Calls {
    pub total: usize,
    /// Mutations that were acknowledged.
    pub told: Vec<Record>,
    /// Why the others failed.
    pub failed: Vec<String>,
    /// What the library tried again after UNAVAILABLE, as published.
    pub retried: usize,
}

impl Load {
    /// A worker for each account.
    pub fn begin(addresses: &[String], accounts: &[&str]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let output = File::create(folder.path().join("calls")).expect("a file for its lines");
        let child = Command::new(program())
            .env("no_proxy", "127.0.0.0/8")
            .env("NO_PROXY", "127.0.0.0/8")
            .args(["load", &addresses.join(",")])
            .args(accounts)
            .stdin(Stdio::piped())
            .stdout(output)
            .spawn();
        Self { child: child.expect("the client starts"), folder }
    }

    /// Waits for so many more calls.
    pub async fn goes_on(&self, calls: usize) {
        let wanted = self.lines().len() + calls;
        let enough = || (self.lines().len() >= wanted).then_some(());
        until("the client has called", PATIENCE, enough).await;
    }

    /// Lets the calls in flight end.
    pub async fn end(mut self) -> Calls {
        drop(self.child.stdin.take());
        let child = &mut self.child;
        let status =
            until("the client ends", PATIENCE, || child.try_wait().expect("a child")).await;
        assert!(status.success(), "the client ended with {status}");
        let mut lines = self.lines();
        let attempts = lines.pop().expect("how often it tried");
        let attempts = attempts.strip_prefix("attempts ").and_then(|counts| counts.split_once(' '));
        let (all, unprocessed) = attempts.expect("two counts");
        let number = |count: &str| count.parse::<usize>().expect("a count");
        let total = lines.len();
        let retried = number(all) - number(unprocessed) - total;
        let mut calls = Calls { total, told: Vec::new(), failed: Vec::new(), retried };
        for line in lines {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["read"] => {}
                ["failed", ..] => calls.failed.push(line),
                [verb, name, id, position] => calls.told.push(record(verb, name, id, position)),
                _ => panic!("the client printed {line:?}"),
            }
        }
        calls
    }

    fn lines(&self) -> Vec<String> {
        let printed = std::fs::read_to_string(self.folder.path().join("calls"));
        let printed = printed.expect("what the client printed");
        // the last one may be on its way
        printed
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn record(verb: &str, name: &str, id: &str, position: &str) -> Record {
    let call = match verb {
        "register" => {
            let member = pb::Member { email: name.to_owned(), ..Default::default() };
            Call::Register(pb::RegisterMemberRequest { member: Some(member), ..Default::default() })
        }
        "invite" => Call::Invite(pb::InvitePartnerRequest {
            invitee_email: name.to_owned(),
            ..Default::default()
        }),
        "delete" => Call::Cancel(pb::DeletePartnershipRequest {
            partnership_id: name.to_owned(),
            ..Default::default()
        }),
        other => panic!("{other:?} is no verb of the client's"),
    };
    let position = position.parse().expect("a position");
    Record { call, acknowledged: Some(Answer { bytes: Vec::new(), position, made: id.to_owned() }) }
}

fn program() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/client");
    let built = Command::new(script).arg("go").output().expect("tests/support/client runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    PathBuf::from(String::from_utf8(built.stdout).expect("UTF-8").trim())
}
