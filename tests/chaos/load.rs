//! Clients that keep changing things, each call under a request id, and remember what they were told.

use crate::process::ticks;
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use pb::partner_service_client::PartnerServiceClient;
use prost::Message;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// A call that has no answer by then counts as one whose fate is unknown.
const DEADLINE: Duration = Duration::from_secs(15);

/// A mutation whose doubling would show.
#[derive(Clone, Debug)]
pub enum Call {
    Create(pb::CreateAccountRequest),
    Register(pb::RegisterMemberRequest),
    Invite(pb::InvitePartnerRequest),
    /// Takes back an invitation of this client's.
    Cancel(pb::DeletePartnershipRequest),
    /// Moves a member of this client's to its other account: one change, two events.
    Move(pb::MoveMemberRequest),
}

/// What a call was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub bytes: Vec<u8>,
    pub position: i64,
    /// The account, member or partnership that the call made.
    pub made: String,
}

impl Call {
    /// Makes the call as the operator, without authentication.
    pub async fn send(&self, channel: &Channel) -> Result<Answer, Status> {
        let mut accounts = AccountServiceClient::new(channel.clone());
        let mut partners = PartnerServiceClient::new(channel.clone());
        Ok(match self {
            Self::Create(request) => {
                let answer = accounts.create_account(timed(request)).await?.into_inner();
                told(&answer, answer.position, answer.account.as_ref().map(|made| &made.id))
            }
            Self::Register(request) => {
                let answer = accounts.register_member(timed(request)).await?.into_inner();
                told(&answer, answer.position, answer.member.as_ref().map(|made| &made.id))
            }
            Self::Invite(request) => {
                let answer = partners.invite_partner(timed(request)).await?.into_inner();
                told(&answer, answer.position, answer.partnership.as_ref().map(|made| &made.id))
            }
            Self::Cancel(request) => {
                let answer = partners.delete_partnership(timed(request)).await?.into_inner();
                told(&answer, answer.position, Some(&request.partnership_id))
            }
            Self::Move(request) => {
                let answer = accounts.move_member(timed(request)).await?.into_inner();
                told(&answer, answer.position, Some(&request.member_id))
            }
        })
    }
}

fn timed<T: Clone>(request: &T) -> Request<T> {
    let mut request = Request::new(request.clone());
    request.set_timeout(DEADLINE);
    request
}

fn told(answer: &impl Message, position: i64, made: Option<&String>) -> Answer {
    Answer { bytes: answer.encode_to_vec(), position, made: made.cloned().unwrap_or_default() }
}

/// A call and what its client knows of it: `None` is that nobody can say.
#[derive(Clone, Debug)]
pub struct Record {
    pub call: Call,
    pub acknowledged: Option<Answer>,
}

/// One client, its two accounts, and everything it ever asked for.
pub struct Client {
    name: String,
    random: StdRng,
    here: String,
    there: String,
    invitations: Vec<String>,
    members: Vec<String>,
    pub records: Vec<Record>,
    /// Records that the last round added.
    pub fresh: usize,
}

impl Client {
    /// A client with two accounts.
    pub async fn new(number: usize, seed: u64, channel: &Channel) -> Self {
        let random = StdRng::seed_from_u64(seed.wrapping_mul(31).wrapping_add(number as u64));
        let name = format!("c{number}");
        let account = async |display_name: String| {
            let account = pb::Account { display_name, ..Default::default() };
            let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
            Call::Create(request).send(channel).await.expect("an account").made
        };
        let (here, there) =
            (account(format!("{name} here")).await, account(format!("{name} there")).await);
        Self {
            name,
            random,
            here,
            there,
            invitations: vec![],
            members: vec![],
            records: vec![],
            fresh: 0,
        }
    }

    /// Its accounts.
    pub fn accounts(&self) -> [&str; 2] {
        [&self.here, &self.there]
    }

    /// Calls until stopped; `started` counts, so that others can strike at a chosen moment.
    pub async fn work(
        mut self,
        channel: Channel,
        stop: CancellationToken,
        started: Arc<AtomicUsize>,
    ) -> Self {
        self.fresh = 0;
        let mut ticks = ticks();
        while !stop.is_cancelled() {
            let call = self.next();
            started.fetch_add(1, Ordering::SeqCst);
            let acknowledged = match call.send(&channel).await {
                Ok(answer) => Some(answer),
                Err(status) => {
                    assert!(nobody_can_say(&status), "{call:?} was refused: {status:?}");
                    // the service is gone for a while: no need to ask a thousand times
                    ticks.tick().await;
                    None
                }
            };
            if let Some(answer) = &acknowledged {
                self.note(&call, answer);
            }
            self.records.push(Record { call, acknowledged });
            self.fresh += 1;
        }
        self
    }

