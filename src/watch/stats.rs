//! How it goes, for a person at a terminal.

use crate::grpc::pb;
use pb::watch_members_response::Payload;
use std::time::{Duration, SystemTime};

/// How often it is told.
pub const PERIOD: Duration = Duration::from_secs(1);

/// Counts of what came.
#[derive(Debug, Default)]
pub struct Stats {
    messages: u64,
    told: u64,
    position: i64,
    lag: Duration,
}

impl Stats {
    /// Counts one message.
    pub fn count(&mut self, message: &pb::WatchMembersResponse) {
        self.messages += 1;
        match &message.payload {
            Some(Payload::SnapshotBegin(begin)) => self.position = begin.position,
            Some(Payload::Synced(synced)) => self.position = synced.position,
            Some(Payload::Event(event)) => {
                self.position = event.position;
                self.lag = event.commit_time.and_then(age).unwrap_or_default();
            }
            Some(Payload::Heartbeat(beat)) => {
                self.position = beat.position;
                let lag = beat.lag.and_then(|lag| Duration::try_from(lag).ok());
                self.lag = lag.unwrap_or_default();
            }
            Some(Payload::Contact(_)) | None => {}
        }
    }

    /// The line for the period that ends now.
    pub fn tick(&mut self) -> String {
        let Self { messages, told, position, lag } = self;
        let rate = *messages - *told;
        *told = *messages;
        format!(
            "{messages} messages, {rate}/s, position {position}, lag {:.3} s",
            lag.as_secs_f64()
        )
    }
}

/// By this machine's clock; none where it is behind the service's.
fn age(committed: prost_types::Timestamp) -> Option<Duration> {
    let committed = SystemTime::try_from(committed).ok()?;
    SystemTime::now().duration_since(committed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_messages_rate_position_and_lag() {
        let beat = |position| pb::WatchMembersResponse {
            payload: Some(Payload::Heartbeat(pb::Heartbeat {
                position,
                lag: Some(prost_types::Duration { seconds: 1, nanos: 20_000_000 }),
            })),
            ..Default::default()
        };
        let mut stats = Stats::default();
        assert_eq!(stats.tick(), "0 messages, 0/s, position 0, lag 0.000 s");
        (1..=3).for_each(|position| stats.count(&beat(position)));
        assert_eq!(stats.tick(), "3 messages, 3/s, position 3, lag 1.020 s");
        stats.count(&beat(9));
        assert_eq!(stats.tick(), "4 messages, 1/s, position 9, lag 1.020 s");
    }
}
