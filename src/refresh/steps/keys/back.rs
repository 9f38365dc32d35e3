//! Keys that were dropped come back: all of them first, for new rows; then rows of before are looked at, one key after the other.

use super::{Found, Why, away, orphans};
use crate::db::schema::TableName;
use crate::db::schema::keys::{Key, Presence};
use crate::db::schema::orphans::{Policy, in_order};
use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::ledger::{self, ObjKind, ObjState};
use crate::refresh::steps::deeds::{self, Deed, Pace, Refusal};
use crate::refresh::steps::together;
use crate::refresh::trouble::{Probe, Trouble};
use crate::refresh::work::Work;
use crate::store::points;
use std::collections::BTreeSet;

/// Said in the ledger of a partitioned table's key.
const PARTS: &str = "its parts have keys of their own for now, for new rows";

pub(super) async fn probe(work: &mut Work) -> Result<Probe, Trouble> {
    let (found, _) = super::look(work).await?;
    let is_told = |one: &Found| one.state == ObjState::Orphans && one.policy == Policy::Report;
    let is_back = |one: &&Found| match one.state {
        ObjState::Valid => one.presence == Presence::Same,
        _ => is_told(one),
    };
    let back = found.iter().filter(is_back).count();
    Ok(match back {
        _ if back == found.len() => Probe::Done(format!("{back} keys are back already")),
        0 => Probe::NotYet,
        _ => Probe::Partly,
    })
}

/// Puts back what is away, and says what that was.
///
/// # Errors
/// What could not be put back or is not right, after everything else was put back.
pub(super) async fn put_back(work: &mut Work, step: &PlannedStep, why: Why) -> Result<String, Trouble> {
    let mut told: Vec<Trouble> = Vec::new();
    if why == Why::Turn
        && let Err(trouble) = chains(work, step).await
    {
        match trouble {
            // The keys come back whatever became of the rows.
            Trouble::Failed(_) | Trouble::Refused(_) => told.push(trouble),
            other => return Err(other),
        }
    }
    let (found, _) = super::look(work).await?;
    let parted = add(work, step, why, &found, &mut told).await?;
    add_parted(work, step, &parted, &mut told).await?;
    work.show_away().await?;
    if why == Why::Early || points::mutant("left-unvalidated") {
        together(told)?;
        return Ok(format!("{} keys hold for new rows", found.len()));
    }
    let (found, _) = super::look(work).await?;
    let mut orphans = 0;
    let mut pace = Pace::new();
    let keys: Vec<Key> = found.iter().map(|one| one.key.clone()).collect();
    let ordered: Vec<&Found> =
        in_order(&keys).0.into_iter().filter_map(|key| found.iter().find(|one| one.key.ident == key.ident)).collect();
    let unseen: Vec<&Found> = ordered.into_iter().filter(|one| is_unseen(one)).collect();
    for (nth, one) in unseen.iter().enumerate() {
        pace.note(work, step, format!("validating key {} of {}", nth + 1, unseen.len())).await?;
        match validate(work, step, why, one).await {
            Ok(left) => orphans += u64::from(left),
            Err(trouble @ (Trouble::Failed(_) | Trouble::Refused(_))) => told.push(trouble),
            Err(other) => return Err(other),
        }
    }
    compare(work, &mut told).await?;
    together(told)?;
    let words = format!("{} keys are back", found.len());
    Ok(if orphans == 0 { words } else { format!("{words}, {orphans} of them with rows whose parent is not there") })
}

/// Rows of before have still to be looked at: it was valid, and is there without that, or only its parts have it.
fn is_unseen(one: &Found) -> bool {
    one.key.validated && (one.presence == Presence::Unvalidated || is_parted(one))
}

/// Only the parts of its partitioned table have it.
fn is_parted(one: &Found) -> bool {
    one.presence == Presence::Gone && one.key.add_not_valid_sql.is_none()
}

fn tables(key: &Key) -> Vec<TableName> {
    vec![key.child.clone(), key.parent.clone()]
}

/// All that can be put back without a look at rows. Gives those that cannot.
async fn add<'a>(
    work: &mut Work,
    step: &PlannedStep,
    why: Why,
    found: &'a [Found],
    told: &mut Vec<Trouble>,
) -> Result<Vec<&'a Found>, Trouble> {
    let (mut deeds, mut parted) = (Vec::new(), Vec::new());
    for one in found {
        let Found { key, state, presence, .. } = one;
        let unseen = if key.validated { ObjState::Restored } else { ObjState::Valid };
        let (statements, after) = match presence {
            Presence::Drifted(what) => {
                told.push(drift(key, what));
                continue;
            }
            // In an undo: somebody else dropped it, and it is not for us to decide.
            Presence::Gone if *state == ObjState::Present => {
                told.push(drift(key, "somebody dropped it, not this run"));
                continue;
            }
            Presence::Gone if is_parted(one) => {
                parted.push(one);
                continue;
            }
            Presence::Gone => (key.back(), unseen),
            // Somebody ran restore.sql by hand, perhaps not to its end.
            Presence::Unvalidated if state.is_away() => (key.around(), unseen),
            Presence::Unvalidated => continue,
            Presence::Incomplete(_) => (key.around(), ObjState::Valid),
            Presence::Same if matches!(state, ObjState::Present | ObjState::Valid) => continue,
            Presence::Same => (Vec::new(), ObjState::Valid),
        };
        deeds.push(Deed::new(&key.ident, tables(key), statements, after));
    }
    let doing = if why == Why::Undo { "putting back key" } else { "putting back, for new rows, key" };
    let refused = deeds::all(work, step, ObjKind::Key, &deeds, (Refusal::IsToldLater, doing)).await?;
    told.extend(refused.into_iter().map(|(_, trouble)| trouble));
    Ok(parted)
}

