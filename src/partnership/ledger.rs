//! Transitions applied to rows: each leaves one event and one audit note, moves a side's version only if that side's view
//! changed, and all rows of a change are saved by one statement.

use super::{occasions, standing};
use crate::backend::{At, Part, Slot};
use crate::domain::event::{
    AuditAction, AuditNote, Body, Event, EventKind, Glimpse, PartnershipFact,
};
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partner_type::Direction;
use crate::domain::partnership::{Row, Side, Standing, State, Transition, View};
use crate::domain::roles::EXTENSION;
use crate::domain::time::Timestamp;
use crate::entity::{account, partnership};
use crate::faults::{Variant, broken};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, Iterable, QueryFilter, QueryTrait,
    Statement,
};

/// SQLite binds at most 32,766 values in a statement.
const ROWS_PER_STATEMENT: usize = 500;

/// The rows of one change, being moved.
pub struct Ledger {
    now: Timestamp,
    part: Part,
    entries: Vec<Entry>,
    moves: usize,
    item: usize,
}

struct Entry {
    row: partnership::Model,
    /// Which move of this ledger was its last.
    moved: Option<usize>,
    created: Option<Slot>,
    activated: Option<Slot>,
    ended: Option<Slot>,
}

impl Ledger {
    /// Rows that are locked, or new.
    pub fn new(now: Timestamp, rows: Vec<partnership::Model>) -> Self {
        let entries = rows
            .into_iter()
            .map(|row| Entry { row, moved: None, created: None, activated: None, ended: None })
            .collect();
        Self { now, part: Part::default(), entries, moves: 0, item: 0 }
    }

    /// A row of this ledger as it now stands.
    pub fn row(&self, id: PartnershipId) -> Option<&partnership::Model> {
        self.entries.iter().find(|entry| entry.row.id == id).map(|entry| &entry.row)
    }

    /// What two accounts have with each other, as it now stands.
    pub fn between(&self, a: AccountId, b: AccountId) -> Vec<Row> {
        let ours = |row: &&partnership::Model| {
            let (sender, recipient) = (row.sender_account_id, row.recipient_account_id);
            (sender == a && recipient == Some(b)) || (sender == b && recipient == Some(a))
        };
        let rows = self.entries.iter().map(|entry| &entry.row).filter(ours);
        rows.map(|row| (row.id, standing(row))).collect()
    }

    /// Whatever moves from now on moves because of this one of the things that are done together.
    pub fn on_behalf_of(&mut self, item: usize) {
        self.item = item;
    }

    /// Adds the invitation itself.
    pub fn invite(&mut self, row: partnership::Model) {
        let standing = standing(&row);
        self.moves += 1;
        let moved = Some(self.moves);
        let mut entry = Entry { row, moved, created: None, activated: None, ended: None };
        settle_columns(&mut entry.row, &standing, self.now);
        let glance = Glance {
            recipient: standing.recipient,
            sender_views: (None, standing.view(Side::Sender, self.now)),
            recipient_views: (None, standing.view(Side::Recipient, self.now)),
            told_anyway: false,
        };
        let reason = (String::new(), false);
        let event =
            event(&entry.row, AuditAction::Invited, EventKind::PartnershipChanged, &glance, reason);
        entry.created = Some(self.part.event_of(self.item, event));
        self.entries.push(entry);
    }

    /// Moves a row; `reason` is the actor's own words.
    pub fn step(&mut self, id: PartnershipId, transition: Transition, reason: Option<&str>) {
        self.step_with(id, transition, reason, |_| {});
    }

    /// Moves a row, with `amend` for what the transition leaves to the caller (a resending's expiry and routing).
    pub fn step_with(
        &mut self,
        id: PartnershipId,
        transition: Transition,
        reason: Option<&str>,
        amend: impl FnOnce(&mut partnership::Model),
    ) {
        let now = self.now;
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.row.id == id) else {
            return;
        };
        let before = standing(&entry.row);
        entry.adopt(&transition.apply(&before, now));
        amend(&mut entry.row);
        let after = standing(&entry.row);
        settle_columns(&mut entry.row, &after, now);

