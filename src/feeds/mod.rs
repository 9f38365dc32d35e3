//! What to ask AWS and when, and folding the answers into reports.
//!
//! May touch `model` and `aws`. Cadence is a pure function over a table (start at `cadence.rs`); only the runner awaits.
