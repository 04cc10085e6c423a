//! Page tokens: where a list goes on, signed for the caller and the arguments they were made for (AIP-158).

use crate::backend::SecretKey;
use crate::error::Error;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::sync::Arc;

const VERSION: u8 = 1;
const PURPOSE: &str = "page";
/// Part of the MAC: it guards no secret, only against mixing tokens up.
const TAG_BYTES: usize = 16;

/// Where a list goes on: whatever its order needs, as bytes.
pub trait Cursor: Clone {
    fn to_bytes(self) -> Vec<u8>;
    /// None for bytes that no cursor of this list has.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// Most lists are ordered by position.
impl Cursor for i64 {
    fn to_bytes(self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

/// What a token is bound to.
pub struct Binding {
    pub key: Arc<SecretKey>,
    pub caller: String,
    pub rpc: &'static str,
    /// The request's own bytes, page size and token apart.
    pub arguments: Vec<u8>,
}

impl Binding {
    /// The token that goes on after `cursor`.
    pub fn seal(&self, cursor: impl Cursor) -> String {
        let cursor = cursor.to_bytes();
        let tag = self.key.mac(PURPOSE, &self.parts(&cursor));
        let bytes: Vec<u8> =
            [VERSION].into_iter().chain(cursor).chain(tag.into_iter().take(TAG_BYTES)).collect();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor in a token; none in an empty one.
    pub fn open<C: Cursor>(&self, token: &str) -> Result<Option<C>, Error> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| Error::PageTokenInvalid)?;
        let Some((&VERSION, sealed)) = bytes.split_first() else {
            return Err(Error::PageTokenInvalid);
        };
        let Some((cursor, tag)) = sealed.split_last_chunk::<TAG_BYTES>() else {
            return Err(Error::PageTokenInvalid);
        };
        if !self.key.verifies(PURPOSE, &self.parts(cursor), tag) {
            return Err(Error::PageTokenInvalid);
        }
        C::from_bytes(cursor).map(Some).ok_or(Error::PageTokenInvalid)
    }

    fn parts<'a>(&'a self, cursor: &'a [u8]) -> [&'a [u8]; 4] {
        [self.caller.as_bytes(), self.rpc.as_bytes(), &self.arguments, cursor]
    }
}

/// A page: how many to show, and where in the list the one before it ended.
#[derive(Clone, Copy, Debug)]
pub struct Page<C> {
    pub size: u64,
    pub before: Option<C>,
}

impl<C: Cursor> Page<C> {
    /// One more than is shown, to know whether there is another page.
    pub fn limit(&self) -> u64 {
        self.size + 1
    }

    /// Cuts `items` to the page; the cursor is there when more follow.
    pub fn cut<T>(&self, items: &mut Vec<T>, position: impl Fn(&T) -> C) -> Option<C> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        if items.len() <= size {
            return None;
        }
        items.truncate(size);
        items.last().map(position)
    }
}
