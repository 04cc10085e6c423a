//! A stream ends with its caller's credentials, also while nobody reads it.
//!
//! A body is asked for more only while its consumer reads, and one that does not read would keep what is behind it for as
//! long as it pleases. So that is taken away from outside; the reason waits for whoever reads on.

use super::transport::CallContext;
use crate::error::Error;
use futures::future::Either;
use futures::stream::{BoxStream, Stream, StreamExt};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;

/// `source` until `end`, if there is one; then why.
pub fn until<T: Send + 'static>(
    source: impl Stream<Item = Result<T, Status>> + Send + 'static,
    end: Option<Instant>,
    context: CallContext,
) -> impl Stream<Item = Result<T, Status>> + Send {
    let Some(end) = end else { return Either::Left(source) };
    let behind = Arc::new(Behind(Mutex::new((Some(source.boxed()), None))));
    let taken = Arc::clone(&behind);
    let taker = tokio::spawn(async move {
        sleep_until(end).await;
        taken.take();
    });
    let _taker = AbortOnDropHandle::new(taker);
    Either::Right(Ending { behind, end, context: Some(context), _taker })
}

struct Ending<T> {
    behind: Arc<Behind<T>>,
    end: Instant,
    /// None once it is over.
    context: Option<CallContext>,
    _taker: AbortOnDropHandle<()>,
}

type Source<T> = BoxStream<'static, Result<T, Status>>;

/// The source, and who waits for it.
struct Behind<T>(Mutex<(Option<Source<T>>, Option<Waker>)>);

impl<T> Behind<T> {
    fn lock(&self) -> MutexGuard<'_, (Option<Source<T>>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) {
        let (source, waker) = std::mem::take(&mut *self.lock());
        drop(source);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Stream for Ending<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if Instant::now() < self.end {
            let (source, waker) = &mut *self.behind.lock();
            if let Some(source) = source {
                let polled = source.poll_next_unpin(context);
                if polled.is_pending() {
                    waker
                        .get_or_insert_with(|| context.waker().clone())
                        .clone_from(context.waker());
                }
                return polled;
            }
        }
        let Some(call) = self.context.take() else { return Poll::Ready(None) };
        self.behind.take();
        Poll::Ready(Some(Err(call.refuse(&Error::CredentialsInvalid))))
    }
}
