//! The calls that are measured: each with a body of its own, each answer looked at.

use crate::world;
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use pb::partner_service_client::PartnerServiceClient;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// An RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Invite,
    Accept,
    Register,
    List,
}

impl Call {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invite => "InvitePartner",
            Self::Accept => "AcceptPartnership",
            Self::Register => "RegisterMember",
            Self::List => "ListPartnerships (20 rows)",
        }
    }

    /// The script of pgbench with the same statements.
    pub fn script(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Accept => "accept",
            Self::Register => "register",
            Self::List => "list",
        }
    }

    /// Makes the call that a number stands for; an answer that is not the one expected is an error too.
    pub async fn make(self, channel: &Channel, number: i64) -> Result<(), String> {
        let made = match self {
            Self::Invite => invite(channel, number).await,
            Self::Accept => accept(channel, number).await,
            Self::Register => register(channel, number).await,
            Self::List => list(channel, number).await,
        };
        match made {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("{}: not the answer expected", self.name())),
            Err(status) => {
                Err(format!("{}: {:?}: {}", self.name(), status.code(), status.message()))
            }
        }
    }
}

fn by_administrator<T>(account: i64, body: T) -> Result<Request<T>, Status> {
    let mut request = Request::new(body);
    let member =
        world::administrator(account).parse().map_err(|_| Status::internal("no header value"))?;
    request.metadata_mut().insert("x-member-id", member);
    Ok(request)
}

async fn invite(channel: &Channel, number: i64) -> Result<bool, Status> {
    let (sender, recipient) = world::pair(number);
    let body = pb::InvitePartnerRequest {
        account_id: world::id(sender),
        invitee_email: world::email(recipient),
        message: "Hello from us".to_owned(),
        ..Default::default()
    };
    let mut partners = PartnerServiceClient::new(channel.clone());
    let answer = partners.invite_partner(by_administrator(sender, body)?).await?.into_inner();
    Ok(answer.partnership.is_some_and(|row| row.state() == pb::PartnershipState::AwaitingApproval))
}

async fn accept(channel: &Channel, number: i64) -> Result<bool, Status> {
    let (_, recipient) = world::pair(number);
    let body = pb::AcceptPartnershipRequest {
        account_id: world::id(recipient),
        partnership_id: world::invitation(number),
        ..Default::default()
    };
    let mut partners = PartnerServiceClient::new(channel.clone());
    let answer =
        partners.accept_partnership(by_administrator(recipient, body)?).await?.into_inner();
    Ok(answer.partnership.is_some_and(|row| row.state() == pb::PartnershipState::Active))
}

async fn register(channel: &Channel, number: i64) -> Result<bool, Status> {
    let member = pb::Member {
        email: format!("person{number}@service.example"),
        display_name: "Person".to_owned(),
        profile: pb::MemberProfile::Observer.into(),
        ..Default::default()
    };
    let account_id = world::id(1 + number % (world::SENDERS + world::RECIPIENTS));
    let body = pb::RegisterMemberRequest { account_id, member: Some(member), ..Default::default() };
    let mut accounts = AccountServiceClient::new(channel.clone());
    let answer = accounts.register_member(body).await?.into_inner();
    Ok(answer.member.is_some_and(|member| member.state() == pb::MemberState::Active))
}

async fn list(channel: &Channel, number: i64) -> Result<bool, Status> {
    // a stride that shares no factor with their count visits all of them, in no order the database would like
    let viewer = world::VIEWERS + number * 167 % world::VIEWER_COUNT;
    let body = pb::ListPartnershipsRequest { account_id: world::id(viewer), ..Default::default() };
    let mut partners = PartnerServiceClient::new(channel.clone());
    let answer = partners.list_partnerships(by_administrator(viewer, body)?).await?.into_inner();
    Ok(answer.partnerships.len() == world::PARTNERS)
}
