//! Audiences (S2, S4): whom a shared item reaches while the partnership lasts, and after it.

use crate::calls::{refusal, why};
use crate::support::Harness;
use partner_service::grpc::pb;
use pb::ItemType;
use tonic::Code;

#[tokio::test]
async fn s2_newcomers_reach_a_folder_and_not_a_file() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let early = b.hires(&harness, "early").await;
    let folder = a.shares(&b, ItemType::Folder, "f").await;
    let file = a.shares_file(&b, "p").await;
    let proof = a.shares(&b, ItemType::Proof, "q").await;
    b.hires(&harness, "late").await;
    assert_eq!(a.audience(&folder.id).await, ["boss", "early", "late"]);
    for fixed in [&file, &proof] {
        assert_eq!(a.audience(&fixed.id).await, ["boss", "early"]);
        assert_eq!(
            b.audience(&fixed.id).await,
            ["boss", "early"],
            "the partner's side is told the same"
        );
    }
    harness.removes(&early).await;
    assert_eq!(a.audience(&folder.id).await, ["boss", "late"]);
    assert_eq!(a.audience(&file.id).await, ["boss"]);
    let people = a.audience_by(&folder.id, 1).await.unwrap();
    assert_eq!((people.len(), &*people[0].member_id), (2, &*b.boss.id));
}

#[tokio::test]
async fn s2_people_are_taken_out_of_files_and_proofs_one_by_one() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let (kim, lee) = (b.hires(&harness, "kim").await, b.hires(&harness, "lee").await);
    let file = a.shares_file(&b, "p").await;
    let late = b.hires(&harness, "late").await;
    let head = harness.head().await;
    let out = a.takes_out(&file.id, &kim).await.unwrap();
    assert_eq!(out.position, head + 1);
    let item = out.shared_item.unwrap();
    assert!(item.id == file.id && item.etag != file.etag);
    assert_eq!(a.audience(&file.id).await, ["boss", "lee"]);
    assert_eq!(a.audience_by(&file.id, 1).await.unwrap().len(), 2);
    // again changes nothing
    assert_eq!(a.takes_out(&file.id, &kim).await.unwrap().position, head + 1);
    // nobody who was never in it
    for nobody in [&late, &a.boss] {
        let refused = refusal(a.takes_out(&file.id, nobody).await);
        assert_eq!((refused.code, &*refused.metadata["resource_type"]), (Code::NotFound, "member"));
    }
    let stale = pb::RemoveFromAudienceRequest { etag: file.etag, ..a.removal(&file.id, &lee) };
    assert_eq!(why(a.by.clone().sharing.remove_from_audience(stale).await), "ETAG_MISMATCH");
}

#[tokio::test]
async fn s5_nobody_is_taken_out_of_what_newcomers_reach_while_it_is_live() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let folder = a.shares(&b, ItemType::Folder, "f").await;
    let details = a.shares_details(&b).await;
    for item in [&folder, &details] {
        let refused = refusal(a.takes_out(&item.id, &b.boss).await);
        assert_eq!(
            (refused.code, &*refused.reason),
            (Code::FailedPrecondition, "AUDIENCE_IS_DYNAMIC")
        );
        assert_eq!(refused.metadata["shared_item_id"], item.id);
    }
    // a frozen one has a fixed audience (S4)
    b.deletes(&id).await.unwrap();
    a.takes_out(&folder.id, &b.boss).await.unwrap();
    assert!(a.audience(&folder.id).await.is_empty());
}

#[tokio::test]
async fn s4_c4_at_the_end_an_audience_freezes_and_tells_nothing_of_what_comes_after() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let (gone, stays) = (b.hires(&harness, "gone").await, b.hires(&harness, "stays").await);
    let folder = a.shares(&b, ItemType::Folder, "f").await;
    let file = a.shares_file(&b, "p").await;
    b.hires(&harness, "late").await;
    harness.removes(&gone).await;
    a.deletes(&id).await.unwrap();
    let frozen = a.audience_by(&folder.id, 0).await.unwrap();
    b.hires(&harness, "later").await;
    harness.removes(&stays).await;
    harness.readdresses(&b.boss, "chief@bo.example").await;
    assert_eq!(a.audience_by(&folder.id, 0).await.unwrap(), frozen);
    assert_eq!(a.audience(&folder.id).await, ["boss", "stays", "late"]);
    assert_eq!(a.audience(&file.id).await, ["boss", "stays"]);
    // a renewal changes nothing of it
    a.joins(&under_the_new_address(&b)).await;
    assert_eq!(a.audience_by(&folder.id, 0).await.unwrap(), frozen);
    let anew = a.shares(&b, ItemType::Folder, "f").await;
    assert_eq!(a.audience(&anew.id).await, ["chief", "late", "later"]);
    assert_eq!(why(a.audience_by(&folder.id, 0).await), "RESOURCE_NOT_FOUND");
}

/// The same organisation under its administrator's new address.
fn under_the_new_address(
    of: &crate::support::world::Organization,
) -> crate::support::world::Organization {
    let mut chief = of.clone();
    chief.boss.email = "chief@bo.example".to_owned();
    chief
}

#[tokio::test]
async fn sharing_a_frozen_file_anew_lets_those_in_who_were_taken_out_or_came_since() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let kim = b.hires(&harness, "kim").await;
    let file = a.shares_file(&b, "p").await;
    a.takes_out(&file.id, &kim).await.unwrap();
    b.hires(&harness, "late").await;
    a.deletes(&id).await.unwrap();
    a.joins(&b).await;
    assert_eq!(a.audience(&file.id).await, ["boss"]);
    let anew = a.shares_file(&b, "p").await;
    assert_eq!(a.audience(&anew.id).await, ["boss", "kim", "late"]);
}

#[tokio::test]
async fn one_who_moves_away_and_comes_back_is_in_folders_and_in_what_is_shared_since() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    let kim = b.hires(&harness, "kim").await;
    let (folder, file) = (a.shares(&b, ItemType::Folder, "f").await, a.shares_file(&b, "p").await);
    harness.moves_by_id(&b.id, &kim.id, &c.id).await;
    assert_eq!(a.audience(&folder.id).await, ["boss"]);
    assert_eq!(why(a.takes_out(&file.id, &kim).await), "RESOURCE_NOT_FOUND");
    harness.moves_by_id(&c.id, &kim.id, &b.id).await;
    assert_eq!(a.audience(&folder.id).await, ["boss", "kim"]);
    assert_eq!(a.audience(&file.id).await, ["boss"]);
    let other = a.shares_file(&b, "q").await;
    assert_eq!(a.audience(&other.id).await, ["boss", "kim"]);
}
