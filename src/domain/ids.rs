//! Identifiers: UUIDs that cannot be mistaken for one another.

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh time-ordered id (UUID version 7).
            #[must_use]
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        // SeaORM asks this of every primary key; a UUID never comes from an integer.
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    };
}

id!(
    /// An organisation.
    AccountId
);
id!(
    /// A person's login; it keeps its id when the person moves.
    MemberId
);
id!(
    /// A person's stay in one home account; moving starts another.
    MembershipId
);
id!(
    /// One row on the Partners tab.
    PartnershipId
);
id!(
    /// Somebody on an account's Contacts page.
    ContactId
);
id!(
    /// What an account asked one provider.
    InquiryId
);
id!(
    /// An item that an account shares with a partner.
    SharedItemId
);
id!(
    /// One letter to one person.
    MailId
);
id!(
    /// One event of the log.
    EventId
);
