//! Refreshes of the configuration: what finds the task and both databases of one, and what begins, carries out, follows and asks
//! something of a run, for commands and for the screen.
//!
//! Start at [`plan`] for what would be done. A run is carried out by a process of its own (`carry.rs`, told by an `order.rs` what to
//! do, begun by [`start`] and [`go_on`] in `spawn.rs`); everybody else only reads its journal ([`find`], [`follow::attached`]) and asks it for
//! something ([`wish`]). `desk.rs` does all that for the console. `late.rs` tells of a run that takes too long. `means.rs` is what that process works with, `signals.rs` what it does when the system speaks to it.

mod carry;
pub(in crate::app) mod desk;
pub mod follow;
pub mod key;
pub mod late;
mod means;
pub mod order;
pub mod plan;
mod runs;
mod signals;
mod spawn;
pub mod watch;
mod wish;

pub use crate::refresh::LoadAgain;
pub use carry::{obey, status};
pub use order::{Answer, Further};
pub use runs::{command, find, found, is_elsewhere, list, listed, needs_somebody, open_of, seen, shown_now, under_way};
pub use spawn::{begun, go_on, start};
pub use wish::{Wished, wish, wish_elsewhere};
