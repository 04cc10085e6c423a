//! Clients that others would write: for each language a small program under `tests/clients/`, built with stubs of its own
//! (`tests/support/client`) and run against the real binary. Whatever the language, it has to print the same.

use super::gateway::{Fate, Gateway};
use super::pages;
use super::service::{Service, lines_of, url};
use super::shell::{Folder, finish, finish_within};
use super::support::database::TestDatabase;
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::Receiver;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
/// A first build compiles all that a client depends on.
const PATIENCE_WITH_BUILDS: Duration = Duration::from_secs(1_200);
const RETRY_DELAY: Duration = Duration::from_millis(400);

const PARTNERS: &str = "\
created Aurora Proofs
created Borealis Print
Ann sees bo@borealis.example: AWAITING_APPROVAL, may DELETE RESEND
invited again: it is the same partnership
Bo sees Aurora Proofs: PENDING, may ACCEPT REJECT DELETE
Ann sees Borealis Print: ACTIVE, may DELETE
partners as of position 8
";

/// A snapshot as of it has Bo.
const PARTNERS_SINCE: &str = "8";

const REFUSALS: &str = "\
created Aurora Proofs
created Borealis Print
INVALID_ARGUMENT FIELD_INVALID
  field invitee_email must have the form name@domain
  field message must have at most 1000 characters
PERMISSION_DENIED MANAGE_PARTNERS_REQUIRED
ALREADY_EXISTS DUPLICATE_INVITATION
  partnership_id = <id 1>
RESOURCE_EXHAUSTED RESEND_TOO_SOON
  worth another try within 60 min
FAILED_PRECONDITION REINVITE_BLOCKED
  blocking_partnership_id = <id 1>
  must_delete = BOTH
  violated REINVITE_BLOCKED
NOT_FOUND RESOURCE_NOT_FOUND
  resource_id = aaaaaaaa-0000-4000-8000-000000000000
  resource_type = partnership
";

const WATCHED: &str = "\
snapshot
contact Bo
synced
MEMBER_ADDED Di
stopped; while nobody watches, Ed is registered
MEMBER_ADDED Ed
MEMBER_ADDED Di, which is known
MEMBER_ADDED Ed, which is known
MEMBER_ADDED Flo
holds Bo SYNCED, Di SYNCED, Ed SYNCED, Flo SYNCED
";

const SNAPSHOT: &str = "snapshot\ncontact Bo\nsynced\n";

const PAGES: &str = "\
PARTNER_ACTIVATED
MEMBER_ADDED Di
MEMBER_ADDED Ed
later, from the token of the last page
MEMBER_ADDED Flo
";

const TOKENS: &str = "\
UNAUTHENTICATED CREDENTIALS_MISSING
Bo sees Aurora Proofs: ACTIVE, may DELETE
PERMISSION_DENIED OPERATOR_REQUIRED
";

