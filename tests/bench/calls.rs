//! The calls that are measured: each with a body of its own, each answer looked at.

use crate::items::Among;
use crate::raw::Raw;
use crate::wire::put_bytes;
use crate::world;
use bytes::Bytes;
use partner_service::grpc::pb;
use prost::Message;
use tonic::transport::Channel;
use tonic::{Request, Status};

const VALUE_BYTES: usize = 250;

/// An RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Invite,
    Accept,
    Register,
    /// The same, all in one account.
    RegisterIn(i64),
    List,
    /// CheckPartnerAccess, of a few hundred pairs.
    Check,
    /// CheckItemAccess, of a folder.
    Item(Among),
    /// A search among many providers, by the operator.
    Search,
    /// What RegisterMember is asked, answered by saying it again.
    Echo,
    /// A peer's write, of as many bytes as an event has.
    Put,
}

/// A request, and who makes it: a member, or the operator.
pub struct Asking {
    pub member: Option<String>,
    pub body: Vec<u8>,
}

impl Call {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invite => "InvitePartner",
            Self::Accept => "AcceptPartnership",
            Self::Register | Self::RegisterIn(_) => "RegisterMember",
            Self::List => "ListPartnerships (20 rows)",
            Self::Check => "CheckPartnerAccess",
            Self::Item(among) => among.name(),
            Self::Search => "SearchProviders",
            Self::Echo => "echo",
            Self::Put => "etcd's Put",
        }
    }

    /// The script of pgbench with the same statements.
    pub fn script(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Accept => "accept",
            Self::Register | Self::RegisterIn(_) | Self::Echo | Self::Put => "register",
            Self::List | Self::Check | Self::Item(_) | Self::Search => "list",
        }
    }

    /// Where it is served.
    pub fn path(self) -> &'static str {
        match self {
            Self::Invite => "/partner.v1.PartnerService/InvitePartner",
            Self::Accept => "/partner.v1.PartnerService/AcceptPartnership",
            Self::Register | Self::RegisterIn(_) => "/partner.v1.AccountService/RegisterMember",
            Self::List => "/partner.v1.PartnerService/ListPartnerships",
            Self::Check => "/partner.v1.PartnerService/CheckPartnerAccess",
            Self::Item(_) => "/partner.v1.SharingService/CheckItemAccess",
            Self::Search => "/partner.v1.ProviderService/SearchProviders",
            Self::Echo => crate::raw::ECHO,
            Self::Put => "/etcdserverpb.KV/Put",
        }
    }

    /// The request that a number stands for.
    pub fn ask(self, number: i64) -> Asking {
        match self {
            Self::Invite => invite(number),
            Self::Accept => accept(number),
            Self::Register | Self::Echo => {
                register(1 + number % (world::SENDERS + world::RECIPIENTS), number)
            }
            Self::RegisterIn(account) => register(account, number),
            Self::List => list(number),
            Self::Check => check(number),
            Self::Item(among) => among.ask(number),
            Self::Search => crate::search::ask(number),
            Self::Put => put(number),
        }
    }

    /// Whether that is the answer expected.
    pub fn is_answer(self, answer: &[u8]) -> bool {
        match self {
            Self::Invite => pb::InvitePartnerResponse::decode(answer)
                .is_ok_and(|it| is_in(it.partnership, pb::PartnershipState::AwaitingApproval)),
            Self::Accept => pb::AcceptPartnershipResponse::decode(answer)
                .is_ok_and(|it| is_in(it.partnership, pb::PartnershipState::Active)),
            Self::Register | Self::RegisterIn(_) => pb::RegisterMemberResponse::decode(answer)
                .is_ok_and(|it| {
                    it.member.is_some_and(|one| one.state() == pb::MemberState::Active)
                }),
            Self::List => pb::ListPartnershipsResponse::decode(answer)
                .is_ok_and(|it| it.partnerships.len() == world::PARTNERS),
            Self::Check => {
                pb::CheckPartnerAccessResponse::decode(answer).is_ok_and(|it| it.allowed)
            }
            Self::Item(_) => pb::CheckItemAccessResponse::decode(answer).is_ok_and(|it| it.allowed),
            Self::Search => pb::SearchProvidersResponse::decode(answer)
                .is_ok_and(|it| !it.provider_profiles.is_empty()),
            Self::Echo => pb::RegisterMemberRequest::decode(answer)
                .is_ok_and(|it| it.member.is_some_and(|one| !one.email.is_empty())),
            Self::Put => !answer.is_empty(),
        }
    }

    /// What peers write: as many bytes as an event has.
    pub fn value() -> String {
        "x".repeat(VALUE_BYTES)
    }

    /// Why a call fails, in the service's words.
    pub async fn why(self, channel: Channel, number: i64) -> String {
        match self.once(channel, number).await {
            Ok(_) => format!("{}: not the answer expected", self.name()),
            Err(status) => format!("{}: {:?}: {}", self.name(), status.code(), status.message()),
        }
    }

    async fn once(self, channel: Channel, number: i64) -> Result<(), Status> {
        let Asking { member, body } = self.ask(number);
        let mut request = Request::new(Bytes::from(body));
        if let Some(member) = member {
            let member = member.parse().map_err(|_| Status::internal("no header value"))?;
            request.metadata_mut().insert("x-member-id", member);
        }
        let mut client = tonic::client::Grpc::new(channel);
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = http::uri::PathAndQuery::from_static(self.path());
        client.unary(request, path, Raw).await.map(|_| ())
    }
}

