//! Whatever stands in the texts of a letter, it reaches one recipient and adds no header (injection).

use crate::support::Harness;
use crate::support::letters::Letter;
use crate::support::postbox::round;
use crate::support::sink::Sink;
use partner_service::domain::ids::MailId;
use partner_service::domain::mail::{MailKind, MailState};
use partner_service::entity::mail;
use partner_service::mail::letter;
use sea_orm::{EntityTrait, IntoActiveModel};

const HEADERS: [&str; 9] = [
    "auto-submitted",
    "content-language",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "subject",
    "to",
];

/// What people have put into fields that end up in mail.
fn nasty() -> Vec<String> {
    let injections = [
        "x\r\nBcc: evil@else.example",
        "x\nBcc: evil@else.example",
        "x\rBcc: evil@else.example",
        "x\r\n\r\nAnother body",
        "x\r\n.\r\nMAIL FROM:<evil@else.example>",
        "\n.\nRCPT TO:<evil@else.example>",
        "x%0d%0aBcc: evil@else.example",
        "x%0ABcc:%20evil@else.example",
        "=?utf-8?q?x=0D=0ABcc:_evil@else.example?=",
        "=?utf-8?b?eA0KQmNjOiBldmlsQGVsc2UuZXhhbXBsZQ==?=",
        "x\u{2028}Bcc: evil@else.example",
        "x\u{2029}Bcc: evil@else.example",
        "x\u{85}Bcc: evil@else.example",
        "x\u{b}\u{c}Bcc: evil@else.example",
        "x\u{0}Bcc: evil@else.example",
        "\u{202e}elpmaxe.esle@live",
        "\"quoted\" <evil@else.example>, other@else.example",
        "Bcc: evil@else.example",
        ".",
        "..",
        "--boundary--",
        "\u{d55c}\u{ad6d}\u{c5b4} \u{1f600}",
    ];
    let mut all: Vec<String> = injections.iter().map(ToString::to_string).collect();
    all.push("x".repeat(1 << 20));
    all.push("\u{e9} ".repeat(1 << 18));
    all.push("x\r\nBcc: evil@else.example\r\n".repeat(1 << 14));
    all
}

/// Letters of every kind with `text` wherever a text is.
fn letters(text: &str) -> Vec<(MailKind, letter::Letter)> {
    use letter::Letter as L;
    let text = || text.to_owned();
    vec![
        (
            MailKind::Invitation,
            L::Invitation {
                partner_type: text(),
                sender_account: text(),
                inviter: text(),
                message: text(),
                admin_roles: vec![text(), text()],
                role_days: Some(u32::MAX),
                role_extends: false,
                expires_at: Some(i64::MAX),
            },
        ),
        (
            MailKind::Rejection,
            L::Rejection { invitee_email: text(), partner_type: text(), reason: text() },
        ),
        (
            MailKind::Acceptance,
            L::Acceptance { partner_account: text(), invitee_email: text(), partner_type: text() },
        ),
        (MailKind::Ending, L::Ending { partner_account: text(), partner_type: text() }),
        (
            MailKind::Inquiry,
            L::Inquiry {
                customer_account: text(),
                sender: text(),
                reply_to: "us@customer.example".to_owned(),
                country: text(),
                customer_size: Some(text()),
                needs: text(),
            },
        ),
        (
            MailKind::RoleExpiry,
            L::RoleExpiry {
                partner_account: text(),
                partner_type: text(),
                admin_roles: vec![text()],
                expires_at: i64::MIN,
                days_left: u32::MAX,
                extends: true,
                recipient_is_provider: true,
            },
        ),
    ]
}

