//! A few words in the footer about something just done; they go by themselves, or with the next key.

use jiff::{SignedDuration, Timestamp};

/// Long enough to read a line with a path in it.
const STAYS: SignedDuration = SignedDuration::from_secs(8);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub done: Done,
    /// Clean for a terminal.
    pub text: String,
    pub until: Timestamp,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Well,
    /// Not all of it.
    Partly,
    Not,
}

impl Notice {
    pub fn new(done: Done, text: impl Into<String>, now: Timestamp) -> Self {
        Self { done, text: text.into(), until: now.checked_add(STAYS).unwrap_or(now) }
    }
}
