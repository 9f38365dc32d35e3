//! The log of a task, or of a log group that the configuration names.
//!
//! ```text
//! ─ Log of billing-cdc ─ 1,204 lines ─ dms-tasks-dms-prod-1 / dms-task-BILLING ────── as of 2s ─
//!  ● following   all lines   20 quiet hidden (x)   UTC
//!   ────────────────── Sunday 2026-11-22
//!   14:01:07 I SORTER          Task is running
//! ✗ 14:01:09 E TARGET_APPLY    Failed to execute statement on 'shop'.'invoice_line':
//!                              violates foreign key constraint
//! ```

use super::canvas::{Canvas, Line, line_width, span};
use super::frame;
use crate::console::actions::ActionId;
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::logs;
use crate::console::state::logs::log::Log;
use crate::console::state::logs::ring::Line as LogLine;
use crate::console::state::logs::rows::{COMPONENT, Glass, Kind, LETTER, MARK, Row, TIME};
use crate::console::state::{Filling, Screen, State};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::log_line::{self, Severity};
use crate::model::log_place::LogSource;
use crate::model::untrusted::shown;
use crate::model::{ReplicationArn, Subject};

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let Some(source) = logs::source(state) else { return unnamed(state, canvas, layout.list) };
    let (pane, inner) = (layout.list, layout.list.inner());
    let subject = Subject::Log(source.clone());
    let empty = Log::default();
    let log = state.logs.get(&source).unwrap_or(&empty);
    canvas.frame(pane, &title(state, &source, log), &frame::ages(state, &[(subject.clone(), "as of")]));
    let glass = logs::glass(state);
    canvas.line(inner.x + 1, inner.y, inner.width.saturating_sub(2), &summary(state, &source, log, &glass));
    let body = inner.below(1);
    match state.filling() {
        Filling::Rows => lines(log, canvas, &glass, body),
        Filling::Loading => loading(state, &source, canvas, body),
        Filling::Failed => frame::failed(state, canvas, body, &subject),
        Filling::Empty => nothing(state, &source, log, canvas, body),
        Filling::NoMatch => no_match(state, log, canvas, body),
    }
    if let Some(pane) = layout.detail {
        detail(&source, log, canvas, &glass, pane);
    }
}

/// The task's name, or the group's.
fn name(state: &State, source: &LogSource) -> String {
    let task = |arn: &ReplicationArn| state.world.task(arn).map(|task| task.name.shown().into_owned());
    match source {
        LogSource::Task(arn) => task(arn).unwrap_or_else(|| "a task that is gone".to_owned()),
        LogSource::Group(name) => shown(name).into_owned(),
    }
}

fn title<'a>(state: &State, source: &LogSource, log: &Log) -> Line<'a> {
    let heading = if state.screen() == Screen::Logs { "Log group " } else { "Log of " };
    let mut line = vec![span(Role::Title, heading), span(Role::Title, name(state, source))];
    let groups = state.setup.log_groups.len();
    if state.screen() == Screen::Logs && groups > 1 {
        let keys = [ActionId::PreviousGroup, ActionId::NextGroup].map(|id| state.key(id)).join(" ");
        line.push(span(Role::Text, format!(" ({} of {groups}, {keys})", state.logs.group + 1)));
    }
    if log.counts.lines > 0 {
        let count = |n: usize| text::grouped(i64::try_from(n).unwrap_or(i64::MAX));
        let total = text::plural(log.counts.lines, "line");
        let open = log.sieve.is_open();
        let total = if open { total } else { format!("{} of {total}", count(log.counts.kept)) };
        line.extend([span(Role::Border, " ─ "), span(Role::Text, total)]);
    }
    if let (Some(place), LogSource::Task(_)) = (&log.place, source) {
        line.push(span(Role::Dim, format!(" ─ {}", shown(place))));
    }
    line
}

