//! Whoever publishes the keys that tokens are signed with: an HTTP server on this machine, as difficult as it is told to be.
//! It has threads of its own, so that it answers while a test waits for a child process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tokio::sync::watch;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

const PATIENCE: Duration = Duration::from_secs(30);

/// How it answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, header lines, and a body.
    Says(u16, Vec<String>, Vec<u8>),
    /// As much as the client takes.
    Endless,
    /// Less than it promised.
    Breaks,
    /// Closes the connection.
    Drops,
    /// Answers nothing, and holds the connection.
    Hangs,
}

/// A running one; it ends with its process.
pub struct Issuer {
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    reply: Mutex<Reply>,
    /// Whole requests, as they came.
    heard: watch::Sender<Vec<String>>,
    held: Mutex<Vec<Box<dyn Stream>>>,
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

impl Reply {
    /// A key set.
    pub fn keys(keys: &[serde_json::Value]) -> Self {
        Self::text(&serde_json::json!({ "keys": keys }).to_string())
    }

    /// Any text.
    pub fn text(text: &str) -> Self {
        Self::Says(200, Vec::new(), text.as_bytes().to_vec())
    }

    /// Another place.
    pub fn redirect(to: &str) -> Self {
        Self::Says(302, vec![format!("location: {to}")], Vec::new())
    }
}

impl Issuer {
    /// One without TLS.
    pub fn start(reply: Reply) -> Self {
        Self::with(reply, None)
    }

    /// One with TLS, perhaps.
    pub fn with(reply: Reply, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = watch::channel(Vec::new()).0;
        let state = Arc::new(State { reply: Mutex::new(reply), heard, held: Mutex::default() });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (state, tls) = (Arc::clone(&shared), tls.clone());
                thread::spawn(move || match tls {
                    None => state.serve(stream),
                    Some(config) => {
                        let connection = ServerConnection::new(config).expect("a connection");
                        state.serve(StreamOwned::new(connection, stream));
                    }
                });
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// Answers so from now on.
    pub fn replies(&self, reply: Reply) {
        *self.state.reply.lock().expect("no panic") = reply;
    }

    /// Everything it was asked so far.
    pub fn heard(&self) -> Vec<String> {
        self.state.heard.borrow().clone()
    }

    /// Waits until it was asked so many times.
    pub async fn was_asked(&self, times: usize) {
        let mut heard = self.state.heard.subscribe();
        let enough = heard.wait_for(|heard| heard.len() >= times);
        let waited = tokio::time::timeout(PATIENCE, enough).await;
        waited.expect("it is asked in time").expect("it runs");
    }

    /// Waits until it has answered as it does now, and that was taken in: it is asked the next time after.
    pub async fn has_answered(&self) {
        let before = self.heard().len();
        self.was_asked(before + 2).await;
    }
}

impl State {
    fn serve(&self, stream: impl Stream + 'static) {
        let mut stream: BufReader<Box<dyn Stream>> = BufReader::new(Box::new(stream));
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            if stream.read_line(&mut request).unwrap_or(0) == 0 {
                return;
            }
        }
        // at once, so that whoever changes the answer knows which questions got which
        let reply = {
            let reply = self.reply.lock().expect("no panic");
            self.heard.send_modify(|heard| heard.push(request));
            reply.clone()
        };
        let mut stream = stream.into_inner();
        let _ = match reply {
            Reply::Drops => return,
            Reply::Hangs => return self.held.lock().expect("no panic").push(stream),
            Reply::Breaks => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"),
            Reply::Endless => {
                let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
                while sent.is_ok() {
                    sent = stream.write_all(&[b' '; 64 * 1024]);
                }
                sent
            }
            Reply::Says(status, headers, body) => {
                let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n"
                );
                stream.write_all(&[head.into_bytes(), body].concat())
            }
        };
        let _ = stream.flush();
    }
}
