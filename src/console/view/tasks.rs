//! The Tasks screen.
//!
//! ```text
//! ┌ Tasks ─ 14 · 2 need attention ─────────────────────────────────── as of 10s · metrics 1m ┐
//! │   TASK          TYPE      STATUS      LOAD          LATENCY src → tgt    TABLES    ALERT ▾│
//! │ ▌ billing-cdc   cdc       ▲ running   —               3 s →   94 s ▂▃▅▇█ 38 ok 1 err 2 ✗  │
//! └──────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::{Canvas, Line, line_width, span};
use super::grid::Grid;
use super::{below_head, frame, why};
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::list::Sort;
use crate::console::state::tasks::{self, ALERT, COLUMNS, LATENCY, LOAD, ROWS, Rate, STATUS, TABLES, TYPE, unfinished};
use crate::console::state::{Connection, Filling, State, age, events};
use crate::console::text;
use crate::console::theme::{Role, judged};
use crate::model::Subject;
use crate::model::health::{Health, Latency, Load};
use crate::model::metric::{MetricName, Point};
use crate::model::task::{Task, TaskStatus};
use jiff::SignedDuration;
use std::borrow::Cow;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let list = &state.tasks.list;
    let filling = state.filling();
    let grid = Grid::new(inner, &COLUMNS, list.shift, state.tasks.widest);
    let all = matches!(filling, Filling::Rows | Filling::NoMatch | Filling::Empty).then_some(state.world.tasks.len());
    let mut title =
        frame::title(vec![span(Role::Title, "Tasks")], list.len(), all, state.tasks.unwell, list.filter.text());
    if state.tasks.only_unwell && all.is_some() {
        title.extend([span(Role::Border, " ─ "), span(Role::Input, "only alerts")]);
    }
    title.extend(frame::marked(state));
    if filling == Filling::Rows {
        title.extend(hidden(&grid, list.sort));
    }
    let right = frame::ages(state, &[(Subject::Tasks, "as of"), (Subject::Metrics, "metrics")]);
    canvas.frame(pane, &title, &right);
    match filling {
        Filling::Rows => rows(state, canvas, &grid, inner),
        Filling::Loading => loading(state, canvas, inner),
        Filling::Failed => frame::failed(state, canvas, inner, &Subject::Tasks),
        Filling::Empty => empty(state, canvas, inner),
        Filling::NoMatch if state.tasks.only_unwell && state.tasks.unwell == 0 => canvas.notice(
            inner,
            &[
                vec![span(Role::Good, "● "), span(Role::Text, "No task has an alert that nobody has acknowledged.")],
                vec![span(Role::Dim, "p or Esc shows all tasks again")],
            ],
        ),
        Filling::NoMatch => frame::no_match(state, canvas, inner, list.filter.text(), state.world.tasks.len(), "task"),
    }
    let Some(detail) = layout.detail else { return };
    let (why, recent) = events::beside_why(detail);
    if matches!(filling, Filling::Rows) {
        why::draw(state, canvas, why);
    } else {
        canvas.frame(why, &[span(Role::Title, "Why")], &[]);
    }
    if let Some(pane) = recent {
        super::events::recent(state, canvas, pane);
    }
}

/// `─ +3 columns →`, and the order where the column that gives it is among them.
pub fn hidden<'a>(grid: &Grid, sort: Sort) -> Line<'a> {
    let mut hints: Line<'a> = Vec::new();
    if let Some(title) = grid.hidden_sort(sort) {
        hints.push(span(Role::Text, format!(" ─ by {title}")));
    }
    if grid.hidden() > 0 {
        hints.push(span(Role::Dim, format!(" ─ +{} →", text::plural(grid.hidden(), "column"))));
    }
    hints
}

fn rows(state: &State, canvas: &mut Canvas<'_>, grid: &Grid, inner: Pane) {
    let list = &state.tasks.list;
    grid.head(canvas, inner.y, list.sort);
    for ((place, row), y) in list.visible().zip(below_head(inner, 1).y..) {
        let (Some(task), Some(line)) = (state.world.tasks.get(row), state.tasks.lines.get(row)) else { continue };
        let cell = |column, width| cell(state, task, line, column, width);
        grid.row(canvas, y, place == list.cursor(), cell);
        grid.mark(canvas, y, list.is_marked(row));
    }
}

fn loading(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let text = match &state.connection {
        Connection::SigningIn => "signing in…",
        Connection::Connected { .. } => "asking for the tasks…",
    };
    canvas.notice(pane, &[vec![span(Role::Busy, text)]]);
}

