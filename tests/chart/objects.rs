//! What helm rendered.

use serde_json::Value;
use std::collections::BTreeMap;

/// Kubernetes objects.
#[derive(Debug)]
pub struct Objects(pub Vec<Value>);

impl Objects {
    pub fn read(yaml: &str) -> Self {
        let objects: Vec<Value> =
            serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
        Self(objects.into_iter().filter(|object| !object.is_null()).collect())
    }

    pub fn of(&self, kind: &str) -> Vec<&Value> {
        self.0.iter().filter(|object| object["kind"] == kind).collect()
    }

    /// The only one of its kind.
    pub fn one(&self, kind: &str) -> &Value {
        let found = self.of(kind);
        assert_eq!(found.len(), 1, "{} objects of kind {kind}", found.len());
        found[0]
    }

    pub fn named(&self, kind: &str, name: &str) -> &Value {
        let found = self.of(kind).into_iter().find(|object| object["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("no {kind} is called {name}"))
    }

    /// The specification of the service's pods.
    pub fn server(&self) -> &Value {
        &self.one("Deployment")["spec"]["template"]["spec"]
    }

    /// What the service finds in its environment.
    pub fn environment(&self) -> BTreeMap<String, String> {
        environment(container(self.server()))
    }

    /// Every pod's metadata and specification, with the name of the object it comes from.
    pub fn pods(&self) -> Vec<(String, &Value, &Value)> {
        let pod = |object: &'_ Value| match object["kind"].as_str() {
            Some("Deployment" | "Job") => Some("/spec/template"),
            Some("Pod") => Some(""),
            _ => None,
        };
        let described = |object| {
            let pod = Value::pointer(object, pod(object)?)?;
            let name = format!("{} {}", object["kind"], object["metadata"]["name"]);
            Some((name, &pod["metadata"], &pod["spec"]))
        };
        self.0.iter().filter_map(described).collect()
    }
}

/// The pod's only container.
pub fn container(pod: &Value) -> &Value {
    let containers = list(&pod["containers"]);
    assert_eq!(containers.len(), 1, "{containers:?}");
    &containers[0]
}

/// Variables by name; each is there once, and with a value of its own.
pub fn environment(container: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for variable in list(&container["env"]) {
        let name = variable["name"].as_str().expect("a name").to_owned();
        let value = variable["value"].as_str().unwrap_or_else(|| panic!("{variable}")).to_owned();
        assert!(found.insert(name, value).is_none(), "{variable} is there twice");
    }
    found
}

/// The elements; none if it is not there.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether every label that `selector` asks for is among `labels`, and it asks for some.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let selector = selector.as_object().expect("a selector");
    !selector.is_empty() && selector.iter().all(|(name, value)| labels[name] == *value)
}
