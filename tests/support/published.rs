//! What the protos publish about refusals, read from their comments: every reason with its code, what it means and its
//! metadata; and the reasons that each RPC can give.

use super::discreet::assert_discreet;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use partner_service::grpc::pb::DESCRIPTORS;
use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorProto;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use tonic::Status;
use tonic::service::Routes;
use tonic_types::{ErrorInfo, StatusExt};

const FILE: &str = "partner/v1/error_reason.proto";
const PREFIX: &str = "ERROR_REASON_";
/// Where an RPC's comment begins to list its reasons, the enumeration's those of every call, and a reason's its metadata.
const FAILS: &str = "Fails with ";
const EVERY_CALL: &str = "Reasons every call can give: ";
const METADATA: &str = " Metadata: ";
/// What a comment says that excepts these.
const APART: &str = "those about credentials, members and accounts apart";
const ABOUT_CALLERS: [&str; 5] = [
    "CREDENTIALS_MISSING",
    "CREDENTIALS_INVALID",
    "MEMBER_NOT_ACTIVE",
    "ACCOUNT_NOT_ACTIVE",
    "NOT_YET_THERE",
];
/// Metadata that its owner has published.
const FOR_ALL: &str = "contact_email";
/// Where names end that are always there.
const PERHAPS: &str = "perhaps ";

/// Everything that is published.
pub static PUBLISHED: LazyLock<Published> = LazyLock::new(Published::read);

pub struct Published {
    /// In the order of the enumeration.
    pub reasons: Vec<Reason>,
    /// What an RPC may give besides what it lists.
    pub of_every_call: BTreeSet<String>,
    pub rpcs: Vec<Rpc>,
}

/// A reason, without the enumeration's prefix.
pub struct Reason {
    pub name: String,
    pub code: String,
    /// What it means and what to do about it.
    pub text: String,
    pub always: Vec<String>,
    pub perhaps: Vec<String>,
    /// The names of both, as the comment has them.
    pub metadata: String,
}

/// An RPC and what it lists.
pub struct Rpc {
    /// As in a call: `/partner.v1.PartnerService/InvitePartner`.
    pub path: String,
    pub name: String,
    pub listed: BTreeSet<String>,
    /// It looks at no credentials.
    is_open_to_all: bool,
}

impl Published {
    fn read() -> Self {
        let pool = DescriptorPool::decode(DESCRIPTORS).expect("the descriptors are whole");
        let file = pool.get_file_by_name(FILE).expect("the file of reasons");
        let file = file.file_descriptor_proto();
        let comments = comments(file);
        // paths in a descriptor: the first enumeration (5) of a file, its values (2)
        let of_every_call = &comments[&vec![5, 0]];
        let (_, of_every_call) = of_every_call.split_once(EVERY_CALL).expect("the list of those");
        let of_every_call = of_every_call.split_once(". ").map_or(of_every_call, |(list, _)| list);
        let values = file.enum_type[0].value.iter().enumerate().skip(1);
        let reasons: Vec<Reason> = values
            .map(|(index, value)| {
                Reason::read(value.name(), &comments[&vec![5, 0, 2, number(index)]])
            })
            .collect();
        let names: BTreeSet<&str> = reasons.iter().map(|reason| reason.name.as_str()).collect();
        let of_every_call = named(of_every_call, &names);
        let files = pool.files().filter(|file| file.package_name() == "partner.v1");
        let rpcs = files.flat_map(|file| rpcs(file.file_descriptor_proto(), &names)).collect();
        Self { reasons, of_every_call, rpcs }
    }

    /// Whether the protos say that this RPC can give this reason.
    pub fn allows(&self, path: &str, reason: &str) -> bool {
        let Some(rpc) = self.rpcs.iter().find(|rpc| rpc.path == path) else { return false };
        let of_every_call = self.of_every_call.contains(reason)
            && !(rpc.is_open_to_all && ABOUT_CALLERS.contains(&reason));
        of_every_call || rpc.listed.contains(reason)
    }
}

impl Reason {
    fn read(name: &str, comment: &str) -> Self {
        let name = name.strip_prefix(PREFIX).expect("values carry the enumeration's prefix");
        let (code, said) = comment.split_once(". ").expect("the code is a sentence of its own");
        let (text, metadata) = said.split_once(METADATA).unwrap_or((said, ""));
        let metadata = metadata.trim_end_matches('.');
        let (always, perhaps) = metadata.split_once(PERHAPS).unwrap_or((metadata, ""));
        Self {
            name: name.to_owned(),
            code: code.to_owned(),
            text: text.to_owned(),
            always: quoted(always),
            perhaps: quoted(perhaps),
            metadata: metadata.to_owned(),
        }
    }
}

fn rpcs(file: &FileDescriptorProto, names: &BTreeSet<&str>) -> Vec<Rpc> {
    let comments = comments(file);
    let services = file.service.iter().enumerate();
    let methods = services.flat_map(|(service_index, service)| {
        service.method.iter().enumerate().map(move |(index, method)| {
            (service.name(), method.name(), vec![6, number(service_index), 2, number(index)])
        })
    });
    methods
        .map(|(service, method, place)| {
            let comment = &comments[&place];
            let (_, list) =
                comment.split_once(FAILS).unwrap_or_else(|| panic!("{method}: {FAILS}.."));
            Rpc {
                path: format!("/partner.v1.{service}/{method}"),
                name: method.to_owned(),
                listed: named(list, names),
                is_open_to_all: list.contains(APART),
            }
        })
        .collect()
}

/// The comment above each place, as one line.
fn comments(file: &FileDescriptorProto) -> BTreeMap<Vec<i32>, String> {
    let source = file.source_code_info.as_ref().expect("source info is kept");
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    source
        .location
        .iter()
        .map(|place| (place.path.clone(), one_line(place.leading_comments())))
        .collect()
}

/// The reasons among the words of a text.
fn named(text: &str, names: &BTreeSet<&str>) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    words.filter(|word| names.contains(word)).map(str::to_owned).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn number(index: usize) -> i32 {
    i32::try_from(index).expect("few of them")
}

/// The service, each of whose refusals has to be one that its RPC's comment lists, and to tell nobody's address.
pub fn checked(routes: Routes) -> Routes {
    routes.into_axum_router().layer(from_fn(check)).into()
}

async fn check(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let refusal = Status::from_header_map(response.headers());
    if let Some(refusal) = refusal.filter(|_| path.starts_with("/partner.v1."))
        && let Some(info) = refusal.get_details_error_info()
    {
        let ErrorInfo { reason, metadata, .. } = info;
        assert!(
            PUBLISHED.allows(&path, &reason),
            "{path} gave {reason}, which its comment does not list"
        );
        let told = metadata.iter().filter(|(name, _)| *name != FOR_ALL);
        let told = told.map(|(_, value)| value.as_str());
        let bad = refusal.get_details_bad_request().map(|bad| bad.field_violations);
        let bad = bad.iter().flatten().map(|violation| violation.description.as_str());
        let told: Vec<&str> = [refusal.message()].into_iter().chain(told).chain(bad).collect();
        assert_discreet(&format!("refusals of {path}"), &told.join("\n"));
    }
    response
}
