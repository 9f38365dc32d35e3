//! What becomes known of a run: lines for a person, with one live line on a terminal; JSON Lines for a program.

use super::super::print;
use super::super::validate::report::grouped;
use super::{Output, pause};
use crate::app::refresh::follow::{self, Left, Told};
use crate::app::refresh::{Wished, command, status};
use crate::app::{Failure, Setup};
use crate::model::listing::json_line;
use crate::model::refresh::{
    Away, AwayKind, Line, LoadProgress, RefreshId, RunHead, RunSeen, RunState, StepSeen, StepState,
};
use crate::model::shell::quoted;
use crate::model::untrusted::shown;
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};
use std::io::IsTerminal as _;

/// Tells it as it becomes known.
pub struct Telling {
    output: Output,
    live: bool,
    drawn: bool,
    width: usize,
}

impl Telling {
    pub fn new(output: Output) -> Self {
        let live = output == Output::Table && std::io::stderr().is_terminal();
        Self { output, live, drawn: false, width: 0 }
    }

    pub fn tell(&mut self, told: Told<'_>) -> Result<(), Failure> {
        match told {
            Told::Now(seen) => {
                self.width = seen.steps.iter().map(|step| step.name.0.len()).max().unwrap_or_default();
                if self.live {
                    print::line(&now(seen, Timestamp::now()));
                    self.drawn = true;
                }
                Ok(())
            }
            Told::Step(step) => self.say(&step_line(step, self.width.max(14)), || step_json(step)),
            Told::Line(line) => self.say(&log_line(line, self.width.max(14)), || line_json(line)),
        }
    }

    fn say(&mut self, text: &str, json: impl FnOnce() -> Value) -> Result<(), Failure> {
        self.clear();
        let going_on = match self.output {
            Output::Table => print::sent(&print::lines(&[text.to_owned()]))?,
            Output::Json => print::sent(&(json_line(&json()) + "\n"))?,
        };
        if going_on {
            Ok(())
        } else {
            Err(Failure::could_not("nobody reads standard output any more; the run goes on"))
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            print::line("");
        }
    }

    /// The end of it: how it stands, and what goes on. The exit status.
    pub fn end(&mut self, followed: Result<(RunSeen, Left), Failure>) -> Result<u8, Failure> {
        self.clear();
        let (seen, left) = followed?;
        match self.output {
            Output::Table => print::out(&print::lines(&summary(&seen)))?,
            Output::Json => print::out(&(json_line(&summary_json(&seen)) + "\n"))?,
        }
        let name = quoted(&seen.head.name.0);
        Ok(match left {
            Left::Ended => status(seen.head.state),
            Left::Gone => {
                print::note("the process that carried it out is gone");
                1
            }
            Left::Detached => {
                print::note(&format!("the run goes on without this; `cutover refresh attach {name}` shows it again"));
                3
            }
        })
    }
}

