//! Who is watching what: from each event to the watchers it concerns, without looking at any other.
//!
//! What an account has to do with others is kept once for all who watch for it, loaded from the database when the first
//! of them comes and kept up to date by the events from there on. Only accounts that are being watched cost anything.

use super::entry::Entry;
use super::run::Run;
use crate::domain::event::{Body, EventKind};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::sharing::ItemType;
use crate::domain::sync::{Relations, Span};
use crate::faults::{Variant, broken};
use slab::Slab;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::Notify;

/// A watcher's number.
pub type Key = usize;

/// Why a stream was ended from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its member may not act any more.
    MemberNotActive,
    /// Its account may not act any more.
    AccountNotActive,
    /// History was rewritten (P5).
    Diverged,
    /// The replica lost its place in the log, and finds it anew.
    Interrupted,
    /// The replica stops.
    ShuttingDown,
}

/// What a watcher has yet to look at.
#[derive(Debug)]
pub enum Pending {
    /// Everything after this position.
    After(i64),
    /// These, each of which may concern it; with none it has seen everything.
    At(VecDeque<Noted>),
}

/// From one position up to another, both included.
#[derive(Clone, Copy, Debug)]
pub struct Noted {
    pub first: i64,
    pub last: i64,
}

/// Who watches, for whom.
#[derive(Clone, Debug)]
pub struct Who {
    /// The account whose partners are watched.
    pub viewer: AccountId,
    /// The member who watches, or for whom an operator does.
    pub member: Option<MemberId>,
    /// Whose streams are counted together.
    pub scope: Arc<str>,
}

/// One stream.
#[derive(Debug)]
pub struct Watcher {
    pub who: Who,
    pub pending: Pending,
    pub ended: Option<End>,
    pub wake: Arc<Notify>,
}

#[derive(Debug)]
struct Viewer {
    watchers: Vec<Key>,
    knowledge: Knowledge,
}

#[derive(Debug)]
enum Knowledge {
    /// Being loaded; what happened meanwhile waits.
    Loading(Vec<Arc<Entry>>),
    /// As of the tail's position.
    Known(Arc<Relations>),
}

/// Everybody who watches.
#[derive(Debug, Default)]
pub struct Fold {
    pub watchers: Slab<Watcher>,
    viewers: HashMap<AccountId, Viewer>,
    /// The accounts watched that share with this one by now.
    sources: HashMap<AccountId, HashSet<AccountId>>,
    members: HashMap<MemberId, Vec<Key>>,
    scopes: HashMap<Arc<str>, usize>,
}

impl Fold {
    /// How many streams are counted under a scope.
    #[must_use]
    pub fn streams_of(&self, scope: &str) -> usize {
        self.scopes.get(scope).copied().unwrap_or(0)
    }

    /// A new watcher, before its first read.
    pub fn enter(&mut self, who: Who, wake: Arc<Notify>) -> Key {
        let (viewer, member, scope) = (who.viewer, who.member, Arc::clone(&who.scope));
        let pending = Pending::At(VecDeque::new());
        let key = self.watchers.insert(Watcher { who, pending, ended: None, wake });
        let unknown = || Viewer {
            watchers: Vec::with_capacity(1),
            knowledge: Knowledge::Loading(Vec::new()),
        };
        self.viewers.entry(viewer).or_insert_with(unknown).watchers.push(key);
        if let Some(member) = member {
            self.members.entry(member).or_insert_with(|| Vec::with_capacity(1)).push(key);
        }
        *self.scopes.entry(scope).or_default() += 1;
        key
    }

    /// The watcher is gone, and what was kept for it alone.
    pub fn leave(&mut self, key: Key) {
        let Watcher { who: Who { viewer, member, scope }, .. } = self.watchers.remove(key);
        if let Some(count) = self.scopes.get_mut(&scope) {
            *count -= 1;
            if *count == 0 {
                self.scopes.remove(&scope);
            }
        }
        if let Some(member) = member
            && let Some(keys) = self.members.get_mut(&member)
        {
            remove(keys, key);
            if keys.is_empty() {
                self.members.remove(&member);
            }
        }
        if let Some(known) = self.viewers.get_mut(&viewer) {
            remove(&mut known.watchers, key);
            if known.watchers.is_empty() {
                self.forget(viewer);
            }
        }
    }

