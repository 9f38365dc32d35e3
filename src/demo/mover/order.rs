//! The two halves of the conversation between the world (DMS state machine) and the mover (databases).

use crate::model::mappings::Mappings;
use crate::model::settings::PrepMode;
use jiff::Timestamp;

/// How a run begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begin {
    /// Load every selected table (start-replication the first time, reload-target).
    LoadAll,
    /// Load only these source tables (resume-processing of an unfinished load, `ReloadTables`).
    LoadSome(Vec<(String, String)>),
    /// Load only these source tables, then all changes since this position: an interrupted load goes on where it was,
    /// and tables loaded before the interruption lose nothing. The position is the first `At` of the interrupted run.
    LoadRest { tables: Vec<(String, String)>, from: Checkpoint },
    /// No load: changes from here. `None` means from now.
    Changes { from: Option<Checkpoint> },
}

/// A position in the source's change log, printed as `checkpoint:V1#<n>`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Checkpoint(pub i64);

/// What one run of a task shall do.
#[derive(Debug, Clone)]
pub struct Order {
    pub source_url: String,
    pub target_url: String,
    pub mappings: Mappings,
    pub prep_mode: PrepMode,
    pub begin: Begin,
    /// Go on with changes after the load.
    pub changes_after_load: bool,
    /// Rows per second over all tables, so that a load is visible; `None` is as fast as it goes.
    pub pace: Option<u32>,
    /// Tables loaded at the same time (`MaxFullLoadSubTasks`, 8 in DMS).
    pub sub_tasks: usize,
    /// The target endpoint's init statement switches foreign key checks off, where the engine has such a switch.
    pub checks_off: bool,
    /// `TASK_NAME` in the control tables on the target; without one none are kept.
    pub control_of: Option<String>,
}

/// What the world can say to a running mover. Sent over a `tokio::sync::watch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Finish the current batch and stop.
    pub stop: bool,
    /// Tables (source names) asked for by `ReloadTables`, with a serial number so that the same table can be asked twice.
    pub reload: Vec<(u64, String, String)>,
    /// Artificial delay before applying captured changes, in milliseconds (the latency fault).
    pub apply_delay_ms: u64,
}

/// What the mover says. Sent over an unbounded `tokio::sync::mpsc`; tables carry *source* names.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    /// The selected tables are known; in load order.
    Tables(Vec<(String, String)>),
    LoadStarted {
        schema: String,
        table: String,
    },
    /// Rows of this table committed on the target since the last such message.
    Loaded {
        schema: String,
        table: String,
        rows: u64,
    },
    LoadEnded {
        schema: String,
        table: String,
    },
    /// The table is out: `Table error`. The text is the database's own.
    TableFailed {
        schema: String,
        table: String,
        why: String,
    },
    /// Changes read from the source's log; `committed` is the source commit time of the newest.
    Captured {
        schema: String,
        table: String,
        inserts: u64,
        updates: u64,
        deletes: u64,
        committed: Timestamp,
    },
    /// Changes confirmed on the target.
    Applied {
        schema: String,
        table: String,
        inserts: u64,
        updates: u64,
        deletes: u64,
        committed: Timestamp,
    },
    /// Position from which a resume would go on.
    At(Checkpoint),
    /// Nothing to read: the source is quiet at this time.
    Idle(Timestamp),
    /// Every selected table was tried and no changes are wanted.
    LoadFinished,
    /// Stopped as asked.
    Stopped,
    /// The run cannot go on (connection lost, database gone). The text is the database's own.
    Failed {
        why: String,
    },
}
