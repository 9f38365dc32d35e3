//! What the configuration says of databases and tasks that must not be touched, and of those that may be overwritten.

use crate::model::TaskName;
use crate::model::pattern::fits;
use serde::{Deserialize, Serialize};

/// The database a task writes to: host and database of its target endpoint, as freshly read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Destination {
    /// Lower case.
    host: String,
    /// Empty where the endpoint names none, as for MySQL.
    database: String,
}

/// Why a text names no database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not HOST/DB (HOST/ where the endpoint names no database)")]
pub struct DestinationError(String);

impl Destination {
    pub fn new(host: &str, database: &str) -> Self {
        Self { host: host.to_ascii_lowercase(), database: database.to_owned() }
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{}/{}", self.host, self.database);
        f.write_str(&crate::model::untrusted::shown(&text))
    }
}

impl std::str::FromStr for Destination {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, DestinationError> {
        match text.split_once('/') {
            Some((host, database)) if !host.is_empty() => Ok(Self::new(host, database)),
            _ => Err(DestinationError(crate::model::untrusted::shown(text).into_owned())),
        }
    }
}

impl TryFrom<String> for Destination {
    type Error = DestinationError;

    fn try_from(text: String) -> Result<Self, DestinationError> {
        text.parse()
    }
}

impl From<Destination> for String {
    fn from(destination: Destination) -> Self {
        format!("{}/{}", destination.host, destination.database)
    }
}

/// Of the configuration. The default allows nothing to be overwritten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Safeguards {
    /// Databases whose rows may be destroyed: exactly these.
    pub reload_allowed: Vec<Destination>,
    /// Patterns of HOST/DB, `*` for any characters: never, whatever else is allowed.
    pub protected: Vec<String>,
    /// Tasks that are not started again, by name.
    pub retired: Vec<String>,
}

impl Safeguards {
    pub fn may_overwrite(&self, destination: &Destination) -> bool {
        self.reload_allowed.contains(destination)
    }

    /// The pattern that protects it.
    pub fn protects(&self, destination: &Destination) -> Option<&str> {
        let text = String::from(destination.clone());
        let found =
            self.protected.iter().find(|pattern| fits(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase()));
        found.map(String::as_str)
    }

    pub fn is_retired(&self, task: &TaskName) -> bool {
        self.retired.iter().any(|name| *name == task.0.raw())
    }
}
