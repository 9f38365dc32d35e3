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
use cutover::change::Time;
use cutover::db::schema::keys::Key;
use cutover::db::schema::snapshot::Snapshot;
use cutover::db::schema::triggers::Trigger;
use cutover::db::{Database, Engine};
use cutover::model::refresh::{Does, Orphans, RefreshName, StepKind};
use cutover::refresh::{self, Door, Means, Plan};
use cutover::store::Settings;
use cutover::store::runs;
pub use desk::*;
use jiff::Timestamp;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

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
