//! The only way to change anything: preview, legality, confirmation, audit, executor.
//!
//! May touch `model`, `aws`, `db` and `store`; the only room that may name `aws::Writer`. Nothing is sent without an
//! [`Authority`], which [`Mode`] gives only where writing is meant, and without a [`Confirmed`] change, which only a typed
//! answer, a flag, or the plan of a refresh that was confirmed so makes. Only here is the permit issued that opens a target for
//! writing. Start at [`Executor`]: what happens between a confirmation and the end of a change stands there in
//! one place. `legal/` is the tables of what is refused, `grade.rs` how bad it would be, `preview/` what a person is shown.

mod called;
mod confirmed;
mod executor;
mod facts;
mod grade;
mod legal;
mod mode;
mod preview;

pub use confirmed::{Asked, Confirmed, Covered, LIVES, NotConfirmed, PLAN_LIVES, Way, Yes};
pub use executor::{Drafter, Executor, Follower, Notice, Notifier, Time};
pub use facts::TaskFacts;
pub use legal::task as ruling;
pub use mode::{Authority, Mode};
