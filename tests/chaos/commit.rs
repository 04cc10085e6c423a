//! The reply to COMMIT is lost, or COMMIT itself: the log says for certain which.

use crate::kill::{Round, clients, repeat, report};
use crate::load::Call;
use crate::process::{Home, Process};
use crate::proxy::{FAULTS, Fault, Proxy};
use crate::seed;
use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::verdict::{connect, judge};
use partner_service::entity::{account, log};
use partner_service::grpc::pb;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter};
use std::sync::Mutex;

const CALLS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_reply_to_commit_is_settled_through_the_log() {
    spoil_every_commit(Fault::LoseReply).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_right_after_commit_is_settled_through_the_log() {
    spoil_every_commit(Fault::CutAtOnce).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_arrived_is_made_again_and_not_twice() {
    spoil_every_commit(Fault::LoseCommit).await;
}

/// Each call's first COMMIT is spoilt; each must answer success, once, with its own position.
async fn spoil_every_commit(fault: Fault) {
    if engine() == TestEngine::Sqlite {
        println!("{fault:?}: PostgreSQL only");
        return;
    }
    let database = TestDatabase::fresh().await;
    let proxy = Proxy::start(&database.url).await;
    let home = Home::new(&proxy.url);
    let process = Process::start(&home, &[]).await.expect("the service starts");
    let (db, channel) = (connect(&database.url).await, process.channel());
    let (mut wrong, mut changed, mut repeated) = (0, 0, 0);
    for number in 0..CALLS {
        let display_name = format!("account {number}");
        let account = pb::Account { display_name: display_name.clone(), ..Default::default() };
        // without a request id only the log can tell the service what became of the first attempt
        let request_id = if number % 2 == 0 { format!("call-{number}") } else { String::new() };
        let named = !request_id.is_empty();
        let account = Some(account);
        let request = pb::CreateAccountRequest { account, request_id, ..Default::default() };
        let call = Call::Create(request);
        proxy.spoil(move |commit| (commit == 0).then_some(fault));
        let answer = call.send(&channel).await.expect("the call succeeds all the same");
        let rows = account::Entity::find().filter(account::COLUMN.display_name.eq(&display_name));
        let event = log::Entity::find_by_id(answer.position).one(&db).await.unwrap();
        let stands = event.is_some_and(|event| event.subject_id.to_string() == answer.made);
        wrong += usize::from(rows.count(&db).await.unwrap() != 1 || !stands);
        if named {
            repeated += 1;
            changed += usize::from(call.send(&channel).await.expect("a repeated call") != answer);
        }
    }
    println!(
        "{fault:?}: wrong {wrong} of {CALLS}, answered differently when repeated {changed} of {repeated}"
    );
    assert_eq!((proxy.faults(), wrong, changed), (CALLS, 0, 0), "faults, wrong, changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_spoilt_at_random_under_load_lose_and_double_nothing() {
    if engine() == TestEngine::Sqlite {
        println!("commits spoilt at random: PostgreSQL only");
        return;
    }
    let seed = seed();
    let database = TestDatabase::fresh().await;
    let proxy = Proxy::start(&database.url).await;
    let home = Home::new(&proxy.url);
    let process = Process::start(&home, &[]).await.expect("the service starts");
    let clients = clients(seed, &process.channel()).await;
    let random = Mutex::new(StdRng::seed_from_u64(seed));
    proxy.spoil(move |_| {
        let mut random = random.lock().unwrap();
        (random.random_range(0..6) == 0).then(|| FAULTS[random.random_range(0..FAULTS.len())])
    });
    let round = Round::begin(clients, &process.channel());
    round.reach(300).await;
    let mut clients = round.end().await;
    proxy.spoil(|_| None);
    let repeated = repeat(&mut clients, &process.channel()).await;
    let faults = proxy.faults();
    report(
        &format!("{faults} commits spoilt at random"),
        judge(&database.url, &clients).await,
        repeated,
    );
    assert!(faults > 10, "{faults} commits were spoilt: too few to prove anything");
}
