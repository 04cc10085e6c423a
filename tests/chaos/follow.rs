//! Followers of WatchMembers who outlive the processes they follow: each goes from replica to replica with its last token,
//! and keeps a record for the checker.

use crate::load::Client;
use crate::process::ticks;
use crate::support::checker::judge::judge;
use crate::support::checker::log::Log;
use crate::support::checker::oracle::{Oracle, Retentions};
use crate::support::checker::record::{Entry, Record, Start, reached};
use crate::support::checker::verdict::Verdict;
use crate::verdict::connect;
use futures::future::join_all;
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use pb::member_sync_service_client::MemberSyncServiceClient;
use pb::partner_service_client::PartnerServiceClient;
use pb::watch_members_request::Start as Wanted;
use std::sync::{Arc, RwLock};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Duration, timeout};
use tonic::transport::Channel;
use tonic::{Status, Streaming};
use uuid::Uuid;

/// Longer than a replica takes to come back on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// Two heartbeats and a little: a stream that says less is dead.
const SILENCE: Duration = Duration::from_secs(5);

/// Where the replicas are by now.
#[derive(Clone)]
pub struct Fleet(Arc<RwLock<Replicas>>);

struct Replicas {
    channels: Vec<Channel>,
    doomed: Option<usize>,
}

impl Fleet {
    pub fn of(channels: Vec<Channel>) -> Self {
        Self(Arc::new(RwLock::new(Replicas { channels, doomed: None })))
    }

    /// The replica has come back elsewhere.
    pub fn moved(&self, replica: usize, channel: Channel) {
        self.0.write().unwrap().channels[replica] = channel;
    }

    /// Streams that open from now on open on this replica, as often as it takes: it is to die under them.
    #[cfg(feature = "faults")]
    pub fn doom(&self, replica: Option<usize>) {
        self.0.write().unwrap().doomed = replica;
    }

    fn doomed(&self) -> Option<usize> {
        self.0.read().unwrap().doomed
    }

    pub fn channel(&self, replica: usize) -> Channel {
        let channels = &self.0.read().unwrap().channels;
        channels[replica % channels.len()].clone()
    }
}

/// Followers at work.
pub struct Audience {
    fleet: Fleet,
    viewers: Vec<Uuid>,
    following: Vec<JoinHandle<Record>>,
    until: watch::Sender<Option<i64>>,
}

impl Audience {
    /// `viewers` accounts, each a partner of every account of the clients, with two followers each.
    pub async fn gather(fleet: &Fleet, clients: &[Client], viewers: usize) -> Self {
        let channel = fleet.channel(0);
        let accounts: Vec<&str> = clients.iter().flat_map(Client::accounts).collect();
        let (fleet, until) = (fleet.clone(), watch::Sender::new(None));
        let mut audience = Self { fleet, viewers: Vec::new(), following: Vec::new(), until };
        for number in 0..viewers {
            audience.viewers.push(viewer(&channel, number, &accounts).await);
            for twin in 0..2 {
                audience.joins(number, number + twin);
            }
        }
        audience
    }

    /// Another follower of a viewer; it begins with a snapshot on this replica.
    pub fn joins(&mut self, viewer: usize, replica: usize) {
        let name = format!("viewer {viewer}, follower {}", self.following.len());
        let record = Record::new(name, self.viewers[viewer]);
        let (fleet, until) = (self.fleet.clone(), self.until.subscribe());
        let follower = Follower { fleet, record, until };
        self.following.push(tokio::spawn(follower.follow(replica)));
    }

    /// Lets everybody catch up with the database, then judges what each was told.
    pub async fn verdict(self, database_url: &str) -> Verdict {
        let db = connect(database_url).await;
        let log = Log::read(&db).await;
        db.close().await.unwrap();
        self.until.send_replace(Some(log.head()));
        let records = timeout(PATIENCE, join_all(self.following));
        let records = records.await.expect("every follower catches up");
        let oracle = Oracle::of(&log, &Retentions::new());
        let mut verdict = Verdict::default();
        log.check(&mut verdict);
        for record in records {
            let record = record.expect("a follower's work ends");
            verdict += judge(&record, &oracle.page(record.viewer), &log);
        }
        verdict
    }
}

