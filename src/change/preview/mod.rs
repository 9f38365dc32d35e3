//! What a person is shown before anything is done.

mod shell;
mod switch;
mod task;

pub(in crate::change) use switch::called;
pub use switch::{once_more, put_back, switch};

#[cfg(test)]
pub(in crate::change) use task::tests;
