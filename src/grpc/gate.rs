//! One way in for every RPC, in the contract's order: credentials, rights, all fields at once, then the work. Errors
//! leave here as statuses.

use super::auth::{Authenticator, Credentials};
use super::fields::Fields;
use super::lookups::Lookups;
use super::opening::OPENINGS;
use super::pace::Pace;
use super::page::{Binding, Cursor, Page};
use super::pb;
use super::requests::{Addressed, Mutation, Paged, Read};
use super::status;
use super::transport::CallContext;
use crate::access::Question;
use crate::account::access::{authorise, authorise_about, authorise_either};
use crate::backend::{Ask, Backend, RequestKey};
use crate::caller::{Actor, Need};
use crate::domain::ids::AccountId;
use crate::error::Error;
use crate::sharing::check;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::{Request, Response, Status};

/// Fresher than anything in memory: who calls is asked of the database.
pub(super) const NOW: i64 = i64::MAX;

/// What every service works with.
#[derive(Clone)]
pub struct Gate {
    pub(super) backend: Arc<Backend>,
    authenticator: Arc<Authenticator>,
    pace: Arc<Pace>,
    /// The turns of `opening.rs`.
    pub(super) openings: Arc<Semaphore>,
    pub(super) lookups: Arc<Lookups>,
}

/// A page asked for, and the token of the next one.
pub struct Pager<C> {
    pub page: Page<C>,
    binding: Binding,
}

impl<C: Cursor> Pager<C> {
    /// Cuts `items` to the page and seals the next token; empty at the end.
    pub fn cut<T>(&self, items: &mut Vec<T>, position: impl Fn(&T) -> C) -> String {
        self.page.cut(items, position).map(|cursor| self.binding.seal(cursor)).unwrap_or_default()
    }
}

impl Gate {
    /// A gate to `backend`.
    #[must_use]
    pub fn new(backend: Arc<Backend>, authenticator: Arc<Authenticator>) -> Self {
        let pace = Arc::new(Pace::new(backend.limits.rate_limit, backend.clock.clone()));
        let openings = Arc::new(Semaphore::new(OPENINGS));
        Self { backend, authenticator, pace, openings, lookups: Arc::default() }
    }

    /// A mutation: `parse` checks every field, `work` runs the verb.
    pub async fn mutate<Q: Mutation, T, P, F>(
        &self,
        request: Request<Q>,
        need: Need,
        parse: impl FnOnce(&mut Fields, Q) -> T,
        work: impl FnOnce(Ask, T) -> F,
    ) -> Result<Response<P>, Status>
    where
        F: Future<Output = Result<P, Error>>,
    {
        let context = CallContext::of(request.extensions());
        let outcome = async {
            let Entered { actor, mut fields, body, .. } =
                self.enter(request, need, NOW, &context).await?;
            fields.request_id(body.request_id());
            let request = (!body.request_id().is_empty()).then(|| RequestKey {
                caller: actor.request_scope(),
                request_id: body.request_id().to_owned(),
                fingerprint: fingerprint(&body),
            });
            let ask = Ask { actor, request, validate_only: body.validate_only() };
            let parsed = parse(&mut fields, body);
            fields.finish()?;
            work(ask, parsed).await
        };
        self.answer(outcome.await, &context)
    }

    /// A read of one thing, at least as fresh as `min_position`.
    pub async fn read<Q: Read, T, P, F>(
        &self,
        request: Request<Q>,
        need: Need,
        parse: impl FnOnce(&mut Fields, Q) -> T,
        work: impl FnOnce(Actor, T) -> F,
    ) -> Result<Response<P>, Status>
    where
        F: Future<Output = Result<P, Error>>,
    {
        let context = CallContext::of(request.extensions());
        let outcome = async {
            let min_position = request.get_ref().min_position();
            let Entered { actor, mut fields, body, .. } =
                self.enter(request, need, min_position, &context).await?;
            fields.min_position(min_position);
            let parsed = parse(&mut fields, body);
            fields.finish()?;
            self.backend.at_least(min_position).await?;
            work(actor, parsed).await
        };
        self.answer(outcome.await, &context)
    }

    /// A read of a page.
    pub async fn page<Q: Paged, T, P, F>(
        &self,
        request: Request<Q>,
        need: Need,
        parse: impl FnOnce(&mut Fields, Q) -> T,
        work: impl FnOnce(Actor, T, Pager<Q::Cursor>) -> F,
    ) -> Result<Response<P>, Status>
    where
        F: Future<Output = Result<P, Error>>,
    {
        let context = CallContext::of(request.extensions());
        let outcome = async {
            let min_position = request.get_ref().min_position();
            let Entered { actor, mut fields, body, .. } =
                self.enter(request, need, min_position, &context).await?;
            let token = body.page_token().to_owned();
            fields.min_position(min_position);
            let size = fields.page_size(body.page_size());
            let arguments = body.arguments().encode_to_vec();
            let parsed = parse(&mut fields, body);
            fields.finish()?;
            let key = self.backend.key();
            let mut binding =
                Binding { key, caller: actor.request_scope(), rpc: Q::RPC, arguments };
            let mut before = binding.open(&token);
            if before.is_err() {
                // boxed: hardly any call comes here, and each has the room of its futures
                let others = Box::pin(self.backend.keys_other_than(&binding.key));
                if let Some(key) = others.await? {
                    binding.key = key;
                    before = binding.open(&token);
                }
            }
            let page = Page { size, before: before? };
            self.backend.at_least(min_position).await?;
            work(actor, parsed, Pager { page, binding }).await
        };
        self.answer(outcome.await, &context)
    }

