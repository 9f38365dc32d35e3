//! The catalogue of the target is what was captured, line by line. A key whose orphans may stay is there for new rows only, which
//! is told and no fault.

use super::Look;
use crate::db::schema::keys::Key;
use crate::db::schema::snapshot::{self, Item, Kind, Snapshot};
use crate::model::refresh::{Orphans, PlannedStep};
use crate::model::untrusted::shown;
use crate::refresh::ledger::{ObjKind, ObjState};
use crate::refresh::steps::capture;
use crate::refresh::steps::kept::{self, Kept};
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;
use std::sync::Arc;

pub(super) async fn look(work: &mut Work, step: &PlannedStep, look: &mut Look) -> Result<(), Trouble> {
    work.note(step, "the catalogue").await?;
    let plan = Arc::clone(&work.plan);
    let now = snapshot::read(work.target.session()?, &plan.scope()).await?;
    let kept: Vec<Kept<Key>> = kept::read(work, ObjKind::Key).await?;
    let may_stay = |key: &Key| plan.keys.iter().any(|seen| seen.ident == key.ident && seen.orphans == Orphans::Report);
    let mut excused = Vec::new();
    for one in &kept {
        let ident = shown(&one.what.ident).into_owned();
        match one.state {
            ObjState::Present | ObjState::Valid => {}
            ObjState::Orphans if may_stay(&one.what) => {
                work.warn(step, format!("key {ident} holds for new rows; some of before have no parent")).await?;
                excused.push(&one.what);
            }
            ObjState::Orphans => look.wrong(work, step, format!("key {ident}: rows have no parent")).await?,
            ObjState::Dropping | ObjState::Dropped => look.wrong(work, step, format!("key {ident} is away")).await?,
            ObjState::Restored => look.wrong(work, step, format!("key {ident} is not validated")).await?,
        }
    }
    let Some(before) = capture::catalogue(work).await? else {
        if now.fingerprint() != plan.catalogue {
            let what = "the catalogue of the target is not what it was when this was planned";
            look.wrong(work, step, what.to_owned()).await?;
        }
        look.seen.push("the catalogue is what it was".to_owned());
        return Ok(());
    };
    if before.fingerprint() != plan.catalogue {
        let what = "the catalogue in the ledger is not the one that was planned with";
        look.wrong(work, step, what.to_owned()).await?;
    }
    for line in without(before, &excused).difference(&without(now, &excused)) {
        let (sign, line) = line.split_at(line.len().min(2));
        let what = if sign.starts_with('-') { "is not there any more" } else { "was not there before" };
        look.wrong(work, step, format!("the catalogue is not what it was: {} {what}", shown(line))).await?;
    }
    look.seen.push("the catalogue is what it was".to_owned());
    Ok(())
}

/// Without these keys, their shares in partitions, and what stands in for them there.
fn without(mut all: Snapshot, keys: &[&Key]) -> Snapshot {
    all.items.retain(|item| !keys.iter().any(|key| is_of(key, item)));
    all
}

fn is_of(key: &Key, item: &Item) -> bool {
    let table = item.table();
    let place = table == key.child || key.leaves.contains(&table);
    let name = || {
        let share = item.detail("share_of").map(|name| name.trim_matches('"').replace("\"\"", "\""));
        item.name == key.name || item.name == key.leaf_name() || share.as_ref() == Some(&key.name)
    };
    // A share of the key may have had a name of its own; its reserved name says whose it is.
    let of_share = || key.shares.iter().any(|share| share.child == table && share.name == item.name);
    item.kind == Kind::ForeignKey && place && (name() || of_share())
}
