//! The administrator roles of one partnership: what was asked for, until when it lasts, and what became of it (T3, T5, T7).

use super::partner_type::{AdminRole, Permission};
use super::time::{DAY, Timestamp};
use sea_orm::{DeriveActiveEnum, EnumIter, FromJsonQueryResult};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// The shortest and the longest time that roles may be given for.
pub const SHORTEST_TERM: Duration = DAY;
/// See [`SHORTEST_TERM`].
pub const LONGEST_TERM: Duration = Duration::from_secs(730 * 24 * 60 * 60);
/// How much an automatic extension adds, as often as it takes.
pub const EXTENSION: Duration = Duration::from_secs(180 * 24 * 60 * 60);
/// How many days before their end both sides are warned.
pub const WARNING_DAYS: [u32; 3] = [30, 7, 1];

/// Some of the roles, each at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct AdminRoles(pub BTreeSet<AdminRole>);

impl AdminRoles {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they let their holder do.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> {
        self.0.iter().map(|role| role.gives())
    }
}

impl FromIterator<AdminRole> for AdminRoles {
    fn from_iter<I: IntoIterator<Item = AdminRole>>(roles: I) -> Self {
        Self(roles.into_iter().collect())
    }
}

/// How long roles last from their acceptance on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// From acceptance to the end.
    pub span: Duration,
    /// Whether the end moves by [`EXTENSION`] whenever it comes.
    pub auto_extend: bool,
}

/// How roles came to their end while the partnership went on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RolesEnd {
    /// The customer took them away (T3).
    Removed,
    /// Their time was over (T7).
    Expired,
}

/// What a side is shown of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RolesState {
    /// Asked for, and not given.
    Requested,
    /// The provider holds them.
    InForce,
    /// The customer took them away.
    Removed,
    /// Their time is over.
    Expired,
}

/// What has to be done about roles by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Both sides hear that the end is near.
    Warn,
    /// They go on until then.
    Extend(Timestamp),
    /// They are over.
    Lapse,
}

/// The roles of a row; none for a type without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// Those asked for: given all together, or not at all.
    pub asked: AdminRoles,
    /// For how long; without, they do not end by themselves.
    pub term: Option<Term>,
    /// The end as stored, once they were given for a time.
    pub until: Option<Timestamp>,
    /// How they ended, as stored.
    pub end: Option<RolesEnd>,
}

impl Roles {
    /// Given now.
    #[must_use]
    pub fn given(mut self, now: Timestamp) -> Self {
        self.until = self.term.map(|term| now.plus(term.span));
        self
    }

    /// When they end: an extension that is overdue counts, stored or not.
    #[must_use]
    pub fn ends_at(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.until?;
        if self.end.is_some() || until > now || !self.term.is_some_and(|term| term.auto_extend) {
            return Some(until);
        }
        let overdue = until.until(now).as_micros() / EXTENSION.as_micros();
        let times = u32::try_from(overdue).unwrap_or(u32::MAX).saturating_add(1);
        Some(until.plus(EXTENSION.saturating_mul(times)))
    }

    /// What became of roles that were given; time alone takes away, and never gives.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> RolesState {
        match self.end {
            Some(RolesEnd::Removed) => RolesState::Removed,
            Some(RolesEnd::Expired) => RolesState::Expired,
            None if self.ends_at(now).is_some_and(|end| end <= now) => RolesState::Expired,
            None => RolesState::InForce,
        }
    }

    /// What has to be done by `now`; asked when [`Roles::due_at`] has come.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Option<Due> {
        let until = self.until.filter(|_| self.end.is_none())?;
        match self.ends_at(now) {
            Some(end) if end <= now => Some(Due::Lapse),
            Some(end) if end > until => Some(Due::Extend(end)),
            _ => Some(Due::Warn),
        }
    }

    /// The next moment after `now` at which something has to be done about them.
    #[must_use]
    pub fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.until.filter(|_| self.end.is_none())?;
        let extends = self.term.is_some_and(|term| term.auto_extend);
        let warned =
            WARNING_DAYS.into_iter().filter(|_| !extends).map(|days| until.minus(DAY * days));
        warned.chain([until]).filter(|moment| *moment > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: Timestamp = Timestamp(1_000_000);

    fn roles(days: u32, auto_extend: bool) -> Roles {
        let term = Some(Term { span: DAY * days, auto_extend });
        let asked = [AdminRole::UserAdmin].into_iter().collect();
        Roles { asked, term, ..Roles::default() }.given(GIVEN)
    }

    fn after(days: u32) -> Timestamp {
        GIVEN.plus(DAY * days)
    }

    #[test]
    fn t7_roles_are_over_at_the_very_moment_they_end() {
        let roles = roles(40, false);
        assert_eq!(roles.state(Timestamp(after(40).0 - 1)), RolesState::InForce);
        assert_eq!(roles.state(after(40)), RolesState::Expired);
        let forever = Roles { until: None, ..roles };
        assert_eq!(forever.state(Timestamp(i64::MAX)), RolesState::InForce);
    }

    #[test]
    fn t7_an_overdue_extension_counts_as_often_as_it_takes() {
        let roles = roles(40, true);
        assert_eq!(roles.ends_at(after(39)), Some(after(40)));
        assert_eq!(roles.ends_at(after(40)), Some(after(220)));
        assert_eq!(roles.ends_at(after(219)), Some(after(220)));
        assert_eq!(roles.ends_at(after(220)), Some(after(400)));
        assert_eq!(roles.state(after(4_000)), RolesState::InForce);
        assert_eq!(roles.due(after(40)), Some(Due::Extend(after(220))));
    }

    #[test]
    fn t7_both_sides_are_warned_thirty_seven_and_one_day_before_the_end_as_far_as_there_is_time() {
        let moments = |days: u32| {
            let roles = roles(days, false);
            std::iter::successors(roles.due_at(GIVEN), |moment| roles.due_at(*moment))
                .map(|moment| (GIVEN.until(moment).as_secs() / DAY.as_secs(), roles.due(moment)))
                .collect::<Vec<_>>()
        };
        let (warn, lapse) = (Some(Due::Warn), Some(Due::Lapse));
        assert_eq!(moments(40), [(10, warn), (33, warn), (39, warn), (40, lapse)]);
        assert_eq!(moments(20), [(13, warn), (19, warn), (20, lapse)]);
        assert_eq!(moments(1), [(1, lapse)]);
    }

    #[test]
    fn t7_roles_that_are_extended_have_no_end_to_warn_of() {
        assert_eq!(roles(40, true).due_at(GIVEN), Some(after(40)));
    }

    #[test]
    fn t3_roles_that_were_taken_away_stay_so_whatever_the_time() {
        let roles = Roles { end: Some(RolesEnd::Removed), ..roles(40, true) };
        assert_eq!(roles.state(after(1)), RolesState::Removed);
        assert_eq!(roles.state(after(4_000)), RolesState::Removed);
        assert_eq!((roles.due(after(50)), roles.due_at(GIVEN)), (None, None));
    }
}
