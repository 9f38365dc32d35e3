//! The one integration-test binary. Each module starts what it needs, on free ports and in temporary folders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod embedded;
mod embedded_faults;
