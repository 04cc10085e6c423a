//! What commands answer: events, the rows they write, and the answers, all waiting for their positions.

use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::domain::mail::Occasion;
use crate::error::Error;
use crate::feed::log::Entry;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, DbBackend, EntityTrait, IntoActiveModel, QueryTrait,
    Statement,
};
use std::collections::HashMap;

/// An event that has no position yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot(EventId);

/// The positions of a change, once the head is locked.
#[derive(Debug)]
pub struct At {
    positions: HashMap<Slot, i64>,
    head: i64,
}

impl At {
    /// The position of an event of this change.
    #[must_use]
    pub fn position(&self, slot: Slot) -> i64 {
        *self.positions.get(&slot).expect("a change keeps every event that it gave a slot")
    }

    /// Whether `position` is that of an event of this change.
    #[must_use]
    pub fn wrote(&self, position: i64) -> bool {
        position > self.head && position <= self.last()
    }

    /// The highest of these positions; the head when nothing happened.
    pub(super) fn last(&self) -> i64 {
        self.head + i64::try_from(self.positions.len()).unwrap_or(i64::MAX)
    }
}

type Write = Box<dyn FnOnce(&At, DbBackend) -> Vec<Statement> + Send + Sync>;

/// An event in its part.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Where its position will be found.
    pub slot: Slot,
    /// Which of the things that are done together it belongs to, counted from 0.
    pub item: usize,
    /// What happened.
    pub event: Event,
}

/// Events and rows that one room contributes.
#[derive(Default)]
pub struct Part {
    events: Vec<Planned>,
    writes: Vec<Write>,
    occasions: Vec<Occasion>,
}

impl Part {
    /// Adds an event of a change that does one thing.
    pub fn event(&mut self, event: Event) -> Slot {
        self.event_of(0, event)
    }

    /// Adds an event of one of the things that are done together.
    pub fn event_of(&mut self, item: usize, event: Event) -> Slot {
        let slot = Slot(EventId::fresh());
        self.events.push(Planned { slot, item, event });
        slot
    }

    /// Adds something that people are told by mail.
    pub fn tell(&mut self, occasion: Occasion) {
        self.occasions.push(occasion);
    }

    /// Adds what comes after it.
    pub fn followed_by(mut self, next: Self) -> Self {
        self.events.extend(next.events);
        self.writes.extend(next.writes);
        self.occasions.extend(next.occasions);
        self
    }

    /// Adds statements, made once positions are known; they may touch only rows already locked or of this change alone.
    pub fn write(
        &mut self,
        write: impl FnOnce(&At, DbBackend) -> Vec<Statement> + Send + Sync + 'static,
    ) {
        self.writes.push(Box::new(write));
    }
}

/// A change: item by item, what reactions put before it, then the command's own part. An item's last event is its own.
#[derive(Default)]
pub struct Change {
    parts: Vec<Part>,
}

impl Change {
    /// Puts a part before everything there is.
    pub fn prepend(&mut self, part: Part) {
        self.parts.insert(0, part);
    }

    /// Every event in its final order.
    #[must_use]
    pub fn events(&self) -> Vec<&Planned> {
        let mut events: Vec<_> = self.parts.iter().flat_map(|part| &part.events).collect();
        events.sort_by_key(|planned| planned.item);
        events
    }

    /// What people are told by mail because of it.
    pub fn occasions(&self) -> impl Iterator<Item = &Occasion> {
        self.parts.iter().flat_map(|part| &part.occasions)
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.events.is_empty() && part.writes.is_empty())
    }

    /// Gives every event its position above `head`.
    pub(super) fn place(&self, head: i64) -> Placed<'_> {
        let planned = self.events();
        let positions = planned.iter().map(|one| one.slot).zip(head + 1..).collect();
        // of an item's events the last one stays
        let own: HashMap<_, _> = planned.iter().map(|one| one.item).zip(head + 1..).collect();
        let events = planned.iter().zip(head + 1..).map(|(one, position)| Entry {
            id: one.slot.0,
            event: &one.event,
            last_of_change: own[&one.item] == position,
        });
        let events = events.collect();
        Placed { events, own, at: At { positions, head } }
    }

    /// The rows' statements.
    pub(super) fn statements(self, at: &At, backend: DbBackend) -> Vec<Statement> {
        let writes = self.parts.into_iter().flat_map(|part| part.writes);
        writes.flat_map(|write| write(at, backend)).collect()
    }
}

/// A change whose events have their positions.
pub(super) struct Placed<'a> {
    pub events: Vec<Entry<'a>>,
    /// The position of each item's own event.
    pub own: HashMap<usize, i64>,
    pub at: At,
}

/// An answer that waits for positions.
pub type Answer<A> = Box<dyn FnOnce(&At) -> A + Send>;

/// What a command answers to one ask.
pub struct Outcome<A> {
    part: Part,
    answer: Answer<A>,
}

impl<A> Outcome<A> {
    /// A change and the answer made from its positions.
    pub fn new(part: Part, answer: impl FnOnce(&At) -> A + Send + 'static) -> Self {
        Self { part, answer: Box::new(answer) }
    }

    /// Nothing to change: the answer as things stand.
    pub fn unchanged(answer: A) -> Self
    where
        A: Send + 'static,
    {
        Self::new(Part::default(), |_| answer)
    }
}

/// What a command answers to several asks: one part for them all, and an answer or a refusal for each, in their order.
pub struct Outcomes<A> {
    pub part: Part,
    pub answers: Vec<Result<Answer<A>, Error>>,
}

impl<A> From<Outcome<A>> for Outcomes<A> {
    fn from(Outcome { part, answer }: Outcome<A>) -> Self {
        Self { part, answers: vec![Ok(answer)] }
    }
}

/// The statement that inserts a row.
pub fn insert<A: ActiveModelTrait>(row: impl IntoActiveModel<A>, db: DbBackend) -> Statement {
    A::Entity::insert(row.into_active_model()).build(db)
}

/// The statement that writes every column of a row that exists.
pub fn update<A>(row: impl IntoActiveModel<A>, db: DbBackend) -> Statement
where
    A: ActiveModelTrait + ActiveModelBehavior,
{
    let row = row.into_active_model().reset_all();
    A::Entity::update(row)
        .validate()
        .expect("a row read from its table has its primary key")
        .build(db)
}
