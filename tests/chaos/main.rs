//! The real binary in child processes, and what is done to it: killed, told to stop, its database taken away.
//!
//! Each test prints its figures. Random moments come from a seed that is printed; `CHAOS_SEED` replays one, `CHAOS_CYCLES`
//! makes the tests longer, `TEST_QUICK=1` shorter.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod cluster;
mod commit;
mod crash;
mod direct;
mod drain;
mod failover;
#[cfg(feature = "faults")]
mod failpoints;
mod fleet;
mod follow;
mod kill;
mod load;
mod logs;
#[cfg(feature = "faults")]
mod mail;
mod pair;
mod process;
mod proxy;
mod rolling;
mod silent;
mod standby;
mod start;
mod still;
mod streams;
mod verdict;

const QUICK_CYCLES: usize = 3;

fn seed() -> u64 {
    let seed = number("CHAOS_SEED").unwrap_or_else(|| rand::random::<u32>().into());
    println!("CHAOS_SEED={seed}");
    seed
}

/// How often a fault is repeated, unless the environment says otherwise.
fn cycles(usual: usize) -> usize {
    let quick = number("TEST_QUICK") == Some(1);
    let asked = number("CHAOS_CYCLES").and_then(|cycles| usize::try_from(cycles).ok());
    asked.unwrap_or(if quick { usual.min(QUICK_CYCLES) } else { usual })
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
