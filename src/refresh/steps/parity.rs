//! Task, schema and migrations are looked at once more: what was planned is still so, and the target can take the rows. That
//! there is a key of masking is seen here, too: a load that cannot be masked afterwards is worse than none.

use crate::db::schema::identity::{Apart, differ};
use crate::db::{Dialect, catalogue};
use crate::model::refresh::{Level, PlannedStep};
use crate::model::untrusted::shown;
use crate::refresh::plan::again;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;

/// It changes nothing, so it is done again.
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(_work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(Probe::NotYet)
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let plan = std::sync::Arc::clone(&work.plan);
    if let Some(resolved) = &plan.masking {
        super::mask::has_key(work, resolved)?;
    }
    let arn = plan.task.arn.clone();
    let answer = work.aws()?.reader.tasks_in_full(std::slice::from_ref(&arn)).await?;
    let Some(task) = answer.value.into_iter().find(|task| task.arn == arn) else {
        return Err(Trouble::refused(format!("task {} is gone", plan.task.name.shown())));
    };
    let mut source = work.source.read().await?;
    match differ(&mut source, work.target.session()?).await? {
        Apart::Different(_) => {}
        Apart::Same(why) => return Err(Trouble::refused(format!("source and target are one database: {why}"))),
        Apart::Unknown(why) => {
            return Err(Trouble::refused(format!("that source and target are two databases cannot be proven: {why}")));
        }
    }
    let from = catalogue::read(&mut source).await?;
    let to = catalogue::read(work.target.session()?).await?;
    let found = again::look(&plan, &task, (&mut source, &from), (work.target.session()?, &to)).await?;
    let mut forbids = Vec::new();
    for one in found {
        let what = one.what.shown().into_owned();
        match one.level {
            Level::Blocking => forbids.push(what),
            Level::Warning => work.warn(step, what).await?,
            Level::Note => {}
        }
    }
    if let Some(first) = forbids.first() {
        let more = forbids.len() - 1;
        let more =
            if more > 0 { format!(" (and {more} more: cutover refresh plan {})", plan.name.0) } else { String::new() };
        return Err(Trouble::refused(format!("{}{more}", shown(first))));
    }
    let engines = [&plan.source_way, &plan.target_way].map(|way| Dialect::of(way.engine).name);
    Ok(Came::done(format!("{} tables fit, {} to {}", plan.tables.len(), engines[0], engines[1])))
}
