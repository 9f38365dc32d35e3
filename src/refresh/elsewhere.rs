//! Runs that are not over, as the ledger on their target tells of them: for whoever has no journal of theirs. Reads only.

use super::held::has_session;
use super::ledger::{self, LedgerRun};
use super::trouble::Trouble;
use crate::db::Database;
use crate::model::Untrusted;
use crate::model::change::Meant;
use crate::model::refresh::{Elsewhere, Load, Place, Purpose, RefreshName, RunHead, Settings};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Whoever waits gives a sign twice a minute; who is in a long statement gives none, and has his session.
const SILENT: SignedDuration = SignedDuration::from_mins(5);

/// As much of a plan as a list shows, of whatever version.
#[derive(Deserialize)]
struct Said {
    task: Meant,
    purpose: Purpose,
    load: Load,
    source: Place,
    target: Place,
}

/// Runs in the ledger on this target of the refresh `by`, as they stand at this moment; none where there is no ledger.
///
/// # Errors
/// The target cannot be read.
pub async fn told(
    target: &Database,
    (by, settings): (&RefreshName, &Settings),
    now: Timestamp,
) -> Result<Vec<RunHead>, Trouble> {
    let mut session = target.read().await?;
    let mut heads = Vec::new();
    for run in ledger::open_runs(&mut session, target.named_schema()).await? {
        let alive = if run.state.is_under_way() {
            let has = has_session(&mut session, &run.id).await?;
            has.filter(|has| *has).or_else(|| (now.duration_since(run.beat) > SILENT).then_some(false))
        } else {
            Some(false)
        };
        heads.push(head(run, alive, target, (by, settings)));
    }
    Ok(heads)
}

fn head(run: LedgerRun, alive: Option<bool>, target: &Database, (by, settings): (&RefreshName, &Settings)) -> RunHead {
    let place = |place: String| Place {
        engine: target.dialect().name.to_owned(),
        place,
        identity: None,
        found_by: format!("[refresh.{}]", by.0),
    };
    let said = serde_json::from_str::<Said>(&run.plan).ok();
    // A plan of another program: what it is about, this configuration says, too.
    let (task, purpose, load, source, to) = if let Some(said) = said {
        (said.task.name.0, said.purpose, said.load, said.source, said.target)
    } else {
        let task = Untrusted::new(settings.task.clone());
        (task, settings.purpose, settings.load, place(String::new()), place(target.place()))
    };
    RunHead {
        id: run.id,
        name: run.name,
        task,
        purpose,
        load,
        source,
        target: to,
        plan: run.hash,
        state: run.state,
        step: None,
        began: run.began,
        ended: None,
        why: run.why.map(Untrusted::new),
        os_user: run.os_user,
        host: run.host,
        pid: run.pid,
        alive,
        elsewhere: Some(Elsewhere { beat: run.beat, by: by.clone() }),
    }
}
