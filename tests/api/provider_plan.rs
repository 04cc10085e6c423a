//! A search costs what it shows, not how many providers there are: the directory is never read through.
//!
//! `TEST_PROVIDERS=100000` measures with as many.

use crate::reading::{at, counted, from_here};
use crate::support::Harness;
use crate::support::database::{TestEngine, engine};
use crate::support::providers::{listed, owned, seed};
use crate::support::roster::connect;
use partner_service::grpc::pb;
use std::time::Instant;

/// Rows and index entries of a search, on average of those below: nothing that grows with the directory.
const MOST_VISITED: i64 = 2_000;

#[tokio::test]
async fn p2_a_search_walks_indexes_however_many_providers_there_are() {
    let providers: u32 =
        std::env::var("TEST_PROVIDERS").map_or(20_000, |count| count.parse().unwrap());
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let db = connect(&harness.database.url).await;
    let began = Instant::now();
    seed(&db, providers).await;
    println!("seeded {providers} providers in {:?}", began.elapsed());
    let harness = from_here(harness, &db).await;
    let a = at(&harness, &a);
    let with = |keywords: &str| a.looking_for(keywords);
    let mut searches = 0;
    for (what, request, count, first) in [
        ("everybody", with(""), 50, "Provider 000001"),
        ("a rare word", with("rare77"), 20, "Provider 000077"),
        ("a word of a fortieth", with("service7"), 50, "Provider 000007"),
        ("two words", with("service37 rare77"), 20, "Provider 000077"),
        ("a beginning", with("rar"), 50, "Provider 000001"),
        ("a misspelling", with("servise7"), 50, "Provider 000007"),
        ("nobody", with("zebra"), 0, ""),
        ("one by name", with("provider 000123"), 1, "Provider 000123"),
        (
            "a country",
            pb::SearchProvidersRequest { country: "SE".to_owned(), ..with("") },
            50,
            "Provider 000010",
        ),
        (
            "a word in a city",
            pb::SearchProvidersRequest { city: "City 9".to_owned(), ..with("service9") },
            50,
            "Provider 000009",
        ),
        ("what everybody has", with("provider"), 50, "Provider 000001"),
        ("what everybody has, and one word more", with("provider service7"), 50, "Provider 000007"),
        ("a service of those last by name", with("tail"), 50, "Provider 008001"),
    ] {
        // the sixth execution of a statement may get another plan than the first five
        let began = Instant::now();
        for _ in 0..8 {
            searches += 1;
            let answer = a.search(request.clone()).await.unwrap().into_inner();
            let names: Vec<_> =
                answer.provider_profiles.iter().map(|one| one.display_name.as_str()).collect();
            let enough = if count == 20 { providers / 1_000 } else { count };
            assert_eq!(names.len(), usize::try_from(enough.min(50)).unwrap(), "{what}");
            assert_eq!(names.first().copied().unwrap_or_default(), first, "{what}");
        }
        println!("{what}: {:?} a page", began.elapsed() / 8);
    }
    if engine() == TestEngine::Postgres {
        let tables = ["provider_index", "provider_posting", "provider_word", "provider_profile"];
        let (read_through, visited) = counted(&harness, &db, &tables).await;
        println!("{visited} rows and entries visited by {searches} searches");
        assert_eq!(read_through, 0, "the directory was read through");
        assert!(visited < searches * MOST_VISITED, "{visited} visited by {searches} searches");
    }
}

#[tokio::test]
async fn p2_those_who_are_too_many_to_be_gathered_are_met_in_the_same_order_wherever_they_stand() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let db = connect(&harness.database.url).await;
    seed(&db, 20_000).await;
    for (name, services) in
        [("Zeta", &["late"][..]), ("Zulu late", &[]), ("Late", &[]), ("Alpha", &["late"])]
    {
        let provider = harness.organization(&name.replace(' ', "-")).await;
        let services = owned(services);
        provider.profiles(pb::ProviderProfile { services, ..listed(name) }).await.unwrap();
    }
    let ahead = ["Late", "Zulu late", "Alpha", "Zeta"];
    for (keywords, ahead, from) in
        [("provider", &[][..], 1), ("late", &ahead, 8_001), ("lat", &ahead[1..], 8_001)]
    {
        let mut request = pb::SearchProvidersRequest { page_size: 500, ..a.looking_for(keywords) };
        let mut met = Vec::new();
        for _ in 0..3 {
            let answer = a.search(request.clone()).await.unwrap().into_inner();
            met.extend(answer.provider_profiles.into_iter().map(|one| one.display_name));
            request.page_token = answer.next_page_token;
        }
        // what only begins so is not just what was searched for
        if keywords == "lat" {
            assert_eq!(met.remove(0), "Late");
        }
        let others = (from..).map(|n| format!("Provider {n:06}"));
        let expected: Vec<_> =
            ahead.iter().map(|&name| name.to_owned()).chain(others).take(met.len()).collect();
        assert!(met.len() > 1_490 && met == expected, "{keywords}: {:?}", &met[..8]);
    }
}
