//! Subscribers by the thousand: an account with many partners, of each of which somebody watches.

use crate::reader::{Connection, Kind, Tally};
use crate::server::Service;
use crate::wire::{OPEN_WINDOW, Requests};
use crate::{Arguments, Failure, postgres, world};
use futures::stream::{self, StreamExt, TryStreamExt};
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use prost::Message;
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

/// The account whose members are watched.
pub const SOURCE: i64 = 1;
/// An account that nobody watches.
const OTHER: i64 = 900_000_000;
pub const WATCH: &str = "/partner.v1.MemberSyncService/WatchMembers";
/// The least a consumer may ask for is a second; where nothing is to be measured but events, the most.
const HEARTBEAT_SECONDS: i64 = 60;
/// Fewer than a server lets wait: whoever is beyond that is reset.
const UNANSWERED: usize = 256;
const PATIENCE: Duration = Duration::from_secs(120);
const GLANCE: Duration = Duration::from_millis(1);

/// A service on a database of its own, where one account has many partners.
pub struct Stage {
    pub service: Service,
    pub db: PgConnection,
    pub postmaster: Option<u32>,
    pub url: String,
    pub name: String,
}

impl Stage {
    /// Sets it up.
    pub async fn set(
        server: &postgres::Server,
        arguments: &Arguments,
        partners: usize,
    ) -> Result<Self, Failure> {
        let name = format!("load_crowd_{}", std::process::id());
        let url = server.create(&name).await?;
        // makes the tables
        let (service, _) = Service::start(&arguments.service, &url, tempfile::tempdir()?).await?;
        service.stop();
        let mut db = PgConnection::connect(&url).await?;
        let numbers = [("partners", i64::try_from(partners)?)];
        db.execute(AssertSqlSafe(world::filled(include_str!("crowd.sql"), &numbers))).await?;
        world::tidy(&mut db).await?;
        let (service, _) = Service::start(&arguments.service, &url, tempfile::tempdir()?).await?;
        Ok(Self { service, db, postmaster: server.postmaster().await?, url, name })
    }

    /// Appends events of the source to the log, without anybody being told.
    pub async fn append(&mut self, count: i64) -> Result<(), Failure> {
        append(&mut self.db, SOURCE, count).await
    }

    /// Appends events that concern nobody who watches.
    pub async fn append_of_others(&mut self, count: i64) -> Result<(), Failure> {
        append(&mut self.db, OTHER, count).await
    }

    /// The highest position.
    pub async fn head(&mut self) -> Result<i64, Failure> {
        let head: Option<i64> =
            sqlx::query_scalar("SELECT max(position) FROM log").fetch_one(&mut self.db).await?;
        Ok(head.unwrap_or(0))
    }

    /// Takes it down.
    pub async fn strike(self, server: &postgres::Server) -> Result<(), Failure> {
        self.service.stop();
        server.drop_database(&self.name).await
    }
}

/// Appends events of an account to the log, without anybody being told.
pub async fn append(db: &mut PgConnection, account: i64, count: i64) -> Result<(), Failure> {
    let numbers = [("account", account), ("count", count)];
    let sql = world::filled(include_str!("append.sql"), &numbers);
    db.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}

/// Says that something was committed, as a replica would.
pub async fn ring(db: &mut PgConnection) -> Result<(), Failure> {
    db.execute("SELECT pg_notify('partner_log', 'load')").await?;
    Ok(())
}

/// Who asks for what: a member or the operator, and the request.
pub type Asking = (Option<String>, Vec<u8>);

/// What the n-th subscriber asks for: its account's events from now on, or from a token.
pub fn watching(subscriber: usize, token: Option<String>) -> Asking {
    let start = token.map_or(Start::Now(()), Start::ResumeToken);
    let account = SOURCE + 1 + i64::try_from(subscriber).unwrap_or(0);
    asking(account, start)
}

