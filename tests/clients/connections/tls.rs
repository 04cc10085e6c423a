//! TLS and mTLS as an operator meets them: flags, banner, refusals, certificates that change, and every client over them.

use super::super::service::Service;
use super::super::shell::{BINARY, Folder, finish};
use super::super::support::certificates::{Authority, write};
use super::super::watcher::{Partners, Watcher, position};
use partner_service::config::ClientTlsFlags;
use partner_service::dial::Dial;
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const SERVE: &str = "cargo run --release -- --tls-cert-file service.crt --tls-key-file service.key";
const CA: &str = "--tls-ca-file=ca.crt";
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with an authority, and a certificate of it for this machine.
struct Stage {
    folder: Folder,
    authority: Authority,
}

impl Stage {
    fn new() -> Self {
        let (folder, authority) = (Folder::new(), Authority::new("ours"));
        write(folder.path(), "ca.crt", &authority.pem());
        let this = Self { folder, authority };
        this.renew();
        this
    }

    fn renew(&self) {
        self.authority.issues(&["localhost", "127.0.0.1"]).write(self.folder.path(), "service");
    }

    fn write(&self, name: &str, text: &str) {
        write(self.folder.path(), name, text);
    }

    fn serve(&self, more: &str) -> Service {
        Service::start(&self.folder, &format!("{SERVE} {more}"), None)
    }

    /// Exit code, and what was printed and said.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = self.folder.command(BINARY);
        command.args(arguments).stdout(Stdio::piped());
        self.finish(command)
    }

    fn grpcurl(&self, arguments: &str) -> (i32, String) {
        let mut command = self.folder.command("grpcurl");
        command.args(arguments.split(' ')).stdout(Stdio::piped());
        self.finish(command)
    }

    /// A line for a shell.
    fn paste(&self, line: &str) -> (i32, String) {
        let mut command = self.folder.command("sh");
        command.arg("-c").arg(line).stdout(Stdio::piped());
        self.finish(command)
    }

    fn finish(&self, command: std::process::Command) -> (i32, String) {
        let output = finish(command);
        let both = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(both).unwrap())
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let (code, said) = self.run(arguments);
        assert_eq!(code, USAGE, "{said}");
        said.strip_prefix("partner-service: ").expect("its name").trim_end().to_owned()
    }
}

#[test]
fn what_does_not_go_together_is_refused_at_the_start() {
    let stage = Stage::new();
    let (certificate, key) =
        (["--tls-cert-file", "service.crt"], ["--tls-key-file", "service.key"]);
    let together = "--tls-cert-file and --tls-key-file go together: give both, or neither";
    assert_eq!(stage.refused(&certificate), together);
    assert_eq!(stage.refused(&key), together);
    assert_eq!(
        stage.refused(&["--tls-client-ca-file", "ca.crt"]),
        "--tls-client-ca-file needs TLS: give --tls-cert-file and --tls-key-file too"
    );
    assert_eq!(
        stage.refused(&["healthcheck", "--tls-client-cert-file", "service.crt"]),
        "--tls-client-cert-file and --tls-client-key-file go together: give both, or neither"
    );
}

#[test]
fn files_that_cannot_be_used_are_refused_at_the_start_and_by_config_check() {
    let stage = Stage::new();
    let other = Authority::new("other").issues(&["localhost"]);
    stage.write("other.key", &other.key);
    stage.write("empty", "");
    for (certificate, key, expected) in [
        (
            "nowhere",
            "service.key",
            "nowhere cannot be read: No such file or directory (os error 2)",
        ),
        ("empty", "service.key", "empty cannot be used: it holds no certificate in PEM"),
        ("service.crt", "empty", "empty cannot be used: it holds no private key in PEM"),
        ("service.crt", "other.key", "other.key cannot be used: it is not the key of service.crt"),
    ] {
        let flags = ["--tls-cert-file", certificate, "--tls-key-file", key];
        assert_eq!(stage.refused(&flags), expected);
        assert_eq!(stage.refused(&[&["config", "check"], &flags[..]].concat()), expected);
    }
    let (code, said) = stage.run(&[
        "config",
        "check",
        "--tls-cert-file",
        "service.crt",
        "--tls-key-file",
        "service.key",
    ]);
    assert_eq!(code, DONE, "{said}");
}

