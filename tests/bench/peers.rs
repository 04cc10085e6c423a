//! A durable write, told to a thousand live subscribers, each on a connection of its own: deliveries a second, against etcd's
//! watch and against NATS JetStream, which acknowledges before it flushes unless told otherwise.

use crate::calls::Call;
use crate::crowd::{Asking, Crowd, Manner, SOURCE, Stage};
use crate::drive::{self, Target};
use crate::nats;
use crate::reader::{Kind, Tally};
use crate::report::{Report, Round, Row};
use crate::wire::put_bytes;
use crate::{Arguments, Failure, postgres};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpStream;

const SUBSCRIBERS: usize = 1_000;
const IN_FLIGHT: usize = 64;
const NAME: &str = "durable write to 1,000 subscribers";
const PATIENCE: Duration = Duration::from_secs(15);
const WARM_UP: Duration = Duration::from_secs(1);
const MOST_PER_SECOND: i64 = 100_000;
const PEERS: [(Peer, &str, f64); 3] = [
    (Peer::Etcd, "etcd watch", 4.0),
    (Peer::Nats, "NATS JetStream", 3.0),
    (Peer::NatsSync, "NATS, sync always", 4.0),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Peer {
    Etcd,
    Nats,
    NatsSync,
}

impl Peer {
    fn program(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Nats | Self::NatsSync => "nats-server",
        }
    }

    fn comes_from(self) -> &'static str {
        match self {
            Self::Etcd => "etcd is not in PATH; Debian has it as etcd-server",
            Self::Nats | Self::NatsSync => {
                "nats-server is not in PATH; go install github.com/nats-io/nats-server/v2@latest"
            }
        }
    }
}

/// Runs the service and each peer in turn.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    if !NAME.contains(&arguments.only) {
        return Ok(());
    }
    let is_there = |program: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    };
    let (there, missing): (Vec<_>, Vec<_>) =
        PEERS.into_iter().partition(|(peer, ..)| is_there(peer.program()));
    for (peer, name, _) in missing {
        report.missing(&format!("{NAME} against {name}"), peer.comes_from());
    }
    let stage = Stage::set(server, arguments, SUBSCRIBERS).await?;
    let mut next = 0;
    for round in 1..=arguments.rounds {
        for (peer, name, gate) in &there {
            eprintln!("round {round} of {}: {NAME}, {name}", arguments.rounds);
            let numbers = (next, next + MOST_PER_SECOND * i64::try_from(arguments.seconds + 1)?);
            next = numbers.1;
            let ours = ours(&stage, numbers, arguments.seconds).await?;
            let theirs = theirs(*peer, arguments.seconds).await.map_err(|error| error.to_string());
            report.add(Row::new(NAME, IN_FLIGHT, name, Some(*gate)), Round::of(&ours, theirs));
        }
    }
    stage.strike(server).await
}

async fn ours(stage: &Stage, numbers: (i64, i64), seconds: u64) -> Result<drive::Run, Failure> {
    let crowd = Crowd::watch(&stage.service, SUBSCRIBERS, 1).await?;
    let target = Target::service(&stage.service, stage.postmaster);
    deliveries(&crowd, target, Call::RegisterIn(SOURCE), numbers, seconds).await
}

/// Writes, and counts what arrives meanwhile; CPU per delivery.
async fn deliveries(
    crowd: &Crowd,
    target: Target<'_>,
    call: Call,
    numbers: (i64, i64),
    seconds: u64,
) -> Result<drive::Run, Failure> {
    let before = async {
        tokio::time::sleep(WARM_UP).await;
        (crowd.events(), Instant::now())
    };
    let counted = async {
        let (before, at) = before.await;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        ((crowd.events() - before) as f64, at.elapsed().as_secs_f64())
    };
    let (run, (events, took)) =
        tokio::join!(drive::calls(target, call, IN_FLIGHT, seconds, numbers), counted);
    let run = run?;
    crowd.check()?;
    let per_call = events / took / run.per_second;
    Ok(drive::Run {
        per_second: events / took,
        service_microseconds: run.service_microseconds / per_call,
        database_microseconds: run.database_microseconds / per_call,
        client_microseconds: run.client_microseconds / per_call,
        ..run
    })
}

async fn theirs(peer: Peer, seconds: u64) -> Result<postgres::Run, Failure> {
    let folder = tempfile::tempdir()?;
    match peer {
        Peer::Etcd => etcd(folder, seconds).await,
        Peer::Nats => jetstream(folder, seconds, "").await,
        Peer::NatsSync => jetstream(folder, seconds, "sync_interval: always").await,
    }
}