macro_rules! clients {
    ($($language:ident)*) => {$(
        mod $language {
            static LANGUAGE: super::Language = super::Language::new(stringify!($language));

            #[tokio::test]
            async fn invites_and_accepts() {
                super::invites_and_accepts(&LANGUAGE).await;
            }

            #[tokio::test]
            async fn reads_every_detail_of_a_refusal() {
                super::reads_every_detail_of_a_refusal(&LANGUAGE).await;
            }

            #[tokio::test]
            async fn resumes_where_it_was_and_applies_nothing_twice() {
                super::resumes_where_it_was_and_applies_nothing_twice(&LANGUAGE).await;
            }

            #[tokio::test]
            async fn reads_events_page_by_page() {
                super::reads_events_page_by_page(&LANGUAGE).await;
            }

            #[tokio::test]
            async fn calls_with_tokens() {
                super::calls_with_tokens(&LANGUAGE).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn tries_again_when_unavailable_and_does_nothing_twice() {
                super::tries_again_when_unavailable_and_does_nothing_twice(&LANGUAGE).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn waits_for_a_service_that_is_not_up_yet() {
                super::waits_for_a_service_that_is_not_up_yet(&LANGUAGE).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn does_not_hammer_a_service_that_is_down() {
                super::does_not_hammer_a_service_that_is_down(&LANGUAGE).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn stays_away_from_a_stream_as_long_as_asked() {
                super::stays_away_from_a_stream_as_long_as_asked(&LANGUAGE).await;
            }

            #[tokio::test]
            async fn begins_with_a_snapshot_when_its_token_is_of_no_use() {
                super::begins_with_a_snapshot_when_its_token_is_of_no_use(&LANGUAGE).await;
            }

            #[tokio::test]
            async fn gives_up_on_a_stream_when_asking_again_cannot_mend_it() {
                super::gives_up_on_a_stream_when_asking_again_cannot_mend_it(&LANGUAGE).await;
            }

            #[tokio::test]
            async fn goes_on_with_the_next_service() {
                super::goes_on_with_the_next_service(&LANGUAGE).await;
            }
        }
    )*};
}

clients!(python go typescript);

async fn invites_and_accepts(language: &Language) {
    let scene = Scene::new().await;
    assert_eq!(language.walk("invite", &[&scene.service.address], &[]), PARTNERS);
}

async fn reads_every_detail_of_a_refusal(language: &Language) {
    let scene = Scene::new().await;
    assert_eq!(language.walk("refusals", &[&scene.service.address], &[]), REFUSALS);
}

async fn resumes_where_it_was_and_applies_nothing_twice(language: &Language) {
    let scene = Scene::new().await;
    let printed = language.walk("watch", &[&scene.service.address], &[]);
    assert_eq!(printed, format!("{PARTNERS}{WATCHED}"));
}

async fn reads_events_page_by_page(language: &Language) {
    let scene = Scene::new().await;
    let printed = language.walk("page", &[&scene.service.address], &[]);
    assert_eq!(printed, format!("{PARTNERS}{PAGES}"));
}

async fn calls_with_tokens(language: &Language) {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let service = Service::with_tokens(&folder, &database);
    let operator = token(&folder, &["--operator", "--sub", "directory"]);
    let bo = token(&folder, &["--sub", "bbbbbbbb-0000-4000-8000-00000000000b"]);
    let with_operator = ("PARTNER_TOKEN", operator.as_str());
    assert_eq!(language.walk("invite", &[&service.address], &[with_operator]), PARTNERS);
    let with_bo = ("PARTNER_MEMBER_TOKEN", bo.as_str());
    assert_eq!(language.walk("tokens", &[&service.address], &[with_bo]), TOKENS);
}

/// What retries is the library, as the published service config says: the program knows nothing of it.
async fn tries_again_when_unavailable_and_does_nothing_twice(language: &Language) {
    let scene = Scene::new().await;
    let fates: &[(&str, &[Fate])] = &[
        ("InvitePartner", &[Fate::LosesItsAnswer]),
        ("AcceptPartnership", &[Fate::IsRefused, Fate::LosesItsAnswer]),
    ];
    let gateway = Gateway::before(&scene.service.address, fates, RETRY_DELAY).await;
    assert_eq!(language.walk("invite", &[&gateway.address], &[]), PARTNERS);
    let previous = |method| -> Vec<u32> {
        gateway.attempts(method).iter().map(|attempt| attempt.previous).collect()
    };
    // the program itself invites twice
    assert_eq!(previous("InvitePartner"), [0, 1, 0]);
    assert_eq!(previous("AcceptPartnership"), [0, 1, 2]);
    assert_eq!(previous("ListPartnerships"), [0, 0, 0]);
}

/// Libraries come back after 1, 1.6 and 2.6 s: by then all retries of a call that does not wait would be used up.
async fn waits_for_a_service_that_is_not_up_yet(language: &Language) {
    let scene = Scene::new().await;
    let gateway = Gateway::late(&scene.service.address, 3).await;
    assert_eq!(language.walk("invite", &[&gateway.address], &[]), PARTNERS);
    let attempts = gateway.attempts("CreateAccount");
    assert_eq!(attempts[0].previous, 0, "it waited, and did not try again: {attempts:?}");
}

/// Three calls: the first is tried five times, and then so many have failed that the others are tried once.
async fn does_not_hammer_a_service_that_is_down(language: &Language) {
    let gateway = Gateway::alone().await;
    let refusal = "UNAVAILABLE OVERLOADED\n  worth another try within 1 min\n";
    assert_eq!(language.walk("insist", &[&gateway.address], &[]), refusal.repeat(3));
    let attempts = gateway.attempts("GetAccount");
    let previous: Vec<u32> = attempts.iter().map(|attempt| attempt.previous).collect();
    assert_eq!(previous, [0, 1, 2, 3, 4, 0, 0]);
}

async fn stays_away_from_a_stream_as_long_as_asked(language: &Language) {
    let scene = Scene::new().await;
    language.walk("invite", &[&scene.service.address], &[]);
    let fates: &[(&str, &[Fate])] = &[("WatchMembers", &[Fate::IsRefused; 3])];
    let gateway = Gateway::before(&scene.service.address, fates, RETRY_DELAY).await;
    let roster = scene.folder.path().join("roster.json");
    let arguments = [&gateway.address, roster.to_str().expect("UTF-8"), "Bo", PARTNERS_SINCE];
    assert_eq!(language.walk("follow", &arguments, &[]), SNAPSHOT);
    let attempts = gateway.attempts("WatchMembers");
    assert_eq!(attempts.len(), 4, "{attempts:?}");
    for pair in attempts.windows(2) {
        let wait = pair[1].at - pair[0].at;
        assert!(wait >= RETRY_DELAY, "it came back after {wait:?}");
        // the follower's own: a library's retry would know nothing of the delay
        assert_eq!(pair[1].previous, 0);
    }
}

async fn goes_on_with_the_next_service(language: &Language) {
    let Scene { folder, database, service } = Scene::new().await;
    let address = service.address.clone();
    language.walk("invite", &[&address], &[]);
    let roster = folder.path().join("roster.json");
    let arguments = [address.as_str(), roster.to_str().expect("UTF-8"), "Di", PARTNERS_SINCE];
    let mut command = language.command("follow", &arguments, &[]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut follower = Running(child.expect("it starts"));
    let lines = lines_of(BufReader::new(follower.0.stdout.take().expect("piped")));
    let said = lines_of(BufReader::new(follower.0.stderr.take().expect("piped")));
    for expected in ["snapshot", "contact Bo", "synced"] {
        assert_eq!(next(&lines), expected);
    }
    assert!(service.stop().success());
    let why = next(&said);
    assert!(why.contains("UNAVAILABLE SHUTTING_DOWN"), "{why}");

    let line = format!("cargo run --release -- --listen {address}");
    let service = Service::start(&folder, &line, url(&database));
    language.walk("hire", &[&address, "Di"], &[]);
    assert_eq!(next(&lines), "MEMBER_ADDED Di");
    assert!(follower.0.wait().expect("a child of ours").success());
    assert!(service.stop().success());
}

async fn begins_with_a_snapshot_when_its_token_is_of_no_use(language: &Language) {
    let scene = Scene::new().await;
    let address = scene.service.address.as_str();
    language.walk("invite", &[address], &[]);
    let path = scene.folder.path().join("roster.json");
    let roster = path.to_str().expect("UTF-8");
    let follow = || language.walk("follow", &[address, roster, "Bo", PARTNERS_SINCE], &[]);
    assert_eq!(follow(), SNAPSHOT);

    let stored = fs::read_to_string(&path).expect("what it stored");
    let mut stored: Value = serde_json::from_str(&stored).expect("JSON");
    let is_token = |name: &str| name.replace('_', "").eq_ignore_ascii_case("resumeToken");
    let fields = stored.as_object_mut().expect("an object");
    let (_, token) = fields.iter_mut().find(|(name, _)| is_token(name)).expect("a token");
    *token = Value::from("no-token");
    fs::write(&path, stored.to_string()).expect("a roster");
    assert_eq!(follow(), SNAPSHOT);
}

/// There is no member of that id.
async fn gives_up_on_a_stream_when_asking_again_cannot_mend_it(language: &Language) {
    let scene = Scene::new().await;
    let roster = scene.folder.path().join("roster.json");
    let arguments =
        [scene.service.address.as_str(), roster.to_str().expect("UTF-8"), "Bo", PARTNERS_SINCE];
    let answer = finish(language.command("follow", &arguments, &[]));
    let said = String::from_utf8_lossy(&answer.stderr).to_uppercase();
    assert!(!answer.status.success() && said.contains("UNAUTHENTICATED"), "{said}");
}

fn next(lines: &Receiver<String>) -> String {
    lines.recv_timeout(PATIENCE).expect("a line in time")
}

/// Killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A service of its own.
struct Scene {
    folder: Folder,
    database: TestDatabase,
    service: Service,
}

impl Scene {
    async fn new() -> Self {
        let (folder, database) = (Folder::new(), TestDatabase::empty().await);
        let service = Service::plain(&folder, &database);
        Self { folder, database, service }
    }
}

/// The program in one language.
struct Language {
    name: &'static str,
    program: OnceLock<PathBuf>,
}

impl Language {
    const fn new(name: &'static str) -> Self {
        Self { name, program: OnceLock::new() }
    }

    /// What the program printed on one step of the walk, ids numbered as they come; it succeeds.
    fn walk(&self, step: &str, arguments: &[&str], settings: &[(&str, &str)]) -> String {
        let mut command = self.command(step, arguments, settings);
        command.stdout(Stdio::piped());
        let answer = finish(command);
        let (printed, said) =
            (String::from_utf8_lossy(&answer.stdout), String::from_utf8_lossy(&answer.stderr));
        let name = self.name;
        assert!(answer.status.success(), "{name} printed\n{printed}\nand said\n{said}");
        pages::normal(&printed, &mut HashMap::new()) + "\n"
    }

    fn command(&self, step: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(self.program());
        // a proxy of the machine's has no business here
        command.env("no_proxy", "127.0.0.1").env("NO_PROXY", "127.0.0.1");
        command.env_remove("PARTNER_TOKEN").envs(settings.iter().copied());
        command.arg(step).args(arguments).stdin(Stdio::null());
        command
    }

    fn program(&self) -> &Path {
        self.program.get_or_init(|| {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/client");
            let mut build = Command::new(script);
            build.arg(self.name).stdout(Stdio::piped());
            let built = finish_within(PATIENCE_WITH_BUILDS, build);
            let said = String::from_utf8_lossy(&built.stderr);
            assert!(built.status.success(), "the client in {} was not built: {said}", self.name);
            PathBuf::from(String::from_utf8(built.stdout).expect("UTF-8").trim())
        })
    }
}

fn token(folder: &Folder, arguments: &[&str]) -> String {
    let mut sign = folder.command("target/release/partner-service");
    sign.args(["token", "--jwt-key-file", "data/jwt.secret"])
        .args(arguments)
        .stdout(Stdio::piped());
    String::from_utf8(finish(sign).stdout).expect("a token").trim().to_owned()
}
