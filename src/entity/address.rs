//! One row per e-mail ever invited or registered: the lock that lets invitations and members see each other.

use crate::domain::email::EmailKey;
use crate::domain::ids::MemberId;
use sea_orm::entity::prelude::*;

/// An address and whose it is; a member that is removed, or whose account is closed, no longer counts.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "address")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub email_key: EmailKey,
    pub member_id: Option<MemberId>,
    #[sea_orm(belongs_to, from = "member_id", to = "id")]
    pub member: BelongsTo<Option<super::member::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
