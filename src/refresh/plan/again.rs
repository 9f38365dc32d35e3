//! Whether a plan is still right when it is carried out: the task is the one that was planned, so are the tables, and the
//! target has the catalogue that it had and can take the rows.

use super::findings::Findings;
use super::tables::{self, Loaded};
use super::{Plan, definition};
use crate::db::catalogue::Catalogue;
use crate::db::{DbError, Read, Session, Write};
use crate::model::refresh::{Finding, StepKind};
use crate::model::task::Task;
use crate::model::{mappings, settings};
use crate::validate::TaskTables;
use std::collections::BTreeSet;

/// What speaks against going on. Nothing is changed.
///
/// # Errors
/// A database cannot be read.
pub(in crate::refresh) async fn look(
    plan: &Plan,
    task: &Task,
    (source, from): (&mut Session<Read>, &Catalogue),
    (target, to): (&mut Session<Write>, &Catalogue),
) -> Result<Vec<Finding>, DbError> {
    let mut found = Findings::default();
    let again = "Plan it again.";
    if definition(task) != plan.definition {
        let what = "the task was changed since this was planned: type, endpoints, mappings or settings";
        found.blocking(StepKind::Parity, what, again);
        return Ok(found.done());
    }
    let Some(of_task) = texts(task) else {
        found.blocking(StepKind::Parity, "the mappings of the task cannot be read", again);
        return Ok(found.done());
    };
    let loaded = match tables::pair(&plan.sensitive, &of_task, from, to, &mut found) {
        Ok(loaded) => loaded,
        Err(why) => {
            found.blocking(StepKind::Parity, why, again);
            return Ok(found.done());
        }
    };
    let name = |one: &Loaded<'_>| (one.source.schema.clone(), one.source.name.clone());
    let now: BTreeSet<_> = loaded.iter().map(name).collect();
    let then: BTreeSet<_> = plan.tables.iter().map(|table| table.source.clone()).collect();
    for one in now.symmetric_difference(&then) {
        let word = if now.contains(one) { "would be loaded now, and was not when" } else { "was loaded when" };
        let what = format!("table {} {word} this was planned", tables::dotted(one));
        found.blocking(StepKind::Parity, what, again);
    }
    let both = tables::compare(source, target, &loaded, &mut found).await.map_err(|(_, error)| error)?;
    if both.target.fingerprint() != plan.catalogue {
        let what = "the schema of the target was changed since this was planned";
        found.blocking(StepKind::Parity, what, again);
    }
    Ok(found.done())
}

fn texts(task: &Task) -> Option<TaskTables> {
    let mappings = mappings::parse(task.table_mappings.as_deref()?).ok()?;
    let settings = task.settings.as_deref().and_then(|text| settings::parse(text).ok()).unwrap_or_default();
    Some(TaskTables {
        mappings,
        schema: settings.target_schema,
        lob_limit_kb: settings.lob_limit_kb,
        counted: Vec::new(),
    })
}
