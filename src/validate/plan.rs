//! What is compared with what, by which key, and what cannot be compared and why. Pure: descriptions of tables go in.
//!
//! Start at [`table`]. A plan is data: it can be written down, and its fingerprint says whether two are the same. A
//! [`Unit`] of it is one range of keys of one table, which any machine could compare.

use super::lobs::{self, Lobs};
use super::mapped::TaskTables;
use super::merge::Side;
use super::names::{self, Asked, Name, dotted};
use super::rules::{Rule, Rules};
use super::statement::Statement;
use super::{aggregate, look};
use crate::db::scan::aggregate::Measure;
use crate::db::scan::{Described, DescribedColumn, KeyRange, Rows, ScanColumn, ScanRequest, enclosed};
use crate::db::{Dialect, filter};
use crate::model::Untrusted;
use crate::model::canon::Canon;
use crate::model::mappings::follow::Fate;
use crate::model::untrusted::shown;
use crate::model::validation::{Kind, Method, NotCompared};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::sync::Arc;

/// `TABLE.COLUMN=RULE` of the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleFor {
    pub place: String,
    pub rule: Rule,
}

impl FromStr for RuleFor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (place, rule) = text.rsplit_once('=').unwrap_or(("", text));
        if !place.contains('.') {
            return Err(format!("{:?} is not TABLE.COLUMN=RULE, such as orders.amount=scale:2", shown(text)));
        }
        Ok(Self { place: place.trim().to_owned(), rule: rule.trim().parse()? })
    }
}

/// What a person said about the comparison.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    pub kind: Kind,
    /// Columns that tell rows apart; empty: the tables' own keys.
    pub keys: Vec<String>,
    pub rules: Vec<RuleFor>,
    /// `TABLE` or `TABLE.COLUMN`, and why behind a colon.
    pub waived: Vec<String>,
    /// Which large values are compared by their hash.
    pub lobs: Lobs,
    /// Only rows for which this holds: SQL of each side's engine.
    pub filter_source: Option<String>,
    pub filter_target: Option<String>,
    /// LOBs are compared up to here: what is longer was cut by the task.
    pub lob_limit_bytes: Option<u64>,
    /// What the task does with the tables it takes.
    pub task: Option<Arc<TaskTables>>,
    /// Of single tables, by a pattern of `schema.table` or `table` of the source. They win, the last one most.
    pub tables: Vec<(String, TableTerms)>,
    /// Patterns of tables that are left out, whatever names them else.
    pub excluded: Vec<String>,
    /// Beside what the task takes, or under another name than there.
    pub more: Vec<Asked>,
    /// Of all that, only these; empty: all of it.
    pub only: Vec<Asked>,
    /// Pairs of statements, instead of tables.
    pub statements: Vec<Statement>,
    /// Which sides are Redshift, whose literals are its own, and which neither hashes nor cuts as others do. Nobody says
    /// it: the databases do.
    pub redshift: [bool; 2],
}

/// What is said of one table; `None` and nothing: as of all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableTerms {
    pub kind: Option<Kind>,
    pub keys: Option<Vec<String>>,
    /// Of a column each.
    pub rules: Vec<(String, Rule)>,
    /// Columns.
    pub waived: Vec<String>,
    pub filter_source: Option<String>,
    pub filter_target: Option<String>,
}

impl Terms {
    /// What holds for one table of the source.
    #[must_use]
    pub fn of(&self, table: &Name) -> Self {
        let mut terms = self.clone();
        let name = dotted(table);
        for (_, own) in self.tables.iter().filter(|(pattern, _)| names::fits(pattern, table)) {
            terms.kind = own.kind.unwrap_or(terms.kind);
            terms.keys = own.keys.clone().unwrap_or(terms.keys);
            let place = |column: &String| format!("{name}.{column}");
            let rules = own.rules.iter().map(|(column, rule)| RuleFor { place: place(column), rule: rule.clone() });
            terms.rules.extend(rules);
            terms.waived.extend(own.waived.iter().map(place));
            terms.filter_source = own.filter_source.clone().or(terms.filter_source);
            terms.filter_target = own.filter_target.clone().or(terms.filter_target);
        }
        if let Some(task) = &self.task {
            terms.lob_limit_bytes = task.lob_limit_bytes(table).or(terms.lob_limit_bytes);
        }
        terms
    }
}

