//! Letters as their recipients read them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::collections::BTreeMap;

/// A message, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Unfolded, by their names in lower case; none may stand twice.
    pub headers: BTreeMap<String, String>,
    pub text: String,
    pub html: String,
}

impl Letter {
    /// Reads a message of two alternatives; panics on anything else.
    pub fn read(bytes: &[u8]) -> Self {
        let whole = std::str::from_utf8(bytes).expect("encoded, hence ASCII");
        assert!(whole.is_ascii(), "encoded, hence ASCII");
        let (headers, body) = split(whole);
        let kind = &headers["content-type"];
        assert!(kind.starts_with("multipart/alternative"), "{kind}");
        let boundary = kind.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next());
        let mark = format!("--{}", boundary.expect("a boundary"));
        let parts: Vec<&str> = body.split(mark.as_str()).skip(1).collect();
        assert_eq!(parts.len(), 3, "two alternatives and the end: {parts:?}");
        assert_eq!(parts[2].trim_end(), "--");
        let [text, html] =
            [parts[0], parts[1]].map(|part| decoded(part.trim_start_matches("\r\n")));
        assert!(text.0.starts_with("text/plain") && html.0.starts_with("text/html"));
        Self { headers, text: text.1, html: html.1 }
    }

    pub fn to(&self) -> &str {
        &self.headers["to"]
    }

    pub fn language(&self) -> &str {
        &self.headers["content-language"]
    }

    pub fn message_id(&self) -> &str {
        self.headers["message-id"].trim_start_matches('<').trim_end_matches('>')
    }

    /// What follows `base` and a slash in the text.
    pub fn secret(&self, base: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!("{base}/"))?;
        let is_secret = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        Some(rest.chars().take_while(|c| is_secret(*c)).collect())
    }
}

/// Headers, and what comes after the first empty line.
fn split(whole: &str) -> (BTreeMap<String, String>, &str) {
    let (head, body) = whole.split_once("\r\n\r\n").expect("an empty line after the headers");
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut headers = BTreeMap::new();
    for line in unfolded.split("\r\n") {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}"));
        let again = headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        assert_eq!(again, None, "{name} stands twice");
    }
    (headers, body)
}

/// A part's type and content.
fn decoded(part: &str) -> (String, String) {
    let (headers, body) = split(part);
    let bytes = match headers["content-transfer-encoding"].as_str() {
        "7bit" => body.as_bytes().to_vec(),
        "quoted-printable" => from_quoted_printable(body),
        "base64" => BASE64_STANDARD
            .decode(body.split_ascii_whitespace().collect::<String>())
            .expect("base64"),
        other => panic!("the encoding {other}"),
    };
    (headers["content-type"].clone(), String::from_utf8(bytes).expect("UTF-8"))
}

fn from_quoted_printable(body: &str) -> Vec<u8> {
    let joined = body.replace("=\r\n", "");
    let (mut bytes, mut rest) = (Vec::new(), joined.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        if first == b'=' {
            let digits = std::str::from_utf8(&after[..2]).expect("two digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    bytes
}