#[test]
fn with_tls_and_tokens_other_machines_may_reach_it() {
    let stage = Stage::new();
    stage.write("secret", &"s".repeat(32));
    let service = stage.serve("--listen 0.0.0.0:0 --auth jwt --jwt-key-file secret");
    assert!(service.stop().success());
    let said = stage.refused(&[
        "--listen",
        "0.0.0.0:0",
        "--tls-cert-file",
        "service.crt",
        "--tls-key-file",
        "service.key",
    ]);
    assert!(said.contains("without authentication"), "{said}");
}

#[test]
fn over_tls_every_client_works_and_none_without_it() {
    let stage = Stage::new();
    let service = stage.serve("");
    let address = &service.address;
    assert!(service.banner.contains(&format!("gRPC      {address}, TLS\n")), "{}", service.banner);
    let https = format!("https://{address}");
    for arguments in [
        &["healthcheck", CA][..],
        &["healthcheck", "--address", &https, CA],
        &["healthcheck", "--address", &https, "--tls-cert-file", "service.crt"],
        &["demo", CA],
    ] {
        let (code, said) = stage.run(arguments);
        assert_eq!(code, DONE, "{arguments:?}: {said}");
    }
    // this machine's authorities do not know ours
    let (code, said) = stage.run(&["healthcheck", "--address", &https]);
    assert!(code != DONE, "{said}");
    let (code, said) = stage.run(&["healthcheck", "--address", &format!("http://{address}"), CA]);
    assert_eq!(code, FAILED, "{said}");
    assert_eq!(stage.run(&["healthcheck", "--address", "ftp://x:1"]).0, USAGE);

    let list = format!("{address} partner.v1.AccountService/ListAccounts");
    let (code, said) = stage.grpcurl(&format!("-cacert ca.crt {list}"));
    assert!(code == DONE && said.contains("\"accounts\""), "{said}");
    for wrong in ["-plaintext", "-max-time 5"] {
        let (code, said) = stage.grpcurl(&format!("{wrong} {list}"));
        assert!(code != DONE, "{wrong}: {said}");
    }
    assert!(service.stop().success());
}

#[test]
fn over_mtls_callers_show_a_certificate_of_the_authority() {
    let stage = Stage::new();
    let folder = stage.folder.path();
    stage.authority.issues(&["caller"]).write(folder, "caller");
    Authority::new("other").issues(&["caller"]).write(folder, "foreign");
    let service = stage.serve("--tls-client-ca-file ca.crt");
    let says =
        format!("gRPC      {}, mTLS: callers show a certificate of ca.crt\n", service.address);
    assert!(service.banner.contains(&says), "{}", service.banner);
    let list = format!("-cacert ca.crt -max-time 5 {} list", service.address);
    let (code, said) = stage.grpcurl(&format!("-cert caller.crt -key caller.key {list}"));
    assert!(code == DONE && said.contains("partner.v1.PartnerService"), "{said}");
    for wrong in ["-cert foreign.crt -key foreign.key ", ""] {
        let (code, said) = stage.grpcurl(&format!("{wrong}{list}"));
        assert!(code != DONE, "{wrong}: {said}");
    }
    let caller = ["--tls-client-cert-file=caller.crt", "--tls-client-key-file=caller.key"];
    let foreign = ["--tls-client-cert-file=foreign.crt", "--tls-client-key-file=foreign.key"];
    for (shown, code) in [(&caller[..], DONE), (&foreign, FAILED), (&[], FAILED)] {
        let (answered, said) = stage.run(&[&["healthcheck", CA], shown].concat());
        assert_eq!(answered, code, "{shown:?}: {said}");
        assert_eq!(code != DONE, said.contains("no service answers"), "{said}");
        assert!(!said.contains("transport error"), "{said}");
    }
    assert!(service.stop().success());
}

