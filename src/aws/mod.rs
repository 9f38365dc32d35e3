//! The only room that knows the AWS SDK: configuration chain, credentials, the limiter, the `Reader`, the `Writer`.
//!
//! May touch `model` only. No type of the SDK leaves this room. Start at [`connect`] (from settings to a [`Reader`] that
//! knows whose account it reads), then `wire.rs` (how one request is sent: limited, counted, retried, classified) and
//! `failure.rs` (the table of error codes; `refusals.rs`: what to do about those of DMS).

mod answer;
mod config;
mod connect;
mod convert;
mod credentials;
mod failure;
mod http;
pub mod limiter;
mod reader;
mod refusals;
mod service_clock;
mod settings;
mod whole;
mod wire;
mod writer;

pub use crate::model::log_place::LogShelf;
pub use answer::Answer;
pub use config::is_endpoint_url;
pub use connect::{Connected, Place, SignIn, connect, place, sign_in};
pub use limiter::{Limiters, Traffic, Urgency};
pub use reader::{
    InstanceMetricQuery, LogQuery, MetricQuery, Reader, Ruling, Samples, Serverless, TaskDetail, Trial, WhichTables,
};
pub use settings::{Origin, Settings};
pub use whole::WholeSchedule;
pub use writer::{Sent, Signed, Unsigned, Writer, writer};