/// What is seen of the log: followed or not, filtered by what, in which zone. The last go first where it is narrow.
fn summary<'a>(state: &State, source: &LogSource, log: &Log, glass: &Glass) -> Line<'a> {
    let mut parts: Vec<Line<'a>> = Vec::new();
    if log.counts.lines > 0 {
        let follow = format!(", {} follows", state.key(ActionId::Last));
        parts.push(match (log.follow, log.fresh) {
            (true, _) => vec![span(Role::Good, "● "), span(Role::Text, "following")],
            (false, 0) => vec![span(Role::Warn, "○ paused"), span(Role::Dim, follow)],
            (false, new) => {
                let words = format!("○ paused, {} below", text::plural(new, "new line"));
                vec![span(Role::Warn, words), span(Role::Dim, follow)]
            }
        });
    }
    if let Some(gap) = log.ring.open_gap() {
        parts.push(vec![span(Role::Bad, format!("✗ nothing read since {}", glass.clock(gap.from)))]);
    }
    if let (Some(none), true) = (&log.none, log.counts.lines > 0) {
        parts.push(vec![span(Role::Bad, format!("✗ nothing new: {}", shown(none)))]);
    }
    if !log.search.is_empty() {
        let role = if log.counts.hits == 0 { Role::Warn } else { Role::Text };
        let found = match log.counts.hits {
            0 => " not found".to_owned(),
            n => {
                let keys = [ActionId::NextMatch, ActionId::PreviousMatch].map(|id| state.key(id)).join(" ");
                format!(" in {} ({keys})", text::plural(n, "line"))
            }
        };
        let sought = text::cut(&log.search.text, 30).into_owned();
        parts.push(vec![span(Role::Input, format!("/ {sought}")), span(role, found)]);
    }
    let filtered = if log.sieve.is_open() { Role::Text } else { Role::Input };
    let mut sieve = vec![span(filtered, log.level().words())];
    if !log.sieve.component.trim().is_empty() {
        sieve.push(span(Role::Input, format!(" of {}", text::cut(log.sieve.component.trim(), 20))));
    }
    parts.push(sieve);
    if log.counts.quiet > 0 {
        let what = if log.sieve.quiet { "shown" } else { "hidden" };
        parts.push(vec![span(
            Role::Dim,
            format!("{} quiet {what} ({})", log.counts.quiet, state.key(ActionId::QuietLines)),
        )]);
    }
    let now = glass.zone_at(state.now);
    let zone =
        if state.setup.time_zone.is_some() { format!("{now} ({})", state.key(ActionId::OtherZone)) } else { now };
    parts.push(vec![span(Role::Dim, zone)]);
    if let (LogSource::Group(_), Some(_)) = (source, &log.none) {
        parts.truncate(2);
    }
    let width = glass.width.saturating_sub(2);
    while parts.len() > 1 && parts.iter().map(|part| line_width(part) + 3).sum::<usize>() > width + 3 {
        parts.pop();
    }
    parts.join(&span(Role::Text, "   "))
}

fn lines(log: &Log, canvas: &mut Canvas<'_>, glass: &Glass, body: Pane) {
    let cursor = log.cursor().filter(|_| !log.follow).map(LogLine::key);
    for ((index, row), y) in log.on_screen(glass).iter().zip(body.y..body.y + body.height) {
        let Some(line) = log.ring.get(*index) else { continue };
        let here = cursor == Some(line.key());
        if here && !matches!(row.kind, Kind::Note | Kind::Day) {
            canvas.put(body.x, y, 1, Role::Busy, "▌");
        }
        let cells = body.width;
        match row.kind {
            Kind::Note => centred(canvas, body, y, Role::Dim, &row.text),
            Kind::Day => centred(canvas, body, y, Role::Title, &row.text),
            Kind::Gap { open } => {
                let role = if open { Role::Bad } else { Role::Warn };
                let line = [span(role, "▲ "), span(role, row.text.as_str())];
                canvas.line(body.x + 1, y, cells.saturating_sub(1), &line);
            }
            Kind::First => first(log, line, row, canvas, glass, (body.x, y, cells), here),
            Kind::Part | Kind::Rest => {
                let indent = u16::try_from(glass.indent(&log.ring)).unwrap_or(0);
                let spans = marked(log, &row.text, role_of(line));
                canvas.line(body.x + indent, y, cells.saturating_sub(indent), &spans);
            }
        }
    }
}

