//! The answer of a stream: its head is tonic's, its body is made here.
//!
//! tonic would copy each message for each consumer. Here an event's bytes are made once, and everything that is ready for a
//! consumer leaves in as few pieces as possible: each costs a frame, and mostly a system call.

use super::convert::sync::framed;
use super::expiry;
use super::transport::CallContext;
use super::underway::Underway;
use crate::sync::watch::Watch;
use bytes::Bytes;
use futures::stream::{self, BoxStream, Empty, Stream, StreamExt};
use http::HeaderMap;
use hyper::body::{Body, Frame};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tonic::{Response, Status};

/// What every peer takes in one frame.
const MOST_BYTES: usize = 16 * 1024;

/// The messages of a stream, and how it ended.
pub struct Pieces {
    source: BoxStream<'static, Result<Bytes, Status>>,
    is_over: bool,
    /// Ends with the stream.
    call: Option<Underway>,
}

impl Pieces {
    /// What a stream tells from now on.
    #[must_use]
    pub fn by(watch: Watch, context: CallContext) -> Self {
        Self { source: pieces(watch, context).boxed(), is_over: false, call: None }
    }

    /// An answer with this body; until `placed` puts it there, it stands beside.
    pub fn answer<M>(self) -> Response<Empty<Result<M, Status>>> {
        let mut response = Response::new(stream::empty());
        response.extensions_mut().insert(Beside(Arc::new(Mutex::new(Some(self)))));
        response
    }
}

/// Extensions can be cloned and shared, a body cannot.
#[derive(Clone)]
struct Beside(Arc<Mutex<Option<Pieces>>>);

/// Puts the body that stands beside an answer, if one does, in the place of tonic's; the call lasts as long as it.
pub fn placed(
    mut response: http::Response<tonic::body::Body>,
    mut call: Underway,
) -> http::Response<tonic::body::Body> {
    let beside = response.extensions_mut().remove::<Beside>();
    let pieces = beside.and_then(|it| it.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    match pieces {
        Some(pieces) => {
            call.goes_on();
            let pieces = Pieces { call: Some(call), ..pieces };
            response.map(|_| tonic::body::Body::new(pieces))
        }
        None => response,
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let status = match ready!(self.source.poll_next_unpin(context)) {
            Some(Ok(piece)) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
            Some(Err(status)) => status,
            None => Status::ok(""),
        };
        self.is_over = true;
        if let Some(mut call) = self.call.take() {
            call.ends(status.code());
        }
        let mut trailers = HeaderMap::new();
        // all that can be wrong with a status is a header that cannot be written, and these can
        let _ = status.add_header(&mut trailers);
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }
}

fn pieces(watch: Watch, context: CallContext) -> impl Stream<Item = Result<Bytes, Status>> + Send {
    let (end, call) = (watch.credentials_end(), context.clone());
    expiry::until(made(watch, context), end, call)
}

fn made(watch: Watch, context: CallContext) -> impl Stream<Item = Result<Bytes, Status>> + Send {
    stream::unfold((watch, context, Vec::new()), |(mut watch, context, mut ready)| async move {
        loop {
            if let Some(piece) = ready.pop() {
                return Some((Ok(piece), (watch, context, ready)));
            }
            match watch.next().await? {
                Ok(messages) => {
                    let (viewer, now) = (watch.viewer(), watch.now());
                    let bytes = messages.into_iter().map(|message| framed(viewer, now, message));
                    ready = joined(bytes.collect());
                    ready.reverse();
                }
                Err(error) => {
                    return Some((Err(context.refuse(&error)), (watch, context, ready)));
                }
            }
        }
    })
}

/// The same bytes in fewer pieces, none of which is made larger than a frame.
fn joined(pieces: Vec<Bytes>) -> Vec<Bytes> {
    let mut joined = Vec::with_capacity(pieces.len());
    let mut rest = &pieces[..];
    while let Some(first) = rest.first() {
        let mut size = first.len();
        let fits = |piece: &&Bytes| {
            size += piece.len();
            size <= MOST_BYTES
        };
        let (together, others) = rest.split_at(1 + rest[1..].iter().take_while(fits).count());
        joined.push(if together.len() == 1 { first.clone() } else { together.concat().into() });
        rest = others;
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(sizes: &[usize]) -> Vec<usize> {
        let pieces = sizes.iter().map(|size| Bytes::from(vec![0; *size])).collect();
        joined(pieces).iter().map(Bytes::len).collect()
    }

    #[test]
    fn pieces_are_joined_up_to_a_frame_and_never_cut() {
        assert!(sizes(&[]).is_empty());
        assert_eq!(sizes(&[10, 20, 30]), [60]);
        assert_eq!(sizes(&[MOST_BYTES - 1, 1, 1]), [MOST_BYTES, 1]);
        assert_eq!(sizes(&[1, 2 * MOST_BYTES, 1]), [1, 2 * MOST_BYTES, 1]);
    }

    #[test]
    fn a_piece_by_itself_is_shared_and_not_copied() {
        let piece = Bytes::from(vec![0; 100]);
        let joined = joined(vec![piece.clone()]);
        assert_eq!(joined[0].as_ptr(), piece.as_ptr());
    }
}
