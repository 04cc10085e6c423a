//! SearchProviders: who is found, in what order, page by page, and by whatever text (P2).

use crate::calls::{refusal, why};
use crate::support::Harness;
use crate::support::providers::{listed, owned};
use crate::support::world::Organization;
use partner_service::grpc::pb::{self, CustomerSize, MemberProfile};
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;

/// Providers with these names, services and descriptions, and somebody who looks for them.
async fn directory(
    harness: &Harness,
    providers: &[(&str, &[&str], &str)],
) -> (Organization, Vec<Organization>) {
    let mut there = Vec::new();
    for (index, (name, services, description)) in providers.iter().enumerate() {
        let provider = harness.organization(&format!("provider{index}")).await;
        let profile = pb::ProviderProfile {
            services: owned(services),
            description: (*description).to_owned(),
            ..listed(name)
        };
        provider.profiles(profile).await.expect("the profile is written");
        there.push(provider);
    }
    (harness.organization("ann").await, there)
}

#[tokio::test]
async fn p2_a_word_counts_most_in_the_name_then_among_services_then_in_the_description() {
    let harness = Harness::start().await;
    let (a, _) = directory(
        &harness,
        &[
            ("Aurora", &["mail"], "We do backup, backup, backup and backup."),
            ("Borealis", &["backup"], ""),
            ("Cold Backup", &[], ""),
            ("Backup", &[], ""),
            ("Dusk", &["mail"], "No such thing."),
            ("A Backup", &["backup"], "backup"),
        ],
    )
    .await;
    let best = ["Backup", "A Backup", "Cold Backup", "Borealis", "Aurora"];
    assert_eq!(a.finds("backup").await, best);
}

#[tokio::test]
async fn p2_every_word_must_be_there_wherever_it_stands() {
    let harness = Harness::start().await;
    let (a, _) = directory(
        &harness,
        &[
            ("Northern Mail", &["migration"], "Since 1999."),
            ("Southern Mail", &["backup"], ""),
            ("Migration House", &[], "mail"),
        ],
    )
    .await;
    assert_eq!(a.finds("mail migration").await, ["Northern Mail", "Migration House"]);
    assert_eq!(a.finds("MIGRATION, mail! since-1999").await, ["Northern Mail"]);
    assert!(a.finds("mail zebra").await.is_empty());
}

#[tokio::test]
async fn p2_location_and_size_narrow_a_search() {
    let harness = Harness::start().await;
    let (a, there) =
        directory(&harness, &[("Aurora", &[], "mail"), ("Borealis", &[], "mail")]).await;
    for (provider, country, city, size) in [
        (&there[0], "SE", "Malm\u{f6}", CustomerSize::From1To9),
        (&there[1], "BR", "S\u{e3}o Paulo", CustomerSize::From10To49),
    ] {
        let serves = pb::ProviderProfile {
            countries: owned(&[country, "NO"]),
            cities: owned(&[city]),
            customer_sizes: vec![size.into(), CustomerSize::From1000.into()],
            ..Default::default()
        };
        provider.profiles(serves).await.unwrap();
    }
    let all = a.looking_for("");
    let country =
        |code: &str| pb::SearchProvidersRequest { country: code.to_owned(), ..all.clone() };
    let city = |name: &str| pb::SearchProvidersRequest { city: name.to_owned(), ..all.clone() };
    let size = |size: CustomerSize| pb::SearchProvidersRequest {
        customer_size: size.into(),
        ..all.clone()
    };
    for (request, found) in [
        (country("SE"), &["Aurora"][..]),
        (country("BR"), &["Borealis"]),
        (country("NO"), &["Aurora", "Borealis"]),
        (country("DE"), &[]),
        (city("MALMO"), &["Aurora"]),
        (city("sao  paulo"), &["Borealis"]),
        (city("paulo"), &[]),
        (city("?"), &[]),
        (size(CustomerSize::From1To9), &["Aurora"]),
        (size(CustomerSize::From1000), &["Aurora", "Borealis"]),
        (size(CustomerSize::From250To999), &[]),
        (pb::SearchProvidersRequest { keywords: "mail".to_owned(), ..country("SE") }, &["Aurora"]),
        (pb::SearchProvidersRequest { country: "BR".to_owned(), ..city("Malm\u{f6}") }, &[]),
        // whom a provider serves is no word of its text
        (a.looking_for("malm\u{f6}"), &[]),
        (a.looking_for("c_se"), &[]),
    ] {
        assert_eq!(a.finds_by(request.clone()).await, found, "{request:?}");
    }
    for wrong in ["se", "XX", "SWE"] {
        assert_eq!(refusal(a.search(country(wrong)).await).fields, ["country"]);
    }
}