/// An account that is a partner of all these, by the operator's hand.
pub async fn viewer(channel: &Channel, number: usize, accounts: &[&str]) -> Uuid {
    let mut writes = AccountServiceClient::new(channel.clone());
    let mut partners = PartnerServiceClient::new(channel.clone());
    let account = pb::Account { display_name: format!("viewer {number}"), ..Default::default() };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    let viewer = writes.create_account(request).await.expect("an account").into_inner();
    let viewer = viewer.account.expect("an account").id;
    for (index, account) in accounts.iter().enumerate() {
        let email = format!("boss-{number}-{index}@{account}.example");
        let member = pb::Member {
            email: email.clone(),
            profile: pb::MemberProfile::Administrator.into(),
            ..Default::default()
        };
        let request = pb::RegisterMemberRequest {
            account_id: (*account).to_owned(),
            member: Some(member),
            ..Default::default()
        };
        writes.register_member(request).await.expect("a member");
        let request = pb::InvitePartnerRequest {
            account_id: viewer.clone(),
            invitee_email: email,
            ..Default::default()
        };
        let invited = partners.invite_partner(request).await.expect("invited").into_inner();
        let request = pb::AcceptPartnershipRequest {
            account_id: (*account).to_owned(),
            partnership_id: invited.partnership.expect("a partnership").id,
            ..Default::default()
        };
        partners.accept_partnership(request).await.expect("accepted");
    }
    viewer.parse().expect("a UUID")
}

struct Follower {
    fleet: Fleet,
    record: Record,
    until: watch::Receiver<Option<i64>>,
}

impl Follower {
    /// Until everything up to the position that it is told at the end has come.
    async fn follow(mut self, first: usize) -> Record {
        let mut ticks = ticks();
        for turn in first.. {
            let replica = self.fleet.doomed().unwrap_or(turn);
            let start = self.record.last_message().map_or(Start::Snapshot, Start::Resume);
            let opened = timeout(SILENCE, self.open(replica, start)).await;
            if let Ok(Ok(mut stream)) = opened {
                self.record.push(Entry::Opened { start, min_position: 0, replica });
                if self.read(&mut stream).await {
                    break;
                }
                self.record.push(Entry::Closed { reason: None });
            }
            ticks.tick().await;
        }
        self.record
    }

    async fn open(
        &self,
        replica: usize,
        start: Start,
    ) -> Result<Streaming<pb::WatchMembersResponse>, Status> {
        let start = match start {
            Start::Snapshot => Wanted::Snapshot(()),
            Start::Now => Wanted::Now(()),
            Start::Resume(index) => Wanted::ResumeToken(self.record.token(index).to_owned()),
        };
        let request = pb::WatchMembersRequest {
            account_id: self.record.viewer.to_string(),
            start: Some(start),
            heartbeat_interval: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
            min_position: 0,
        };
        let mut sync = MemberSyncServiceClient::new(self.fleet.channel(replica));
        Ok(sync.watch_members(request).await?.into_inner())
    }

    /// Reads to the stream's end; whether the last position was reached.
    async fn read(&mut self, stream: &mut Streaming<pb::WatchMembersResponse>) -> bool {
        loop {
            let message = match timeout(SILENCE, stream.message()).await {
                Ok(Ok(Some(message))) => message,
                Ok(Err(status)) => {
                    may_be_resumed(&status);
                    return false;
                }
                Ok(Ok(None)) | Err(_) => return false,
            };
            let position = reached(&message);
            self.record.message(message);
            let until = *self.until.borrow();
            if until.is_some_and(|until| position.is_some_and(|position| position >= until)) {
                self.record.complete_to = until;
                return true;
            }
        }
    }
}

/// Whatever befalls a replica, a stream never says that its history is gone or that its token is not good.
fn may_be_resumed(status: &Status) {
    use tonic::Code::{Cancelled, DeadlineExceeded, Internal, Unavailable, Unknown};
    let code = status.code();
    // a broken connection is Unavailable, Unknown, Cancelled or Internal, without details
    let explained = !status.details().is_empty();
    let broken = matches!(code, Unknown | Cancelled | Internal) && !explained;
    assert!(broken || matches!(code, Unavailable | DeadlineExceeded), "a stream ended: {status:?}");
}
