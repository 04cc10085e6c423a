//! Sharing: which of a partner's people reach a shared item, and until where (rules S).
//!
//! Nothing is copied when an item is shared, or when the partnership that it was shared in ends: the positions of the two
//! and a person's stay in the partner's account decide it all.

use super::account::{AccountState, MemberState};
use super::contact::Stay;
use super::ids::AccountId;
use super::time::Timestamp;
use sea_orm::{DeriveActiveEnum, DeriveValueType, EnumIter};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What is shared.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ItemType {
    /// Whoever is a member of the partner's account reaches it.
    Folder,
    /// Those who were members when it was shared reach it.
    File,
    /// As a file.
    Proof,
    /// What the owner's people have of phone, title and locale, among the partner's contacts.
    ContactDetails,
}

impl ItemType {
    /// Whether newcomers reach it, and nobody can be taken out.
    #[must_use]
    pub fn is_dynamic(self) -> bool {
        match self {
            Self::Folder | Self::ContactDetails => true,
            Self::File | Self::Proof => false,
        }
    }

    /// Whether an account has many of it, told apart by the ids that other services gave them.
    #[must_use]
    pub fn has_external_id(self) -> bool {
        self != Self::ContactDetails
    }

    /// Whether only those who manage partners may share it.
    #[must_use]
    pub fn needs_manager(self) -> bool {
        self == Self::ContactDetails
    }
}

/// On which side of a shared item an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum ShareDirection {
    /// It is the account's own.
    SharedByUs,
    /// A partner shares it.
    SharedWithUs,
}

/// An item of some account, as other services name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is.
    pub item_type: ItemType,
    /// Empty where the account has only one.
    pub external_id: String,
}

/// A digest of an item's type and external id: ids may be longer than what an index holds.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    DeriveValueType,
)]
#[serde(transparent)]
pub struct ItemKey(pub Uuid);

impl Item {
    /// What it is found by.
    #[must_use]
    pub fn key(&self) -> ItemKey {
        let kind: &[u8] = match self.item_type {
            ItemType::Folder => b"FOLDER\0",
            ItemType::File => b"FILE\0",
            ItemType::Proof => b"PROOF\0",
            ItemType::ContactDetails => b"CONTACT_DETAILS\0",
        };
        let digest =
            Sha256::new().chain_update(kind).chain_update(self.external_id.as_bytes()).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        ItemKey(Uuid::from_bytes(bytes))
    }
}

impl ItemKey {
    /// What this item of an account is known by where items of all accounts are.
    #[must_use]
    pub fn of(self, owner: AccountId) -> Uuid {
        Uuid::from_u128(self.0.as_u128() ^ owner.0.as_u128())
    }
}

/// Which stays in the partner's account a shared item reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// What is shared.
    pub item_type: ItemType,
    /// Where in the log it was shared.
    pub shared: i64,
    /// Where the partnership that it was shared in ended: from there on nothing changes but what the owner does (S4).
    pub frozen: Option<i64>,
}

impl Reach {
    /// Who joined at this position or later is not reached.
    #[must_use]
    pub fn joined_below(&self) -> i64 {
        let end = self.bound();
        if self.item_type.is_dynamic() { end } else { end.min(self.shared) }
    }

    /// What happened at this position or later is not looked at; the highest number while the partnership lasts.
    #[must_use]
    pub fn bound(&self) -> i64 {
        self.frozen.unwrap_or(i64::MAX)
    }

    /// Whether a stay is reached. A person who leaves and comes back has another one.
    #[must_use]
    pub fn includes(&self, stay: Stay) -> bool {
        stay.joined < self.joined_below() && stay.left.is_none_or(|left| left >= self.bound())
    }

    /// Whether its audience follows the partner's members, so that nobody can be taken out of it.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.item_type.is_dynamic() && self.frozen.is_none()
    }
}

/// Why somebody may not see an item; where several reasons apply, the first of this list answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter)]
pub enum ItemDenial {
    /// The owner's account or the person's is suspended or closed.
    AccountNotActive,
    /// The person is deactivated or removed.
    MemberNotActive,
    /// It is shared with the person's account, and not with this person.
    NotInAudience,
    /// Nothing of it is shared with the person's account, or there is no such person.
    NotShared,
}

