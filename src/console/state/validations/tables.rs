//! The screen of one run: its tables, source on the left, target on the right, one cursor and one scroll for both.

use super::run::{Run, Standing, differing, gate_words};
use super::verdict_word;
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::console::state::column::Column;
use crate::console::state::export::Export;
use crate::console::state::feed::Freshness;
use crate::console::state::list::{List, Rows, Sort, SortKey};
use crate::console::state::page::{Act, Next, Page};
use crate::console::state::{Filling, PaneAge, State};
use crate::console::text;
use crate::model::Subject;
use crate::model::listing::{report, validations};
use crate::model::shell;
use crate::model::untrusted::shown;
use crate::model::validation::told::{self, RunLine, RunState};
use crate::model::validation::{Method, Settles, TableResult, Verdict, What};
use jiff::Timestamp;

/// Of the source, on the left. How a table stands is told here: it is what one looks for first.
pub const LEFT: [Column; 5] = [
    Column::words("table", "TABLE", [14, 22, 48], 0),
    Column::new("state", "RESULT", [13, 14, 14], 0),
    Column::number("rows", "ROWS", [8, 11, 13], 0),
    Column::number("rate", "ROWS/S", [7, 7, 7], 1),
    Column::words("how", "HOW", [9, 9, 9], 2),
];

/// Of the target, on the right.
pub const RIGHT: [Column; 6] = [
    Column::words("target", "TABLE", [10, 20, 48], 0),
    Column::number("target-rows", "ROWS", [7, 11, 13], 0),
    Column::number("different", "DIFF", [5, 7, 9], 0),
    Column::number("missing", "MISS", [5, 7, 9], 0),
    Column::number("extra", "EXTRA", [5, 7, 9], 0),
    Column::number("moving", "MOVES", [5, 7, 9], 1),
];

/// Both, for order, filter and palette.
pub const ALL: [Column; 11] = {
    let mut all = [LEFT[0]; 11];
    let mut at = 0;
    while at < 11 {
        all[at] = if at < LEFT.len() { LEFT[at] } else { RIGHT[at - LEFT.len()] };
        at += 1;
    }
    all
};

pub const TABLE: usize = 0;
pub const STATE: usize = 1;
pub const ROWS: usize = 2;
pub const RATE: usize = 3;
pub const HOW: usize = 4;
pub const TARGET: usize = 5;
pub const TARGET_ROWS: usize = 6;
pub const DIFFERENT: usize = 7;
pub const MISSING: usize = 8;
pub const EXTRA: usize = 9;
pub const MOVING: usize = 10;

/// Lines above the rows: what the run does, the two databases, the head.
pub const ABOVE: usize = 3;

#[derive(Debug, Clone, PartialEq)]
pub struct RunTables {
    pub list: List<usize>,
}

impl Default for RunTables {
    fn default() -> Self {
        Self { list: List::new(Sort { column: STATE, reversed: false }) }
    }
}

impl RunTables {
    pub fn rebuild(&mut self, run: &Run) {
        // Whoever stands on the first waits for what comes.
        let on_top = self.list.cursor() == 0;
        self.list.rebuild(&TableRows(run));
        if on_top {
            self.list.go(0, &TableRows(run));
        }
    }
}

/// A word for how a table stands.
pub fn standing_word(run: &Run, nth: usize) -> String {
    match run.standing(nth) {
        Standing::Waits => "waits".to_owned(),
        Standing::Comparing => {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 99")]
            let percent = |share: f64| format!("{} %", (share * 100.0) as u8);
            let left = settles(run, nth).and_then(|(settles, at)| settles.left(at));
            match run.share(nth) {
                // All is read; what differs is looked at again until it stays the same.
                Some(share) if share >= 0.99 => match left {
                    Some(left) => format!("settling {left} s"),
                    None => "settling".to_owned(),
                },
                Some(share) => percent(share),
                None => "comparing".to_owned(),
            }
        }
        Standing::NotReached => "not reached".to_owned(),
        Standing::Told(_) if run.result(nth).is_some_and(TableResult::is_waived) => "waived".to_owned(),
        Standing::Told(verdict) => verdict_word(verdict).to_owned(),
    }
}

