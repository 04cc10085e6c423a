//! People.

use crate::domain::account::{MemberState, Profile};
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, MemberId, MembershipId};
use crate::domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A person with a login in exactly one account.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MemberId,
    /// Where in the log it was registered; lists are ordered by it.
    pub created_position: i64,
    /// Where in the log it last changed.
    pub position: i64,
    pub account_id: AccountId,
    /// The current stay.
    pub membership_id: MembershipId,
    /// As typed.
    pub email: String,
    pub email_key: EmailKey,
    pub display_name: String,
    pub profile: Profile,
    /// An individual grant (true) or refusal (false) of the capability; null leaves it to the profile.
    pub manage_partners: Option<bool>,
    pub state: MemberState,
    pub phone: String,
    pub title: String,
    pub locale: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