/// A pair of columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnPlan {
    pub source: ScanColumn,
    pub target: ScanColumn,
    /// As they are spelled.
    pub rules: Vec<String>,
}

impl ColumnPlan {
    pub fn source(&self) -> &ScanColumn {
        &self.source
    }

    pub fn target(&self) -> &ScanColumn {
        &self.target
    }

    /// What both sides are read as.
    pub fn canon(&self) -> Canon {
        self.source.canon
    }
}

/// A pair of tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct TablePlan {
    /// Its place in the plan.
    pub nth: usize,
    pub source: Name,
    pub target: Name,
    pub method: Method,
    /// Why this method, and by which key: `primary key (id)`.
    pub why: String,
    /// How many of the columns, the first ones, are the key.
    pub key: usize,
    pub columns: Vec<ColumnPlan>,
    pub not_compared: Vec<NotCompared>,
    /// Only rows for which this holds, in the SQL of each side.
    pub filter_source: Option<String>,
    pub filter_target: Option<String>,
    /// LOBs are compared up to here.
    pub lob_limit_bytes: Option<u64>,
    /// The statements that are compared instead of a table.
    pub statement: Option<Statement>,
    /// Estimates of the servers.
    pub rows_source: Option<u64>,
    pub rows_target: Option<u64>,
    pub bytes_source: Option<u64>,
    /// What the rules are; not written down twice.
    #[serde(skip)]
    pub rules: Vec<Rules>,
    /// All columns of both sides as they were when it was planned.
    pub shape: (Vec<DescribedColumn>, Vec<DescribedColumn>),
}

/// A plan as it was written down; its rules are read from their words.
#[derive(Deserialize)]
struct Written {
    nth: usize,
    source: Name,
    target: Name,
    method: Method,
    why: String,
    key: usize,
    columns: Vec<ColumnPlan>,
    not_compared: Vec<NotCompared>,
    filter_source: Option<String>,
    filter_target: Option<String>,
    lob_limit_bytes: Option<u64>,
    statement: Option<Statement>,
    rows_source: Option<u64>,
    rows_target: Option<u64>,
    bytes_source: Option<u64>,
    shape: (Vec<DescribedColumn>, Vec<DescribedColumn>),
}

impl TryFrom<Written> for TablePlan {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let rules = |column: &ColumnPlan| {
            let list: Result<Vec<Rule>, String> = column.rules.iter().map(|rule| rule.parse()).collect();
            Rules::new(column.canon(), list?).between(&column.source.sql_type, &column.target.sql_type)
        };
        let rules = written.columns.iter().map(rules).collect::<Result<_, _>>()?;
        Ok(Self {
            nth: written.nth,
            source: written.source,
            target: written.target,
            method: written.method,
            why: written.why,
            key: written.key,
            columns: written.columns,
            not_compared: written.not_compared,
            filter_source: written.filter_source,
            filter_target: written.filter_target,
            lob_limit_bytes: written.lob_limit_bytes,
            statement: written.statement,
            rows_source: written.rows_source,
            rows_target: written.rows_target,
            bytes_source: written.bytes_source,
            rules,
            shape: written.shape,
        })
    }
}

impl TablePlan {
    /// A pair of which nothing is compared, and why. Without a target the name is empty.
    pub fn left(source: &Name, target: Option<&Name>, not: NotCompared) -> Self {
        Self {
            nth: 0,
            source: source.clone(),
            target: target.cloned().unwrap_or_default(),
            method: Method::None,
            why: not.reason.clone(),
            key: 0,
            columns: Vec::new(),
            not_compared: vec![not],
            filter_source: None,
            filter_target: None,
            lob_limit_bytes: None,
            statement: None,
            rows_source: None,
            rows_target: None,
            bytes_source: None,
            rules: Vec::new(),
            shape: (Vec::new(), Vec::new()),
        }
    }