/// `──── Sunday 2026-11-22 ────`: what is about lines and no line.
fn centred(canvas: &mut Canvas<'_>, body: Pane, y: u16, role: Role, words: &str) {
    let dashes = "─".repeat(4);
    let line = [span(Role::Border, dashes.clone()), span(role, format!(" {words} ")), span(Role::Border, dashes)];
    let indent = u16::try_from(MARK).unwrap_or(0);
    canvas.line(body.x + indent, y, body.width.saturating_sub(indent), &line);
}

/// A line's first row: mark, time, severity, component, message.
fn first(
    log: &Log,
    line: &LogLine,
    row: &Row,
    canvas: &mut Canvas<'_>,
    glass: &Glass,
    at: (u16, u16, u16),
    here: bool,
) {
    let (x, y, cells) = at;
    let sign = match (line.sign(), line.severity) {
        (_, Some(Severity::Error)) => span(Role::Bad, "✗ "),
        (Some(_), _) => span(Role::Warn, "▲ "),
        (None, _) => span(Role::Text, "  "),
    };
    let time = if here { Role::Cursor } else { Role::Dim };
    let letter = line.severity.map_or(' ', Severity::letter);
    let mut spans = vec![sign, span(time, glass.clock(line.at())), span(Role::Text, " ".repeat(TIME - 8))];
    spans.push(span(severity_role(line.severity), format!("{letter:<LETTER$}")));
    if glass.has_component(&log.ring) {
        let name = shown(line.component()).into_owned();
        let name = text::cut(&name, COMPONENT - 1).into_owned();
        let blank = COMPONENT.saturating_sub(text::width(&name));
        spans.extend([span(Role::Dim, name), span(Role::Dim, " ".repeat(blank))]);
    }
    spans.extend(marked(log, &row.text, role_of(line)));
    canvas.line(x + 1, y, cells.saturating_sub(1), &spans);
}

fn severity_role(severity: Option<Severity>) -> Role {
    match severity {
        Some(Severity::Error) => Role::Bad,
        Some(Severity::Warning) => Role::Warn,
        _ => Role::Dim,
    }
}

/// What a message looks like: errors stand out as a whole, the rest by its letter.
fn role_of(line: &LogLine) -> Role {
    if line.severity == Some(Severity::Error) { Role::Bad } else { Role::Text }
}

/// The text with what was searched for set off.
fn marked<'a>(log: &Log, row: &'a str, role: Role) -> Line<'a> {
    let mut out: Line<'a> = Vec::new();
    let mut from = 0;
    for (begin, end) in log.search.places(row) {
        out.extend([span(role, &row[from..begin]), span(Role::Input, &row[begin..end])]);
        from = end;
    }
    out.push(span(role, &row[from..]));
    out
}

