//! TLS and mTLS as the chart sets them, with Secrets of this test's own, and what `helm test` asks then.

#[path = "../support/certificates.rs"]
mod certificates;

use super::helm::{self, NAME};
use super::objects::{container, list};
use super::service::Service;
use super::tools::answer;
use certificates::{Authority, write};
use std::fs;
use std::process::Command;
use tempfile::TempDir;

#[test]
fn a_pod_with_tls_or_mtls_starts_and_answers_what_helm_test_asks() {
    for (values, is_mutual) in [
        ("tls: {existingSecret: t}", false),
        ("{tls: {existingSecret: t, clientCaSecret: c}, tests: {clientCertSecret: p}}", true),
    ] {
        let (folder, authority) = (TempDir::new().expect("a folder"), Authority::new("ours"));
        let secrets = folder.path().to_path_buf();
        authority.issues(&["partners.example"]).write(&secrets, "tls");
        write(&secrets, "client-ca.crt", &authority.pem());
        let client = secrets.join("client");
        fs::create_dir(&client).expect("a folder");
        authority.issues(&["helm-test"]).write(&client, "tls");

        let objects = helm::render(values);
        let mut environment = objects.environment();
        environment.remove("PARTNER_METRICS_LISTEN");
        let service = Service::over(folder, &environment);
        let ask = |shown: bool| {
            let mut grpcurl = Command::new("grpcurl");
            for argument in list(&container(&objects.one("Pod")["spec"])["args"]) {
                let argument = argument.as_str().expect("a text");
                if shown || !argument.contains("/run/secrets/client") {
                    let argument = argument.replace(&format!("{NAME}:50051"), &service.address);
                    let client = client.display().to_string();
                    grpcurl.arg(argument.replace("/run/secrets/client", &client));
                }
            }
            answer(grpcurl, "")
        };
        let answer = ask(true).expect("an answer");
        assert!(answer.contains("\"SERVING\""), "{values}: {answer}");
        assert_eq!(ask(false).is_err(), is_mutual, "{values}");
    }
}