    /// A pair of statements.
    pub fn of_statement(statement: &Statement) -> Self {
        let name = (String::new(), statement.name.clone());
        Self {
            method: Method::Sql,
            why: match &statement.key[..] {
                [] => format!("two statements, which pass where: {}", statement.pass),
                key => format!("two statements, which pass where, by {}: {}", key.join(", "), statement.pass),
            },
            not_compared: Vec::new(),
            statement: Some(statement.clone()),
            ..Self::left(&name.clone(), Some(&name), NotCompared { column: None, reason: String::new(), waived: false })
        }
    }

    /// A name of it as it is told: `schema.table`, or what a statement is called.
    pub fn said(&self, name: &Name) -> String {
        match () {
            () if name.1.is_empty() => String::new(),
            () if self.statement.is_some() => name.1.clone(),
            () => dotted(name),
        }
    }

    /// Everything that a side is asked for of the table.
    pub fn request(&self, side: Side) -> ScanRequest {
        look::request(self, side, whole())
    }

    /// What is measured of the table.
    pub fn measures(&self) -> Vec<Measure> {
        aggregate::measures(&self.columns)
    }

    /// How much of it is compared.
    pub fn kind(&self) -> Kind {
        match self.method {
            Method::Count => Kind::Count,
            Method::Aggregate => Kind::Aggregate,
            Method::Sql => Kind::Sql,
            Method::Stream | Method::Digest | Method::Multiset | Method::None => Kind::Rows,
        }
    }

    /// Tells plans apart: other columns, types, rules, keys or places give another one.
    pub fn fingerprint(&self, source_at: &str, target_at: &str) -> String {
        let Self { source, target, method, key, columns, filter_source, filter_target, .. } = self;
        // Sums only leave out what is the same.
        let method = if *method == Method::Digest { &Method::Stream } else { method };
        let mut all = serde_json::json!([source_at, target_at, source, target, method, key, columns]);
        // What is not said changes nothing, so plans of before stay what they were.
        let said = [
            serde_json::json!([filter_source, filter_target]),
            serde_json::json!([self.lob_limit_bytes]),
            serde_json::json!([self.statement]),
        ];
        let some = |value: &serde_json::Value| value.as_array().is_some_and(|all| all.iter().any(|one| !one.is_null()));
        if let Some(list) = all.as_array_mut() {
            list.extend(said.into_iter().filter(some));
        }
        format!("{:032x}", fnv(all.to_string().as_bytes()))
    }
}

/// FNV-1a of 128 bits (draft-eastlake-fnv): the same on every machine and in every version of this program.
pub(super) fn fnv(bytes: &[u8]) -> u128 {
    let offset = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    bytes
        .iter()
        .fold(offset, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b))
}

/// Schema and table of what was described.
pub fn name(table: &Described) -> Name {
    (table.schema.clone(), table.name.clone())
}

/// Whether a name on the command line means this table, or this column of it.
fn means(said: &str, table: &Name, column: Option<&str>) -> bool {
    let whole = dotted(table);
    [whole.as_str(), &table.1].iter().any(|name| match column {
        Some(column) => {
            let rest = said.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name));
            rest.is_some() && said[name.len()..].strip_prefix('.').is_some_and(|rest| rest.eq_ignore_ascii_case(column))
        }
        None => said.eq_ignore_ascii_case(name),
    })
}

/// What is waived, and why: `customer.email: masked on its way`.
fn because(said: &str) -> (&str, Option<&str>) {
    match said.split_once(':') {
        Some((place, why)) => (place.trim(), Some(why.trim()).filter(|why| !why.is_empty())),
        None => (said, None),
    }
}