    fn forget(&mut self, viewer: AccountId) {
        if let Some(Viewer { knowledge: Knowledge::Known(relations), .. }) =
            self.viewers.remove(&viewer)
        {
            for partner in relations.partners() {
                self.unlink(partner, viewer);
            }
        }
    }

    /// What the account has to do with others, as of a position that the database was read at.
    pub fn install(&mut self, viewer: AccountId, mut relations: Relations, as_of: i64) {
        let Some(known) = self.viewers.get_mut(&viewer) else { return };
        let Knowledge::Loading(missed) = &mut known.knowledge else { return };
        if broken(Variant::ReadBeforeRegister) {
            missed.clear();
        }
        for entry in missed.iter().filter(|entry| entry.place.position > as_of) {
            learn(viewer, &mut relations, entry);
        }
        for partner in relations.partners() {
            self.sources.entry(partner).or_default().insert(viewer);
        }
        known.knowledge = Knowledge::Known(Arc::new(relations));
    }

    /// What the account has to do with others, if that is known yet.
    #[must_use]
    pub fn relations(&self, viewer: AccountId) -> Option<Arc<Relations>> {
        match &self.viewers.get(&viewer)?.knowledge {
            Knowledge::Known(relations) => Some(Arc::clone(relations)),
            Knowledge::Loading(_) => None,
        }
    }

    /// Takes events in, and marks them for the watchers they may concern; those to wake are added to `woken`.
    pub fn apply(&mut self, run: &Run, limit: usize, woken: &mut Vec<Arc<Notify>>) {
        let entry = &run.entries()[0];
        match entry.kind {
            EventKind::MemberAdded
            | EventKind::MemberUpdated
            | EventKind::MemberDeactivated
            | EventKind::MemberReactivated
            | EventKind::MemberRemoved => {
                let viewers = self.sources.get(&entry.account).into_iter().flatten();
                for viewer in viewers {
                    let watchers = self.viewers.get(viewer).map(|known| &known.watchers);
                    mark(&mut self.watchers, watchers, run, limit, woken);
                }
                let left = |entry: &&Arc<Entry>| {
                    matches!(entry.kind, EventKind::MemberDeactivated | EventKind::MemberRemoved)
                };
                for entry in run.entries().iter().filter(left) {
                    let keys = self.members.get(&MemberId(entry.subject));
                    end(&mut self.watchers, keys, End::MemberNotActive, woken);
                }
            }
            EventKind::PartnerActivated | EventKind::PartnerEnded => {
                for viewer in [Some(entry.account), entry.counterpart].into_iter().flatten() {
                    self.learn(viewer, entry);
                    let watchers = self.viewers.get(&viewer).map(|known| &known.watchers);
                    mark(&mut self.watchers, watchers, run, limit, woken);
                }
            }
            EventKind::ItemShared | EventKind::ItemUnshared => {
                // other items are on nobody's stream
                if is_of_details(entry)
                    && let Some(viewer) = entry.counterpart
                {
                    self.learn(viewer, entry);
                    let watchers = self.viewers.get(&viewer).map(|known| &known.watchers);
                    mark(&mut self.watchers, watchers, run, limit, woken);
                }
            }
            EventKind::ContactSuppressed | EventKind::ContactRestored => {
                self.learn(entry.account, entry);
                let watchers = self.viewers.get(&entry.account).map(|known| &known.watchers);
                mark(&mut self.watchers, watchers, run, limit, woken);
            }
            EventKind::AccountSuspended | EventKind::AccountClosed => {
                let keys = self.viewers.get(&entry.account).map(|known| &known.watchers);
                end(&mut self.watchers, keys, End::AccountNotActive, woken);
            }
            EventKind::LogOpened
            | EventKind::LogImported
            | EventKind::AccountCreated
            | EventKind::AccountUpdated
            | EventKind::AccountResumed
            | EventKind::MemberPrivatelyUpdated
            | EventKind::PartnershipChanged
            | EventKind::PreferencesUpdated
            | EventKind::AgreementPublished
            | EventKind::AgreementAccepted
            | EventKind::GuestCreated
            | EventKind::GuestDeleted
            | EventKind::ProviderProfileUpdated
            | EventKind::InquirySent
            | EventKind::SharedItemUpdated => {}
        }
    }

    /// Every stream ends.
    pub fn end_each(&mut self, why: End, woken: &mut Vec<Arc<Notify>>) {
        for (_, watcher) in &mut self.watchers {
            watcher.ended.get_or_insert(why);
            woken.push(Arc::clone(&watcher.wake));
        }
    }

