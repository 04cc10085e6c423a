//! Who may talk with whom.

use super::helm::{self, NAME, example};
use super::objects::{list, selects};
use serde_json::{Value, json};

const ON: &str = "networkPolicy: {enabled: true}\n";

fn policy(values: &str) -> Value {
    helm::render(&format!("{ON}{values}")).named("NetworkPolicy", NAME)["spec"].clone()
}

fn ports(rules: &Value) -> Vec<Value> {
    list(rules)
        .iter()
        .flat_map(|rule| list(&rule["ports"]))
        .map(|port| port["port"].clone())
        .collect()
}

#[test]
fn without_more_said_only_the_namespace_calls_and_only_names_are_looked_up() {
    let policy = policy("");
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(ports(&policy["ingress"]), [json!(50051)]);
    assert_eq!(policy["ingress"][0]["from"][0], json!({"podSelector": {}}));
    assert_eq!(ports(&policy["egress"]), [json!(53), json!(53)]);
}

#[test]
fn callers_named_are_the_only_ones_besides_the_test() {
    let objects = helm::render(&example("everything"));
    let policy = &objects.named("NetworkPolicy", "partners-of-all")["spec"];
    let from = list(&policy["ingress"][0]["from"]);
    assert_eq!(from.len(), 2);
    let gateway = json!({"matchLabels": {"kubernetes.io/metadata.name": "gateway"}});
    assert_eq!(from[0]["namespaceSelector"], gateway);
    let test = &objects.one("Pod")["metadata"]["labels"];
    assert!(selects(&from[1]["podSelector"]["matchLabels"], test));
}

#[test]
fn each_neighbour_that_the_values_name_is_let_out_to() {
    for (values, port) in [
        ("database: {existingSecret: db}", 5432),
        ("database: {existingSecret: db, port: 6432}", 6432),
        ("jwt: {jwksUrl: 'https://id.example.com/keys'}", 443),
        ("jwt: {jwksUrl: 'http://id.example.com/keys'}", 80),
        ("jwt: {jwksUrl: 'https://id.example.com:8443/keys'}", 8443),
        ("smtp: {url: 'smtps://mail.example.com'}", 465),
        ("smtp: {url: 'smtp://mail.example.com'}", 587),
        ("smtp: {url: 'smtp://mail.example.com:2525'}", 2525),
    ] {
        let values =
            &format!("{values}\nmail: {{from: a@b.example, linkBaseUrl: 'https://b.example'}}");
        assert_eq!(
            ports(&policy(values)["egress"]),
            [json!(53), json!(53), json!(port)],
            "{values}"
        );
    }
    let values = "networkPolicy: {enabled: true, extraEgress: [{ports: [{port: 4222}]}]}";
    let policy = helm::render(values).named("NetworkPolicy", NAME)["spec"].clone();
    assert_eq!(ports(&policy["egress"]), [json!(53), json!(53), json!(4222)]);
}

#[test]
fn metrics_are_let_in_only_where_there_are_some() {
    let policy = policy("metrics: {enabled: true}");
    assert_eq!(ports(&policy["ingress"]), [json!(50051), json!(9090)]);
    assert_eq!(policy["ingress"][1]["from"], json!([{"namespaceSelector": {}}]));
}

#[test]
fn the_migration_reaches_the_database_and_nobody_reaches_it() {
    let objects = helm::render(&example("postgres"));
    let policy = &objects.named("NetworkPolicy", &format!("{NAME}-migrate"))["spec"];
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    assert!(policy.get("ingress").is_none());
    assert_eq!(ports(&policy["egress"]), [json!(53), json!(53), json!(5432)]);
    let job = &objects.one("Job")["spec"]["template"]["metadata"]["labels"];
    assert!(selects(&policy["podSelector"]["matchLabels"], job));
}

#[test]
fn services_say_what_they_speak() {
    for (values, protocol) in
        [("", json!("kubernetes.io/h2c")), ("tls: {existingSecret: t}", Value::Null)]
    {
        for service in helm::render(values).of("Service") {
            assert_eq!(service["spec"]["ports"][0]["appProtocol"], protocol, "{values}");
        }
    }
    let objects = helm::render("service: {type: NodePort, port: 443, nodePort: 30051}");
    let port = &objects.named("Service", NAME)["spec"]["ports"][0];
    assert_eq!((&port["port"], &port["nodePort"]), (&json!(443), &json!(30051)));
}
