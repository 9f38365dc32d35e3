//! What a person is shown before anything is done.

mod switch;
mod task;

pub use switch::{may_fire_until, put_back, switch};
