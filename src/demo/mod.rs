//! An embedded AWS endpoint and two databases behind it, speaking the real wire protocols.
//!
//! May touch `model` and `db`. Start at `wire/` for a request's way in, `world/` for the state machine of DMS, `mover/` for
//! how rows really move, `shop/` for the databases.

pub mod mover;
pub mod shop;
