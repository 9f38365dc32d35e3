//! The lines of one run, part by part: what stands above its steps, the steps, what is away, the load, the log.

use crate::console::state::age;
use crate::console::text;
use crate::model::refresh::told::{RunTold, is_past_load};
use crate::model::refresh::{Away, AwayKind, LoadedTable, RunState, StepSeen, StepState, TableLoad};
use crate::model::untrusted::shown;
use jiff::Timestamp;

/// What a line is; the view knows how each looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Dim,
    Good,
    Warning,
    Bad,
    Unknown,
    Busy,
    /// A command that can be copied.
    Command,
    /// The step of this place.
    Step(usize),
}

/// A line: its sign, what stands in front, and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: Kind,
    pub sign: &'static str,
    pub name: String,
    pub text: String,
}

fn line(kind: Kind, sign: &'static str, name: impl Into<String>, text: impl Into<String>) -> Line {
    Line { kind, sign, name: name.into(), text: text.into() }
}

/// Stands where there was no room for the rest.
pub fn cut_off() -> Line {
    line(Kind::Dim, "", "", "… more of it in the log")
}

/// Cells of a step's name, of its state, and of how long it took.
pub const STEP_NAME: usize = 16;
pub const STEP_STATE: usize = 11;
pub const STEP_TOOK: usize = 7;

/// What is said about the whole run: where, who, why it does not go on, and what can be done.
pub fn head(told: &RunTold, cells: usize, now: Timestamp) -> Vec<Line> {
    let head = &told.seen.head;
    let mut out = Vec::new();
    out.push(line(Kind::Text, "", "target ", shown(&head.target.place)));
    let who = match (head.state.is_under_way(), head.alive) {
        (true, Some(true)) => format!("process {} of {} on {}", head.pid, shown(&head.os_user), shown(&head.host)),
        (true, None) => {
            format!("process {} of {} on {}, seen from elsewhere", head.pid, shown(&head.os_user), shown(&head.host))
        }
        _ => format!("{} on {}", shown(&head.os_user), shown(&head.host)),
    };
    let began = age::moment(head.began, now);
    out.push(line(Kind::Dim, "", "begun  ", format!("{began} UTC by {who}; task {}", head.task.shown())));
    let mut add = |kind: Kind, sign: &'static str, words: &str| {
        let indent = text::width(sign);
        for (at, part) in text::wrap(words, cells.saturating_sub(indent)).into_iter().enumerate() {
            let (sign, name) = if at == 0 { (sign, String::new()) } else { ("", " ".repeat(indent)) };
            out.push(line(kind, sign, name, part));
        }
    };
    let why = head.why.as_ref().map(|why| why.shown().into_owned());
    if head.is_left() {
        add(Kind::Bad, "✗ ", "Its process is gone: killed, logged out, or the machine was restarted. Nothing is lost.");
    } else if let Some(why) = why {
        let (kind, sign) = match head.state {
            RunState::NeedsAttention | RunState::Undoing => (Kind::Bad, "✗ "),
            RunState::NeedsCredentials | RunState::Undone => (Kind::Warning, "▲ "),
            _ => (Kind::Text, "· "),
        };
        add(kind, sign, &why);
    }
    let meaning = match head.state {
        _ if head.is_left() => Some("Resume goes on where it stopped: each step first looks at what is there."),
        RunState::NeedsAttention if is_past_load(&told.seen) => {
            Some("After the load: schedules stay off and the quarantine stays on. Resume when the reason is gone.")
        }
        RunState::NeedsAttention => Some("Something could not be put back. Resume when the reason is gone."),
        RunState::NeedsCredentials => Some("Nothing has failed. Sign in anew, then resume."),
        RunState::Paused => Some("What is away stays away until it is resumed."),
        RunState::Parked => Some("DMS keeps the target up to date; no process, no lock, no session. Finish ends it."),
        RunState::Undone => Some("Everything is as it was before."),
        RunState::Running | RunState::Undoing | RunState::Done => None,
    };
    if let Some(meaning) = meaning {
        add(Kind::Text, "  ", meaning);
    }
    if let Some(command) = head.command() {
        out.push(line(Kind::Command, "", "  ", shown(&command)));
    }
    out
}

/// A line a step; the view asks for its cells.
pub fn steps(told: &RunTold) -> Vec<Line> {
    let of = |(nth, step): (usize, &StepSeen)| {
        let why = step.state.why();
        let text = match (&step.state, why) {
            (StepState::Failed { .. } | StepState::PassedOver { .. }, Some(why)) => why,
            (_, Some(why)) if step.note.is_empty() => why,
            _ => step.note.clone(),
        };
        line(Kind::Step(nth), "", shown(&step.name.0), shown(&text))
    };
    told.seen.steps.iter().enumerate().map(of).collect()
}

/// How long a step took, or takes.
pub fn step_took(step: &StepSeen, now: Timestamp) -> String {
    let until = step.ended.or_else(|| matches!(step.state, StepState::Running).then_some(now));
    match (step.began, until) {
        (Some(began), Some(until)) => age::length(until.duration_since(began)),
        _ => String::new(),
    }
}

fn kind_word(kind: AwayKind) -> &'static str {
    match kind {
        AwayKind::Key => "key",
        AwayKind::Trigger => "trigger",
        AwayKind::Schedule => "schedule",
        AwayKind::Access => "access",
    }
}

