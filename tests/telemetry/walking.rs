//! A walk through everything the service does, with data that nobody could mistake: names, addresses, messages, passwords
//! and keys all hold `MARK`. Whatever the process tells of itself on the way is kept, to be looked through.

use crate::collector::Collector;
use crate::counting::get;
use crate::dynamic::{self, inputs, rpcs, set, text};
use crate::process::{Home, Process, until};
use crate::requests::{Ids, good};
use crate::support::database::TestDatabase;
use crate::support::letters::Letter;
use crate::support::sink::{Mood, Sink, Step};
use crate::support::world::Organization;
use crate::support::{Caller, Harness};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use partner_service::grpc::pb;
use prost_reflect::{DynamicMessage, Kind, MethodDescriptor};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tonic::transport::Channel;

pub const MARK: &str = "zzyzx";
const SIGNING: &str = "zzyzx signs with more than 32 bytes";
const LINKS: &str = "https://partners.example/i";
const PATIENCE: Duration = Duration::from_secs(30);
/// Everything of ours; of others, what tells of statements and letters.
const FILTER: &str =
    "info,partner_service=trace,sea_orm=trace,sqlx=debug,lettre=trace,async_nats=debug";
/// What ends what others work with comes last.
const LAST: [&str; 5] =
    ["DeactivateMember", "RemoveMember", "SuspendAccount", "CloseAccount", "MoveMember"];

/// What the process told of itself, and to whom it refused what.
pub struct Told {
    pub lines: String,
    pub metrics: String,
    pub spans: String,
    pub refusals: Vec<String>,
    /// What must be nowhere, besides the mark.
    pub secrets: Vec<String>,
    /// Calls made, and letters that arrived.
    pub calls: usize,
    pub letters: usize,
}

struct Walk {
    /// Gone when dropped.
    _database: TestDatabase,
    home: Home,
    process: Process,
    sink: Sink,
    collector: Collector,
    told: Told,
}

/// Walks.
pub async fn walk() -> Told {
    let mut walk = Walk::begin().await;
    let world = walk.settle().await;
    walk.fails_a_letter(&world).await;
    walk.calls_everything(&world).await;
    walk.crashes().await;
    walk.end().await
}

/// Files of secrets, and the flags that name them.
fn flags(folder: &Path, sink: &Sink) -> Vec<String> {
    let file = |name: &str, content: &str| {
        let path = folder.join(name);
        fs::write(&path, content).expect("a file");
        path.display().to_string()
    };
    let pairs = [
        ("--auth", "jwt".to_owned()),
        ("--jwt-key-file", file("jwt-key", SIGNING)),
        ("--secret-key-file", file("secret-key", "zzyzx keeps links with 32 bytes and more")),
        ("--smtp-url", sink.url()),
        ("--smtp-username", "partners".to_owned()),
        ("--smtp-password-file", file("smtp-password", "zzyzx-smtp")),
        ("--doorbell-file", file("doorbell", "nats://partner:zzyzx@127.0.0.1:1")),
        ("--mail-from", "Partners <partners@partners.example>".to_owned()),
        ("--link-base-url", LINKS.to_owned()),
        ("--log-format", "json".to_owned()),
    ];
    pairs.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect()
}