/// The line under the cursor: when exactly, who says so, what it means and what to do.
fn detail(source: &LogSource, log: &Log, canvas: &mut Canvas<'_>, glass: &Glass, pane: Pane) {
    let Some(line) = log.cursor() else { return canvas.frame(pane, &[span(Role::Title, "Line")], &[]) };
    let at = line.at().to_zoned(glass.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f %Z").to_string();
    let mut title = vec![span(Role::Title, at)];
    let parsed = log_line::parse(&line.text);
    let stream = log.ring.stream_of(line);
    if let Some(sign) = line.sign() {
        title.extend([span(Role::Border, " ─ "), span(Role::Warn, sign.id)]);
    }
    let file = parsed.and_then(|line| line.source).map(|(file, number)| format!("{}:{number}", shown(file)));
    let stream = Some(shown(stream).into_owned()).filter(|stream| !stream.is_empty());
    // The title is cut at its end. A task has one stream; in a group whose line it is matters most.
    let parts = if matches!(source, LogSource::Group(_)) { [stream, file] } else { [file, stream] };
    title.extend(parts.into_iter().flatten().map(|part| span(Role::Dim, format!(" ─ {part}"))));
    canvas.frame(pane, &title, &[]);
    let inner = pane.inner();
    let width = usize::from(inner.width.saturating_sub(2));
    let mut lines: Vec<Line<'_>> = Vec::new();
    if let Some(sign) = line.sign() {
        lines.extend(text::wrap(sign.meaning, width).into_iter().map(|part| vec![span(Role::Text, part)]));
        lines.extend(text::wrap(sign.action, width).into_iter().map(|part| vec![span(Role::Dim, part)]));
    } else {
        let whole = shown(parsed.map_or(&line.text, |line| line.message)).into_owned();
        lines.extend(text::wrap(&whole, width).into_iter().map(|part| vec![span(Role::Dim, part)]));
    }
    canvas.lines(inner, &lines);
}

fn unnamed(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    canvas.frame(pane, &[span(Role::Title, "Logs")], &[]);
    canvas.block(
        pane.inner(),
        &[
            vec![span(Role::Text, "The configuration names no log groups.")],
            Vec::new(),
            vec![span(Role::Dim, "Such as those of the Lambda functions of an automation:")],
            vec![span(Role::Input, "[logs]")],
            vec![span(Role::Input, "groups = [\"/aws/lambda/nightly-refresh\"]")],
            Vec::new(),
            vec![span(Role::Dim, "`cutover config path` tells where the file is read from.")],
            vec![span(Role::Dim, format!("The log of a task: {} on the task.", state.key(ActionId::Logs)))],
        ],
    );
}

fn loading(state: &State, source: &LogSource, canvas: &mut Canvas<'_>, body: Pane) {
    let settings = Subject::Tasks;
    let unsettled =
        matches!(source, LogSource::Task(arn) if state.world.task(arn).is_none_or(|task| task.settings.is_none()));
    if unsettled && state.world.feed(&settings).is_some_and(|feed| feed.failed.is_some()) {
        return frame::failed(state, canvas, body, &settings);
    }
    let words = if unsettled { "asking the task where its log is…" } else { "reading the log…" };
    canvas.notice(body, &[vec![span(Role::Busy, words)]]);
}

/// Never blank: why there is nothing, and what to do.
fn nothing(state: &State, source: &LogSource, log: &Log, canvas: &mut Canvas<'_>, body: Pane) {
    let width = usize::from(body.width.saturating_sub(8)).min(90);
    let (head, rest) = if let Some(none) = &log.none {
        (format!("No logs of {} because", name(state, source)), shown(none).into_owned())
    } else {
        let place = log.place.as_deref().map(|place| shown(place).into_owned()).unwrap_or_default();
        let since = log.since().unwrap_or(state.now);
        let glass = logs::glass(state);
        let (day, clock, zone) = (glass.day(since), glass.clock(since), glass.zone_at(since));
        let rest = "New ones appear here by themselves; `cutover logs --since` looks further back.";
        (format!("No lines since {day} {clock} {zone} in {place}"), rest.to_owned())
    };
    let mut lines: Vec<Line<'_>> = Vec::new();
    lines.extend(text::wrap(&head, width).into_iter().map(|part| vec![span(Role::Title, part)]));
    lines.extend(text::wrap(&rest, width).into_iter().map(|part| vec![span(Role::Text, part)]));
    lines.extend([
        Vec::new(),
        vec![span(Role::Dim, format!("Looked for again by itself; {} looks now.", state.key(ActionId::AskNow)))],
    ]);
    canvas.block(body, &lines);
}

fn no_match(state: &State, log: &Log, canvas: &mut Canvas<'_>, body: Pane) {
    let mut lines =
        vec![vec![span(Role::Text, format!("None of {} passes the filter.", text::plural(log.counts.lines, "line")))]];
    lines.push(Vec::new());
    if log.counts.quiet > 0 && !log.sieve.quiet {
        let quiet = text::plural(log.counts.quiet, "line");
        lines.push(vec![span(
            Role::Dim,
            format!("{} shows {quiet} that only say that nothing happened", state.key(ActionId::QuietLines)),
        )]);
    }
    let (severity, component) = (state.key(ActionId::Severity), state.key(ActionId::Component));
    lines.push(vec![span(Role::Dim, format!("{severity} another severity   {component} another component"))]);
    canvas.block(body, &lines);
}
