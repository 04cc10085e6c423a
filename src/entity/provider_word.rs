//! Words of published names and services, for those who misspell them (P2).

use sea_orm::entity::prelude::*;

/// One word; it stays when nobody has it any more, and then finds nobody.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_word")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub word: String,
}

impl ActiveModelBehavior for ActiveModel {}
