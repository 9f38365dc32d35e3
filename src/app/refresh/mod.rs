//! Refreshes of the configuration: what finds the task and both databases of one, for its commands and its screen. Start at
//! [`plan`].

pub mod key;
pub mod plan;
