//! A field's `buf.validate` rules, each with values at it and just beyond it. A rule that is not known here fails by name.

use crate::dynamic::{POOL, text};
use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, Value};
use uuid::Uuid;

/// One rule; no value is the field left out.
pub struct Bound {
    pub rule: String,
    pub within: Vec<Option<Value>>,
    pub beyond: Vec<Option<Value>>,
}

impl Bound {
    fn new(rule: impl Into<String>, within: Vec<Value>, beyond: Vec<Value>) -> Self {
        let some = |values: Vec<Value>| values.into_iter().map(Some).collect();
        Self { rule: rule.into(), within: some(within), beyond: some(beyond) }
    }

    fn in_lists(self) -> Self {
        let list = |values: Vec<Option<Value>>| {
            values.into_iter().map(|value| value.map(|one| Value::List(vec![one]))).collect()
        };
        Self { rule: self.rule, within: list(self.within), beyond: list(self.beyond) }
    }
}

/// The bounds of a field whose value in a good request is `good`.
pub fn bounds_of(field: &FieldDescriptor, good: &Value) -> Vec<Bound> {
    let extension =
        POOL.get_extension_by_name("buf.validate.field").expect("buf.validate is imported");
    let options = field.options();
    if !options.has_extension(&extension) {
        return Vec::new();
    }
    let rules = options.get_extension(&extension).into_owned();
    rules_in(rules.as_message().expect("FieldRules"), field, good)
}

fn rules_in(rules: &DynamicMessage, field: &FieldDescriptor, good: &Value) -> Vec<Bound> {
    let skips_empty = rules
        .fields()
        .any(|(rule, value)| rule.name() == "ignore" && value.as_enum_number() == Some(1));
    let mut found = Vec::new();
    for (rule, value) in rules.fields() {
        match (rule.name(), value) {
            ("required", Value::Bool(true)) => {
                found.push(Bound {
                    rule: "required".to_owned(),
                    within: vec![],
                    beyond: vec![None],
                });
            }
            ("ignore", _) => {
                found.push(Bound {
                    rule: "ignored if empty".to_owned(),
                    within: vec![],
                    beyond: vec![],
                });
            }
            ("string" | "enum" | "int32" | "int64", Value::Message(inner)) => {
                found.extend(
                    inner
                        .fields()
                        .map(|(rule, value)| scalar(field, rule.name(), value, good, skips_empty)),
                );
            }
            ("duration", Value::Message(inner)) => {
                found.extend(inner.fields().map(|(rule, value)| span(rule.name(), value)));
            }
            ("repeated", Value::Message(inner)) => {
                found.extend(
                    inner.fields().flat_map(|(rule, value)| list(field, rule.name(), value, good)),
                );
            }
            (other, _) => panic!(
                "{}: teach tests/api/annotations/bounds.rs the rules of {other}",
                field.full_name()
            ),
        }
    }
    found
}

/// A bound of a span of time, and a nanosecond beyond it.
fn span(rule: &str, value: &Value) -> Bound {
    let at = value.as_message().expect("a Duration");
    let seconds = at.get_field_by_name("seconds").and_then(|it| it.as_i64()).expect("seconds");
    let beyond = match rule {
        "gte" => (seconds - 1, 999_999_999),
        "lte" => (seconds, 1),
        other => panic!("teach tests/api/annotations/bounds.rs the rule {other} of spans"),
    };
    let mut outside = at.clone();
    outside.set_field_by_name("seconds", Value::I64(beyond.0));
    outside.set_field_by_name("nanos", Value::I32(beyond.1));
    Bound::new(rule, vec![value.clone()], vec![Value::Message(outside)])
}

/// Rules on a list's length, and on its elements.
fn list(field: &FieldDescriptor, rule: &str, value: &Value, good: &Value) -> Vec<Bound> {
    let of = |length: u64| {
        let one = good.as_list().and_then(<[Value]>::first).expect("a good list has an element");
        let is_id = one.as_str().is_some_and(|text| Uuid::try_parse(text).is_ok());
        let another = |_| if is_id { fresh() } else { one.clone() };
        Value::List((0..length).map(another).collect())
    };
    match (rule, value) {
        ("items", Value::Message(rules)) => {
            let items = rules_in(rules, field, &Value::Bool(false));
            items.into_iter().map(Bound::in_lists).collect()
        }
        ("min_items", Value::U64(least)) => {
            vec![Bound::new(format!("{rule} = {least}"), vec![of(*least)], vec![of(least - 1)])]
        }
        ("max_items", Value::U64(most)) => {
            vec![Bound::new(format!("{rule} = {most}"), vec![of(*most)], vec![of(most + 1)])]
        }
        ("unique", Value::Bool(true)) => {
            let twice =
                enums(numbers(field).into_iter().filter(|one| *one != 0).take(1).cycle().take(2));
            vec![Bound::new("unique", vec![], vec![Value::List(twice)])]
        }
        // a message of rules shows itself without end
        (other, _) => panic!("{}: teach this file {other}", field.full_name()),
    }
}

