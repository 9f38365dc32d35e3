//! A terminal console for AWS Database Migration Service. README.md says what it does; each room below opens with a
//! paragraph on what it is for, what it may touch and where to start reading. `tests/it/house.rs` checks who may call whom.

pub mod app;
pub mod aws;
pub mod change;
pub mod cli;
pub mod config;
pub mod console;
pub mod db;
pub mod demo;
pub mod feeds;
pub mod model;
pub mod refresh;
pub mod store;
pub mod validate;
