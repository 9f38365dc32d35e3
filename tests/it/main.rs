//! The one integration-test binary. Each module starts what it needs, on free ports and in temporary folders.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may fail loudly"
)]

mod cli;
mod config;
mod house;
mod mover;
mod policies;
mod pty;
mod pty_aws;
mod pty_terminal;
mod servers;
