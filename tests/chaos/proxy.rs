//! Stands between service and PostgreSQL, understands just enough of the protocol to find a COMMIT, and spoils it on
//! demand; and leads to another server when told to, as an address does after a failover.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// What is done to a COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is carried out; the connection breaks before the reply gets through.
    LoseReply,
    /// It is sent, and the connection breaks at once: who knows whether it is carried out.
    CutAtOnce,
    /// It never arrives; the connection breaks.
    LoseCommit,
}

pub const FAULTS: [Fault; 3] = [Fault::LoseReply, Fault::CutAtOnce, Fault::LoseCommit];

/// Chooses what happens to the so-manieth COMMIT.
type Plan = Box<dyn Fn(usize) -> Option<Fault> + Send>;

/// Chooses which connections, counted from the first, are taken and led nowhere.
type Stall = Box<dyn Fn(usize) -> bool + Send>;

/// A listening proxy.
pub struct Proxy {
    /// The database's URL, by way of the proxy.
    pub url: String,
    state: Arc<State>,
}

struct State {
    upstream: Mutex<String>,
    /// Changes whenever it leads elsewhere: what was connected before breaks.
    moves: watch::Sender<usize>,
    /// Changes whenever what is connected falls silent.
    freezes: watch::Sender<usize>,
    stall: Mutex<Stall>,
    taken: AtomicUsize,
    asked: Mutex<BTreeSet<String>>,
    plan: Mutex<Plan>,
    commits: AtomicUsize,
    faults: AtomicUsize,
}

impl Proxy {
    /// A proxy for a `postgres://user@host:port/database` that spoils nothing yet.
    pub async fn start(url: &str) -> Self {
        let (before, upstream, database) = parts(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let own = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            upstream: Mutex::new(upstream.to_owned()),
            moves: watch::Sender::new(0),
            freezes: watch::Sender::new(0),
            stall: Mutex::new(Box::new(|_| false)),
            taken: AtomicUsize::new(0),
            asked: Mutex::default(),
            plan: Mutex::new(Box::new(|_| None)),
            commits: AtomicUsize::new(0),
            faults: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, Arc::clone(&shared)));
            }
        });
        Self { url: format!("{before}@{own}/{database}?sslmode=disable"), state }
    }

    /// Leads to another server from now on; connections to the one before break.
    pub fn leads_to(&self, url: &str) {
        parts(url).1.clone_into(&mut self.state.upstream.lock().unwrap());
        self.state.moves.send_modify(|moves| *moves += 1);
    }

    /// Leads these connections nowhere, counted from the first of all.
    pub fn stalls(&self, which: impl Fn(usize) -> bool + Send + 'static) {
        *self.state.stall.lock().unwrap() = Box::new(which);
    }

    /// What is connected falls silent and does not break, as when a machine is gone; new connections are as ever.
    pub fn freezes(&self) {
        self.state.freezes.send_modify(|freezes| *freezes += 1);
    }

    /// How many connections were asked for.
    pub fn taken(&self) -> usize {
        self.state.taken.load(Ordering::SeqCst)
    }

    /// What connections asked for as they began: the names of their parameters.
    pub fn asked(&self) -> BTreeSet<String> {
        self.state.asked.lock().unwrap().clone()
    }

    /// Spoils commits, counted from now, as `plan` says.
    pub fn spoil(&self, plan: impl Fn(usize) -> Option<Fault> + Send + 'static) {
        *self.state.plan.lock().unwrap() = Box::new(plan);
        self.state.commits.store(0, Ordering::SeqCst);
    }

    /// How many commits were spoilt.
    pub fn faults(&self) -> usize {
        self.state.faults.load(Ordering::SeqCst)
    }
}

/// What stands before the address, the address, and the database.
fn parts(url: &str) -> (&str, &str, &str) {
    let (before, rest) = url.rsplit_once('@').expect("a user in the URL");
    let (upstream, database) = rest.split_once('/').expect("a database in the URL");
    (before, upstream, database)
}

impl State {
    /// A protocol's version, then names and values, each with a zero at its end.
    fn note_parameters(&self, startup: &[u8]) {
        let texts = startup[4..].split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let names = texts.step_by(2).filter(|name| !name.is_empty()).map(Cow::into_owned);
        self.asked.lock().unwrap().extend(names);
    }

    fn fault(&self) -> Option<Fault> {
        let number = self.commits.fetch_add(1, Ordering::SeqCst);
        let fault = (self.plan.lock().unwrap())(number);
        self.faults.fetch_add(usize::from(fault.is_some()), Ordering::SeqCst);
        fault
    }
}

async fn relay(client: TcpStream, state: Arc<State>) {
    let (mut moves, mut freezes) = (state.moves.subscribe(), state.freezes.subscribe());
    let number = state.taken.fetch_add(1, Ordering::SeqCst);
    let stalls = (state.stall.lock().unwrap())(number);
    if stalls {
        let _ = moves.changed().await;
        return;
    }
    let upstream = state.upstream.lock().unwrap().clone();
    let Ok(server) = TcpStream::connect(upstream).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    let (deaf, replied) = (AtomicBool::new(false), Notify::new());
    // whichever way ends first takes the other with it
    let relaying = async {
        tokio::select! {
            _ = forward(from_client, to_server, &state, &deaf, &replied) => {}
            _ = back(from_server, to_client, &deaf, &replied) => {}
            _ = moves.changed() => {}
        }
    };
    tokio::pin!(relaying);
    tokio::select! {
        () = &mut relaying => {}
        _ = freezes.changed() => std::future::pending().await,
    }
}

async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    state: &State,
    deaf: &AtomicBool,
    replied: &Notify,
) -> std::io::Result<()> {
    // the first message has no type
    let mut tagged = false;
    loop {
        let mut message = Vec::new();
        if tagged {
            message.push(client.read_u8().await?);
        }
        let length = client.read_u32().await?;
        message.extend(length.to_be_bytes());
        let header = message.len();
        message.resize(header + length as usize - 4, 0);
        client.read_exact(&mut message[header..]).await?;
        if !tagged {
            state.note_parameters(&message[header..]);
        }
        let commit = tagged && message[0] == b'Q' && message[header..].starts_with(b"COMMIT");
        match if commit { state.fault() } else { None } {
            None => server.write_all(&message).await?,
            Some(Fault::LoseReply) => {
                deaf.store(true, Ordering::SeqCst);
                server.write_all(&message).await?;
                replied.notified().await;
                return Ok(());
            }
            Some(Fault::CutAtOnce) => {
                deaf.store(true, Ordering::SeqCst);
                return server.write_all(&message).await;
            }
            Some(Fault::LoseCommit) => return Ok(()),
        }
        tagged = true;
    }
}

async fn back(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    deaf: &AtomicBool,
    replied: &Notify,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = server.read(&mut buffer).await?;
        if deaf.load(Ordering::SeqCst) {
            replied.notify_one();
            return std::future::pending().await;
        }
        if read == 0 {
            return Ok(());
        }
        client.write_all(&buffer[..read]).await?;
    }
}