/// What is away, schedules and rights first: those are what others miss.
pub fn away(told: &RunTold, now: Timestamp) -> Vec<Line> {
    let mut all: Vec<&Away> = told.seen.away.iter().collect();
    let rank = |kind: AwayKind| match kind {
        AwayKind::Schedule => 0,
        AwayKind::Access => 1,
        AwayKind::Trigger => 2,
        AwayKind::Key => 3,
    };
    all.sort_by(|a, b| (rank(a.kind), a.name.raw()).cmp(&(rank(b.kind), b.name.raw())));
    if all.is_empty() {
        let words =
            if told.seen.head.state.is_over() { "Nothing is away: all of it is back." } else { "Nothing is away." };
        return vec![line(Kind::Dim, "", "", words)];
    }
    let of = |away: &Away| {
        let was = match away.kind {
            // A definition is long, and stands in the plan.
            AwayKind::Schedule | AwayKind::Access => format!(", was {}", away.prior.shown()),
            AwayKind::Trigger | AwayKind::Key => String::new(),
        };
        let since = age::moment(away.since, now);
        let text = format!("{}{was}; since {since}, back with {}", away.name.shown(), shown(&away.comes_back.0));
        line(Kind::Warning, "○ ", format!("{:<9}", kind_word(away.kind)), text)
    };
    all.into_iter().map(of).collect()
}

/// Cells of a bar.
const BAR: usize = 10;

/// Table by table: what failed first, then what is under way.
pub fn load(told: &RunTold, cells: usize) -> Vec<Line> {
    let Some(load) = &told.seen.load else {
        return vec![line(Kind::Dim, "", "", "The load has not begun.")];
    };
    if load.tables.is_empty() {
        return vec![line(Kind::Dim, "", "", "DMS tells of no table yet.")];
    }
    let mut all: Vec<&TableLoad> = load.tables.iter().collect();
    all.sort_by_key(|table| rank(table.state.raw()));
    let longest = all.iter().map(|table| name(table).chars().count()).max().unwrap_or(0);
    // A bar, a number of rows and a word have their room first.
    let width = longest.min(cells.saturating_sub(BAR + 26)).max(8);
    let of = |table: &TableLoad| {
        let planned = told.tables.iter().find(|one| {
            let (schema, name) = (table.schema.raw(), table.table.raw());
            (one.source.0 == schema && one.source.1 == name) || (one.target.0 == schema && one.target.1 == name)
        });
        let state = table.state.raw();
        let (kind, sign) = match rank(state) {
            0 => (Kind::Bad, "✗ "),
            1 => (Kind::Busy, "→ "),
            3 => (Kind::Good, "✓ "),
            _ => (Kind::Dim, "○ "),
        };
        let shown_name = name(table);
        let shown_name = text::cut(&shown_name, width);
        let blank = " ".repeat(width.saturating_sub(text::width(&shown_name)));
        let rows = table.rows.map_or_else(|| "?".to_owned(), |rows| count(rows));
        let text = format!("{} {rows:>9} rows  {}", bar(table, planned), table.state.shown());
        line(kind, sign, format!("{shown_name}{blank} "), text)
    };
    all.into_iter().map(of).collect()
}

fn name(table: &TableLoad) -> String {
    format!("{}.{}", table.schema.shown(), table.table.shown())
}

fn count(rows: u64) -> String {
    text::count(i64::try_from(rows).unwrap_or(i64::MAX), 9)
}

/// In the service's words: in error, under way, before it, complete.
fn rank(state: &str) -> u8 {
    match state {
        "Table error" | "Table cancelled" | "Error" => 0,
        "Full load" | "Being reloaded" => 1,
        "Table completed" | "Completed" => 3,
        _ => 2,
    }
}

/// How much of what the source has, about, is there.
fn bar(table: &TableLoad, planned: Option<&LoadedTable>) -> String {
    let done = rank(table.state.raw()) == 3;
    let all = planned.and_then(|planned| planned.rows_source);
    let full = match (done, table.rows, all) {
        (true, ..) => BAR,
        // Never full before it is told to be.
        (false, Some(rows), Some(all)) if all > 0 => {
            usize::try_from(rows.saturating_mul(BAR as u64) / all).unwrap_or(BAR).min(BAR - 1)
        }
        _ => 0,
    };
    format!("{}{}", "█".repeat(full), "░".repeat(BAR - full))
}

/// The newest at the end, as a log is read.
pub fn log(told: &RunTold, cells: usize, now: Timestamp) -> Vec<Line> {
    if told.seen.lines.is_empty() {
        return vec![line(Kind::Dim, "", "", "Nothing is logged yet.")];
    }
    let mut out = Vec::new();
    for one in &told.seen.lines {
        let (kind, sign) = if one.bad { (Kind::Bad, "✗ ") } else { (Kind::Text, "  ") };
        let at = crate::console::state::events::stamp(one.at, now);
        let step = one.step.as_ref().map(|step| shown(&step.0).into_owned()).unwrap_or_default();
        let front = format!("{at}  {:<STEP_NAME$}", text::cut(&step, STEP_NAME));
        let indent = text::width(&front) + 2;
        for (nth, part) in text::wrap(&one.text.shown(), cells.saturating_sub(indent)).into_iter().enumerate() {
            let blank = || " ".repeat(text::width(&front));
            out.push(line(
                kind,
                if nth == 0 { sign } else { "  " },
                if nth == 0 { front.clone() } else { blank() },
                part,
            ));
        }
    }
    out
}
