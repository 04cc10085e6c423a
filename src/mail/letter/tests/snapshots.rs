//! One letter of each language as it is sent, to be read. `REWRITE_SNAPSHOTS=1 cargo test letter` writes them anew.

use super::*;
use std::{env, fs, path::Path};

fn compare(kind: &str, language: Language) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mail/letter/snapshots");
    let letter = Letter::sample(kind).expect("a sample");
    let Rendered { subject, text, html } = letter.render(language, Some(LINK));
    let name = format!("{kind}.{}", language.tag());
    for (file, now) in [
        (format!("{name}.txt"), format!("Subject: {subject}\n\n{text}")),
        (format!("{name}.html"), html),
    ] {
        let path = folder.join(file);
        if env::var_os("REWRITE_SNAPSHOTS").is_some() {
            fs::write(&path, now).expect("written");
        } else {
            let then = fs::read_to_string(&path).expect("a snapshot");
            assert_eq!(now, then, "{}", path.display());
        }
    }
}

#[test]
fn an_invitation_in_english_reads_as_before() {
    compare("invitation", Language::English);
}

#[test]
fn a_warning_of_roles_that_end_in_french_reads_as_before() {
    compare("role_expiry", Language::French);
}

#[test]
fn an_inquiry_in_swedish_reads_as_before() {
    compare("inquiry", Language::Swedish);
}

#[test]
fn a_rejection_in_dutch_reads_as_before() {
    compare("rejection", Language::Dutch);
}

#[test]
fn an_invitation_in_korean_reads_as_before() {
    compare("invitation", Language::Korean);
}