    pub(super) fn answer<P>(
        &self,
        outcome: Result<P, Error>,
        context: &CallContext,
    ) -> Result<Response<P>, Status> {
        outcome.map(Response::new).map_err(|error| context.refuse(&self.backend.blame(error)))
    }

    /// A question about two accounts, for operators and the members of either.
    pub async fn ask<P, F>(
        &self,
        request: Request<pb::CheckPartnerAccessRequest>,
        parse: impl FnOnce(&mut Fields, &pb::CheckPartnerAccessRequest) -> Question,
        work: impl FnOnce(Question, i64) -> F,
    ) -> Result<Response<P>, Status>
    where
        F: Future<Output = Result<P, Error>>,
    {
        let context = CallContext::of(request.extensions());
        let outcome = async {
            let (Credentials { caller, .. }, body) = self.asked(request, &context).await?;
            let mut fields = Fields::default();
            let question = parse(&mut fields, &body);
            let named = [question.customer, question.partner];
            // ids that are none are refused with the other fields
            let either = named.iter().all(|id| !id.0.is_nil()).then_some(named);
            authorise_either(&self.backend, caller, either, body.min_position).await?;
            fields.finish()?;
            work(question, body.min_position).await
        };
        self.answer(outcome.await, &context)
    }

    /// A question about an item and a person, for operators and the members of either account.
    pub async fn ask_about<P, F>(
        &self,
        request: Request<pb::CheckItemAccessRequest>,
        parse: impl FnOnce(&mut Fields, pb::CheckItemAccessRequest) -> check::Question,
        work: impl FnOnce(check::Question, i64) -> F,
    ) -> Result<Response<P>, Status>
    where
        F: Future<Output = Result<P, Error>>,
    {
        let context = CallContext::of(request.extensions());
        let outcome = async {
            let (Credentials { caller, .. }, body) = self.asked(request, &context).await?;
            let min_position = body.min_position;
            let mut fields = Fields::default();
            let question = parse(&mut fields, body);
            let (owner, member) = (question.owner, question.member);
            // ids that are none are refused with the other fields
            let asked = Some((owner, member)).filter(|_| !owner.0.is_nil() && !member.0.is_nil());
            authorise_about(&self.backend, caller, asked, min_position).await?;
            fields.finish()?;
            work(question, min_position).await
        };
        self.answer(outcome.await, &context)
    }

    async fn enter<Q: Addressed>(
        &self,
        request: Request<Q>,
        need: Need,
        min_position: i64,
        context: &CallContext,
    ) -> Result<Entered<Q>, Error> {
        let (credentials, body) = self.asked(request, context).await?;
        self.authorised(credentials, body, need, min_position).await
    }

    /// Who asks, and for what; nothing else of the request is kept.
    pub(super) async fn asked<Q>(
        &self,
        request: Request<Q>,
        context: &CallContext,
    ) -> Result<(Credentials, Q), Error> {
        let credentials = self.authenticator.credentials(request.metadata()).await?;
        context.note_caller(&credentials.caller);
        self.pace.count(&credentials.caller)?;
        Ok((credentials, request.into_inner()))
    }

    pub(super) async fn authorised<Q: Addressed>(
        &self,
        Credentials { caller, end }: Credentials,
        body: Q,
        need: Need,
        min_position: i64,
    ) -> Result<Entered<Q>, Error> {
        let mut fields = Fields::default();
        let account =
            body.account_id().and_then(|raw| fields.uuid("account_id", raw)).map(AccountId);
        let actor = authorise(&self.backend, caller, account, need, min_position).await?;
        Ok(Entered { actor, fields, body, credentials_end: end })
    }
}

/// A call that was let in.
pub(super) struct Entered<Q> {
    pub(super) actor: Actor,
    pub(super) fields: Fields,
    pub(super) body: Q,
    /// When the caller's credentials are over.
    pub(super) credentials_end: Option<Instant>,
}

/// The account acted for; its absence was refused with the other fields.
pub fn own(actor: &Actor) -> Result<AccountId, Error> {
    actor.account.ok_or_else(|| Error::field("account_id", "is required"))
}

/// A digest of the call and all its fields; prost writes a message in one way only.
fn fingerprint<Q: Addressed>(body: &Q) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::new()
        .chain_update(Q::RPC)
        .chain_update([0])
        .chain_update(body.encode_to_vec())
        .finalize();
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl CallContext {
    /// The status for an error, noted for the call's log line; failures of the service itself are logged here, once.
    pub(super) fn refuse(&self, error: &Error) -> Status {
        let (answer, reason) = status::of(error, self.request_id());
        match error {
            Error::Internal(source) => {
                tracing::error!(request_id = self.request_id(), error = %source, "a call failed inside the service");
            }
            Error::DatabaseUnavailable(Some(source)) => {
                tracing::warn!(request_id = self.request_id(), error = %source, "the database did not answer");
            }
            _ => {}
        }
        self.note_reason(status::reason_name(reason));
        answer
    }
}
