//! The one integration-test binary: each module starts what it needs on a free port or in a folder of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod mover;
mod servers;
