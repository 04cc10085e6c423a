//! What a service writes to people: its outbox emptied into a folder, and read from there.

use super::letters::Letter;
use super::{Harness, sink::Sink};
use partner_service::entity::mail;
use partner_service::mail::post::{Carrier, Post};
use partner_service::mail::smtp::{Server, Smtp};
use partner_service::mail::worker::{Pause, Worker};
use sea_orm::{EntityTrait, QueryOrder};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub const LINK_BASE: &str = "https://partners.example/invitations";
pub const FROM: &str = "Partners <partners@service.example>";

/// What letters are sent with.
pub fn post(carrier: Carrier) -> Post {
    let from = FROM.parse().expect("an address");
    Post { carrier, from, link_base_url: LINK_BASE.to_owned() }
}

impl Harness {
    /// The outbox as it stands, oldest first.
    pub async fn outbox(&self) -> Vec<mail::Model> {
        let oldest_first = mail::Entity::find().order_by_asc(mail::Column::Id);
        oldest_first.all(self.backend.reads()).await.expect("the outbox is read")
    }

    /// Sends what is due, and answers what was written since the last time: kind and letter, by Message-ID.
    pub async fn letters(&self) -> Vec<Letter> {
        let folder = TempDir::new().expect("a temporary folder");
        let carrier = Carrier::files(folder.path().to_path_buf());
        let pause = self.worker(carrier).deliver_due(&CancellationToken::new()).await;
        assert_eq!(pause.expect("the outbox is read"), Pause::Idle);
        let mut names: Vec<_> = std::fs::read_dir(folder.path())
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        names.sort();
        let read = |path| Letter::read(&std::fs::read(path).expect("a letter"));
        names.into_iter().map(read).collect()
    }

    /// Whom letters went to since the last time, in order of their addresses.
    pub async fn written_to(&self) -> Vec<String> {
        let mut to: Vec<_> =
            self.letters().await.iter().map(|letter| letter.to().to_owned()).collect();
        to.sort();
        to
    }

    pub fn worker(&self, carrier: Carrier) -> Worker {
        Worker::new(Arc::clone(&self.backend), post(carrier))
    }

    /// A worker that sends to a mail server, as [`FROM`].
    pub fn worker_to(&self, sink: &Sink) -> Worker {
        let server = Server::parse(&sink.url(), false).expect("a URL");
        let smtp = Smtp::new(server, "service.example", None, None).expect("a mail server");
        self.worker(Carrier::smtp(smtp)).with_attempts_of(Duration::from_millis(500))
    }
}

/// One round of a worker.
pub async fn round(worker: &mut Worker) -> Pause {
    let round = worker.deliver_due(&CancellationToken::new()).await;
    round.expect("the outbox is read")
}
