//! helm, on the chart.

use super::objects::Objects;
use super::tools::answer;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const RELEASE: &str = "shop";
pub const NAMESPACE: &str = "partners";
/// What the release's objects are called.
pub const NAME: &str = "shop-partner-service";

/// Where a file of the chart is.
pub fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("helm/partner-service").join(file)
}

/// A file of the chart.
pub fn file(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The values that come with the chart as examples, by name, and none.
pub fn examples() -> Vec<(String, String)> {
    let mut found = vec![("no values".to_owned(), String::new())];
    for entry in fs::read_dir(path("ci")).expect("examples") {
        let name = format!("ci/{}", entry.expect("an entry").file_name().to_string_lossy());
        found.push((name.clone(), file(&name)));
    }
    found.sort();
    assert!(found.len() > 3, "{found:?}");
    found
}

/// One of them.
pub fn example(name: &str) -> String {
    file(&format!("ci/{name}-values.yaml"))
}

/// What `values`, as YAML, make of the chart, or why they are refused.
pub fn template(values: &str) -> Result<String, String> {
    template_of(&path(""), values)
}

fn template_of(chart: &Path, values: &str) -> Result<String, String> {
    let mut helm = Command::new("helm");
    helm.args(["template", RELEASE]).arg(chart).args(["--namespace", NAMESPACE, "--values", "-"]);
    answer(helm, values)
}

/// The objects that `values` make.
pub fn render(values: &str) -> Objects {
    let yaml = template(values).unwrap_or_else(|said| panic!("{values}\n{said}"));
    Objects::read(&yaml)
}

/// What an operator reads after the installation. `helm template` leaves the notes out, so they are rendered as an object.
pub fn notes(values: &str) -> String {
    let copy = tempfile::TempDir::new().expect("a temporary folder");
    let chart = copy.path().join("chart");
    let mut cp = Command::new("cp");
    cp.arg("-r").arg(path("")).arg(&chart);
    answer(cp, "").expect("a copy of the chart");
    fs::rename(chart.join("templates/NOTES.txt"), chart.join("notes.txt")).expect("the notes");
    let object = "kind: Notes\ntext: {{ tpl (.Files.Get \"notes.txt\") . | quote }}\n";
    fs::write(chart.join("templates/notes.yaml"), object).expect("the notes as an object");
    let yaml = template_of(&chart, values).unwrap_or_else(|said| panic!("{values}\n{said}"));
    Objects::read(&yaml).one("Notes")["text"].as_str().expect("a text").to_owned()
}
