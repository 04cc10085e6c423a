//! What belongs to others answers as if it did not exist (D1, D4): for every RPC of the descriptors and every id that its
//! request can name, somebody else's id and one that nobody has get the same answer, apart from the id itself.

use crate::dynamic::{self, POOL, get, has, inputs, rpcs, set, text};
use crate::requests::{Ids, Who, good};
use crate::support::refusal::Refusal;
use crate::support::{Harness, NOON};
use partner_service::grpc::pb::MemberProfile;
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, MethodDescriptor, ReflectMessage, Value};
use tonic::{Code, Response, Status};
use uuid::Uuid;

const SAME_CALL: &str = "the-same-call";

/// What a caller can compare: everything of an answer but the id asked for.
#[derive(Debug, PartialEq)]
struct Seen {
    code: Code,
    message: String,
    /// Type and content of each detail in order; maps are sorted, since they have no order on the wire.
    details: Vec<String>,
    headers: Vec<String>,
    body: String,
}

impl Seen {
    /// Taken from an answer, with `id` struck out, and what every successful change moves on.
    fn of(answer: &Result<Response<DynamicMessage>, Status>, id: &str) -> Self {
        let without_id = |raw: String| raw.replace(id, "<id>");
        let shown = |headers: &tonic::metadata::MetadataMap| {
            let headers = headers.clone().into_headers();
            let mut lines: Vec<String> = headers
                .iter()
                // the date may tick between two calls; the details follow in full
                .filter(|(name, _)| !["date", "grpc-status-details-bin"].contains(&name.as_str()))
                .map(|(name, value)| {
                    without_id(format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
                })
                .collect();
            lines.sort();
            lines
        };
        match answer {
            Ok(response) => {
                let mut body = response.get_ref().clone();
                for moving in ["position", "preferences.etag"] {
                    let (first, _) = moving.split_once('.').unwrap_or((moving, ""));
                    if has(&body.descriptor(), first) {
                        dynamic::clear(&mut body, moving);
                    }
                }
                let (message, details) = (String::new(), Vec::new());
                let headers = shown(response.metadata());
                Self {
                    code: Code::Ok,
                    message,
                    details,
                    headers,
                    body: without_id(format!("{body:?}")),
                }
            }
            Err(status) => Self {
                code: status.code(),
                message: without_id(status.message().to_owned()),
                details: details(status).into_iter().map(without_id).collect(),
                headers: shown(status.metadata()),
                body: String::new(),
            },
        }
    }
}

fn details(status: &Status) -> Vec<String> {
    let whole =
        tonic_types::Status::decode(status.details()).expect("details are a google.rpc.Status");
    assert_eq!((whole.code, whole.message.as_str()), (status.code() as i32, status.message()));
    let sorted = |detail: prost_types::Any| {
        if detail.type_url.ends_with("google.rpc.ErrorInfo") {
            let info =
                tonic_types::pb::ErrorInfo::decode(detail.value.as_slice()).expect("an ErrorInfo");
            let metadata: std::collections::BTreeMap<_, _> = info.metadata.iter().collect();
            return format!("{} {} {} {metadata:?}", detail.type_url, info.domain, info.reason);
        }
        format!("{} {}", detail.type_url, String::from_utf8_lossy(&detail.value))
    };
    whole.details.into_iter().map(sorted).collect()
}

/// The paths of the ids of a request, the one of the account acted for apart; lists of ids are told by `true`.
fn ids_in(rpc: &MethodDescriptor) -> Vec<(String, bool)> {
    let named_id = |path: &str| {
        let last = path.rsplit('.').next().unwrap_or(path);
        last == "id" || last.ends_with("_id") || last.ends_with("_ids")
    };
    inputs(&rpc.input())
        .into_iter()
        .filter(|(path, field)| field.kind() == Kind::String && named_id(path))
        .filter(|(path, _)| !["account_id", "request_id", "external_id"].contains(&&**path))
        .map(|(path, field)| (path, field.is_list()))
        .collect()
}

/// Ids that only narrow a list, or that are kept without being looked up, answer with a success.
const ASKED_OF_NOBODY: &[(&str, &str)] = &[
    ("ListPartnerships", "partner_account_id"),
    ("ListContacts", "partner_account_id"),
    ("ListAuditEntries", "partnership_id"),
    ("UpdatePartnerPreferences", "preferences.blocked_account_ids"),
    ("CheckPartnerAccess", "partner_account_id"),
    ("CheckPartnerAccess", "purchases_of_account_id"),
    ("ListSharedItems", "partner_account_id"),
    ("CheckItemAccess", "member_id"),
];

/// Ids of accounts that must be partners: a stranger's is refused as nobody's is, by that name.
const MUST_BE_PARTNERS: &[(&str, &str)] = &[
    ("SetPurchaseVisibility", "viewer_account_id"),
    ("SetPurchaseVisibility", "purchases_of_account_id"),
    ("ShareItem", "partner_account_id"),
];

struct World {
    harness: Harness,
    /// The caller's own.
    own: Ids,
    manager: String,
    observer: String,
    /// Another account's, with a partnership that it and a third have.
    foreign: Ids,
    /// What was written to them.
    mail: String,
}

impl World {
    async fn new() -> Self {
        let harness = Harness::start().await;
        let (bo, cy, between_others) = harness.partners("bo", "cy").await;
        let ann = harness.organization("ann").await;
        let observer =
            harness.register(&ann.id, "eye@ann.example", MemberProfile::Observer).await.unwrap();
        cy.publishes("Cy's").await;
        let dee = harness.organization("dee").await;
        ann.joins(&dee).await;
        let mine = ann.invites("somebody@nowhere.example").await.unwrap();
        let own = Ids {
            account: ann.id.clone(),
            partnership: mine.id,
            member: ann.boss.id.clone(),
            contact: ann.types_in("known@else.example").await.unwrap().id,
            target: cy.id.clone(),
            provider: cy.id.clone(),
            shared_item: ann.shares_file(&dee, "plan.pdf").await.id,
            partner: dee.id.clone(),
            reached: dee.boss.id.clone(),
        };
        let foreign = Ids {
            account: bo.id.clone(),
            partnership: between_others,
            member: bo.boss.id.clone(),
            contact: bo.types_in("known@else.example").await.unwrap().id,
            target: cy.id.clone(),
            shared_item: bo.shares_file(&cy, "plan.pdf").await.id,
            partner: cy.id.clone(),
            reached: cy.boss.id.clone(),
            provider: cy.id,
        };
        let mail = harness.outbox().await[0].id.to_string();
        Self { harness, own, manager: ann.boss.id, observer: observer.id, foreign, mail }
    }