#[test]
fn a_health_check_beside_the_service_has_its_variables_and_needs_no_others() {
    for more in ["", "--tls-client-ca-file ca.crt"] {
        let stage = Stage::new();
        // a name that nobody here asks for, as in a container
        stage.authority.issues(&["partners.example"]).write(stage.folder.path(), "service");
        let _service = stage.serve(more);
        let mut check = stage.folder.command(BINARY);
        check.arg("healthcheck").stdout(Stdio::piped());
        check
            .env("PARTNER_TLS_CERT_FILE", "service.crt")
            .env("PARTNER_TLS_KEY_FILE", "service.key");
        assert_eq!(stage.finish(check), (DONE, "SERVING\n".to_owned()), "{more}");
    }
}

#[test]
fn the_lines_of_the_banner_work_and_so_do_those_that_the_demo_prints() {
    for more in ["", "--tls-client-ca-file ca.crt"] {
        let stage = Stage::new();
        let service = stage.serve(more);
        let (_, lines) = service.banner.split_once("  try ").expect("lines to try");
        let mut printed = String::new();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (code, said) = stage.paste(line);
            assert_eq!(code, DONE, "{line}: {said}");
            printed += &said;
        }
        assert!(printed.contains("partner.v1.PartnerService"), "{printed}");
        let (_, lines) = printed.split_once("\n# ").expect("lines of the demo");
        let (lines, _) = lines.split_once("\ngrpc.health").unwrap_or((lines, ""));
        let (code, said) = stage.paste(&format!("set -e\n# {lines}"));
        assert!(code == DONE && said.contains("ACTIVE"), "{lines}: {said}");
    }
}

fn flags(stage: &Stage) -> ClientTlsFlags {
    let path = |name: &str| -> Option<PathBuf> { Some(stage.folder.path().join(name)) };
    ClientTlsFlags {
        tls_ca_file: path("ca.crt"),
        tls_client_cert_file: None,
        tls_client_key_file: None,
        tls_cert_file: None,
        tls_key_file: None,
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_served_without_a_restart_and_a_stream_goes_on() {
    let stage = Stage::new();
    let service = stage.serve("");
    let dial = Dial::to(Some(&service.address), stage.folder.path(), &flags(&stage)).unwrap();
    let partners = Partners::over(dial.connect().await.unwrap()).await;
    let account = partners.watching.clone();
    let watcher = Watcher::start(
        &stage.folder,
        &["--account", &account, CA, "--from", "now", "--heartbeats"],
    )
    .read();
    watcher.until(|line| !line["heartbeat"].is_null());

    // with the key of the one before it is worth nothing, and is told once
    let log = || service.log();
    let key = fs::read_to_string(stage.folder.path().join("service.key")).unwrap();
    stage.renew();
    let renewed = fs::read_to_string(stage.folder.path().join("service.key")).unwrap();
    stage.write("service.key", &key);
    until(|| log().contains("cannot be used; those from before stay in force"));
    assert_eq!(stage.run(&["healthcheck", CA]).0, DONE);
    stage.write("service.key", &renewed);
    until(|| log().contains("the certificates changed; new connections use the new ones"));
    let pinned = ["healthcheck", "--tls-cert-file", "service.crt"];
    assert_eq!(stage.run(&pinned).0, DONE);
    assert_eq!(log().matches("stay in force").count(), 1);

    let position = partners.hire("new").await;
    let lines = watcher.until_event(position);
    assert!(lines.iter().all(|line| self::position(line).is_none_or(|at| at == position)));
    let ended = watcher.stop("-TERM");
    assert_eq!((ended.status.code(), ended.said.as_str()), (Some(DONE), ""));
}

/// Looks until it is so, for at most a minute: files are looked at every few seconds.
fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it did not come to pass");
        std::thread::yield_now();
    }
}
