//! The tables that a copy holds.
//!
//! Not among them: `log_head`, a lock, and what is made anew from the rest, the index of the directory.

use super::values::Column;
use crate::entity;
use sea_orm::EntityTrait;
use std::future::Future;

/// What is done with each table.
pub trait Visit {
    type Error;

    /// With this one.
    fn table<E: Table>(&mut self) -> impl Future<Output = Result<(), Self::Error>>;
}

/// A table whose rows can be copied.
pub trait Table: EntityTrait {
    /// Its name.
    const NAME: &'static str;
}

macro_rules! tables {
    ($($name:ident),+ $(,)?) => {
        $(impl Table for entity::$name::Entity {
            const NAME: &'static str = stringify!($name);
        })+

        /// Visits each, in the order of a copy.
        pub async fn each<V: Visit>(visit: &mut V) -> Result<(), V::Error> {
            $(visit.table::<entity::$name::Entity>().await?;)+
            Ok(())
        }

        /// Visits the one of this name; answers whether there is one.
        pub async fn named<V: Visit>(name: &str, visit: &mut V) -> Result<bool, V::Error> {
            match name {
                $(stringify!($name) => visit.table::<entity::$name::Entity>().await?,)+
                _ => return Ok(false),
            }
            Ok(true)
        }
    };
}

tables![
    log_identity,
    log,
    service_key,
    account,
    address,
    member,
    membership,
    member_version,
    pair,
    partnership,
    invitation_usage,
    audit_entry,
    remembered_request,
    guest,
    suppression,
    agreement_kind,
    agreement,
    agreement_acceptance,
    purchase_visibility,
    provider_profile,
    provider_word,
    inquiry,
    inquiry_usage,
    shared_item,
    audience_removal,
    mail,
    mail_usage,
];

/// A table's columns, in the order of its rows.
pub fn columns<E: Table>() -> Vec<Column<E>> {
    use sea_orm::Iterable;
    E::Column::iter().map(Column::new).collect()
}
