//! An embedded AWS endpoint and two databases behind it, speaking the real wire protocols.
//!
//! May touch `model` and `db`. Start at `serve.rs` (the listener), then `wire/` for a request's way in, `world/` for the
//! state machine of DMS, `mover/` for how rows really move, `faults.rs` for what can go wrong on purpose.

pub mod clock;
mod destinations;
pub mod faults;
pub mod mover;
mod open;
mod serve;
pub mod shop;
mod stage;
pub mod wire;
pub mod world;

pub use destinations::safeguards;
pub use open::launcher;
pub use serve::{DemoError, Options, Running, serve};
pub use stage::Launcher;
pub use world::fleet::Fleet;

/// Log groups worth a look besides those of single tasks: a Lambda function's, and that of all tasks of the instance.
pub const LOG_GROUPS: [&str; 2] = [world::FUNCTION_GROUP, "dms-tasks-dms-prod-1"];

/// The refresh that a demo has ready, as a configuration says it. What it may load stands in [`safeguards`].
pub const REFRESH: &str = include_str!("refresh.toml");
