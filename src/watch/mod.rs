//! `partner-service watch`: follows an account's stream and prints it, one JSON object per line.
//!
//! ```text
//!   follow.rs (a Follower) --> line.rs (JSON) --> a bounded queue --> printer.rs: write, flush, then store the token
//! ```
//! The printer is a thread, so that whoever does not read keeps no signal waiting.

mod follow;
mod goal;
mod line;
mod printer;
mod stats;

use crate::client::{Ask, Follower, GaveUp, Start, TokenFile, TokenFileError};
use crate::config::{Span, WatchConfig, WatchFrom};
use crate::dial::{Dial, DialError};
use follow::{follow, head};
use goal::Goal;
use printer::Printer;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

const CONNECT: Duration = Duration::from_secs(5);
/// What may be on its way: a snapshot should not wait for the next window.
const WINDOW_BYTES: u32 = 1024 * 1024;
const HEARTBEAT: Span = Span(Duration::from_secs(20));
/// To know soon that there is no more.
const CATCH_UP_HEARTBEAT: Span = Span(Duration::from_secs(1));

/// Why following ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("the token cannot be sent as a header")]
    Token,
    #[error(transparent)]
    TokenFile(#[from] TokenFileError),
    #[error("the service does not know the caller: {} --token and --member-id say who it is", .0.message())]
    Unauthenticated(Status),
    #[error(transparent)]
    GaveUp(GaveUp),
    #[error("standard output cannot be written: {0}")]
    Output(#[source] std::io::Error),
    #[error("the service's own description cannot be read: {0}")]
    Description(#[from] prost_reflect::DescriptorError),
    #[error("a message cannot be printed: {0}")]
    Message(#[from] line::LineError),
}

impl WatchError {
    /// Whether it is the command line or the environment that has to be put right.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Dial(_) | Self::Token)
    }

    /// What the service refused with, if it did.
    #[must_use]
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Unauthenticated(status) | Self::GaveUp(GaveUp(status)) => Some(status),
            _ => None,
        }
    }
}

impl From<GaveUp> for WatchError {
    fn from(GaveUp(status): GaveUp) -> Self {
        match status.code() {
            Code::Unauthenticated => Self::Unauthenticated(status),
            _ => Self::GaveUp(GaveUp(status)),
        }
    }
}

/// Prints the stream until `stop`, until nobody reads any more, or with `--catch-up` until there is no more for now.
///
/// # Errors
/// What repeating cannot mend.
pub async fn run(config: &WatchConfig, stop: CancellationToken) -> Result<(), WatchError> {
    let file = config.token_file.clone().map(TokenFile::at);
    let stored = file.as_ref().map(TokenFile::load).transpose()?.flatten();
    let from = match config.from {
        WatchFrom::Snapshot => Start::Snapshot,
        WatchFrom::Now => Start::Now,
    };
    let follower = follower(config, stored.map_or(from, Start::After))?;
    let printer = Printer::start(std::io::stdout(), file);
    let followed = async {
        let goal = match config.catch_up {
            true => {
                let follower = self::follower(config, Start::Now)?;
                Some(Goal::at(head(follower, config.output).await?))
            }
            false => None,
        };
        follow(config, follower, &printer, goal).await
    };
    let followed = tokio::select! {
        followed = followed => followed,
        () = printer.closed() => Ok(()),
        () = stop.cancelled() => Ok(()),
    };
    // what was printed is stored also when the stream ended badly
    let printed = printer.finish().await;
    followed.and(printed)
}

fn follower(config: &WatchConfig, start: Start) -> Result<Follower, WatchError> {
    let dial = Dial::to(config.address.as_deref(), &config.data_dir, &config.tls)?;
    let dial = dial.with(|endpoint| {
        endpoint
            .connect_timeout(CONNECT)
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
    });
    let usual = if config.catch_up { CATCH_UP_HEARTBEAT } else { HEARTBEAT };
    let ask = Ask {
        account_id: config.account.to_string(),
        start,
        heartbeat: config.heartbeat.unwrap_or(usual).0,
        metadata: credentials(config)?,
    };
    Ok(Follower::new(move || dial.connect_lazy(), ask))
}

fn credentials(config: &WatchConfig) -> Result<MetadataMap, WatchError> {
    let mut metadata = MetadataMap::new();
    if let Some(token) = &config.token {
        let value = format!("Bearer {}", token.expose()).parse().map_err(|_| WatchError::Token)?;
        metadata.insert("authorization", value);
    }
    if let Some(member) = config.member_id {
        let value = member.to_string().parse().map_err(|_| WatchError::Token)?;
        metadata.insert("x-member-id", value);
    }
    Ok(metadata)
}