fn is_in(partnership: Option<pb::Partnership>, state: pb::PartnershipState) -> bool {
    partnership.is_some_and(|row| row.state() == state)
}

fn by_administrator(account: i64, body: &impl Message) -> Asking {
    Asking { member: Some(world::administrator(account)), body: body.encode_to_vec() }
}

fn invite(number: i64) -> Asking {
    let (sender, recipient) = world::pair(number);
    let body = pb::InvitePartnerRequest {
        account_id: world::id(sender),
        invitee_email: world::email(recipient),
        message: "Hello from us".to_owned(),
        ..Default::default()
    };
    by_administrator(sender, &body)
}

fn accept(number: i64) -> Asking {
    let (_, recipient) = world::pair(number);
    let body = pb::AcceptPartnershipRequest {
        account_id: world::id(recipient),
        partnership_id: world::invitation(number),
        ..Default::default()
    };
    by_administrator(recipient, &body)
}

fn register(account: i64, number: i64) -> Asking {
    let member = pb::Member {
        email: format!("person{number}@service.example"),
        display_name: "Person".to_owned(),
        profile: pb::MemberProfile::Observer.into(),
        ..Default::default()
    };
    let account_id = world::id(account);
    let body = pb::RegisterMemberRequest { account_id, member: Some(member), ..Default::default() };
    Asking { member: None, body: body.encode_to_vec() }
}

fn put(number: i64) -> Asking {
    let mut body = Vec::new();
    put_bytes(&mut body, 1, format!("m{number}").as_bytes());
    put_bytes(&mut body, 2, Call::value().as_bytes());
    Asking { member: None, body }
}

/// One viewer asks about another that is its partner; the operator asks, as internal services do.
fn check(number: i64) -> Asking {
    let (customer, distance) = (number % world::CHECKED_CUSTOMERS, 1 + number / 7 % 10);
    let partner = (customer + distance) % world::VIEWER_COUNT;
    let body = pb::CheckPartnerAccessRequest {
        customer_account_id: world::id(world::VIEWERS + customer),
        partner_account_id: world::id(world::VIEWERS + partner),
        permission: pb::Permission::Share.into(),
        ..Default::default()
    };
    Asking { member: None, body: body.encode_to_vec() }
}

fn list(number: i64) -> Asking {
    // a stride that shares no factor with their count visits all of them, in no order the database would like
    let viewer = world::VIEWERS + number * 167 % world::VIEWER_COUNT;
    let body = pb::ListPartnershipsRequest { account_id: world::id(viewer), ..Default::default() };
    by_administrator(viewer, &body)
}
