//! What an account has to do with others: the intervals in which they were partners, and shared more or less.

use super::super::ids::{AccountId, MemberId};
use crate::faults::{Variant, broken};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// From one position up to, and without, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first position in it.
    pub since: i64,
    /// The first position after it; `None` while it lasts.
    pub until: Option<i64>,
}

impl Span {
    /// Whether `position` lies in it.
    #[must_use]
    pub fn covers(&self, position: i64) -> bool {
        self.since <= position && self.until.is_none_or(|until| position < until)
    }
}

/// What an account has to do with others: what decides of which of their members' events it is told.
///
/// Knowing more than a position needs does no harm: spans carry the positions at which they began and ended.
#[derive(Clone, Debug, Default)]
pub struct Relations {
    shared: HashMap<AccountId, Vec<Span>>,
    /// Where partners shared their people's contact details.
    detailed: HashMap<AccountId, Vec<Span>>,
    /// By home account.
    hidden: HashMap<AccountId, HashMap<MemberId, Vec<Span>>>,
}

impl Relations {
    /// The account shared members with `partner` in this span.
    pub fn share(&mut self, partner: AccountId, span: Span) {
        start(self.shared.entry(partner).or_default(), span);
    }

    /// Sharing with `partner` ended, and with it what the partner shared of its people's details.
    pub fn end_sharing(&mut self, partner: AccountId, until: i64) {
        end(self.shared.get_mut(&partner), until);
        self.end_details(partner, until);
    }

    /// The partner shared its people's contact details in this span.
    pub fn detail(&mut self, partner: AccountId, span: Span) {
        start(self.detailed.entry(partner).or_default(), span);
    }

    /// The partner shares them no longer.
    pub fn end_details(&mut self, partner: AccountId, until: i64) {
        end(self.detailed.get_mut(&partner), until);
    }

    /// What is told of members of `home` at a position: decided by what was shared there, whatever was since.
    #[must_use]
    pub fn details(&self, home: AccountId, position: i64) -> Details {
        let spans = self.detailed.get(&home);
        let shown = spans.is_some_and(|spans| spans.iter().any(|span| span.covers(position)));
        if shown { Details::Shown } else { Details::Withheld }
    }

    /// The account had deleted a person from its contacts in this span (C8).
    pub fn hide(&mut self, home: AccountId, member: MemberId, span: Span) {
        start(self.hidden.entry(home).or_default().entry(member).or_default(), span);
    }

    /// The person is back among the contacts.
    pub fn restore(&mut self, home: AccountId, member: MemberId, until: i64) {
        end(self.hidden.get_mut(&home).and_then(|hidden| hidden.get_mut(&member)), until);
    }

    /// Whom the account shares with by now.
    pub fn partners(&self) -> impl Iterator<Item = AccountId> {
        let lasting = |spans: &[Span]| spans.iter().any(|span| span.until.is_none());
        self.shared.iter().filter(move |(_, spans)| lasting(spans)).map(|(partner, _)| *partner)
    }

    /// Of whose members events after a position may be told, unless these are more accounts than `most`.
    #[must_use]
    pub fn sources_after(&self, position: i64, most: usize) -> Option<Vec<AccountId>> {
        let reaches = |span: &Span| span.until.is_none_or(|until| until > position);
        let sources = self.shared.iter().filter(|(_, spans)| spans.iter().any(reaches));
        let sources: Vec<AccountId> = sources.map(|(partner, _)| *partner).take(most + 1).collect();
        (sources.len() <= most).then_some(sources)
    }

    /// Whether an event of a member of `home` is visible at `position`.
    #[must_use]
    pub fn show(&self, home: AccountId, member: MemberId, position: i64) -> bool {
        let covered = |spans: Option<&Vec<Span>>| {
            spans.is_some_and(|spans| spans.iter().any(|span| span.covers(position)))
        };
        let hidden = self.hidden.get(&home).and_then(|hidden| hidden.get(&member));
        let hidden = covered(hidden) && !broken(Variant::DeletedContactsTold);
        if broken(Variant::RevocationByClock) {
            return self.partners().any(|partner| partner == home) && !hidden;
        }
        covered(self.shared.get(&home)) && !hidden
    }

    /// Whether every event of members of `home` at these positions is visible; where in doubt, not.
    #[must_use]
    pub fn show_everybody(&self, home: AccountId, positions: RangeInclusive<i64>) -> bool {
        let covers = |span: &Span| span.covers(*positions.start()) && span.covers(*positions.end());
        let shared = self.shared.get(&home).is_some_and(|spans| spans.iter().any(covers));
        shared && !self.hidden.contains_key(&home)
    }
}

/// What was known already is not begun twice.
fn start(spans: &mut Vec<Span>, span: Span) {
    if spans.iter().all(|known| known.since != span.since) {
        // there is mostly one, for each of very many partners
        spans.reserve_exact(1);
        spans.push(span);
    }
}

fn end(spans: Option<&mut Vec<Span>>, until: i64) {
    let lasting = |span: &&mut Span| span.until.is_none() && span.since < until;
    if let Some(span) = spans.into_iter().flatten().find(lasting) {
        span.until = Some(until);
    }
}

/// Whether a member's phone, title and locale are told (C10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Details {
    /// They are left empty.
    Withheld,
    /// They are told.
    Shown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn c4_only_who_shared_after_a_position_can_tell_anything_of_what_came_then() {
        let (lasting, ended) = (AccountId::fresh(), AccountId::fresh());
        let mut relations = Relations::default();
        relations.share(lasting, Span { since: 10, until: None });
        relations.share(ended, Span { since: 10, until: Some(20) });
        let after = |position, most| {
            relations.sources_after(position, most).map(|found| found.into_iter().collect())
        };
        assert_eq!(after(18, 2), Some(HashSet::from([lasting, ended])));
        assert_eq!(after(20, 2), Some(HashSet::from([lasting])));
        assert_eq!(after(20, 1), Some(HashSet::from([lasting])));
        assert_eq!(after(18, 1), None);
        assert_eq!(Relations::default().sources_after(0, 0), Some(Vec::new()));
    }

    #[test]
    fn what_is_known_already_changes_nothing_when_it_is_told_again() {
        let partner = AccountId::fresh();
        let mut relations = Relations::default();
        relations.share(partner, Span { since: 10, until: Some(20) });
        relations.share(partner, Span { since: 10, until: None });
        assert_eq!(relations.partners().count(), 0);
        relations.share(partner, Span { since: 30, until: None });
        relations.end_sharing(partner, 20);
        assert_eq!(relations.partners().collect::<Vec<_>>(), [partner]);
    }
}