#[tokio::test]
async fn p2_unlisted_profiles_never_appear_not_even_by_their_exact_name() {
    let harness = Harness::start().await;
    let (a, there) =
        directory(&harness, &[("Aurora", &["mail"], ""), ("Borealis", &["mail"], "")]).await;
    there[0].unlists().await;
    let c = harness.organization("cy").await;
    let hidden = pb::ProviderProfile { listed: Some(false), ..listed("Aurora Cy") };
    c.profiles(hidden).await.unwrap();
    for keywords in ["Aurora", "aurora", "auror", "aurorra", ""] {
        let found = a.finds(keywords).await;
        assert!(found.iter().all(|name| name == "Borealis"), "{keywords}: {found:?}");
    }
    assert!(there[0].finds("aurora").await.is_empty(), "not by its own account either");
    there[0].publishes("Aurora").await;
    assert_eq!(a.finds("aurora").await, ["Aurora"]);
}

#[tokio::test]
async fn p2_a_profile_is_found_by_what_it_says_now() {
    let harness = Harness::start().await;
    let (a, there) = directory(&harness, &[("Aurora", &["mail"], "post")]).await;
    let changed = pb::ProviderProfile { services: owned(&["backup"]), ..listed("Borealis") };
    there[0].profiles(changed).await.unwrap();
    for (keywords, found) in
        [("aurora", 0), ("mail", 0), ("borealis", 1), ("backup", 1), ("post", 1)]
    {
        assert_eq!(a.finds(keywords).await.len(), found, "{keywords}");
    }
}

#[tokio::test]
async fn p2_an_empty_search_lists_everybody_by_name() {
    let harness = Harness::start().await;
    let names = [
        ("zebra", &[][..], ""),
        ("\u{c5}ngstr\u{f6}m", &[], ""),
        ("Alpha", &[], ""),
        ("beta", &[], ""),
    ];
    let (a, _) = directory(&harness, &names).await;
    let by_name = ["Alpha", "\u{c5}ngstr\u{f6}m", "beta", "zebra"];
    for nothing in ["", "   ", "?!", "*", "\"\"", "\u{1f600}", "--"] {
        assert_eq!(a.finds(nothing).await, by_name, "{nothing}");
    }
}

#[tokio::test]
async fn p2_spellings_of_a_word_find_the_same() {
    let harness = Harness::start().await;
    let (a, _) = directory(
        &harness,
        &[
            ("Z\u{fc}rich Stra\u{df}en", &[], ""),
            ("\u{30af}\u{30e9}\u{30a6}\u{30c9}\u{79fb}\u{884c}", &["\u{c774}\u{c804}"], ""),
        ],
    )
    .await;
    for keywords in ["zurich", "Z\u{dc}RICH", "zu\u{308}rich STRASSEN", "\u{ff3a}\u{fc}rich"] {
        assert_eq!(a.finds(keywords).await, ["Z\u{fc}rich Stra\u{df}en"], "{keywords}");
    }
    for keywords in
        ["\u{30af}\u{30e9}\u{30a6}\u{30c9}", "\u{79fb}\u{884c}", "\u{884c}", "\u{c774}\u{c804}"]
    {
        assert_eq!(a.finds(keywords).await.len(), 1, "{keywords}");
    }
    assert!(a.finds("\u{79fb}\u{52d5}").await.is_empty());
}