fn scalar(
    field: &FieldDescriptor,
    rule: &str,
    value: &Value,
    good: &Value,
    skips_empty: bool,
) -> Bound {
    let name = format!("{rule} = {value:?}");
    match (rule, value) {
        ("max_len", Value::U64(most)) => {
            let most = usize::try_from(*most).expect("a length");
            Bound::new(name, vec![long(field, most)], vec![long(field, most + 1)])
        }
        ("min_len", Value::U64(1)) => Bound::new(name, vec![text("x")], vec![text("")]),
        ("uri", Value::Bool(true)) => {
            let within = ["https://a.example/b?c=d", "http://a.example"].map(text);
            let beyond = ["", "nowhere", "/relative", "https://", "https://a b.example"].map(text);
            Bound::new(name, within.into(), beyond.into())
        }
        ("uuid", Value::Bool(true)) => {
            let one = if good.as_str().is_some_and(|good| !good.is_empty()) {
                good.clone()
            } else {
                fresh()
            };
            let mut beyond = vec![text("not-a-uuid"), text(format!("{}0", Uuid::now_v7()))];
            if !skips_empty {
                beyond.push(text(""));
            }
            Bound::new(name, vec![one], beyond)
        }
        ("pattern", Value::String(pattern)) => {
            let (within, beyond) = samples(pattern);
            let checked = |sample: &String| !(skips_empty && sample.is_empty());
            let texts =
                |samples: Vec<String>| samples.into_iter().filter(checked).map(text).collect();
            Bound::new(name, texts(within), texts(beyond))
        }
        ("gte", Value::I32(0)) => {
            Bound::new(name, vec![Value::I32(0)], vec![Value::I32(-1), Value::I32(i32::MIN)])
        }
        ("gte", Value::I64(0)) => {
            Bound::new(name, vec![Value::I64(0)], vec![Value::I64(-1), Value::I64(i64::MIN)])
        }
        ("defined_only", Value::Bool(true)) => {
            let all = numbers(field);
            let past = all.iter().max().expect("values") + 1;
            Bound::new(name, enums(all.into_iter().filter(|one| *one != 0)), enums([past, -1]))
        }
        ("in", Value::List(listed)) => {
            let listed: Vec<i32> = listed.iter().filter_map(Value::as_i32).collect();
            let others = numbers(field)
                .into_iter()
                .chain([99])
                .filter(|one| !listed.contains(one))
                .collect::<Vec<_>>();
            Bound::new(name, enums(listed.iter().copied()), enums(others))
        }
        ("not_in", Value::List(listed)) => {
            Bound::new(name, vec![], enums(listed.iter().filter_map(Value::as_i32)))
        }
        (other, value) => panic!("{}: teach this file {other} = {value:?}", field.full_name()),
    }
}

fn numbers(field: &FieldDescriptor) -> Vec<i32> {
    let Kind::Enum(values) = field.kind() else {
        panic!("{} is no enumeration", field.full_name())
    };
    // the one role that the type of the good offer does not have
    let foreign = |number: &i32| field.name() == "admin_roles" && *number == 5;
    EnumDescriptor::values(&values).map(|value| value.number()).filter(|it| !foreign(it)).collect()
}

fn enums(numbers: impl IntoIterator<Item = i32>) -> Vec<Value> {
    numbers.into_iter().map(Value::EnumNumber).collect()
}

fn fresh() -> Value {
    text(Uuid::now_v7().to_string())
}

/// A text of so many characters (of two bytes where any may stand), good but for its length.
fn long(field: &FieldDescriptor, chars: usize) -> Value {
    if field.name() == "url" {
        let start = "https://a.example/";
        return text(format!("{start}{}", "a".repeat(chars - start.len())));
    }
    if !field.name().contains("email") {
        return text("é".repeat(chars));
    }
    let domain = format!("{0}.{0}.{0}.example", "b".repeat(60));
    text(format!("{}@{domain}", "a".repeat(chars - domain.len() - 1)))
}

/// Texts that a pattern lets in, and some that it keeps out.
fn samples(pattern: &str) -> (Vec<String>, Vec<String>) {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    match pattern {
        "^[!-~]{1,64}$" => (
            vec!["!".to_owned(), "~".repeat(64)],
            vec![
                "~".repeat(65),
                "with space".to_owned(),
                "ümlaut".to_owned(),
                "bell\u{7}".to_owned(),
            ],
        ),
        "^\\P{Cc}*$" => (
            owned(&["Ünï-cödé, \"quoted\" <b>", "日本語"]),
            owned(&["a\nb", "a\rb", "bell\u{7}", "tab\t.", "del\u{7f}", "c1\u{85}"]),
        ),
        "^\\P{Cc}+$" => {
            (owned(&["\u{dc}n\u{ef}-c\u{f6}d\u{e9}"]), owned(&["", "bell\u{7}", "a\nb"]))
        }
        "^[A-Z]{2}$" => {
            (owned(&["SE", "KR"]), owned(&["", "se", "S", "SWE", "S1", "\u{c5}X", "SE\n"]))
        }
        "^[\\n\\P{Cc}]+$" => (owned(&["two\nlines"]), owned(&["", "\n", "a\rb", "bell\u{7}"])),
        "^[\\n\\P{Cc}]*$" => (
            owned(&["two\nlines", "日本語"]),
            owned(&["a\rb", "bell\u{7}", "tab\t.", "nul\u{0}", "del\u{7f}"]),
        ),
        "^[0-9a-fA-F]{64}$" => (
            vec!["0123456789abcdefABCDEF00".repeat(3)[..64].to_owned()],
            vec![String::new(), "0".repeat(63), "0".repeat(65), "g".repeat(64), "é".repeat(32)],
        ),
        "^\\P{Cc}+@\\P{Cc}+$" => (
            owned(&["plus+tag@b.example", "Jürgen@bücher.example"]),
            owned(&[
                "",
                "nobody",
                "@b.example",
                "a@",
                "a@b.example\nBcc: c@d.example",
                "bell\u{7}@b.example",
            ]),
        ),
        other => {
            panic!("say in tests/api/annotations/bounds.rs what {other} lets in and keeps out")
        }
    }
}
