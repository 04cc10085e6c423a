//! A mail server for tests: strict with what it is told, and as difficult as it is told to be.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// Where in a conversation it can be difficult.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    Greeting,
    Auth,
    From,
    To,
    Message,
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Answers this.
    Answers(&'static str),
    /// Answers nothing, and holds the connection.
    Hangs,
    /// Closes the connection; a message it was sent it keeps.
    Drops,
    /// Answers as usual, once it is let go.
    Waits,
}

/// What it took over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// Without the dots that SMTP doubles.
    pub bytes: Vec<u8>,
    pub encrypted: bool,
    /// What the client authenticated with (PLAIN or LOGIN), in base64.
    pub credentials: Option<String>,
}

#[derive(Default)]
struct Behaviour {
    moods: HashMap<Step, Mood>,
    /// How it is to these recipients.
    people: HashMap<String, Mood>,
    received: Vec<Received>,
    violations: Vec<String>,
    connections: usize,
}

/// A running one; it ends with its runtime.
pub struct Sink {
    pub address: SocketAddr,
    behaviour: Arc<Mutex<Behaviour>>,
    count: watch::Sender<usize>,
    held: watch::Sender<usize>,
    let_go: watch::Sender<usize>,
}

/// What it speaks with.
#[derive(Clone)]
struct Talk {
    behaviour: Arc<Mutex<Behaviour>>,
    count: watch::Sender<usize>,
    held: watch::Sender<usize>,
    let_go: watch::Sender<usize>,
    tls: Option<TlsAcceptor>,
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl Sink {
    /// One without TLS.
    pub async fn start() -> Self {
        Self::with(None, false).await
    }

    /// One that offers STARTTLS, or begins with TLS.
    pub async fn with(tls: Option<TlsAcceptor>, at_once: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (behaviour, count, held) = (Arc::default(), watch::channel(0).0, watch::channel(0).0);
        let let_go = watch::channel(0).0;
        let talk = Talk {
            behaviour: Arc::clone(&behaviour),
            count: count.clone(),
            held: held.clone(),
            let_go: let_go.clone(),
            tls,
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                talk.behaviour.lock().expect("no panic").connections += 1;
                tokio::spawn(talk.clone().begin(stream, at_once));
            }
        });
        Self { address, behaviour, count, held, let_go }
    }

    /// Its URL without TLS.
    pub fn url(&self) -> String {
        format!("smtp+plain://{}", self.address)
    }

    pub fn becomes(&self, step: Step, mood: Mood) {
        self.behaviour.lock().expect("no panic").moods.insert(step, mood);
    }

    pub fn calms_down(&self) {
        let mut behaviour = self.behaviour.lock().expect("no panic");
        behaviour.moods.clear();
        behaviour.people.clear();
    }

    /// Whoever waits for it is answered.
    pub fn goes_on(&self) {
        self.let_go.send_modify(|times| *times += 1);
    }

    pub fn knows_no(&self, address: &str) {
        self.becomes_to(address, Mood::Answers("550 5.1.1 no such mailbox"));
    }

    /// The same at one recipient only.
    pub fn becomes_to(&self, address: &str, mood: Mood) {
        self.behaviour.lock().expect("no panic").people.insert(address.to_owned(), mood);
    }

    /// Everything it took over so far; panics if it was told anything that no mail server would take.
    pub fn received(&self) -> Vec<Received> {
        let behaviour = self.behaviour.lock().expect("no panic");
        assert!(behaviour.violations.is_empty(), "{:?}", behaviour.violations);
        behaviour.received.clone()
    }

    pub fn connections(&self) -> usize {
        self.behaviour.lock().expect("no panic").connections
    }

    /// Waits until a client waits for it in vain.
    pub async fn has_somebody_waiting(&self) {
        let mut changes = self.held.subscribe();
        changes.wait_for(|held| *held > 0).await.expect("the sink lives");
    }

    /// Waits until it has taken over so many.
    pub async fn has(&self, count: usize) {
        let mut changes = self.count.subscribe();
        changes.wait_for(|now| *now >= count).await.expect("the sink lives");
    }
}

impl Talk {
    async fn begin(self, stream: TcpStream, at_once: bool) {
        let wire: Box<dyn Wire> = match &self.tls {
            Some(tls) if at_once => match tls.accept(stream).await {
                Ok(stream) => Box::new(stream),
                Err(_) => return,
            },
            _ => Box::new(stream),
        };
        let encrypted = at_once && self.tls.is_some();
        if let Err(error) = self.converse(wire, encrypted).await {
            // a client that goes is no violation
            let _: std::io::Error = error;
        }
    }

