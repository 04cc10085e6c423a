//! A hand-made log, and what an honest service would send of it: the ground that the tests of the tests stand on.
//!
//! ```text
//!    1 opened     2-4 accounts v, a, b     5 a gets x    6 a gets y   7 b gets z
//!    8 v+a active    9 v+b active    10 x renamed   11 y renamed   12 x deactivated
//!   13 y leaves a for b ...  14 ... joins b (one change)   15 v+a ended   16 x renamed, unseen
//!   17 v+a active again   18 v deletes contact x   19 x renamed, unseen   20 z renamed   21 v takes x back
//! ```

use crate::support::checker::judge::judge;
use crate::support::checker::log::{Log, LogRow};
use crate::support::checker::oracle::{Copy, Oracle, Page, Retentions, What};
use crate::support::checker::record::{Entry, Record, Start};
use crate::support::checker::verdict::{FAULTS, Fault, Verdict};
use crate::support::checker::{Key, expected};
use partner_service::domain::event::EventKind;
use partner_service::grpc::pb;
use pb::watch_members_response::Payload;
use serde_json::json;
use uuid::Uuid;

/// Where the honest snapshot is taken.
const SNAPSHOT: i64 = 10;

/// The log, and the viewer's side of it.
pub struct Scene {
    viewer: Uuid,
    log: Log,
    page: Page,
}

#[derive(Default)]
struct Rows(Vec<LogRow>);

impl Rows {
    fn add(
        &mut self,
        kind: EventKind,
        (account, counterpart): (Uuid, Option<Uuid>),
        subject: Uuid,
        payload: serde_json::Value,
    ) {
        self.0.push(LogRow {
            position: i64::try_from(self.0.len()).unwrap() + 1,
            event_id: Uuid::now_v7(),
            account,
            counterpart,
            kind,
            subject,
            payload,
            last_of_change: true,
        });
    }

    fn member(&mut self, kind: EventKind, home: Uuid, member: Uuid, name: &str, state: &str) {
        let fact = json!({
            "member": member, "email": "m@x.example", "display_name": name, "state": state,
            "phone": format!("phone of {name}"), "title": "", "locale": "",
        });
        self.add(kind, (home, None), member, fact);
    }

    fn partners(&mut self, kind: EventKind, a: Uuid, b: Uuid) {
        self.add(kind, (a, Some(b)), Uuid::now_v7(), json!({"kind": "COLLABORATION"}));
    }

    fn contact(&mut self, kind: EventKind, viewer: Uuid, (home, member): Key) {
        let fact = json!({"home_account": home, "contact_member": member});
        self.add(kind, (viewer, None), member, fact);
    }
}

fn rows(viewer: Uuid) -> Vec<LogRow> {
    use EventKind as Kind;
    let [a, b, x, y, z] = std::array::from_fn(|_| Uuid::now_v7());
    let mut rows = Rows::default();
    rows.add(Kind::LogOpened, (Uuid::nil(), None), Uuid::nil(), json!({}));
    for account in [viewer, a, b] {
        rows.add(Kind::AccountCreated, (account, None), account, json!({}));
    }
    for (home, member) in [(a, x), (a, y), (b, z)] {
        rows.member(Kind::MemberAdded, home, member, "first", "ACTIVE");
    }
    rows.partners(Kind::PartnerActivated, viewer, a);
    rows.partners(Kind::PartnerActivated, b, viewer);
    rows.member(Kind::MemberUpdated, a, x, "second", "ACTIVE");
    rows.member(Kind::MemberUpdated, a, y, "second", "ACTIVE");
    rows.member(Kind::MemberDeactivated, a, x, "second", "DEACTIVATED");
    rows.member(Kind::MemberRemoved, a, y, "second", "REMOVED");
    rows.0.last_mut().unwrap().last_of_change = false;
    rows.member(Kind::MemberAdded, b, y, "second", "ACTIVE");
    rows.partners(Kind::PartnerEnded, viewer, a);
    rows.member(Kind::MemberUpdated, a, x, "unseen", "DEACTIVATED");
    rows.partners(Kind::PartnerActivated, viewer, a);
    rows.contact(Kind::ContactSuppressed, viewer, (a, x));
    rows.member(Kind::MemberUpdated, a, x, "third", "DEACTIVATED");
    rows.member(Kind::MemberUpdated, b, z, "second", "ACTIVE");
    rows.contact(Kind::ContactRestored, viewer, (a, x));
    rows.0
}

impl Scene {
    pub fn new() -> Self {
        let viewer = Uuid::now_v7();
        let log = Log::of(rows(viewer));
        let page = Oracle::of(&log, &Retentions::new()).page(viewer);
        Self { viewer, log, page }
    }

    pub fn head(&self) -> i64 {
        self.log.head()
    }

