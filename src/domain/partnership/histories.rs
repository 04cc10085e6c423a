//! Whole histories of a small world: random actions, moved by the rules on one side and retold by a plain oracle on the
//! other. After every step the two must agree on every answer and on everything that any account sees.
//!
//! ```text
//!   world.rs     accounts, persons and rows; driven only by `Approach`, `decide`, `activation`, `closing`, `apply`
//!   oracle.rs    desks, grudges, partners: the same rules in other words, knowing no stored state and no hidden flags
//! ```

mod oracle;
mod world;

use super::{MustDelete, Side, State, View};
use crate::domain::partner_type::{Direction, PartnerType};
use oracle::Oracle;
use proptest::prelude::*;
use world::World;

/// Where every case begins: four accounts, eight persons, two of them nobody's members.
const ACCOUNTS: usize = 4;
const HOMES: [Option<usize>; 8] =
    [Some(0), Some(0), Some(1), Some(1), Some(2), Some(3), None, None];
const KINDS: [PartnerType; 3] =
    [PartnerType::Collaboration, PartnerType::Reseller, PartnerType::Advisor];
const HISTORIES: u32 = 2_000;

/// Something that happens; `nth` chooses among what the account sees.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Invite { by: usize, person: usize, kind: PartnerType },
    Accept { by: usize, nth: usize },
    Reject { by: usize, nth: usize },
    Delete { by: usize, nth: usize },
    Resend { by: usize, nth: usize },
    Appear { person: usize, at: usize },
    Leave { person: usize },
    Wait { days: u8 },
    Sweep,
    Suspend { account: usize },
    Resume { account: usize },
    Deny { account: usize },
    Block { account: usize, sender: usize },
    Allow { account: usize },
    Close { account: usize },
}

/// What an invitation or a resending is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    Sent,
    NotActing,
    NotShown,
    NotTheSender,
    NotPending,
    SelfInvitation,
    AlreadyPartners(usize),
    Duplicate(usize),
    Incoming(usize),
    Blocked(usize, MustDelete),
}

/// What a decision or a deletion is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deciding {
    Done,
    NotActing,
    NotTheRecipient,
    NotPending,
    Expired,
    ContactPartner,
    SenderNotActive,
}

fn deed() -> impl Strategy<Value = Deed> {
    let account = || 0..ACCOUNTS;
    let person = || 0..HOMES.len();
    // mostly collaboration, so that histories of one pair grow long
    let kind = prop_oneof![4 => Just(KINDS[0]), 1 => Just(KINDS[1]), 1 => Just(KINDS[2])];
    let nth = || 0..6_usize;
    prop_oneof![
        12 => (account(), person(), kind)
            .prop_map(|(by, person, kind)| Deed::Invite { by, person, kind }),
        6 => (account(), nth()).prop_map(|(by, nth)| Deed::Accept { by, nth }),
        5 => (account(), nth()).prop_map(|(by, nth)| Deed::Reject { by, nth }),
        9 => (account(), nth()).prop_map(|(by, nth)| Deed::Delete { by, nth }),
        4 => (account(), nth()).prop_map(|(by, nth)| Deed::Resend { by, nth }),
        4 => (person(), account()).prop_map(|(person, at)| Deed::Appear { person, at }),
        1 => person().prop_map(|person| Deed::Leave { person }),
        4 => (1..40_u8).prop_map(|days| Deed::Wait { days }),
        1 => Just(Deed::Sweep),
        1 => account().prop_map(|account| Deed::Suspend { account }),
        2 => account().prop_map(|account| Deed::Resume { account }),
        1 => account().prop_map(|account| Deed::Deny { account }),
        1 => (account(), account()).prop_map(|(account, sender)| Deed::Block { account, sender }),
        2 => account().prop_map(|account| Deed::Allow { account }),
        1 => account().prop_map(|account| Deed::Close { account }),
    ]
}

