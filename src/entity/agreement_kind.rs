//! What agreements are about: one row each, a lock only. Whoever accepts shares it, whoever publishes has it alone.

use crate::domain::agreement::AgreementKind;
use sea_orm::entity::prelude::*;

/// One kind.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_kind")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: AgreementKind,
}

impl ActiveModelBehavior for ActiveModel {}
