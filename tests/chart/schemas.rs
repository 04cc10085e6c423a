//! helm's own opinion of the chart, and Kubernetes' schemas' of what it renders.

use super::helm::{self, examples};
use super::objects::Objects;
use super::tools::answer;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// The oldest that the chart allows, the newest there is a schema of, and one between.
const VERSIONS: [&str; 3] = ["1.30", "1.34", "1.37"];
/// Of the Prometheus operator, not of Kubernetes.
const FOREIGN: [&str; 2] = ["ServiceMonitor", "PrometheusRule"];

#[test]
fn the_strictest_lint_has_nothing_to_say() {
    for (name, values) in examples() {
        let mut helm = Command::new("helm");
        helm.args(["lint", "--strict", "--kube-version", "1.34", "--values", "-"])
            .arg(helm::path(""));
        let said = answer(helm, &values).unwrap_or_else(|said| panic!("{name}: {said}"));
        assert!(said.contains("0 chart(s) failed"), "{name}: {said}");
        assert!(!said.contains("[WARNING]") && !said.contains("[ERROR]"), "{name}: {said}");
    }
}

#[test]
fn what_is_rendered_is_valid_in_the_oldest_the_newest_and_a_middle_version_of_kubernetes() {
    for (name, values) in examples() {
        let objects = helm::render(&values);
        for version in VERSIONS {
            validate(&objects, version).unwrap_or_else(|said| panic!("{name}, {version}: {said}"));
        }
    }
}

#[test]
fn an_older_kubernetes_is_refused() {
    let ask = |version: &str| {
        let mut helm = Command::new("helm");
        helm.args(["template", "x", "--kube-version", version]).arg(helm::path(""));
        answer(helm, "")
    };
    let said = ask("1.29.9").expect_err("1.29 knows no preStop.sleep");
    let expected = "this chart needs Kubernetes 1.30 or later, and this is v1.29.9";
    assert!(said.contains(expected), "{said}");
    assert!(ask("1.30.0-eks-1").is_ok());
}

#[test]
fn a_field_that_no_kubernetes_knows_is_found() {
    let yaml =
        helm::template("").expect("the objects").replace("enableServiceLinks", "enableLinks");
    let said = validate(&Objects::read(&yaml), VERSIONS[0]).expect_err("an unknown field");
    assert!(said.contains("enableLinks"), "{said}");
}

/// One file for each object, so that none hides behind another.
fn validate(objects: &Objects, version: &str) -> Result<String, String> {
    let folder = TempDir::new().expect("a temporary folder");
    let mut validate = Command::new("kubernetes-validate");
    validate.args(["--strict", "--kubernetes-version", version]);
    let known =
        objects.0.iter().filter(|object| !FOREIGN.iter().any(|kind| object["kind"] == *kind));
    for (index, object) in known.enumerate() {
        let path = folder.path().join(format!("{index}.yaml"));
        fs::write(&path, object.to_string()).expect("an object's file");
        validate.arg(path);
    }
    answer(validate, "")
}
