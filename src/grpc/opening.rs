//! Streams are opened in turn.
//!
//! When a replica is replaced, thousands come to the others at once. They leave connections to the other calls, and while
//! they wait they hold little: what a process has once allocated between things that last, it keeps.

use super::fields::Fields;
use super::gate::{Entered, Gate, NOW};
use super::requests::Addressed;
use super::transport::CallContext;
use crate::caller::{Actor, Need};
use crate::error::Error;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tonic::{Request, Status};

/// How many are opened at once: fewer than there are connections for calls.
pub const OPENINGS: usize = 16;

/// One of them; the next begins when it is dropped.
pub struct Turn(
    #[expect(dead_code, reason = "held, not looked at; there is one, the turns are never closed")]
    Option<OwnedSemaphorePermit>,
);

impl Gate {
    /// A stream: `open` makes it, and gives back its turn; what ends it later is refused in the context of its call.
    pub async fn open<Q: Addressed, T, S, F>(
        &self,
        request: Request<Q>,
        need: Need,
        parse: impl FnOnce(&mut Fields, Q) -> T,
        open: impl FnOnce(Actor, Option<Instant>, T, Turn) -> F,
    ) -> Result<(S, CallContext), Status>
    where
        F: Future<Output = Result<S, Error>>,
    {
        let context = CallContext::of(request.extensions());
        let asked = self.asked(request, &context).await;
        let (credentials, body) = asked.map_err(|error| context.refuse(&error))?;
        let turn = Turn(Arc::clone(&self.openings).acquire_owned().await.ok());
        let outcome = Box::pin(async {
            let Entered { actor, mut fields, body, credentials_end } =
                self.authorised(credentials, body, need, NOW).await?;
            let parsed = parse(&mut fields, body);
            fields.finish()?;
            open(actor, credentials_end, parsed, turn).await
        });
        match outcome.await {
            Ok(stream) => Ok((stream, context)),
            Err(error) => Err(context.refuse(&self.backend.blame(error))),
        }
    }
}
