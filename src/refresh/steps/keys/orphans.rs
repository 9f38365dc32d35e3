//! Rows whose parent is not there: counted, told, set to null or deleted, as the plan says for their key. How many is told, and
//! how to see them; never what is in them.

use crate::db::Value;
use crate::db::schema::keys::Key;
use crate::db::schema::orphans::{self, Policy, in_order};
use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::ledger::{self, ObjKind, ObjState};
use crate::refresh::steps::deeds::Pace;
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;

/// So many are shown by the statement that is told.
const SAMPLE: u32 = 20;

/// How many there are.
pub(super) async fn count(work: &mut Work, key: &Key) -> Result<u64, Trouble> {
    let rows = work.target.query(&orphans::count(key), &[]).await?;
    let count = rows.first().and_then(|row| row.first()).and_then(Value::as_int).and_then(|n| u64::try_from(n).ok());
    count.ok_or_else(|| Trouble::failed(format!("the target did not say how many rows break key {}", key.ident)))
}

/// Sets them to null or deletes them, until there are none; how many rows were changed.
pub(super) async fn mend(work: &mut Work, step: &PlannedStep, key: &Key, policy: Policy) -> Result<u64, Trouble> {
    let Some(statement) = orphans::mend(key, policy, orphans::BATCH).map_err(Trouble::Refused)? else { return Ok(0) };
    let done = if policy == Policy::Delete { "deleted" } else { "set to null" };
    let ident = shown(&key.ident).into_owned();
    let (mut all, mut pace) = (0, Pace::new());
    loop {
        work.good_moment()?;
        let touched = work.target.execute(&statement, &[]).await.map_err(|trouble| trouble.at(&ident))?;
        if touched == 0 {
            break;
        }
        all += touched;
        pace.note(work, step, format!("{all} rows without a parent {done}: {ident}")).await?;
    }
    if all > 0 {
        work.say(step, format!("key {ident}: {all} rows without a parent were {done}")).await?;
    }
    Ok(all)
}

/// The same for every key that has such a policy: parents first, and once more where they go in a circle.
pub(super) async fn mend_all(work: &mut Work, step: &PlannedStep, keys: &[(&Key, Policy)]) -> Result<(), Trouble> {
    let mending: Vec<Key> = keys
        .iter()
        .filter(|(_, policy)| matches!(policy, Policy::Null | Policy::Delete))
        .map(|(key, _)| (*key).clone())
        .collect();
    let (ordered, in_circle) = in_order(&mending);
    loop {
        let mut touched = 0;
        for key in &ordered {
            let policy =
                keys.iter().find(|(one, _)| one.ident == key.ident).map_or(Policy::Fail, |(_, policy)| *policy);
            touched += mend(work, step, key, policy).await?;
        }
        if touched == 0 || !in_circle {
            return Ok(());
        }
    }
}

/// Writes down that there are some, and says so: as an error, unless the plan lets them stay.
pub(super) async fn told(work: &mut Work, step: &PlannedStep, key: &Key, policy: Policy) -> Result<(), Trouble> {
    let number = count(work, key).await?;
    let words = format!("{number} rows have no parent in {}", key.parent.words().shown());
    ledger::set(&mut work.target, (ObjKind::Key, &key.ident), ObjState::Orphans, Some(&words)).await?;
    let ident = shown(&key.ident).into_owned();
    let holds = if key.add_sql.is_empty() { "" } else { "; the key holds for new rows" };
    if policy == Policy::Report {
        return work.warn(step, format!("key {ident}: {words}; they stay{holds}")).await;
    }
    let see = orphans::sample(key, SAMPLE);
    Err(Trouble::Refused(format!("key {ident}: {words}{holds}. To see them: {see}")))
}
