//! A plan in words: what forbids it first, then rows that are lost, who is on the target, and step by step what is done.

use super::{Kind, Line};
use crate::console::text;
use crate::model::Problem;
use crate::model::refresh::told::Offer;
use crate::model::refresh::{Finding, Level, LoadedTable, OnFailure, Place, PlannedStep, Shown};
use crate::model::untrusted::shown;
use jiff::SignedDuration;

/// Cells left of what belongs to a step.
const INDENT: &str = "     ";

/// A word for what a line is, where it leaves the screen.
pub fn part(kind: Kind) -> &'static str {
    match kind {
        Kind::Heading => "heading",
        Kind::Step => "step",
        Kind::Sql => "sql",
        Kind::Bad => "forbids",
        Kind::Warning => "warning",
        Kind::Blank | Kind::Text | Kind::Dim | Kind::Good => "",
    }
}

struct Lines {
    width: usize,
    all: Vec<Line>,
}

impl Lines {
    fn line(&mut self, kind: Kind, sign: &str, words: String, first: bool) {
        self.all.push(Line { kind, sign: sign.to_owned(), text: words, first });
    }

    /// Wrapped between words, what follows under the first.
    fn add(&mut self, kind: Kind, sign: &str, words: &str) {
        let cells = text::width(sign);
        for (at, part) in text::wrap(words, self.width.saturating_sub(cells)).into_iter().enumerate() {
            let sign = if at == 0 { sign.to_owned() } else { " ".repeat(cells) };
            self.line(kind, &sign, part, at == 0);
        }
    }

    /// As it will be run: broken where it must be, nothing taken away.
    fn sql(&mut self, statement: &str) {
        let cells = self.width.saturating_sub(INDENT.len() + 2).max(10);
        let mut first = true;
        for row in statement.lines().filter(|row| !row.trim().is_empty()) {
            let row = shown(row).into_owned();
            let mut rest = row.trim_end();
            while !rest.is_empty() {
                let head = text::head(rest, cells);
                let head = if head.is_empty() { rest } else { head };
                self.line(Kind::Sql, if first { "     > " } else { "       " }, head.to_owned(), first);
                rest = &rest[head.len()..];
                first = false;
            }
        }
    }

    fn heading(&mut self, words: &str) {
        if !self.all.is_empty() {
            self.line(Kind::Blank, "", String::new(), true);
        }
        self.line(Kind::Heading, "", words.to_owned(), true);
    }
}

/// The whole plan, for lines of so many cells.
pub fn of(offer: &Offer, refused: Option<&Problem>, width: usize) -> Vec<Line> {
    let mut out = Lines { width, all: Vec::new() };
    let plan = &offer.plan;
    if let Some(problem) = refused {
        for (at, words) in problem.lines().iter().enumerate() {
            let (kind, sign) = if at == 0 { (Kind::Bad, "✗ ") } else { (Kind::Text, "  ") };
            out.add(kind, sign, words);
        }
        out.line(Kind::Blank, "", String::new(), true);
    }
    facts(offer, &mut out);
    findings(plan, Level::Blocking, "What forbids it", &mut out);
    findings(plan, Level::Warning, "Warnings", &mut out);
    lost(plan, &mut out);
    sessions(plan, &mut out);
    out.heading("What will be done");
    for (nth, step) in plan.steps.iter().enumerate() {
        self::step(nth + 1, step, &mut out);
    }
    previews(plan, &mut out);
    tables(plan, &mut out);
    findings(plan, Level::Note, "Also found", &mut out);
    out.all
}

fn facts(offer: &Offer, out: &mut Lines) {
    let plan = &offer.plan;
    if let Some(refused) = &offer.refused {
        out.add(Kind::Warning, "▲ ", &shown(refused));
    }
    for note in &offer.notes {
        out.add(Kind::Warning, "▲ ", &shown(note));
    }
    let kinds = format!("{}, {}, {}", plan.purpose.word(), plan.load.word(), plan.cadence.word());
    out.add(Kind::Text, "kind    ", &kinds);
    out.add(Kind::Text, "task    ", &plan.task.shown());
    out.add(Kind::Text, "source  ", &place(&plan.source));
    out.add(Kind::Text, "target  ", &place(&plan.target));
    let answer = plan.answer.shown();
    out.add(Kind::Text, "typed   ", &format!("{answer} is what has to be typed to start it"));
}

fn place(place: &Place) -> String {
    let identity = place.identity.as_ref().map(|identity| format!(", is {}", shown(identity))).unwrap_or_default();
    format!("{}, {}, by {}{identity}", shown(&place.place), shown(&place.engine), shown(&place.found_by))
}

