//! What a command answers: events, the rows they write, and the answer, all waiting for their positions.

use crate::domain::event::Event;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, DbBackend, EntityTrait, IntoActiveModel, QueryTrait,
    Statement,
};

/// An event's place within its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(usize);

/// The positions of a part, once the head is locked.
#[derive(Clone, Copy, Debug)]
pub struct At {
    first: i64,
    count: usize,
    head: i64,
}

impl At {
    /// The position of an event of this part.
    #[must_use]
    pub fn position(self, slot: Slot) -> i64 {
        self.first + i64::try_from(slot.0).unwrap_or(i64::MAX)
    }

    /// Whether `position` is that of an event of this part.
    #[must_use]
    pub fn wrote(self, position: i64) -> bool {
        position >= self.first
            && position <= self.first - 1 + i64::try_from(self.count).unwrap_or(0)
    }

    /// The position of the change's own event, its last; the head when nothing happened.
    #[must_use]
    pub fn own(self) -> i64 {
        if self.count == 0 {
            self.head
        } else {
            self.first - 1 + i64::try_from(self.count).unwrap_or(i64::MAX)
        }
    }
}

type Write = Box<dyn FnOnce(At, DbBackend) -> Vec<Statement> + Send + Sync>;

/// Events and rows that one room contributes.
#[derive(Default)]
pub struct Part {
    events: Vec<Event>,
    writes: Vec<Write>,
}

impl Part {
    /// Adds an event.
    pub fn event(&mut self, event: Event) -> Slot {
        self.events.push(event);
        Slot(self.events.len() - 1)
    }

    /// Adds statements, made once positions are known; they may touch only rows already locked or of this change alone.
    pub fn write(
        &mut self,
        write: impl FnOnce(At, DbBackend) -> Vec<Statement> + Send + Sync + 'static,
    ) {
        self.writes.push(Box::new(write));
    }

    /// The events so far.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

/// A change: what reactions put before it, then the command's own part. The command's last event is the change's own.
#[derive(Default)]
pub struct Change {
    parts: Vec<Part>,
}

impl Change {
    /// Puts a part before everything there is.
    pub fn prepend(&mut self, part: Part) {
        self.parts.insert(0, part);
    }

    /// Every event in its final order, with its slot as seen by a part of no events put before them all.
    pub fn events(&self) -> impl Iterator<Item = (Slot, &Event)> {
        self.parts
            .iter()
            .flat_map(|part| &part.events)
            .enumerate()
            .map(|(index, event)| (Slot(index), event))
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.events.is_empty() && part.writes.is_empty())
    }

    /// The rows' statements and the last part's positions, now that the head is known.
    pub(super) fn place(self, head: i64, backend: DbBackend) -> (Vec<Statement>, At) {
        let mut statements = Vec::new();
        let mut at = At { first: head + 1, count: 0, head };
        for part in self.parts {
            at.first += i64::try_from(at.count).unwrap_or(i64::MAX);
            at.count = part.events.len();
            statements.extend(part.writes.into_iter().flat_map(|write| write(at, backend)));
        }
        (statements, at)
    }
}

/// What a command answers.
pub struct Outcome<A> {
    pub(super) part: Part,
    pub(super) answer: Box<dyn FnOnce(At) -> A + Send>,
}

impl<A> Outcome<A> {
    /// A change and the answer made from its positions.
    pub fn new(part: Part, answer: impl FnOnce(At) -> A + Send + 'static) -> Self {
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
