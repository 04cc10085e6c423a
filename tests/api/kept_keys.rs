//! The secret key that the database keeps gives way to another one: what either signed is good on every replica, whoever has
//! read the keys and whoever has not, until the old one is dropped.

use crate::calls::HOUR;
use crate::support::database::{TestEngine, engine};
use crate::support::refusal::reason;
use crate::support::roster::connect;
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use partner_service::backend::{Database, KeptKey, SETTLING};
use partner_service::domain::ids::PartnershipId;
use partner_service::domain::time::Timestamp;
use partner_service::grpc::pb;
use partner_service::mail::secret;
use sea_orm::ConnectionTrait;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What clients were given: a page token and the secret of an invitation's link.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    page: String,
    link: String,
}

/// Replicas on one database, of which SQLite has one, and two invitations.
struct Stage {
    replicas: Vec<Harness>,
    a: Organization,
    invitation: PartnershipId,
}

fn kept() -> Options {
    Options { kept_keys: true, ..Options::default() }
}

impl Stage {
    async fn set() -> Self {
        let first = Harness::with(kept()).await;
        let a = first.organization("ann").await;
        let id = a.invites("one@else.example").await.unwrap().id;
        a.invites("two@else.example").await.unwrap();
        let invitation = PartnershipId(id.parse::<Uuid>().unwrap());
        let mut replicas = vec![first];
        if engine() == TestEngine::Postgres {
            replicas.push(beside(&replicas[0]).await);
        }
        Self { replicas, a, invitation }
    }

    /// Does something to the keys as another process does it: beside replicas, or while the only one is away.
    async fn meanwhile<T>(&mut self, what: impl AsyncFnOnce(&Database, Timestamp) -> T) -> T {
        let (url, now) = (self.replicas[0].database.url.clone(), self.replicas[0].backend.now());
        if engine() == TestEngine::Postgres {
            return done(&url, now, what).await;
        }
        let (database, clock) = self.replicas.remove(0).stop().await;
        let answer = done(&url, now, what).await;
        let options = Options { database: Some(database), clock: Some(clock), ..kept() };
        self.replicas.push(Harness::with(options).await);
        answer
    }

    /// What each replica gives out now.
    async fn given(&self) -> Vec<Given> {
        let mut all = Vec::new();
        for replica in &self.replicas {
            let page = self.list(replica, "").await.unwrap();
            all.push(Given {
                page,
                link: secret::seal(&replica.backend.key(), self.invitation, 0),
            });
        }
        all
    }

    /// The next page's token.
    async fn list(&self, replica: &Harness, page_token: &str) -> Result<String, String> {
        let request = pb::ListPartnershipsRequest {
            account_id: self.a.id.clone(),
            page_size: 1,
            page_token: page_token.to_owned(),
            ..Default::default()
        };
        match replica.member(&self.a.boss.id).partners.list_partnerships(request).await {
            Ok(answer) => Ok(answer.into_inner().next_page_token),
            refused => Err(reason(refused)),
        }
    }

    async fn look_up(&self, replica: &Harness, link: &str) -> Result<(), String> {
        let request = pb::LookupInvitationRequest { secret: link.to_owned() };
        let answer = replica.caller(&[]).partners.lookup_invitation(request).await;
        if answer.is_ok() { Ok(()) } else { Err(reason(answer)) }
    }

    /// Every replica takes all of it.
    async fn is_good(&self, given: &[Given]) {
        for (number, replica) in self.replicas.iter().enumerate() {
            for Given { page, link } in given {
                assert_eq!(self.list(replica, page).await.map(drop), Ok(()), "replica {number}");
                assert_eq!(self.look_up(replica, link).await, Ok(()), "replica {number}");
            }
        }
    }

    async fn is_void(&self, given: &[Given]) {
        for replica in &self.replicas {
            for Given { page, link } in given {
                let refused = self.list(replica, page).await;
                assert_eq!(refused, Err("PAGE_TOKEN_INVALID".to_owned()));
                let refused = self.look_up(replica, link).await;
                assert_eq!(refused, Err("RESOURCE_NOT_FOUND".to_owned()));
            }
        }
    }

    /// As every replica does every few seconds.
    async fn reread(&self) {
        for replica in &self.replicas {
            replica.backend.reread_keys().await.unwrap();
        }
    }
}

/// Another replica.
async fn beside(first: &Harness) -> Harness {
    let database = Some(Arc::clone(&first.database));
    Harness::with(Options { database, clock: Some(first.clock.clone()), ..kept() }).await
}

async fn done<T>(
    url: &str,
    now: Timestamp,
    what: impl AsyncFnOnce(&Database, Timestamp) -> T,
) -> T {
    let database = Database::open(url).await.unwrap();
    let answer = what(&database, now).await;
    database.close().await;
    answer
}

