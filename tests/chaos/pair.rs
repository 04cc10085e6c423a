//! Two replicas behind one address of a PostgreSQL that has a standby, and an account that follows another one.

use crate::cluster::Cluster;
use crate::follow::viewer;
use crate::process::{Home, Process, ticks};
use crate::proxy::Proxy;
use crate::support::refusal::Refusal;
use crate::verdict::connect;
use futures::future::join_all;
use partner_service::feed::log;
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use pb::contact_service_client::ContactServiceClient;
use pb::member_sync_service_client::MemberSyncServiceClient;
use pb::watch_members_request::Start;
use pb::watch_members_response::Payload;
use std::time::Duration;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Far more than a failover takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Everything a failover needs. Processes go before their databases.
pub struct Pair {
    pub replicas: Vec<Process>,
    pub proxy: Proxy,
    pub standby: Cluster,
    pub primary: Cluster,
    /// Follows the partner.
    pub viewer: String,
    pub partner: String,
    _homes: Vec<Home>,
}

impl Pair {
    pub async fn start() -> Self {
        let primary = Cluster::start();
        let standby = primary.standby();
        let proxy = Proxy::start(&primary.url).await;
        let homes: Vec<Home> = (0..2).map(|_| Home::new(&proxy.url)).collect();
        let replicas = join_all(homes.iter().map(|home| Process::start(home, &[]))).await;
        let replicas: Vec<Process> =
            replicas.into_iter().map(|process| process.expect("the service starts")).collect();
        let channel = replicas[0].channel();
        let account = pb::Account { display_name: "partner".into(), ..Default::default() };
        let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
        let created = AccountServiceClient::new(channel.clone()).create_account(request).await;
        let partner = created.expect("an account").into_inner().account.expect("an account").id;
        let viewer = viewer(&channel, 0, &[&partner]).await.to_string();
        Self { replicas, proxy, standby, primary, viewer, partner, _homes: homes }
    }

    /// The replicas' channels.
    pub fn channels(&self) -> Vec<Channel> {
        self.replicas.iter().map(Process::channel).collect()
    }

    /// A new member of the partner's; its position.
    pub async fn hires(&self, channel: &Channel, name: &str) -> Result<i64, Status> {
        let member = pb::Member {
            email: format!("{name}@partner.example"),
            profile: pb::MemberProfile::Observer.into(),
            ..Default::default()
        };
        let request = pb::RegisterMemberRequest {
            account_id: self.partner.clone(),
            member: Some(member),
            ..Default::default()
        };
        let answer = AccountServiceClient::new(channel.clone()).register_member(request).await?;
        Ok(answer.into_inner().position)
    }

    /// The viewer's stream.
    pub async fn watches(&self, channel: &Channel, start: Start) -> Result<Watched, Status> {
        let request = pb::WatchMembersRequest {
            account_id: self.viewer.clone(),
            start: Some(start),
            heartbeat_interval: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
            min_position: 0,
        };
        let stream = MemberSyncServiceClient::new(channel.clone()).watch_members(request).await?;
        Ok(Watched { stream: stream.into_inner(), token: String::new() })
    }

    /// The same, after a token.
    pub async fn resumes(&self, channel: &Channel, token: &str) -> Result<Watched, Status> {
        self.watches(channel, Start::ResumeToken(token.to_owned())).await
    }

    /// The viewer's contacts, told shortly.
    pub async fn contacts(&self, channel: &Channel) -> Result<Vec<(String, i32)>, Status> {
        let request = pb::ListContactsRequest {
            account_id: self.viewer.clone(),
            kinds: vec![pb::ContactKind::Member.into()],
            page_size: 1_000,
            ..Default::default()
        };
        let answer = ContactServiceClient::new(channel.clone()).list_contacts(request).await?;
        let contacts = answer.into_inner().contacts.into_iter();
        let mut contacts: Vec<_> = contacts.map(|contact| (contact.email, contact.link)).collect();
        contacts.sort();
        Ok(contacts)
    }

    /// Until the standby has everything up to a position.
    pub async fn replicated(&self, position: i64) {
        let db = connect(&self.standby.url).await;
        let mut ticks = ticks();
        let arriving = async {
            while log::highest(&db).await.expect("the standby answers") < position {
                ticks.tick().await;
            }
        };
        timeout(PATIENCE, arriving).await.expect("the standby follows");
        db.close().await.expect("the connection closes");
    }
}

/// A stream, and the token of what it said last.
pub struct Watched {
    stream: Streaming<pb::WatchMembersResponse>,
    pub token: String,
}

impl Watched {
    async fn payload(&mut self) -> Result<Payload, Status> {
        let message = timeout(PATIENCE, self.stream.message()).await.expect("a stream is heard of");
        let message = message?.expect("a stream ends with a reason");
        self.token.clone_from(&message.resume_token);
        Ok(message.payload.expect("every message says something"))
    }

    /// Reads its snapshot to the end.
    pub async fn synced(&mut self) {
        while !matches!(self.payload().await.expect("a snapshot"), Payload::Synced(_)) {}
    }

    /// The next event: whom it is about, and where.
    pub async fn event(&mut self) -> Result<(String, i64), Status> {
        loop {
            if let Payload::Event(event) = self.payload().await? {
                return Ok((event.member.expect("a member").email, event.position));
            }
        }
    }

    /// Why it ends; it may say nothing but heartbeats before.
    pub async fn end(mut self) -> String {
        let end = self.event().await.expect_err("the stream ends without another event");
        Refusal::of(&end).reason
    }
}

/// A watch over a replica's readiness.
pub struct Readiness(Streaming<tonic_health::pb::HealthCheckResponse>);

impl Readiness {
    pub async fn watched(channel: &Channel) -> Self {
        let request = HealthCheckRequest { service: "readiness".to_owned() };
        let watched = HealthClient::new(channel.clone()).watch(request).await.expect("a watch");
        let mut readiness = Self(watched.into_inner());
        readiness.is(ServingStatus::Serving).await;
        readiness
    }

    /// Until it says so.
    pub async fn is(&mut self, wanted: ServingStatus) {
        let saying = async {
            loop {
                let said = self.0.message().await.expect("the watch goes on").expect("a status");
                if said.status() == wanted {
                    return;
                }
            }
        };
        timeout(PATIENCE, saying).await.expect("readiness changes");
    }
}