/// Why something is not compared, and whether that was waived, by any of these names; then the reason for that stands with
/// it.
pub fn left_out(terms: &Terms, tables: &[&Name], column: Option<&str>, reason: String) -> NotCompared {
    let meant = |said: &str| tables.iter().any(|table| means(said, table, column));
    let of = |said: &'_ String| -> Option<Option<String>> {
        // A name may have a colon, too.
        let (place, why) = if meant(said) { (said.as_str(), None) } else { because(said) };
        meant(place).then(|| why.map(|why| shown(why).into_owned()))
    };
    let waived = terms.waived.iter().find_map(of);
    let reason = match &waived {
        Some(Some(why)) => format!("{reason}; waived because: {why}"),
        _ => reason,
    };
    NotCompared { column: column.map(Untrusted::from), reason, waived: waived.is_some() }
}

/// Plans one pair of tables.
///
/// # Errors
/// A rule that makes no sense for its column.
pub fn table(source: &Described, target: &Described, terms: &Terms) -> Result<TablePlan, String> {
    let mut plan = TablePlan {
        nth: 0,
        source: name(source),
        target: name(target),
        method: Method::Count,
        why: "numbers of rows, as asked".to_owned(),
        key: 0,
        columns: Vec::new(),
        not_compared: Vec::new(),
        filter_source: terms.filter_source.clone(),
        filter_target: terms.filter_target.clone(),
        lob_limit_bytes: terms.lob_limit_bytes,
        statement: None,
        rows_source: source.rows,
        rows_target: target.rows,
        bytes_source: source.bytes,
        rules: Vec::new(),
        shape: (source.columns.clone(), target.columns.clone()),
    };
    let mut pairs = columns(source, target, terms, &mut plan.not_compared)?;
    if let Err(reason) = narrow(&mut plan, source, terms) {
        let not = left_out(terms, &[&plan.source, &plan.target], None, reason);
        return Ok(TablePlan { shape: plan.shape, ..TablePlan::left(&plan.source, Some(&plan.target), not) });
    }
    match terms.kind {
        Kind::Count => {
            // No column is compared, so none is left out.
            plan.not_compared.clear();
            said_of_rows(&mut plan);
            return Ok(plan);
        }
        Kind::Aggregate => {
            let (some, none): (Pairs, Pairs) =
                pairs.into_iter().partition(|(pair, _)| !aggregate::takes(pair).is_empty());
            for (pair, _) in none {
                let column = pair.source.name;
                let means = |table: &Name| terms.waived.iter().any(|said| means(said, table, Some(&column)));
                plan.not_compared.push(NotCompared {
                    waived: means(&plan.source) || means(&plan.target),
                    reason: "nothing that its type has and its rules leave can be measured".to_owned(),
                    column: Some(Untrusted::from(column.as_str())),
                });
            }
            pairs = some;
            (plan.columns, plan.rules) = pairs.into_iter().unzip();
            plan.method = Method::Aggregate;
            "count, nulls, least, greatest and sum of each column, as asked".clone_into(&mut plan.why);
            said_of_rows(&mut plan);
            lobs::apply(&mut plan, terms);
            return Ok(plan);
        }
        // Statements are no tables.
        Kind::Rows | Kind::Sql => {}
    }
    match key(source, target, &pairs, terms) {
        Ok((key, why)) => {
            // The key first, in its own order.
            let mut ordered = Vec::with_capacity(pairs.len());
            for name in &key {
                if let Some(at) = pairs.iter().position(|pair| pair.0.source.name == *name) {
                    ordered.push(pairs.remove(at));
                }
            }
            plan.key = ordered.len();
            ordered.append(&mut pairs);
            (plan.columns, plan.rules) = ordered.into_iter().unzip();
            plan.method = Method::Stream;
            plan.why = why;
        }
        // Every row is its own key, where nobody says that something else is.
        Err(reason) if terms.keys.is_empty() && !pairs.is_empty() && trusts(&pairs) => {
            (plan.columns, plan.rules) = pairs.into_iter().unzip();
            plan.method = Method::Multiset;
            plan.why = format!("rows are counted by what they are: {reason}");
        }
        Err(reason) => {
            let reason = if trusts(&pairs) { reason } else { format!("{reason}; a zone is for tables with a key") };
            let not = left_out(terms, &[&plan.source, &plan.target], None, reason);
            plan.method = Method::None;
            plan.why.clone_from(&not.reason);
            plan.not_compared = vec![not];
        }
    }
    said_of_rows(&mut plan);
    lobs::apply(&mut plan, terms);
    Ok(plan)
}

