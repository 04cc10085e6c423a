//! Contacts: whom an account sees of a partner, as of which position, and with what link (rules C).
//!
//! Nothing here is copied from anywhere when a partnership starts or ends: two histories, the intervals of a pair and a
//! person's stays in the partner's account, decide it all.

use super::ids::{AccountId, ContactId, MembershipId};
use super::time::Timestamp;
use crate::faults::{Variant, broken};
use sea_orm::EnumIter;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What a contact is; lists are ordered by it first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, Serialize, Deserialize,
)]
pub enum ContactKind {
    /// The account's own member.
    User,
    /// A partner's member.
    Member,
    /// Typed in; no login.
    Guest,
}

/// What ties a partner's member to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, Serialize, Deserialize)]
pub enum Link {
    /// Follows the person's changes.
    Synced,
    /// Stands as it was when the partnership ended (C4).
    Detached,
    /// The person left the partner, or the partner's account closed (C3, C5, M5).
    RemovedAtSource,
}

/// One interval of sharing with a partner, `[since, until)`, as one side of it has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Where the partnership was activated.
    pub since: i64,
    /// When that was.
    pub since_at: Timestamp,
    /// Where and when it ended; `None` while it lasts.
    pub until: Option<(i64, Timestamp)>,
    /// It ended because an account closed (M5).
    pub by_closing: bool,
    /// At its end this side let the contacts go (C9).
    pub purged: bool,
}

impl Interval {
    fn end(&self) -> i64 {
        self.until.map_or(i64::MAX, |(position, _)| position)
    }

    fn covers(&self, stay: Stay, below: i64) -> bool {
        let left_before = stay.left.is_some_and(|left| left <= self.since);
        stay.joined < self.end().min(below) && (!left_before || broken(Variant::LongGoneShown))
    }
}

/// A person's stay in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Where in the log it began.
    pub joined: i64,
    /// Where it ended; `None` while it lasts.
    pub left: Option<i64>,
}

/// How a stay is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The link.
    pub link: Link,
    /// What is shown is what stood below this position.
    pub bound: i64,
    /// The stay is over, and this side knows.
    pub left: bool,
    /// When the link last changed.
    pub linked_at: Timestamp,
}

/// What an account shares, or shared, with one partner; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharing {
    intervals: Vec<Interval>,
    /// What happened from this position on is not looked at.
    below: i64,
}

impl Sharing {
    /// Everything that is left of the intervals; a purge takes what it finds, and all that came before (C9).
    #[must_use]
    pub fn new(intervals: Vec<Interval>) -> Option<Self> {
        Self::below(intervals, i64::MAX)
    }

    /// The same as it was when the log ended below this position; the intervals are those known then.
    #[must_use]
    pub fn below(mut intervals: Vec<Interval>, below: i64) -> Option<Self> {
        let purged_until =
            intervals.iter().filter(|one| one.purged).map(Interval::end).max().unwrap_or(0);
        intervals.retain(|one| one.end() > purged_until);
        intervals.sort_by_key(|one| (one.end(), one.since));
        (!intervals.is_empty()).then_some(Self { intervals, below })
    }

    /// The account's own people: always shared.
    #[must_use]
    pub fn own() -> Self {
        let always = Interval {
            since: 0,
            since_at: Timestamp(0),
            until: None,
            by_closing: false,
            purged: false,
        };
        Self { intervals: vec![always], below: i64::MAX }
    }

    /// The interval that decides the link.
    fn latest(&self) -> &Interval {
        self.intervals.last().expect("a sharing has an interval")
    }

    /// Where the earliest interval begins: who left before it was never seen.
    #[must_use]
    pub fn since(&self) -> i64 {
        self.intervals.iter().map(|one| one.since).min().unwrap_or(0)
    }

    /// Where the latest interval ends: who joined at or after it is not seen. The highest number while it lasts.
    #[must_use]
    pub fn until(&self) -> i64 {
        self.latest().end().min(self.below)
    }

    /// The link of people who have not left.
    #[must_use]
    pub fn link(&self) -> Link {
        match self.latest() {
            Interval { by_closing: true, .. } => Link::RemovedAtSource,
            Interval { until: Some(_), .. } => Link::Detached,
            Interval { until: None, .. } => Link::Synced,
        }
    }

