//! Which MPSA partner of a customer may see which other one's purchases (T8).

use crate::domain::ids::{AccountId, PartnershipId};
use sea_orm::entity::prelude::*;

/// One permission. It hangs on two partnerships, so that it ends with either, and does not come back with a new one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_visibility")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub viewer_partnership_id: PartnershipId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_partnership_id: PartnershipId,
    /// Who may see.
    pub viewer_account_id: AccountId,
    /// Whose purchases.
    pub owner_account_id: AccountId,
}

impl ActiveModelBehavior for ActiveModel {}
