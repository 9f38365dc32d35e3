//! What the two databases of a task say themselves: the tables that DMS keeps on the target, the log that changes are read
//! from, open transactions, who waits for whom.
//!
//! AWS tells none of this. Start at [`Around`]; every figure is [`Known`], so that not being allowed to look, or a table
//! that is not there, never reads as "none". `control` has the rows of DMS's own tables, `limits` what is too much.

mod control;
mod limits;

pub use control::{ApplyException, ControlStatus, FailureKind, Key, Listed, Suspended, ValidationFailure, failed_key};
pub use limits::{BLOCKED_FOR, LAG, OPEN_FOR, RETAINED_WAL, amount, length};

use crate::model::Untrusted;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Both databases of one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Around {
    pub source: Side<SourceSeen>,
    pub target: Side<TargetSeen>,
}

impl Around {
    /// When the older of both was read, by the databases' own clocks.
    pub fn as_of(&self) -> Option<Timestamp> {
        [self.source.as_of(), self.target.as_of()].into_iter().flatten().min()
    }
}

/// One database, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side<T> {
    Read {
        place: Place,
        /// By the server's clock.
        as_of: Option<Timestamp>,
        seen: T,
    },
    /// It was tried: words of the server, or ours.
    Failed { place: Option<Place>, why: Untrusted },
    /// Nothing says how to reach it, or it may not be asked.
    NoConnection { why: String },
}

/// Which database it was, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// `host:port/database`, or a path.
    pub at: Untrusted,
    /// `[databases.shop]`, `the task's endpoint billing-source`.
    pub by: String,
    pub engine: String,
}

impl<T> Side<T> {
    pub fn as_of(&self) -> Option<Timestamp> {
        match self {
            Self::Read { as_of, .. } => *as_of,
            Self::Failed { .. } | Self::NoConnection { .. } => None,
        }
    }

    /// What it said, or why it said nothing.
    pub fn seen(&self) -> Result<&T, String> {
        match self {
            Self::Read { seen, .. } => Ok(seen),
            Self::Failed { why, .. } => Err(why.raw().to_owned()),
            Self::NoConnection { why } => Err(why.clone()),
        }
    }

    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Read { place, .. } => Some(place),
            Self::Failed { place, .. } => place.as_ref(),
            Self::NoConnection { .. } => None,
        }
    }
}

/// A figure, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known<T> {
    Is(T),
    /// There is no such table, and so no row in it.
    NotThere,
    /// This engine has no such thing.
    NotDue,
    /// Not allowed to look, or it went wrong; why.
    Unknown(Untrusted),
}

impl<T> Known<T> {
    pub fn is(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            _ => None,
        }
    }
}

/// Of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSeen {
    /// Logical replication slots of this database.
    pub slots: Known<Vec<Slot>>,
    pub binlog: Known<Binlog>,
    /// Open transactions, those that have written first, then the oldest first.
    pub open: Known<Open>,
    pub replica: Known<Option<Replica>>,
}

/// Of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSeen {
    pub exceptions: Known<Listed<ApplyException>>,
    pub suspended: Known<Listed<Suspended>>,
    pub failures: Known<Listed<ValidationFailure>>,
    pub status: Known<Option<ControlStatus>>,
    pub blocked: Known<Vec<Blocked>>,
    pub replica: Known<Option<Replica>>,
}

/// A logical replication slot of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    pub name: Untrusted,
    pub plugin: Option<Untrusted>,
    /// Somebody reads it.
    pub active: bool,
    /// Bytes of WAL that the server keeps for it.
    pub retained: Option<i64>,
    /// Bytes written since what the reader has confirmed.
    pub behind: Option<i64>,
    /// `reserved`, `extended`, `unreserved`, `lost`; none before PostgreSQL 13.
    pub wal_status: Option<Untrusted>,
    /// Bytes that can still be written before it may be lost; none where there is no limit.
    pub safe: Option<i64>,
}

impl Slot {
    /// Whether a task of this resource id made it, or an endpoint names it: DMS begins the name of a slot with the
    /// resource id in lower case (section 7.2 of the DMS facts).
    pub fn is_of(&self, resource_id: &str, named: Option<&str>) -> bool {
        if let Some(named) = named {
            return self.name.raw() == named;
        }
        let prefix: String = resource_id.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect();
        !prefix.is_empty() && self.name.raw().starts_with(&prefix)
    }
}

/// How MySQL or MariaDB keeps its changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binlog {
    pub on: bool,
    /// `ROW`, `MIXED`, `STATEMENT`.
    pub format: Untrusted,
    /// `FULL`, `MINIMAL`, `NOBLOB`; the server may have no such setting.
    pub row_image: Option<Untrusted>,
    /// How long a file is kept; `None`: for ever, or nobody says.
    pub kept_for: Option<SignedDuration>,
    /// What RDS keeps beyond that, in hours; it may not say, and then keeps nothing.
    pub rds_hours: Option<i64>,
    pub files: Known<BinlogFiles>,
}

