//! The values, their schema, and the table of them in the chart's README.

use super::helm;
use serde_json::Value;
use std::fs;

const TABLE: &str = "| value | default | what it does |\n|---|---|---|\n";

/// One value: its path, its default, and the comment above it.
struct Row {
    path: String,
    default: Value,
    comment: String,
}

/// Every value, in the file's order. What is below a value with a comment is part of its default.
fn rows() -> Vec<Row> {
    let text = helm::file("values.yaml");
    let values: Value = serde_saphyr::from_str(&text).expect("YAML");
    let (mut rows, mut above) = (Vec::<Row>::new(), Vec::<(usize, &str)>::new());
    let (mut comment, mut inside) = (None, None);
    for line in text.lines() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        if let Some(said) = body.strip_prefix("# -- ") {
            comment = Some(said.to_owned());
            continue;
        }
        if body.is_empty() || body.starts_with('#') || inside.is_some_and(|outer| indent > outer) {
            continue;
        }
        let (key, rest) = body.split_once(':').unwrap_or_else(|| panic!("{line:?} is no value"));
        above.retain(|(outer, _)| *outer < indent);
        above.push((indent, key));
        inside = comment.is_some().then_some(indent);
        let keys: Vec<&str> = above.iter().map(|(_, key)| *key).collect();
        match comment.take() {
            Some(comment) => {
                let default = values.pointer(&format!("/{}", keys.join("/")));
                let default = default.unwrap_or_else(|| panic!("{keys:?}")).clone();
                rows.push(Row { path: keys.join("."), default, comment });
            }
            None => assert!(rest.trim().is_empty(), "{} has no comment", keys.join(".")),
        }
    }
    rows
}

fn table() -> String {
    let mut table = TABLE.to_owned();
    for Row { path, default, comment } in rows() {
        let default = match default {
            Value::Null => String::new(),
            Value::String(text) if text.is_empty() => String::new(),
            Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        };
        table += &format!("| `{path}` | {default} | {} |\n", comment.replace('|', "\\|"));
    }
    table
}

#[test]
fn the_readmes_table_has_every_value_with_its_default() {
    let page = helm::file("README.md");
    let (before, rest) = page.split_once(TABLE).expect("the table's head");
    let after = rest.split_once("\n\n").map_or("", |(_, after)| after);
    let expected = format!("{before}{}\n{after}", table());
    if std::env::var_os("README_BLESS").is_some() {
        fs::write(helm::path("README.md"), expected).expect("the README is written");
        return;
    }
    assert!(
        page == expected,
        "the table is not what values.yaml says; write it with README_BLESS=1"
    );
}

#[test]
fn every_comment_is_a_sentence() {
    let rows = rows();
    assert!(rows.len() > 80, "{}", rows.len());
    for Row { path, comment, .. } in rows {
        assert!(comment.ends_with('.'), "{path}: {comment}");
    }
}

fn schema() -> Value {
    serde_json::from_str(&helm::file("values.schema.json")).expect("JSON")
}

/// Each part of a schema below its properties and items, with its path.
fn parts<'a>(path: &str, schema: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    found.push((path.to_owned(), schema));
    for (name, part) in schema["properties"].as_object().into_iter().flatten() {
        parts(&format!("{path}.{name}"), part, found);
    }
    if schema["items"].is_object() {
        parts(&format!("{path}[]"), &schema["items"], found);
    }
}

#[test]
fn the_schema_knows_every_value_and_no_other() {
    let schema = schema();
    let mut found = Vec::new();
    parts("", &schema, &mut found);
    let is_leaf = |part: &Value| part.get("properties").is_none();
    let values: Value = serde_saphyr::from_str(&helm::file("values.yaml")).expect("YAML");
    let mut known = Vec::new();
    for (path, part) in found {
        // what an element of a list may be, and what a parent chart hands down, is not in the file
        if path.is_empty() || path.contains("[]") || path == ".global" {
            continue;
        }
        let within =
            ["resources", "affinity"].iter().any(|free| path.starts_with(&format!(".{free}.")));
        let pointer = path.replace('.', "/");
        assert!(within || values.pointer(&pointer).is_some(), "{path} is in the schema alone");
        if !within && (is_leaf(part) || rows().iter().any(|row| format!(".{}", row.path) == path)) {
            known.push(path[1..].to_owned());
        }
    }
    let mut rows: Vec<String> = rows().into_iter().map(|row| row.path).collect();
    rows.sort();
    known.sort();
    assert_eq!(rows, known);
}

#[test]
fn the_schema_lets_nothing_unknown_in() {
    let schema = schema();
    let mut found = Vec::new();
    parts("", &schema, &mut found);
    let closed = found.iter().filter(|(_, part)| part.get("properties").is_some());
    let open: Vec<_> =
        closed.clone().filter(|(_, part)| part["additionalProperties"] != false).collect();
    assert!(open.is_empty(), "{open:?}");
    assert!(closed.count() > 30);
}

#[test]
fn the_chart_is_of_the_services_version() {
    let chart: Value = serde_saphyr::from_str(&helm::file("Chart.yaml")).expect("YAML");
    assert_eq!(chart["appVersion"], env!("CARGO_PKG_VERSION"));
}