    fn next(&mut self) -> Call {
        let request_id = format!("{}-{}", self.name, self.records.len());
        let account_id = self.here.clone();
        match self.random.random_range(0..10) {
            0..2 => {
                let account =
                    pb::Account { display_name: request_id.clone(), ..Default::default() };
                Call::Create(pb::CreateAccountRequest {
                    account: Some(account),
                    request_id,
                    ..Default::default()
                })
            }
            6..8 if !self.invitations.is_empty() => {
                let partnership_id = self.pick(|client| &mut client.invitations);
                Call::Cancel(pb::DeletePartnershipRequest {
                    account_id,
                    partnership_id,
                    request_id,
                    ..Default::default()
                })
            }
            8..10 if !self.members.is_empty() => {
                let (member_id, target_account_id) =
                    (self.pick(|client| &mut client.members), self.there.clone());
                Call::Move(pb::MoveMemberRequest {
                    account_id,
                    member_id,
                    target_account_id,
                    request_id,
                    ..Default::default()
                })
            }
            2..4 | 6..8 => {
                let invitee_email = format!("{request_id}@nowhere.example");
                Call::Invite(pb::InvitePartnerRequest {
                    account_id,
                    invitee_email,
                    request_id,
                    ..Default::default()
                })
            }
            _ => {
                let email = format!("{request_id}@here.example");
                let member = Some(pb::Member {
                    email,
                    profile: pb::MemberProfile::Observer.into(),
                    ..Default::default()
                });
                Call::Register(pb::RegisterMemberRequest {
                    account_id,
                    member,
                    request_id,
                    ..Default::default()
                })
            }
        }
    }

    fn pick(&mut self, from: impl FnOnce(&mut Self) -> &mut Vec<String>) -> String {
        let chosen = self.random.random::<u32>() as usize;
        let from = from(self);
        let index = chosen % from.len();
        from.swap_remove(index)
    }

    fn note(&mut self, call: &Call, answer: &Answer) {
        match call {
            Call::Invite(_) => self.invitations.push(answer.made.clone()),
            Call::Register(_) => self.members.push(answer.made.clone()),
            Call::Create(_) | Call::Cancel(_) | Call::Move(_) => {}
        }
    }

    /// Repeats every call of the last round under its request id: what was acknowledged answers the same bytes, what was
    /// not happens now, and once.
    pub async fn repeat(&mut self, channel: &Channel) -> Repeated {
        let from = self.records.len() - self.fresh;
        let mut sum = Repeated::default();
        for index in from..self.records.len() {
            let Record { call, acknowledged } = self.records[index].clone();
            let answer = call.send(channel).await;
            let answer =
                answer.unwrap_or_else(|status| panic!("{call:?} repeated was refused: {status:?}"));
            match acknowledged {
                Some(before) => {
                    sum.acknowledged += 1;
                    sum.different += usize::from(before != answer);
                }
                None => {
                    let again = call.send(channel).await.expect("a repeated call");
                    sum.unknown += 1;
                    sum.different += usize::from(again != answer);
                    self.note(&call, &answer);
                    self.records[index].acknowledged = Some(answer);
                }
            }
        }
        sum
    }
}

/// How repeating went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Repeated {
    pub acknowledged: usize,
    pub unknown: usize,
    /// Answers that were not the same bytes.
    pub different: usize,
}

impl std::ops::AddAssign for Repeated {
    fn add_assign(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.unknown += other.unknown;
        self.different += other.different;
    }
}

/// The connection broke, or the service said that it does not know.
fn nobody_can_say(status: &Status) -> bool {
    use tonic::Code::{Aborted, Cancelled, DeadlineExceeded, Internal, Unavailable, Unknown};
    // a broken connection is Unavailable, Unknown, Cancelled or Internal, without details
    let explained = !status.details().is_empty();
    match status.code() {
        Unavailable | DeadlineExceeded | Aborted => true,
        Unknown | Cancelled | Internal => !explained,
        _ => false,
    }
}
