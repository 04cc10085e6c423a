//! Clients that never answer: they keep a connection, and whatever the service says on it stays unread.

use partner_service::grpc::pb;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SETTINGS: u8 = 4;
const HEADERS: u8 = 1;
const DATA: u8 = 0;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Two of them; gone when dropped.
pub struct Silent {
    _connections: [TcpStream; 2],
}

impl Silent {
    /// One that says a preface and nothing more, not even to GOAWAY's ping; and one that opens a stream and takes nothing
    /// of it.
    pub async fn meet(address: &str, account_id: &str) -> Self {
        let mut mute = TcpStream::connect(address).await.expect("a connection");
        mute.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.expect("a preface");
        let mut deaf = TcpStream::connect(address).await.expect("a connection");
        deaf.write_all(&watch(account_id)).await.expect("a request");
        until_said(&mut mute, SETTINGS).await;
        // the answer's head needs no window: the stream is open
        until_said(&mut deaf, HEADERS).await;
        Self { _connections: [mute, deaf] }
    }
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// No room for any byte of an answer's body.
const NO_WINDOW: [u8; 6] = [0, 4, 0, 0, 0, 0];

fn watch(account_id: &str) -> Vec<u8> {
    let request =
        pb::WatchMembersRequest { account_id: account_id.to_owned(), ..Default::default() };
    let request = request.encode_to_vec();
    let length = u32::try_from(request.len()).expect("a short request").to_be_bytes();
    let body = [&[0], &length[..], &request].concat();
    // :method POST and :scheme http as HPACK's table has them, the rest spelt out
    let mut head = vec![0x83, 0x86];
    for (name, value) in [
        (":path", "/partner.v1.MemberSyncService/WatchMembers"),
        (":authority", "silent"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ] {
        head.push(0);
        for text in [name, value] {
            head.push(u8::try_from(text.len()).expect("shorter than 127"));
            head.extend(text.as_bytes());
        }
    }
    [
        PREFACE,
        &frame(SETTINGS, 0, 0, &NO_WINDOW),
        &frame(HEADERS, END_HEADERS, 1, &head),
        &frame(DATA, END_STREAM, 1, &body),
    ]
    .concat()
}

async fn until_said(connection: &mut TcpStream, kind: u8) {
    loop {
        let mut head = [0; 9];
        connection.read_exact(&mut head).await.expect("a frame of the service's");
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("a short payload")];
        connection.read_exact(&mut payload).await.expect("the rest of it");
        if head[3] == kind {
            return;
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}
