//! Values that make no sense, each refused with the place that has to be put right.

use super::helm::{self, example};

/// Values, and what is said of them.
const REFUSED: &[(&str, &str)] = &[
    // SQLite has one process
    ("replicaCount: 2", "at '/replicaCount': value must be 'at most 1 with SQLite; PostgreSQL"),
    (
        "autoscaling: {enabled: true}",
        "at '/autoscaling/enabled': value must be 'false with SQLite;",
    ),
    ("migrations: {mode: job}", "at '/migrations/mode': value must be 'startup with SQLite, whose"),
    (
        "migrations: {mode: hook}",
        "at '/migrations/mode': value must be 'startup with SQLite, whose",
    ),
    (
        "database: {existingSecretDirectKey: direct}",
        "at '/database/existingSecretDirectKey': value must be 'empty without database.existingSecret'",
    ),
    // who may call, and how
    ("auth: none", "at '/insecure': value must be 'true with auth none: whoever reaches a pod"),
    ("auth: basic", "at '/auth': value must be one of 'jwt', 'none'"),
    ("jwt: {existingSecret: ''}", "at '/jwt/existingSecret': value must be 'a Secret"),
    (
        "jwt: {jwksUrl: id.example.com}",
        "at '/jwt/jwksUrl': 'id.example.com' does not match pattern",
    ),
    (
        "jwt: {jwksUrl: 'https://user:hush@id.example.com/keys'}",
        "at '/jwt/jwksUrl': 'https://user:hush@id.example.com/keys' does not match pattern",
    ),
    (
        "{tls: {existingSecret: t}, jwt: {jwksUrl: 'http://id.example.com/keys'}}",
        "at '/jwt/jwksUrl': value must be 'an https:// URL with tls.existingSecret",
    ),
    ("jwt: {format: pem}", "at '/jwt/format': value must be one of 'key', 'jwks'"),
    (
        "tls: {clientCaSecret: callers}",
        "at '/tls/clientCaSecret': value must be 'empty without tls.existingSecret: mTLS is TLS'",
    ),
    (
        "tests: {clientCertSecret: me}",
        "at '/tests/clientCertSecret': value must be 'empty without tls.clientCaSecret'",
    ),
    // mail
    ("smtp: {username: partners}", "at '/smtp/username': value must be 'empty without smtp.url'"),
    (
        "{smtp: {url: 'smtps://mail', username: partners}, mail: {from: a@b.example, linkBaseUrl: 'https://b.example'}}",
        "at '/smtp/existingSecret': value must be 'a Secret\\'s name with smtp.username",
    ),
    (
        "{smtp: {url: 'smtps://mail', existingSecret: mail}, mail: {from: a@b.example, linkBaseUrl: 'https://b.example'}}",
        "at '/smtp/existingSecret': value must be 'empty without smtp.username'",
    ),
    ("smtp: {url: 'smtps://user:hush@mail'}", "at '/smtp/url'"),
    ("smtp: {caSecret: authority}", "at '/smtp/caSecret': value must be 'empty without smtp.url'"),
    ("smtp: {url: 'smtps://mail'}", "at '/mail/from': value must be 'an address with smtp.url'"),
    ("smtp: {url: 'smtps://mail'}", "at '/mail/linkBaseUrl': value must be 'a URL with smtp.url"),
    (
        "mail: {linkBaseUrl: partners.example.com}",
        "at '/mail/linkBaseUrl': 'partners.example.com' does",
    ),
    // what needs something else
    (
        "serviceMonitor: {enabled: true}",
        "at '/serviceMonitor/enabled': value must be 'false without metrics.enabled'",
    ),
    (
        "prometheusRule: {enabled: true}",
        "at '/prometheusRule/enabled': value must be 'false without metrics.enabled'",
    ),
    ("dashboard: {enabled: true}", "at '/dashboard/enabled': value must be 'false without"),
    (
        "doorbell: {mode: poll, existingSecret: nats}",
        "at '/doorbell/mode': value must be 'empty with doorbell.existingSecret",
    ),
    ("service: {nodePort: 30051}", "at '/service/nodePort': value must be 'empty with"),
    // what is no value at all
    ("replicas: 2", "additional properties 'replicas' not allowed"),
    (
        "database: {url: 'postgres://db/partner'}",
        "at '/database': additional properties 'url' not allowed",
    ),
    (
        "probes: {startup: {path: /}}",
        "at '/probes/startup': additional properties 'path' not allowed",
    ),
    ("replicaCount: one", "at '/replicaCount': got string, want integer"),
    ("settings: {invitationExpiry: 3 Weeks}", "at '/settings/invitationExpiry'"),
    ("settings: {openInvitations: -1}", "at '/settings/openInvitations': minimum: got -1, want 0"),
    (
        "podSecurityContext: {runAsUser: 0}",
        "at '/podSecurityContext/runAsUser': minimum: got 0, want 1",
    ),
    ("shutdown: {deadlineSeconds: 0}", "at '/shutdown/deadlineSeconds': minimum: got 0, want 1"),
    ("listenAddress: localhost", "at '/listenAddress': 'localhost' does not match pattern"),
];

#[test]
fn values_that_make_no_sense_are_refused_at_the_place_to_put_right() {
    for (values, expected) in REFUSED {
        let said = helm::template(values).expect_err(values);
        assert!(said.contains("don't meet the specifications of the schema"), "{values}: {said}");
        assert!(said.contains(expected), "{values} is not told {expected:?} but {said}");
    }
}

#[test]
fn what_a_schema_cannot_compare_is_refused_in_a_sentence() {
    let with = |more: &str| helm::template(&format!("database: {{existingSecret: db}}\n{more}"));
    let said = with("autoscaling: {enabled: true, minReplicas: 7}").expect_err("min above max");
    assert!(
        said.contains(
            "autoscaling.minReplicas is 7, more than autoscaling.maxReplicas, which is 6"
        ),
        "{said}"
    );
    for none in ["0", "0%"] {
        let values = format!("rollingUpdate: {{maxSurge: {none}, maxUnavailable: 0}}");
        let said = with(&values).expect_err("no pod could be replaced");
        assert!(said.contains("both 0: no pod could ever be replaced"), "{said}");
    }
}

#[test]
fn with_postgresql_what_sqlite_forbids_is_allowed() {
    for more in [
        "replicaCount: 2",
        "autoscaling: {enabled: true}",
        "migrations: {mode: job}",
        "migrations: {mode: hook}",
    ] {
        helm::render(&format!("database: {{existingSecret: db}}\n{more}"));
    }
}

#[test]
fn each_kind_of_mail_server_and_key_is_allowed() {
    for values in [
        "{smtp: {url: 'smtp://mail.example.com'}, mail: {from: a@b.example, linkBaseUrl: 'https://b.example/x'}}",
        "jwt: {existingSecret: '', jwksUrl: 'http://id.example.com/keys'}",
        "{auth: none, insecure: true, jwt: {existingSecret: ''}}",
        "settings: {invitationExpiry: 1h 30m, eventRetention: '0'}",
    ] {
        helm::render(values);
    }
    helm::render(&example("everything"));
}
