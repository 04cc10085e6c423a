//! From the follower to the printer, and what is said beside it.

use super::WatchError;
use super::goal::Goal;
use super::line::Line;
use super::printer::{Entry, Printer};
use super::stats::{PERIOD, Stats};
use crate::client::{Follower, Told};
use crate::config::WatchConfig;
use crate::dial::cause;
use crate::grpc::pb;
use pb::watch_members_response::Payload;
use std::io::Write;
use tokio::time::{MissedTickBehavior, interval};

/// Follows until the goal is reached, if there is one.
pub async fn follow(
    config: &WatchConfig,
    mut follower: Follower,
    printer: &Printer,
    mut goal: Option<Goal>,
) -> Result<(), WatchError> {
    let line = Line::new()?;
    let mut stats = Stats::default();
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let told = tokio::select! {
            told = follower.next() => told?,
            _ = ticks.tick(), if config.stats => {
                say(&stats.tick());
                continue;
            }
        };
        let Some(message) = message(told) else { continue };
        stats.count(&message);
        let is_reached = goal.as_mut().is_some_and(|goal| goal.is_reached_by(&message));
        printer.print(entry(config, &line, message)?).await;
        if is_reached {
            return Ok(());
        }
    }
}

/// Where the log ends now: what a follower of what happens from now on hears first.
pub async fn head(mut follower: Follower) -> Result<i64, WatchError> {
    loop {
        let payload = message(follower.next().await?).and_then(|message| message.payload);
        if let Some(Payload::Heartbeat(beat)) = payload {
            return Ok(beat.position);
        }
    }
}

/// The message; anything else is said.
fn message(told: Told) -> Option<pb::WatchMembersResponse> {
    let (why, wait, what) = match told {
        Told::Message(message) => return Some(*message),
        Told::Interrupted { why, wait } => (why, wait, "going on"),
        Told::StartsAnew { why, wait } => {
            (why, wait, "what was printed is replaced by a snapshot, which comes")
        }
    };
    let why = cause(&why);
    say(&format!("{}; {what} in {:.1} s", why.trim_end_matches('.'), wait.as_secs_f64()));
    None
}

/// What the message leaves; heartbeats are shown where they are asked for.
fn entry(
    config: &WatchConfig,
    line: &Line,
    message: pb::WatchMembersResponse,
) -> Result<Entry, WatchError> {
    let is_shown = config.heartbeats || !matches!(message.payload, Some(Payload::Heartbeat(_)));
    let text = if is_shown { line.of(&message)? } else { Vec::new() };
    Ok(Entry { text, token: message.resume_token })
}

/// A line beside the stream; nobody need read it.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "partner-service: {text}");
}
