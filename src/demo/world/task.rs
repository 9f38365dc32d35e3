//! One task of the world: what it was created as, and how it stands now.

use super::fleet::FleetTables;
use super::legal::StartType;
use super::metrics::{Flow, Past, Points};
use crate::demo::mover::order::Checkpoint;
use crate::model::table::{TableRow, TableState};
use crate::model::task::{MigrationType, TaskStatus};
use crate::model::{EndpointArn, InstanceArn, ReplicationArn};
use jiff::Timestamp;
use std::sync::Arc;

/// What does not change while the world runs.
#[derive(Debug, Clone)]
pub struct Definition {
    pub name: String,
    pub arn: ReplicationArn,
    pub migration_type: MigrationType,
    pub source: EndpointArn,
    pub target: EndpointArn,
    /// None for serverless.
    pub instance: Option<InstanceArn>,
    /// Table mappings, JSON.
    pub mappings: String,
    /// Task settings, JSON.
    pub settings: String,
    pub tags: Vec<(String, String)>,
    pub created: Timestamp,
    /// Which databases a run of this task works on; none for tasks that only exist on the wire.
    pub route: Option<Route>,
    /// How its metrics looked before anything really moved, and look where nothing does.
    pub past: Past,
}

/// Where a run's rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// From production to the database it migrates to.
    Migration,
    /// From production to staging.
    Staging,
}

/// Tables of a task.
#[derive(Debug, Clone)]
pub enum Tables {
    /// Rows kept, because something real moves them.
    Kept(Arc<Vec<Table>>),
    /// Rows computed when asked for.
    Fleet(FleetTables),
}

/// A kept row: as it is, and as DMS last wrote it down. Statistics are refreshed now and then, not at each change.
#[derive(Debug, Clone)]
pub struct Table {
    pub live: TableRow,
    pub shown: TableRow,
    /// Not part of the run: in error since an earlier one.
    pub suspended: bool,
}

/// Times of `ReplicationTaskStats`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    pub fresh_start: Option<Timestamp>,
    pub start: Option<Timestamp>,
    pub stop: Option<Timestamp>,
    pub load_start: Option<Timestamp>,
    pub load_finish: Option<Timestamp>,
}

/// A run of the mover for this task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Counts up; what an earlier run still says is not listened to.
    pub number: u64,
    /// The run only brings the databases to where the opening set says they are; its load is not shown.
    pub seeding: bool,
    pub control: crate::demo::mover::order::Control,
}

/// One task.
#[derive(Debug, Clone)]
pub struct Task {
    pub def: Arc<Definition>,
    pub status: TaskStatus,
    /// When a passing status (`starting`, `stopping`) ends at the earliest.
    pub until: Option<Timestamp>,
    pub stop_reason: Option<String>,
    pub last_failure: Option<String>,
    pub times: Times,
    pub cdc_start: Option<String>,
    pub cdc_stop: Option<String>,
    pub checkpoint: Option<Checkpoint>,
    pub tables: Tables,
    /// What the next run does; taken when `starting` ends.
    pub begin: Option<crate::demo::mover::order::Begin>,
    /// The next run is a fresh start or a reload.
    pub fresh: bool,
    /// How the newest start was asked for; `None` where that was before the world opened.
    pub started_as: Option<StartType>,
    pub run: Option<Run>,
    pub runs: u64,
    /// Published points; shared with snapshots, since they change once a minute.
    pub points: Arc<Points>,
    /// What moved in the minute under way.
    pub flow: Flow,
    pub refreshed: Timestamp,
    pub log: Arc<super::logs::Log>,
}

impl Task {
    pub fn resource_id(&self) -> String {
        self.def.arn.resource_id().0
    }

    pub fn is_serverless(&self) -> bool {
        self.def.instance.is_none()
    }

    /// "Has it ever run?" as AWS's own runbook asks it.
    pub fn has_run(&self) -> bool {
        self.times.fresh_start.is_some()
    }

    /// Kept rows to change; none for a fleet task.
    pub fn kept(&mut self) -> &mut [Table] {
        match &mut self.tables {
            Tables::Kept(tables) => Arc::make_mut(tables).as_mut_slice(),
            Tables::Fleet(_) => &mut [],
        }
    }

    pub fn table(&mut self, schema: &str, table: &str) -> Option<&mut Table> {
        self.kept().iter_mut().find(|t| t.live.schema.raw() == schema && t.live.table.raw() == table)
    }

    pub fn table_count(&self) -> usize {
        match &self.tables {
            Tables::Kept(tables) => tables.len(),
            Tables::Fleet(fleet) => fleet.count,
        }
    }

    /// State of row `index`, without building the row.
    pub fn table_state(&self, index: usize, now: Timestamp) -> TableState {
        match &self.tables {
            Tables::Kept(tables) => tables[index].shown.state.clone(),
            Tables::Fleet(fleet) => fleet.state(self, index, now),
        }
    }

    /// Row `index` as DMS describes it.
    pub fn table_row(&self, index: usize, now: Timestamp) -> TableRow {
        match &self.tables {
            Tables::Kept(tables) => tables[index].shown.clone(),
            Tables::Fleet(fleet) => fleet.row(self, index, now),
        }
    }

    /// Has this table, by source name?
    pub fn has_table(&self, schema: &str, table: &str) -> bool {
        match &self.tables {
            Tables::Kept(tables) => tables.iter().any(|t| t.live.schema.raw() == schema && t.live.table.raw() == table),
            Tables::Fleet(fleet) => fleet.find(schema, table).is_some(),
        }
    }

    /// Tables per state, as `ReplicationTaskStats` counts them.
    pub fn counts(&self, now: Timestamp) -> Counts {
        match &self.tables {
            Tables::Kept(tables) => {
                let mut counts = Counts::default();
                tables.iter().for_each(|table| counts.add(&table.live.state));
                counts
            }
            Tables::Fleet(fleet) => fleet.counts(self, now),
        }
    }

    /// Captured and not yet applied, over all tables in replication.
    pub fn backlog(&self) -> i64 {
        match &self.tables {
            Tables::Kept(tables) => {
                tables.iter().filter(|t| !t.live.state.is_bad()).filter_map(|t| t.live.backlog()).sum()
            }
            Tables::Fleet(_) => 0,
        }
    }
}

/// Tables per state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub loaded: i32,
    pub loading: i32,
    pub queued: i32,
    pub errored: i32,
}

impl Counts {
    pub fn add(&mut self, state: &TableState) {
        match state {
            TableState::Completed => self.loaded += 1,
            TableState::FullLoad | TableState::BeingReloaded => self.loading += 1,
            TableState::BeforeLoad => self.queued += 1,
            TableState::Error | TableState::DoesNotExist => self.errored += 1,
            TableState::Cancelled | TableState::Other(_) => {}
        }
    }

    /// DMS's own percentage: what has been tried, loaded or not. That is the trap.
    pub fn percent(self, tables: usize) -> i32 {
        let tried = i64::from(self.loaded) + i64::from(self.errored);
        let tables = i64::try_from(tables).unwrap_or(i64::MAX).max(1);
        i32::try_from(tried * 100 / tables).unwrap_or(100)
    }
}
