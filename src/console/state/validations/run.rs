//! One run as far as it is known here: its plan, how far each table is, and what came of it. Events go in, in their order.

use crate::model::Untrusted;
use crate::model::listing::validations::Summary;
use crate::model::untrusted::shown;
use crate::model::validation::told::{self, RunLine, RunState, RunTold, TableTold, Wished};
use crate::model::validation::{
    Gate, GateSeen, Method, Phase, Planned, PlannedTable, Progress, RunEvent, TableProgress, TableResult, Tally,
    Verdict, overall,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// Rates are taken over this long: a batch comes at once, and the next one a moment later.
const RATED_OVER: SignedDuration = SignedDuration::from_secs(3);

/// Where one table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Its turn has not come.
    Waits,
    Comparing,
    /// Its run ended before it came to it.
    NotReached,
    Told(Verdict),
}

/// One table of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Clean names; the target's is empty where it has none.
    pub source: String,
    pub target: String,
    /// What a filter looks in; lower case.
    pub text: String,
    /// Place when all are sorted by name.
    pub rank: u32,
    pub told: Option<TableTold>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub line: RunLine,
    pub planned: Option<Planned>,
    pub gate: Option<GateSeen>,
    pub progress: Option<Progress>,
    pub tables: Vec<Table>,
    pub summary: Option<Summary>,
    pub failed: Option<String>,
    /// What a person should know of it, clean.
    pub notes: Vec<String>,
    /// Rows of the source, table by table, at a few moments of the last seconds.
    past: VecDeque<(Timestamp, Vec<u64>)>,
}

impl Run {
    pub fn new(told: RunTold) -> Self {
        let RunTold { line, planned, gate, progress, tables, summary, failed } = told;
        let planned_tables = planned.as_ref().map_or(0, |planned| planned.tables.len());
        let count = tables.iter().map(|one| one.nth + 1).max().unwrap_or(0).max(planned_tables);
        let mut out: Vec<Table> =
            (0..count).map(|nth| table(planned.as_ref().and_then(|all| all.tables.get(nth)))).collect();
        for one in tables {
            let nth = one.nth;
            if let Some(table) = out.get_mut(nth) {
                table.name(&one.result.source, &one.result.target);
                table.told = Some(one);
            }
        }
        let mut order: Vec<usize> = (0..out.len()).collect();
        order.sort_by(|a, b| out[*a].source.cmp(&out[*b].source));
        for (rank, at) in order.into_iter().enumerate() {
            out[at].rank = u32::try_from(rank).unwrap_or(u32::MAX);
        }
        Self { line, planned, gate, progress, tables: out, summary, failed, notes: Vec::new(), past: VecDeque::new() }
    }

    /// All of it, for a report.
    pub fn told(&self) -> RunTold {
        RunTold {
            line: self.line.clone(),
            planned: self.planned.clone(),
            gate: self.gate.clone(),
            progress: self.progress.clone(),
            tables: self.tables.iter().filter_map(|table| table.told.clone()).collect(),
            summary: self.summary.clone(),
            failed: self.failed.clone(),
        }
    }

    /// Takes in what happened.
    pub fn take(&mut self, event: RunEvent, now: Timestamp) {
        if self.line.state.is_over() {
            return;
        }
        match event {
            RunEvent::Gate(seen) => {
                if let GateSeen::Open { .. } = seen
                    && self.line.state == RunState::Waiting
                {
                    self.line.state = RunState::Comparing;
                }
                self.gate = Some(seen);
            }
            RunEvent::Progress(progress) => self.moved(progress),
            RunEvent::Table { nth, result, rows } => {
                if let Some(table) = self.tables.get_mut(nth) {
                    table.told = Some(TableTold { nth, result: *result, rows });
                }
            }
            RunEvent::Note(note) => self.notes.push(shown(&note).into_owned()),
            RunEvent::Ended(summary) => {
                let state = if summary.interrupted { RunState::Interrupted } else { RunState::Ended };
                self.over(state, now);
                (self.line.verdict, self.line.at_rest) = (Some(summary.verdict), summary.at_rest());
                self.summary = Some(*summary);
            }
            RunEvent::Failed(why) => {
                self.over(RunState::Failed, now);
                self.line.verdict = Some(Verdict::Unknown);
                self.failed = Some(why);
            }
        }
        self.count();
    }

