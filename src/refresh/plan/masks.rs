//! What becomes of columns that hold somebody's data, and of tables that act by themselves. Start at [`resolve`].

use super::Defused;
use super::findings::Findings;
use super::tables::Loaded;
use crate::db::schema::TableName;
use crate::db::{DbError, Dialect, Read, Session, catalogue};
use crate::model::mappings::Mappings;
use crate::model::masking::defuse::{self, Defuse};
use crate::model::masking::resolve::{Pinned, by_task};
use crate::model::masking::{self, Resolved, Rules, Severity, Table, check};
use crate::model::refresh::{Purpose, Settings, StepKind};

/// Tables of the target that are loaded, as masking sees them.
///
/// # Errors
/// The target cannot be read.
pub(super) async fn facts(target: &mut Session<Read>, loaded: &[Loaded<'_>]) -> Result<Vec<Table>, DbError> {
    let tables = catalogue::read(target).await?;
    let ours = |name: &(String, String)| loaded.iter().any(|one| one.target_name() == TableName::new(&name.0, &name.1));
    let one = |(schema, name): (String, String)| Table { schema, name, ..Table::default() };
    Ok(tables.into_keys().filter(ours).map(one).collect())
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
pub(super) fn defused(_: &Dialect, _: &[Table], asked: &[Defuse], found: &mut Findings) -> Vec<Defused> {
    if !asked.is_empty() {
        found.blocking(StepKind::Defuse, "nothing is defused yet by this program", "Leave `defuse` out.");
    }
    asked.iter().map(|asked| Defused { asked: asked.clone(), sql: Vec::new() }).collect()
}
