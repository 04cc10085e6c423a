//! SearchProviders against an oracle: at random, who is found and in what order, to the last page (P2).

use crate::support::Harness;
use crate::support::provider_oracle::{Dice, expected, seed};
use crate::support::roster::connect;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use partner_service::provider::directory;
use sea_orm::TransactionTrait;
use uuid::Uuid;

const PROFILES: i64 = 3_000;
const SEARCHES: usize = 120;

async fn met(a: &Organization, request: &pb::SearchProvidersRequest) -> Vec<Uuid> {
    let (mut met, mut request) = (Vec::new(), request.clone());
    loop {
        let answer = a.search(request.clone()).await.expect("a page").into_inner();
        met.extend(
            answer.provider_profiles.iter().map(|one| Uuid::parse_str(&one.account_id).unwrap()),
        );
        if answer.next_page_token.is_empty() {
            return met;
        }
        request.page_token = answer.next_page_token;
    }
}

#[tokio::test]
async fn p2_every_search_finds_all_of_those_and_in_the_order_that_looking_at_each_profile_does() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let db = connect(&harness.database.url).await;
    let mut dice = Dice::new(7);
    let profiles = seed(&db, &mut dice, PROFILES).await;
    let txn = db.begin().await.unwrap();
    directory::rebuild(&txn).await.unwrap();
    txn.commit().await.unwrap();
    let (mut none, mut pages) = (0, 0);
    for _ in 0..SEARCHES {
        let page_size = [10, 50, 500][dice.below(3)];
        let wish =
            pb::SearchProvidersRequest { account_id: a.id.clone(), page_size, ..dice.wish() };
        let expected = expected(&profiles, &wish);
        // all pages of what most have would be thousands of calls
        let page_size = if expected.len() > 300 { 500 } else { page_size };
        let wish = pb::SearchProvidersRequest { page_size, ..wish };
        let met = met(&a, &wish).await;
        let first = met.iter().zip(&expected).position(|(met, expected)| met != expected);
        assert!(
            met == expected,
            "{wish:?}: {} of {} are met, the first other one at {first:?}",
            met.len(),
            expected.len()
        );
        none += usize::from(expected.is_empty());
        pages += expected.len() / usize::try_from(page_size).unwrap();
    }
    assert!(
        none < SEARCHES / 4 && pages > SEARCHES,
        "{none} found nobody, {pages} pages were turned"
    );
}
