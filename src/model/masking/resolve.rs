//! What becomes of every column of every loaded table, and which rule says so. Nothing is left over: a column that no rule
//! names is a finding that stops the plan.

use super::personal::Personal;
use super::space::space;
use super::{Column, Finding, ForeignKey, Function, Rule, Rules, Shape, Table, Unlisted};
use crate::model::canon::hex;
use crate::model::database::PasswordFrom;
use crate::model::mappings::Mappings;
use crate::model::mappings::follow::Fate;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Keep,
    Mask(Rule),
    /// The task masks it on the way.
    ByTask,
    /// The task leaves it out.
    Excluded,
    /// No rule names it; there is a finding.
    Unresolved,
}

/// A column and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedColumn {
    pub name: String,
    pub shape: Shape,
    pub decision: Decision,
    /// Which rule says so.
    pub why: String,
    /// What it may hold afterwards without being a finding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Personal>,
}

/// A table and what becomes of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedTable {
    pub schema: String,
    pub name: String,
    pub columns: Vec<ResolvedColumn>,
}

impl ResolvedTable {
    pub fn column(&self, name: &str) -> Option<&ResolvedColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns that are masked after the load, and how.
    pub fn masked(&self) -> impl Iterator<Item = (&ResolvedColumn, &Rule)> {
        self.columns.iter().filter_map(|column| match &column.decision {
            Decision::Mask(rule) => Some((column, rule)),
            _ => None,
        })
    }
}

/// Everything, and what a person must know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    pub tables: Vec<ResolvedTable>,
    pub findings: Vec<Finding>,
    /// The columns of now: to be pinned when this refresh is done.
    pub columns: Pinned,
}

impl Resolved {
    pub fn table(&self, schema: &str, name: &str) -> Option<&ResolvedTable> {
        self.tables.iter().find(|table| table.schema == schema && table.name == name)
    }
}

/// Columns by table, as somebody has accepted them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pinned(pub BTreeMap<String, BTreeSet<String>>);

impl Pinned {
    pub fn of(tables: &[Table]) -> Self {
        let names = |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect();
        Self(tables.iter().map(|table| (table.full_name(), names(table))).collect())
    }

    /// Sixteen hexadecimal digits that are others when a column is.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for (table, columns) in &self.0 {
            for name in std::iter::once(table).chain(columns) {
                hash.update((name.len() as u64).to_be_bytes());
                hash.update(name);
            }
            hash.update([0]);
        }
        hex(&hash.finalize()[..8])
    }
}

/// What a task's mappings say of a column of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskSays {
    /// Left out, and by which rule.
    Removed(String),
    /// Masked on the way, and by which rule.
    Masked(String),
}

/// By schema, table and column, as they are called on the target.
pub type ByTask = BTreeMap<(String, String, String), TaskSays>;

/// What a task's mappings do to columns of the source's tables: what they leave out and what they mask counts. Tables are
/// schema, name and columns, as the source calls them.
pub fn by_task<'t>(mappings: &Mappings, source: impl IntoIterator<Item = (&'t str, &'t str, &'t [String])>) -> ByTask {
    let mut says = ByTask::new();
    for (schema, table, columns) in source {
        let Ok((to_schema, to_table)) = mappings.place(schema, table) else { continue };
        for column in columns.iter().filter(|_| mappings.selects(schema, table)) {
            let at = |name: String| (to_schema.clone(), to_table.clone(), name);
            if let Some(why) = mappings.masked(schema, table, column) {
                let name = mappings.target_column(schema, table, column).unwrap_or_else(|| column.clone());
                says.insert(at(name), TaskSays::Masked(why));
            } else if let Fate::Removed(why) = mappings.fate(schema, table, column) {
                says.insert(at(column.clone()), TaskSays::Removed(why));
            }
        }
    }
    says
}

/// Who decided, which says who may decide otherwise.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// A rule for this very column.
    Name,
    /// A pattern, or what this program knows by itself.
    Other,
    Nobody,
}

