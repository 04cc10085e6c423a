//! Workers die at each step of sending a letter (`src/faults.rs`), one after the other, while letters are written.

use crate::process::{Home, Process};
use crate::support::database::TestDatabase;
use crate::support::letters::Letter;
use crate::support::sink::Sink;
use crate::{cycles, seed};
use partner_service::faults::{DIES_AT, Spot};
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use pb::mail_service_client::MailServiceClient;
use pb::partner_service_client::PartnerServiceClient;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;
use tokio::time::Instant;
use tonic::transport::Channel;

const STEPS: [Spot; 3] = [Spot::MailClaimed, Spot::MailSent, Spot::MailMarked];
/// More than any step is passed before it is deadly.
const MOST_LETTERS: usize = 1_000;
/// Longer than a lease of somebody who died, and far longer than a step takes to be passed so often.
const PATIENCE: Duration = Duration::from_secs(90);
const SIGABRT: i32 = 6;

async fn account(channel: &Channel) -> String {
    let account = pb::Account { display_name: "sender".to_owned(), ..Default::default() };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    let answer = AccountServiceClient::new(channel.clone()).create_account(request).await;
    answer.expect("the account is created").into_inner().account.expect("an account").id
}

/// Invites people nobody knows until the service dies; answers whom it said it invited.
async fn invite(channel: &Channel, account_id: &str, round: usize) -> Vec<String> {
    let mut invited = Vec::new();
    for number in 0..MOST_LETTERS {
        let invitee_email = format!("p{round}-{number}@else.example");
        let request = pb::InvitePartnerRequest {
            account_id: account_id.to_owned(),
            invitee_email: invitee_email.clone(),
            ..Default::default()
        };
        if PartnerServiceClient::new(channel.clone()).invite_partner(request).await.is_err() {
            break;
        }
        invited.push(invitee_email);
    }
    invited
}

/// Waits until nothing is left to send; answers the Message-ID of every letter, by its recipient.
async fn emptied(channel: &Channel) -> BTreeMap<String, String> {
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = crate::process::ticks();
    loop {
        let (mut page_token, mut all) = (String::new(), Vec::new());
        loop {
            let request = pb::ListMailsRequest { page_size: 500, page_token, ..Default::default() };
            let answer = MailServiceClient::new(channel.clone()).list_mails(request).await;
            let answer = answer.expect("mails are listed").into_inner();
            all.extend(answer.mails);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        if all.iter().all(|mail| mail.state() == pb::MailState::Sent) {
            return all.into_iter().map(|mail| (mail.recipient, mail.message_id)).collect();
        }
        assert!(Instant::now() < deadline, "letters are left: {all:?}");
        ticks.tick().await;
    }
}

/// What senders know after workers died.
struct Told {
    /// The Message-ID of every letter, by its recipient.
    sent: BTreeMap<String, String>,
    /// Whom the service said it invited.
    invited: BTreeSet<String>,
    /// How many workers died between sending and marking.
    between: usize,
}

/// Has so many workers die, each at one of the steps, and a last one send what is left.
async fn killed(home: &Home, flags: &[&str], random: &mut StdRng, cycles: usize) -> Told {
    let (mut sender, mut invited, mut between) = (None, BTreeSet::new(), 0);
    for cycle in 0..cycles {
        let step = STEPS[cycle % STEPS.len()];
        between += usize::from(step == Spot::MailSent);
        let armed = format!("{step:?}:{}", random.random_range(1..=4));
        let doomed = Process::start_in(home, flags, &[(DIES_AT, &armed)]).await;
        let mut doomed = doomed.expect("the service starts");
        let channel = doomed.channel();
        if sender.is_none() {
            sender = Some(account(&channel).await);
        }
        let account_id = sender.as_deref().expect("made at first");
        invited.extend(invite(&channel, account_id, cycle).await);
        let (status, _) = doomed.ended(PATIENCE).await;
        assert_eq!(status.signal(), Some(SIGABRT), "at {armed}: {}", doomed.said());
    }
    let last = Process::start(home, flags).await.expect("the service starts again");
    let sent = emptied(&last.channel()).await;
    Told { sent, invited, between }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_letter_is_lost_with_its_worker_and_a_death_makes_one_double_at_most() {
    let (seed, cycles) = (seed(), cycles(2 * STEPS.len()));
    let mut random = StdRng::seed_from_u64(seed);
    let (database, sink) = (TestDatabase::empty().await, Sink::start().await);
    let home = Home::new(&database.url);
    let url = sink.url();
    let flags = ["--smtp-url", &url, "--link-base-url", "https://partners.example"];
    let Told { sent, invited, between } = killed(&home, &flags, &mut random, cycles).await;
    let mut arrived: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in sink.received() {
        let [to] = &one.to[..] else { panic!("one recipient: {:?}", one.to) };
        let id = Letter::read(&one.bytes).message_id().to_owned();
        arrived.entry(to.clone()).or_default().push(id);
    }
    let lost: Vec<_> =
        sent.keys().chain(&invited).filter(|to| !arrived.contains_key(*to)).collect();
    let doubles: usize = arrived.values().map(|ids| ids.len() - 1).sum();
    let most = arrived.values().map(Vec::len).max().unwrap_or(0);
    println!(
        "a worker killed {cycles} times, {between} of them between sending and marking: {} letters, {} lost, \
         {doubles} doubles",
        arrived.len(),
        lost.len()
    );
    assert!(lost.is_empty(), "{lost:?}");
    assert!(doubles <= between, "{doubles} doubles of {between} deaths");
    assert!(most <= between + 1);
    for (to, ids) in &arrived {
        assert!(ids.iter().all(|id| Some(id) == sent.get(to)), "{to}: {ids:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_files_no_letter_is_lost_and_none_is_there_twice() {
    let (seed, cycles) = (seed(), cycles(STEPS.len()));
    let mut random = StdRng::seed_from_u64(seed);
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let Told { sent, invited, between } = killed(&home, &[], &mut random, cycles).await;
    let mut arrived: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in std::fs::read_dir(home.folder.path().join("mail")).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            let letter = Letter::read(&std::fs::read(path).expect("a letter"));
            let id = letter.message_id().to_owned();
            arrived.entry(letter.to().to_owned()).or_default().push(id);
        }
    }
    println!(
        "a worker killed {cycles} times, {between} of them between writing and marking: {} files",
        arrived.len()
    );
    assert!(invited.iter().all(|to| arrived.contains_key(to)), "{invited:?} {arrived:?}");
    assert_eq!(arrived.len(), sent.len());
    for (to, ids) in &arrived {
        assert_eq!(ids.as_slice(), [sent[to].as_str()], "{to}");
    }
}
