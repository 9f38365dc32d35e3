//! What becomes of columns that hold somebody's data, and of tables that act by themselves. Start at [`resolve`].

use super::Defused;
use super::findings::Findings;
use super::tables::Loaded;
use crate::db::{DbError, Dialect, Read, Session};
use crate::model::mappings::Mappings;
use crate::model::masking::defuse::{self, Defuse};
use crate::model::masking::resolve::{Pinned, by_task};
use crate::model::masking::{self, Resolved, Rules, Severity, Table, check};
use crate::model::refresh::{Purpose, Settings, StepKind};
use crate::refresh::mask;

/// Tables of the target that are loaded, as masking sees them.
///
/// # Errors
/// The target cannot be read.
pub(super) async fn facts(target: &mut Session<Read>, loaded: &[Loaded<'_>]) -> Result<Vec<Table>, DbError> {
    let places: Vec<(String, String)> =
        loaded.iter().map(|one| (one.target.schema.clone(), one.target.name.clone())).collect();
    mask::facts::read(target, Some(&places)).await
}

/// Every column resolved, and everything checked that would fail in the middle; `None` where nothing is masked.
/// `pinned`: the columns of the last time.
pub(super) fn resolve(
    settings: &Settings,
    mappings: &Mappings,
    loaded: &[Loaded<'_>],
    tables: &[Table],
    pinned: Option<&Pinned>,
    found: &mut Findings,
) -> Option<Resolved> {
    let acting = defuse::not_defused(tables, &settings.defuse, settings.masking.as_ref().unwrap_or(&Rules::default()));
    for finding in acting.into_iter().filter(|_| settings.purpose == Purpose::DataRefresh) {
        told(StepKind::Defuse, finding, found);
    }
    let Some(rules) = &settings.masking else {
        if settings.purpose == Purpose::DataRefresh {
            let what = "nothing is masked: rows stay as the source has them";
            found.warning(StepKind::Mask, what, "Write the section masking, if there is personal data in them.");
        }
        return None;
    };
    if pinned.is_none() {
        found.note(StepKind::Mask, "columns that are new are not looked for: no earlier run that masked is known");
    }
    let columns: Vec<(&str, &str, Vec<String>)> = loaded
        .iter()
        .map(|one| {
            let names = one.source.columns.iter().map(|column| column.name.clone()).collect();
            (one.source.schema.as_str(), one.source.name.as_str(), names)
        })
        .collect();
    let of_task = by_task(mappings, columns.iter().map(|(schema, table, names)| (*schema, *table, names.as_slice())));
    let mut resolved = masking::resolve(rules, tables, &of_task, pinned);
    let of_rules = std::mem::take(&mut resolved.findings);
    for finding in of_rules.into_iter().chain(check::check(tables, &resolved)) {
        told(StepKind::Mask, finding, found);
    }
    Some(resolved)
}

fn told(step: StepKind, finding: masking::Finding, found: &mut Findings) {
    let what = format!("{} {}", finding.place, finding.what);
    let mut do_this = finding.hint;
    if let Some(first) = do_this.get(..1) {
        do_this = format!("{}{}.", first.to_uppercase(), &do_this[1..]);
    }
    match finding.severity {
        Severity::Blocking => found.blocking(step, what, do_this),
        Severity::Warning => found.warning(step, what, do_this),
    }
}

/// What is run for each table that must not act. A file that cannot be read blocks.
pub(super) fn defused(dialect: &Dialect, tables: &[Table], asked: &[Defuse], found: &mut Findings) -> Vec<Defused> {
    let mut all = Vec::with_capacity(asked.len());
    for (asked, statements) in mask::defuse::statements(dialect, tables, asked) {
        let mut sql = Vec::with_capacity(statements.len());
        for statement in statements {
            match statement {
                mask::defuse::Statement::Sql(text) => sql.push(text),
                mask::defuse::Statement::File(path) => match std::fs::read_to_string(&path) {
                    Ok(text) => sql.push(text),
                    Err(error) => {
                        let what = format!("{}: {error}", path.display());
                        found.blocking(StepKind::Defuse, what, "Look at sql_file in `defuse`.");
                    }
                },
            }
        }
        all.push(Defused { asked, sql });
    }
    all
}
