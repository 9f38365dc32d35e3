//! What a person is shown before anything is done.

mod shell;
mod switch;
mod task;

pub(in crate::change) use switch::called;
pub use switch::{may_fire_until, put_back, switch};

#[cfg(test)]
pub(in crate::change) use task::tests;
