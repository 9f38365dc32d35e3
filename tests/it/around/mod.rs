//! What the two databases of a task say themselves, asked of real servers.

mod base;
mod command;
mod control;
mod server;

pub use base::Base;
