//! Opens the shop before the curtain: rows in the source, a target to load into, business as usual on the source.

use crate::db::{Column, Database, DbError, catalogue};
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

/// The table that the target has in an older shape, and the column it lacks there.
pub const OUTDATED: (&str, &str) = ("invoice_line", "amount");

/// Makes the source and keeps it busy until the returned sender is dropped. Targets are made by the loads, but for one
/// table that stands there already and is older than the source's.
pub async fn shop(databases: &Databases, seed: u64, now: Timestamp) -> Result<watch::Sender<bool>, DbError> {
    let source = Database::parse(&databases.source.url)?;
    shop::prepare_source(&source, &Seed { seed, scale: 1.0, now }).await?;
    match outdated(databases, &source).await {
        // A target that is used elsewhere keeps the table it has; its load then says what it thinks of it.
        Err(error) if error.is_lost() => return Err(error),
        _ => {}
    }
    let workload = Workload::open(&source, seed).await?;
    let (stop, stopped) = watch::channel(false);
    // A source that goes away ends it; every task that reads there then says so itself.
    tokio::spawn(business(workload, source, seed, stopped));
    Ok(stop)
}

/// Goes on after a deadlock or a busy file.
async fn business(mut workload: Workload, source: Database, seed: u64, stopped: watch::Receiver<bool>) {
    while let Err(error) = workload.run(BUSINESS, stopped.clone()).await {
        if !error.is_retryable() {
            return;
        }
        let Ok(again) = Workload::open(&source, seed).await else { return };
        workload = again;
    }
}

/// As a target that was restored from last month's dump: a column that the source has got since is missing.
async fn outdated(databases: &Databases, source: &Database) -> Result<(), DbError> {
    let (name, column) = OUTDATED;
    let target = Database::parse(&databases.target.url)?;
    let (from, to) = (source.dialect(), target.dialect());
    let tables = catalogue::read(&mut source.read().await?).await?;
    let Some(table) = tables.get(&(databases.source.schema.clone(), name.to_owned())) else { return Ok(()) };
    let key = &table.primary_key;
    let older = table.columns.iter().filter(|c| c.name != column);
    let older: Vec<Column> =
        older.map(|c| Column { declared: to.spelled(from, c, key.contains(&c.name)), ..c.clone() }).collect();
    let schema = &databases.target.schema;
    let mut session = target.write_owned_by_demo().await?;
    if let Some(create) = to.create_schema(schema) {
        session.script(&create).await?;
    }
    session.script(&to.drop_table(schema, name)).await?;
    session.script(&to.create_table(schema, name, &older, key)).await
}
