//! Items that accounts share with partners (S3).

use crate::domain::ids::{AccountId, MemberId, PartnershipId, SharedItemId};
use crate::domain::sharing::{ItemKey, ItemType};
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One item shared with one partner, however many people that has. It is live from `shared_position` on, until it is
/// unshared or the partnership that it hangs on ends; sharing it again after that makes another row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "shared_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SharedItemId,
    /// Where in the log it was shared; lists are ordered by it, and the audiences of some types are as of it.
    pub shared_position: i64,
    pub owner_account_id: AccountId,
    pub partner_account_id: AccountId,
    pub partnership_id: PartnershipId,
    pub item_type: ItemType,
    pub external_id: String,
    /// What the two are found by.
    pub item_key: ItemKey,
    pub title: String,
    /// Null when an operator shared it.
    pub sharer_member_id: Option<MemberId>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Where in the log it was unshared, or shared anew; the row stays for what was told before.
    pub unshared_position: Option<i64>,
    pub unshared_at: Option<Timestamp>,
}

impl Model {
    /// What is shared.
    #[must_use]
    pub fn item(&self) -> crate::domain::sharing::Item {
        let (item_type, external_id) = (self.item_type, self.external_id.clone());
        crate::domain::sharing::Item { item_type, external_id }
    }
}

impl ActiveModelBehavior for ActiveModel {}