fn findings(plan: &Shown, level: Level, heading: &str, out: &mut Lines) {
    let mut all = plan.findings.iter().filter(|finding| finding.level == level).peekable();
    if all.peek().is_none() {
        return;
    }
    out.heading(heading);
    for Finding { step, what, do_this, .. } in all {
        let (kind, sign) = match level {
            Level::Blocking => (Kind::Bad, "✗ "),
            Level::Warning => (Kind::Warning, "▲ "),
            Level::Note => (Kind::Text, "· "),
        };
        out.add(kind, sign, &format!("{}: {}", step.word(), what.shown()));
        if !do_this.is_empty() {
            let from = out.all.len();
            out.add(Kind::Text, "  → ", &shown(do_this));
            // What to do belongs to what it is about.
            if let Some(line) = out.all.get_mut(from) {
                line.first = false;
            }
        }
    }
}

fn about(rows: Option<u64>) -> String {
    rows.map_or_else(|| "?".to_owned(), |rows| text::grouped(i64::try_from(rows).unwrap_or(i64::MAX)))
}

fn name(table: &(String, String)) -> String {
    format!("{}.{}", shown(&table.0), shown(&table.1))
}

/// Rows that only the target has, and that are gone after the load.
fn lost(plan: &Shown, out: &mut Lines) {
    let mut all: Vec<&LoadedTable> =
        plan.tables.iter().filter(|table| table.only_target.is_none_or(|rows| rows > 0)).collect();
    if all.is_empty() {
        return;
    }
    out.heading("Rows that only the target has: they will be lost");
    all.sort_by_key(|table| std::cmp::Reverse(table.only_target.unwrap_or(u64::MAX)));
    for table in all {
        match table.only_target {
            Some(rows) => {
                let rows = text::plural(usize::try_from(rows).unwrap_or(usize::MAX), "row");
                out.add(Kind::Warning, "▲ ", &format!("{}: {rows}", name(&table.target)));
            }
            None => out.add(Kind::Dim, "? ", &format!("{}: not counted", name(&table.target))),
        }
    }
}

fn sessions(plan: &Shown, out: &mut Lines) {
    if plan.sessions.is_empty() {
        return;
    }
    out.heading("On the target at this moment");
    for session in &plan.sessions {
        out.add(Kind::Text, "· ", &session.shown());
    }
}

fn step(nth: usize, step: &PlannedStep, out: &mut Lines) {
    let mut terms = vec![format!("at most {}", length(step.timeout))];
    if step.retry > 0 {
        terms.push(text::plural(usize::try_from(step.retry).unwrap_or(usize::MAX), "more attempt"));
    }
    if step.on_failure == OnFailure::GoOn {
        terms.push("goes on without it".to_owned());
    }
    let words = format!("{}  ({})", shown(&step.name.0), terms.join(", "));
    out.add(Kind::Step, &format!("{nth:>3}. "), &words);
    for words in &step.words {
        out.add(Kind::Text, INDENT, &shown(words));
    }
    for statement in &step.sql {
        out.sql(statement);
    }
}

/// The masked columns, each with one value.
fn previews(plan: &Shown, out: &mut Lines) {
    if plan.previews.is_empty() {
        return;
    }
    out.heading("What masking makes of some rows; of old values class and length");
    for preview in &plan.previews {
        for column in &preview.columns {
            let name = format!("{}.{}", shown(&preview.table), shown(&column.name));
            let is_odd = column.values.iter().any(|one| one.misfit || one.same);
            let (kind, sign) = if is_odd { (Kind::Warning, "▲ ") } else { (Kind::Text, "· ") };
            out.add(kind, sign, &format!("{name}, {}: {}", shown(&column.function), column.told("→")));
        }
    }
}

/// `30s`, `2h`: a length that somebody chose.
fn length(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        s if s > 0 && s % 3600 == 0 => format!("{}h", s / 3600),
        s if s > 0 && s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

fn tables(plan: &Shown, out: &mut Lines) {
    let number = text::plural(plan.tables.len(), "table");
    out.heading(&format!("{number}, rows of the source and of the target, about"));
    for table in &plan.tables {
        let names = if table.source == table.target {
            name(&table.source)
        } else {
            format!("{} → {}", name(&table.source), name(&table.target))
        };
        let rows = format!("{names}: {} / {}", about(table.rows_source), about(table.rows_target));
        out.add(Kind::Text, "· ", &rows);
    }
}
