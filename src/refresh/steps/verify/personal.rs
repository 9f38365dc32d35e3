//! No personal data is left where it was masked, and none is found elsewhere: every row of every table that the plan decides
//! about is read, and some are held beside the source's. In sessions of their own, so that the run's own stays alive.

use super::Look;
use crate::db::catalogue::{self, Catalogue};
use crate::model::mappings::{self, Mappings};
use crate::model::masking::{Finding, Severity, Table};
use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::mask::facts;
use crate::refresh::mask::verify::{Origin, against, target};
use crate::refresh::plan::Plan;
use crate::refresh::steps::mask::has_key;
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) async fn look(work: &mut Work, step: &PlannedStep, look: &mut Look) -> Result<(), Trouble> {
    let plan = Arc::clone(&work.plan);
    let Some(resolved) = &plan.masking else { return Ok(()) };
    has_key(work, resolved)?;
    let key = work.masking_key.clone();
    let places: Vec<(String, String)> =
        resolved.tables.iter().map(|table| (table.schema.clone(), table.name.clone())).collect();
    let facts = facts::read(work.target.session()?, Some(&places)).await?;
    let mappings = mappings(work, &plan).await?;
    let mut source = work.source.read().await?;
    let there = catalogue::read(&mut source).await?;
    let (mut rows, mut compared) = (0, 0);
    for (nth, resolved) in resolved.tables.iter().enumerate() {
        let name = format!("{}.{}", resolved.schema, resolved.name);
        let Some(table) = facts.iter().find(|table| table.schema == resolved.schema && table.name == resolved.name)
        else {
            look.wrong(work, step, format!("{} is not there any more", shown(&name))).await?;
            continue;
        };
        let note = format!("personal data, table {} of {}: {}", nth + 1, places.len(), shown(&name));
        work.note(step, note).await?;
        let mut session = work.beside.read().await?;
        let found = work.beside(target(&mut session, table, resolved, key.as_deref(), None)).await??;
        rows += found.rows;
        tell(work, step, look, found.findings).await?;
        let Some(origin) = origin(&plan, table, &there, mappings.as_ref()) else { continue };
        let sides = (table, &origin);
        let found = work.beside(against(&mut source, &mut session, sides, resolved, key.as_deref())).await??;
        compared += found.rows;
        tell(work, step, look, found.findings).await?;
    }
    look.seen
        .push(format!("no personal data is found in {rows} rows, of which {compared} were held beside the source's"));
    Ok(())
}

async fn tell(work: &mut Work, step: &PlannedStep, look: &mut Look, findings: Vec<Finding>) -> Result<(), Trouble> {
    for finding in findings {
        let text = shown(&format!("{} {}", finding.place, finding.what)).into_owned();
        match finding.severity {
            Severity::Blocking => look.wrong(work, step, text).await?,
            Severity::Warning => work.warn(step, text).await?,
        }
    }
    Ok(())
}

/// What the task calls columns otherwise on the target; a run without AWS has no task that does.
async fn mappings(work: &mut Work, plan: &Plan) -> Result<Option<Mappings>, Trouble> {
    let arn = plan.task.arn.clone();
    let Some(aws) = work.aws.as_ref() else { return Ok(None) };
    let answer = aws.reader.tasks_in_full(std::slice::from_ref(&arn)).await?;
    let text = answer.value.into_iter().find(|task| task.arn == arn).and_then(|task| task.table_mappings);
    let text =
        text.ok_or_else(|| Trouble::Refused(format!("task {}: DMS told no table mappings", plan.task.name.shown())))?;
    mappings::parse(&text).map(Some).map_err(|error| Trouble::Refused(shown(&error.to_string()).into_owned()))
}

/// Where a table comes from.
fn origin(plan: &Plan, table: &Table, there: &Catalogue, mappings: Option<&Mappings>) -> Option<Origin> {
    let loaded = plan.tables.iter().find(|one| one.target.0 == table.schema && one.target.1 == table.name)?;
    let (schema, name) = &loaded.source;
    let mut renamed = BTreeMap::new();
    if let (Some(mappings), Some(from)) = (mappings, there.get(&loaded.source)) {
        for column in &from.columns {
            if let Some(to) = mappings.target_column(schema, name, &column.name).filter(|to| *to != column.name) {
                renamed.insert(to, column.name.clone());
            }
        }
    }
    Some(Origin { schema: schema.clone(), table: name.clone(), renamed })
}