fn drift(key: &Key, what: &str) -> Trouble {
    Trouble::Refused(format!("key {} is not as it was captured: {}", shown(&key.ident), shown(what)))
}

/// A partitioned table's key cannot come back unseen: its parts get keys for new rows first, which no row can prevent.
async fn add_parted(
    work: &mut Work,
    step: &PlannedStep,
    parted: &[&Found],
    told: &mut Vec<Trouble>,
) -> Result<(), Trouble> {
    let deeds: Vec<Deed> = parted
        .iter()
        .map(|one| {
            let mut deed = Deed::new(&one.key.ident, tables(&one.key), one.key.leaf_back(), ObjState::Restored);
            deed.tables.extend(one.key.leaves.iter().cloned());
            deed.error = Some(PARTS.to_owned());
            deed
        })
        .collect();
    let doing = "putting back, on parts of tables, key";
    let refused = deeds::all(work, step, ObjKind::Key, &deeds, (Refusal::IsToldLater, doing)).await?;
    told.extend(refused.into_iter().map(|(_, trouble)| trouble));
    Ok(())
}

/// The statements after which a key is valid; of a partitioned table it is only then made.
fn making_valid(one: &Found) -> Vec<String> {
    if is_parted(one) {
        one.key.back().into_iter().chain(one.key.leaf_away()).collect()
    } else {
        one.key.validate().into_iter().collect()
    }
}

/// Looks at the rows of one key. Whether rows without a parent are left that may stay.
async fn validate(work: &mut Work, step: &PlannedStep, why: Why, one: &Found) -> Result<bool, Trouble> {
    if one.state == ObjState::Orphans && one.policy == Policy::Report && why == Why::Turn {
        return Ok(true);
    }
    match make_valid(work, step, one).await {
        Ok(()) => return Ok(false),
        Err(trouble) if trouble.is_of_orphans() => {}
        Err(other) => return Err(other),
    }
    let policy = if why == Why::Undo { Policy::Fail } else { one.policy };
    if matches!(policy, Policy::Null | Policy::Delete) {
        orphans::mend(work, step, &one.key, policy).await?;
        match make_valid(work, step, one).await {
            Ok(()) => return Ok(false),
            Err(trouble) if trouble.is_of_orphans() => {}
            Err(other) => return Err(other),
        }
    }
    orphans::told(work, step, &one.key, policy).await.map(|()| true)
}

async fn make_valid(work: &mut Work, step: &PlannedStep, one: &Found) -> Result<(), Trouble> {
    let deed = Deed::new(&one.key.ident, tables(&one.key), making_valid(one), ObjState::Valid);
    let deeds = std::slice::from_ref(&deed);
    deeds::all(work, step, ObjKind::Key, deeds, (Refusal::Stops, "validating key")).await.map(drop)
}

/// Where rows that are to be deleted are parents themselves, keys that hold for new rows would refuse it: rows are dealt with
/// before the keys are back, parents first.
async fn chains(work: &mut Work, step: &PlannedStep) -> Result<(), Trouble> {
    let (found, _) = super::look(work).await?;
    let refers = |child: &Key, parent: &Key| child.parent == parent.child || parent.leaves.contains(&child.parent);
    let deleting: Vec<&Found> = found
        .iter()
        .filter(|one| one.policy == Policy::Delete && found.iter().any(|child| refers(&child.key, &one.key)))
        .collect();
    if deleting.is_empty() {
        return Ok(());
    }
    let in_the_way: Vec<&Found> = found
        .iter()
        .filter(|one| one.state != ObjState::Present)
        .filter(|one| !matches!(one.presence, Presence::Gone | Presence::Drifted(_)))
        .filter(|one| deleting.iter().any(|parent| refers(&one.key, &parent.key)))
        .collect();
    if !in_the_way.is_empty() {
        let mut has_orphans = false;
        for one in &deleting {
            has_orphans = has_orphans || orphans::count(work, &one.key).await? > 0;
        }
        if !has_orphans {
            return Ok(());
        }
        work.say(step, "rows that are to be deleted are parents: the keys to them go away once more").await?;
        away::take_away(work, step, &in_the_way).await?;
    }
    let keys: Vec<(&Key, Policy)> = found.iter().map(|one| (&one.key, one.policy)).collect();
    orphans::mend_all(work, step, &keys).await
}

/// At the end each is what it was, or it is known why not.
async fn compare(work: &mut Work, told: &mut Vec<Trouble>) -> Result<(), Trouble> {
    let mut known = BTreeSet::new();
    for obj in ledger::objs(&mut work.target, ObjKind::Key).await? {
        if obj.state == ObjState::Orphans {
            known.insert(obj.ident);
        }
    }
    let (found, _) = super::look(work).await?;
    for one in &found {
        let what = match &one.presence {
            Presence::Same => continue,
            Presence::Unvalidated | Presence::Gone if known.contains(&one.key.ident) => continue,
            Presence::Gone => "it is not there",
            Presence::Unvalidated => "its rows of before were not looked at",
            Presence::Incomplete(what) | Presence::Drifted(what) => what.as_str(),
        };
        // Where something was refused, that is the reason.
        if told.is_empty() {
            told.push(drift(&one.key, what));
        }
    }
    Ok(())
}
