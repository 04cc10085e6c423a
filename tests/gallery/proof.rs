//! By what each wrong turn is shown to be one.

use crate::support::checker::verdict::{FAULTS, Verdict};
use crate::support::database::{TestEngine, engine};
use crate::{races, streams};
use futures::FutureExt;
use futures::future::BoxFuture;
use partner_service::faults::Variant;

/// What is wrong, in words; nothing on the right way.
pub type Objection = Option<String>;

/// A scene that ends with an objection, or with none.
pub type Scene = fn() -> BoxFuture<'static, Objection>;

/// The cheapest proof that is enough.
#[derive(Clone, Copy)]
pub enum Proof {
    /// Random histories meet it.
    Histories,
    /// The same, where it makes no difference how many replicas there are: one is cheaper.
    HistoriesOfOne,
    /// They hardly would: it has a scene of its own.
    Scene(Scene),
    /// A scene of several replicas, or of two changes at once.
    Meeting(Scene),
}

impl Proof {
    /// The proof, if it is this database that gives it.
    pub fn here(self) -> Option<Self> {
        match (self, engine()) {
            (Self::Meeting(_), TestEngine::Sqlite) => None,
            (Self::HistoriesOfOne, TestEngine::Postgres) => None,
            (proof, _) => Some(proof),
        }
    }
}

/// The proof that something is wrong with this one.
pub fn of(variant: Variant) -> Proof {
    use Variant as V;
    match variant {
        V::TailBeforeMarks | V::RightsOutliveEvents => Proof::Histories,
        V::PartialBlockKept
        | V::FewOfOneSide
        | V::SnapshotWithoutBound
        | V::LongGoneShown
        | V::RevocationByClock
        | V::SnapshotTokenOfPage
        | V::EventsBeforeSubSnapshot
        | V::HeartbeatBeforeEvents
        | V::HeartbeatAhead
        | V::HeartbeatInsideChange
        | V::DeletedContactsTold
        | V::EndingByInterval
        | V::DetailsInSharedBytes
        | V::OneSidesBytes => Proof::HistoriesOfOne,
        V::TailWithoutAnchor => Proof::Scene(|| streams::rewritten().boxed()),
        V::TailWithoutWake => Proof::Scene(|| streams::published().boxed()),
        V::PendingForgets => Proof::Scene(|| streams::overflowing().boxed()),
        V::ReadBeforeRegister => Proof::Scene(|| streams::entered().boxed()),
        V::RightsNotAskedAgain => Proof::Scene(|| streams::let_in().boxed()),
        V::FloorOnlyAtResume => Proof::Scene(|| streams::trimmed().boxed()),
        V::TokenTagUnchecked => Proof::Scene(|| streams::forged().boxed()),
        V::FutureTokenDiverged => Proof::Meeting(|| streams::ahead().boxed()),
        V::PageBeyondTail | V::PageBeyondTailUnasserted => {
            Proof::Meeting(|| streams::read_behind().boxed())
        }
        V::SnapshotBeyondTail => Proof::Meeting(|| streams::begun_behind().boxed()),
        V::IdentityCursor => Proof::Meeting(|| races::prefix().boxed()),
        V::OneStatementAppend => Proof::Meeting(|| races::appends().boxed()),
        V::CopyBeforeHead => Proof::Meeting(|| races::kept().boxed()),
        V::UnsortedKeys => Proof::Meeting(|| races::deadlocks().boxed()),
        V::BindingUnlocked => Proof::Meeting(|| races::bound().boxed()),
    }
}

/// The judge's objection, if it has one.
pub fn objection(verdict: &Verdict) -> Objection {
    let found = FAULTS.into_iter().filter(|fault| verdict.count(*fault) > 0);
    let found: Vec<_> =
        found.map(|fault| format!("{} {fault:?}", verdict.count(fault)).to_lowercase()).collect();
    let first = verdict.sentences.first()?;
    Some(format!("the checker: {} ({})", found.join(", "), short(first)))
}

/// A sentence's beginning.
pub fn short(sentence: &str) -> String {
    const MOST: usize = 110;
    let line = sentence.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(MOST).collect();
    if cut.len() < line.len() { format!("{cut}..") } else { cut }
}
