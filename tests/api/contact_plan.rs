//! A page of contacts costs what it shows, not what there is: no table is read through, and few rows are visited.
//!
//! `TEST_ROSTER=1000x1000` measures with as many partners and members each.

use crate::reading::{at, counted, from_here};
use crate::support::Harness;
use crate::support::contacts::list;
use crate::support::database::{TestEngine, engine};
use crate::support::roster::{connect, seed};
use partner_service::grpc::pb;
use std::time::Instant;

/// Rows of memberships and their versions, in tables and indexes, that one page of fifty may visit on average.
const VISITS_PER_PAGE: i64 = 1_500;

#[tokio::test]
async fn a_page_of_contacts_walks_indexes_however_many_contacts_there_are() {
    let (partners, members) = match std::env::var("TEST_ROSTER") {
        Ok(size) => {
            let (partners, members) = size.split_once('x').expect("TEST_ROSTER is as 1000x1000");
            (partners.parse().unwrap(), members.parse().unwrap())
        }
        Err(_) if engine() == TestEngine::Postgres => (300, 100),
        Err(_) => (100, 100),
    };
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    a.types_in("guest@else.example").await.unwrap();
    let db = connect(&harness.database.url).await;
    let began = Instant::now();
    seed(&db, &a.id, partners, members).await;
    println!("seeded {partners} partners with {members} members each in {:?}", began.elapsed());
    let harness = from_here(harness, &db).await;
    let a = at(&harness, &a);

    let all = a.contacts_request();
    let (synced, detached, removed) = (
        vec![pb::ContactLink::Synced.into()],
        vec![pb::ContactLink::Detached.into()],
        vec![pb::ContactLink::RemovedAtSource.into()],
    );
    let mut pages = 0;
    let mut deep = String::new();
    for (what, request, count) in [
        ("the first page", all.clone(), 50),
        ("synced", pb::ListContactsRequest { links: synced, ..all.clone() }, 50),
        ("detached", pb::ListContactsRequest { links: detached, ..all.clone() }, 50),
        ("removed", pb::ListContactsRequest { links: removed, ..all.clone() }, 50),
        (
            "a rare name",
            pb::ListContactsRequest { query: "name 77".to_owned(), page_size: 5, ..all.clone() },
            5,
        ),
        ("an address", pb::ListContactsRequest { query: "P99@X".to_owned(), ..all.clone() }, 1),
        ("guests", pb::ListContactsRequest { query: "guest@".to_owned(), ..all.clone() }, 1),
    ] {
        // the sixth execution of a statement may get another plan than the first five
        let began = Instant::now();
        for _ in 0..8 {
            let answer = a.by.clone().contacts.list_contacts(request.clone()).await.unwrap();
            let answer = answer.into_inner();
            assert_eq!(answer.contacts.len(), count, "{what}");
            if what == "the first page" {
                deep = answer.next_page_token;
            }
            pages += 1;
        }
        println!("{what}: {:?} a page", began.elapsed() / 8);
    }
    let began = Instant::now();
    for _ in 0..10 {
        let request = pb::ListContactsRequest { page_token: deep, ..all.clone() };
        let answer = a.by.clone().contacts.list_contacts(request).await.unwrap().into_inner();
        deep = answer.next_page_token;
        pages += 1;
    }
    println!("onwards: {:?} a page", began.elapsed() / 10);

    if engine() == TestEngine::Postgres {
        let (read_through, visited) =
            counted(&harness, &db, &["membership", "member_version"]).await;
        println!("{visited} rows visited for {pages} pages");
        assert_eq!(read_through, 0, "membership or member_version was read through");
        let most = VISITS_PER_PAGE * pages;
        assert!(visited <= most, "{visited} rows visited for {pages} pages");
    } else {
        // nothing counts rows here; that everybody is found, page by page, is still worth knowing
        let everybody = list(&a.by, pb::ListContactsRequest { page_size: 500, ..all }).await;
        let contacts = everybody.len();
        let ended_keep_all = partners * members + 2;
        assert_eq!(u32::try_from(contacts).unwrap(), ended_keep_all);
    }
}
