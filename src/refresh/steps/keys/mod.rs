//! Foreign keys, away and back.
//!
//! PostgreSQL does not empty a table that a key points to, so there they are dropped before the load (`away.rs`) and put back
//! after it (`back.rs`): first all of them without a look at rows, so that no row can cost a key, then rows without a parent are
//! dealt with (`orphans.rs`), then one key after the other is validated. Elsewhere the keys stay, the load does without their
//! checks, and rows are looked at afterwards (`stayed.rs`).

mod away;
mod back;
mod orphans;
mod stayed;

use super::kept::{self, Kept};
use crate::db::schema::keys::{Key, Presence};
use crate::db::schema::orphans::Policy;
use crate::db::{Engine, schema};
use crate::model::refresh::{PlannedStep, StepKind};
use crate::refresh::ledger::{self, ObjKind, ObjState};
use crate::refresh::plan::Plan;
use crate::refresh::runner::marks;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use std::collections::BTreeMap;

/// A captured key with what has become of it.
#[derive(Debug)]
struct Found {
    key: Key,
    state: ObjState,
    presence: Presence,
    policy: Policy,
}

/// Why keys are put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Their turn has come.
    Turn,
    /// The run stops after the load: they hold for new rows, and no row is changed or looked at.
    Early,
    /// Nothing was loaded: everything must be as before.
    Undo,
}

/// Every captured key as it is now, and keys on the loaded tables that were not captured.
async fn look(work: &mut Work) -> Result<(Vec<Found>, Vec<Key>), Trouble> {
    let plan = std::sync::Arc::clone(&work.plan);
    prepare(work).await?;
    let now = kept::keys_now(work).await?;
    let captured = kept::read::<Key>(work, ObjKind::Key).await?;
    let policies: BTreeMap<&str, Policy> =
        plan.keys.iter().map(|seen| (seen.ident.as_str(), seen.orphans.into())).collect();
    let by_name: BTreeMap<&str, &Key> = now.iter().map(|key| (key.ident.as_str(), key)).collect();
    let found = captured.into_iter().map(|Kept { what: key, state }| {
        let is = by_name.get(key.ident.as_str()).copied();
        let presence = is.map_or(Presence::Gone, |is| key.presence(std::slice::from_ref(is)));
        let policy = policies.get(key.ident.as_str()).copied().unwrap_or(Policy::Fail);
        Found { key, state, presence, policy }
    });
    let found: Vec<Found> = found.collect();
    let is_known = |key: &Key| {
        let leaf = |one: &Found| one.key.leaves.contains(&key.child) && is_leaf_of(&one.key, key);
        found.iter().any(|one| one.key.ident == key.ident || leaf(one))
    };
    let strangers = now.iter().filter(|key| !is_known(key)).cloned().collect();
    Ok((found, strangers))
}

/// A key that stands in for the one of a partitioned table.
fn is_leaf_of(key: &Key, leaf: &Key) -> bool {
    leaf.name == key.leaf_name()
}

/// What the statements of `db::schema` mean; nothing of it is durable.
async fn prepare(work: &mut Work) -> Result<(), Trouble> {
    // The checks of the MySQL family are switched by `stayed`, which alone needs it, and back.
    if work.target.dialect().engine == Engine::MySql {
        return Ok(());
    }
    for statement in schema::prepare(work.target.dialect().engine) {
        work.target.session()?.script(statement).await?;
    }
    Ok(())
}

/// Whether this plan drops them.
fn go(plan: &Plan) -> bool {
    plan.takes_keys_away() && plan.target_way.engine == Engine::PostgreSql
}

async fn is_early(work: &mut Work) -> Result<bool, Trouble> {
    Ok(ledger::marked(&mut work.target, &StepKind::KeysBack.into(), marks::EARLY).await?.is_some())
}

pub(super) async fn probe(work: &mut Work, step: &PlannedStep) -> Result<Probe, Trouble> {
    if step.kind == StepKind::KeysAway { away::probe(work).await } else { back::probe(work).await }
}

pub(super) async fn run_away(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    if !go(&work.plan) {
        return Ok(Came::skipped("on this engine the keys stay: the session of the load does without their checks"));
    }
    away::run(work, step).await
}

pub(super) async fn undo_away(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    if !go(&work.plan) {
        return Ok("the keys were never away".to_owned());
    }
    back::put_back(work, step, Why::Undo).await
}

pub(super) async fn run_back(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let why = if is_early(work).await? { Why::Early } else { Why::Turn };
    if go(&work.plan) {
        return back::put_back(work, step, why).await.map(Came::Done);
    }
    if why == Why::Early {
        return Ok(Came::skipped("the keys were never away"));
    }
    stayed::run(work, step).await
}
