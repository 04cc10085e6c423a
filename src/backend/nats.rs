//! The doorbell between replicas by a NATS server: for a database behind a pooler, or one that is to be spared. It carries
//! no facts: a server that is down, slow or lying costs others a poll, or this replica a look in vain, and nothing else.
//!
//! The client connects by itself, at first and again, for ever. It is never given credentials within an address, since
//! it writes addresses to its log.

use super::notify::APART;
use crate::feed::Feed;
use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use futures::StreamExt;
use percent_encoding::percent_decode_str;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What waits in either direction: a bell that rings already needs no second one.
const QUEUED: usize = 1;

/// Where the server is, and who we are to it.
#[derive(Clone)]
pub struct Nats {
    server: ServerAddr,
    user: String,
    password: Option<String>,
}

/// Without credentials.
impl std::fmt::Debug for Nats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.location())
    }
}

impl Nats {
    /// From `nats://host:port` or `tls://host:port`, with `user:password@` or `token@` before the host.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let (scheme, _) = url.split_once("://")?;
        matches!(scheme, "nats" | "tls").then_some(())?;
        let mut url = url.parse::<ServerAddr>().ok()?.into_inner();
        let has_more = !matches!(url.path(), "" | "/") || url.query().is_some();
        (url.host_str().is_some_and(|host| !host.is_empty()) && !has_more).then_some(())?;
        let decoded = |text| percent_decode_str(text).decode_utf8().ok().map(String::from);
        let user = decoded(url.username())?;
        let password = match url.password() {
            Some(password) => Some(decoded(password)?),
            None => None,
        };
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        Some(Self { server: ServerAddr::from_url(url).ok()?, user, password })
    }

    fn location(&self) -> String {
        format!("{}:{}", self.server.host(), self.server.port())
    }

    fn options(&self) -> ConnectOptions {
        let options = ConnectOptions::new()
            .name("partner-service")
            .retry_on_initial_connect()
            .no_echo()
            .subscription_capacity(QUEUED)
            .client_capacity(QUEUED);
        match (&self.password, self.user.as_str()) {
            (Some(password), user) => options.user_and_password(user.to_owned(), password.clone()),
            (None, "") => options,
            (None, token) => options.token(token.to_owned()),
        }
    }
}

/// Rings for the others and listens to them, for ever; each log has a subject of its own.
pub(super) async fn exchange(feed: Arc<Feed>, nats: Nats) {
    let client = match connect(&feed, &nats).await {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, server = ?nats, "the doorbell cannot be used; polling");
            return;
        }
    };
    let mut restarts = feed.hub.restarts();
    loop {
        let log = feed.hub.log();
        let subject = format!("partner.log.{log}");
        let other_log = async {
            // the hub lives as long as the feed
            while restarts.changed().await.is_ok() && feed.hub.log() == log {}
        };
        tokio::select! {
            () = ring(&feed, &client, &subject) => {}
            () = listen(&feed, &client, &subject) => {}
            () = other_log => {}
        }
    }
}

async fn connect(feed: &Arc<Feed>, nats: &Nats) -> Result<Client, async_nats::ConnectError> {
    let (is_lost, told, server) = (AtomicBool::new(false), Arc::clone(feed), nats.clone());
    let note = move |event| {
        match event {
            Event::Connected => {
                is_lost.store(false, Ordering::Relaxed);
                tracing::info!(?server, "the doorbell works");
                // what was rung meanwhile was not heard
                told.bell.told();
            }
            Event::Disconnected | Event::ServerError(_) | Event::ClientError(_) => {
                if !is_lost.swap(true, Ordering::Relaxed) {
                    tracing::warn!(?server, %event, "the doorbell does not work; polling until it does");
                }
            }
            Event::LameDuckMode | Event::Draining | Event::Closed | Event::SlowConsumer(_) => {}
        }
        std::future::ready(())
    };
    nats.options().event_callback(note).connect(nats.server.clone()).await
}

async fn ring(feed: &Feed, client: &Client, subject: &str) {
    loop {
        feed.bell.to_tell().await;
        // a message that waited for a connection would tell of what everybody has long seen
        if client.connection_state() == State::Connected
            && let Err(error) = client.publish(subject.to_owned(), Vec::new().into()).await
        {
            tracing::debug!(%error, "the doorbell could not be rung; the others poll");
        }
        tokio::time::sleep(APART).await;
    }
}

async fn listen(feed: &Feed, client: &Client, subject: &str) {
    loop {
        match client.subscribe(subject.to_owned()).await {
            Ok(mut heard) => {
                while heard.next().await.is_some() {
                    feed.bell.told();
                    // whoever rings without end gets so many looks, and no more
                    tokio::time::sleep(APART).await;
                }
            }
            Err(error) => tracing::debug!(%error, "the doorbell cannot be heard; polling"),
        }
        tokio::time::sleep(APART).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_a_host_and_a_port_and_perhaps_who_asks() {
        let nats = Nats::parse("nats://partner:a%40b@bell.example:4333").unwrap();
        assert_eq!((nats.user.as_str(), nats.password.as_deref()), ("partner", Some("a@b")));
        assert_eq!(format!("{nats:?}"), "bell.example:4333");
        assert_eq!(
            format!("{:?}", Nats::parse("tls://bell.example").unwrap()),
            "bell.example:4222"
        );
        assert!(Nats::parse("tls://bell.example").unwrap().server.tls_required());
        for wrong in [
            "nats",
            "nats://",
            "http://bell.example",
            "bell.example:4222",
            "nats://bell.example/x",
            "ws://b:1",
        ] {
            assert!(Nats::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn credentials_are_in_nothing_that_is_printed() {
        let nats = Nats::parse("nats://partner:hush@bell.example:4333").unwrap();
        let printed = format!("{nats:?} {:?} {}", nats.server, nats.location());
        assert!(!printed.contains("hush") && !printed.contains("partner"), "{printed}");
    }
}
