//! What pods are like.

use super::helm::{self, NAME, example};
use super::objects::{Objects, container, list};
use serde_json::{Value, json};

const TLS: &str = "tls: {existingSecret: t}\n";

#[test]
fn every_pod_keeps_to_the_restricted_standard() {
    let mut seen = 0;
    for (values, text) in helm::examples() {
        for (name, _, pod) in helm::render(&text).pods() {
            restricted(pod, container(pod))
                .unwrap_or_else(|what| panic!("{values}, {name}: {what}"));
            seen += 1;
        }
    }
    assert_eq!(seen, 10, "the Deployment and the test of each example, and two Jobs");
}

/// The restricted Pod Security Standard, and what production asks for besides.
fn restricted(pod: &Value, container: &Value) -> Result<(), String> {
    let security = &pod["securityContext"];
    let own = &container["securityContext"];
    let image = container["image"].as_str().unwrap_or_default();
    for (holds, what) in [
        (security["runAsNonRoot"] == true && own["runAsNonRoot"] == true, "runAsNonRoot"),
        (security["runAsUser"] == 65532, "runAsUser"),
        (security["seccompProfile"]["type"] == "RuntimeDefault", "seccomp of the pod"),
        (own["seccompProfile"]["type"] == "RuntimeDefault", "seccomp"),
        (own["allowPrivilegeEscalation"] == false, "allowPrivilegeEscalation"),
        (own["capabilities"] == json!({"drop": ["ALL"]}), "capabilities"),
        (own["readOnlyRootFilesystem"] == true, "readOnlyRootFilesystem"),
        (pod["automountServiceAccountToken"] == false, "automountServiceAccountToken"),
        (pod["enableServiceLinks"] == false, "enableServiceLinks"),
        (image.contains("@sha256:") || !image.ends_with(":latest") && image.contains(':'), "image"),
    ] {
        if !holds {
            return Err(what.to_owned());
        }
    }
    let host = ["hostNetwork", "hostPID", "hostIPC"].iter().any(|key| pod.get(key).is_some());
    let volumes = ["emptyDir", "projected", "secret", "configMap", "persistentVolumeClaim"];
    let odd = |volume: &&Value| !volumes.iter().any(|kind| volume.get(kind).is_some());
    match list(&pod["volumes"]).iter().find(odd) {
        _ if host => Err("the host's".to_owned()),
        Some(volume) => Err(volume.to_string()),
        None => Ok(()),
    }
}

#[test]
fn a_cluster_that_gives_out_users_itself_may() {
    let values = "podSecurityContext: {runAsUser: null, runAsGroup: null, fsGroup: null}";
    let objects = helm::render(values);
    let security = objects.server()["securityContext"].as_object().expect("a context");
    assert!(security.contains_key("runAsNonRoot"));
    assert!(
        !security.keys().any(|key| ["runAsUser", "runAsGroup", "fsGroup"].contains(&key.as_str()))
    );
}

fn probes(objects: &Objects) -> [Value; 3] {
    let container = container(objects.server());
    ["startupProbe", "readinessProbe", "livenessProbe"].map(|probe| container[probe].clone())
}

#[test]
fn probes_ask_the_health_services_by_name() {
    let asked = probes(&helm::render("")).map(|probe| probe["grpc"].clone());
    let ask = |service: &str| json!({"port": 50051, "service": service});
    assert_eq!(asked, [ask("liveness"), ask("readiness"), ask("liveness")]);
}

#[test]
fn with_tls_which_kubernetes_grpc_probes_do_not_speak_they_ask_the_metrics_port() {
    let objects = helm::render(TLS);
    let asked = probes(&objects).map(|probe| probe["httpGet"].clone());
    let ask = |path: &str| json!({"port": "metrics", "path": path});
    assert_eq!(asked, [ask("/healthz"), ask("/readyz"), ask("/healthz")]);
    let ports = &container(objects.server())["ports"];
    assert_eq!(ports[1], json!({"name": "metrics", "containerPort": 9090}));
    assert_eq!(objects.environment()["PARTNER_METRICS_LISTEN"], "0.0.0.0:9090");
}

#[test]
fn a_start_may_take_the_time_that_migrations_need() {
    let [startup, readiness, liveness] =
        probes(&helm::render("probes: {liveness: {failureThreshold: 9}}"));
    let patience = |probe: &Value| {
        probe["periodSeconds"].as_u64().unwrap() * probe["failureThreshold"].as_u64().unwrap()
    };
    assert_eq!((patience(&startup), patience(&readiness), patience(&liveness)), (300, 10, 90));
}

#[test]
fn the_grace_period_is_the_sleep_the_services_deadline_and_a_margin() {
    for (values, sleep, deadline) in
        [("", 5, 10), ("shutdown: {preStopSleepSeconds: 20, deadlineSeconds: 40}", 20, 40)]
    {
        let objects = helm::render(values);
        let pod = objects.server();
        assert_eq!(container(pod)["lifecycle"]["preStop"]["sleep"]["seconds"], sleep);
        assert_eq!(objects.environment()["PARTNER_SHUTDOWN_DEADLINE"], format!("{deadline}s"));
        assert_eq!(pod["terminationGracePeriodSeconds"], sleep + deadline + 5);
    }
    let at_once = helm::render("shutdown: {preStopSleepSeconds: 0}");
    assert!(container(at_once.server()).get("lifecycle").is_none());
    assert_eq!(at_once.server()["terminationGracePeriodSeconds"], 15);
}