    async fn converse(self, wire: Box<dyn Wire>, mut encrypted: bool) -> std::io::Result<()> {
        let mut wire = BufReader::new(wire);
        let (mut from, mut to, mut credentials) = (None::<String>, Vec::new(), None);
        if !self.answers(&mut wire, self.mood(Step::Greeting), "220 sink.example ESMTP").await? {
            return Ok(());
        }
        loop {
            let Some(line) = self.line(&mut wire).await? else { return Ok(()) };
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let starttls = self.tls.is_some() && !encrypted;
                    let more = if starttls { "250-STARTTLS\r\n" } else { "" };
                    let offer = "250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n";
                    say(&mut wire, &format!("{offer}{more}250 AUTH PLAIN LOGIN")).await?;
                }
                "STARTTLS" => {
                    say(&mut wire, "220 go on").await?;
                    let tls = self.tls.clone().expect("offered");
                    if !wire.buffer().is_empty() {
                        self.violated("commands sent ahead of STARTTLS");
                    }
                    let stream = tls.accept(wire.into_inner()).await?;
                    let stream: Box<dyn Wire> = Box::new(stream);
                    (wire, encrypted) = (BufReader::new(stream), true);
                }
                "AUTH" => {
                    credentials = line.split(' ').nth(2).map(str::to_owned);
                    if !self.answers(&mut wire, self.mood(Step::Auth), "235 welcome").await? {
                        return Ok(());
                    }
                }
                "MAIL" => {
                    from = path(&line, "FROM:");
                    to.clear();
                    if !self.answers(&mut wire, self.mood(Step::From), "250 ok").await? {
                        return Ok(());
                    }
                }
                "RCPT" => {
                    let address = path(&line, "TO:").unwrap_or_default();
                    let mood = self.mood_to(&address).or_else(|| self.mood(Step::To));
                    if !matches!(mood, Some(Mood::Answers(_))) {
                        to.push(address);
                    }
                    if !self.answers(&mut wire, mood, "250 ok").await? {
                        return Ok(());
                    }
                }
                "DATA" => {
                    say(&mut wire, "354 go on").await?;
                    let Some(bytes) = self.message(&mut wire).await? else { return Ok(()) };
                    let mood = self.mood(Step::Message);
                    if !matches!(mood, Some(Mood::Answers(_))) {
                        let from = from.take().unwrap_or_default();
                        let (to, credentials) = (std::mem::take(&mut to), credentials.clone());
                        self.keep(Received { from, to, bytes, encrypted, credentials });
                    }
                    if !self.answers(&mut wire, mood, "250 taken").await? {
                        return Ok(());
                    }
                }
                "RSET" | "NOOP" => say(&mut wire, "250 ok").await?,
                "QUIT" => return say(&mut wire, "221 bye").await,
                other => {
                    self.violated(&format!("the command {other:?}"));
                    say(&mut wire, "500 what").await?;
                }
            }
        }
    }

    /// Whether the conversation goes on.
    async fn answers(
        &self,
        wire: &mut BufReader<Box<dyn Wire>>,
        mood: Option<Mood>,
        usual: &str,
    ) -> std::io::Result<bool> {
        match mood {
            None => say(wire, usual).await?,
            Some(Mood::Answers(answer)) => say(wire, answer).await?,
            Some(Mood::Drops) => return Ok(false),
            Some(Mood::Hangs) => {
                self.held.send_modify(|held| *held += 1);
                std::future::pending::<()>().await;
            }
            Some(Mood::Waits) => {
                let mut let_go = self.let_go.subscribe();
                self.held.send_modify(|held| *held += 1);
                let _ = let_go.changed().await;
                say(wire, usual).await?;
            }
        }
        Ok(true)
    }

    fn mood_to(&self, address: &str) -> Option<Mood> {
        self.behaviour.lock().expect("no panic").people.get(address).copied()
    }

    fn mood(&self, step: Step) -> Option<Mood> {
        self.behaviour.lock().expect("no panic").moods.get(&step).copied()
    }

    fn keep(&self, letter: Received) {
        let mut behaviour = self.behaviour.lock().expect("no panic");
        behaviour.received.push(letter);
        self.count.send_replace(behaviour.received.len());
    }

    fn violated(&self, what: &str) {
        self.behaviour.lock().expect("no panic").violations.push(what.to_owned());
    }

    /// A command; none at the end. Lines end with CRLF, and CR and LF stand nowhere else.
    async fn line(&self, wire: &mut BufReader<Box<dyn Wire>>) -> std::io::Result<Option<String>> {
        let mut raw = Vec::new();
        if wire.read_until(b'\n', &mut raw).await? == 0 {
            return Ok(None);
        }
        let line = raw.strip_suffix(b"\r\n").unwrap_or(&raw);
        if line.len() == raw.len() || line.contains(&b'\r') {
            self.violated("a line that does not end with CRLF");
        }
        if line.len() > 1_000 {
            self.violated("a command of more than 1,000 bytes");
        }
        Ok(Some(String::from_utf8_lossy(line).into_owned()))
    }

    /// A message; none if the client goes before its end.
    async fn message(
        &self,
        wire: &mut BufReader<Box<dyn Wire>>,
    ) -> std::io::Result<Option<Vec<u8>>> {
        let mut message = Vec::new();
        loop {
            let mut raw = Vec::new();
            if wire.read_until(b'\n', &mut raw).await? == 0 {
                return Ok(None);
            }
            if raw == b".\r\n" {
                return Ok(Some(message));
            }
            let line = raw.strip_suffix(b"\r\n").unwrap_or(&raw);
            if line.len() == raw.len() || line.contains(&b'\r') {
                self.violated("a line of a message that does not end with CRLF");
            }
            if line.len() > 998 {
                self.violated("a line of a message of more than 998 bytes");
            }
            message.extend_from_slice(raw.strip_prefix(b".").unwrap_or(&raw));
        }
    }
}

fn path(line: &str, word: &str) -> Option<String> {
    let rest = line.split_once(' ')?.1.strip_prefix(word)?;
    let (path, _) = rest.strip_prefix('<')?.split_once('>')?;
    Some(path.to_owned())
}

async fn say(wire: &mut BufReader<Box<dyn Wire>>, answer: &str) -> std::io::Result<()> {
    wire.write_all(format!("{answer}\r\n").as_bytes()).await?;
    wire.flush().await
}
