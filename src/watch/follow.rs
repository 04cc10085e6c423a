//! From the follower to the printer, and what is said beside it.

use super::WatchError;
use super::goal::Goal;
use super::line::Line;
use super::printer::{Entry, Printer};
use super::stats::{PERIOD, Stats};
use crate::client::verdict::reason;
use crate::client::{Follower, Told};
use crate::config::{Output, WatchConfig};
use crate::dial::cause;
use crate::grpc::pb;
use pb::watch_members_response::Payload;
use serde_json::{Value, json};
use std::fmt::Display;
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
                let tick = stats.tick();
                say(config.output, &tick, || json!({"stats": Value::from(&tick)}));
                continue;
            }
        };
        let Some(message) = message(told, config.output) else { continue };
        stats.count(&message);
        let is_reached = goal.as_mut().is_some_and(|goal| goal.is_reached_by(&message));
        printer.print(entry(config, &line, message)?).await;
        if is_reached {
            return Ok(());
        }
    }
}

/// Where the log ends now: what a follower of what happens from now on hears first.
pub async fn head(mut follower: Follower, output: Output) -> Result<i64, WatchError> {
    loop {
        let payload = message(follower.next().await?, output).and_then(|message| message.payload);
        if let Some(Payload::Heartbeat(beat)) = payload {
            return Ok(beat.position);
        }
    }
}

/// The message; anything else is said.
fn message(told: Told, output: Output) -> Option<pb::WatchMembersResponse> {
    let (why, wait, starts_anew) = match told {
        Told::Message(message) => return Some(*message),
        Told::Interrupted { why, wait } => (why, wait, false),
        Told::StartsAnew { why, wait } => (why, wait, true),
    };
    let (said, seconds) = (cause(&why), wait.as_secs_f64());
    let said = said.trim_end_matches('.');
    let what = match starts_anew {
        false => "going on",
        true => "what was printed is replaced by a snapshot, which comes",
    };
    say(output, &format_args!("{said}; {what} in {seconds:.1} s"), || {
        json!({"interruption": {
            "message": said,
            "reason": reason(&why),
            "startsAnew": starts_anew,
            "waitSeconds": seconds,
        }})
    });
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
fn say(output: Output, words: &dyn Display, json: impl FnOnce() -> Value) {
    let _ = match output {
        Output::Text => writeln!(std::io::stderr(), "partner-service: {words}"),
        Output::Json => writeln!(std::io::stderr(), "{}", json()),
    };
}