/// A person, as far as that decides what it may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Its account.
    pub home: AccountId,
    /// That account's state.
    pub account: AccountState,
    /// Its own state.
    pub state: MemberState,
    /// Its current stay there, or its last.
    pub stay: Stay,
}

/// An item that is shared with a person's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Whom it reaches.
    pub reach: Reach,
    /// The owner took this person out.
    pub taken_out: bool,
}

/// All that decides whether one person may see one item of an account (S5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The account that owns the item.
    pub owner: AccountId,
    /// Its state; `None` for an account that does not exist.
    pub owner_state: Option<AccountState>,
    /// The person, if there is one.
    pub person: Option<Person>,
    /// What is shared with the person's account, if anything.
    pub share: Option<Share>,
}

impl Standing {
    /// Whether the person may see the item. The owner's own people may, whatever it is: other services know their items.
    ///
    /// # Errors
    /// The first reason why it may not.
    pub fn access(&self) -> Result<(), ItemDenial> {
        let Some(person) = self.person else { return Err(ItemDenial::NotShared) };
        let own = person.home == self.owner;
        if !own && self.share.is_none() {
            return Err(ItemDenial::NotShared);
        }
        let in_use = self.owner_state == Some(AccountState::Active)
            && person.account == AccountState::Active;
        if !in_use {
            return Err(ItemDenial::AccountNotActive);
        }
        if person.state != MemberState::Active {
            return Err(ItemDenial::MemberNotActive);
        }
        let shown = |share: Share| share.reach.includes(person.stay) && !share.taken_out;
        if own || self.share.is_some_and(shown) { Ok(()) } else { Err(ItemDenial::NotInAudience) }
    }
}

/// A span of the log in which an account shared its people's contact details with a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetailsSpan {
    /// Where it began, and when.
    pub since: (i64, Timestamp),
    /// Where it ended, by unsharing or with the partnership, and when; `None` while it lasts.
    pub until: Option<(i64, Timestamp)>,
}

impl DetailsSpan {
    /// Whether details are seen of what stood right below a position.
    #[must_use]
    pub fn shows_below(&self, bound: i64) -> bool {
        self.since.0 < bound && self.until.is_none_or(|(until, _)| until >= bound)
    }

