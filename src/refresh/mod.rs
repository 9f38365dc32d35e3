//! The durable refresh workflow: everything that is taken away comes back, whatever is killed in between.
//!
//! May touch `model`, `aws`, `db`, `store`, `change` and `validate`. Start at [`Plan`]: what will be done, bound by its hash.
//! The runner takes its steps one by one: intent (durable) -> effect -> observe -> outcome (durable); after a crash each step
//! first asks what is there (its probe), and the journal only says which questions to ask. Truth about the target lives in
//! the target's own ledger, truth about AWS is what AWS says, and the local journal is what is shown.

//! [`begin()`] and its sisters are the ways to a [`Work`], [`run`] carries it out; `work.rs` is what a step works with, `held.rs` the
//! session on the target with its lock, `ledger.rs` what stands there, `steps/` what is done, `late.rs` what is told of a run whose
//! runner may not be able to.

mod amend;
mod begin;
mod connect;
pub mod elsewhere;
pub mod held;
mod journal;
pub mod last;
pub mod late;
pub mod ledger;
pub mod mask;
pub mod plan;
mod runner;
mod steps;
mod trouble;
pub mod watch;
mod work;

pub use amend::amend;
pub use begin::{Means, begin, covered, finish, kept_plan, new_id, open_runs, recover, resume, wish_from_afar};
pub use held::{Door, Zombie};
pub use plan::Plan;
pub use runner::{Ended, pause_before, run};
pub use steps::{LoadAgain, load_again};
pub use trouble::{Came, Probe, Trouble};
pub use work::{Aws, Changed, Work};
