//! Agreements that a customer accepts before a provider may work for it (G).

use super::time::Timestamp;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// What an agreement is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AgreementKind {
    /// Between the customer and the operator, about buying and working through providers.
    Customer,
}

/// Whether an account has accepted what is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreed {
    /// It has, or nothing is asked; until the next version comes into force, if one is published.
    Until(Option<Timestamp>),
    /// It has not.
    NotYet,
}

impl Agreed {
    /// Whether nothing is missing at `now`; time alone takes away, and never gives.
    #[must_use]
    pub fn holds(self, now: Timestamp) -> bool {
        match self {
            Self::Until(next) => next.is_none_or(|next| now < next),
            Self::NotYet => false,
        }
    }
}