/// Until when what differs in a table is watched, and when that was so.
fn settles(run: &Run, nth: usize) -> Option<(Settles, Timestamp)> {
    let progress = run.progress.as_ref()?;
    let table = progress.tables.get(nth).filter(|table| !table.done)?;
    Some((table.settles?, progress.at))
}

/// How a line of the pane below is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Fact,
    Bad,
    Unknown,
    Less,
}

/// Everything there is to say about one table, in lines of so many cells.
pub fn detail(run: &Run, nth: usize, width: usize) -> Vec<(Kind, &'static str, String)> {
    let mut out = Vec::new();
    let mut add = |name: &'static str, kind: Kind, words: &str| {
        for (at, part) in text::wrap(&shown(words), width.saturating_sub(NAME)).into_iter().enumerate() {
            out.push((kind, if at == 0 { name } else { "" }, part));
        }
    };
    let result = run.result(nth);
    if let Some(words) = settles(run, nth).and_then(|(settles, at)| settles.words(at)) {
        add(
            "settling",
            Kind::Less,
            &format!("rows that differed are looked at again until they stay the same: {words}"),
        );
    }
    for problem in result.iter().flat_map(|result| &result.problems) {
        add("problem", Kind::Bad, problem.raw());
    }
    if let Some(result) = result {
        let tally = result.tally;
        if let Some(unsettled) = tally.unsettled.filter(|n| *n > 0) {
            add("unsettled", Kind::Unknown, &format!("{unsettled} differed once and were not looked at again"));
        }
        if let Some(moving) = tally.in_flight.filter(|n| *n > 0) {
            add("moving", Kind::Unknown, &format!("{moving} differed at every look, and were other rows each time"));
        }
        if let Some(arrived) = tally.arrived.filter(|n| *n > 0) {
            let rows = if arrived == 1 { "row" } else { "rows" };
            add("arrived", Kind::Fact, &format!("{arrived} {rows} arrived while it was compared, and are equal"));
        }
        for check in &result.checks {
            let (kind, word) = match check.passed {
                Some(true) => (Kind::Fact, "the same"),
                Some(false) => (Kind::Bad, "differs"),
                None => (Kind::Unknown, "cannot be told"),
            };
            add("check", kind, &format!("{}: {word}", check.name.raw()));
        }
        let listed = run.tables[nth].told.as_ref().map_or(0, |told| told.rows.len());
        if let Some(all) = differing(tally).filter(|all| *all > 0) {
            add("differing", Kind::Fact, &format!("{all} rows, {listed} of them listed"));
        }
    }
    let not_compared =
        result.map(|result| &result.not_compared).or_else(|| run.plan(nth).map(|plan| &plan.not_compared));
    for one in not_compared.into_iter().flatten() {
        let what = one.column.as_ref().map_or("the whole table", |column| column.raw());
        let (kind, waived) = if one.waived { (Kind::Less, " (waived)") } else { (Kind::Unknown, "") };
        add("left out", kind, &format!("{what}: {}{waived}", one.reason));
    }
    if let Some(plan) = run.plan(nth) {
        if plan.method != Method::None {
            add("compared", Kind::Fact, &format!("{} by {}: {}", told::kind(plan.kind), plan.method.word(), plan.why));
        }
        let names =
            |all: &[crate::model::Untrusted]| all.iter().map(|name| name.shown().into_owned()).collect::<Vec<_>>();
        if !plan.key.is_empty() {
            add("key", Kind::Less, &names(&plan.key).join(", "));
        }
        if !plan.columns.is_empty() {
            add("columns", Kind::Less, &names(&plan.columns).join(", "));
        }
        add("on source", Kind::Less, &plan.query_source);
        add("on target", Kind::Less, &plan.query_target);
    }
    if let Some(result) = result {
        let rest = match result.at_rest {
            Some(true) => ", at rest",
            Some(false) => ", while rows arrived",
            None => "",
        };
        if let (Some(from), Some(to)) = (result.as_of_from, result.as_of_to) {
            let at = |at: jiff::Timestamp| at.strftime("%H:%M:%S").to_string();
            add(
                "read",
                Kind::Less,
                &format!("{} from {} to {} UTC{rest}", from.strftime("%Y-%m-%d"), at(from), at(to)),
            );
        }
    }
    out
}