fn token(sub: &str, is_operator: bool) -> String {
    let mut claims = json!({"iss": "partner-service", "aud": "partner-service", "sub": sub,
        "exp": get_current_timestamp() + 3_600});
    if is_operator {
        claims["scope"] = json!("partner.operator");
    }
    let key = EncodingKey::from_secret(SIGNING.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a token")
}

/// Organisations, and ids of what they have with each other.
struct World {
    ann: Organization,
    stranger: Organization,
    operator: String,
    ids: Ids,
    secret: String,
}

impl Walk {
    async fn begin() -> Self {
        let database = TestDatabase::empty().await;
        let (home, sink) = (Home::new(&with_password(&database.url)), Sink::start().await);
        let collector = Collector::start("http/protobuf").await;
        let process = serve(&home, &sink, &collector).await;
        let secrets = [SIGNING, "zzyzx-smtp"].map(str::to_owned).to_vec();
        let told = Told {
            lines: String::new(),
            metrics: String::new(),
            spans: String::new(),
            refusals: Vec::new(),
            secrets,
            calls: 0,
            letters: 0,
        };
        Self { _database: database, home, process, sink, collector, told }
    }

    fn channel(&self) -> Channel {
        self.process.channel()
    }

    fn caller(&mut self, token: &str) -> Caller {
        // neither whole nor by its last part
        let signature = token.rsplit('.').next().expect("a part").to_owned();
        self.told.secrets.extend([token.to_owned(), signature]);
        Harness::over(&self.channel(), &bearer(token))
    }

    async fn organization(&mut self, name: &str) -> Organization {
        let mut operator = self.caller(&token("zzyzx-directory", true)).accounts;
        let account = pb::Account { display_name: format!("Zzyzx {name}"), ..Default::default() };
        let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
        let account = operator.create_account(request).await.unwrap().into_inner().account.unwrap();
        let member = pb::Member {
            email: format!("{name}.zzyzx@{name}.example"),
            display_name: format!("{name} Zzyzx"),
            phone: "+31 20 zzyzx".to_owned(),
            title: "Head of zzyzx".to_owned(),
            profile: pb::MemberProfile::Administrator.into(),
            ..Default::default()
        };
        let request = pb::RegisterMemberRequest {
            account_id: account.id.clone(),
            member: Some(member),
            ..Default::default()
        };
        let boss = operator.register_member(request).await.unwrap().into_inner().member.unwrap();
        let by = self.caller(&token(&boss.id, false));
        Organization { id: account.id, name: name.to_owned(), boss, by }
    }

    /// Partners, a guest, a provider, a shared file; and somebody invited, whose letter arrives.
    async fn settle(&mut self) -> World {
        let (ann, bo) = (self.organization("ann").await, self.organization("bo").await);
        let (cy, stranger) = (self.organization("cy").await, self.organization("dee").await);
        cy.publishes("Zzyzx provides").await;
        ann.joins(&bo).await;
        let pending = pb::InvitePartnerRequest {
            account_id: ann.id.clone(),
            invitee_email: "otto.zzyzx@nowhere.example".to_owned(),
            message: "Dear zzyzx, shall we?".to_owned(),
            ..Default::default()
        };
        let mut by = ann.by.clone().partners;
        let pending = by.invite_partner(pending).await.unwrap().into_inner().partnership.unwrap();
        let ids = Ids {
            account: ann.id.clone(),
            partnership: pending.id,
            member: ann.boss.id.clone(),
            contact: ann.types_in("guest.zzyzx@else.example").await.unwrap().id,
            target: cy.id.clone(),
            provider: cy.id.clone(),
            shared_item: ann.shares_file(&bo, "zzyzx.pdf").await.id,
            partner: bo.id.clone(),
            reached: bo.boss.id.clone(),
        };
        ann.shares_details(&bo).await;
        // of a file that the generated requests name, too
        ann.shares_file(&bo, "plan.pdf").await;
        let found = async {
            loop {
                let letters = self.sink.received();
                let secrets = letters.iter().map(|it| Letter::read(&it.bytes).secret(LINKS));
                if let Some(secret) = secrets.flatten().find(|secret| !secret.is_empty()) {
                    break secret;
                }
                self.sink.has(letters.len() + 1).await;
            }
        };
        let secret = tokio::time::timeout(PATIENCE, found).await.expect("the letter arrives");
        self.told.secrets.push(secret.clone());
        World { ann, stranger, operator: token("zzyzx-directory", true), ids, secret }
    }

    /// A mail server repeats the address in what it says; a log line does not.
    async fn fails_a_letter(&mut self, world: &World) {
        const NO: &str = "550 5.1.1 <nobody.zzyzx@nowhere.example> is no mailbox of ours";
        self.sink.becomes(Step::To, Mood::Answers(NO));
        world.ann.invites("nobody.zzyzx@nowhere.example").await.expect("an invitation");
        let refused = "a letter was refused for good";
        until("that is told", PATIENCE, || self.process.said().contains(refused).then_some(()))
            .await;
        self.sink.calms_down();
    }

    /// Every RPC, good and bad, by everybody.
    async fn calls_everything(&mut self, world: &World) {
        let channel = self.channel();
        let (own, strangers) =
            (token(&world.ann.boss.id, false), token(&world.stranger.boss.id, false));
        self.told.secrets.extend([own.clone(), strangers.clone(), world.operator.clone()]);
        let callers = [
            bearer(&own),
            bearer(&strangers),
            bearer("zzyzx.zzyzx.zzyzx"),
            Vec::new(),
            bearer(&world.operator),
        ];
        let mut all = rpcs();
        all.sort_by_key(|rpc| LAST.contains(&rpc.name()));
        for rpc in &all {
            for caller in &callers {
                for request in requests(rpc, world) {
                    let answer = dynamic::call(&channel, rpc, request, caller).await;
                    self.told.calls += 1;
                    if let Err(status) = answer {
                        let details = String::from_utf8_lossy(status.details()).into_owned();
                        let said = format!("{}: {} {details}", rpc.name(), status.message());
                        self.told.refusals.push(said);
                    }
                }
            }
        }
        self.told.metrics += &get(&self.home, "/metrics").await.1;
    }

    /// Killed with letters on their way, and started again.
    async fn crashes(&mut self) {
        self.sink.becomes(Step::Message, Mood::Drops);
        let ann = self.organization("eve").await;
        ann.invites("last.zzyzx@nowhere.example").await.expect("an invitation");
        let again = "a letter has to wait";
        until("a letter fails", PATIENCE, || self.process.said().contains(again).then_some(()))
            .await;
        self.told.lines += &self.process.said();
        let next = Home::new(&self.home.database_url);
        let old = std::mem::replace(&mut self.home, next);
        // SQLite's lock has to be free
        let channel = self.process.channel();
        drop(channel);
        self.process.signal("KILL");
        self.process.ended(PATIENCE).await;
        drop(old);
        self.sink.calms_down();
        self.process = serve(&self.home, &self.sink, &self.collector).await;
        self.organization("fay").await;
    }

    async fn end(mut self) -> Told {
        self.told.metrics += &get(&self.home, "/metrics").await.1;
        self.process.terminate();
        let (status, _) = self.process.ended(PATIENCE).await;
        self.told.lines += &self.process.said();
        assert_eq!(status.code(), Some(0), "{}", self.told.lines);
        self.told.spans = self.collector.heard();
        self.told.letters = self.sink.received().len();
        self.told
    }
}

async fn serve(home: &Home, sink: &Sink, collector: &Collector) -> Process {
    let flags = flags(home.folder.path(), sink);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let variables = [
        ("RUST_LOG", FILTER),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.endpoint),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic zzyzx"),
    ];
    Process::start_in(home, &flags, &variables).await.expect("the service starts")
}

/// The URL with a password, where it has a user and none: the tests' PostgreSQL asks for none.
fn with_password(url: &str) -> String {
    match url.split_once('@') {
        Some((user, place)) if user.matches(':').count() == 1 => format!("{user}:{MARK}@{place}"),
        _ => url.to_owned(),
    }
}

fn bearer(token: &str) -> Vec<(&'static str, String)> {
    vec![("authorization", format!("Bearer {token}"))]
}

/// As it should be, and with every text spoilt.
fn requests(rpc: &MethodDescriptor, world: &World) -> [DynamicMessage; 2] {
    let (_, mut request) = good(rpc, &world.ids, false);
    let mut spoilt = request.clone();
    for (path, field) in inputs(&rpc.input()) {
        if field.kind() == Kind::String && !field.is_list() {
            set(&mut spoilt, &path, text("zzyzx\u{1}@"));
        }
    }
    if rpc.name() == "LookupInvitation" {
        set(&mut request, "secret", text(&world.secret));
    }
    [request, spoilt]
}