/// A peer's process; killed when dropped.
struct Running {
    child: Child,
    address: String,
    // the data is there while the process is
    _folder: TempDir,
}

impl Running {
    async fn start(mut command: Command, port: u16, folder: TempDir) -> Result<Self, Failure> {
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let running = Self { child, address: format!("127.0.0.1:{port}"), _folder: folder };
        let began = Instant::now();
        while TcpStream::connect(&running.address).await.is_err() {
            if began.elapsed() > PATIENCE {
                return Err("the peer does not listen".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

async fn etcd(folder: TempDir, seconds: u64) -> Result<postgres::Run, Failure> {
    let (client, peer) = (free_port()?, free_port()?);
    let mut command = Command::new("etcd");
    command.arg("--data-dir").arg(folder.path()).args(["--log-level", "error"]);
    let [client_url, peer_url] = [client, peer].map(|port| format!("http://127.0.0.1:{port}"));
    command.args(["--listen-client-urls", &client_url, "--advertise-client-urls", &client_url]);
    command.args(["--listen-peer-urls", &peer_url, "--initial-advertise-peer-urls", &peer_url]);
    command.args(["--initial-cluster", &format!("default={peer_url}")]);
    let etcd = Running::start(command, client, folder).await?;

    let (mut create, mut body) = (Vec::new(), Vec::new());
    put_bytes(&mut create, 1, b"m");
    put_bytes(&mut create, 2, b"n");
    put_bytes(&mut body, 1, &create);
    let asking: Vec<Asking> = (0..SUBSCRIBERS).map(|_| (None, body.clone())).collect();
    let path = "/etcdserverpb.Watch/Watch";
    let manner = Manner { path, open: true, ..Manner::watch(1) };
    let tally = Tally::new(Kind::Etcd, SUBSCRIBERS);
    let crowd = Crowd::gather(&etcd.address, manner, tally, asking).await?;
    crowd.all_at(1).await?;
    let target = Target::process(&etcd.address, etcd.child.id());
    let run = deliveries(&crowd, target, Call::Put, (0, i64::MAX), seconds).await?;
    match run.first_failure {
        Some(why) => Err(why.into()),
        None => Ok(postgres::Run {
            per_second: run.per_second,
            cpu_microseconds: run.service_microseconds,
        }),
    }
}

async fn jetstream(folder: TempDir, seconds: u64, more: &str) -> Result<postgres::Run, Failure> {
    let port = free_port()?;
    let config = folder.path().join("nats.conf");
    let store = folder.path().join("store");
    let text = format!(
        "listen: 127.0.0.1:{port}\njetstream {{\n store_dir: \"{}\"\n {more}\n}}\n",
        store.display()
    );
    std::fs::write(&config, text)?;
    let mut command = Command::new("nats-server");
    command.arg("--config").arg(&config);
    let peer = Running::start(command, port, folder).await?;

    let mut setup = nats::Client::connect(&peer.address).await?;
    let stream = r#"{"name":"E","subjects":["m"],"storage":"file"}"#;
    setup.request("$JS.API.STREAM.CREATE.E", stream).await?;
    let count = Arc::new(AtomicU64::new(0));
    let mut subscribers = Vec::new();
    for number in 0..SUBSCRIBERS {
        let subject = format!("d.{number}");
        subscribers.push(nats::subscribe(&peer.address, &subject, Arc::clone(&count)).await?);
        let consumer = format!(
            r#"{{"stream_name":"E","config":{{"deliver_subject":"{subject}","deliver_policy":"new","ack_policy":"none","mem_storage":true,"num_replicas":1}}}}"#
        );
        setup.request("$JS.API.CONSUMER.CREATE.E", &consumer).await?;
    }
    let (stopping, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let publishers: Vec<_> = (0..4)
        .map(|one| {
            let shared = (Arc::clone(&stopping), Arc::clone(&made));
            let address = peer.address.clone();
            let payload = Call::value();
            tokio::spawn(nats::publish(address, one, IN_FLIGHT / 4, payload, shared))
        })
        .collect();
    tokio::time::sleep(WARM_UP).await;
    let target = Target::process(&peer.address, peer.child.id());
    let (before, at, cpu) = (count.load(Ordering::Relaxed), Instant::now(), target.cpu());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let events = (count.load(Ordering::Relaxed) - before) as f64;
    let (took, [cpu_microseconds, ..]) =
        (at.elapsed().as_secs_f64(), drive::spent(cpu, target.cpu(), events));
    stopping.store(true, Ordering::Relaxed);
    for publisher in publishers {
        publisher.await??;
    }
    drop(subscribers);
    Ok(postgres::Run { per_second: events / took, cpu_microseconds })
}
