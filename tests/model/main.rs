//! The stream of WatchMembers against a model: random histories with random cuts and resumes, judged by one oracle over
//! the final log (`support/checker`), and the stream's promises one by one.
//!
//! ```text
//!   random.rs    many histories at once, over one database, on every replica
//!   history.rs   one of them; world.rs what it knows of its world, verb.rs its calls, subscriber.rs its readers
//!   caught.rs    the tests of the tests, on the hand-made log of honest.rs
//!   the others   one promise each: slow readers, flapping, retention, tokens, endings, bounds, hopping, a prefix always
//! ```

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod bounds;
mod caught;
mod endings;
mod flapping;
mod greeting;
mod history;
mod honest;
mod hopping;
mod organizations;
mod prefix;
mod random;
mod retention;
mod slow;
mod stage;
mod subscriber;
mod tokens;
mod verb;
mod world;