        let glance = Glance::between(&before, &after, transition, now);
        match transition {
            // time had changed both views before the row
            Transition::LapseRoles => entry.touch(before.roles.until),
            Transition::ExtendRoles(to) => entry.touch(Some(to.minus(EXTENSION))),
            Transition::WarnOfRoles => {}
            _ => entry.count_versions(&glance, now),
        }
        let (action, ends, reason_shared) = words(transition, before.state);
        if let (Transition::Reject, Some(reason)) = (transition, reason) {
            reason.clone_into(&mut entry.row.reject_reason);
        }
        if ends {
            entry.row.ended_at = Some(now);
        }
        let kind = match transition {
            Transition::Activate => EventKind::PartnerActivated,
            _ if ends && before.state == State::Active => EventKind::PartnerEnded,
            _ => EventKind::PartnershipChanged,
        };
        let reason = reason.map(|text| (text.to_owned(), reason_shared)).unwrap_or_default();
        for occasion in occasions::of(&entry.row, before.state, transition, now) {
            self.part.tell(occasion);
        }
        let slot = self.part.event_of(self.item, event(&entry.row, action, kind, &glance, reason));
        self.moves += 1;
        entry.moved = Some(self.moves);
        match kind {
            EventKind::PartnerActivated => {
                entry.row.activated_at = Some(now);
                entry.activated = Some(slot);
            }
            EventKind::PartnerEnded => entry.ended = Some(slot),
            _ => {}
        }
    }

    /// The part that appends the events and saves the rows that moved, in the order they moved: whoever makes room (an
    /// expired row, a superseded one) is saved before the row that takes it, as the unique indexes ask row by row.
    pub fn into_part(self) -> Part {
        let Self { mut part, mut entries, .. } = self;
        entries.retain(|entry| entry.moved.is_some());
        entries.sort_by_key(|entry| entry.moved);
        if !entries.is_empty() {
            part.write(move |at, db| {
                let rows: Vec<partnership::Model> =
                    entries.into_iter().map(|entry| entry.placed(at)).collect();
                let mut statements: Vec<Statement> =
                    rows.chunks(ROWS_PER_STATEMENT).map(|chunk| save(chunk, db)).collect();
                if let Some(settle) = settle_endings(&rows, at, db) {
                    statements.push(settle);
                }
                statements
            });
        }
        part
    }
}

impl Entry {
    fn adopt(&mut self, moved: &Standing) {
        self.row.state = moved.state;
        self.row.sender_hid = moved.sender_hid;
        self.row.recipient_hid = moved.recipient_hid;
        self.row.recipient_account_id = moved.recipient;
        self.row.roles_until = moved.roles.until;
        self.row.roles_end = moved.roles.end;
    }

    fn count_versions(&mut self, glance: &Glance, now: Timestamp) {
        if glance.changes(glance.sender_views) {
            self.row.sender_version += 1;
            self.row.sender_updated_at = now;
        }
        if glance.changes(glance.recipient_views) {
            self.row.recipient_version += 1;
            self.row.recipient_updated_at = now;
        }
    }

    fn touch(&mut self, changed_at: Option<Timestamp>) {
        for side in [&mut self.row.sender_updated_at, &mut self.row.recipient_updated_at] {
            *side = changed_at.map_or(*side, |at| at.max(*side));
        }
    }

    fn placed(self, at: &At) -> partnership::Model {
        let Self { mut row, created, activated, ended, .. } = self;
        row.created_position = created.map_or(row.created_position, |slot| at.position(slot));
        row.activated_position = activated.map(|slot| at.position(slot)).or(row.activated_position);
        row.ended_position = ended.map(|slot| at.position(slot)).or(row.ended_position);
        row
    }
}

fn save(rows: &[partnership::Model], db: DbBackend) -> Statement {
    let others =
        partnership::Column::iter().filter(|column| !matches!(column, partnership::Column::Id));
    partnership::Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
        .on_conflict(OnConflict::column(partnership::Column::Id).update_columns(others).to_owned())
        .build(db)
}

/// What both accounts wanted to keep, and were called, at the ending position. The head is locked: the accounts' rows say
/// now what they said there, whether or not this change holds them.
fn settle_endings(rows: &[partnership::Model], at: &At, db: DbBackend) -> Option<Statement> {
    use partnership::Column as P;
    use sea_orm::ExprTrait;
    let ended = rows.iter().filter(|row| row.ended_position.is_some_and(|end| at.wrote(end)));
    let ids: Vec<PartnershipId> = ended.map(|row| row.id).collect();
    if ids.is_empty() || broken(Variant::CopyBeforeHead) {
        return None;
    }
    let of = |column: account::Column, owner: P| {
        let said = Query::select()
            .column((account::Entity, column))
            .from(account::Entity)
            .and_where(
                Expr::col((account::Entity, account::Column::Id))
                    .equals((partnership::Entity, owner)),
            )
            .to_owned();
        Expr::SubQuery(None, Box::new(said.into()))
    };
    let (name, retention) = (account::Column::DisplayName, account::Column::ContactRetention);
    let settled = partnership::Entity::update_many()
        .col_expr(P::EndedSenderRetention, of(retention, P::SenderAccountId))
        .col_expr(P::EndedRecipientRetention, of(retention, P::RecipientAccountId))
        .col_expr(P::EndedSenderName, of(name, P::SenderAccountId))
        .col_expr(P::EndedRecipientName, of(name, P::RecipientAccountId))
        .filter(P::Id.is_in(ids));
    Some(settled.build(db))
}

