//! `config print`: what is in force, as a configuration file or as JSON.

use super::file::Kind;
use super::{Output, Setting, Shown, Source};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// What is in force, each setting with where its value comes from; no secret among them.
#[must_use]
pub fn printed(settings: &[Setting], output: Output) -> String {
    match output {
        Output::Text => toml(settings),
        Output::Json => json(settings),
    }
}

/// A file that says the same, but for the secrets, which stand there as comments, and for where the file is.
fn toml(settings: &[Setting]) -> String {
    let line = |Setting { name, kind, value, .. }: &Setting| match value {
        Shown::Value(value) if name == "config" => format!("# {name}: {value}"),
        Shown::Value(value) => format!("{name} = {}", literal(*kind, value)),
        Shown::Hidden => format!("# {name} = (not shown)"),
        Shown::Nothing => format!("# {name} = (not set)"),
    };
    let lines: Vec<(String, String)> =
        settings.iter().map(|setting| (line(setting), from(setting))).collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0).min(60);
    lines.iter().fold(String::new(), |mut text, (line, from)| {
        let _ = writeln!(text, "{}", format!("{line:width$}  # {from}").trim_end_matches(" # "));
        text
    })
}

fn literal(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Text => toml_edit::Value::from(value).to_string(),
        // as they were read
        Kind::Whole | Kind::Truth => value.to_owned(),
    }
}

fn from(setting: &Setting) -> String {
    match &setting.source {
        Source::Flag => format!("--{}", setting.name),
        Source::Environment => setting.variable.clone(),
        Source::File => "file".to_owned(),
        Source::SecretFile(file) => format!("the file of {file}"),
        Source::Default => "default".to_owned(),
    }
}

fn json(settings: &[Setting]) -> String {
    let value = |Setting { kind, value, .. }: &Setting| match (kind, value) {
        (Kind::Whole, Shown::Value(value)) => {
            value.parse::<u64>().map_or_else(|_| json!(value), |number| json!(number))
        }
        (Kind::Truth, Shown::Value(value)) => json!(value == "true"),
        (Kind::Text, Shown::Value(value)) => json!(value),
        (_, Shown::Hidden | Shown::Nothing) => Value::Null,
    };
    let source = |setting: &Setting| match &setting.source {
        Source::Flag => "flag",
        Source::Environment => "environment",
        Source::File => "file",
        Source::SecretFile(_) => "secret file",
        Source::Default => "default",
    };
    let all: Map<String, Value> = settings
        .iter()
        .map(|setting| {
            let told = json!({
                "value": value(setting),
                "isSet": setting.value != Shown::Nothing,
                "source": source(setting),
                "variable": setting.variable,
            });
            (setting.name.clone(), told)
        })
        .collect();
    format!("{:#}\n", Value::Object(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str, kind: Kind, value: Shown, source: Source) -> Setting {
        let variable = format!("PARTNER_{}", name.to_uppercase().replace('-', "_"));
        Setting { name: name.to_owned(), variable, kind, value, source }
    }

    fn some() -> [Setting; 5] {
        let value = |value: &str| Shown::Value(value.to_owned());
        [
            setting("config", Kind::Text, value("a.toml"), Source::Environment),
            setting("data-dir", Kind::Text, value("C:\\d \"q\""), Source::Flag),
            setting("open-invitations", Kind::Whole, value("3"), Source::File),
            setting("insecure", Kind::Truth, value("true"), Source::Default),
            setting(
                "database-url",
                Kind::Text,
                Shown::Hidden,
                Source::SecretFile("database-url-file".to_owned()),
            ),
        ]
    }

    #[test]
    fn the_text_is_toml_with_the_sources_as_comments() {
        let text = printed(&some(), Output::Text);
        let expected = "\
# config: a.toml                  # PARTNER_CONFIG
data-dir = 'C:\\d \"q\"'            # --data-dir
open-invitations = 3              # file
insecure = true                   # default
# database-url = (not shown)      # the file of database-url-file
";
        let unspaced = |text: &str| text.replace(' ', "");
        assert_eq!(unspaced(&text), unspaced(expected));
        assert!(toml_edit::Document::parse(text).is_ok());
    }

    #[test]
    fn json_has_each_value_in_its_kind_and_no_secret() {
        let all: Value = serde_json::from_str(&printed(&some(), Output::Json)).unwrap();
        assert_eq!(all["open-invitations"]["value"], 3);
        assert_eq!(all["insecure"]["value"], true);
        assert_eq!(all["data-dir"]["source"], "flag");
        assert_eq!(all["database-url"]["value"], Value::Null);
        assert_eq!(all["database-url"]["isSet"], true);
    }
}