/// Says where it looked: an empty list in the wrong region looks like peace.
fn empty(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let Connection::Connected { scope, .. } = &state.connection else { return };
    let account = text::cut(&scope.account.0, 20).into_owned();
    let region = text::cut(&scope.region.0, 24).into_owned();
    let mut lines = vec![vec![
        span(Role::Text, "No replication tasks in account "),
        span(Role::Title, crate::model::untrusted::shown(&account).into_owned()),
        span(Role::Text, ", region "),
        span(Role::Title, crate::model::untrusted::shown(&region).into_owned()),
        span(Role::Text, "."),
    ]];
    if !state.setup.watched.is_empty() {
        let names = crate::model::untrusted::shown(&state.setup.watched.join(", ")).into_owned();
        lines.push(vec![span(Role::Text, "Only these names are watched: "), span(Role::Title, names)]);
    }
    lines.push(vec![span(Role::Dim, "Another place: --profile NAME, --region NAME")]);
    canvas.notice(pane, &lines);
}

fn cell<'a>(state: &State, task: &'a Task, line: &'a tasks::Line, column: usize, width: usize) -> Line<'a> {
    match column {
        TYPE => vec![span(Role::Text, crate::model::untrusted::shown(tasks::type_word(task)))],
        STATUS => status(state, task, line, width),
        LOAD => load(line.load, width),
        LATENCY => latency(state, task, line, width),
        TABLES => tables(task, line, width),
        ROWS => vec![match line.rate {
            Rate::NotDue => span(Role::Dim, "—"),
            // Due like the latency, and missing like it.
            Rate::Unknown if matches!(line.latency, Latency::Missing { .. }) => span(Role::Bad, "?"),
            Rate::Unknown => span(Role::Unknown, "?"),
            Rate::Fresh(value) => span(Role::Text, text::rate(value)),
        }],
        ALERT => alert(line),
        _ => vec![span(Role::Text, task.name.shown())],
    }
}

/// How many want attention, and how bad the worst is; else how many are acknowledged.
fn alert<'a>(line: &tasks::Line) -> Line<'a> {
    let acknowledged = line.alerts.iter().filter(|alert| alert.ack.is_some()).count();
    match line.wants() {
        Some(worst) => {
            let (role, sign) = judged(worst);
            vec![span(role, format!("{sign} {}", line.counting().count()))]
        }
        None if acknowledged > 0 => vec![span(Role::Dim, format!("ack {acknowledged}"))],
        None => Vec::new(),
    }
}

/// Sign and role of a task: finished and "not started" look different from running well.
pub fn sign(task: &Task, line: &tasks::Line) -> (Role, &'static str) {
    match (&task.status, line.health) {
        (TaskStatus::Stopped, Health::Ok) => (Role::Good, "✓"),
        (TaskStatus::Ready, Health::Ok) => (Role::Dim, "○"),
        (TaskStatus::Running, Health::Ok) => (Role::Good, "●"),
        (_, Health::Ok) => (Role::Busy, "◐"),
        // A cross beside `running` reads as "does not run"; how bad it is stands under ALERT.
        (TaskStatus::Running, Health::Critical) => (Role::Bad, "▲"),
        (_, health) => judged(health),
    }
}

fn status<'a>(state: &State, task: &'a Task, line: &'a tasks::Line, width: usize) -> Line<'a> {
    let (role, sign) = sign(task, line);
    // Cut at its end it would keep the half that says nothing.
    let fits = text::width(&line.word) + 2 <= width;
    let short = line.word.strip_prefix("stopped").filter(|_| !fits).and_then(|rest| rest.split(' ').next_back());
    let word: Cow<'_, str> = short.map_or(Cow::Borrowed(&*line.word), |why| format!("stop: {why}").into());
    let mut cell = vec![span(role, format!("{sign} ")), span(role, word)];
    if line.word == "finished"
        && let Some(at) = task.stats.stop.or(task.stats.full_load_finish)
    {
        let when = age::moment(at, state.now);
        if line_width(&cell) + 1 + when.len() <= width {
            cell.push(span(Role::Dim, format!(" {when}")));
        }
    }
    cell
}

/// Cells of a bar, and of the percentage after it.
const PERCENT: usize = 5;

fn load<'a>(load: Load, width: usize) -> Line<'a> {
    match load {
        Load::None => vec![span(Role::Dim, "—")],
        Load::NotStarted => vec![span(Role::Dim, "not started")],
        Load::Complete => vec![span(Role::Good, "✓ complete")],
        Load::Loading { percent: None } => vec![span(Role::Busy, "loading")],
        Load::Loading { percent: Some(percent) } => {
            let percent = usize::try_from(percent.clamp(0, 100)).unwrap_or(0);
            let cells = width.saturating_sub(PERCENT).min(10);
            // Full only when all is done: 99 % must not look like 100.
            let full = percent * cells / 100;
            vec![
                span(Role::Busy, "█".repeat(full)),
                span(Role::Dim, "░".repeat(cells - full)),
                span(Role::Text, format!(" {percent:>3}%")),
            ]
        }
        Load::Incomplete { errored: 0 } => vec![span(Role::Bad, "incomplete")],
        Load::Incomplete { errored } => {
            let long = format!("incomplete {} err", text::compact(errored.into()));
            let short = format!("✗ {} err", text::compact(errored.into()));
            vec![span(Role::Bad, if long.len() <= width { long } else { short })]
        }
    }
}

