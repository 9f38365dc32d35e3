//! What to ask AWS and when, and folding the answers into reports.
//!
//! May touch `model` and `aws`. `cadence.rs` is THE table of how often what is asked; `schedule.rs` turns it, what is
//! known and what happened into calls. Both are pure, with `now` as a parameter. `fold.rs` turns answers into reports.
//! Only `runner.rs` and `logs/ask.rs` await; start at the first to see them together.

mod ask;
mod book;
pub mod cadence;
mod charts;
mod fold;
mod known;
mod logs;
mod metrics;
mod runner;
pub mod schedule;
mod settings;

pub use known::Known;
pub use runner::{Handle, Said, Sink, spawn};
pub use schedule::{Call, Event, FeedState, Job, Looking, Outcome, Topic, next_due, schedule};
pub use settings::{Settings, SettingsError};
