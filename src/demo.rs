//! `partner-service demo`: eight real organisations, loaded through the API, and grpcurl lines to try.
//!
//! Ids are made from names, so a second run finds everything there and changes nothing.

use crate::config::{DemoConfig, Output};
use crate::dial::{self, Dial, DialError};
use crate::grpc::pb::account_service_client::AccountServiceClient;
use crate::grpc::pb::{
    Account, CreateAccountRequest, Member, MemberProfile, RegisterMemberRequest,
};
use futures::{TryStreamExt, stream};
use serde::Deserialize;
use serde_json::json;
use std::io::Write;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use uuid::Uuid;

const ORGANIZATIONS: &str = include_str!("../tests/data/organizations.json");
const IN_FLIGHT: usize = 32;

/// Why the demo could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(
        "no service answers on {address} ({}); start one first, or say where with --address",
        cause(source)
    )]
    Unreachable { address: String, source: tonic::transport::Error },
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error(
        "the service asks for credentials; give an operator's token with --token or PARTNER_TOKEN"
    )]
    Unauthenticated(Status),
    #[error("the service refused: {} ({:?})", dial::cause(.0), .0.code())]
    Refused(Status),
    #[error("the built-in organisations cannot be read: {0}")]
    Data(#[from] serde_json::Error),
    #[error("the token cannot be sent as a header")]
    Token,
}

impl DemoError {
    /// Whether it is the command line or the environment that has to be put right.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Dial(_) | Self::Token)
    }

    /// What the service refused with, if it did.
    #[must_use]
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Unauthenticated(status) | Self::Refused(status) => Some(status),
            Self::Unreachable { .. } | Self::Dial(_) | Self::Data(_) | Self::Token => None,
        }
    }
}

impl From<Status> for DemoError {
    fn from(status: Status) -> Self {
        if status.code() == Code::Unauthenticated {
            Self::Unauthenticated(status)
        } else {
            Self::Refused(status)
        }
    }
}

/// tonic's own words are "transport error"; the reason is at the bottom.
fn cause(error: &tonic::transport::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
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
    let dial = Dial::to(config.address.as_deref(), &config.data_dir, &config.tls)?;
    let client = connect(&dial).await?;
    let (mut new, mut loaded) = (0, Vec::new());
    for organization in &organizations {
        let (people, made) = load(config, &client, organization).await?;
        new += made;
        let (name, id) = (&organization.name, organization.id());
        match config.output {
            Output::Text => say(format_args!("  {name:<20} {id}  {people:>5} people")),
            Output::Json => {
                loaded.push(json!({"name": name, "accountId": id, "people": people}));
            }
        }
    }
    if config.output == Output::Json {
        say(format_args!("{}", json!({"organizations": loaded, "newPeople": new})));
        return Ok(());
    }
    match new {
        0 => say(format_args!("All of them were here already; nothing changed.")),
        _ => say(format_args!(
            "{} organisations are loaded, {new} people new to this service.",
            organizations.len()
        )),
    }
    if let [a, b, ..] = organizations.as_slice() {
        try_next(config, &dial, a, b);
    }
    Ok(())
}

/// Prints a line; whoever closes the pipe early has read enough.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

async fn connect(dial: &Dial) -> Result<AccountServiceClient<Channel>, DemoError> {
    let unreachable = |source| DemoError::Unreachable { address: dial.address.clone(), source };
    Ok(AccountServiceClient::new(dial.connect().await.map_err(unreachable)?))
}

/// How many people there are, and how many of them are new.
async fn load(
    config: &DemoConfig,
    client: &AccountServiceClient<Channel>,
    organization: &Organization,
) -> Result<(usize, usize), DemoError> {
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
    Ok((registered.len(), registered.into_iter().filter(|new| *new).count()))
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
        let value = format!("Bearer {}", token.expose()).parse().map_err(|_| DemoError::Token)?;
        request.metadata_mut().insert("authorization", value);
    }
    Ok(request)
}

/// Lines that a shell takes as they are, in this order, again and again: the last one undoes the others.
fn try_next(config: &DemoConfig, dial: &Dial, a: &Organization, b: &Organization) {
    let Some(ann) = a.admins.first() else { return };
    // the organisations share people; two names tell the sides apart
    let Some(bo) = b.admins.iter().find(|admin| *admin != ann) else { return };
    let bearer =
        if config.token.is_some() { " -H \"authorization: Bearer $PARTNER_TOKEN\"" } else { "" };
    let grpcurl = match dial.is_tls() {
        true => config.tls.grpcurl(),
        false => "grpcurl -plaintext".to_owned(),
    };
    let address = dial.host();
    let call = |member: Uuid, rpc: &str, body: &str| {
        format!(
            "{grpcurl}{bearer} -H 'x-member-id: {member}' \\\n  -d '{body}' \\\n  {address} partner.v1.PartnerService/{rpc}"
        )
    };
    let (as_ann, as_bo) = (a.member_id(ann), b.member_id(bo));
    let (a_id, b_id) = (a.id(), b.id());
    let email = b.email(bo);
    let (a, b) = (&a.name, &b.name);
    let invite = call(
        as_ann,
        "InvitePartner",
        &format!(r#"{{"accountId":"{a_id}","inviteeEmail":"{email}","message":"Shall we?"}}"#),
    );
    let list = |member, account| {
        call(member, "ListPartnerships", &format!(r#"{{"accountId":"{account}"}}"#))
    };
    let on_it = |member, account, rpc| {
        call(member, rpc, &format!(r#"{{"accountId":"{account}","partnershipId":"'$id'"}}"#))
    };
    let seen_by_b = list(as_bo, b_id);
    let seen_by_a = list(as_ann, a_id);
    let accept = on_it(as_bo, b_id, "AcceptPartnership");
    let remove = on_it(as_ann, a_id, "DeletePartnership");
    say(format_args!("\nTry these with grpcurl: paste them into a shell, one after the other."));
    if config.token.is_some() {
        say(format_args!("They read the operator's token from the variable PARTNER_TOKEN."));
    }
    say(format_args!(
        r#"
# {ann} of {a} invites {bo} of {b}. The answer is the sender's view: AWAITING_APPROVAL, and what may be done now.
{invite}

# The other side sees the same partnership as PENDING, with who asks. Its id goes into $id for the lines below.
{seen_by_b}
id=$({seen_by_b} | sed -n 's/.*"id": "\(.*\)".*/\1/p' | head -n 1)

# {bo} accepts: ACTIVE, on both sides from this moment on.
{accept}

# {ann} sees the partner's account and name only now.
{seen_by_a}

# {ann} ends it: gone on both sides, and the first line works again.
{remove}"#
    ));
}
