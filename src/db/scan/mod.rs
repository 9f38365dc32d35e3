//! Reading tables for a comparison, at wire speed: rows of any engine as batches of canonical bytes.
//!
//! Start at [`Scanner`]: it describes a table, cuts it into ranges, and scans a [`ScanRequest`]. A scan is a task of
//! its own behind a bounded channel; it ends with a batch that says so, or with an error, never by falling silent.
//! [`digest`] has sums of rows made by the servers instead. [`sql`] makes the statement, [`read`] its rows into a [`Batch`], one file an engine.

pub mod aggregate;
mod batch;
mod beside;
mod brake;
mod condition;
mod describe;
pub mod digest;
pub mod explained;
mod place;
pub mod query;
mod ranges;
mod read;
mod redshift;
mod request;
mod scanner;
mod session;
mod sql;
mod unseen;

pub use batch::{Ascent, BATCH_BYTES, BATCH_ROWS, Batch, BatchBuilder, Cell};
pub use condition::enclosed;
pub use describe::{Described, DescribedColumn};
pub use digest::Digest;
pub use request::{Bound, Key, KeyRange, Lob, MOST_KEYS, Rows, ScanColumn, ScanRequest};
pub use scanner::{Limits, Scan, Scanner};
pub use unseen::Unseen;
