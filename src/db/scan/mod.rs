//! Reading tables for a comparison, at wire speed: rows of any engine as batches of canonical bytes.
//!
//! Start at [`ScanRequest`] (what to read, as data) and [`Batch`] (what comes). A scan is a task of its own behind a
//! bounded channel; it ends with a batch that says so, or with an error, never by falling silent.

mod batch;
mod request;

pub use batch::{BATCH_BYTES, BATCH_ROWS, Batch, BatchBuilder, Cell};
pub use request::{Bound, Key, KeyRange, MOST_KEYS, Rows, ScanColumn, ScanRequest};
