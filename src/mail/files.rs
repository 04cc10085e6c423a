//! Letters as files, where no mail server is configured.

use super::compose::Outgoing;
use super::post::Verdict;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::io::AsyncWriteExt;

/// A folder of letters, each named after its Message-ID: one that is written again takes its own place.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// Writes a letter, whole or not at all.
    pub async fn deliver(&self, letter: &Outgoing) -> Verdict {
        match self.write(letter).await {
            Ok(()) => Verdict::Sent,
            Err(error) => {
                Verdict::Trouble(format!("the folder cannot be written: {}", error.kind()))
            }
        }
    }

    async fn write(&self, letter: &Outgoing) -> io::Result<()> {
        fs::create_dir_all(&self.0).await?;
        let name = self.0.join(format!("{}.eml", letter.message_id));
        let beginning = self.0.join(format!(".{}.tmp", letter.message_id));
        let mut file = fs::File::create(&beginning).await?;
        file.write_all(&letter.bytes).await?;
        file.sync_all().await?;
        fs::rename(&beginning, &name).await?;
        synced(&self.0).await
    }
}

/// The folder's own entries, too.
async fn synced(folder: &Path) -> io::Result<()> {
    fs::File::open(folder).await?.sync_all().await
}
