//! What will be done to keys and triggers is done once in a transaction, and rolled back: what the rights of this user, or a
//! definition, do not allow shows here, before anything is gone. On the MySQL family every such statement would be final, so
//! there it is only looked whether all is as it was planned.

use super::session;
use crate::db::schema::TableName;
use crate::db::schema::keys::{self, Key};
use crate::db::schema::triggers::{self, State, Trigger};
use crate::model::engine::Engine;
use crate::model::refresh::{PlannedStep, StepKind};
use crate::refresh::plan::{Plan, drifted};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;

/// A lock is waited for so long: others queue behind who waits, and this is only a rehearsal.
const WAIT_FOR_LOCKS: &str = "SET LOCAL lock_timeout = '3s'";

/// It leaves nothing behind, so it is done again.
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(_work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(Probe::NotYet)
}

pub(super) async fn run(work: &mut Work, _step: &PlannedStep) -> Result<Came, Trouble> {
    let plan = std::sync::Arc::clone(&work.plan);
    let engine = plan.target_way.engine;
    let tables: Vec<TableName> =
        plan.tables.iter().map(|table| TableName::new(&table.target.0, &table.target.1)).collect();
    let all = keys::read(work.target.session()?, Some(&plan.schemas)).await?;
    let ours: Vec<Key> = all.into_iter().filter(|key| key.touches(&tables)).collect();
    let triggers = triggers::read(work.target.session()?, Some(&tables)).await?;
    if let Some(what) = drifted(&plan, &ours, &triggers) {
        return Err(Trouble::refused(what));
    }
    if engine == Engine::MySql {
        let words = "keys and triggers are as planned; here nothing can be tried without being final";
        return Ok(Came::done(words));
    }
    session::ready(work).await?;
    let mut tried = 0;
    if plan.takes_keys_away() {
        for chunk in keys::chunks(&ours) {
            work.good_moment()?;
            tried += rolled_back(work, keys_of(chunk)).await?;
        }
    }
    let firing: Vec<&Trigger> = triggers.iter().filter(|one| one.state != State::Disabled).collect();
    if plan.steps.iter().any(|step| step.kind == StepKind::TriggersOff) {
        tried += rolled_back(work, triggers_of(&firing)).await?;
    }
    if tried == 0 {
        writable(work, &plan).await?;
        return Ok(Came::done("nothing has to be taken away; the target can be written"));
    }
    Ok(Came::done(format!("{tried} keys and triggers away and back, and rolled back")))
}

/// What belongs to one thing: its name, and its statements there and back. A partitioned child would have all its rows looked
/// at on the way back, which is too much for a rehearsal.
struct Part {
    name: String,
    away: Vec<String>,
    back: Vec<String>,
}

fn keys_of(chunk: &[Key]) -> Vec<Part> {
    let one = |key: &Key| Part {
        name: key.ident.clone(),
        away: key.away(),
        back: if key.add_not_valid_sql.is_some() { key.back() } else { Vec::new() },
    };
    chunk.iter().map(one).collect()
}

fn triggers_of(firing: &[&Trigger]) -> Vec<Part> {
    let one = |trigger: &&Trigger| Part {
        name: trigger.ident.clone(),
        away: trigger.away.clone(),
        back: trigger.back.clone(),
    };
    firing.iter().map(one).collect()
}

async fn rolled_back(work: &mut Work, parts: Vec<Part>) -> Result<usize, Trouble> {
    work.target.begin().await?;
    if work.target.dialect().engine == Engine::PostgreSql {
        work.target.execute(WAIT_FOR_LOCKS, &[]).await?;
    }
    let mut done = Ok(());
    // Away in the opposite order: what is put back first must be the last to go.
    let away = parts.iter().rev().map(|part| (part, &part.away));
    let back = parts.iter().map(|part| (part, &part.back));
    'all: for (part, statements) in away.chain(back) {
        for statement in statements {
            done = work.target.script(statement).await.map_err(|trouble| trouble.at(&part.name));
            if done.is_err() {
                break 'all;
            }
        }
    }
    let back = work.target.rollback().await;
    done.map_err(|trouble| match trouble {
        // Somebody has a lock now, and not for ever.
        Trouble::Failed(_) if trouble.is_of_locks() => trouble,
        // It would be the same the next time.
        Trouble::Failed(why) => Trouble::Refused(why),
        other => other,
    })?;
    back?;
    Ok(parts.len())
}

/// A transaction that only begins needs what every later one needs.
async fn writable(work: &mut Work, plan: &Plan) -> Result<(), Trouble> {
    work.target.begin().await?;
    let statement = match plan.target_way.engine {
        Engine::PostgreSql => "SELECT pg_catalog.pg_current_xact_id()::text",
        Engine::MySql | Engine::Sqlite => "SELECT 1",
    };
    let done = work.target.query(statement, &[]).await.map(drop);
    let back = work.target.rollback().await;
    done.and(back)
}
