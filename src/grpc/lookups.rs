//! The way in for who holds the link of an invitation: no credentials, but not more often than a person clicks.
//!
//! The secret cannot be guessed; what is limited is the work that strangers can make. Network addresses are counted one by
//! one and together, in each process by itself: behind a proxy all strangers have the proxy's.

use super::fields::Fields;
use super::gate::Gate;
use super::pb;
use super::transport::{CallContext, Peer};
use crate::error::Error;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{DefaultDirectRateLimiter, NotUntil, Quota, RateLimiter};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;
use tonic::{Request, Response, Status};

/// Lookups a second, and at once, from one address.
const OF_ONE: (u32, u32) = (10, 100);
/// The same, from all of them.
const OF_ALL: (u32, u32) = (200, 400);
/// Addresses remembered before those are forgotten that have waited long enough.
const REMEMBERED: usize = 10_000;
const MAX_SECRET: usize = 200;

/// Who looks invitations up, and how often.
pub struct Lookups {
    of_one: RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>,
    of_all: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            of_one: RateLimiter::hashmap(quota(OF_ONE)),
            of_all: RateLimiter::direct(quota(OF_ALL)),
            clock: DefaultClock::default(),
        }
    }
}

fn quota((a_second, at_once): (u32, u32)) -> Quota {
    let at_least_one = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(at_least_one(a_second)).allow_burst(at_least_one(at_once))
}

impl Lookups {
    /// Counts one.
    fn admit(&self, peer: IpAddr) -> Result<(), Error> {
        if self.of_one.len() > REMEMBERED {
            self.of_one.retain_recent();
        }
        self.of_one.check_key(&peer).map_err(|until| self.too_many(&until))?;
        self.of_all.check().map_err(|until| self.too_many(&until))
    }

    fn too_many(&self, until: &NotUntil<<DefaultClock as Clock>::Instant>) -> Error {
        let wait = until.wait_time_from(self.clock.now());
        Error::TooManyLookups { retry_after: wait.max(Duration::from_millis(1)) }
    }
}

impl Gate {
    /// A lookup by secret, for everybody.
    pub async fn look_up<P, F>(
        &self,
        request: Request<pb::LookupInvitationRequest>,
        work: impl FnOnce(String) -> F,
    ) -> Result<Response<P>, Status>
    where
        F: Future<Output = Result<P, Error>>,
    {
        let context = CallContext::of(request.extensions());
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let peer = request.extensions().get::<Peer>().map_or(nowhere, |peer| peer.0);
        let outcome = async {
            self.lookups.admit(peer)?;
            let pb::LookupInvitationRequest { secret } = request.into_inner();
            let mut fields = Fields::default();
            if secret.is_empty() {
                fields.bad("secret", "is required");
            } else if secret.chars().count() > MAX_SECRET {
                fields.bad("secret", format!("must have at most {MAX_SECRET} characters"));
            }
            fields.finish()?;
            work(secret).await
        };
        self.answer(outcome.await, &context)
    }
}