/// Cells of the names on the left of the pane below.
pub const NAME: usize = 10;

/// The line about the run as a whole: what is in its way, or what came of it.
pub fn about(run: &Run) -> String {
    if let Some(failed) = &run.failed {
        return shown(failed).into_owned();
    }
    if run.line.state == RunState::Interrupted {
        return format!("ended before its end; this goes on with it: {}", resumed_by(&run.line));
    }
    if let Some(note) = run.notes.last() {
        return note.clone();
    }
    match (&run.gate, &run.planned) {
        (Some(seen), planned) => gate_words(seen, run.line.started, planned.as_ref().map(|planned| &planned.gate)),
        (None, Some(planned)) => told::gate(&planned.gate),
        (None, None) => String::new(),
    }
}

/// The command that goes on with a run.
pub fn resumed_by(line: &RunLine) -> String {
    let of = match &line.what {
        What::Addresses => "--source URL --target URL".to_owned(),
        What::Task(name) | What::Named(name) => shell::quoted(name),
    };
    format!("cutover validate {of} --resume {}", shown(&line.id.0))
}

/// When its rows were read last.
pub fn seen(run: &Run) -> Option<jiff::Timestamp> {
    let moving = run.progress.as_ref().map(|progress| progress.at).filter(|_| run.line.state != RunState::Waiting);
    let told = run.tables.iter().filter_map(|table| table.told.as_ref()?.result.as_of_to).max();
    let latest = moving.filter(|_| !run.line.state.is_over()).or(told);
    latest.or(run.line.ended).or(Some(run.line.started))
}

pub struct RunPage;

impl Page for RunPage {
    fn context(&self) -> Context {
        Context::Validation
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        Vec::new()
    }

    /// Evidence of a run is as old as the moment at which its rows were read last.
    fn ages(&self, state: &State) -> Vec<PaneAge> {
        let Some(run) = state.validations.opened_run() else { return Vec::new() };
        vec![PaneAge { has_data: true, as_of: seen(run), freshness: Freshness::Fresh, late_from: None }]
    }

    fn filling(&self, state: &State) -> Filling {
        let validations = &state.validations;
        match validations.opened_run() {
            None if validations.failed.is_some() => Filling::Failed,
            None => Filling::Loading,
            Some(run) if run.tables.is_empty() => Filling::Empty,
            Some(_) if validations.tables.list.is_empty() => Filling::NoMatch,
            Some(_) => Filling::Rows,
        }
    }

    fn fit(&self, state: &mut State, inner: Area) {
        state.validations.tables.list.set_height(usize::from(inner.height).saturating_sub(ABOVE));
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        let validations = &mut state.validations;
        let Some(id) = &validations.open else { return };
        let run = validations.ours.get(id).or_else(|| validations.read.as_deref().filter(|run| run.line.id == *id));
        if let Some(run) = run {
            act.on(&mut validations.tables.list, &TableRows(run));
        }
    }