struct Draft {
    decision: Decision,
    why: String,
    by: By,
}

type Drafts = BTreeMap<(String, String, String), Draft>;

/// Resolves the columns of the tables that are loaded, as the target has them. `pinned` is what was accepted last time.
pub fn resolve(rules: &Rules, tables: &[Table], of_task: &ByTask, pinned: Option<&Pinned>) -> Resolved {
    let mut findings = misnamed(rules, tables);
    let mut drafts = Drafts::new();
    for table in tables {
        for column in &table.columns {
            drafts.insert(at(table, &column.name), draft(rules, table, column, of_task));
        }
    }
    along_keys(tables, &mut drafts, &mut findings);
    for table in tables {
        unlisted(rules, table, &mut drafts, &mut findings);
    }
    let columns = Pinned::of(tables);
    new_columns(rules, &columns, pinned, &mut findings);
    let resolved: Vec<ResolvedTable> = tables.iter().map(|table| taken(rules, table, &mut drafts)).collect();
    let keyed = resolved.iter().flat_map(ResolvedTable::masked).any(|(_, rule)| rule.function.needs_key());
    if keyed && rules.key == PasswordFrom::Unsaid {
        let hint = "give key_env, key_secret or key_command: `openssl rand -hex 32` makes a key";
        findings.push(Finding::blocking("masking", "has no key, and its functions need one", hint));
    }
    Resolved { tables: resolved, findings, columns }
}

fn at(table: &Table, column: &str) -> (String, String, String) {
    (table.schema.clone(), table.name.clone(), column.to_owned())
}

fn full(at: &(String, String, String)) -> String {
    format!("{}.{}.{}", at.0, at.1, at.2)
}

/// Rules for what is not there, and tables that must not be loaded and are.
fn misnamed(rules: &Rules, tables: &[Table]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, of_table) in &rules.tables {
        let mut own = tables.iter().filter(|table| table.full_name() == *name || table.name == *name).peekable();
        if own.peek().is_none() && !of_table.exclude_data {
            let what = "has rules and is not loaded";
            findings.push(Finding::warning(name.clone(), what, "check its name: it is that of the target"));
        }
        for table in own {
            if of_table.exclude_data {
                let hint = "exclude it in the task's table mappings";
                findings.push(Finding::blocking(table.full_name(), "must not be loaded, and the task takes it", hint));
            }
            for column in of_table.columns.keys().filter(|column| table.column(column).is_none()) {
                let place = format!("{}.{column}", table.full_name());
                findings.push(Finding::blocking(
                    place,
                    "has a rule and is not there",
                    "check its name, or drop the rule",
                ));
            }
        }
    }
    findings
}

fn draft(rules: &Rules, table: &Table, column: &Column, of_task: &ByTask) -> Draft {
    let of_table = rules.of_table(&table.schema, &table.name);
    let decided = |rule: &Rule| if rule.is_keep() { Decision::Keep } else { Decision::Mask(rule.clone()) };
    let says = of_task.get(&at(table, &column.name));
    if of_table.is_some_and(|rules| rules.exclude_data) {
        return Draft { decision: Decision::Excluded, why: "its table is not to be loaded".to_owned(), by: By::Name };
    }
    if let Some(rule) = of_table.and_then(|rules| rules.columns.get(&column.name)) {
        let reason = rule.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        return Draft { decision: decided(rule), why: format!("by its own rule{reason}"), by: By::Name };
    }
    match says {
        Some(TaskSays::Removed(why)) => {
            return Draft { decision: Decision::Excluded, why: why.clone(), by: By::Other };
        }
        Some(TaskSays::Masked(why)) => {
            return Draft { decision: Decision::ByTask, why: format!("masked by {why}"), by: By::Other };
        }
        None => {}
    }
    if column.generated {
        return Draft { decision: Decision::Keep, why: "computed from other columns".to_owned(), by: By::Other };
    }
    if let Some((pattern, rule)) = rules.default_for(&table.schema, &table.name, &column.name) {
        return Draft { decision: decided(rule), why: format!("by the pattern {pattern}"), by: By::Other };
    }
    if column.surrogate {
        return Draft { decision: Decision::Keep, why: "a number of the database's own".to_owned(), by: By::Other };
    }
    Draft { decision: Decision::Unresolved, why: "no rule names it".to_owned(), by: By::Nobody }
}

