//! Requests on their way. A message is taken in before anybody knows whose it is, so what comes of it is bounded: in time,
//! and on each connection in bytes.

use super::CallContext;
use crate::error::Error;
use bytes::Bytes;
use http::Request;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// For a whole request, from when it is first waited for.
pub const ARRIVAL: Duration = Duration::from_secs(15);
/// Of all requests on one connection: as many of the largest as a proxy would have under way at once.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// These send as long as they like.
const UNTIMED: &str = "/grpc.reflection.";

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the requests of one connection have brought so far that nobody has taken.
#[derive(Clone, Debug, Default)]
pub struct UnderWay(Arc<AtomicUsize>);

/// A request's body.
pub struct Arriving<B> {
    body: B,
    context: CallContext,
    under_way: UnderWay,
    counted: usize,
    is_timed: bool,
    /// Made when the body is not there at once, as most are.
    late: Option<Pin<Box<Sleep>>>,
}

/// The request with bounds to what comes of it: those of its connection, and of time.
pub fn bounded<B>(mut request: Request<B>, context: &CallContext) -> Request<Arriving<B>> {
    let under_way = request.extensions_mut().remove::<UnderWay>().unwrap_or_default();
    let is_timed = !request.uri().path().starts_with(UNTIMED);
    let context = context.clone();
    request.map(|body| Arriving { body, context, under_way, counted: 0, is_timed, late: None })
}

impl<B> Arriving<B> {
    fn count(&mut self, bytes: usize) -> Result<(), Failure> {
        self.counted += bytes;
        let all = self.under_way.0.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if all > MOST_BYTES { Err(self.context.refuse(&Error::Overloaded).into()) } else { Ok(()) }
    }
}

impl<B> Body for Arriving<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Failure>,
{
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                Poll::Ready(Some(self.count(bytes).map(|()| frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending if self.is_timed => {
                let late = self.late.get_or_insert_with(|| Box::pin(sleep(ARRIVAL)));
                ready!(late.as_mut().poll(context));
                Poll::Ready(Some(Err(self.context.refuse(&Error::Deadline).into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Arriving<B> {
    fn drop(&mut self) {
        self.under_way.0.fetch_sub(self.counted, Ordering::Relaxed);
    }
}
