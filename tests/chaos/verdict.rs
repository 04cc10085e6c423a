//! What the database says of everything the clients asked for.

use crate::load::{Call, Client, Record};
use partner_service::domain::event::{AuditAction, EventKind};
use partner_service::entity::{account, audit_entry, log, member, partnership};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, EntityTrait, QueryOrder};
use std::collections::HashMap;

/// Figures for the closing line; every one of them but the totals must be 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub acknowledged: usize,
    /// Acknowledged, and not at the position that was told.
    pub lost: usize,
    /// Calls that happened more than once.
    pub doubled: usize,
    /// Positions that no event stands at.
    pub holes: usize,
}

/// Everything there is, by what the clients can ask for.
struct Facts {
    log: Vec<log::Model>,
    accounts: HashMap<String, usize>,
    members: HashMap<String, usize>,
    invitations: HashMap<String, usize>,
    cancelled: HashMap<String, usize>,
    moved: HashMap<String, usize>,
}

/// Compares what the clients were told with what stands in the database.
pub async fn judge(database_url: &str, clients: &[Client]) -> Verdict {
    judge_records(database_url, clients.iter().flat_map(|client| &client.records)).await
}

/// The same for what somebody else was told.
pub async fn judge_records(
    database_url: &str,
    records: impl IntoIterator<Item = &Record>,
) -> Verdict {
    let facts = Facts::read(database_url).await;
    let mut verdict = Verdict { holes: facts.holes(), ..Verdict::default() };
    for record in records {
        let times = facts.times(record);
        verdict.doubled += usize::from(times > 1);
        if let Some(answer) = &record.acknowledged {
            verdict.acknowledged += 1;
            let event =
                usize::try_from(answer.position - 1).ok().and_then(|index| facts.log.get(index));
            let stands = event.is_some_and(|event| {
                event.subject_id.to_string() == answer.made && event.last_of_change
            });
            verdict.lost += usize::from(times == 0 || !stands);
        }
    }
    verdict
}

impl Facts {
    async fn read(database_url: &str) -> Self {
        let db = connect(database_url).await;
        let log = log::Entity::find().order_by_asc(log::Column::Position).all(&db).await.unwrap();
        let accounts = account::Entity::find().all(&db).await.unwrap();
        let members = member::Entity::find().all(&db).await.unwrap();
        let partnerships = partnership::Entity::find().all(&db).await.unwrap();
        let entries = audit_entry::Entity::find().all(&db).await.unwrap();
        let canceled = entries.iter().filter(|entry| entry.action == AuditAction::Canceled);
        let moved = log.iter().filter(|event| event.kind == EventKind::MemberRemoved);
        let facts = Self {
            accounts: count(accounts.into_iter().map(|row| row.display_name)),
            members: count(members.into_iter().map(|row| row.email)),
            invitations: count(partnerships.into_iter().map(|row| row.invitee_email)),
            cancelled: count(
                canceled.filter_map(|entry| entry.partnership_id).map(|id| id.to_string()),
            ),
            moved: count(moved.map(|event| event.subject_id.to_string())),
            log,
        };
        db.close().await.unwrap();
        facts
    }

    fn holes(&self) -> usize {
        let highest = self.log.last().map_or(0, |event| event.position);
        usize::try_from(highest).unwrap() - self.log.len()
    }

    /// How often a call happened.
    fn times(&self, record: &Record) -> usize {
        let (table, key) = match &record.call {
            Call::Create(request) => {
                (&self.accounts, &request.account.as_ref().unwrap().display_name)
            }
            Call::Register(request) => (&self.members, &request.member.as_ref().unwrap().email),
            Call::Invite(request) => (&self.invitations, &request.invitee_email),
            Call::Cancel(request) => (&self.cancelled, &request.partnership_id),
            Call::Move(request) => (&self.moved, &request.member_id),
        };
        table.get(key).copied().unwrap_or(0)
    }
}

/// One connection for looking.
pub async fn connect(database_url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(database_url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("the database opens")
}

fn count(keys: impl Iterator<Item = String>) -> HashMap<String, usize> {
    keys.fold(HashMap::new(), |mut counts, key| {
        *counts.entry(key).or_default() += 1;
        counts
    })
}
