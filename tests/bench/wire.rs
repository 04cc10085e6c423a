//! HTTP/2 and gRPC as far as a load generator needs them: requests are written, answers counted, headers not looked at.
//! A call that fails answers no message, which is how it is found out; tonic is asked why.

use prost::encoding::{decode_varint, encode_varint};
use std::io;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEADER: usize = 9;
const DEFAULT_WINDOW: u32 = 65_535;
/// The most HTTP/2 allows.
pub const OPEN_WINDOW: u32 = (1 << 31) - 1;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

/// A frame as received.
pub struct Frame<'a> {
    pub kind: u8,
    flags: u8,
    pub stream: u32,
    pub payload: &'a [u8],
}

impl Frame<'_> {
    /// Whether nothing more comes on its stream.
    pub fn ends_stream(&self) -> bool {
        self.kind == RESET || (self.kind <= HEADERS && self.flags & END_STREAM != 0)
    }
}

/// The first whole frame, and how many bytes it takes.
pub fn frame(bytes: &[u8]) -> io::Result<Option<(Frame<'_>, usize)>> {
    let Some((header, rest)) = bytes.split_at_checked(FRAME_HEADER) else { return Ok(None) };
    let length =
        usize::from(header[0]) << 16 | usize::from(header[1]) << 8 | usize::from(header[2]);
    let Some(payload) = rest.get(..length) else { return Ok(None) };
    let [kind, flags] = [header[3], header[4]];
    if kind == DATA && flags & PADDED != 0 {
        return Err(io::Error::other("padded data, which no server here sends"));
    }
    let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]) & OPEN_WINDOW;
    Ok(Some((Frame { kind, flags, stream, payload }, FRAME_HEADER + length)))
}

fn put(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// What a connection begins with; each of its streams may be sent `window` bytes before it has to ask.
pub fn hello(out: &mut Vec<u8>, window: u32) {
    out.extend_from_slice(PREFACE);
    let mut settings = vec![0, 2, 0, 0, 0, 0, 0, 4];
    settings.extend_from_slice(&window.to_be_bytes());
    put(out, SETTINGS, 0, 0, &settings);
    if let Some(more) = window.checked_sub(DEFAULT_WINDOW).filter(|more| *more > 0) {
        more_window(out, 0, more);
    }
}

/// Lets so many more bytes be sent: on a stream, or on 0 altogether.
pub fn more_window(out: &mut Vec<u8>, stream: u32, bytes: u32) {
    put(out, WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes());
}

/// Answers what has to be answered.
pub fn courtesy(frame: &Frame<'_>, out: &mut Vec<u8>) {
    if matches!(frame.kind, SETTINGS | PING) && frame.flags & ACK == 0 {
        let payload = if frame.kind == PING { frame.payload } else { &[] };
        put(out, frame.kind, ACK, 0, payload);
    }
}

/// The stream that the n-th request of a connection opens.
pub fn stream_of(request: u32) -> u32 {
    1 + 2 * request
}

/// Writes requests to one method on one connection.
pub struct Requests {
    path: &'static str,
    made: u32,
}

impl Requests {
    pub fn to(path: &'static str) -> Self {
        Self { path, made: 0 }
    }

    /// The next request, by a member or by the operator; answers its number. What all have in common is sent once, as any
    /// client does. With `open` more messages may follow.
    pub fn write(
        &mut self,
        out: &mut Vec<u8>,
        member: Option<&str>,
        body: &[u8],
        open: bool,
    ) -> u32 {
        let mut headers = vec![0x83, 0x86];
        let common = [
            (":path", self.path),
            (":authority", "bench"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ];
        if self.made == 0 {
            for (name, value) in common {
                headers.push(0x40);
                text(&mut headers, name);
                text(&mut headers, value);
            }
        } else {
            headers.extend_from_slice(&[0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62]);
        }
        if let Some(member) = member {
            headers.push(0);
            text(&mut headers, "x-member-id");
            text(&mut headers, member);
        }
        let number = self.made;
        self.made += 1;
        put(out, HEADERS, END_HEADERS, stream_of(number), &headers);
        put(out, DATA, if open { 0 } else { END_STREAM }, stream_of(number), &message(body));
        number
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).unwrap_or(u8::MAX).min(126));
    out.extend_from_slice(text.as_bytes());
}

fn message(body: &[u8]) -> Vec<u8> {
    let mut message = vec![0];
    message.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    message.extend_from_slice(body);
    message
}

/// Hands over each whole message, and answers how many bytes they took.
pub fn messages(bytes: &[u8], mut each: impl FnMut(&[u8])) -> usize {
    let mut taken = 0;
    while let Some(header) = bytes.get(taken..taken + 5) {
        let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]) as usize;
        let Some(body) = bytes.get(taken + 5..taken + 5 + length) else { break };
        each(body);
        taken += 5 + length;
    }
    taken
}

/// A field of a protobuf message, as far as it is looked at.
pub enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

/// Hands over each field of the outermost message; false when it is none.
pub fn fields(mut bytes: &[u8], mut each: impl FnMut(u32, Field<'_>)) -> bool {
    while !bytes.is_empty() {
        let Ok(key) = decode_varint(&mut bytes) else { return false };
        let field = match key & 7 {
            0 => decode_varint(&mut bytes).ok().map(Field::Number),
            1 => skip(&mut bytes, 8).map(|_| Field::Other),
            2 => decode_varint(&mut bytes)
                .ok()
                .and_then(|length| skip(&mut bytes, length as usize))
                .map(Field::Bytes),
            5 => skip(&mut bytes, 4).map(|_| Field::Other),
            _ => None,
        };
        let Some(field) = field else { return false };
        each((key >> 3) as u32, field);
    }
    true
}

fn skip<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (skipped, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(skipped)
}

/// Writes a field of bytes: for protocols of which one message is needed.
pub fn put_bytes(out: &mut Vec<u8>, tag: u32, value: &[u8]) {
    encode_varint(u64::from(tag << 3 | 2), out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}
