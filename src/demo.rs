//! `partner-service demo`: eight real organisations, loaded through the API, and grpcurl lines to try.
//!
//! Ids are made from names, and every call has a request id: a second run changes nothing.

use crate::config::DemoConfig;
use crate::grpc::pb::account_service_client::AccountServiceClient;
use crate::grpc::pb::{
    Account, CreateAccountRequest, Member, MemberProfile, RegisterMemberRequest,
};
use futures::{TryStreamExt, stream};
use serde::Deserialize;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use uuid::Uuid;

const ORGANIZATIONS: &str = include_str!("../tests/data/organizations.json");
const IN_FLIGHT: usize = 32;

/// Why the demo could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("no service answers on {address}: start one with `partner-service` first ({source})")]
    Unreachable { address: String, source: tonic::transport::Error },
    #[error("{address} is not an address such as 127.0.0.1:50051")]
    Address { address: String },
    #[error("the service refused: {} ({:?})", .0.message(), .0.code())]
    Refused(#[from] Status),
    #[error("the built-in organisations cannot be read: {0}")]
    Data(#[from] serde_json::Error),
    #[error("the token cannot be sent as a header")]
    Token,
}

#[derive(Deserialize)]
struct Organizations {
    organizations: Vec<Organization>,
}

#[derive(Deserialize)]
struct Organization {
    name: String,
    display_name: Option<String>,
    admins: Vec<String>,
    members: Vec<String>,
}

impl Organization {
    fn id(&self) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_DNS, format!("{}.example", self.name).as_bytes())
    }

    fn email(&self, handle: &str) -> String {
        format!("{handle}@{}.example", self.name)
    }

    fn member_id(&self, handle: &str) -> Uuid {
        Uuid::new_v5(&self.id(), handle.as_bytes())
    }

    fn people(&self) -> impl Iterator<Item = (&String, MemberProfile)> {
        let admins = self.admins.iter().map(|handle| (handle, MemberProfile::Administrator));
        admins.chain(self.members.iter().map(|handle| (handle, MemberProfile::Observer)))
    }
}

/// Loads the organisations and prints what to try next.
///
/// # Errors
/// A service that cannot be reached or refuses.
pub async fn run(config: &DemoConfig) -> Result<(), DemoError> {
    let Organizations { organizations } = serde_json::from_str(ORGANIZATIONS)?;
    let address = address(config);
    let client = connect(&address).await?;
    let mut people = 0;
    for organization in &organizations {
        people += load(config, &client, organization).await?;
        println!("  {:<20} {}", organization.name, organization.id());
    }
    println!("{} organisations, {people} people new to this service.", organizations.len());
    if let [a, b, ..] = organizations.as_slice() {
        try_next(config, &address, a, b);
    }
    Ok(())
}

fn address(config: &DemoConfig) -> String {
    let told = || {
        std::fs::read_to_string(config.data_dir.join("listen"))
            .ok()
            .map(|line| line.trim().to_owned())
    };
    config.address.clone().or_else(told).unwrap_or_else(|| "127.0.0.1:50051".to_owned())
}

async fn connect(address: &str) -> Result<AccountServiceClient<Channel>, DemoError> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|_| DemoError::Address { address: address.to_owned() })?;
    let unreachable = |source| DemoError::Unreachable { address: address.to_owned(), source };
    Ok(AccountServiceClient::new(endpoint.connect().await.map_err(unreachable)?))
}

async fn load(
    config: &DemoConfig,
    client: &AccountServiceClient<Channel>,
    organization: &Organization,
) -> Result<usize, DemoError> {
    let id = organization.id().to_string();
    let account = Account {
        id: id.clone(),
        display_name: organization
            .display_name
            .clone()
            .unwrap_or_else(|| organization.name.clone()),
        ..Account::default()
    };
    let create = CreateAccountRequest { account: Some(account), ..CreateAccountRequest::default() };
    unless_there(client.clone().create_account(authorised(config, create)?).await)?;
    let registered: Vec<bool> = stream::iter(organization.people().map(Ok::<_, DemoError>))
        .map_ok(|(handle, profile)| {
            let (mut client, account_id) = (client.clone(), id.clone());
            async move {
                let member = Member {
                    id: organization.member_id(handle).to_string(),
                    email: organization.email(handle),
                    display_name: handle.clone(),
                    profile: profile.into(),
                    ..Member::default()
                };
                let register = RegisterMemberRequest {
                    account_id,
                    member: Some(member),
                    ..RegisterMemberRequest::default()
                };
                unless_there(client.register_member(authorised(config, register)?).await)
            }
        })
        .try_buffer_unordered(IN_FLIGHT)
        .try_collect()
        .await?;
    Ok(registered.into_iter().filter(|new| *new).count())
}

/// Whether the call made something; what is there already is as good.
fn unless_there<T>(answer: Result<T, Status>) -> Result<bool, DemoError> {
    match answer {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::AlreadyExists => Ok(false),
        Err(status) => Err(status.into()),
    }
}

fn authorised<T>(config: &DemoConfig, message: T) -> Result<Request<T>, DemoError> {
    let mut request = Request::new(message);
    if let Some(token) = &config.token {
        let value = format!("Bearer {token}").parse().map_err(|_| DemoError::Token)?;
        request.metadata_mut().insert("authorization", value);
    }
    Ok(request)
}

fn try_next(config: &DemoConfig, address: &str, a: &Organization, b: &Organization) {
    let (Some(ann), Some(bo)) = (a.admins.first(), b.admins.first()) else {
        return;
    };
    let bearer =
        if config.token.is_some() { " -H \"authorization: Bearer $PARTNER_TOKEN\"" } else { "" };
    let call = |member: Uuid, rpc: &str, body: &str| {
        println!(
            "grpcurl -plaintext{bearer} -H 'x-member-id: {member}' \\\n  -d '{body}' \\\n  {address} partner.v1.PartnerService/{rpc}\n"
        );
    };
    let (as_ann, as_bo) = (a.member_id(ann), b.member_id(bo));
    println!("\n# {ann} of {} invites {bo} of {}:", a.name, b.name);
    call(
        as_ann,
        "InvitePartner",
        &format!(
            r#"{{"accountId":"{}","inviteeEmail":"{}","message":"Shall we?"}}"#,
            a.id(),
            b.email(bo)
        ),
    );
    println!("# what {} sees; put the partnership's id into the line after:", b.name);
    call(as_bo, "ListPartnerships", &format!(r#"{{"accountId":"{}"}}"#, b.id()));
    call(
        as_bo,
        "AcceptPartnership",
        &format!(r#"{{"accountId":"{}","partnershipId":"<id>"}}"#, b.id()),
    );
}