/// Rows may be counted by their bytes.
fn trusts(pairs: &Pairs) -> bool {
    pairs.iter().all(|(_, rules)| rules.trusts_bytes())
}

/// Rows that the task does not take are not looked for on the target.
fn narrow(plan: &mut TablePlan, source: &Described, terms: &Terms) -> Result<(), String> {
    let Some(task) = terms.task.as_ref().filter(|task| task.takes(&plan.source)) else { return Ok(()) };
    let filters = task.mappings.filters(&source.schema, &source.name)?;
    let engine = source.columns.first().map(|column| column.sql_type.engine);
    let (false, Some(engine)) = (filters.is_empty(), engine) else { return Ok(()) };
    let dialect = if terms.redshift[0] { Dialect::redshift() } else { Dialect::of(engine) };
    let of_task = filter::condition(source, dialect, &filters)?;
    plan.filter_source = Some(match plan.filter_source.take() {
        Some(filter) => format!("{} AND {of_task}", enclosed(&filter)),
        None => of_task,
    });
    Ok(())
}

/// A table of which some rows are compared says which.
fn said_of_rows(plan: &mut TablePlan) {
    if plan.method == Method::None {
        return;
    }
    for (side, filter) in [("source", &plan.filter_source), ("target", &plan.filter_target)] {
        if let Some(filter) = filter {
            plan.why = format!("{}; of the {side} only rows where {}", plan.why, shown(filter));
        }
    }
    if plan.filter_source.is_some() && plan.filter_target.is_none() {
        plan.why.push_str("; any other row of the target is extra");
    }
}

type Pairs = Vec<(ColumnPlan, Rules)>;

/// Pairs of columns that can be compared; the others with their reasons.
fn columns(
    source: &Described,
    target: &Described,
    terms: &Terms,
    not_compared: &mut Vec<NotCompared>,
) -> Result<Pairs, String> {
    let mut pairs = Vec::new();
    let mut taken = vec![false; target.columns.len()];
    let task = terms.task.as_ref().filter(|task| task.takes(&name(source))).map(|task| &task.mappings);
    // By the task: it is the plan of the one who wrote it.
    let mut leave = |column: &str, reason: String, by_task: bool| {
        let not = left_out(terms, &[&name(source), &name(target)], Some(column), reason);
        not_compared.push(NotCompared { waived: by_task || not.waived, ..not });
    };
    for column in &source.columns {
        let (own, place) = (&column.name, same_name(&column.name, Some(source), target, &taken));
        let place = match task.map(|task| task.fate(&source.schema, &source.name, own)) {
            None => place,
            Some(Fate::Named(name)) if name == *own => place,
            Some(Fate::Named(name)) => same_name(&name, None, target, &taken),
            Some(Fate::Removed(reason)) => {
                // What stands there all the same did not come with the task, or did before its rule.
                taken.iter_mut().enumerate().for_each(|(at, taken)| *taken |= place == Some(at));
                leave(own, reason, place.is_none());
                continue;
            }
            Some(Fate::Unclear(reason)) => {
                taken.iter_mut().enumerate().for_each(|(at, taken)| *taken |= place == Some(at));
                leave(own, reason, false);
                continue;
            }
        };
        let Some(at) = place else {
            leave(own, "not in the target".to_owned(), false);
            continue;
        };
        taken[at] = true;
        let other = &target.columns[at];
        let said = |one: &&RuleFor| means(&one.place, &name(source), Some(&column.name));
        let list: Vec<Rule> = terms.rules.iter().filter(said).map(|one| one.rule.clone()).collect();
        if list.contains(&Rule::Ignore) {
            leave(&column.name, "ignored, as asked".to_owned(), false);
            continue;
        }
        let canon = match Canon::common(&column.sql_type, &other.sql_type) {
            Ok(canon) => canon,
            Err(reason) => {
                leave(&column.name, reason.to_string(), false);
                continue;
            }
        };
        if let Some(wrong) = list.iter().find(|rule| !rule.fits(canon)) {
            let place = format!("{}.{}", dotted(&name(source)), column.name);
            let word = canon.word();
            return Err(format!(
                "--rule {}={wrong}: the column is compared as {word}, which this rule is not for",
                shown(&place)
            ));
        }
        let rules = list.iter().map(Rule::to_string).collect();
        let pair = ColumnPlan { source: column.read_as(canon), target: other.read_as(canon), rules };
        let of_pair = Rules::new(canon, list)
            .between(&column.sql_type, &other.sql_type)
            .map_err(|why| format!("--rule {}: {why}", shown(&format!("{}.{}", dotted(&name(source)), column.name))))?;
        pairs.push((pair, of_pair));
    }
    for (column, taken) in target.columns.iter().zip(&taken) {
        if *taken {
            continue;
        }
        match task.and_then(|task| task.added(&source.schema, &source.name, &column.name)) {
            Some(reason) => leave(&column.name, reason, true),
            None => leave(&column.name, "not in the source".to_owned(), false),
        }
    }
    Ok(pairs)
}