fn latency<'a>(state: &State, task: &Task, line: &tasks::Line, width: usize) -> Line<'a> {
    let point = match line.latency {
        Latency::NotDue => return vec![span(Role::Dim, "—")],
        Latency::NotYet => {
            let newest = state.world.points(&task.arn, MetricName::CDCLatencyTarget).last();
            return vec![span(
                Role::Unknown,
                newest.map_or("not known yet".to_owned(), |point| {
                    let age = age::Age::of(Some(point.at), state.now).label();
                    format!("? {}, {age} ago", text::seconds(point.value))
                }),
            )];
        }
        Latency::Missing { newest: None } => return vec![span(Role::Bad, "no data")],
        Latency::Missing { newest: Some(at) } => {
            let age = age::Age::of(Some(at), state.now).label();
            return vec![span(Role::Bad, format!("no data for {age}"))];
        }
        Latency::Fresh(point) => point,
    };
    let source = line.source.map_or("?".to_owned(), |point| text::seconds(point.value));
    let mut cell = vec![
        span(Role::Text, format!("{source:>6} → ")),
        span(latency_role(line), format!("{:>6}", text::seconds(point.value))),
    ];
    let room = width.saturating_sub(line_width(&cell) + 1);
    if room >= 4 {
        let points = state.world.points(&task.arn, MetricName::CDCLatencyTarget);
        cell.push(span(latency_role(line), format!(" {}", sparkline(points, point, room.min(10)))));
    }
    cell
}

/// As the rules judge it, with the limits of this task.
pub fn latency_role(line: &tasks::Line) -> Role {
    let worst = ["latency-high", "catching-up", "latency-rising"].into_iter().find_map(|id| line.alert(id));
    worst.map_or(Role::Text, |alert| judged(alert.severity).0)
}

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Latencies below this are all low: seconds of noise are not drawn as mountains.
const FLOOR: f64 = 16.0;

/// The minutes up to the newest point, one cell each; a minute without a point is a gap.
fn sparkline(points: &[Point], newest: Point, cells: usize) -> String {
    let top = points.iter().rev().take(cells).map(|point| point.value).fold(FLOOR, f64::max);
    (0..i64::try_from(cells).unwrap_or(0))
        .rev()
        .map(|back| {
            let from = newest.at.checked_sub(SignedDuration::from_secs(back * 60)).unwrap_or(newest.at);
            let near = |point: &&Point| point.at.duration_since(from).abs() < SignedDuration::from_secs(30);
            points.iter().rev().find(near).map_or(' ', |point| LEVELS[level(point.value / top)])
        })
        .collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=7 before the cast")]
fn level(share: f64) -> usize {
    (share * 8.0).clamp(0.0, 7.0) as usize
}

fn tables<'a>(task: &Task, line: &tasks::Line, width: usize) -> Line<'a> {
    let counts = [
        (task.stats.tables_loaded.into(), "ok", Role::Text),
        (i64::try_from(line.errored).unwrap_or(i64::MAX), "err", Role::Bad),
        (unfinished(task).into(), "left", Role::Busy),
    ];
    let listed = |written: fn(i64) -> String| -> Line<'a> {
        let there = counts.iter().filter(|(n, ..)| *n > 0).enumerate();
        let gap = |at| if at == 0 { "" } else { " " };
        there.map(|(at, (n, word, role))| span(*role, format!("{}{} {word}", gap(at), written(*n)))).collect()
    };
    let full = listed(text::grouped);
    match line_width(&full) {
        0 => vec![span(Role::Dim, "—")],
        cells if cells <= width => full,
        _ => listed(text::compact),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_without_a_point_is_a_gap_and_noise_is_flat() {
        let at = |minute: i64| jiff::Timestamp::from_second(1_795_000_020 + minute * 60).unwrap();
        let points = |values: &[(i64, f64)]| -> Vec<Point> {
            values.iter().map(|(minute, value)| Point { at: at(*minute), value: *value }).collect()
        };
        for (values, want) in [
            (&[(0, 1.0), (1, 2.0), (2, 1.0), (3, 3.0)][..], "▁▂▁▂"),
            (&[(0, 10.0), (3, 80.0)], "▂  █"),
            (&[(3, 0.0)], "   ▁"),
        ] {
            let points = points(values);
            assert_eq!(sparkline(&points, *points.last().unwrap(), 4), want);
        }
    }

    #[test]
    fn a_load_is_never_drawn_further_than_it_is() {
        let text =
            |load: Load, width| -> String { super::load(load, width).into_iter().map(|(_, text)| text).collect() };
        assert_eq!(text(Load::Loading { percent: Some(99) }, 16), "█████████░  99%");
        assert_eq!(text(Load::Loading { percent: Some(250) }, 16), "██████████ 100%");
        assert_eq!(text(Load::Incomplete { errored: 3 }, 16), "incomplete 3 err");
        assert_eq!(text(Load::Incomplete { errored: 3 }, 12), "✗ 3 err");
        assert_eq!(text(Load::Loading { percent: None }, 12), "loading");
    }
}
