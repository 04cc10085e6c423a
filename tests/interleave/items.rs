//! The verbs on items that one account shares with another.

use crate::scene::Cast;
use crate::support::Harness;
use crate::verb::{Outcome, Verb, told};
use partner_service::grpc::pb;
use pb::ItemType;

impl Verb {
    /// One of these calls.
    pub async fn on_item(&self, by: &str, harness: &Harness, cast: &Cast) -> Outcome {
        let mut sharing = harness.member(cast.id(by)).sharing;
        let account_id = cast.home(by).to_owned();
        match *self {
            Self::Share(_, partner, item, title) => {
                let (kind, external_id) = item.split_once('/').expect("kind/id");
                let item_type = match kind {
                    "folder" => ItemType::Folder,
                    "file" => ItemType::File,
                    _ => ItemType::ContactDetails,
                };
                let request = pb::ShareItemRequest {
                    account_id,
                    partner_account_id: cast.id(partner).to_owned(),
                    item_type: item_type.into(),
                    external_id: external_id.to_owned(),
                    title: title.to_owned(),
                    ..Default::default()
                };
                told(sharing.share_item(request).await)
            }
            Self::Unshare(_, item) => {
                let shared_item_id = cast.id(item).to_owned();
                let request =
                    pb::UnshareItemRequest { account_id, shared_item_id, ..Default::default() };
                told(sharing.unshare_item(request).await)
            }
            Self::TakeOut(_, item, member) => {
                let request = pb::RemoveFromAudienceRequest {
                    account_id,
                    shared_item_id: cast.id(item).to_owned(),
                    member_id: cast.id(member).to_owned(),
                    ..Default::default()
                };
                told(sharing.remove_from_audience(request).await)
            }
            _ => unreachable!("{self:?} is no verb on an item"),
        }
    }
}