#[test]
fn sqlites_pod_goes_before_the_next_comes_and_postgresqls_after() {
    let sqlite = helm::render("");
    assert_eq!(sqlite.one("Deployment")["spec"]["strategy"], json!({"type": "Recreate"}));
    assert_eq!(data(&sqlite)["persistentVolumeClaim"]["claimName"], NAME);
    let postgres = helm::render("database: {existingSecret: db}");
    assert_eq!(
        postgres.one("Deployment")["spec"]["strategy"],
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})
    );
    assert_eq!(data(&postgres)["emptyDir"], json!({}));
}

#[test]
fn a_volume_may_be_there_already_or_go_with_the_pod() {
    let mine = helm::render("persistence: {existingClaim: mine}");
    assert_eq!(data(&mine)["persistentVolumeClaim"]["claimName"], "mine");
    assert_eq!(data(&helm::render("persistence: {enabled: false}"))["emptyDir"], json!({}));
    let claim = "persistence: {keep: false, size: 1Gi, storageClass: fast}";
    let objects = helm::render(claim);
    let claim = objects.one("PersistentVolumeClaim");
    assert!(claim["metadata"].get("annotations").is_none());
    assert_eq!(claim["spec"]["storageClassName"], "fast");
    assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "1Gi");
}

fn data(objects: &Objects) -> Value {
    let volumes = list(&objects.server()["volumes"]);
    volumes.iter().find(|volume| volume["name"] == "data").expect("the data").clone()
}

#[test]
fn every_mount_has_its_volume_and_every_volume_its_mount() {
    for (values, text) in helm::examples() {
        for (name, _, pod) in helm::render(&text).pods() {
            let names = |list: &[Value]| {
                let mut names: Vec<_> = list.iter().map(|one| one["name"].to_string()).collect();
                names.sort();
                names
            };
            let mounts = names(list(&container(pod)["volumeMounts"]));
            assert_eq!(mounts, names(list(&pod["volumes"])), "{values}, {name}");
        }
    }
}

#[test]
fn a_changed_configuration_file_makes_new_pods() {
    let annotations = |values: &str| {
        let objects = helm::render(values);
        objects.one("Deployment")["spec"]["template"]["metadata"]["annotations"].clone()
    };
    let sum = |values: &str| annotations(values)["checksum/config"].clone();
    assert!(sum("").is_null());
    assert!(sum("config: a = 1").is_string());
    assert_ne!(sum("config: a = 1"), sum("config: a = 2"));
    assert_eq!(sum("config: a = 1"), sum("{config: a = 1, jwt: {issuer: other}}"));
}

#[test]
fn the_configuration_file_is_mounted_where_the_service_is_told_to_read_it() {
    let objects = helm::render("config: 'open-invitations = 7'");
    assert_eq!(objects.one("ConfigMap")["data"]["config.toml"], "open-invitations = 7\n");
    assert_eq!(objects.environment()["PARTNER_CONFIG"], "/etc/partner-service/config.toml");
    let mounts = list(&container(objects.server())["volumeMounts"]);
    assert!(mounts.iter().any(|mount| mount["mountPath"] == "/etc/partner-service"), "{mounts:?}");
}

#[test]
fn pods_are_spread_over_zones_and_nodes() {
    let objects = helm::render("topologySpread: {maxSkew: 2, whenUnsatisfiable: DoNotSchedule}");
    let spread = list(&objects.server()["topologySpreadConstraints"]);
    let keys: Vec<_> = spread.iter().map(|one| one["topologyKey"].as_str().unwrap()).collect();
    assert_eq!(keys, ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]);
    for one in spread {
        assert_eq!(
            (&one["maxSkew"], &one["whenUnsatisfiable"]),
            (&2.into(), &"DoNotSchedule".into())
        );
    }
    let none = helm::render("topologySpread: {enabled: false}");
    assert!(none.server().get("topologySpreadConstraints").is_none());
}

#[test]
fn an_image_is_named_by_version_tag_or_digest() {
    let image = |values: &str| container(helm::render(values).server())["image"].clone();
    assert_eq!(image(""), concat!("partner-service:", env!("CARGO_PKG_VERSION")));
    assert_eq!(image("image: {tag: edge}"), "partner-service:edge");
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let pinned = format!("image: {{repository: r.example.com/p, tag: edge, digest: '{digest}'}}");
    assert_eq!(image(&pinned), format!("r.example.com/p@{digest}"));
}

#[test]
fn what_pods_are_given_besides_reaches_all_that_run_the_service() {
    let objects = helm::render(&example("everything"));
    let mut seen = 0;
    for (name, metadata, pod) in objects.pods() {
        assert_eq!(pod["priorityClassName"], "important", "{name}");
        assert_eq!(pod["nodeSelector"]["kubernetes.io/arch"], "amd64", "{name}");
        assert_eq!(pod["tolerations"][0]["key"], "dedicated", "{name}");
        assert_eq!(pod["imagePullSecrets"][0]["name"], "registry", "{name}");
        assert!(pod["affinity"]["nodeAffinity"].is_object(), "{name}");
        if name.contains("\"Pod\"") {
            continue;
        }
        seen += 1;
        let container = container(pod);
        assert!(container["resources"]["limits"]["memory"].is_string(), "{name}");
        assert_eq!(metadata["annotations"]["example.com/pod"], "true", "{name}");
        assert_eq!(metadata["labels"]["example.com/pod"], "true", "{name}");
        let mounts = list(&container["volumeMounts"]);
        assert!(mounts.iter().any(|mount| mount["mountPath"] == "/extra"), "{name}");
    }
    assert_eq!(seen, 2);
}