    fn over(&mut self, state: RunState, now: Timestamp) {
        (self.line.state, self.line.ended) = (state, Some(now));
        self.past.clear();
    }

    fn moved(&mut self, progress: Progress) {
        self.line.state = match (progress.phase, self.line.state) {
            (_, RunState::Stopping) => RunState::Stopping,
            (Phase::Planning | Phase::Waiting, _) => RunState::Waiting,
            (Phase::Paused, _) => RunState::Paused,
            (Phase::Comparing | Phase::Ended, _) => RunState::Comparing,
        };
        let since = progress.at.checked_sub(RATED_OVER).unwrap_or(progress.at);
        while self.past.get(1).is_some_and(|(at, _)| *at <= since) {
            self.past.pop_front();
        }
        self.past.push_back((progress.at, progress.tables.iter().map(|one| one.rows_source).collect()));
        self.progress = Some(progress);
    }

    /// What was wished of it, before it says so itself.
    pub fn wished(&mut self, wish: Wished) {
        self.line.state = match (wish, self.line.state) {
            (_, state) if state.is_over() => state,
            (Wished::Stop, _) => RunState::Stopping,
            (Wished::Pause, RunState::Comparing | RunState::Waiting) => RunState::Paused,
            (Wished::GoOn, RunState::Paused) => RunState::Comparing,
            (_, state) => state,
        };
    }

    /// The numbers of its line, from its tables.
    fn count(&mut self) {
        let verdicts = || (0..self.tables.len()).filter_map(|nth| self.verdict(nth));
        let of = |wanted: &[Verdict]| verdicts().filter(|one| wanted.contains(one)).count();
        let (equal, different) = (of(&[Verdict::Equal, Verdict::CountsEqual]), of(&[Verdict::Different]));
        let over = self.line.state.is_over();
        let unknown = if over { self.tables.len() - equal - different } else { of(&[Verdict::Unknown]) };
        let rows = (0..self.tables.len()).filter_map(|nth| self.rows(nth).0).sum();
        let tallies = self.tables.iter().filter_map(|table| Some(table.told.as_ref()?.result.tally));
        let differences = tallies.map(|tally| differing(tally).unwrap_or(0)).sum();
        let line = &mut self.line;
        (line.tables, line.equal, line.different, line.unknown) = (self.tables.len(), equal, different, unknown);
        (line.rows, line.differences) = (rows, differences);
    }

    pub fn plan(&self, nth: usize) -> Option<&PlannedTable> {
        self.planned.as_ref()?.tables.get(nth)
    }

    pub fn result(&self, nth: usize) -> Option<&TableResult> {
        Some(&self.tables.get(nth)?.told.as_ref()?.result)
    }

    pub fn verdict(&self, nth: usize) -> Option<Verdict> {
        self.result(nth).map(TableResult::verdict)
    }

    pub fn moving(&self, nth: usize) -> Option<TableProgress> {
        self.progress.as_ref()?.tables.get(nth).copied()
    }

    pub fn standing(&self, nth: usize) -> Standing {
        match (self.verdict(nth), self.moving(nth)) {
            (Some(verdict), _) => Standing::Told(verdict),
            (None, _) if self.line.state.is_over() => Standing::NotReached,
            (None, Some(one)) if one.began => Standing::Comparing,
            _ => Standing::Waits,
        }
    }

    /// Rows of source and target: counted to the end, else as far as they were read.
    pub fn rows(&self, nth: usize) -> (Option<u64>, Option<u64>) {
        let tally = self.result(nth).map(|result| result.tally);
        let moving = self.moving(nth).filter(|one| one.began);
        let of = |counted: Option<u64>, read: Option<u64>| counted.or(read);
        (
            of(tally.and_then(|tally| tally.source), moving.map(|one| one.rows_source)),
            of(tally.and_then(|tally| tally.target), moving.map(|one| one.rows_target)),
        )
    }

