//! Is everything through, of every task in scope: one row a task, worst first, and what stands in its way first.

use super::column::Column;
use super::drain::evidence;
use super::list::{List, Marks, Rows, Sort, SortKey};
use super::page::{self, Act, Next, Page};
use super::world::World;
use super::{Filling, State};
use crate::console::actions::Context;
use crate::console::message::{Area, Focus};
use crate::model::drain::{Judgement, Topic};
use crate::model::health::{self, Latency};
use crate::model::metric::{MetricName, fresh};
use crate::model::task::Task;
use crate::model::{ReplicationArn, Subject};
use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

pub const COLUMNS: [Column; 6] = [
    Column::words("task", "TASK", [15, 20, 48], 0),
    Column::new("verdict", "VERDICT", [13, 13, 13], 0),
    Column::number("backlog", "BACKLOG", [9, 9, 11], 1),
    Column::number("incoming", "INCOMING", [8, 8, 11], 3),
    Column::number("latency", "LATENCY", [7, 7, 8], 2),
    Column::new("first", "WHAT STANDS IN THE WAY FIRST", [30, 40, 140], 0),
];

pub const TASK: usize = 0;
pub const VERDICT: usize = 1;
pub const BACKLOG: usize = 2;
pub const INCOMING: usize = 3;
pub const LATENCY: usize = 4;
pub const FIRST: usize = 5;

/// A number that may not be due, or not be known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Known {
    NotDue,
    Unknown,
    Is(f64),
}

/// Rows whose tables `r` asks for at once: each costs a request or more.
const ASKED_AT_ONCE: usize = 20;

/// One task, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub judgement: Judgement,
    /// Words of the verdict.
    pub words: String,
    pub backlog: Known,
    /// Complete statistics were asked for at some time.
    pub asked: bool,
    pub incoming: Known,
    pub latency: Known,
    name_rank: u32,
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AllDrain {
    pub list: List<ReplicationArn>,
    /// One per task of the world, in its order.
    pub lines: Vec<Line>,
    /// Width of the longest name.
    pub widest: u16,
    /// Tasks that are not through.
    pub open: usize,
    made: Option<u64>,
    until: Option<Timestamp>,
}

impl Default for AllDrain {
    fn default() -> Self {
        Self {
            list: List::new(Sort { column: VERDICT, reversed: false }),
            lines: Vec::new(),
            widest: 0,
            open: 0,
            made: None,
            until: None,
        }
    }
}

/// Every task in scope.
pub struct AllDrainPage;

impl Page for AllDrainPage {
    fn context(&self) -> Context {
        Context::AllDrain
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        vec![Subject::Tasks, Subject::Metrics, Subject::Events, Subject::LogErrors]
    }

    /// Complete statistics of the tasks on screen: nothing asks for them by itself here.
    fn also_asked(&self, state: &State) -> Vec<Subject> {
        let on_screen = state.all_drain.list.visible().filter_map(|(_, row)| state.world.tasks.get(row));
        let run = on_screen.filter(|task| task.stats.fresh_start.is_some() || task.stats.start.is_some());
        let tables = run.take(ASKED_AT_ONCE).map(|task| Subject::Tables(task.arn.clone()));
        tables.chain(evidence::SLOW).collect()
    }

    fn filling(&self, state: &State) -> Filling {
        page::filling(state, &Subject::Tasks, state.world.tasks.len(), state.all_drain.list.len())
    }

    fn fit(&self, state: &mut State, inner: Area) {
        state.all_drain.list.set_height(usize::from(inner.height.saturating_sub(1)));
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        let rows = DrainRows { world: &state.world, lines: &state.all_drain.lines };
        act.on(&mut state.all_drain.list, &rows);
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn marks(&self, state: &State) -> Marks {
        state.all_drain.list.marks()
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        state.all_drain.list.filter.text()
    }

    fn follow(&self, state: &mut State) {
        let (world, now) = (&state.world, state.now);
        let all = &mut state.all_drain;
        if all.made == Some(world.revision()) && all.until.is_none_or(|until| now < until) {
            return;
        }
        let judged = evidence::of_all(world, now);
        all.until = judged.iter().filter_map(|judgement| judgement.until).min();
        all.open = judged.iter().filter(|judgement| judgement.verdict.rank() > 0).count();
        let widths = world.tasks.iter().map(|task| task.name.shown().width());
        all.widest = u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX);
        let mut names: Vec<(String, u32)> =
            (0..).zip(&world.tasks).map(|(row, task)| (task.name.raw().to_lowercase(), row)).collect();
        names.sort_unstable();
        let mut ranks = vec![0; names.len()];
        for (rank, (_, row)) in (0u32..).zip(&names) {
            ranks[*row as usize] = rank;
        }
        let lines = world.tasks.iter().zip(judged).zip(ranks);
        all.lines = lines.map(|((task, judgement), rank)| line(world, task, judgement, rank, now)).collect();
        all.made = Some(world.revision());
        all.list.rebuild(&DrainRows { world, lines: &all.lines });
    }