/// The files there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinlogFiles {
    pub oldest: Untrusted,
    pub newest: Untrusted,
    pub count: usize,
    pub bytes: i64,
}

/// The file of a binlog that a position or checkpoint of DMS names: `checkpoint:V1#27#mysql-bin-changelog.157832:1975:…`.
pub fn binlog_file(position: &str) -> Option<&str> {
    let is_file = |part: &&str| {
        let Some((base, number)) = part.rsplit_once('.') else { return false };
        let digits = number.len() >= 6 && number.bytes().all(|byte| byte.is_ascii_digit());
        digits && base.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    position.split([':', '#', ' ', ',', ';']).find(is_file)
}

impl BinlogFiles {
    /// Whether this file is still among them; `None` where it is of another series.
    pub fn has(&self, file: &str) -> Option<bool> {
        let (base, number) = numbered(file)?;
        let ((oldest_base, oldest), (_, newest)) = (numbered(self.oldest.raw())?, numbered(self.newest.raw())?);
        (base == oldest_base).then_some((oldest..=newest).contains(&number))
    }
}

fn numbered(file: &str) -> Option<(&str, u64)> {
    let (base, number) = file.rsplit_once('.')?;
    Some((base, number.parse().ok()?))
}

/// Open transactions of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub transactions: Vec<OpenTransaction>,
    /// Sessions of others of which the server does not tell us whether one is open.
    pub hidden: i64,
}

/// One of them. What it runs is not read: statements hold values of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTransaction {
    /// `None`: prepared, so that no session holds it.
    pub pid: Option<i64>,
    pub user: Option<Untrusted>,
    pub application: Option<Untrusted>,
    /// `active`, `idle in transaction`, `prepared`, `Sleep`, …
    pub state: Option<Untrusted>,
    pub open_for: SignedDuration,
    /// It has changed something, which nobody reads before it commits; `None`: not told.
    pub has_written: Option<bool>,
}

/// A session that waits for a lock, and who holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    pub pid: i64,
    pub user: Option<Untrusted>,
    pub waits: Option<SignedDuration>,
    pub table: Option<Untrusted>,
    /// `None`: the server does not say who.
    pub by: Option<Blocker>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocker {
    pub pid: i64,
    pub user: Option<Untrusted>,
    pub state: Option<Untrusted>,
    pub open_for: Option<SignedDuration>,
}

/// The database that is read is a copy, and this far behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    /// `None`: it does not tell, as where replication has stopped.
    pub behind: Option<SignedDuration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_the_tasks_by_its_beginning_or_by_the_name_an_endpoint_gives() {
        let slot = |name: &str| Slot {
            name: name.into(),
            plugin: None,
            active: true,
            retained: None,
            behind: None,
            wal_status: None,
            safe: None,
        };
        for (name, id, named, want) in [
            ("orders5pq7_00016402_7b1c", "ORDERS5PQ7", None, true),
            ("my_task_00016402", "my-task", None, true),
            ("billing_00016402", "ORDERS5PQ7", None, false),
            ("made_by_hand", "ORDERS5PQ7", Some("made_by_hand"), true),
            ("orders5pq7_00016402", "ORDERS5PQ7", Some("made_by_hand"), false),
            ("anything", "", None, false),
        ] {
            assert_eq!(slot(name).is_of(id, named), want, "{name} {id} {named:?}");
        }
    }

    #[test]
    fn the_file_of_a_position_is_found_and_looked_for_among_those_kept() {
        for (position, want) in [
            (
                "checkpoint:V1#27#mysql-bin-changelog.157832:1975:-1:2002:677883278264080:mysql-bin-changelog.157832:1876#0#0#*#0#93",
                Some("mysql-bin-changelog.157832"),
            ),
            ("mysql-bin.000003:107", Some("mysql-bin.000003")),
            ("checkpoint:V1#1#00000004/2A000028#0#0#*#0#93", None),
            ("2026-11-22T14:03:22.123456", None),
            ("", None),
        ] {
            assert_eq!(binlog_file(position), want, "{position}");
        }
        let kept = BinlogFiles { oldest: "b.000998".into(), newest: "b.001003".into(), count: 6, bytes: 1 };
        for (file, want) in
            [("b.000998", Some(true)), ("b.001000", Some(true)), ("b.000997", Some(false)), ("c.001000", None)]
        {
            assert_eq!(kept.has(file), want, "{file}");
        }
    }
}
