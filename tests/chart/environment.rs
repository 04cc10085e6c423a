//! Every variable that the chart sets is one that the service knows, and it starts with them.

use super::helm;
use super::objects::{container, environment};
use super::service::{Service, binary};
use super::tools::answer;
use std::collections::BTreeSet;
use std::process::Command;

fn help(arguments: &[&str]) -> String {
    answer(binary(arguments), "").expect("the help")
}

/// Every variable that some values set.
fn set() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let more = "database: {existingSecret: db}\ndoorbell: {mode: poll}\njwt: {existingSecret: k}";
    for values in helm::examples().into_iter().map(|(_, values)| values).chain([more.to_owned()]) {
        for (_, _, pod) in helm::render(&values).pods() {
            names.extend(environment(container(pod)).into_keys());
        }
    }
    names.retain(|name| name.starts_with("PARTNER_"));
    names
}

fn is_known(name: &str, help: &str) -> bool {
    help.contains(&format!("[env: {name}=")) || help.contains(&format!("[env: {name}]"))
}

#[test]
fn every_variable_that_the_chart_sets_is_one_of_the_services() {
    let help = help(&["serve", "--help"]);
    let unknown: Vec<String> = set().into_iter().filter(|name| !is_known(name, &help)).collect();
    assert!(unknown.is_empty(), "not in --help: {unknown:?}");
}

#[test]
fn every_subcommand_that_is_run_is_one_of_the_services() {
    let help = help(&["--help"]);
    let known = |name: &&str| help.contains(&format!("\n  {name} "));
    assert!(known(&"serve"), "{help}");
    let objects = helm::render("{database: {existingSecret: db}, migrations: {mode: job}}");
    let mut run = vec!["healthcheck".to_owned()]; // by the image
    for (name, _, pod) in objects.pods() {
        if !name.contains("\"Pod\"") {
            run.push(container(pod)["args"][0].as_str().expect("a subcommand").to_owned());
        }
    }
    assert_eq!(run, ["healthcheck", "serve", "migrate"]);
    for name in run {
        assert!(known(&name.as_str()), "{name}");
    }
}

#[test]
fn values_left_empty_set_nothing_and_the_services_defaults_hold() {
    let set: Vec<String> = helm::render("").environment().into_keys().collect();
    assert_eq!(
        set,
        [
            "PARTNER_AUTH",
            "PARTNER_DATA_DIR",
            "PARTNER_INSECURE",
            "PARTNER_JWT_AUDIENCE",
            "PARTNER_JWT_ISSUER",
            "PARTNER_JWT_KEY_FILE",
            "PARTNER_LISTEN",
            "PARTNER_SHUTDOWN_DEADLINE",
        ]
    );
}

#[test]
fn numbers_are_written_out_and_nought_is_a_number() {
    let environment = helm::render(&helm::example("everything")).environment();
    assert_eq!(environment["PARTNER_INVITATIONS_PER_DAY"], "2000000");
    assert_eq!(environment["PARTNER_MAILS_PER_RECIPIENT"], "0");
    assert_eq!(environment["PARTNER_EVENT_RETENTION"], "0");
}

#[test]
fn insecure_is_said_where_tls_or_authentication_are_missing_and_nowhere_else() {
    for (values, is_said) in [
        ("", true),
        ("tls: {existingSecret: t}", false),
        ("{tls: {existingSecret: t}, insecure: true}", false),
        ("{tls: {existingSecret: t}, auth: none, insecure: true}", true),
    ] {
        let environment = helm::render(values).environment();
        assert_eq!(environment.contains_key("PARTNER_INSECURE"), is_said, "{values}");
    }
}

#[test]
fn the_service_starts_with_what_the_chart_sets_and_answers_what_the_probes_ask() {
    let settings =
        "settings: {invitationExpiry: 14d, eventRetention: '0', invitationsPerDay: 2000000,
        openInvitations: 7, logFilter: 'info,sqlx=warn'}\ndoorbell: {mode: poll}\n";
    let metrics = "metrics: {enabled: true}";
    for values in ["", &helm::example("trial"), settings, "listenAddress: '[::]'", metrics] {
        let objects = helm::render(values);
        let service = Service::start(&objects.environment());
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            let asked = &container(objects.server())[probe]["grpc"]["service"];
            let mut grpcurl = Command::new("grpcurl");
            grpcurl.arg("-plaintext").arg("-d").arg(format!("{{\"service\": {asked}}}"));
            grpcurl.args([&service.address, "grpc.health.v1.Health/Check"]);
            let answer = answer(grpcurl, "").unwrap_or_else(|said| panic!("{values}: {said}"));
            assert!(answer.contains("\"SERVING\""), "{values}: {probe} hears {answer}");
            // with TLS, probes ask these
            let tls = helm::render("tls: {existingSecret: t}");
            let path = container(tls.server())[probe]["httpGet"]["path"].clone();
            assert_eq!(service.get(path.as_str().expect("a path")).0, 200, "{values}: {probe}");
        }
    }
}

#[test]
fn the_service_takes_the_key_sets_place_as_the_chart_says_it() {
    for values in [
        helm::example("postgres"),
        "jwt: {jwksUrl: 'https://id.example.com:8443/keys?version=2'}".to_owned(),
        "jwt: {jwksUrl: 'http://id.example.com/keys'}".to_owned(),
    ] {
        let environment = helm::render(&values).environment();
        let mut check = binary(&["config", "check"]);
        for name in ["PARTNER_AUTH", "PARTNER_JWKS", "PARTNER_INSECURE"] {
            check.envs(environment.get_key_value(name));
        }
        let said = answer(check, "").unwrap_or_else(|said| panic!("{values}: {said}"));
        assert!(said.starts_with("nothing is wrong with it"), "{values}: {said}");
    }
}
