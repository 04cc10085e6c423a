//! Quotas, spans and sizes.

use crate::domain::time::DAY;
use crate::feed::Sizes;
use std::time::Duration;

/// How much, and how long; each comes from the configuration or stands as the rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long an invitation waits for a decision (I10); zero is for ever.
    pub invitation_expiry: Duration,
    /// Invitations an account may send per UTC day (I13).
    pub invitations_per_day: u64,
    /// Refused and dry-run invitations per account and UTC day (I13).
    pub refused_per_day: u64,
    /// Invitations of an account that may wait for a decision at once (I13).
    pub open_invitations: u64,
    /// Providers an account may contact per UTC day (P3).
    pub providers_per_day: u64,
    /// Calls per second that a member may make; zero is no limit.
    pub rate_limit: u32,
    /// Letters to one address per UTC day; what goes beyond is not sent (I13).
    pub mails_per_recipient: u64,
    /// How long letters are kept once they are sent or given up.
    pub mail_retention: Duration,
    /// The least time between two sendings of one invitation (I11).
    pub resend_interval: Duration,
    /// How long events are kept; zero is for ever.
    pub event_retention: Duration,
    /// How long answers are remembered under their request id.
    pub remember: Duration,
    /// How long a stream that is opened waits for this replica to be as fresh as it asks.
    pub patience: Duration,
    /// A replica that has not been sure of the log's end for longer is not ready (P9).
    pub most_lag: Duration,
    /// How long a stream lasts, give or take a tenth.
    pub stream_lifetime: Duration,
    /// The shortest time between two heartbeats that may be asked for.
    pub shortest_heartbeat: Duration,
    /// How much the feed keeps in memory and reads at once.
    pub feed: Sizes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            invitation_expiry: 30 * DAY,
            invitations_per_day: 200,
            refused_per_day: 1_000,
            open_invitations: 500,
            providers_per_day: 200,
            rate_limit: 0,
            mails_per_recipient: 5,
            mail_retention: 60 * DAY,
            resend_interval: Duration::from_secs(60 * 60),
            event_retention: 7 * DAY,
            remember: DAY,
            patience: Duration::from_secs(5),
            most_lag: Duration::from_secs(10),
            stream_lifetime: Duration::from_secs(30 * 60),
            shortest_heartbeat: Duration::from_secs(1),
            feed: Sizes::default(),
        }
    }
}