/// What an account's administrator asks for.
pub fn asking(account: i64, start: Start) -> Asking {
    let body = pb::WatchMembersRequest {
        account_id: world::id(account),
        start: Some(start),
        heartbeat_interval: Some(prost_types::Duration { seconds: HEARTBEAT_SECONDS, nanos: 0 }),
        min_position: 0,
    };
    (Some(world::administrator(account)), body.encode_to_vec())
}

/// Subscribers that read; gone when dropped.
pub struct Crowd {
    pub tally: Arc<Tally>,
    readers: Vec<AbortOnDropHandle<()>>,
}

/// How a crowd reads.
#[derive(Clone, Copy)]
pub struct Manner {
    pub path: &'static str,
    /// How many streams share a connection.
    pub per_connection: usize,
    pub window: u32,
    /// How many connections may be without an answer at once.
    pub unanswered: usize,
    /// Whether more messages could follow a request.
    pub open: bool,
}

impl Manner {
    /// WatchMembers, so many on a connection, as fast as it comes.
    pub fn watch(per_connection: usize) -> Self {
        Self {
            path: WATCH,
            per_connection,
            window: OPEN_WINDOW,
            unanswered: UNANSWERED,
            open: false,
        }
    }
}

impl Crowd {
    /// Lets everybody in.
    pub async fn gather(
        address: &str,
        manner: Manner,
        tally: Tally,
        asking: Vec<Asking>,
    ) -> Result<Self, Failure> {
        let tally = Arc::new(tally);
        let numbered: Vec<_> = asking.into_iter().enumerate().collect();
        let connecting = numbered.chunks(manner.per_connection).map(|some| {
            let mut connection = Connection::new(Arc::clone(&tally), manner.window);
            let mut requests = Requests::to(manner.path);
            for (subscriber, (member, body)) in some {
                connection.ask(&mut requests, *subscriber, (member.as_deref(), body), manner.open);
            }
            async move {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                connection.begin(&stream).await?;
                Ok::<_, Failure>(AbortOnDropHandle::new(tokio::spawn(connection.read(stream))))
            }
        });
        let connecting: Vec<_> = connecting.collect();
        let readers =
            stream::iter(connecting).buffer_unordered(manner.unanswered).try_collect().await?;
        Ok(Self { tally, readers })
    }

    /// Subscribers of the service, each of another partner, from now on; every one of them has heard from it.
    pub async fn watch(
        service: &Service,
        count: usize,
        per_connection: usize,
    ) -> Result<Self, Failure> {
        let asking = (0..count).map(|subscriber| watching(subscriber, None)).collect();
        let manner = Manner::watch(per_connection);
        let crowd =
            Self::gather(service.address(), manner, Tally::new(Kind::Watch, count), asking).await?;
        crowd.all_at(1).await?;
        Ok(crowd)
    }

    /// Waits until every subscriber has come to a position.
    pub async fn all_at(&self, position: i64) -> Result<(), Failure> {
        self.until("subscribers fell behind", |crowd| crowd.last() >= position).await
    }

    /// Waits for something.
    pub async fn until(
        &self,
        else_what: &str,
        is_so: impl Fn(&Self) -> bool,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        while !is_so(self) {
            self.check()?;
            if began.elapsed() > PATIENCE {
                return Err(else_what.into());
            }
            tokio::time::sleep(GLANCE).await;
        }
        self.check()
    }

    /// Whether all is well.
    pub fn check(&self) -> Result<(), Failure> {
        self.tally.trouble.get().map_or(Ok(()), |what| Err(what.clone().into()))
    }

    /// Where the last of them is.
    pub fn last(&self) -> i64 {
        let reached = self.tally.reached.iter().map(|one| one.load(Ordering::Relaxed));
        reached.min().unwrap_or(0)
    }

    /// How many events all of them have received.
    pub fn events(&self) -> u64 {
        self.tally.events.load(Ordering::Relaxed)
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.readers.len()
    }
}