    /// Every stream ends; whoever comes after finds nothing known.
    pub fn end_all(&mut self, why: End, woken: &mut Vec<Arc<Notify>>) {
        self.end_each(why, woken);
        self.viewers.clear();
        self.sources.clear();
    }

    fn learn(&mut self, viewer: AccountId, entry: &Arc<Entry>) {
        let Some(known) = self.viewers.get_mut(&viewer) else { return };
        match &mut known.knowledge {
            Knowledge::Loading(missed) => missed.push(Arc::clone(entry)),
            Knowledge::Known(relations) => {
                let learnt = learn(viewer, Arc::make_mut(relations), entry);
                match learnt {
                    Some(Learnt::Shares(partner)) => {
                        self.sources.entry(partner).or_default().insert(viewer);
                    }
                    Some(Learnt::Parted(partner)) => self.unlink(partner, viewer),
                    None => {}
                }
            }
        }
    }

    fn unlink(&mut self, partner: AccountId, viewer: AccountId) {
        if let Some(viewers) = self.sources.get_mut(&partner) {
            viewers.remove(&viewer);
            if viewers.is_empty() {
                self.sources.remove(&partner);
            }
        }
    }
}

fn remove(keys: &mut Vec<Key>, key: Key) {
    if let Some(at) = keys.iter().position(|one| *one == key) {
        keys.swap_remove(at);
    }
}

enum Learnt {
    Shares(AccountId),
    Parted(AccountId),
}

/// What an event changes between an account and others.
fn learn(viewer: AccountId, relations: &mut Relations, entry: &Entry) -> Option<Learnt> {
    let position = entry.place.position;
    match &entry.body {
        Body::Partnership(fact) if fact.kind.policy().syncs_members => {
            let other = if entry.account == viewer { entry.counterpart? } else { entry.account };
            if entry.kind == EventKind::PartnerEnded {
                relations.end_sharing(other, position);
                return Some(Learnt::Parted(other));
            }
            relations.share(other, Span { since: position, until: None });
            Some(Learnt::Shares(other))
        }
        Body::Contact(fact) => {
            let (home, member) = (fact.home_account, fact.contact_member);
            if entry.kind == EventKind::ContactRestored {
                relations.restore(home, member, position);
            } else {
                relations.hide(home, member, Span { since: position, until: None });
            }
            None
        }
        Body::Share(_) if is_of_details(entry) => {
            if entry.kind == EventKind::ItemUnshared {
                relations.end_details(entry.account, position);
            } else {
                relations.detail(entry.account, Span { since: position, until: None });
            }
            None
        }
        Body::Partnership(_) | Body::Member(_) | Body::Share(_) | Body::Empty {} => None,
    }
}

/// Whether contact details are shared by it, or not any more.
fn is_of_details(entry: &Entry) -> bool {
    matches!(&entry.body, Body::Share(fact) if fact.item_type == ItemType::ContactDetails && fact.is_live)
}

fn mark(
    watchers: &mut Slab<Watcher>,
    keys: Option<&Vec<Key>>,
    run: &Run,
    limit: usize,
    woken: &mut Vec<Arc<Notify>>,
) {
    let (first, last) = (run.first(), run.last());
    for key in keys.into_iter().flatten() {
        let Some(watcher) = watchers.get_mut(*key) else { continue };
        let Pending::At(noted) = &mut watcher.pending else { continue };
        match noted.back_mut() {
            None => woken.push(Arc::clone(&watcher.wake)),
            Some(before) if before.last + 1 == first => {
                before.last = last;
                continue;
            }
            Some(_) => {}
        }
        if noted.len() < limit {
            noted.push_back(Noted { first, last });
        } else if !broken(Variant::PendingForgets) {
            let earliest = noted.front().map_or(first, |noted| noted.first);
            watcher.pending = Pending::After(earliest - 1);
        }
    }
}

fn end(
    watchers: &mut Slab<Watcher>,
    keys: Option<&Vec<Key>>,
    why: End,
    woken: &mut Vec<Arc<Notify>>,
) {
    let keys = keys.filter(|_| !broken(Variant::RightsOutliveEvents));
    for key in keys.into_iter().flatten() {
        let Some(watcher) = watchers.get_mut(*key) else { continue };
        watcher.ended.get_or_insert(why);
        woken.push(Arc::clone(&watcher.wake));
    }
}
