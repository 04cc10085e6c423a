//! Where letters go, and as whose.

use super::compose::Outgoing;
use super::files::Folder;
use super::smtp::Smtp;
use lettre::message::Mailbox;
use std::path::PathBuf;

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has arrived where it was to go.
    Sent,
    /// Not this time, for a reason of this letter's: others may do better.
    Later(String),
    /// Never: the server does not take this letter, or knows no such recipient.
    Refused(String),
    /// The server cannot be reached, or takes nothing from us: all letters wait.
    Trouble(String),
}

/// What letters are handed to.
pub enum Carrier {
    /// A folder, a file for each.
    Files(Folder),
    /// A mail server.
    Smtp(Box<Smtp>),
}

impl Carrier {
    /// Files in a folder.
    #[must_use]
    pub fn files(folder: PathBuf) -> Self {
        Self::Files(Folder(folder))
    }

    /// A mail server.
    #[must_use]
    pub fn smtp(smtp: Smtp) -> Self {
        Self::Smtp(Box::new(smtp))
    }

    /// Hands over one letter. Dropped half-way, it may have arrived or not.
    pub async fn deliver(&mut self, letter: &Outgoing) -> Verdict {
        match self {
            Self::Files(folder) => folder.deliver(letter).await,
            Self::Smtp(smtp) => smtp.deliver(letter).await,
        }
    }

    /// Whether a letter that is handed over once more arrives once more; a file takes its own place.
    pub(super) fn doubles(&self) -> bool {
        match self {
            Self::Files(_) => false,
            Self::Smtp(_) => true,
        }
    }

    /// There is nothing more for now: connections are let go of.
    pub async fn rest(&mut self) {
        match self {
            Self::Files(_) => {}
            Self::Smtp(smtp) => smtp.rest().await,
        }
    }
}

/// Everything a worker sends with.
pub struct Post {
    pub carrier: Carrier,
    /// Whom letters are from.
    pub from: Mailbox,
    /// What the secret of an invitation is put behind.
    pub link_base_url: String,
}

impl Post {
    /// The link of an invitation.
    #[must_use]
    pub fn link(&self, secret: &str) -> String {
        linked(&self.link_base_url, secret)
    }
}

/// A secret as a link.
#[must_use]
pub fn linked(base_url: &str, secret: &str) -> String {
    format!("{}/{secret}", base_url.trim_end_matches('/'))
}
