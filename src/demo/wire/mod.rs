//! The way in: HTTP requests of AWS clients become calls, answers and refusals become HTTP.
//!
//! Speaks awsJson1.0/1.1, restJson1, rpcv2Cbor and awsQuery, as the Rust SDK, boto3 and the AWS CLI do. Touches no database. Start with
//! `handle.rs` (one request), then `call.rs` (which operation, which protocol).

mod call;
mod cbor;
mod connection;
mod control;
mod handle;
mod json;
mod query;
mod rest;
mod spoil;
mod value;

pub use call::Service;
pub(in crate::demo) use connection::Cuttable;
pub(in crate::demo) use handle::handle;
pub(in crate::demo) use query::unescape;
pub use value::Value;
