//! Certificates that change while the service runs.

use super::super::files::chain;
use super::certificates::{Authority, Issued, write};
use super::{Files, Serving, Stage, meet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

fn der(issued: &Issued) -> Vec<u8> {
    chain(Path::new("x"), issued.certificate.as_bytes()).unwrap()[0].to_vec()
}

#[tokio::test]
async fn a_renewed_pair_is_shown_from_the_next_look_on() {
    let stage = Stage::new();
    let serving = stage.serving(false);
    let before = meet(&serving, &stage.client(None)).await.agreed();
    assert!(!serving.look(), "nothing has changed");
    let renewed = stage.authority.issues(&["localhost"]);
    stage.write("service", &renewed);
    assert_eq!(meet(&serving, &stage.client(None)).await.agreed(), before);
    assert!(serving.look());
    assert_eq!(meet(&serving, &stage.client(None)).await.agreed(), der(&renewed));
    assert!(!serving.look());
}

#[tokio::test]
async fn half_of_a_new_pair_changes_nothing_until_the_other_half_comes() {
    let stage = Stage::new();
    let serving = stage.serving(false);
    let before = meet(&serving, &stage.client(None)).await.agreed();
    let renewed = stage.authority.issues(&["localhost"]);
    for (name, text) in [
        ("service.crt", &renewed.certificate[..300]),
        ("service.crt", &renewed.certificate),
        ("service.key", ""),
    ] {
        write(stage.folder.path(), name, text);
        assert!(!serving.look());
        assert_eq!(meet(&serving, &stage.client(None)).await.agreed(), before, "{name}");
    }
    fs::remove_file(stage.folder.path().join("service.key")).unwrap();
    assert!(!serving.look() && !serving.look());
    assert_eq!(meet(&serving, &stage.client(None)).await.agreed(), before);
    write(stage.folder.path(), "service.key", &renewed.key);
    assert!(serving.look());
    assert_eq!(meet(&serving, &stage.client(None)).await.agreed(), der(&renewed));
}

#[tokio::test]
async fn the_pair_from_before_may_come_back() {
    let stage = Stage::new();
    let serving = stage.serving(false);
    let first = fs::read_to_string(stage.folder.path().join("service.key")).unwrap();
    write(stage.folder.path(), "service.key", "");
    assert!(!serving.look());
    write(stage.folder.path(), "service.key", &first);
    assert!(serving.look(), "it differs from what was seen last");
    meet(&serving, &stage.client(None)).await.agreed();
}

#[tokio::test]
async fn links_that_kubernetes_swaps_are_followed() {
    let stage = Stage::new();
    let folder = stage.folder.path();
    let mut issued = Vec::new();
    for version in ["..1", "..2"] {
        fs::create_dir(folder.join(version)).unwrap();
        issued.push(stage.authority.issues(&["localhost"]));
        issued.last().unwrap().write(&folder.join(version), "tls");
    }
    symlink("..1", folder.join("..data")).unwrap();
    for name in ["tls.crt", "tls.key"] {
        symlink(format!("..data/{name}"), folder.join(name)).unwrap();
    }
    let files =
        Files { certificate: folder.join("tls.crt"), key: folder.join("tls.key"), client_ca: None };
    let serving = Serving::start(files).unwrap();
    assert_eq!(meet(&serving, &stage.client(None)).await.agreed(), der(&issued[0]));
    symlink("..2", folder.join("..new")).unwrap();
    fs::rename(folder.join("..new"), folder.join("..data")).unwrap();
    assert!(serving.look());
    assert_eq!(meet(&serving, &stage.client(None)).await.agreed(), der(&issued[1]));
}

#[tokio::test]
async fn callers_of_an_authority_that_was_replaced_are_not_let_in_any_more() {
    let stage = Stage::new();
    let serving = stage.serving(true);
    let (old, other) = (stage.authority.issues(&["caller"]), Authority::new("other"));
    let (old, new) = (stage.write("old", &old), stage.write("new", &other.issues(&["caller"])));
    let (as_old, as_new) = (stage.client(Some(&old)), stage.client(Some(&new)));
    meet(&serving, &as_old).await.agreed();
    meet(&serving, &as_new).await.refused();
    write(stage.folder.path(), "ca.crt", &other.pem());
    assert!(serving.look());
    // also the one that was here before: no session is resumed past the change
    meet(&serving, &as_old).await.refused();
    meet(&serving, &as_new).await.agreed();
}
