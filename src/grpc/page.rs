//! Page tokens: where a list goes on, signed for the caller and the arguments they were made for (AIP-158).

use crate::backend::SecretKey;
use crate::error::Error;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

const VERSION: u8 = 1;
const TAG_BYTES: usize = 16;
const CURSOR_BYTES: usize = 8;

/// What a token is bound to.
pub struct Binding {
    pub key: SecretKey,
    pub caller: String,
    pub rpc: &'static str,
    /// The request's own bytes, page size and token apart.
    pub arguments: Vec<u8>,
}

impl Binding {
    /// The token that goes on below `cursor`.
    pub fn seal(&self, cursor: i64) -> String {
        let cursor = cursor.to_be_bytes();
        let tag = self.tag(cursor);
        let bytes: Vec<u8> = [VERSION].into_iter().chain(cursor).chain(tag).collect();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor in a token; none in an empty one.
    pub fn open(&self, token: &str) -> Result<Option<i64>, Error> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| Error::PageTokenInvalid)?;
        if bytes.len() != 1 + CURSOR_BYTES + TAG_BYTES || bytes[0] != VERSION {
            return Err(Error::PageTokenInvalid);
        }
        let (cursor, tag) = bytes[1..].split_at(CURSOR_BYTES);
        let cursor: [u8; CURSOR_BYTES] = cursor.try_into().map_err(|_| Error::PageTokenInvalid)?;
        // the tag guards no secret, only against mixing tokens up: comparing in constant time is not needed
        if tag != self.tag(cursor) {
            return Err(Error::PageTokenInvalid);
        }
        Ok(Some(i64::from_be_bytes(cursor)))
    }

    fn tag(&self, cursor: [u8; CURSOR_BYTES]) -> [u8; TAG_BYTES] {
        let mac = self
            .key
            .mac("page", &[self.caller.as_bytes(), self.rpc.as_bytes(), &self.arguments, &cursor]);
        mac[..TAG_BYTES].try_into().expect("a MAC is longer than its tag")
    }
}

/// A page: how many to show, and below which position.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub size: u64,
    pub before: Option<i64>,
}

impl Page {
    /// One more than is shown, to know whether there is another page.
    pub fn limit(self) -> u64 {
        self.size + 1
    }

    /// Cuts `items` to the page; the cursor is there when more follow.
    pub fn cut<T>(self, items: &mut Vec<T>, position: impl Fn(&T) -> i64) -> Option<i64> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        if items.len() <= size {
            return None;
        }
        items.truncate(size);
        items.last().map(position)
    }
}