#[tokio::test]
async fn l4_what_is_signed_before_during_and_after_a_rotation_is_good_on_every_replica() {
    let mut stage = Stage::set().await;
    let before = stage.given().await;
    assert!(before.iter().all(|given| *given == before[0]), "one key, one signature");
    let added = stage.meanwhile(async |db, now| db.add_key(now).await.unwrap()).await.unwrap();
    assert_eq!(added.number, 2);
    assert_eq!(stage.replicas[0].backend.now().until(added.signs_from), SETTLING);
    let mut all = before.clone();
    // no replica knows it, one does, all do: nobody signs with it yet
    for _ in &stage.replicas {
        assert_eq!(stage.given().await, before);
    }
    stage.reread().await;
    assert_eq!(stage.given().await, before);

    let clock = stage.replicas[0].clock.clone();
    clock.advance(SETTLING - Duration::from_micros(1));
    stage.reread().await;
    assert_eq!(stage.given().await, before);
    clock.advance(Duration::from_micros(1));
    stage.replicas[0].backend.reread_keys().await.unwrap();
    let during = stage.given().await;
    assert_ne!(during[0], before[0], "the first replica signs with the new key");
    assert_eq!(during[1..], before[1..], "the other one does not yet");
    all.extend(during);
    stage.is_good(&all).await;
    stage.reread().await;
    let after = stage.given().await;
    assert!(after.iter().all(|given| *given == all[before.len()]), "all of them do");
    stage.is_good(&all).await;
    stage.is_good(&after).await;
}

#[tokio::test]
async fn l4_a_replica_that_never_heard_of_a_key_reads_it_before_it_refuses_what_the_key_signed() {
    if engine() == TestEngine::Sqlite {
        return; // one process, which read it when it started
    }
    let mut stage = Stage::set().await;
    stage.replicas.push(beside(&stage.replicas[0]).await);
    stage.meanwhile(async |db, now| db.add_key(now).await.unwrap()).await.unwrap();
    let [aware, one, other] = &stage.replicas[..] else { panic!("three replicas") };
    aware.clock.advance(SETTLING);
    assert!(aware.backend.reread_keys().await.unwrap());
    let [new, old, _] = &stage.given().await[..] else { panic!("of three replicas") };
    assert_ne!(new, old);
    assert!(stage.list(one, &new.page).await.is_ok());
    assert_eq!(stage.look_up(other, &new.link).await, Ok(()));
    assert!(!one.backend.reread_keys().await.unwrap(), "it has read them by then");
}

async fn drop_all(db: &Database, now: Timestamp) -> (Vec<KeptKey>, Vec<KeptKey>) {
    db.drop_keys(Duration::ZERO, now).await.unwrap()
}

async fn drop_unused(db: &Database, now: Timestamp) -> (Vec<KeptKey>, Vec<KeptKey>) {
    db.drop_keys(HOUR, now).await.unwrap()
}

#[tokio::test]
async fn l4_a_dropped_key_voids_what_it_signed_and_the_one_that_signs_is_never_dropped() {
    let mut stage = Stage::set().await;
    let before = stage.given().await;
    let added = stage.meanwhile(async |db, now| db.add_key(now).await.unwrap()).await.unwrap();
    let (dropped, left) = stage.meanwhile(drop_all).await;
    assert_eq!((dropped.len(), left.len()), (0, 2), "the new one does not sign yet");
    let clock = stage.replicas[0].clock.clone();
    clock.advance(SETTLING);
    stage.reread().await;
    let after = stage.given().await;
    stage.is_good(&before).await;

    let (dropped, _) = stage.meanwhile(drop_all).await;
    assert!(dropped.is_empty(), "a replica may be late to sign with the new one");
    clock.advance(SETTLING + HOUR - Duration::from_micros(1));
    let (dropped, _) = stage.meanwhile(drop_unused).await;
    assert!(dropped.is_empty(), "it signed less than an hour ago");
    clock.advance(Duration::from_micros(1));
    assert_eq!(stage.meanwhile(drop_unused).await.0.len(), 1);
    stage.reread().await;
    stage.is_void(&before).await;
    stage.is_good(&after).await;
    let (dropped, left) = stage.meanwhile(drop_all).await;
    assert_eq!((dropped.len(), left.len(), left[0].number), (0, 1, added.number));
}

#[tokio::test]
async fn a_start_finds_the_keys_there_are_and_makes_none_once_the_first_is_dropped() {
    let mut stage = Stage::set().await;
    stage.meanwhile(async |db, now| db.add_key(now).await.unwrap()).await.unwrap();
    stage.replicas[0].clock.advance(2 * SETTLING);
    let left = stage.meanwhile(async |db, now| {
        db.drop_keys(Duration::ZERO, now).await.unwrap();
        db.service_key(now).await.unwrap();
        db.drop_keys(Duration::ZERO, now).await.unwrap().1
    });
    let left: Vec<i32> = left.await.iter().map(|key| key.number).collect();
    assert_eq!(left, [2]);
}

#[tokio::test]
async fn keys_that_are_damaged_or_gone_leave_those_that_a_replica_has() {
    let stage = Stage::set().await;
    let before = stage.given().await;
    let db = connect(&stage.replicas[0].database.url).await;
    for damage in ["UPDATE service_key SET key = 'none'", "DELETE FROM service_key"] {
        db.execute_unprepared(damage).await.unwrap();
        for replica in &stage.replicas {
            assert!(!replica.backend.reread_keys().await.unwrap(), "{damage}");
        }
        stage.is_good(&before).await;
        assert_eq!(stage.given().await, before);
        let refused = stage.list(&stage.replicas[0], "bm9uZQ").await;
        assert_eq!(refused, Err("PAGE_TOKEN_INVALID".to_owned()), "{damage}");
    }
}