    /// How a stay is seen, if at all: by the last interval that met it, with the link that the latest one gives.
    #[must_use]
    pub fn sees(&self, stay: Stay) -> Option<Sight> {
        let met = self.intervals.iter().rfind(|one| one.covers(stay, self.below))?;
        let latest = self.latest();
        let left = stay.left.is_some_and(|left| left < self.until());
        Some(Sight {
            link: if left { Link::RemovedAtSource } else { self.link() },
            bound: met.end().min(self.below),
            left,
            linked_at: latest.until.map_or(latest.since_at, |(_, at)| at),
        })
    }

    /// The stay that a contact is, of all that the person had there, oldest first: the latest one seen (C7).
    #[must_use]
    pub fn sees_of(&self, stays: &[Stay]) -> Option<(usize, Sight)> {
        let seen = |(index, stay): (usize, &Stay)| self.sees(*stay).map(|sight| (index, sight));
        stays.iter().enumerate().rev().find_map(seen)
    }
}

/// The id of a person's contact in an account, from the person's first stay at home, and back: the same each time, and
/// another one in each account.
#[must_use]
pub fn contact_id(viewer: AccountId, first: MembershipId) -> ContactId {
    ContactId(masked(viewer, first.0))
}

/// The first stay that a contact's id was made from.
#[must_use]
pub fn first_stay(viewer: AccountId, id: ContactId) -> MembershipId {
    MembershipId(masked(viewer, id.0))
}

fn masked(viewer: AccountId, id: Uuid) -> Uuid {
    let mut bytes = id.into_bytes();
    let mask = Sha256::new().chain_update("contact").chain_update(viewer.0.as_bytes()).finalize();
    for (index, (byte, mask)) in bytes.iter_mut().zip(mask).enumerate() {
        // the bits that tell a UUID's version and variant stay as they are
        *byte ^= match index {
            6 => mask & 0x0f,
            8 => mask & 0x3f,
            _ => mask,
        };
    }
    Uuid::from_bytes(bytes)
}

/// The beginning of a folded name or address, as the range of all that begin so, in the order of their bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The lowest.
    pub from: String,
    /// Above the highest.
    pub below: String,
}

impl Prefix {
    /// From what somebody typed; nothing typed looks for nothing.
    #[must_use]
    pub fn new(typed: &str) -> Option<Self> {
        let from = super::email::fold(typed.trim_start());
        let below = successor(&from)?;
        Some(Self { from, below })
    }

    /// Whether a folded text begins so.
    #[must_use]
    pub fn begins(&self, folded: &str) -> bool {
        folded.starts_with(&self.from)
    }
}

