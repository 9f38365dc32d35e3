//! The lines of one run, part by part: what stands above its steps, the steps, what is away, the load, the log.

use crate::console::state::age;
use crate::console::text;
use crate::model::refresh::told::{Deed, RunTold, is_past_load};
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
    /// What it means for whoever reads it: the first to go where there is little room.
    Meaning,
    Busy,
    /// A command that can be copied.
    Command,
    /// The step of this place.
    Step(usize),
    /// It says more.
    StepMore,
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

/// Leaves out what counts least until so many lines are left: what it means, who began it, the rest of why. The command stays.
pub fn shorten(lines: &mut Vec<Line>, most: usize) {
    for least in [Kind::Meaning, Kind::Dim] {
        if lines.len() > most {
            lines.retain(|line| line.kind != least);
        }
    }
    let over = lines.len().saturating_sub(most);
    if over > 0 {
        let commands = lines.iter().filter(|line| line.kind == Kind::Command).count();
        let end = lines.len().saturating_sub(commands);
        lines.splice(end.saturating_sub(over + 1)..end, [line(Kind::Dim, "", "  ", "… more of it in the log")]);
    }
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
        (true, Some(true)) => format!("{} on {}, process {}", shown(&head.os_user), shown(&head.host), head.pid),
        (true, None) => format!("{} on {}, another machine", shown(&head.os_user), shown(&head.host)),
        _ => format!("{} on {}", shown(&head.os_user), shown(&head.host)),
    };
    let began = age::moment(head.began, now);
    let task = if cells >= 90 { format!("; task {}", head.task.shown()) } else { String::new() };
    out.push(line(Kind::Dim, "", "begun  ", format!("{began} UTC by {who}{task}")));
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
        add(Kind::Meaning, "  ", meaning);
    }
    if let Some(command) = head.command() {
        let command = shown(&command).into_owned();
        if (Deed::LoadAgain { whole: false }).fits(head).is_ok() {
            out.push(line(Kind::Command, "", "  ", format!("{command} --load-unfinished | --load-again")));
        }
        out.push(line(Kind::Command, "", "  ", command));
        if head.may_be_amended() {
            let name = shown(&crate::model::shell::quoted(&head.name.0)).into_owned();
            out.push(line(Kind::Command, "", "  ", format!("cutover refresh amend {name}  (configuration mended)")));
        }
    }
    out
}

/// Cells left of what a step says.
pub const STEP_LEFT: usize = 2 + STEP_NAME + 1 + STEP_STATE + 4 + STEP_TOOK + 2;

/// The steps, each with what it says: whole where there are rows for that, else in one line each. The view asks for the cells
/// on their left.
pub fn steps(told: &RunTold, cells: usize, rows: usize) -> Vec<Line> {
    let of = |(nth, step): (usize, &StepSeen)| {
        let why = step.state.why();
        let text = match (&step.state, why) {
            (StepState::Failed { .. } | StepState::PassedOver { .. }, Some(why)) => why,
            (_, Some(why)) if step.note.is_empty() => why,
            _ => step.note.clone(),
        };
        line(Kind::Step(nth), "", shown(&step.name.0), shown(&text))
    };
    let plain: Vec<Line> = told.seen.steps.iter().enumerate().map(of).collect();
    let wrap = |one: &Line| {
        let parts = text::wrap(&one.text, cells.saturating_sub(STEP_LEFT).max(10));
        let mut parts = parts.into_iter();
        let first = Line { text: parts.next().unwrap_or_default(), ..one.clone() };
        let more = parts.map(|part| line(Kind::StepMore, "", " ".repeat(STEP_LEFT), part));
        std::iter::once(first).chain(more).collect::<Vec<_>>()
    };
    let whole: Vec<Line> = plain.iter().flat_map(wrap).collect();
    if whole.len() <= rows { whole } else { plain }
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

/// What is away, schedules and rights first: those are what others miss. `whole`: there is room for all that is said of it.
pub fn away(told: &RunTold, cells: usize, whole: bool, now: Timestamp) -> Vec<Line> {
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
        let text = format!("{}, back with {}{was}, since {since}", away.name.shown(), shown(&away.comes_back.0));
        line(Kind::Warning, "○ ", format!("{:<9}", kind_word(away.kind)), text)
    };
    let wrap = |one: Line| {
        let front = text::width(one.sign) + text::width(&one.name);
        let parts = text::wrap(&one.text, cells.saturating_sub(front).max(10));
        let more = |(nth, part)| match nth {
            0 => Line { text: part, ..one.clone() },
            _ => line(Kind::Text, "", " ".repeat(front), part),
        };
        parts.into_iter().enumerate().map(more).collect::<Vec<_>>()
    };
    let plain = all.into_iter().map(of);
    if whole { plain.flat_map(wrap).collect() } else { plain.collect() }
}

/// Cells of a bar, and where there is little room.
const BAR: usize = 10;
const SHORT_BAR: usize = 5;
/// From so many cells a row on there is room for the service's word.
const WITH_WORD: usize = 60;

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
    let is_wide = cells >= WITH_WORD;
    let (cells_of_bar, beside) = if is_wide { (BAR, BAR + 35) } else { (SHORT_BAR, SHORT_BAR + 13) };
    let width = longest.min(cells.saturating_sub(beside)).max(8);
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
        let rows = table.rows.map_or_else(|| "?".to_owned(), count);
        // The sign says it too; of what is wrong the word counts.
        let text = match (is_wide, rank(state)) {
            (true, _) => format!("{} {rows:>9} rows  {}", bar(table, planned, BAR), table.state.shown()),
            (false, 0) => table.state.shown().into_owned(),
            (false, _) => format!("{} {rows:>9}", bar(table, planned, cells_of_bar)),
        };
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
fn bar(table: &TableLoad, planned: Option<&LoadedTable>, cells: usize) -> String {
    let done = rank(table.state.raw()) == 3;
    let all = planned.and_then(|planned| planned.rows_source);
    let full = match (done, table.rows, all) {
        (true, ..) => cells,
        // Never full before it is told to be.
        (false, Some(rows), Some(all)) if all > 0 => {
            usize::try_from(rows.saturating_mul(cells as u64) / all).unwrap_or(cells).min(cells - 1)
        }
        _ => 0,
    };
    format!("{}{}", "█".repeat(full), "░".repeat(cells - full))
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