    /// How much of the source's rows was read, going by what the server thinks there are; below one until it is done.
    #[allow(clippy::cast_precision_loss, reason = "a share of rows, shown in percent")]
    pub fn share(&self, nth: usize) -> Option<f64> {
        let all = self.plan(nth)?.rows_source.filter(|rows| *rows > 0)?;
        Some((self.moving(nth)?.rows_source as f64 / all as f64).min(0.99))
    }

    /// Rows of the source a second; `None` where nothing is read.
    pub fn rate(&self, nth: usize) -> Option<f64> {
        let now = self.past.back()?.1.get(nth)?;
        let then = self.past.front()?.1.get(nth)?;
        (self.standing(nth) == Standing::Comparing).then(|| self.per_second(now.saturating_sub(*then)))?
    }

    /// Of all tables together.
    pub fn rate_of_all(&self) -> Option<f64> {
        let sum = |rows: &[u64]| rows.iter().sum::<u64>();
        let (now, then) = (sum(&self.past.back()?.1), sum(&self.past.front()?.1));
        (self.line.state == RunState::Comparing).then(|| self.per_second(now.saturating_sub(then)))?
    }

    #[allow(clippy::cast_precision_loss, reason = "a rate, shown with three digits")]
    fn per_second(&self, rows: u64) -> Option<f64> {
        let span = self.past.back()?.0.duration_since(self.past.front()?.0).as_secs_f64();
        (span > 0.2).then(|| rows as f64 / span)
    }

    pub fn tables_done(&self) -> usize {
        (0..self.tables.len()).filter(|nth| matches!(self.standing(*nth), Standing::Told(_))).count()
    }

    /// The verdict so far: a difference that has settled stays one, whatever comes.
    pub fn verdict_so_far(&self) -> Option<Verdict> {
        let different = (0..self.tables.len()).any(|nth| self.verdict(nth) == Some(Verdict::Different));
        self.line.verdict.or_else(|| different.then(|| overall([Verdict::Different])))
    }
}

/// Settled differences of a table; `None` where nobody looked for them.
pub fn differing(tally: Tally) -> Option<u64> {
    Some(tally.different? + tally.missing? + tally.extra?)
}

fn table(planned: Option<&PlannedTable>) -> Table {
    let mut table = Table { source: String::new(), target: String::new(), text: String::new(), rank: 0, told: None };
    if let Some(planned) = planned {
        table.name(&planned.source, &planned.target);
        table.text.push_str(planned.method.word());
    }
    table
}

impl Table {
    fn name(&mut self, source: &Untrusted, target: &Untrusted) {
        (self.source, self.target) = (source.shown().into_owned(), target.shown().into_owned());
        self.text = format!("{}\n{}\n", self.source, self.target).to_lowercase();
    }

    /// What it was compared by, in the end.
    pub fn method(&self, planned: Option<&PlannedTable>) -> Option<Method> {
        self.told.as_ref().map(|told| told.result.method).or_else(|| planned.map(|planned| planned.method))
    }
}

/// Why nothing begins yet, or how it began.
pub fn gate_words(seen: &GateSeen, since: Timestamp, gate: Option<&Gate>) -> String {
    match seen {
        // Since when stands above: it is what has elapsed.
        GateSeen::Waiting { why } => {
            format!("{}: {}", told::gives_up(since, gate).unwrap_or_else(|| "waiting".to_owned()), shown(why))
        }
        GateSeen::Open { why, at_rest, .. } => {
            let rest = match at_rest {
                Some(true) => "; at rest",
                Some(false) => "; changes still arrive",
                None => "",
            };
            format!("gate open: {}{rest}", shown(why))
        }
        GateSeen::Shut { why } => format!("the gate did not open: {}", shown(why)),
    }
}
