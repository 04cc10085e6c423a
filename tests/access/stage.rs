//! Replicas over one database, and what was published in it.

use crate::oracle::Edition;
use crate::support::Harness;
use crate::support::histories::replicas;

/// Of what each replica's memory holds: so few that answers are driven out of it.
const KEPT: usize = 4;

/// One lane's services, and the agreements published there so far.
pub struct Stage {
    pub replicas: Vec<Harness>,
    pub published: Vec<Edition>,
}

impl Stage {
    pub async fn build() -> Self {
        Self { replicas: replicas(KEPT).await, published: Vec::new() }
    }
}