#[tokio::test]
async fn p2_where_nobody_has_a_word_beginnings_and_misspellings_of_it_find_it() {
    let harness = Harness::start().await;
    let (a, _) = directory(
        &harness,
        &[("Migration House", &["backup"], "networking"), ("Mig", &["support"], "")],
    )
    .await;
    for (keywords, found) in [
        ("mig", &["Mig"][..]),
        ("migr", &["Migration House"]),
        ("migratoin", &["Migration House"]),
        ("mgration houses", &["Migration House"]),
        ("bakcup", &["Migration House"]),
        ("netw", &["Migration House"]),
        ("suport", &["Mig"]),
        ("zupport", &[]),
        ("mi", &[]),
    ] {
        assert_eq!(a.finds(keywords).await, found, "{keywords}");
    }
}

#[tokio::test]
async fn p2_a_search_is_paged_without_gap_or_double_while_others_come_and_go() {
    let harness = Harness::start().await;
    let names: Vec<String> = (0..23).map(|n| format!("Mail {:02}", (n * 7) % 23)).collect();
    let providers: Vec<(&str, &[&str], &str)> =
        names.iter().map(|name| (name.as_str(), &["post"][..], "")).collect();
    let (a, there) = directory(&harness, &providers).await;
    for keywords in ["mail", "post", "mai", "pots", ""] {
        let request = pb::SearchProvidersRequest { page_size: 5, ..a.looking_for(keywords) };
        let (mut met, mut page) = (Vec::new(), request.clone());
        loop {
            let answer = a.search(page.clone()).await.unwrap().into_inner();
            assert!(answer.provider_profiles.len() <= 5);
            met.extend(answer.provider_profiles.into_iter().map(|one| one.display_name));
            // a newcomer before the place where the next page goes on, and changes of no consequence to names
            let newcomer =
                pb::ProviderProfile { services: owned(&["post"]), ..listed("Mail 00 first") };
            a.profiles(newcomer).await.unwrap();
            let text = format!("{} pages of post and mail", met.len());
            let wordier = pb::ProviderProfile { description: text, ..Default::default() };
            there[met.len() % 23].profiles(wordier).await.unwrap();
            if answer.next_page_token.is_empty() {
                break;
            }
            page.page_token = answer.next_page_token;
        }
        a.unlists().await;
        let mut sorted = names.clone();
        sorted.sort();
        assert_eq!(met, sorted, "{keywords}");
    }
}

#[tokio::test]
async fn p2_a_page_token_is_good_for_its_caller_and_search_only() {
    let harness = Harness::start().await;
    let names = [("Mail A", &[][..], ""), ("Mail B", &[], ""), ("Mail C", &[], "")];
    let (a, there) = directory(&harness, &names).await;
    let request = pb::SearchProvidersRequest { page_size: 1, ..a.looking_for("mail") };
    let token = a.search(request.clone()).await.unwrap().into_inner().next_page_token;
    let next = pb::SearchProvidersRequest { page_token: token, ..request };
    assert_eq!(a.search(next.clone()).await.unwrap().into_inner().provider_profiles.len(), 1);
    for other in [
        pb::SearchProvidersRequest { keywords: "mail a".to_owned(), ..next.clone() },
        pb::SearchProvidersRequest { country: "SE".to_owned(), ..next.clone() },
        pb::SearchProvidersRequest { city: "Oslo".to_owned(), ..next.clone() },
        pb::SearchProvidersRequest { customer_size: 1, ..next.clone() },
        pb::SearchProvidersRequest { page_token: format!("{}A", next.page_token), ..next.clone() },
    ] {
        assert_eq!(why(a.search(other).await), "PAGE_TOKEN_INVALID");
    }
    let theirs = pb::SearchProvidersRequest { account_id: there[0].id.clone(), ..next.clone() };
    assert_eq!(why(there[0].search(theirs).await), "PAGE_TOKEN_INVALID");
    let wider = pb::SearchProvidersRequest { page_size: 9, ..next };
    assert_eq!(a.search(wider).await.unwrap().into_inner().provider_profiles.len(), 2);
}