/// Puts a letter into the outbox past every check that texts pass on their way in.
async fn posts(harness: &Harness, kind: MailKind, letter: &letter::Letter, recipient: &str) {
    let now = harness.backend.now();
    let row = mail::Model {
        id: MailId::fresh(),
        kind,
        state: MailState::Queued,
        recipient: recipient.to_owned(),
        language: "ko".to_owned(),
        letter: serde_json::to_string(letter).unwrap(),
        partnership_id: None,
        sending: None,
        message_domain: None,
        attempts: 0,
        due_at: Some(now),
        lease: None,
        last_error: String::new(),
        version: 1,
        created_at: now,
        queued_at: now,
        updated_at: now,
        sent_at: None,
    };
    harness.inserts(row).await;
}

impl Harness {
    async fn inserts(&self, row: mail::Model) {
        let url = &self.database.url;
        let db = sea_orm::Database::connect(url).await.unwrap();
        mail::Entity::insert(row.into_active_model()).exec_without_returning(&db).await.unwrap();
        db.close().await.unwrap();
    }
}

#[tokio::test]
async fn no_text_of_any_letter_adds_a_header_or_a_recipient() {
    let (harness, sink) = (Harness::start().await, Sink::start().await);
    let mut expected = 0;
    for text in nasty() {
        for (kind, letter) in letters(&text) {
            posts(&harness, kind, &letter, "one@else.example").await;
            expected += 1;
        }
    }
    let mut worker = harness.worker_to(&sink).with_attempts_of(std::time::Duration::from_secs(60));
    round(&mut worker).await;
    let received = sink.received();
    assert_eq!(received.len(), expected);
    for one in &received {
        assert_eq!(one.to, ["one@else.example"]);
        let letter = Letter::read(&one.bytes);
        let names: Vec<&str> = letter.headers.keys().map(String::as_str).collect();
        let names: Vec<&str> = names.into_iter().filter(|name| *name != "reply-to").collect();
        assert_eq!(names, HEADERS);
        assert_eq!(letter.to(), "one@else.example");
        assert!(letter.headers["subject"].len() < 2_000);
    }
}

#[tokio::test]
async fn an_address_that_no_header_can_hold_gives_its_letter_up() {
    let (harness, sink) = (Harness::start().await, Sink::start().await);
    let (_, letter) = letters("x").swap_remove(3);
    for recipient in [
        "one@else.example\r\nBcc: evil@else.example",
        "one@else.example>, <evil@else.example",
        "one@else.example,evil@else.example",
        "one@else.example\r\nRCPT TO:<evil@else.example>",
        "nobody",
    ] {
        posts(&harness, MailKind::Ending, &letter, recipient).await;
    }
    round(&mut harness.worker_to(&sink)).await;
    assert!(sink.received().is_empty());
    let rows = harness.outbox().await;
    assert!(rows.iter().all(|row| row.state == MailState::Failed), "{rows:?}");
    assert!(rows.iter().all(|row| row.last_error == "the address cannot be written in a message"));
}

#[tokio::test]
async fn an_international_address_is_written_with_the_domain_that_mail_servers_read() {
    let (harness, sink) = (Harness::start().await, Sink::start().await);
    let a = harness.organization("ann").await;
    a.invites("J\u{fc}rgen@b\u{fc}cher.example").await.unwrap();
    round(&mut harness.worker_to(&sink)).await;
    assert_eq!(sink.received()[0].to, ["J\u{fc}rgen@xn--bcher-kva.example"]);
}

#[tokio::test]
async fn a_letter_that_cannot_be_read_is_given_up_and_holds_up_no_other() {
    let (harness, sink) = (Harness::start().await, Sink::start().await);
    let a = harness.organization("ann").await;
    a.invites("one@else.example").await.unwrap();
    let good = harness.outbox().await.remove(0);
    let bad =
        mail::Model { id: MailId::fresh(), letter: "{\"kind\":\"unheard\"}".to_owned(), ..good };
    harness.inserts(bad).await;
    round(&mut harness.worker_to(&sink)).await;
    assert_eq!(sink.received().len(), 1);
    let states: Vec<_> = harness.outbox().await.into_iter().map(|row| row.state).collect();
    assert_eq!(states, [MailState::Sent, MailState::Failed]);
}
