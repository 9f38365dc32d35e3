//! What can be done to a task.

use crate::model::{ReplicationArn, TaskName, Untrusted};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The task that is meant: selected by its ARN, always; the name is what a person types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meant {
    pub arn: ReplicationArn,
    pub name: TaskName,
}

/// One thing to do to a task, with everything that has to be said for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// `start-replication`: the first run; of a `cdc` task also a later one, from a position.
    Start {
        from: StartFrom,
        until: Option<Until>,
    },
    /// `resume-processing`: goes on where it stopped.
    Resume {
        until: Option<Until>,
    },
    /// `reload-target`: every table of the task again, from nothing.
    Reload {
        until: Option<Until>,
    },
    Stop,
    /// These tables again, while the task runs.
    ReloadTables {
        tables: Vec<TableName>,
        how: ReloadHow,
    },
    /// Source and target, from the instance of the task.
    TestConnections,
}

/// The verbs without what goes with them: rows of the table of what is legal, and of menus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerbKind {
    Start,
    Resume,
    Reload,
    Stop,
    ReloadTables,
    ValidateTables,
    TestConnections,
}

impl VerbKind {
    pub const ALL: [Self; 7] = [
        Self::Start,
        Self::Resume,
        Self::Stop,
        Self::Reload,
        Self::ReloadTables,
        Self::ValidateTables,
        Self::TestConnections,
    ];

    /// As one says it, and types it for several at once.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Resume => "resume",
            Self::Reload => "reload",
            Self::Stop => "stop",
            Self::ReloadTables => "reload-tables",
            Self::ValidateTables => "validate-tables",
            Self::TestConnections => "test",
        }
    }

    /// Several tasks at once: never anything that destroys, and nothing that needs to be told more.
    pub fn for_several(self) -> bool {
        matches!(self, Self::Stop | Self::Resume | Self::TestConnections)
    }
}

impl Verb {
    pub fn kind(&self) -> VerbKind {
        match self {
            Self::Start { .. } => VerbKind::Start,
            Self::Resume { .. } => VerbKind::Resume,
            Self::Reload { .. } => VerbKind::Reload,
            Self::Stop => VerbKind::Stop,
            Self::ReloadTables { how: ReloadHow::Data, .. } => VerbKind::ReloadTables,
            Self::ReloadTables { how: ReloadHow::Validation, .. } => VerbKind::ValidateTables,
            Self::TestConnections => VerbKind::TestConnections,
        }
    }

    /// Where it is to end by itself.
    pub fn until(&self) -> Option<&Until> {
        match self {
            Self::Start { until, .. } | Self::Resume { until } | Self::Reload { until } => until.as_ref(),
            Self::Stop | Self::ReloadTables { .. } | Self::TestConnections => None,
        }
    }
}

/// From where changes are captured. A task that loads begins at its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartFrom {
    /// Of a task that loads.
    Beginning,
    /// Of a `cdc` task: earlier changes are lost, and that is meant.
    Now,
    Time(Timestamp),
    /// A position of the source's own (LSN, SCN, file and offset), or a checkpoint of DMS.
    Position(String),
}

/// `CdcStopPosition`: `server_time:2026-11-22T14:00:00` or `commit_time:2026-11-22T14:00:00`, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Until(String);

/// Why a text is no end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither server_time:2026-11-22T14:00:00 nor commit_time:2026-11-22T14:00:00 (UTC)")]
pub struct UntilError(String);

impl Until {
    /// As the API takes it.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// By the clock of the server that runs the task; otherwise by the commits of the source, which may be far behind.
    pub fn of_server(&self) -> bool {
        self.0.starts_with("server_time:")
    }

    /// There is one in each that was parsed.
    pub fn time(&self) -> Option<Timestamp> {
        let (_, time) = self.0.split_once(':')?;
        let time: jiff::civil::DateTime = time.parse().ok()?;
        time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|time| time.timestamp())
    }
}

impl std::str::FromStr for Until {
    type Err = UntilError;

    fn from_str(text: &str) -> Result<Self, UntilError> {
        let wrong = || UntilError(crate::model::untrusted::shown(text).into_owned());
        let (kind, time) = text.split_once(':').ok_or_else(wrong)?;
        if !matches!(kind, "server_time" | "commit_time") {
            return Err(wrong());
        }
        let time = time.trim();
        // An offset would be read over: whoever writes one means another time than UTC.
        let time = time.strip_suffix('Z').unwrap_or(time);
        let plain = |format| jiff::civil::DateTime::strptime(format, time);
        let whole = plain("%Y-%m-%dT%H:%M:%S").or_else(|_| plain("%Y-%m-%dT%H:%M")).map_err(|_| wrong())?;
        Ok(Self(format!("{kind}:{}", whole.strftime("%Y-%m-%dT%H:%M:%S"))))
    }
}

impl TryFrom<String> for Until {
    type Error = UntilError;

    fn try_from(text: String) -> Result<Self, UntilError> {
        text.parse()
    }
}

impl From<Until> for String {
    fn from(until: Until) -> Self {
        until.0
    }
}

/// One table as DMS names it: in the source's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableName {
    pub schema: Untrusted,
    pub table: Untrusted,
}

impl TableName {
    /// `ReloadTables` takes no more of them at once (section 1.2 of the DMS facts).
    pub const IN_ONE_REQUEST: usize = 10;

    /// `schema.table`, clean for a terminal.
    pub fn shown(&self) -> String {
        format!("{}.{}", self.schema.shown(), self.table.shown())
    }
}

/// What is done again for a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReloadHow {
    /// `data-reload`: its rows, from nothing.
    Data,
    /// `validate-only`.
    Validation,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_in_utc_and_nothing_of_it_is_read_over() {
        for (text, want) in [
            ("server_time:2026-11-22T14:00:00", Some("server_time:2026-11-22T14:00:00")),
            ("commit_time: 2026-11-22T14:00", Some("commit_time:2026-11-22T14:00:00")),
            ("commit_time:2026-11-22T14:00:00Z", Some("commit_time:2026-11-22T14:00:00")),
            ("commit_time:2026-11-22T14:00:00+02:00", None),
            ("commit_time:2026-11-22T14:00:00-05", None),
            ("commit_time:2026-11-22", None),
            ("commit_time:2026-13-22T14:00:00", None),
            ("local_time:2026-11-22T14:00:00", None),
            ("2026-11-22T14:00:00", None),
            ("server_time:", None),
        ] {
            let until: Option<Until> = text.parse().ok();
            assert_eq!(until.as_ref().map(Until::raw), want, "{text}");
            let Some(until) = until else { continue };
            assert_eq!(until.time(), "2026-11-22T14:00:00Z".parse().ok(), "{text}");
            assert_eq!(until.of_server(), text.starts_with("server"), "{text}");
        }
    }
}