/// Follows a run that was asked for something until nobody works on it; 0 where it came to that.
pub fn until(
    setup: &Setup,
    id: RefreshId,
    wished: &Wished,
    output: Output,
    is_it: impl Fn(RunState) -> bool,
) -> Result<u8, Failure> {
    print::note(&pause::words(wished));
    let mut telling = Telling::new(output);
    let followed = follow::attached(setup, false, || Ok(id), &mut |told| telling.tell(told))?;
    let (state, left) = (followed.0.head.state, followed.1);
    let status = telling.end(Ok(followed))?;
    Ok(if left == Left::Ended { u8::from(!is_it(state)) } else { status })
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// `1m 12s`.
fn span(from: Timestamp, to: Timestamp) -> String {
    let span = to.duration_since(from).max(SignedDuration::ZERO);
    span.round(Unit::Second).map_or_else(|_| format!("{span:#}"), |span| format!("{span:#}"))
}

/// `14:03:22  load            done  started by us (2 s)`.
pub fn step_line(step: &StepSeen, width: usize) -> String {
    let at = step.ended.or(step.began).map_or_else(|| "        ".to_owned(), clock);
    let again = if step.attempts > 1 { format!(", attempt {}", step.attempts) } else { String::new() };
    let took = match (step.began, step.ended) {
        (Some(began), Some(ended)) => format!(" ({})", span(began, ended)),
        _ => String::new(),
    };
    let words = step.state.why().unwrap_or_else(|| step.note.clone());
    let words = if words.is_empty() { words } else { format!("  {words}") };
    let (name, state) = (&step.name.0, step.state.word());
    format!("{at}  {name:<width$}  {state}{again}{took}{words}").trim_end().to_owned()
}

fn log_line(line: &Line, width: usize) -> String {
    let step = line.step.as_ref().map_or("", |step| step.0.as_str());
    let sign = if line.bad { "! " } else { "" };
    format!("{}  {step:<width$}  {sign}{}", clock(line.at), line.text.shown())
}

/// What it is at, in one line that changes.
fn now(seen: &RunSeen, now: Timestamp) -> String {
    let step = seen.steps.iter().find(|step| step.state == StepState::Running);
    let mut parts = vec![format!("{} {}", seen.head.name.0, seen.head.state.word())];
    if let Some(step) = step {
        let since = step.began.map(|began| format!(" {}", span(began, now))).unwrap_or_default();
        parts.push(format!("{}{since}", step.name.0));
        if !step.note.is_empty() {
            parts.push(step.note.clone());
        }
    }
    let is_loading = step.is_some_and(|step| matches!(step.name.0.as_str(), "load" | "wait"));
    parts.extend(seen.load.as_ref().filter(|_| is_loading).map(load));
    if !seen.away.is_empty() {
        parts.push(away(&seen.away));
    }
    let mut text: String = parts.join(" · ");
    let columns = follow::columns();
    if text.chars().count() >= columns {
        text = text.chars().take(columns.saturating_sub(2)).chain(['…']).collect();
    }
    text
}

/// `45 %, 6 of 12 tables, 18,200 rows`.
pub fn load(load: &LoadProgress) -> String {
    let done = load.tables.iter().filter(|table| table.state.raw() == "Table completed").count();
    let rows: u64 = load.tables.iter().filter_map(|table| table.rows).sum();
    let percent = load.percent.map(|percent| format!("{percent} %, ")).unwrap_or_default();
    format!("{percent}{done} of {} tables, {} rows", load.tables.len(), grouped(rows))
}

/// `away: 3 foreign keys, 1 schedule`.
pub fn away(all: &[Away]) -> String {
    let kinds = [
        (AwayKind::Key, "foreign key"),
        (AwayKind::Trigger, "trigger"),
        (AwayKind::Schedule, "schedule"),
        (AwayKind::Access, "right"),
    ];
    let count = |kind| all.iter().filter(|one| one.kind == kind).count();
    let words = |(kind, word): (AwayKind, &str)| match count(kind) {
        0 => None,
        1 => Some(format!("1 {word}")),
        many => Some(format!("{many} {word}s")),
    };
    format!("away: {}", kinds.into_iter().filter_map(words).collect::<Vec<_>>().join(", "))
}

/// How it stands, and what goes on.
pub fn summary(seen: &RunSeen) -> Vec<String> {
    let head = &seen.head;
    let took = head.ended.map(|ended| format!(" after {}", span(head.began, ended))).unwrap_or_default();
    let mut lines = vec![format!("{}: {}{took} (run {})", head.name.0, head.state.word(), head.id.0)];
    lines.extend(head.why.as_ref().map(|why| format!("  {}", why.shown())));
    if !seen.away.is_empty() {
        lines.push(format!("  {}", away(&seen.away)));
    }
    lines.extend(command(head).map(|command| format!("  {command}")));
    if head.may_be_amended() {
        lines.push(format!("  cutover refresh amend {}  (configuration mended)", quoted(&head.name.0)));
    }
    lines
}

pub fn step_json(step: &StepSeen) -> Value {
    json!({
        "kind": "step",
        "name": step.name,
        "step": step.kind,
        "state": step.state.word(),
        "attempt": step.attempts,
        "began": step.began,
        "ended": step.ended,
        "note": step.note,
        "why": step.state.why(),
    })
}

pub fn line_json(line: &Line) -> Value {
    json!({ "kind": "line", "at": line.at, "name": line.step, "text": line.text.raw(), "bad": line.bad })
}

pub fn summary_json(seen: &RunSeen) -> Value {
    let mut all = head_json(&seen.head);
    all["kind"] = json!("summary");
    all["away"] = json!(seen.away.len());
    all
}

/// A run in a list.
pub fn head_json(head: &RunHead) -> Value {
    json!({
        "kind": "run",
        "run": head.id,
        "refresh": head.name,
        "task": head.task.raw(),
        "state": head.state.word(),
        "at_step": head.step,
        "why": head.why.as_ref().map(crate::model::Untrusted::raw),
        "command": command(head),
        "target": head.target.place,
        "hash": head.plan,
        "began": head.began,
        "ended": head.ended,
        "os_user": head.os_user,
        "host": head.host,
        "pid": head.pid,
        "alive": head.alive,
        "elsewhere": head.elsewhere.is_some(),
        "beat": head.elsewhere.as_ref().map(|elsewhere| elsewhere.beat),
    })
}

/// Everything of one run, a line each.
pub fn whole(seen: &RunSeen) -> Vec<String> {
    let head = &seen.head;
    let width = seen.steps.iter().map(|step| step.name.0.len()).max().unwrap_or_default();
    let who = match head.alive {
        Some(true) => format!("process {} of {} on {}", head.pid, shown(&head.os_user), shown(&head.host)),
        Some(false) => {
            format!("no process; the last was {} of {} on {}", head.pid, shown(&head.os_user), shown(&head.host))
        }
        None => format!(
            "process {} of {} on {}, which cannot be seen from here",
            head.pid,
            shown(&head.os_user),
            shown(&head.host)
        ),
    };
    let mut lines = vec![
        format!("{}: {} (run {})", head.name.0, head.state.word(), head.id.0),
        format!("  task    {}", head.task.shown()),
        format!("  source  {} ({})", head.source.place, head.source.engine),
        format!("  target  {} ({})", head.target.place, head.target.engine),
        format!("  plan    {}", head.plan.short()),
        format!("  began   {}", head.began.strftime("%Y-%m-%d %H:%M:%S UTC")),
        format!("  by      {who}"),
        String::new(),
    ];
    lines.extend(seen.steps.iter().map(|step| format!("  {}", step_line(step, width))));
    if let Some(progress) = &seen.load {
        lines.push(String::new());
        lines.push(format!("Load at {}: {}", clock(progress.as_of), load(progress)));
    }
    lines.push(String::new());
    if seen.away.is_empty() {
        lines.push("Nothing is away.".to_owned());
    } else {
        lines.push("Away at this moment".to_owned());
        lines.extend(seen.away.iter().map(|one| {
            let what = match one.kind {
                AwayKind::Key => "foreign key",
                AwayKind::Trigger => "trigger",
                AwayKind::Schedule => "schedule",
                AwayKind::Access => "right",
            };
            format!("  {what:<11}  {}; comes back with {}", one.name.shown(), one.comes_back.0)
        }));
    }
    lines.push(String::new());
    lines.extend(summary(seen));
    lines
}
