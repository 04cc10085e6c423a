//! Which objects there are.

use super::helm::{self, NAME, NAMESPACE, example};
use super::objects::{list, selects};
use std::collections::BTreeSet;

const POSTGRES: &str = "database: {existingSecret: db}\n";

fn kinds(values: &str) -> BTreeSet<String> {
    let objects = helm::render(values).0;
    objects.iter().map(|object| object["kind"].as_str().expect("a kind").to_owned()).collect()
}

fn kinds_with(values: &str) -> Vec<String> {
    kinds(values).difference(&kinds("")).cloned().collect()
}

fn kinds_without(values: &str) -> Vec<String> {
    kinds("").difference(&kinds(values)).cloned().collect()
}

#[test]
fn without_values_there_is_one_pod_with_a_volume_that_stays() {
    let objects = helm::render("");
    let expected = [
        "Deployment",
        "PersistentVolumeClaim",
        "Pod", // helm test
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    ];
    assert_eq!(kinds("").into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(objects.one("Deployment")["spec"]["replicas"], 1);
    let claim = objects.one("PersistentVolumeClaim");
    assert_eq!(claim["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
    assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "8Gi");
}

#[test]
fn each_switch_brings_its_object_and_nothing_else() {
    for (values, kind) in [
        ("networkPolicy: {enabled: true}", "NetworkPolicy"),
        ("config: 'open-invitations = 7'", "ConfigMap"),
        ("metrics: {enabled: true}\nserviceMonitor: {enabled: true}", "ServiceMonitor"),
        ("metrics: {enabled: true}\nprometheusRule: {enabled: true}", "PrometheusRule"),
        ("metrics: {enabled: true}\ndashboard: {enabled: true}", "ConfigMap"),
    ] {
        assert_eq!(kinds_with(values), [kind], "{values}");
        assert!(kinds_without(values).is_empty(), "{values}");
    }
    for (values, kind) in [
        ("autoscaling: {enabled: true}", "HorizontalPodAutoscaler"),
        ("migrations: {mode: job}", "Job"),
        ("migrations: {mode: hook}", "Job"),
    ] {
        assert_eq!(kinds_with(&format!("{POSTGRES}{values}")), [kind], "{values}");
    }
    for (values, kind) in [
        ("podDisruptionBudget: {enabled: false}", "PodDisruptionBudget"),
        ("serviceAccount: {create: false}", "ServiceAccount"),
        ("persistence: {enabled: false}", "PersistentVolumeClaim"),
        ("persistence: {existingClaim: mine}", "PersistentVolumeClaim"),
        ("database: {existingSecret: db}", "PersistentVolumeClaim"),
        ("tls: {existingSecret: t, clientCaSecret: c}", "Pod"), // helm test has no certificate
    ] {
        assert_eq!(kinds_without(values), [kind], "{values}");
        assert!(kinds_with(values).is_empty(), "{values}");
    }
}

#[test]
fn the_autoscaler_alone_decides_how_many_pods_there_are() {
    let objects = helm::render(&format!("{POSTGRES}autoscaling: {{enabled: true}}"));
    assert!(objects.one("Deployment")["spec"].get("replicas").is_none());
    let scaler = &objects.one("HorizontalPodAutoscaler")["spec"];
    assert_eq!(scaler["scaleTargetRef"]["name"], NAME);
    assert_eq!((&scaler["minReplicas"], &scaler["maxReplicas"]), (&2.into(), &6.into()));
}

#[test]
fn a_drain_takes_one_pod_at_a_time_and_an_only_one_too() {
    let budget = &helm::render("").one("PodDisruptionBudget")["spec"].clone();
    assert_eq!(budget["maxUnavailable"], 1);
    assert_eq!(budget["unhealthyPodEvictionPolicy"], "AlwaysAllow");
}

#[test]
fn whatever_selects_the_servers_pods_selects_these_and_no_others() {
    let objects = helm::render(&example("everything"));
    let mut selectors = vec![
        &objects.one("Deployment")["spec"]["selector"]["matchLabels"],
        &objects.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        &objects.named("NetworkPolicy", "partners-of-all")["spec"]["podSelector"]["matchLabels"],
    ];
    selectors.extend(objects.of("Service").into_iter().map(|service| &service["spec"]["selector"]));
    let spread = list(&objects.server()["topologySpreadConstraints"]);
    selectors.extend(spread.iter().map(|one| &one["labelSelector"]["matchLabels"]));
    assert_eq!(selectors.len(), 7);
    let pods = objects.pods();
    assert_eq!(pods.len(), 3);
    for selector in selectors {
        for (name, metadata, _) in &pods {
            let is_server = name.contains("Deployment");
            assert_eq!(selects(selector, &metadata["labels"]), is_server, "{selector}, {name}");
        }
    }
}

#[test]
fn the_headless_service_has_no_address_and_is_where_metrics_are_found() {
    let objects = helm::render(
        "metrics: {enabled: true}\nserviceMonitor: {enabled: true}\nservice: {type: LoadBalancer}",
    );
    let open = objects.named("Service", NAME);
    let headless = objects.named("Service", &format!("{NAME}-headless"));
    assert_eq!(headless["spec"]["clusterIP"], "None");
    let ports = |service: &serde_json::Value| -> Vec<String> {
        list(&service["spec"]["ports"]).iter().map(|port| port["name"].to_string()).collect()
    };
    assert_eq!(ports(open), ["\"grpc\""], "metrics are not for the world");
    assert_eq!(ports(headless), ["\"grpc\"", "\"metrics\""]);
    let selector = &objects.one("ServiceMonitor")["spec"]["selector"]["matchLabels"];
    assert!(selects(selector, &headless["metadata"]["labels"]));
    assert!(!selects(selector, &open["metadata"]["labels"]), "pods would be scraped twice");
}

#[test]
fn migrations_as_a_hook_run_before_pods_do_and_as_a_job_beside_them() {
    let hook = helm::render(&format!("{POSTGRES}migrations: {{mode: hook}}"));
    let job = hook.one("Job");
    assert_eq!(job["metadata"]["name"], format!("{NAME}-migrate"));
    assert_eq!(job["metadata"]["annotations"]["helm.sh/hook"], "pre-install,pre-upgrade");
    assert!(job["spec"].get("ttlSecondsAfterFinished").is_none());

    let job_of = |more: &str| {
        let objects = helm::render(&format!("{POSTGRES}migrations: {{mode: job}}\n{more}"));
        objects.one("Job").clone()
    };
    let (one, other) = (job_of(""), job_of("image: {tag: 9.9.9}"));
    assert!(one["metadata"].get("annotations").is_none());
    assert_eq!(one["spec"]["ttlSecondsAfterFinished"], 3600);
    assert_eq!(one["metadata"]["name"], job_of("replicaCount: 2")["metadata"]["name"]);
    assert_ne!(one["metadata"]["name"], other["metadata"]["name"], "a Job cannot be changed");

    for objects in [&hook, &helm::render(&format!("{POSTGRES}migrations: {{mode: job}}"))] {
        let spec = &objects.one("Job")["spec"]["template"]["spec"];
        assert_eq!(spec["containers"][0]["args"], serde_json::json!(["migrate", "up"]));
        assert_eq!(objects.environment()["PARTNER_MIGRATE"], "off");
    }
    assert!(!helm::render(POSTGRES).environment().contains_key("PARTNER_MIGRATE"));
}

#[test]
fn a_hook_needs_nothing_that_the_release_has_not_made_yet_and_leaves_nothing() {
    let objects = helm::render(&example("postgres"));
    let job = &objects.one("Job")["spec"]["template"]["spec"];
    assert_eq!(job["serviceAccountName"], "default");
    let policy = objects.named("NetworkPolicy", &format!("{NAME}-migrate"));
    assert_eq!(policy["metadata"]["annotations"]["helm.sh/hook"], "pre-install,pre-upgrade");
    let weight = |object: &serde_json::Value| -> i32 {
        object["metadata"]["annotations"]["helm.sh/hook-weight"].as_str().unwrap().parse().unwrap()
    };
    assert!(weight(policy) < weight(objects.one("Job")));
    for object in [policy, objects.one("Job")] {
        // what a hook makes, an uninstallation does not know; one that fails is kept, to be looked at
        let policy = &object["metadata"]["annotations"]["helm.sh/hook-delete-policy"];
        assert_eq!(policy, "before-hook-creation,hook-succeeded");
    }
    for volume in list(&job["volumes"]) {
        assert!(volume.get("configMap").is_none(), "{volume}");
    }
}

#[test]
fn everything_is_in_the_releases_namespace_and_says_whose_it_is() {
    for object in helm::render(&example("everything")).0 {
        let metadata = &object["metadata"];
        assert_eq!(metadata["namespace"], NAMESPACE, "{metadata}");
        let labels = &metadata["labels"];
        assert_eq!(labels["app.kubernetes.io/instance"], helm::RELEASE, "{metadata}");
        assert_eq!(labels["app.kubernetes.io/managed-by"], "Helm", "{metadata}");
        assert_eq!(labels["team"], "platform", "{metadata}");
    }
}

#[test]
fn long_names_are_cut_before_they_are_refused() {
    let release = "a".repeat(53);
    let long = format!("fullnameOverride: {release}-more\nmigrations: {{mode: job}}\n{POSTGRES}");
    for object in helm::render(&long).0 {
        let name = object["metadata"]["name"].as_str().expect("a name");
        assert!(name.len() <= 63, "{name}");
    }
}
