//! Keys that were dropped come back: all of them first, for new rows; then rows of before are looked at, one key after the other.

use super::{Found, Why, away, orphans};
use crate::db::schema::TableName;
use crate::db::schema::keys::{Key, Presence};
use crate::db::schema::orphans::{Policy, in_order};
use crate::model::refresh::{Orphans, PlannedStep};
use crate::model::untrusted::shown;
use crate::refresh::ledger::{self, ObjKind, ObjState};
use crate::refresh::steps::deeds::{self, Deed, How, Refusal};
use crate::refresh::steps::together;
use crate::refresh::trouble::{Probe, Trouble};
use crate::refresh::work::Work;
use crate::store::points;
use std::collections::{BTreeMap, BTreeSet};

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
    let (parted, added) = add(work, step, why, &found, &mut told).await?;
    add_parted(work, step, &parted, &mut told).await?;
    work.show_away().await?;
    if why == Why::Early || points::mutant("left-unvalidated") {
        together(&told)?;
        return Ok(format!("{} keys hold for new rows", found.len()));
    }
    let may_stay = |one: &&Found| why == Why::Turn && is_let_be(one);
    let let_be = found.iter().filter(may_stay).count();
    let unseen = in_their_order(&found, |one| {
        let is_there =
            one.presence == Presence::Unvalidated || added.contains(one.key.ident.as_str()) || is_parted(one);
        let is_ours = one.presence != Presence::Gone || one.state != ObjState::Present;
        one.key.validated && is_there && is_ours && !may_stay(&one)
    });
    let left = validate(work, step, why, &unseen, &mut told).await? + let_be;
    compare(work, &mut told).await?;
    together(&told)?;
    let words = format!("{} keys are back", found.len());
    Ok(if left == 0 { words } else { format!("{words}, {left} of them with rows whose parent is not there") })
}

/// Rows without a parent were found before, and told.
fn is_let_be(one: &Found) -> bool {
    one.state == ObjState::Orphans && one.policy == Policy::Report && one.presence != Presence::Same
}

/// Those that are meant, parents first.
fn in_their_order(found: &[Found], is_meant: impl Fn(&Found) -> bool) -> Vec<&Found> {
    let meant: BTreeMap<&str, &Found> =
        found.iter().filter(|one| is_meant(one)).map(|one| (one.key.ident.as_str(), one)).collect();
    let keys: Vec<Key> = meant.values().map(|one| one.key.clone()).collect();
    in_order(&keys).0.into_iter().filter_map(|key| meant.get(key.ident.as_str()).copied()).collect()
}

/// Only the parts of its partitioned table have it.
fn is_parted(one: &Found) -> bool {
    one.presence == Presence::Gone && one.key.add_not_valid_sql.is_none()
}

fn tables(key: &Key) -> Vec<TableName> {
    vec![key.child.clone(), key.parent.clone()]
}

/// All that can be put back without a look at rows. Gives those that cannot, and the names of those that are there now.
async fn add<'a>(
    work: &mut Work,
    step: &PlannedStep,
    why: Why,
    found: &'a [Found],
    told: &mut Vec<Trouble>,
) -> Result<(Vec<&'a Found>, BTreeSet<&'a str>), Trouble> {
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
            // Its parts hold for new rows already, and its old ones were told.
            Presence::Gone if why == Why::Turn && is_let_be(one) => continue,
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
    let how = How::quick(Refusal::IsToldLater, doing);
    let refused = deeds::all(work, step, ObjKind::Key, &deeds, how).await?;
    let not: BTreeSet<&str> = refused.iter().map(|(nth, _)| deeds[*nth].ident.as_str()).collect();
    let made: BTreeSet<&str> =
        deeds.iter().map(|deed| deed.ident.as_str()).filter(|name| !not.contains(name)).collect();
    let names = found.iter().filter(|one| one.presence == Presence::Gone).map(|one| one.key.ident.as_str());
    let added = names.filter(|name| made.contains(name)).collect();
    told.extend(refused.into_iter().map(|(_, trouble)| trouble));
    Ok((parted, added))
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
    let how = How::quick(Refusal::IsToldLater, doing);
    let refused = deeds::all(work, step, ObjKind::Key, &deeds, how).await?;
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

/// Looks at the rows of these. How many have rows without a parent that may stay.
async fn validate(
    work: &mut Work,
    step: &PlannedStep,
    why: Why,
    unseen: &[&Found],
    told: &mut Vec<Trouble>,
) -> Result<usize, Trouble> {
    let deeds: Vec<Deed> = unseen.iter().map(|one| validating(one)).collect();
    let how = How { refusal: Refusal::IsToldLater, doing: "validating key", first: 1 };
    let mut left = 0;
    for (nth, trouble) in deeds::all(work, step, ObjKind::Key, &deeds, how).await? {
        let came = if trouble.is_of_orphans() {
            let policy = if why == Why::Undo { Policy::Fail } else { unseen[nth].policy };
            deal(work, step, unseen[nth], policy).await
        } else {
            Err(trouble)
        };
        match came {
            Ok(are_left) => left += usize::from(are_left),
            Err(trouble @ (Trouble::Failed(_) | Trouble::Refused(_))) => told.push(trouble),
            Err(other) => return Err(other),
        }
    }
    Ok(left)
}

fn validating(one: &Found) -> Deed {
    Deed::new(&one.key.ident, tables(&one.key), making_valid(one), ObjState::Valid)
}

/// There are rows without a parent: what the plan says of them. Whether they are left.
async fn deal(work: &mut Work, step: &PlannedStep, one: &Found, policy: Policy) -> Result<bool, Trouble> {
    if matches!(policy, Policy::Null | Policy::Delete) {
        orphans::mend(work, step, &one.key, policy).await?;
        let deed = [validating(one)];
        match deeds::all(work, step, ObjKind::Key, &deed, How::quick(Refusal::Stops, "validating key")).await {
            Ok(_) => return Ok(false),
            Err(trouble) if trouble.is_of_orphans() => {}
            Err(other) => return Err(other),
        }
    }
    orphans::told(work, step, &one.key, policy).await.map(|()| true)
}

/// Where rows that are to be deleted are parents themselves, keys that hold for new rows would refuse it: rows are dealt with
/// before the keys are back, parents first.
async fn chains(work: &mut Work, step: &PlannedStep) -> Result<(), Trouble> {
    if work.plan.keys.iter().all(|key| key.orphans != Orphans::Delete) {
        return Ok(());
    }
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
