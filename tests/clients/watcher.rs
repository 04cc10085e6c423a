//! `partner-service watch`, started, read line by line, and ended; and what there is to watch.

use super::shell::{BINARY, Folder, kill};
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use pb::member_sync_service_client::MemberSyncServiceClient;
use pb::partner_service_client::PartnerServiceClient;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{ChildStdout, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

const PATIENCE: Duration = Duration::from_secs(60);

/// The process; killed when dropped.
pub struct Watcher {
    id: u32,
    output: Option<ChildStdout>,
    said: String,
    says: Receiver<String>,
    status: Option<ExitStatus>,
    ends: Receiver<ExitStatus>,
}

/// The process, and its lines as they come.
pub struct Reading {
    pub watcher: Watcher,
    lines: Receiver<String>,
}

/// What is left of it: the lines that were not read before, the exit code, and what it said.
pub struct Ended {
    pub lines: Vec<Value>,
    pub status: ExitStatus,
    pub said: String,
}

impl Watcher {
    /// Starts it in the folder; its standard output is read by whoever takes it.
    pub fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = folder.command(BINARY);
        command.arg("watch").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let says = lines_of(child.stderr.take().expect("standard error is piped"));
        let (id, output) = (child.id(), child.stdout.take());
        let (tell, ends) = mpsc::channel();
        thread::spawn(move || tell.send(child.wait().expect("a child of ours")));
        Self { id, output, said: String::new(), says, status: None, ends }
    }

    /// Its standard output.
    pub fn output(&mut self) -> ChildStdout {
        self.output.take().expect("nobody has taken it")
    }

    /// Every line from now on, read as it comes.
    pub fn read(mut self) -> Reading {
        let lines = lines_of(self.output());
        Reading { watcher: self, lines }
    }

    pub fn signal(&self, signal: &str) {
        kill(signal, self.id);
    }

    /// What it has said once that is enough.
    pub fn says(&mut self, is_enough: impl Fn(&str) -> bool) -> &str {
        while !is_enough(&self.said) {
            let line = self.says.recv_timeout(PATIENCE);
            self.said += &line.unwrap_or_else(|_| panic!("it only said {}", self.said));
        }
        &self.said
    }

    /// Its exit code, which comes in bounded time, and all that it said.
    pub fn ends(&mut self) -> (ExitStatus, &str) {
        let status = self.ends.recv_timeout(PATIENCE).expect("it ends");
        self.status = Some(status);
        self.said.extend(self.says.iter());
        (status, &self.said)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if self.status.is_none() && self.ends.try_recv().is_err() {
            self.signal("-KILL");
        }
    }
}

impl Reading {
    /// Lines up to the first that is the last.
    pub fn until(&self, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut lines = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("after {lines:#?} nothing came"));
            lines.extend(json(&line));
            if lines.last().is_some_and(&is_last) {
                return lines;
            }
        }
    }

    /// Lines up to the event at a position.
    pub fn until_event(&self, position: i64) -> Vec<Value> {
        self.until(|line| self::position(line) == Some(position))
    }

    /// Ends it with a signal.
    pub fn stop(self, signal: &str) -> Ended {
        self.watcher.signal(signal);
        self.end()
    }

    /// Waits for its own end.
    pub fn end(mut self) -> Ended {
        let (status, said) = self.watcher.ends();
        let said = said.to_owned();
        Ended { lines: self.lines.iter().filter_map(|line| json(&line)).collect(), status, said }
    }
}

/// A line without its end is to be thrown away.
fn json(line: &str) -> Option<Value> {
    let whole = line.strip_suffix('\n')?;
    Some(serde_json::from_str(whole).expect("each line is one JSON value"))
}

/// Lines as they come, each with its end.
fn lines_of(from: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let (mut from, mut line) = (BufReader::new(from), String::new());
        while from.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            if tell.send(std::mem::take(&mut line)).is_err() {
                break;
            }
        }
    });
    told
}

/// The position of an event.
pub fn position(line: &Value) -> Option<i64> {
    line["event"]["position"].as_str().map(|text| text.parse().expect("a number"))
}

/// The positions of all events.
pub fn positions(lines: &[Value]) -> Vec<i64> {
    lines.iter().filter_map(position).collect()
}

/// Two partners on a service, the first of which watches.
pub struct Partners {
    channel: Channel,
    pub watching: String,
    /// The member who acts for it.
    pub watcher: String,
    pub watched: String,
}

impl Partners {
    pub async fn on(address: &str) -> Self {
        Self::over(connect(address).await).await
    }

    pub async fn over(channel: Channel) -> Self {
        let (watching, watched) = (account(&channel, "a").await, account(&channel, "b").await);
        let ann = register(&channel, &watching, "ann@a.example").await;
        let bo = register(&channel, &watched, "bo@b.example").await;
        let this = Self { channel, watching, watcher: ann.id, watched };
        let mut partners = PartnerServiceClient::new(this.channel.clone());
        let invite = pb::InvitePartnerRequest {
            account_id: this.watching.clone(),
            invitee_email: "bo@b.example".to_owned(),
            ..Default::default()
        };
        let invited = partners.invite_partner(by(&this.watcher, invite)).await.expect("invited");
        let id = invited.into_inner().partnership.expect("a partnership").id;
        let accept = pb::AcceptPartnershipRequest {
            account_id: this.watched.clone(),
            partnership_id: id,
            ..Default::default()
        };
        partners.accept_partnership(by(&bo.id, accept)).await.expect("accepted");
        this
    }

    /// The same two, once another process serves them.
    pub async fn served_by(self, address: &str) -> Self {
        Self { channel: connect(address).await, ..self }
    }

    /// A new member at the watched account; the event's position.
    pub async fn hire(&self, handle: &str) -> i64 {
        register(&self.channel, &self.watched, &format!("{handle}@b.example")).await.position
    }

    /// The positions of all that the watching account is told.
    pub async fn told(&self) -> Vec<i64> {
        let request = pb::ListMemberEventsRequest {
            account_id: self.watching.clone(),
            page_size: 500,
            ..Default::default()
        };
        let mut sync = MemberSyncServiceClient::new(self.channel.clone());
        let answer = sync.list_member_events(request).await;
        let events = answer.expect("events").into_inner().events;
        events.into_iter().map(|event| event.position).collect()
    }
}

async fn connect(address: &str) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    endpoint.connect().await.expect("the service answers")
}

async fn account(channel: &Channel, name: &str) -> String {
    let account = pb::Account { display_name: name.to_owned(), ..Default::default() };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    let answer = AccountServiceClient::new(channel.clone()).create_account(request).await;
    answer.expect("an account").into_inner().account.expect("the account").id
}

async fn register(channel: &Channel, account: &str, email: &str) -> pb::Member {
    let member = pb::Member {
        email: email.to_owned(),
        profile: pb::MemberProfile::Administrator.into(),
        ..Default::default()
    };
    let request = pb::RegisterMemberRequest {
        account_id: account.to_owned(),
        member: Some(member),
        ..Default::default()
    };
    let answer = AccountServiceClient::new(channel.clone()).register_member(request).await;
    let pb::RegisterMemberResponse { member, position } = answer.expect("a member").into_inner();
    pb::Member { position, ..member.expect("the member") }
}

fn by<T>(member: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-member-id", member.parse().expect("a header"));
    request
}