    /// When what is seen of details last changed below a position, if it did.
    #[must_use]
    pub fn changed_below(&self, bound: i64) -> Option<Timestamp> {
        let changes = [Some(self.since), self.until].into_iter().flatten();
        changes.filter(|(position, _)| *position < bound).map(|(_, at)| at).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    const SHARED: i64 = 20;
    const ENDED: i64 = 40;

    fn stay(joined: i64, left: Option<i64>) -> Stay {
        Stay { joined, left }
    }

    #[test]
    fn s2_s4_whom_each_type_reaches_while_the_partnership_lasts_and_after() {
        let before = stay(10, None);
        let newcomer = stay(30, None);
        let left_before = stay(5, Some(10));
        let left_since = stay(10, Some(30));
        let left_after = stay(10, Some(50));
        let joined_after = stay(50, None);
        for item_type in ItemType::iter() {
            let dynamic = item_type.is_dynamic();
            let live = Reach { item_type, shared: SHARED, frozen: None };
            let frozen = Reach { frozen: Some(ENDED), ..live };
            for (what, stay, while_live, after) in [
                ("before", before, true, true),
                ("newcomer", newcomer, dynamic, dynamic),
                ("left before", left_before, false, false),
                ("left since", left_since, false, false),
                ("left after the end", left_after, false, true),
                ("joined after the end", joined_after, dynamic, false),
            ] {
                assert_eq!(live.includes(stay), while_live, "{item_type:?} live: {what}");
                assert_eq!(frozen.includes(stay), after, "{item_type:?} frozen: {what}");
            }
            assert_eq!((live.is_dynamic(), frozen.is_dynamic()), (dynamic, false));
        }
    }

    fn standing(state: MemberState, share: Option<Share>) -> Standing {
        let home = AccountId::fresh();
        let stay = stay(10, (state == MemberState::Removed).then_some(30));
        Standing {
            owner: AccountId::fresh(),
            owner_state: Some(AccountState::Active),
            person: Some(Person { home, account: AccountState::Active, state, stay }),
            share,
        }
    }

    fn file() -> Share {
        let reach = Reach { item_type: ItemType::File, shared: SHARED, frozen: None };
        Share { reach, taken_out: false }
    }

    #[test]
    fn s5_only_active_people_see_anything_and_of_several_reasons_the_first_answers() {
        for state in MemberState::iter() {
            let expected = match state {
                MemberState::Active => Ok(()),
                MemberState::Deactivated | MemberState::Removed => Err(ItemDenial::MemberNotActive),
            };
            let shared = standing(state, Some(file()));
            assert_eq!(shared.access(), expected);
            assert_eq!(standing(state, None).access(), Err(ItemDenial::NotShared));
            let own = Standing { owner: shared.person.unwrap().home, share: None, ..shared };
            assert_eq!(own.access(), expected, "the owner's own people");
            for account in [AccountState::Suspended, AccountState::Closed] {
                let owner = Standing { owner_state: Some(account), ..shared };
                assert_eq!(owner.access(), Err(ItemDenial::AccountNotActive));
                let person = shared.person.map(|person| Person { account, ..person });
                let partner = Standing { person, ..shared };
                assert_eq!(partner.access(), Err(ItemDenial::AccountNotActive));
            }
        }
        let nobody = Standing { person: None, ..standing(MemberState::Active, None) };
        assert_eq!(nobody.access(), Err(ItemDenial::NotShared));
    }

    #[test]
    fn s2_one_who_was_taken_out_or_came_later_is_not_in_the_audience() {
        let taken_out = Share { taken_out: true, ..file() };
        let late = Share { reach: Reach { shared: 5, ..file().reach }, ..file() };
        for share in [taken_out, late] {
            let denied = standing(MemberState::Active, Some(share)).access();
            assert_eq!(denied, Err(ItemDenial::NotInAudience));
        }
    }

    #[test]
    fn s4_one_who_left_after_the_end_is_in_a_frozen_audience_and_sees_nothing() {
        let reach = Reach { frozen: Some(20), ..file().reach };
        let share = Share { reach: Reach { shared: 15, ..reach }, taken_out: false };
        let removed = standing(MemberState::Removed, Some(share));
        assert!(share.reach.includes(removed.person.unwrap().stay));
        assert_eq!(removed.access(), Err(ItemDenial::MemberNotActive));
    }

    #[test]
    fn items_of_other_types_ids_and_owners_have_other_keys() {
        let item = |item_type, id: &str| Item { item_type, external_id: id.to_owned() }.key();
        let keys = [
            item(ItemType::File, "1"),
            item(ItemType::Proof, "1"),
            item(ItemType::Folder, "1"),
            item(ItemType::File, "2"),
            item(ItemType::ContactDetails, ""),
        ];
        let different: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        assert_eq!(item(ItemType::File, "1"), keys[0]);
        assert_ne!(keys[0].of(AccountId::fresh()), keys[0].of(AccountId::fresh()));
    }

    #[test]
    fn c10_details_are_seen_of_what_stood_while_they_were_shared() {
        let span = DetailsSpan { since: (10, Timestamp(1)), until: Some((20, Timestamp(2))) };
        for (bound, shown, changed) in [
            (10, false, None),
            (11, true, Some(1)),
            (20, true, Some(1)),
            (21, false, Some(2)),
            (i64::MAX, false, Some(2)),
        ] {
            assert_eq!(span.shows_below(bound), shown, "below {bound}");
            assert_eq!(span.changed_below(bound), changed.map(Timestamp), "below {bound}");
        }
        assert!(DetailsSpan { until: None, ..span }.shows_below(i64::MAX));
    }
}