/// The target's column of this name; without regard to case only where one is meant on both sides. Without a source the
/// name is one that a task gave.
fn same_name(name: &str, source: Option<&Described>, target: &Described, taken: &[bool]) -> Option<usize> {
    if let Some(at) = target.columns.iter().position(|other| other.name == name) {
        return Some(at);
    }
    let alike = |other: &&DescribedColumn| other.name.eq_ignore_ascii_case(name);
    let alone = source.is_none_or(|source| source.columns.iter().filter(alike).count() == 1);
    if !alone || target.columns.iter().filter(alike).count() != 1 {
        return None;
    }
    target.columns.iter().position(|other| other.name.eq_ignore_ascii_case(name)).filter(|at| !taken[*at])
}

/// Source names of the key's columns, and which key it is; or why there is none.
fn key(source: &Described, target: &Described, pairs: &Pairs, terms: &Terms) -> Result<(Vec<String>, String), String> {
    let usable = |names: &[String], of_source: bool| -> Result<Vec<String>, String> {
        let mut key = Vec::with_capacity(names.len());
        for name in names {
            let found = pairs.iter().find(|(pair, _)| {
                let own = if of_source { &pair.source.name } else { &pair.target.name };
                own == name || terms.keys.contains(name) && own.eq_ignore_ascii_case(name)
            });
            let name = shown(name);
            let Some((pair, rules)) = found else { return Err(format!("its column {name} cannot be compared")) };
            if !rules.is_exact() {
                return Err(format!("its column {name} has a rule, and a key must be exact"));
            }
            key.push(pair);
        }
        for (side, of) in [(source, ColumnPlan::source as fn(&ColumnPlan) -> &ScanColumn), (target, ColumnPlan::target)]
        {
            let columns = key.iter().map(|pair| of(pair).clone()).collect();
            if let Some(reason) = request(&name(side), columns, key.len(), whole()).key_refused() {
                return Err(shown(&reason.0).into_owned());
            }
        }
        Ok(key.iter().map(|pair| pair.source.name.clone()).collect())
    };
    let told = |word: &str, names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| shown(name).into_owned()).collect();
        format!("{word} ({})", names.join(", "))
    };
    if !terms.keys.is_empty() {
        let named = told("--key", &terms.keys);
        return match usable(&terms.keys, true) {
            Ok(key) => Ok((key, named)),
            Err(why) => Err(format!("{named}: {why}")),
        };
    }
    let mut refused = Vec::new();
    let candidates = [(source, true, "primary key"), (target, false, "primary key of the target")]
        .into_iter()
        .map(|(side, own, word)| (vec![side.primary_key.clone()], own, word))
        .chain([
            (source.unique_keys.clone(), true, "unique key"),
            (target.unique_keys.clone(), false, "unique key of the target"),
        ]);
    for (keys, of_source, word) in candidates {
        for names in keys.iter().filter(|names| !names.is_empty()) {
            match usable(names, of_source) {
                Ok(key) => return Ok((key, told(word, names))),
                Err(why) => refused.push(format!("{}: {why}", told(word, names))),
            }
        }
    }
    if refused.is_empty() {
        refused.push("no primary key, and no unique one without nulls".to_owned());
    }
    refused.push("name one with --key".to_owned());
    Err(refused.join("; "))
}

