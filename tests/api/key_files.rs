//! Keys in a file that somebody writes anew while the service runs.

use crate::key_sets::{EAGER, Following, IDLE, INVALID, PATIENCE};
use crate::keys::{AUDIENCE, ISSUER, Key};
use partner_service::grpc::auth::LiveKeys;
use partner_service::keys::{Rhythm, Source};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::time::timeout;

/// A key set's file.
struct KeyFile {
    folder: TempDir,
}

impl KeyFile {
    fn of(keys: &[(&Key, &str)]) -> Self {
        let file = Self { folder: TempDir::new().unwrap() };
        file.becomes(keys);
        file
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("jwks.json")
    }

    fn becomes(&self, keys: &[(&Key, &str)]) {
        let keys: Vec<Value> =
            keys.iter().map(|(key, kid)| key.jwk(kid).expect("a public key")).collect();
        fs::write(self.path(), json!({ "keys": keys }).to_string()).unwrap();
    }

    async fn followed(&self, rhythm: Rhythm) -> Following {
        let live = LiveKeys::new(ISSUER, AUDIENCE);
        Following::from(Source::File(self.path()), live, rhythm).await
    }
}

#[tokio::test]
async fn a_key_that_is_added_to_the_file_lets_in_at_once_and_the_one_before_it_still_does() {
    let (old, new) = (Key::elliptic(), Key::edwards());
    let file = KeyFile::of(&[(&old, "old")]);
    let service = file.followed(IDLE).await;
    assert_eq!(service.call(&old, "old").await, Ok(()));
    assert_eq!(service.call(&new, "new").await, Err(INVALID.to_owned()));
    file.becomes(&[(&old, "old"), (&new, "new")]);
    assert_eq!(service.call(&new, "new").await, Ok(()));
    assert_eq!(service.call(&old, "old").await, Ok(()));
}

#[tokio::test]
async fn a_key_that_the_file_leaves_out_soon_lets_nobody_in() {
    let (old, new) = (Key::elliptic(), Key::elliptic());
    let file = KeyFile::of(&[(&old, "old"), (&new, "new")]);
    let service = file.followed(EAGER).await;
    assert_eq!(service.call(&old, "old").await, Ok(()));
    file.becomes(&[(&new, "new")]);
    let noticed = async { while service.call(&old, "old").await.is_ok() {} };
    timeout(PATIENCE, noticed).await.expect("it is looked at again and again");
    assert_eq!(service.call(&new, "new").await, Ok(()));
}

#[tokio::test]
async fn a_file_that_is_broken_or_gone_leaves_the_keys_that_there_are() {
    let (key, other) = (Key::elliptic(), Key::elliptic());
    let file = KeyFile::of(&[(&key, "a")]);
    let service = file.followed(IDLE).await;
    let good = fs::read_to_string(file.path()).unwrap();
    for broken in ["", "null", "{\"keys\": []}", &good[..good.len() - 2]] {
        fs::write(file.path(), broken).unwrap();
        // a key that nobody knows has the file looked at
        assert_eq!(service.call(&other, "b").await, Err(INVALID.to_owned()), "{broken}");
        assert_eq!(service.call(&key, "a").await, Ok(()), "{broken}");
    }
    fs::remove_file(file.path()).unwrap();
    assert_eq!(service.call(&other, "b").await, Err(INVALID.to_owned()));
    assert_eq!(service.call(&key, "a").await, Ok(()));
    file.becomes(&[(&other, "b")]);
    assert_eq!(service.call(&other, "b").await, Ok(()), "whole again, and another one");
    assert_eq!(service.call(&key, "a").await, Err(INVALID.to_owned()));
}
