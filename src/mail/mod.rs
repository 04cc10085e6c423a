//! Mail (rules L2-L4, I13): an outbox, and those who empty it.
//!
//! ```text
//!   reactions.rs  what a change tells whom -> rows of the outbox, in the same transaction
//!   draft.rs      an occasion as a letter      people.rs  who gets it     quota.rs  how many an address gets a day
//!   outbox.rs     rows taken under a lease, and what became of them       schedule.rs  when to try again, when no more
//!   worker.rs     take, write, send, mark            hands.rs  what it has taken and not marked yet
//!   store.rs      reads                              retry.rs  RetryMail
//!   compose.rs    a row as a message           letter/     what letters say, in five languages
//!   post.rs       where letters go: smtp.rs a mail server, files.rs a folder
//!   secret.rs     the link of an invitation    preview.rs  letters of made-up data
//! ```
//! A letter is written before the change that tells of it commits, or not at all. A worker takes several under a lease,
//! which it renews while it sends one; whoever dies lets the lease run out, and another one sends the letters again under
//! the same Message-ID: none is lost, and a death makes at most one double, since one letter at a time is sent and not
//! marked. Files are marked together: one that is written again takes its own place. Writing a letter appends nothing to
//! the log and answers nothing, so that no sender can tell from it whether a person exists (I9).

pub mod compose;
mod draft;
mod files;
mod hands;
pub mod letter;
mod outbox;
mod people;
pub mod post;
pub mod preview;
mod quota;
pub mod reactions;
pub mod retry;
mod schedule;
pub mod secret;
pub mod smtp;
pub mod store;
pub mod worker;