/// The least text above all that begin with `prefix`; none for the empty one.
fn successor(prefix: &str) -> Option<String> {
    let mut head: Vec<char> = prefix.chars().collect();
    while let Some(last) = head.pop() {
        let mut above = (u32::from(last) + 1..=u32::from(char::MAX)).filter_map(char::from_u32);
        if let Some(next) = above.next() {
            head.push(next);
            return Some(head.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(since: i64, until: Option<i64>) -> Interval {
        Interval {
            since,
            since_at: Timestamp(since),
            until: until.map(|at| (at, Timestamp(at))),
            by_closing: false,
            purged: false,
        }
    }

    fn sharing(intervals: &[Interval]) -> Sharing {
        Sharing::new(intervals.to_vec()).unwrap()
    }

    fn seen(sharing: &Sharing, joined: i64, left: Option<i64>) -> Option<(Link, i64, bool)> {
        let sight = sharing.sees(Stay { joined, left })?;
        Some((sight.link, sight.bound, sight.left))
    }

    const NOW: i64 = i64::MAX;

    #[test]
    fn c1_c3_while_it_lasts_people_are_synced_leavers_marked_and_earlier_leavers_unknown() {
        let active = sharing(&[interval(10, None)]);
        assert_eq!(seen(&active, 5, None), Some((Link::Synced, NOW, false)));
        assert_eq!(seen(&active, 15, None), Some((Link::Synced, NOW, false)));
        assert_eq!(seen(&active, 5, Some(15)), Some((Link::RemovedAtSource, NOW, true)));
        assert_eq!(seen(&active, 5, Some(9)), None);
    }

    #[test]
    fn c4_after_the_end_people_stand_as_they_were_and_newcomers_do_not_arrive() {
        let ended = sharing(&[interval(10, Some(20))]);
        assert_eq!(seen(&ended, 5, None), Some((Link::Detached, 20, false)));
        assert_eq!(seen(&ended, 5, Some(25)), Some((Link::Detached, 20, false)));
        assert_eq!(seen(&ended, 5, Some(15)), Some((Link::RemovedAtSource, 20, true)));
        assert_eq!(seen(&ended, 20, None), None);
        assert_eq!(seen(&ended, 25, None), None);
    }

    #[test]
    fn c5_a_renewal_links_again_and_marks_who_left_in_the_gap_as_they_last_were() {
        let renewed = sharing(&[interval(10, Some(20)), interval(30, None)]);
        assert_eq!(seen(&renewed, 5, None), Some((Link::Synced, NOW, false)));
        assert_eq!(seen(&renewed, 25, None), Some((Link::Synced, NOW, false)));
        assert_eq!(seen(&renewed, 5, Some(25)), Some((Link::RemovedAtSource, 20, true)));
        // came and went while nobody looked
        assert_eq!(seen(&renewed, 22, Some(28)), None);
    }

    #[test]
    fn c5_a_renewal_that_ended_again_keeps_what_it_told() {
        let ended = sharing(&[interval(30, Some(40)), interval(10, Some(20))]);
        assert_eq!(seen(&ended, 5, Some(25)), Some((Link::RemovedAtSource, 20, true)));
        assert_eq!(seen(&ended, 5, Some(45)), Some((Link::Detached, 40, false)));
    }

    #[test]
    fn m5_people_of_a_closed_account_read_removed_at_source() {
        let closed = Interval { by_closing: true, ..interval(10, Some(20)) };
        assert_eq!(seen(&sharing(&[closed]), 5, None), Some((Link::RemovedAtSource, 20, false)));
    }

    #[test]
    fn c9_a_purge_takes_what_it_finds_and_a_renewal_begins_anew() {
        let purged = Interval { purged: true, ..interval(30, Some(40)) };
        assert_eq!(Sharing::new(vec![interval(10, Some(20)), purged.clone()]), None);
        let renewed = sharing(&[interval(10, Some(20)), purged, interval(50, None)]);
        assert_eq!(seen(&renewed, 5, Some(15)), None);
        assert_eq!(seen(&renewed, 5, Some(45)), None);
        assert_eq!(seen(&renewed, 5, None), Some((Link::Synced, NOW, false)));
    }

    #[test]
    fn c7_the_latest_stay_seen_is_the_contact() {
        let ended = sharing(&[interval(10, Some(20))]);
        let stays = [Stay { joined: 5, left: Some(12) }, Stay { joined: 15, left: None }];
        assert_eq!(ended.sees_of(&stays).map(|(index, _)| index), Some(1));
        let back_too_late = [Stay { joined: 5, left: Some(12) }, Stay { joined: 25, left: None }];
        let (index, sight) = ended.sees_of(&back_too_late).unwrap();
        assert_eq!((index, sight.link), (0, Link::RemovedAtSource));
    }

    #[test]
    fn c7_an_id_is_stable_leads_back_and_differs_from_account_to_account() {
        let (a, b, stay) = (AccountId::fresh(), AccountId::fresh(), MembershipId::fresh());
        assert_eq!(contact_id(a, stay), contact_id(a, stay));
        assert_ne!(contact_id(a, stay), contact_id(b, stay));
        assert_ne!(contact_id(a, stay).0, stay.0);
        assert_eq!(first_stay(a, contact_id(a, stay)), stay);
        assert_eq!(contact_id(a, stay).0.get_version_num(), 7);
    }

    #[test]
    fn a_prefix_is_a_range_and_is_folded_as_addresses_are() {
        let prefix = Prefix::new(" BÜ").unwrap();
        assert_eq!((prefix.from.as_str(), prefix.below.as_str()), ("bü", "bý"));
        assert_eq!(Prefix::new("  "), None);
        assert_eq!(successor("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(successor("\u{D7FF}").as_deref(), Some("\u{E000}"));
        assert_eq!(successor("\u{10FFFF}"), None);
    }

    proptest::proptest! {
        #[test]
        fn a_text_lies_in_the_range_exactly_when_it_begins_so(prefix in "\\PC{1,3}", text in "\\PC{0,5}") {
            if let Some(prefix) = Prefix::new(&prefix) {
                let joined = format!("{}{text}", prefix.from);
                for text in [text, joined] {
                    let inside = prefix.from <= text && text < prefix.below;
                    proptest::prop_assert_eq!(inside, prefix.begins(&text));
                }
            }
        }
    }
}
