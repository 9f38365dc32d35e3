//! The terminal user interface: a strict Elm loop.
//!
//! `state` is what is on screen; `update` turns (state, message, now) into effects; `view` draws a state. These three,
//! with `actions`, `guard` and `theme`, are pure: no clock, no tokio, no AWS, no database. `terminal` owns the tty and `run` is the
//! loop. To find a line on screen start at `view/<screen>.rs`; to find what a key does start at `actions/table.rs`.

pub mod actions;
#[cfg(test)]
mod fixtures;
pub mod guard;
pub mod message;
pub mod run;
pub mod state;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;

pub use guard::PAUSE;
pub use state::{Mode, Setup, State};
pub use theme::Theme;
pub use update::update;
pub use view::view;
