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
    /// A host is one whatever its case, and with or without the dot that ends a full name.
    pub fn new(host: &str, database: &str) -> Self {
        let host = host.trim().trim_end_matches('.');
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

    /// The pattern that protects it. An endpoint that names no database may write to any: there the host decides.
    pub fn protects(&self, destination: &Destination) -> Option<&str> {
        let text = String::from(destination.clone()).to_ascii_lowercase();
        let protects = |pattern: &str| {
            let host = pattern.split_once('/').map_or(pattern, |(host, _)| host);
            fits(pattern, &text) || (destination.database.is_empty() && fits(host, &destination.host))
        };
        self.protected.iter().find(|pattern| protects(&pattern.to_ascii_lowercase())).map(String::as_str)
    }

    /// DMS keeps names in lower case.
    pub fn is_retired(&self, task: &TaskName) -> bool {
        self.retired.iter().any(|name| name.eq_ignore_ascii_case(task.0.raw()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_database_may_be_overwritten_and_patterns_protect_whatever_their_case() {
        let safeguards = Safeguards {
            reload_allowed: ["db.example/shop", "my.example/"].map(|text| text.parse().unwrap()).to_vec(),
            protected: vec!["PROD-*/*".into(), "one.example/shop".into()],
            retired: vec!["orders".into()],
        };
        for (host, database, allowed, protected) in [
            ("db.example", "shop", true, None),
            ("DB.Example.", "shop", true, None),
            ("db.example", "Shop", false, None),
            ("db.example", "", false, None),
            ("my.example", "", true, None),
            ("my.example", "shop", false, None),
            ("db.example.evil", "shop", false, None),
            ("prod-1.example", "shop", false, Some("PROD-*/*")),
            ("Prod-1.example", "SHOP", false, Some("PROD-*/*")),
            ("one.example", "shop", false, Some("one.example/shop")),
            ("one.example.", "shop", false, Some("one.example/shop")),
            ("one.example", "other", false, None),
            // Which databases it writes to is not said.
            ("one.example", "", false, Some("one.example/shop")),
        ] {
            let destination = Destination::new(host, database);
            assert_eq!(safeguards.may_overwrite(&destination), allowed, "{destination}");
            assert_eq!(safeguards.protects(&destination), protected, "{destination}");
        }
        assert!(safeguards.is_retired(&TaskName::new("Orders")) && !safeguards.is_retired(&TaskName::new("orders-2")));
        assert_eq!(Safeguards::default().protects(&Destination::new("a", "b")), None);
    }

    #[test]
    fn a_database_is_read_as_it_is_shown_and_never_shown_as_it_came() {
        for (text, want) in [
            ("DB.example/Shop", Some("db.example/Shop")),
            ("db.example/", Some("db.example/")),
            ("db/a/b", Some("db/a/b")),
            ("db\u{1b}[2J/x", Some("db[2j/x")),
            ("db.example", None),
            ("/shop", None),
            ("", None),
        ] {
            let read = text.parse::<Destination>().ok().map(|at| at.to_string());
            assert_eq!(read.as_deref(), want, "{text}");
        }
    }
}