/// Does the deed in the world and tells it to the oracle; their answers must be the same.
fn live(world: &mut World, oracle: &mut Oracle, deed: Deed) {
    oracle.time_passes(world.town.now);
    match deed {
        Deed::Invite { by, person, kind } => {
            let expected = oracle.invite(&world.town, by, person, kind);
            assert_eq!(world.invite(by, person, kind), expected, "{deed:?}");
        }
        Deed::Resend { by, nth } => {
            let Some(row) = world.seen_by(by, nth) else {
                return;
            };
            let expected = oracle.resend(&world.town, by, row);
            assert_eq!(world.resend(by, row), expected, "{deed:?} of row {row}");
        }
        Deed::Accept { by, nth } => {
            let Some(row) = world.seen_by(by, nth) else {
                return;
            };
            let expected = oracle.accept(&world.town, by, row);
            assert_eq!(world.accept(by, row), expected, "{deed:?} of row {row}");
        }
        Deed::Reject { by, nth } => {
            let Some(row) = world.seen_by(by, nth) else {
                return;
            };
            let expected = oracle.reject(&world.town, by, row);
            assert_eq!(world.reject(by, row), expected, "{deed:?} of row {row}");
        }
        Deed::Delete { by, nth } => {
            let Some(row) = world.seen_by(by, nth) else {
                return;
            };
            let expected = oracle.delete(&world.town, by, row);
            assert_eq!(world.delete(by, row), expected, "{deed:?} of row {row}");
        }
        Deed::Appear { person, at } => {
            if world.appears(person, at) {
                oracle.appears(&world.town, person, at);
                world.bind_waiting(person, at);
            }
        }
        Deed::Close { account } => {
            world.close(account);
            oracle.close(account);
        }
        Deed::Wait { days } => {
            world.town.wait(days);
            oracle.time_passes(world.town.now);
        }
        Deed::Sweep => world.sweep(),
        Deed::Leave { person } => world.town.homes[person] = None,
        Deed::Suspend { account } => world.town.suspend(account),
        Deed::Resume { account } => world.town.resume(account),
        Deed::Deny { account } => world.town.deny(account),
        Deed::Block { account, sender } => world.town.block(account, sender),
        Deed::Allow { account } => world.town.allow(account),
    }
}

fn every_account_sees_what_the_oracle_says(world: &World, oracle: &Oracle) {
    for account in 0..ACCOUNTS {
        for row in 0..world.rows.len() {
            assert_eq!(
                world.view(account, row),
                oracle.view(account, row),
                "account {account}, row {row}: {:?}",
                world.rows[row].1
            );
        }
    }
}

fn v4_at_most_one_is_active_and_both_sides_see_it(world: &World) {
    for (index, (_, row)) in world.rows.iter().enumerate() {
        if row.state != State::Active {
            continue;
        }
        for side in [Side::Sender, Side::Recipient] {
            assert_eq!(row.view(side, world.town.now), Some(View::Active), "{row:?}");
        }
        let recipient = row.recipient.expect("an active row is bound");
        let twin = world.rows[..index].iter().find(|(_, other)| {
            other.state == State::Active
                && other.kind == row.kind
                && other.joins(row.sender, recipient)
        });
        assert_eq!(twin, None, "two active rows of one pair and type: {row:?}");
    }
}

/// I6, I7, D2: nobody is asked twice, crossed invitations do not both lie open, and partners have nothing open.
fn nothing_needless_is_pending(world: &World) {
    let now = world.town.now;
    let pending = |row: &super::Standing| row.state_at(now) == State::Pending;
    for (id, row) in world.rows.iter().filter(|(_, row)| pending(row)) {
        let others = || world.rows.iter().filter(|(other, _)| other != id);
        let same = |other: &super::Standing| other.kind == row.kind && other.sender == row.sender;
        assert!(
            !others()
                .any(|(_, other)| pending(other) && same(other) && other.invitee == row.invitee),
            "I6: {row:?}"
        );
        let Some(recipient) = row.recipient else {
            continue;
        };
        let joined =
            |other: &super::Standing| other.kind == row.kind && other.joins(row.sender, recipient);
        assert!(
            !others().any(|(_, other)| other.state == State::Active && joined(other)),
            "pending between partners: {row:?}"
        );
        if row.kind.policy().direction == Direction::Mutual {
            let crossed = |other: &super::Standing| {
                pending(other) && other.sender == recipient && other.recipient == Some(row.sender)
            };
            assert!(!others().any(|(_, other)| joined(other) && crossed(other)), "I7: {row:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(HISTORIES) })]

    #[test]
    fn v4_i6_i7_r1_r2_r3_r4_hold_after_every_step_of_any_history(
        deeds in prop::collection::vec(deed(), 1..70)
    ) {
        let mut world = World::new(ACCOUNTS, &HOMES);
        let mut oracle = Oracle::new(ACCOUNTS);
        for deed in deeds {
            live(&mut world, &mut oracle, deed);
            every_account_sees_what_the_oracle_says(&world, &oracle);
            v4_at_most_one_is_active_and_both_sides_see_it(&world);
            nothing_needless_is_pending(&world);
        }
    }
}
