//! Masking: which columns hold somebody's data, what stands there instead, and whether that can be.
//!
//! Pure: rules and a catalogue go in, decisions and new values come out; nothing here opens a database or reads a clock.
//! Fail closed throughout: a column that no rule names is a finding, a value that a function cannot read is replaced by
//! nothing, never kept.
//! Start at [`Rules`] (what the configuration says), then [`resolve`] (what becomes of every column), [`check`] (whether
//! the table takes it) and [`Mask`] (one value). The same value, domain and key give the same masked value in every
//! table, on every engine. [`personal`] looks for what should not be there afterwards, [`defuse`] knows tables that act, [`preview`] is what
//! may be shown before.

pub mod check;
pub mod defuse;
mod digits;
mod draw;
mod evaluate;
mod json;
mod key;
mod made;
mod moment;
pub mod personal;
pub mod preview;
mod print;
pub mod resolve;
mod rules;
mod shape;
mod space;
#[cfg(test)]
mod tests;
mod words;

pub use evaluate::{Mask, Masked};
pub use json::{JsonPath, PathError};
pub use key::{Key, KeyRefused};
pub use print::{Class, print};
pub use resolve::{Decision, Resolved, ResolvedColumn, ResolvedTable, resolve};
pub use rules::{Function, OnNewColumn, Otherwise, Rule, Rules, TableRules, Truncate, Unlisted, default_domain};
pub use shape::{Column, Finding, ForeignKey, Severity, Shape, Table, Trigger, Unique};
pub use space::{Space, space};
