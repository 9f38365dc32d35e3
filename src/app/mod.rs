//! Joins the rooms: builds readers and feeds, runs the console or a command.
//!
//! The only room that may call every other. Start at [`console`](console()) for what happens between a start and a screen,
//! at [`headless`] for the commands without one, at [`doctor`] for the one that asks whether everything is in place, at
//! [`change`] for those that change something, at [`activity`] for what was changed, at [`validate`] for comparing two
//! databases.

pub mod activity;
pub mod around;
pub mod change;
pub mod doctor;
pub mod headless;
pub mod panic;
pub mod refresh;
pub mod validate;

mod clock;
mod console;
mod demo;
mod demo_folder;
mod failure;
mod inbox;
mod logs;
pub mod operator;
mod setup;
mod signin;
mod validations;
mod values;
mod write;

pub use crate::config::ThemeName;
pub use clock::Clock;
pub use console::console;
pub use demo::{DemoFlags, console as demo_console, fault_help, serve};
pub use failure::Failure;
pub use headless::{EventFacts, MetricFacts, ScheduleFacts, TableFacts, TaskFacts};
pub use inbox::Inbox;
pub use logs::{LogNews, LogOf, logs};
pub use setup::{Flags, Found, Setup};
