//! The one integration-test binary. Each module starts what it needs, on free ports and in temporary folders.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::large_futures,
    reason = "tests may fail loudly, and have a stack each"
)]

mod activity;
mod agreement;
mod alerts;
mod around;
mod budgets;
mod change;
mod change_faults;
mod change_reads;
mod change_schedules;
mod change_task_faults;
mod change_tasks;
mod change_tasks_refused;
mod charts;
mod cli;
mod config;
mod console_changes;
mod console_desk;
mod demo_databases;
mod demo_databases_wire;
mod denied;
mod doctor;
mod embedded;
mod embedded_faults;
mod ends;
mod events;
mod feeds;
mod feeds_logs;
mod house;
mod instances;
mod keys;
mod logs;
mod moto;
mod mover;
mod policies;
mod pty;
mod pty_activity;
mod pty_aws;
mod pty_change;
mod pty_change_tasks;
mod pty_definition;
mod pty_lists;
mod pty_logs;
mod pty_look;
mod pty_operate;
mod pty_refresh;
mod pty_terminal;
mod reader;
mod reader_chain;
mod reader_script;
mod refresh_amend;
mod refresh_aws;
mod refresh_cmd;
mod refresh_core;
mod refresh_db;
mod refresh_fill;
mod refresh_keys;
mod refresh_mask;
mod refresh_plan;
mod refresh_units;
mod scan;
mod scene;
mod schedules;
mod servers;
mod soak;
mod task_commands;
mod topics_secrets;
mod traps;
mod traps_spoken;
mod validate;