    fn focus(&self, state: &State, focus: &mut Focus) {
        let rows = state.all_drain.list.visible().filter_map(|(_, row)| state.world.tasks.get(row));
        focus.visible.extend(rows.map(|task| task.arn.clone()));
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        next.offer(state.all_drain.until);
    }
}

fn line(world: &World, task: &Task, judgement: Judgement, name_rank: u32, now: Timestamp) -> Line {
    let counted = world.counted(&task.arn);
    let points = |name| evidence::points(world, &task.arn, name);
    let measured = evidence::measured(world, &task.arn);
    let latency = health::latency(task, points(MetricName::CDCLatencyTarget), measured, now);
    let of = |topic: Topic| judgement.checks.iter().find(|check| check.topic == topic);
    let due = |topic| of(topic).is_some_and(|check| check.standing != crate::model::drain::Standing::NotDue);
    #[allow(clippy::cast_precision_loss, reason = "shown in five characters")]
    let backlog = match counted {
        _ if !due(Topic::Backlog) => Known::NotDue,
        Some(counted) if counted.tally.changes > 0 || counted.tally.untold.count == 0 => {
            Known::Is(counted.tally.changes as f64)
        }
        _ => Known::Unknown,
    };
    let incoming = match fresh(points(MetricName::CDCIncomingChanges), now) {
        _ if !due(Topic::Incoming) => Known::NotDue,
        Some(point) => Known::Is(point.value),
        None => Known::Unknown,
    };
    let latency = match latency {
        Latency::NotDue => Known::NotDue,
        Latency::Fresh(point) => Known::Is(point.value),
        Latency::NotYet | Latency::Missing { .. } => Known::Unknown,
    };
    let words = crate::model::untrusted::shown(&judgement.verdict.words()).into_owned();
    let text = format!("{}\n{}\n{words}", task.name.raw(), judgement.verdict.word()).to_lowercase();
    Line { judgement, words, backlog, asked: counted.is_some(), incoming, latency, name_rank, text }
}

/// The tasks of the world with their judgements.
pub struct DrainRows<'a> {
    world: &'a World,
    lines: &'a [Line],
}

#[allow(clippy::cast_possible_truncation, reason = "orders rows; nothing is read from it")]
fn key(known: Known) -> SortKey {
    match known {
        Known::NotDue => SortKey::NotDue,
        Known::Unknown => SortKey::Unknown,
        Known::Is(value) => SortKey::Value((value * 1_000.0) as i64),
    }
}

fn words(known: Known) -> String {
    match known {
        Known::NotDue => "none due".to_owned(),
        Known::Unknown => "unknown".to_owned(),
        Known::Is(value) => format!("{value:.0}"),
    }
}

impl Rows for DrainRows<'_> {
    type Key = ReplicationArn;

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn count(&self) -> usize {
        self.lines.len().min(self.world.tasks.len())
    }

    fn key(&self, row: usize) -> ReplicationArn {
        self.world.tasks[row].arn.clone()
    }

    fn has_key(&self, row: usize, key: &ReplicationArn) -> bool {
        self.world.tasks[row].arn == *key
    }

    fn name_rank(&self, row: usize) -> u32 {
        self.lines[row].name_rank
    }

    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        let line = &self.lines[row];
        let verdict = i64::from(line.judgement.verdict.rank());
        match column {
            VERDICT | FIRST => SortKey::Value(verdict),
            BACKLOG => key(line.backlog),
            INCOMING => key(line.incoming),
            LATENCY => key(line.latency),
            _ => SortKey::Value(i64::from(line.name_rank)),
        }
    }

    fn text(&self, row: usize) -> &str {
        &self.lines[row].text
    }

    fn cell_text(&self, row: usize, column: usize) -> String {
        let line = &self.lines[row];
        match column {
            VERDICT => line.judgement.verdict.word().to_owned(),
            BACKLOG => words(line.backlog),
            INCOMING => words(line.incoming),
            LATENCY => words(line.latency),
            FIRST => line.words.clone(),
            _ => self.world.tasks[row].name.raw().to_owned(),
        }
        .to_lowercase()
    }
}
