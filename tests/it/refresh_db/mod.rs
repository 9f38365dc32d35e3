//! Steps of a refresh that work on the target, on real servers, with plans made by hand: what goes away comes back the same,
//! whatever is killed in between. The load is a script of the plan.

mod away;
mod by_hand;
mod desk;
mod kills;
mod orphans;
mod others;
mod quarantine;
mod restarts;
mod stops;

use crate::around::Base;
use crate::refresh_keys::same;
use cutover::change::{Confirmed, Time, Yes};
use cutover::db::schema::keys::{self, Key};
use cutover::db::schema::snapshot::{self, Snapshot};
use cutover::db::schema::triggers::{self, Trigger};
use cutover::db::schema::{TableName, snapshot::Kind};
use cutover::db::{Database, Engine};
use cutover::model::ReplicationArn;
use cutover::model::TaskName;
use cutover::model::change::Meant;
use cutover::model::refresh::{
    Again, Cadence, CustomStep, Does, Load, LoadedTable, OnFailure, Orphans, Place, PlannedStep, Purpose, Quarantine,
    RefreshId, RefreshName, RunSeen, StepKind, StepName,
};
use cutover::refresh::plan::{KeySeen, LEDGER, TriggerSeen, VERSION, Way};
use cutover::refresh::{self, Door, Ended, Means, Plan, Trouble, Work, Zombie, covered};
use cutover::store::Settings;
use cutover::store::runs::{self, Writer};
pub use desk::*;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;

impl Desk {
    /// Nothing is as it was not before.
    pub async fn is_as(&self, before: &Snapshot) {
        same(before, &self.snapshot().await);
    }
}

pub async fn until(mut is: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while !is().await {
        assert!(std::time::Instant::now() < deadline, "waited in vain");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