    fn columns(&self) -> &'static [Column] {
        &ALL
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        state.validations.tables.list.filter.text()
    }

    fn detail_wants(&self, state: &State) -> u16 {
        if matches!(self.filling(state), Filling::Rows | Filling::NoMatch) { 10 } else { 0 }
    }

    /// Two sides can use all the width there is.
    fn detail_beside(&self) -> bool {
        false
    }

    fn follow(&self, state: &mut State) {
        state.validations.tables.list.follow(state.now);
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        let run = state.validations.opened_run()?;
        run.tables.get(state.validations.tables.list.row()?).map(|table| table.source.clone())
    }

    fn export(&self, state: &State) -> Option<Export> {
        let run = state.validations.opened_run()?;
        let told = run.tables.iter().filter_map(|table| table.told.as_ref());
        let list = validations::all(told.map(|told| (&told.result, &told.rows[..])), false);
        Some(Export { name: format!("validation-{}", told::name(&run.line.what)), list })
    }

    fn document(&self, state: &State, end: &str) -> Option<String> {
        let told = state.validations.opened_run()?.told();
        match end {
            "md" => Some(report::markdown(&told)),
            "jsonl" => report::json_lines(&told, false).ok(),
            _ => None,
        }
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        next.offer(state.validations.tables.list.follows_at());
    }
}

pub struct TableRows<'a>(pub &'a Run);

impl Rows for TableRows<'_> {
    type Key = usize;

    fn columns(&self) -> &'static [Column] {
        &ALL
    }

    fn count(&self) -> usize {
        self.0.tables.len()
    }

    fn key(&self, row: usize) -> usize {
        row
    }

    fn has_key(&self, row: usize, key: &usize) -> bool {
        row == *key
    }

    fn name_rank(&self, row: usize) -> u32 {
        self.0.tables[row].rank
    }

    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        let run = self.0;
        let number =
            |n: Option<u64>| n.map_or(SortKey::Unknown, |n| SortKey::Value(i64::try_from(n).unwrap_or(i64::MAX)));
        let tally = run.result(row).map(|result| result.tally);
        let of = |pick: fn(&crate::model::validation::Tally) -> Option<u64>| {
            tally.as_ref().map_or(SortKey::NotDue, |tally| number(pick(tally)))
        };
        match column {
            STATE => match run.standing(row) {
                Standing::Comparing => SortKey::Value(9),
                Standing::Told(Verdict::Different) => SortKey::Value(8),
                Standing::Told(Verdict::Unknown) => SortKey::Value(7),
                Standing::NotReached => SortKey::Value(6),
                Standing::Waits => SortKey::Value(5),
                Standing::Told(verdict) => SortKey::Value(verdict as i64),
            },
            ROWS => number(run.rows(row).0),
            TARGET_ROWS => number(run.rows(row).1),
            #[allow(clippy::cast_possible_truncation, reason = "rows a second")]
            RATE => run.rate(row).map_or(SortKey::NotDue, |rate| SortKey::Value(rate as i64)),
            DIFFERENT => of(|tally| tally.different),
            MISSING => of(|tally| tally.missing),
            EXTRA => of(|tally| tally.extra),
            MOVING => of(|tally| tally.in_flight),
            _ => SortKey::Value(i64::from(run.tables[row].rank)),
        }
    }

    fn text(&self, row: usize) -> &str {
        &self.0.tables[row].text
    }

    fn cell_text(&self, row: usize, column: usize) -> String {
        let (run, table) = (self.0, &self.0.tables[row]);
        let tally = run.result(row).map(|result| result.tally);
        let number = |n: Option<u64>| n.map_or_else(String::new, |n| n.to_string());
        match column {
            TABLE => table.source.to_lowercase(),
            STATE => standing_word(run, row),
            ROWS => number(run.rows(row).0),
            HOW => table.method(run.plan(row)).map_or_else(String::new, |method| method.word().to_owned()),
            TARGET => table.target.to_lowercase(),
            TARGET_ROWS => number(run.rows(row).1),
            DIFFERENT => number(tally.and_then(|tally| tally.different)),
            MISSING => number(tally.and_then(|tally| tally.missing)),
            EXTRA => number(tally.and_then(|tally| tally.extra)),
            MOVING => number(tally.and_then(|tally| tally.in_flight)),
            _ => String::new(),
        }
    }
}