    async fn ask(
        &self,
        caller: &str,
        rpc: &MethodDescriptor,
        request: DynamicMessage,
    ) -> Result<Response<DynamicMessage>, Status> {
        let metadata = [("x-member-id", caller.to_owned()), ("x-request-id", SAME_CALL.to_owned())];
        dynamic::call(&self.harness.channel, rpc, request, &metadata).await
    }

    /// Asks with the foreign id at `path` and with one that nobody has; both answers must look the same.
    async fn compare(
        &self,
        caller: &str,
        rpc: &MethodDescriptor,
        request: &DynamicMessage,
        (path, is_list): (&str, bool),
        foreign: &str,
    ) -> Result<Response<DynamicMessage>, Status> {
        let value = |id: &str| if is_list { Value::List(vec![text(id)]) } else { text(id) };
        let (mut theirs, mut nobodys) = (request.clone(), request.clone());
        let random = Uuid::now_v7().to_string();
        set(&mut theirs, path, value(foreign));
        set(&mut nobodys, path, value(&random));
        let (theirs, nobodys) =
            (self.ask(caller, rpc, theirs).await, self.ask(caller, rpc, nobodys).await);
        assert_eq!(
            Seen::of(&theirs, foreign),
            Seen::of(&nobodys, &random),
            "{} tells a foreign {path} from an unknown one",
            rpc.name()
        );
        theirs
    }
}

fn reason(answer: Result<Response<DynamicMessage>, Status>) -> (Code, String) {
    let refusal = Refusal::of(&answer.expect_err("the call should have been refused"));
    (refusal.code, refusal.reason)
}

fn expected(who: Who) -> (Code, String) {
    match who {
        Who::Operator => (Code::PermissionDenied, "OPERATOR_REQUIRED".to_owned()),
        Who::Members => (Code::NotFound, "RESOURCE_NOT_FOUND".to_owned()),
    }
}

/// As it stands, and as a dry run where there is one (I16).
fn both_ways(rpc: &MethodDescriptor, ids: &Ids) -> Vec<(Who, DynamicMessage)> {
    let dry: &[bool] = if has(&rpc.input(), "validate_only") { &[false, true] } else { &[false] };
    dry.iter().map(|dry| good(rpc, ids, *dry)).collect()
}

#[tokio::test]
async fn d1_every_rpc_answers_for_a_foreign_account_as_for_one_that_is_not_there() {
    let world = World::new().await;
    for rpc in rpcs().iter().filter(|rpc| has(&rpc.input(), "account_id")) {
        for caller in [&world.manager, &world.observer] {
            for (who, request) in both_ways(rpc, &world.foreign) {
                let at = ("account_id", false);
                let answer = world.compare(caller, rpc, &request, at, &world.foreign.account).await;
                assert_eq!(reason(answer), expected(who), "{}", rpc.name());
            }
        }
    }
}

#[tokio::test]
async fn d1_d4_every_rpc_answers_for_a_foreign_id_as_for_one_that_nobody_has() {
    let world = World::new().await;
    let before = world.foreign_partnership().await;
    for rpc in &rpcs() {
        for (path, is_list) in ids_in(rpc) {
            for (who, request) in both_ways(rpc, &world.own) {
                let foreign = world.foreign_id(&path);
                let answer =
                    world.compare(&world.manager, rpc, &request, (&path, is_list), foreign).await;
                if MUST_BE_PARTNERS.contains(&(rpc.name(), path.as_str())) {
                    assert_eq!(reason(answer).1, "PARTNERSHIP_REQUIRED", "{} {path}", rpc.name());
                } else if ASKED_OF_NOBODY.contains(&(rpc.name(), path.as_str())) {
                    assert!(
                        answer.is_ok(),
                        "{} refuses a {path} that it need not look up: {answer:?}",
                        rpc.name()
                    );
                } else {
                    assert_eq!(reason(answer), expected(who), "{} {path}", rpc.name());
                }
            }
        }
    }
    assert_eq!(world.foreign_partnership().await, before, "something of the others' changed");
}

#[tokio::test]
async fn m2_rpcs_for_operators_refuse_members_of_every_account() {
    let world = World::new().await;
    for rpc in &rpcs() {
        for (who, request) in both_ways(rpc, &world.own) {
            if who == Who::Operator {
                let answer = world.ask(&world.manager, rpc, request).await;
                assert_eq!(reason(answer), expected(who), "{}", rpc.name());
            }
        }
    }
}

#[tokio::test]
async fn d4_deleting_what_is_foreign_with_allow_missing_is_the_same_success_as_for_what_is_missing()
{
    let world = World::new().await;
    let rpc = POOL.get_service_by_name("partner.v1.PartnerService").unwrap();
    let rpc = rpc.methods().find(|rpc| rpc.name() == "DeletePartnership").unwrap();
    let before = world.foreign_partnership().await;
    for (_, mut request) in both_ways(&rpc, &world.own) {
        set(&mut request, "allow_missing", Value::Bool(true));
        let at = ("partnership_id", false);
        let answer =
            world.compare(&world.manager, &rpc, &request, at, &world.foreign.partnership).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
    assert_eq!(world.foreign_partnership().await, before, "something of the others' changed");
}

impl World {
    fn foreign_id(&self, path: &str) -> &str {
        match path {
            "partnership_id" => &self.foreign.partnership,
            "member_id" | "member.id" => &self.foreign.member,
            "contact_id" => &self.foreign.contact,
            "shared_item_id" => &self.foreign.shared_item,
            "mail_id" => &self.mail,
            "account.id"
            | "partner_account_id"
            | "customer_account_id"
            | "owner_account_id"
            | "viewer_account_id"
            | "purchases_of_account_id"
            | "target_account_id"
            | "provider_account_id"
            | "provider_account_ids"
            | "preferences.blocked_account_ids" => &self.foreign.account,
            other => panic!("say in tests/api/tenancy.rs whose id {other} is"),
        }
    }

    /// The others' partnership as the operator sees it on their side.
    async fn foreign_partnership(&self) -> String {
        assert_eq!(self.harness.clock.now(), NOON);
        let service = POOL.get_service_by_name("partner.v1.PartnerService").unwrap();
        let rpc = service.methods().find(|rpc| rpc.name() == "GetPartnership").unwrap();
        let (_, request) = good(&rpc, &self.foreign, false);
        let answer = dynamic::call(&self.harness.channel, &rpc, request, &[]).await.unwrap();
        format!("{:?}", get(answer.get_ref(), "partnership"))
    }
}