/// Columns that follow from the others.
fn settle_columns(row: &mut partnership::Model, standing: &Standing, now: Timestamp) {
    let undated = Standing { expires_at: None, ..standing.clone() };
    row.sender_view = undated.view(Side::Sender, now);
    row.recipient_view = undated.view(Side::Recipient, now);
    let pair = standing.recipient.map(|recipient| match standing.kind.policy().direction {
        Direction::Mutual => (standing.sender.min(recipient), standing.sender.max(recipient)),
        Direction::ProviderToCustomer => (standing.sender, recipient),
    });
    (row.pair_first, row.pair_second) = (pair.map(|pair| pair.0), pair.map(|pair| pair.1));
    let is_active = standing.state == State::Active;
    row.roles_due_at = standing.roles.due_at(now).filter(|_| is_active);
}

/// What the audit calls a transition, whether it ends the row, and whether both sides may read its reason.
fn words(transition: Transition, before: State) -> (AuditAction, bool, bool) {
    match transition {
        Transition::Activate => (AuditAction::Accepted, false, false),
        Transition::Reject => (AuditAction::Rejected, true, true),
        Transition::Decline => (AuditAction::Deleted, true, false),
        Transition::Cancel => (AuditAction::Canceled, true, false),
        Transition::Supersede => (AuditAction::Superseded, true, false),
        Transition::EndBySender | Transition::EndByRecipient => (AuditAction::Ended, true, false),
        Transition::CloseAccount if before == State::Active => (AuditAction::Ended, true, false),
        Transition::CloseAccount => (AuditAction::Canceled, true, false),
        Transition::Hide(_) => (AuditAction::Hidden, false, false),
        Transition::Archive | Transition::Replace => (AuditAction::Replaced, false, false),
        Transition::Expire => (AuditAction::Expired, false, false),
        Transition::Resend => (AuditAction::Resent, false, false),
        Transition::Bind(_) => (AuditAction::Received, false, false),
        Transition::Unbind => (AuditAction::Withdrawn, false, false),
        Transition::Renew => (AuditAction::Renewed, true, false),
        Transition::RemoveRoles => (AuditAction::AdminRolesRemoved, false, false),
        Transition::LapseRoles => (AuditAction::AdminRolesExpired, false, false),
        Transition::ExtendRoles(_) => (AuditAction::AdminRolesExtended, false, false),
        Transition::WarnOfRoles => (AuditAction::AdminRolesExpiring, false, false),
    }
}

/// What each side saw before and after a step, and whether it notices (I17).
struct Glance {
    /// The account on the recipient's side: the one bound now, or the one that just was.
    recipient: Option<AccountId>,
    sender_views: (Option<View>, Option<View>),
    recipient_views: (Option<View>, Option<View>),
    /// A resending shows the same state with a new expiry, and what becomes of roles changes no state.
    told_anyway: bool,
}

impl Glance {
    fn between(
        before: &Standing,
        after: &Standing,
        transition: Transition,
        now: Timestamp,
    ) -> Self {
        let rerouted = after.recipient.is_some() && after.recipient != before.recipient;
        let views = |side| (before.view(side, now), after.view(side, now));
        let (was, is) = views(Side::Recipient);
        Self {
            recipient: after.recipient.or(before.recipient),
            sender_views: views(Side::Sender),
            // an account that a resending newly reaches has seen nothing before
            recipient_views: (was.filter(|_| !rerouted), is),
            told_anyway: matches!(
                transition,
                Transition::Resend
                    | Transition::RemoveRoles
                    | Transition::LapseRoles
                    | Transition::ExtendRoles(_)
                    | Transition::WarnOfRoles
            ),
        }
    }

    fn changes(&self, (was, is): (Option<View>, Option<View>)) -> bool {
        was != is || (self.told_anyway && is.is_some())
    }

    fn glimpse(
        &self,
        account: Option<AccountId>,
        views: (Option<View>, Option<View>),
        action: AuditAction,
    ) -> Option<Glimpse> {
        // time had changed the view before the row: the entry tells of the step from undecided to expired
        if action == AuditAction::Expired {
            return views.1.and(account).map(|account| Glimpse {
                account,
                from: None,
                to: views.1,
            });
        }
        account.filter(|_| self.changes(views)).map(|account| Glimpse {
            account,
            from: views.0,
            to: views.1,
        })
    }
}

fn event(
    row: &partnership::Model,
    action: AuditAction,
    kind: EventKind,
    glance: &Glance,
    (reason, reason_shared): (String, bool),
) -> Event {
    let mut sender = glance.glimpse(Some(row.sender_account_id), glance.sender_views, action);
    let mut recipient = glance.glimpse(glance.recipient, glance.recipient_views, action);
    if action == AuditAction::Expired {
        sender = sender.map(|glimpse| Glimpse { from: Some(View::AwaitingApproval), ..glimpse });
        recipient = recipient.map(|glimpse| Glimpse { from: Some(View::Pending), ..glimpse });
    }
    let note =
        AuditNote { action, partnership: Some(row.id), sender, recipient, reason, reason_shared };
    Event {
        kind,
        account: row.sender_account_id,
        counterpart: glance.recipient,
        subject: row.id.0,
        body: Body::Partnership(PartnershipFact { partnership: row.id, kind: row.kind, action }),
        audit: Some(note),
        appears: None,
    }
}
