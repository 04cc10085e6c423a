//! Letters on an encrypted way: certificates are verified, credentials go over it, and without it nothing goes.

use crate::support::Harness;
use crate::support::certificates::self_signed;
use crate::support::postbox::round;
use crate::support::sink::{Mood, Sink, Step};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use partner_service::domain::mail::MailState;
use partner_service::mail::post::Carrier;
use partner_service::mail::smtp::{Security, Server, Smtp};
use partner_service::mail::worker::{Pause, Worker};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// What a server shows, and the certificate to trust it by.
fn certified(name: &str) -> (TlsAcceptor, Vec<u8>) {
    let (config, certificate) = self_signed(name);
    (TlsAcceptor::from(Arc::new(config)), certificate.into_bytes())
}

fn worker(
    harness: &Harness,
    sink: &Sink,
    security: Security,
    credentials: Option<(&str, &str)>,
    ca: Option<&[u8]>,
) -> Worker {
    let server = Server { host: "localhost".to_owned(), port: sink.address.port(), security };
    let credentials = credentials.map(|(name, password)| (name.to_owned(), password.to_owned()));
    let smtp = Smtp::new(server, "service.example", credentials, ca).unwrap();
    harness.worker(Carrier::smtp(smtp)).with_attempts_of(std::time::Duration::from_secs(5))
}

async fn stage() -> Harness {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    a.invites("one@else.example").await.unwrap();
    harness
}

#[tokio::test]
async fn starttls_and_tls_encrypt_everything_that_is_told_and_credentials_go_over_it() {
    for (security, at_once) in
        [(Security::StartTls, false), (Security::Implicit, true), (Security::IfOffered, false)]
    {
        let harness = stage().await;
        let (tls, ca) = certified("localhost");
        let sink = Sink::with(Some(tls), at_once).await;
        let credentials = Some(("partner", "pass word"));
        let mut worker = worker(&harness, &sink, security, credentials, Some(&ca));
        assert_eq!(
            round(&mut worker).await,
            Pause::Idle,
            "{security:?}: {:?}",
            harness.outbox().await
        );
        let received = sink.received();
        let given = BASE64_STANDARD.encode("\0partner\0pass word");
        assert!(received[0].encrypted, "{security:?}");
        assert_eq!(received[0].credentials.as_deref(), Some(&*given), "{security:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_or_that_names_another_host_is_not_trusted() {
    for (name, trusted) in [("localhost", false), ("mail.example", true)] {
        for (security, at_once) in
            [(Security::StartTls, false), (Security::Implicit, true), (Security::IfOffered, false)]
        {
            let harness = stage().await;
            let (tls, ca) = certified(name);
            let sink = Sink::with(Some(tls), at_once).await;
            let ca = trusted.then_some(&ca[..]);
            let mut worker = worker(&harness, &sink, security, None, ca);
            assert_eq!(round(&mut worker).await, Pause::Trouble, "{name} {security:?}");
            assert!(sink.received().is_empty());
            let row = &harness.outbox().await[0];
            assert_eq!(row.state, MailState::Queued);
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_where_starttls_is_required_and_not_offered() {
    let harness = stage().await;
    let sink = Sink::start().await;
    let (_, ca) = certified("localhost");
    let mut strict = worker(&harness, &sink, Security::StartTls, Some(("a", "b")), Some(&ca));
    assert_eq!(round(&mut strict).await, Pause::Trouble);
    assert!(sink.received().is_empty());
    harness.clock.advance(std::time::Duration::from_secs(5));
    let mut lenient = worker(&harness, &sink, Security::IfOffered, None, Some(&ca));
    assert_eq!(round(&mut lenient).await, Pause::Idle);
    assert!(!sink.received()[0].encrypted);
}

#[tokio::test]
async fn wrong_credentials_are_trouble_of_ours_and_give_no_letter_up() {
    let harness = stage().await;
    let (tls, ca) = certified("localhost");
    let sink = Sink::with(Some(tls), false).await;
    sink.becomes(Step::Auth, Mood::Answers("535 5.7.8 wrong"));
    let mut worker = worker(&harness, &sink, Security::StartTls, Some(("a", "b")), Some(&ca));
    assert_eq!(round(&mut worker).await, Pause::Trouble);
    let row = &harness.outbox().await[0];
    assert_eq!(row.state, MailState::Queued);
    assert_eq!(row.last_error, "the server answered connecting with 535 5.7.8");
    sink.calms_down();
    harness.clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(round(&mut worker).await, Pause::Idle);
}

#[tokio::test]
async fn certificates_to_trust_have_to_be_certificates() {
    let server = Server { host: "localhost".to_owned(), port: 25, security: Security::StartTls };
    assert!(Smtp::new(server, "service.example", None, Some(b"nonsense")).is_err());
}
