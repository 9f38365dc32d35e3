//! What may be done to what, and why not otherwise: two tables. Pure. What needs nothing but the thing itself stands in
//! `model::change::legal`, which the console reads too.

mod back;
mod connected;
mod task;

pub use crate::model::change::legal::switch;
pub use back::resume_after;
pub use task::{forbidden, task};

#[cfg(test)]
pub(in crate::change) use crate::model::change::legal::switch_tests as tests;
