//! Files, and what is told of those that cannot be used.

use super::super::files::{chain, untimely};
use super::certificates::{Authority, OVER, TO_COME, write};
use super::{Files, Serving, Stage, problem};
use std::path::Path;
use std::process::Command;

fn openssl(folder: &Path, arguments: &str) {
    let mut openssl = Command::new("openssl");
    let run = openssl.args(arguments.split(' ')).current_dir(folder).output();
    let run = run.expect("openssl makes keys here: install it");
    assert!(run.status.success(), "{arguments}: {}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn each_form_of_a_private_key_is_taken() {
    for (form, lines) in [
        ("RSA PRIVATE KEY", &["genrsa -traditional -out key 2048"][..]),
        ("PRIVATE KEY", &["genrsa -out key 2048"]),
        ("EC PRIVATE KEY", &["ecparam -name prime256v1 -genkey -noout -out key"]),
        ("EC PRIVATE KEY", &["ecparam -name secp384r1 -genkey -noout -out key"]),
        ("PRIVATE KEY", &["genpkey -algorithm ed25519 -out key"]),
    ] {
        let stage = Stage::new();
        let folder = stage.folder.path();
        for line in lines {
            openssl(folder, line);
        }
        openssl(folder, "req -x509 -new -key key -subj /CN=service -days 1 -out certificate");
        let text = std::fs::read_to_string(folder.join("key")).unwrap();
        assert!(text.contains(&format!("-----BEGIN {form}-----")), "{text}");
        let (certificate, key) = (folder.join("certificate"), folder.join("key"));
        let started = Serving::start(Files { certificate, key, client_ca: None });
        assert!(started.is_ok(), "{form}: {}", started.err().unwrap());
    }
}

#[test]
fn an_encrypted_key_is_told_from_a_damaged_one() {
    for line in [
        "genrsa -aes128 -passout pass:x -traditional -out service.key 2048",
        "genrsa -aes128 -passout pass:x -out service.key 2048",
    ] {
        let stage = Stage::new();
        let files = stage.files(false);
        openssl(stage.folder.path(), line);
        let said = problem(files);
        let expected =
            "service.key cannot be used: the private key is encrypted; write it without a password";
        assert!(said.ends_with(expected), "{said}");
    }
}

#[test]
fn what_cannot_be_used_is_told_with_its_file_and_the_reason() {
    const BAD_DER: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const BAD_KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let other = Authority::new("other").issues(&["localhost"]);
    for (file, text, expected) in [
        ("service.crt", "", "service.crt cannot be used: it holds no certificate in PEM"),
        ("service.crt", "nonsense", "service.crt cannot be used: it holds no certificate in PEM"),
        ("service.crt", &other.key, "service.crt cannot be used: it holds no certificate in PEM"),
        ("service.crt", &other.certificate[..200], "service.crt cannot be used: it is damaged"),
        ("service.crt", BAD_DER, "service.crt cannot be used: a certificate in it is damaged"),
        ("service.key", "", "service.key cannot be used: it holds no private key in PEM"),
        (
            "service.key",
            &other.certificate,
            "service.key cannot be used: it holds no private key in PEM",
        ),
        (
            "service.key",
            BAD_KEY,
            "service.key cannot be used: the private key is damaged, or of a kind that is not known here",
        ),
        ("ca.crt", "", "ca.crt cannot be used: it holds no certificate in PEM"),
        ("ca.crt", BAD_DER, "ca.crt cannot be used: a certificate in it is damaged"),
    ] {
        let stage = Stage::new();
        let files = stage.files(true);
        write(stage.folder.path(), file, text);
        let said = problem(files);
        assert!(said.ends_with(expected), "{said}");
    }
}

#[test]
fn a_key_of_another_certificate_is_told_with_that_certificate() {
    let stage = Stage::new();
    let files = stage.files(false);
    let other = Authority::new("other").issues(&["localhost"]);
    write(stage.folder.path(), "service.key", &other.key);
    let expected = format!(
        "{} cannot be used: it is not the key of {}",
        files.key.display(),
        files.certificate.display()
    );
    assert_eq!(problem(files), expected);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let stage = Stage::new();
    let files = stage.files(true);
    for name in ["service.crt", "service.key", "ca.crt"] {
        let path = stage.folder.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let said = problem(files.clone());
        let expected =
            format!("{} cannot be read: No such file or directory (os error 2)", path.display());
        assert_eq!(said, expected);
        std::fs::write(&path, text).unwrap();
    }
}

#[test]
fn a_certificate_out_of_its_time_is_told_and_served() {
    let stage = Stage::new();
    let path = Path::new("x");
    for (years, how) in [(OVER, Some("has expired")), (TO_COME, Some("is not valid yet"))] {
        let issued = stage.authority.issues_for(&["localhost"], years);
        let certificate = &chain(path, issued.certificate.as_bytes()).unwrap()[0];
        assert_eq!(untimely(certificate), how);
        let (certificate, key) = stage.write("service", &issued);
        assert!(Serving::start(Files { certificate, key, client_ca: None }).is_ok());
    }
    let good = stage.authority.issues(&["localhost"]);
    assert_eq!(untimely(&chain(path, good.certificate.as_bytes()).unwrap()[0]), None);
}