#[tokio::test]
async fn p2_any_member_searches_and_only_for_its_own_account() {
    let harness = Harness::start().await;
    let (a, there) = directory(&harness, &[("Aurora", &[], "")]).await;
    let visitor = harness.colleague(&a, "eye@ann.example", MemberProfile::Visitor).await;
    assert_eq!(visitor.finds("aurora").await, ["Aurora"]);
    let foreign = there[0].looking_for("aurora");
    assert_eq!(why(visitor.search(foreign).await), "RESOURCE_NOT_FOUND");
    harness.suspend(&a).await;
    assert_eq!(why(visitor.search(a.looking_for("aurora")).await), "ACCOUNT_NOT_ACTIVE");
}

#[tokio::test]
async fn p2_keywords_are_bounded() {
    let harness = Harness::start().await;
    let (a, _) = directory(&harness, &[("Aurora", &[], "")]).await;
    for (keywords, fields) in [
        ("a".repeat(201), &["keywords"][..]),
        ("a".repeat(10_000), &["keywords"]),
        ("bell\u{7}".to_owned(), &["keywords"]),
    ] {
        assert_eq!(refusal(a.search(a.looking_for(&keywords)).await).fields, fields);
    }
    let many: String = (0..66).map(|n| format!("{} ", n % 100)).collect();
    assert!(a.finds(&many).await.is_empty());
    assert!(a.finds(&"\u{79fb}".repeat(200)).await.is_empty());
    assert!(a.finds(&"\u{fdfa}".repeat(200)).await.is_empty(), "one that folds into eighteen");
}

/// Pieces of which a careless service would make operators.
const SPITEFUL: [&str; 40] = [
    "\"",
    "'",
    "''",
    "*",
    ":*",
    "%",
    "_",
    "\\",
    "&",
    "|",
    "!",
    "<->",
    "(",
    ")",
    "()",
    "-",
    "--",
    ";",
    ":",
    "^",
    "NEAR",
    "NEAR(",
    "AND",
    "OR",
    "NOT",
    "name_words:",
    "words :",
    "{words} :",
    "+",
    "~",
    "$1",
    "?",
    "c_se",
    "t_oslo",
    "\u{0301}",
    "\u{1f600}",
    "\u{79fb}\u{884c}",
    "\u{feff}",
    "\u{202e}",
    "\u{0130}",
];

#[tokio::test]
async fn p2_no_text_is_an_error_and_none_finds_what_is_not_listed() {
    let harness = Harness::start().await;
    let (a, there) = directory(
        &harness,
        &[
            ("Aurora Mail", &["NOT backup"], "a b c"),
            ("Borealis \"OR\"", &["mail"], ""),
            ("Hidden Mail", &["backup"], "a b c"),
        ],
    )
    .await;
    there[2].unlists().await;
    let piece = prop_oneof![
        proptest::sample::select(&SPITEFUL[..]).prop_map(str::to_owned),
        proptest::sample::select(&["mail", "hidden", "auror", "OR", "a", " ", " ", " "][..])
            .prop_map(str::to_owned),
        any::<char>()
            .prop_filter("refused as a control character", |c| !c.is_control()
                && !('\u{2028}'..='\u{2029}').contains(c))
            .prop_map(String::from),
    ];
    let texts = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let (mut runner, mut met) = (TestRunner::deterministic(), BTreeSet::new());
    for _ in 0..600 {
        let text = texts.new_tree(&mut runner).unwrap().current();
        let city: String = text.chars().take(100).collect();
        let request = pb::SearchProvidersRequest { city, ..a.looking_for("") };
        for request in [a.looking_for(&text), request] {
            let answer =
                a.search(request).await.unwrap_or_else(|status| panic!("{text:?}: {status:?}"));
            met.extend(
                answer.into_inner().provider_profiles.into_iter().map(|one| one.display_name),
            );
        }
    }
    assert_eq!(met.into_iter().collect::<Vec<_>>(), ["Aurora Mail", "Borealis \"OR\""]);
}