    /// Everything an honest service sends.
    pub fn stream(&self, start: Start) -> Vec<pb::WatchMembersResponse> {
        let mut messages = Vec::new();
        if start == Start::Now {
            messages.push(self.heartbeat(SNAPSHOT));
        } else {
            let begin = pb::SnapshotBegin { position: SNAPSHOT };
            messages.push(message(SNAPSHOT, Payload::SnapshotBegin(begin)));
            messages.extend(self.contacts(SNAPSHOT, None));
            messages.push(synced(SNAPSHOT, None));
        }
        for telling in self.page.tellings.iter().filter(|telling| telling.position > SNAPSHOT) {
            match telling.what {
                What::Restored(key) => {
                    let copy = &self.page.contacts(telling.position)[&key];
                    messages.push(self.contact(telling.position, key, copy));
                }
                _ => messages.push(told(expected::event(telling).unwrap())),
            }
            if let What::Activated { partner, .. } = telling.what {
                messages.extend(self.contacts(telling.position, Some(partner)));
                messages.push(synced(telling.position, Some(partner)));
            }
        }
        messages.push(self.heartbeat(self.head()));
        messages
    }

    /// A subscriber that received these, and should have received everything.
    pub fn record(&self, start: Start, messages: Vec<pb::WatchMembersResponse>) -> Record {
        let mut record = Record::new("v", self.viewer);
        record.push(Entry::Opened { start, min_position: 0, replica: 0 });
        for message in messages {
            record.message(message);
        }
        record.complete_to = Some(self.head());
        record
    }

    /// Every kind of fault that the judge finds.
    pub fn faults(&self, record: &Record) -> Vec<Fault> {
        named(&judge(record, &self.page, &self.log))
    }

    /// What is found in the log after `cheat`.
    pub fn log_faults(&self, cheat: impl FnOnce(&mut Vec<LogRow>)) -> Vec<Fault> {
        let mut rows = self.log.rows.clone();
        cheat(&mut rows);
        let mut verdict = Verdict::default();
        Log::of(rows).check(&mut verdict);
        named(&verdict)
    }

    /// What ListContacts answers at the head.
    pub fn listed(&self) -> Vec<pb::Contact> {
        let payload = |message: pb::WatchMembersResponse| match message.payload {
            Some(Payload::Contact(contact)) => contact,
            other => panic!("{other:?} is no contact"),
        };
        self.contacts(self.head(), None).into_iter().map(payload).collect()
    }

    pub fn heartbeat(&self, position: i64) -> pb::WatchMembersResponse {
        let lag = Some(prost_types::Duration::default());
        message(position, Payload::Heartbeat(pb::Heartbeat { position, lag }))
    }

    /// A member's event as the log has it, whoever may know.
    pub fn event_of_log(&self, position: i64) -> pb::WatchMembersResponse {
        let row = self.log.rows.iter().find(|row| row.position == position).unwrap();
        told(pb::MemberEvent {
            event_id: row.event_id.to_string(),
            position,
            kind: pb::MemberEventKind::MemberUpdated.into(),
            partner_account_id: row.account.to_string(),
            ..Default::default()
        })
    }

    fn contacts(&self, position: i64, partner: Option<Uuid>) -> Vec<pb::WatchMembersResponse> {
        let mut contacts = self.page.contacts(position);
        contacts.retain(|key, _| partner.is_none_or(|partner| partner == key.0));
        contacts.iter().map(|(key, copy)| self.contact(position, *key, copy)).collect()
    }

    fn contact(&self, position: i64, (home, member): Key, copy: &Copy) -> pb::WatchMembersResponse {
        message(
            position,
            Payload::Contact(pb::Contact {
                account_id: self.viewer.to_string(),
                kind: pb::ContactKind::Member.into(),
                home_account_id: home.to_string(),
                member_id: member.to_string(),
                member_state: copy.person.state.into(),
                email: copy.person.email.clone(),
                display_name: copy.person.display_name.clone(),
                phone: copy.person.details[0].clone(),
                title: copy.person.details[1].clone(),
                locale: copy.person.details[2].clone(),
                link: copy.link.into(),
                ..Default::default()
            }),
        )
    }
}

/// Where the event of a position is.
pub fn event_at(messages: &[pb::WatchMembersResponse], position: i64) -> usize {
    let is_it = |message: &pb::WatchMembersResponse| matches!(&message.payload, Some(Payload::Event(event)) if event.position == position);
    messages.iter().position(is_it).expect("an event at that position")
}

fn named(verdict: &Verdict) -> Vec<Fault> {
    FAULTS.into_iter().filter(|fault| verdict.count(*fault) > 0).collect()
}

fn told(event: pb::MemberEvent) -> pb::WatchMembersResponse {
    let commit_time = Some(prost_types::Timestamp::default());
    message(event.position, Payload::Event(pb::MemberEvent { commit_time, ..event }))
}

fn synced(position: i64, partner: Option<Uuid>) -> pb::WatchMembersResponse {
    let partner_account_id = partner.map(|id| id.to_string()).unwrap_or_default();
    message(position, Payload::Synced(pb::Synced { position, partner_account_id }))
}

fn message(position: i64, payload: Payload) -> pb::WatchMembersResponse {
    let server_time = Some(prost_types::Timestamp::default());
    let payload = Some(payload);
    pb::WatchMembersResponse { resume_token: "t".to_owned(), server_time, payload, position }
}
