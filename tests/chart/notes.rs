//! The lines that an operator is told to run, and the one that `helm test` runs, executed.

use super::helm::{self, NAME, NAMESPACE, example};
use super::objects::{container, list};
use super::service::Service;
use super::tools::{answer, run};
use std::process::Command;

const LOCAL: &str = "127.0.0.1:50051";

/// The notes' lines that begin with `program`.
fn lines(notes: &str, program: &str) -> Vec<String> {
    let lines = notes.lines().map(str::trim);
    lines.filter(|line| line.starts_with(program)).map(str::to_owned).collect()
}

fn shell(line: &str, token: &str) -> Result<String, String> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(line).env("TOKEN", token);
    answer(shell, "")
}

#[test]
fn the_grpcurl_lines_of_the_notes_work() {
    for values in [example("trial"), String::new()] {
        let service = Service::start(&helm::render(&values).environment());
        let token = service.operators_token();
        let lines = lines(&helm::notes(&values), "grpcurl ");
        assert_eq!(lines.len(), 2, "{lines:?}");
        for (line, expected) in lines.iter().zip(["\"SERVING\"", "{}"]) {
            let here = line.replace(LOCAL, &service.address);
            assert_ne!(*line, here, "{line} does not call {LOCAL}");
            let answer = shell(&here, &token).unwrap_or_else(|said| panic!("{line}: {said}"));
            assert!(answer.contains(expected), "{line} printed {answer}");
        }
        let unauthorised = shell(&lines[1].replace(LOCAL, &service.address), "forged");
        assert_eq!(unauthorised.is_err(), values.is_empty(), "a token is asked for by default");
    }
}

#[test]
fn with_tls_and_mtls_the_lines_have_the_flags_for_it() {
    let flags = |values: &str| -> Vec<String> {
        let notes = helm::notes(values);
        let lines = lines(&notes, "grpcurl ");
        assert_eq!(lines.len(), 2);
        lines
            .iter()
            .map(|line| line.split(" -d").next().unwrap().split(" -H").next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(flags("tls: {existingSecret: t}"), ["grpcurl -insecure"; 2]);
    assert_eq!(
        flags("tls: {existingSecret: t, clientCaSecret: c}"),
        ["grpcurl -insecure -cert client.crt -key client.key"; 2]
    );
    // each of these flags is one of grpcurl's
    let mut grpcurl = Command::new("grpcurl");
    grpcurl.arg("-help");
    let help = String::from_utf8(run(grpcurl, "").stderr).expect("UTF-8");
    for flag in ["insecure", "cert", "key", "plaintext", "d", "H", "max-time"] {
        assert!(help.contains(&format!("\n  -{flag}")), "-{flag} is not in {help}");
    }
}

#[test]
fn the_port_that_is_forwarded_is_the_services() {
    let notes = helm::notes("service: {port: 443}");
    assert_eq!(
        lines(&notes, "kubectl "),
        [format!("kubectl --namespace {NAMESPACE} port-forward service/{NAME} 50051:443")]
    );
    assert!(notes.contains(&format!("{NAME}.{NAMESPACE}.svc:443")), "{notes}");
    assert!(notes.contains(&format!("dns:///{NAME}-headless.{NAMESPACE}.svc:50051")), "{notes}");
}

#[test]
fn the_notes_name_the_secrets_to_make_and_warn_of_what_is_open() {
    let notes = helm::notes("");
    assert!(notes.contains("\n  partner-service-jwt (key)\n"), "{notes}");
    assert!(notes.contains("WARNING: no TLS"), "{notes}");
    assert!(!notes.contains("WARNING: auth") && !notes.contains("WARNING: persistence"), "{notes}");

    let notes = helm::notes(&example("trial"));
    for warning in ["auth is none", "no TLS", "persistence is off"] {
        assert!(notes.contains(&format!("WARNING: {warning}")), "{notes}");
    }
    assert!(!notes.contains("wait for these Secrets"), "{notes}");

    let notes = helm::notes(&example("everything"));
    for secret in [
        "partner-database (url, direct-url)",
        "partner-tls (tls.crt, tls.key)",
        "partner-smtp (password)",
    ] {
        assert!(notes.contains(&format!("\n  {secret}\n")), "{secret}: {notes}");
    }
    assert!(!notes.contains("WARNING"), "{notes}");
}

#[test]
fn helm_test_asks_through_the_service_and_its_line_works() {
    let values = example("trial");
    let objects = helm::render(&values);
    let test = objects.one("Pod");
    assert_eq!(test["metadata"]["annotations"]["helm.sh/hook"], "test");
    let service = Service::start(&objects.environment());
    let mut grpcurl = Command::new("grpcurl");
    let through = format!("{NAME}:50051");
    for argument in list(&container(&test["spec"])["args"]) {
        grpcurl.arg(argument.as_str().unwrap().replace(&through, &service.address));
    }
    assert!(format!("{grpcurl:?}").contains(&service.address), "{grpcurl:?} asks somebody else");
    let answer = answer(grpcurl, "").expect("an answer");
    assert!(answer.contains("\"SERVING\""), "{answer}");
}

#[test]
fn helm_test_proves_itself_where_the_service_asks_for_it() {
    let objects = helm::render(&example("everything"));
    let pod = &objects.one("Pod")["spec"];
    let arguments = list(&container(pod)["args"]);
    for expected in ["-insecure", "-cert=/run/secrets/client/tls.crt", "partners-of-all:443"] {
        assert!(arguments.iter().any(|argument| argument == expected), "{expected}: {arguments:?}");
    }
    assert_eq!(pod["volumes"][0]["secret"]["secretName"], "partner-test-client");
}
