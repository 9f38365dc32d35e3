//! What may be done to what, and why not otherwise: two tables. Pure.

mod switch;
mod task;

pub use switch::switch;
pub use task::task;

#[cfg(test)]
pub(in crate::change) use switch::tests;
