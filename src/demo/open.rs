//! Opens the shop before the curtain: rows in the source, a target to load into, business as usual on the source.

use crate::db::{Database, DbError};
use crate::demo::mover;
use crate::demo::shop::{self, Seed, Workload};
use crate::demo::stage::Launcher;
use crate::demo::world::Databases;
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::watch;

/// Rows changed on the source per second: visible in every pane, and no work for a laptop.
const BUSINESS: f64 = 40.0;

/// The real mover.
pub fn launcher() -> Launcher {
    Arc::new(|order, control, happened| Box::pin(mover::run(order, control, happened)))
}

/// Makes the source and keeps it busy until the returned sender is dropped. Targets are made by the loads.
pub async fn shop(databases: &Databases, seed: u64, now: Timestamp) -> Result<watch::Sender<bool>, DbError> {
    let source = Database::parse(&databases.source)?;
    shop::prepare_source(&source, &Seed { seed, scale: 1.0, now }).await?;
    let workload = Workload::open(&source, seed).await?;
    let (stop, stopped) = watch::channel(false);
    // A source that goes away ends it; every task that reads there then says so itself.
    tokio::spawn(async move { drop(workload.run(BUSINESS, stopped).await) });
    Ok(stop)
}
