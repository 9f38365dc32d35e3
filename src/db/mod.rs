//! Connections to source and target through sqlx: the only room besides `store` that knows it.
//!
//! May touch `model`. SQL text that is not generated lives in `sql/`. Start at [`Database`] (an address) and
//! [`Session`] (an open connection: `Session<Read>` cannot change anything); [`dialect`] is the table of what differs
//! between engines, [`catalogue`] says which tables there are. No sqlx type leaves this room: rows are [`Value`]s and
//! errors are [`DbError`]s, which carry the server's own words and never a password.

pub mod around;
mod bind;
pub mod catalogue;
mod database;
mod decode;
pub mod dialect;
mod error;
pub mod filter;
mod guard;
mod look;
mod permit;
mod redshift;
pub mod scan;
pub mod schema;
mod session;
mod spoken;
mod types;
mod value;
mod whose;

pub use catalogue::{Column, ForeignKey, Table};
pub use database::Database;
pub use dialect::{Dialect, Engine};
pub use error::DbError;
pub use guard::Guard;
pub use look::Look;
pub use permit::WritePermit;
pub use session::{Read, Session, Write};
pub use value::{Kind, Row, Value};