/// All rows of a table.
pub fn whole() -> Rows {
    Rows::Range(KeyRange::default())
}

/// Rows of one side, whose first columns are the key, in its order.
pub fn request((schema, table): &Name, columns: Vec<ScanColumn>, key: usize, rows: Rows) -> ScanRequest {
    let (schema, table) = (schema.clone(), table.clone());
    ScanRequest { schema, table, columns, key: (0..key).collect(), rows, filter: None, ordered: true }
}

/// Everything that was said about a table or column that is not there.
///
/// # Errors
/// The first of it.
pub fn all_meant(terms: &Terms, sides: &[(&Described, &Described)], alone: &[Name]) -> Result<(), String> {
    // What is said of the others was meant for a plan of all tables.
    if !terms.only.is_empty() {
        return Ok(());
    }
    let column_of = |said: &str| {
        sides.iter().any(|(source, target)| {
            let of = |side: &Described| side.columns.iter().any(|column| means(said, &name(side), Some(&column.name)));
            of(source) || of(target)
        })
    };
    for rule in &terms.rules {
        let of_source = |(source, _): &(&Described, &Described)| {
            source.columns.iter().any(|column| means(&rule.place, &name(source), Some(&column.name)))
        };
        // Nobody knows the columns of a table that could not be read.
        let of_unseen = |name: &Name| rule.place.rsplit_once('.').is_some_and(|(table, _)| means(table, name, None));
        if !sides.iter().any(of_source) && !alone.iter().any(of_unseen) {
            return Err(format!("--rule {}: no such column in the source's tables of this plan", shown(&rule.place)));
        }
    }
    for (pattern, own) in &terms.tables {
        let of: Vec<_> = sides.iter().filter(|(source, _)| names::fits(pattern, &name(source))).collect();
        if of.is_empty() && !alone.iter().any(|name| names::fits(pattern, name)) {
            return Err(format!("table.{:?}: no such table in this plan", shown(pattern)));
        }
        let ruled = own.rules.iter().map(|(column, _)| column.as_str());
        let columns = ruled.chain(own.waived.iter().map(|said| because(said).0));
        for column in columns.filter(|_| !of.is_empty()) {
            let has = |side: &Described| side.columns.iter().any(|one| one.name.eq_ignore_ascii_case(column));
            if !of.iter().any(|(source, target)| has(source) || has(target)) {
                return Err(format!("table.{:?}: no column {} in it", shown(pattern), shown(column)));
            }
        }
    }
    let is_there = |said: &str| {
        let table =
            sides.iter().any(|(source, target)| means(said, &name(source), None) || means(said, &name(target), None));
        let of_unseen = |name: &Name| {
            means(said, name, None) || said.rsplit_once('.').is_some_and(|(table, _)| means(table, name, None))
        };
        table || column_of(said) || alone.iter().any(of_unseen)
    };
    for said in &terms.waived {
        let place = because(said).0;
        if !is_there(said) && !is_there(place) {
            return Err(format!("--waive {}: no such table or column in this plan", shown(place)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
