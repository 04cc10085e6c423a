//! Mails (L2): what they say, in `letter/`.

pub mod letter;
