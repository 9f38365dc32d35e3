//! Some rows of the source as masking will leave them, for whoever is shown the plan. Start at [`rows`]: whatever cannot be read
//! is a finding, never a failure, and nothing of it is part of the plan.

use super::findings::Findings;
use super::tables::Loaded;
use crate::db::{Database, DbError, Dialect, around};
use crate::model::masking::preview::Preview;
use crate::model::masking::{Key, Resolved, ResolvedTable, Table};
use crate::model::refresh::StepKind;
use crate::refresh::mask::preview;
use crate::refresh::mask::verify::Origin;
use std::time::Duration;
use tokio::time::timeout;

/// Rows of a table that are looked at.
const ROWS: usize = 3;
/// All tables together take no longer.
const LONGEST: Duration = Duration::from_secs(20);

/// The key of masking as far as it was found, or why it was not.
pub type KeyFound = Result<Option<Key>, String>;

/// Looks at the first rows of every table that is masked.
pub(super) async fn rows(
    source: &Database,
    target: &Dialect,
    loaded: &[Loaded<'_>],
    (facts, resolved): (&[Table], &Resolved),
    key: &KeyFound,
    found: &mut Findings,
) -> Vec<Preview> {
    let masked: Vec<&ResolvedTable> = resolved.tables.iter().filter(|table| table.masked().next().is_some()).collect();
    let mut rules = masked.iter().flat_map(|table| table.masked());
    let key = match key {
        Ok(None) if rules.any(|(_, rule)| rule.function.needs_key()) => Err("the configuration names no key"),
        Ok(key) => Ok(key.as_ref()),
        Err(why) => Err(why.as_str()),
    };
    let key = match key {
        Ok(key) => key,
        Err(why) => {
            let what = format!("what masking makes of rows is not shown: {why}");
            found.warning(StepKind::Mask, what, "A run looks for the key before it begins: it has to be there then.");
            return Vec::new();
        }
    };
    let mut all = Vec::with_capacity(masked.len());
    let looked = timeout(LONGEST, each(source, target, loaded, (facts, &masked), key, (&mut all, found))).await;
    let why = match looked {
        Ok(Ok(())) => return all,
        Ok(Err(error)) => error.of_rows().to_string(),
        Err(_) => format!("that took over {} s", LONGEST.as_secs()),
    };
    let rest = masked.len() - all.len();
    found.note(
        StepKind::Mask,
        format!("what masking makes of rows is not shown of {rest} of {} tables: {why}", masked.len()),
    );
    all
}

/// One table after the other, in one session. One that cannot be read is told, a session that is gone is the end.
async fn each(
    source: &Database,
    target: &Dialect,
    loaded: &[Loaded<'_>],
    (facts, masked): (&[Table], &[&ResolvedTable]),
    key: Option<&Key>,
    (all, found): (&mut Vec<Preview>, &mut Findings),
) -> Result<(), DbError> {
    let mut session = around::brief(source).await?;
    for resolved in masked {
        let of = |one: &&Loaded<'_>| one.target.schema == resolved.schema && one.target.name == resolved.name;
        let table = facts.iter().find(|table| table.schema == resolved.schema && table.name == resolved.name);
        let (Some(one), Some(table)) = (loaded.iter().find(of), table) else { continue };
        let renamed = one.columns.iter().filter(|(from, to)| from != to).map(|(from, to)| (to.clone(), from.clone()));
        let from = one.source_name();
        let origin = Origin { schema: from.schema, table: from.name, renamed: renamed.collect() };
        match preview::read(&mut session, target, (table, &origin), resolved, key, ROWS).await {
            Ok(preview) => all.push(preview),
            Err(error) if error.is_lost() => return Err(error),
            Err(error) => {
                let what =
                    format!("{}: what masking makes of rows is not shown: {}", table.full_name(), error.of_rows());
                found.note(StepKind::Mask, what);
            }
        }
    }
    Ok(())
}
