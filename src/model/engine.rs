//! The database engines this program speaks to, as a word: what they do differently is `db::dialect`'s table.

use serde::{Deserialize, Serialize};

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    PostgreSql,
    /// MySQL and MariaDB.
    MySql,
    Sqlite,
}
