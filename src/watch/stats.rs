//! How it goes, for whoever watches beside the stream.

use crate::grpc::pb;
use pb::watch_members_response::Payload;
use serde_json::{Value, json};
use std::fmt;
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

    /// What there is to tell of the period that ends now.
    pub fn tick(&mut self) -> Tick {
        let Self { messages, told, position, lag } = *self;
        self.told = messages;
        Tick { messages, rate: messages - told, position, lag }
    }
}

/// How it went for one period.
#[derive(Debug)]
pub struct Tick {
    messages: u64,
    rate: u64,
    position: i64,
    lag: Duration,
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, rate, position, lag } = self;
        let lag = lag.as_secs_f64();
        write!(f, "{messages} messages, {rate}/s, position {position}, lag {lag:.3} s")
    }
}

impl From<&Tick> for Value {
    fn from(Tick { messages, rate, position, lag }: &Tick) -> Self {
        let lag = lag.as_secs_f64();
        json!({"messages": messages, "perSecond": rate, "position": position, "lagSeconds": lag})
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
        assert_eq!(stats.tick().to_string(), "0 messages, 0/s, position 0, lag 0.000 s");
        (1..=3).for_each(|position| stats.count(&beat(position)));
        assert_eq!(stats.tick().to_string(), "3 messages, 3/s, position 3, lag 1.020 s");
        stats.count(&beat(9));
        assert_eq!(stats.tick().to_string(), "4 messages, 1/s, position 9, lag 1.020 s");
        assert_eq!(
            Value::from(&stats.tick()),
            json!({"messages": 4, "perSecond": 0, "position": 9, "lagSeconds": 1.02})
        );
    }
}
