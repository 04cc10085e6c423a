//! Secrets, which are files: what is in the environment shows up in dumps and in every child process.

use super::helm::{self, example};
use super::objects::{Objects, container, environment, list};
use serde_json::Value;
use std::collections::BTreeMap;

const FOLDER: &str = "/run/secrets/partner-service";

/// Mounted secret files by path, each with its Secret and key.
fn files(pod: &Value) -> BTreeMap<String, (String, String)> {
    let volumes = list(&pod["volumes"]);
    let Some(volume) = volumes.iter().find(|volume| volume["name"] == "secrets") else {
        return BTreeMap::new();
    };
    let mount = list(&container(pod)["volumeMounts"]);
    let mount = mount.iter().find(|mount| mount["name"] == "secrets").expect("it is mounted");
    assert_eq!((&mount["mountPath"], &mount["readOnly"]), (&FOLDER.into(), &true.into()));
    assert_eq!(volume["projected"]["defaultMode"], 0o440);
    let mut files = BTreeMap::new();
    for source in list(&volume["projected"]["sources"]) {
        let text = |value: &Value| value.as_str().expect("a name").to_owned();
        for item in list(&source["secret"]["items"]) {
            let path = format!("{FOLDER}/{}", text(&item["path"]));
            files.insert(path, (text(&source["secret"]["name"]), text(&item["key"])));
        }
    }
    files
}

/// Where the file comes from that the service is told of.
fn origin(objects: &Objects, variable: &str) -> (String, String) {
    let environment = objects.environment();
    let path = environment.get(variable).unwrap_or_else(|| panic!("{variable} is not set"));
    files(objects.server()).get(path).unwrap_or_else(|| panic!("{path} is not there")).clone()
}

#[test]
fn each_secret_is_a_file_that_the_service_is_told_of() {
    let everything = helm::render(&example("everything"));
    let expected = [
        ("PARTNER_DATABASE_URL_FILE", "partner-database", "url"),
        ("PARTNER_DATABASE_DIRECT_URL_FILE", "partner-database", "direct-url"),
        ("PARTNER_JWKS", "partner-keys", "keys.json"),
        ("PARTNER_TLS_CERT_FILE", "partner-tls", "tls.crt"),
        ("PARTNER_TLS_KEY_FILE", "partner-tls", "tls.key"),
        ("PARTNER_TLS_CLIENT_CA_FILE", "partner-callers", "ca.crt"),
        ("PARTNER_SECRET_KEY_FILE", "partner-secret-key", "key"),
        ("PARTNER_SMTP_PASSWORD_FILE", "partner-smtp", "password"),
        ("PARTNER_SMTP_CA_FILE", "partner-mail-authority", "ca.crt"),
        ("PARTNER_DOORBELL_FILE", "partner-nats", "url"),
    ];
    for (variable, secret, key) in expected {
        assert_eq!(
            origin(&everything, variable),
            (secret.to_owned(), key.to_owned()),
            "{variable}"
        );
    }
    assert_eq!(files(everything.server()).len(), expected.len(), "a file that nobody is told of");
}

#[test]
fn no_pod_has_a_secret_in_its_environment() {
    for (values, text) in helm::examples() {
        let yaml = helm::template(&text).expect("the objects");
        assert!(!yaml.contains("secretKeyRef") && !yaml.contains("envFrom"), "{values}");
    }
}

#[test]
fn the_migration_knows_the_database_and_no_other_secret() {
    let objects = helm::render(&example("everything"));
    let pod = &objects.one("Job")["spec"]["template"]["spec"];
    let files = files(pod);
    assert_eq!(files.len(), 2);
    assert!(files.values().all(|(secret, _)| secret == "partner-database"), "{files:?}");
    let environment = environment(container(pod));
    for variable in ["PARTNER_DATABASE_URL_FILE", "PARTNER_DATABASE_DIRECT_URL_FILE"] {
        assert!(files.contains_key(&environment[variable]), "{variable}");
    }
}

#[test]
fn tokens_are_verified_with_a_key_a_key_set_or_a_url() {
    let key = helm::render("jwt: {existingSecret: keys, existingSecretKey: public.pem}");
    assert_eq!(origin(&key, "PARTNER_JWT_KEY_FILE"), ("keys".to_owned(), "public.pem".to_owned()));
    assert!(!key.environment().contains_key("PARTNER_JWKS"));

    let set = helm::render("jwt: {existingSecret: keys, format: jwks}");
    assert_eq!(origin(&set, "PARTNER_JWKS"), ("keys".to_owned(), "key".to_owned()));
    assert!(!set.environment().contains_key("PARTNER_JWT_KEY_FILE"));

    let url = helm::render("jwt: {jwksUrl: 'https://id.example.com/keys'}");
    assert_eq!(url.environment()["PARTNER_JWKS"], "https://id.example.com/keys");
    assert!(files(url.server()).is_empty(), "the Secret is not used then");
}

#[test]
fn without_authentication_there_is_no_key() {
    let objects = helm::render("{auth: none, insecure: true}");
    let environment = objects.environment();
    assert_eq!(environment["PARTNER_AUTH"], "none");
    assert!(!environment.keys().any(|name| name.contains("JW")), "{environment:?}");
    assert!(files(objects.server()).is_empty());
}
