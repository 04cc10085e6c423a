//! Whom owners took out of the audiences of what they share (S2).

use crate::domain::ids::{MembershipId, SharedItemId};
use sea_orm::entity::prelude::*;

/// One stay that a shared item does not reach, though it is one of those it was shared with.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audience_removal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub shared_item_id: SharedItemId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub membership_id: MembershipId,
    /// Where in the log.
    pub position: i64,
}

impl ActiveModelBehavior for ActiveModel {}
