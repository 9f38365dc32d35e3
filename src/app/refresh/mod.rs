//! Refreshes of the configuration: what finds the task and both databases of one, and what begins, carries out, follows and asks
//! something of a run, for commands and for the screen.
//!
//! Start at [`plan`] for what would be done. A run is carried out by a process of its own (`carry.rs`, told by an `order.rs` what to
//! do, begun by [`start`] and [`go_on`] in `spawn.rs`); everybody else only reads its journal ([`find`], [`follow::attached`]) and asks it for
//! something ([`wish`]). What has no journal here is seen in the ledgers on the targets (`elsewhere.rs`). `amend.rs` is a run that
//! stopped with what the configuration says now, `late.rs` tells of a run that takes too long. `desk.rs` does all that for the
//! console. `means.rs` is what that process works with, `signals.rs` what it does when the system speaks to it.

pub mod amend;
mod carry;
pub(in crate::app) mod desk;
mod elsewhere;
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
pub use runs::{
    command, find, found, is_elsewhere, list, listed, listed_with_others, needs_somebody, only_elsewhere, open_of,
    seen, shown_now, under_way,
};
pub use spawn::{begun, go_on, start, start_meant};
pub use wish::{Wished, wish, wish_elsewhere};