/// What refers to a column becomes what that becomes; what cannot is a finding. Round by round, since one key may lead to
/// another.
fn along_keys(tables: &[Table], drafts: &mut Drafts, findings: &mut Vec<Finding>) {
    let pairs: Vec<_> = tables.iter().flat_map(|table| pairs(table, tables)).collect();
    for _ in 0..=pairs.len() {
        let mut changed = false;
        for (child, parent, _) in &pairs {
            let Some(above) = drafts.get(parent).map(|draft| draft.decision.clone()) else { continue };
            let Some(below) = drafts.get_mut(child) else { continue };
            let follows = match (&above, &below.decision) {
                (Decision::Mask(rule), Decision::Mask(own)) => !rule.agrees_with(own) && below.by != By::Name,
                (Decision::Mask(_), Decision::Keep | Decision::Unresolved) => below.by != By::Name,
                (Decision::Keep, Decision::Unresolved) => true,
                _ => false,
            };
            if follows {
                *below =
                    Draft { decision: above, why: format!("as {}, which it refers to", full(parent)), by: By::Other };
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for (child, parent, shapes) in &pairs {
        if let Some(finding) = apart(child, parent, shapes.as_ref(), drafts) {
            findings.push(finding);
        }
    }
}

type Pair = ((String, String, String), (String, String, String), Option<(Shape, Shape)>);

/// Columns that refer to columns. The shapes are known where both tables are loaded.
fn pairs(table: &Table, tables: &[Table]) -> Vec<Pair> {
    let one = |key: &ForeignKey| -> Vec<Pair> {
        let to = tables.iter().find(|other| other.place() == key.to);
        let pair = |(own, other): (&String, &String)| {
            let shapes = table.column(own).zip(to.and_then(|to| to.column(other)));
            let parent = (key.to.0.clone(), key.to.1.clone(), other.clone());
            (at(table, own), parent, shapes.map(|(own, other)| (own.shape.clone(), other.shape.clone())))
        };
        key.columns.iter().zip(&key.to_columns).map(pair).collect()
    };
    table.foreign_keys.iter().flat_map(one).collect()
}

/// Why a column would not find what it refers to.
fn apart(
    child: &(String, String, String),
    parent: &(String, String, String),
    shapes: Option<&(Shape, Shape)>,
    drafts: &Drafts,
) -> Option<Finding> {
    let below = &drafts.get(child)?.decision;
    let null = |decision: &Decision| matches!(decision, Decision::Mask(rule) if rule.function == Function::Null);
    let parent_name = full(parent);
    let Some(above) = drafts.get(parent).map(|draft| &draft.decision) else {
        let loose = matches!(below, Decision::Mask(_)) && !null(below);
        let what = format!("is masked and refers to {parent_name}, which is not loaded");
        let hint = "keep it, make it null, or load the other table too";
        return loose.then(|| Finding::warning(full(child), what, hint));
    };
    let why = match (above, below) {
        (_, below) if null(below) => return None,
        (_, Decision::Excluded | Decision::Unresolved)
        | (Decision::Unresolved, _)
        | (Decision::Keep, Decision::Keep) => return None,
        (Decision::ByTask, Decision::ByTask) => {
            let what = format!("and {parent_name}, which it refers to, are both masked by the task");
            let hint = "they find each other only where the same rule gives the same values for both";
            return Some(Finding::warning(full(child), what, hint));
        }
        (Decision::Mask(rule), Decision::Mask(own)) if rule.agrees_with(own) => {
            let (below, above) = shapes?;
            let same = space(rule, below) == space(rule, above) && below.holds() == above.holds();
            let cut =
                matches!(rule.function, Function::Partial { .. } | Function::RegexReplace { .. } | Function::Redact);
            if same && (!cut || below.limit() == above.limit()) {
                return None;
            }
            format!(
                "is {} and {parent_name} is {}: the same value would be masked differently",
                below.sql_type.name, above.sql_type.name
            )
        }
        (Decision::Mask(rule), Decision::Mask(own)) => {
            format!("is masked by {}, and {parent_name}, which it refers to, by {}", own.told(), rule.told())
        }
        (_, Decision::Mask(own)) => {
            format!("is masked by {}, and {parent_name}, which it refers to, is not masked here", own.told())
        }
        (Decision::Mask(rule), _) => {
            format!("is not masked here, and {parent_name}, which it refers to, is masked by {}", rule.told())
        }
        _ => format!("and {parent_name}, which it refers to, are not treated alike"),
    };
    Some(Finding::blocking(full(child), why, "give both the same rule; left out, a column follows what it refers to"))
}

fn unlisted(rules: &Rules, table: &Table, drafts: &mut Drafts, findings: &mut Vec<Finding>) {
    let of_table = rules.of_table(&table.schema, &table.name);
    let mut open = Vec::new();
    for column in &table.columns {
        let Some(draft) = drafts.get_mut(&at(table, &column.name)).filter(|draft| draft.by == By::Nobody) else {
            continue;
        };
        if let Some(reason) = of_table.and_then(|rules| rules.passthrough.as_ref()) {
            *draft =
                Draft { decision: Decision::Keep, why: format!("its table passes through: {reason}"), by: By::Other };
        } else if rules.unlisted == Unlisted::MaskDefault {
            let function = if column.shape.nullable { Function::Null } else { Function::Default };
            let why = "no rule names it: unlisted = \"mask-default\"".to_owned();
            *draft = Draft { decision: Decision::Mask(Rule::of(function)), why, by: By::Other };
        } else {
            open.push(column.name.as_str());
        }
    }
    if !open.is_empty() {
        let what = format!("has columns that no rule names: {}", open.join(", "));
        let hint = "say keep, or what masks them; passthrough = \"REASON\" keeps a whole table";
        findings.push(Finding::blocking(table.full_name(), what, hint));
    }
}

fn new_columns(rules: &Rules, now: &Pinned, pinned: Option<&Pinned>, findings: &mut Vec<Finding>) {
    let Some(pinned) = pinned else { return };
    let hash = now.hash();
    if rules.accepted_columns.as_ref() == Some(&hash) {
        return;
    }
    for (table, columns) in &now.0 {
        let known = pinned.0.get(table);
        let new: Vec<&str> = columns
            .iter()
            .filter(|column| known.is_none_or(|known| !known.contains(*column)))
            .map(String::as_str)
            .collect();
        if !new.is_empty() {
            let what = format!("has columns that were not there at the last refresh: {}", new.join(", "));
            let hint = format!("look at their rules, then set accepted_columns = {hash:?}");
            findings.push(Finding::blocking(table.clone(), what, hint));
        }
    }
}

fn taken(rules: &Rules, table: &Table, drafts: &mut Drafts) -> ResolvedTable {
    let named = rules.of_table(&table.schema, &table.name);
    let column = |column: &Column| {
        let draft = drafts.remove(&at(table, &column.name));
        let (decision, why) = draft.map_or((Decision::Unresolved, String::new()), |draft| (draft.decision, draft.why));
        let named = named.and_then(|rules| rules.columns.get(&column.name));
        let rule = named.or_else(|| rules.default_for(&table.schema, &table.name, &column.name).map(|(_, rule)| rule));
        let holds = rule.map(|rule| rule.holds.clone()).unwrap_or_default();
        ResolvedColumn { name: column.name.clone(), shape: column.shape.clone(), decision, why, holds }
    };
    ResolvedTable {
        schema: table.schema.clone(),
        name: table.name.clone(),
        columns: table.columns.iter().map(column).collect(),
    }
}
