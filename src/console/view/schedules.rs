//! Rules and schedules in one list, soonest first; beside or below it the row under the cursor and the event subscriptions.
//!
//! ```text
//! ┌ Schedules ─ 10 ──────────────────────────────────────────────────────────────────────────── as of 15s ┐
//! │  NAME                     STATE      NEXT                            STARTS                            │
//! │▌ staging-refresh-weekly   ● enabled  Sun Nov 29 02:30 CET, 01:30 UTC starts staging-refresh            │
//! └────────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ┌ Schedule ─ staging-refresh-weekly ─ ● enabled ────────────────┐┌ Event subscriptions ─ 2 · 1 is dead ──┐
//! ```

use super::canvas::{Canvas, Line, Span, span};
use super::grid::Grid;
use super::{below_head, frame, schedule_detail, subscriptions};
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::schedules::{
    self, COLUMNS, Does, GROUP, KIND, NEXT, Part, STARTS, STATE, WHEN, is_soon, may_fire,
};
use crate::console::state::{Filling, State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::schedule::{NoNext, Schedule, ScheduleKind, ScheduleState};
use crate::model::{Subject, Untrusted};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let body = Pane { height: layout.footer.y.saturating_sub(layout.list.y), ..layout.list };
    let body = Pane { width: state.area.width, ..body };
    match state.schedules.part {
        Part::Whole => return schedule_detail::draw(state, canvas, body),
        Part::Subscriptions => return subscriptions::draw(state, canvas, body),
        Part::List => {}
    }
    let (detail, told) = split(layout);
    list(state, canvas, layout.list, told.is_some());
    if let Some(pane) = detail {
        schedule_detail::draw(state, canvas, pane);
    }
    if let Some(pane) = told {
        subscriptions::draw(state, canvas, pane);
    }
}

/// From this width on both stand side by side below the list.
const SIDE_BY_SIDE: u16 = 100;

/// Where the row under the cursor stands, and where the subscriptions do.
fn split(layout: Layout) -> (Option<Pane>, Option<Pane>) {
    let Some(pane) = layout.detail else { return (None, None) };
    if pane.x > layout.list.x {
        let upper = pane.height * 3 / 5;
        let lower = Pane { y: pane.y + upper, height: pane.height - upper, ..pane };
        return (Some(Pane { height: upper, ..pane }), Some(lower));
    }
    if pane.width < SIDE_BY_SIDE {
        return (Some(pane), None);
    }
    let left = pane.width * 3 / 5;
    (Some(Pane { width: left, ..pane }), Some(Pane { x: pane.x + left, width: pane.width - left, ..pane }))
}

fn list(state: &State, canvas: &mut Canvas<'_>, pane: Pane, subscriptions_shown: bool) {
    let inner = pane.inner();
    let list = &state.schedules.list;
    let filling = state.filling();
    let grid = Grid::new(inner, &COLUMNS, list.shift, state.schedules.widest);
    let all = matches!(filling, Filling::Rows | Filling::NoMatch).then_some(state.world.schedules.len());
    let heading = vec![span(Role::Title, "Schedules")];
    let mut title = frame::title(heading, list.len(), all, state.schedules.clashes, list.filter.text());
    title.extend(frame::marked(state));
    if filling == Filling::Rows {
        title.extend(super::tasks::hidden(&grid, list.sort));
    }
    canvas.frame(pane, &title, &frame::ages(state, &[(Subject::Schedules, "as of")]));
    let width = inner.width.saturating_sub(2);
    canvas.line(inner.x + 1, inner.y, width, &note(state, subscriptions_shown));
    let body = inner.below(1);
    match filling {
        Filling::Rows => rows(state, canvas, &grid, body),
        Filling::Loading => canvas.notice(
            body,
            &[
                vec![span(Role::Busy, "asking for rules and schedules…")],
                vec![span(Role::Dim, "Each is a question of its own: hundreds of them take minutes.")],
            ],
        ),
        Filling::Failed => frame::failed(state, canvas, body, &Subject::Schedules),
        Filling::Empty => canvas.notice(
            body,
            &[
                vec![span(Role::Text, "No rule on any event bus and no schedule in any group.")],
                vec![span(Role::Dim, "What cron on some machine, a pipeline or a person starts is not seen here.")],
            ],
        ),
        Filling::NoMatch => {
            frame::no_match(state, canvas, body, list.filter.text(), state.world.schedules.len(), "schedule");
        }
    }
}

/// What is missing from the list, else what the other pane would say.
fn note<'a>(state: &State, subscriptions_shown: bool) -> Line<'a> {
    let feed = state.world.feed(&Subject::Schedules).filter(|feed| feed.has_data());
    if let Some(failure) = feed.and_then(|feed| feed.failed.as_ref()) {
        let summary = crate::model::untrusted::shown(&failure.problem.summary).into_owned();
        return vec![span(Role::Bad, "✗ not all is here or new: "), span(Role::Text, summary)];
    }
    if !subscriptions_shown {
        return subscriptions::summary(state);
    }
    let words = "NEXT is the time of its own zone, then UTC; of a disabled one, in brackets, when it would fire";
    vec![span(Role::Dim, words)]
}

fn rows(state: &State, canvas: &mut Canvas<'_>, grid: &Grid, body: Pane) {
    let list = &state.schedules.list;
    grid.head(canvas, body.y, list.sort);
    for ((place, row), y) in list.visible().zip(below_head(body, 1).y..) {
        let (Some(schedule), Some(line)) = (state.world.schedules.get(row), state.schedules.lines.get(row)) else {
            continue;
        };
        let cell = |column, width| cell(state.now, schedule, line, column, width);
        grid.row(canvas, y, place == list.cursor(), cell);
        grid.mark(canvas, y, list.is_marked(row));
    }
}

fn cell<'a>(
    now: Timestamp,
    schedule: &'a Schedule,
    line: &'a schedules::Line,
    column: usize,
    width: usize,
) -> Line<'a> {
    match column {
        STATE => {
            let (role, sign, word) = state_sign(&schedule.state);
            let word = if text::width(&word) + 2 > width { word.replacen(", all events", "+", 1) } else { word };
            vec![span(role, format!("{sign} {word}"))]
        }
        NEXT => vec![next(now, schedule, line, width)],
        STARTS => starts(line),
        WHEN => vec![span(Role::Text, &*line.when)],
        KIND => vec![span(Role::Dim, schedule.kind.word())],
        GROUP => vec![span(Role::Dim, schedule.group.shown())],
        _ => vec![span(Role::Text, schedule.name.shown())],
    }
}

/// Role, sign and word of a state. The two ways of being enabled differ.
pub fn state_sign(state: &ScheduleState) -> (Role, &'static str, String) {
    match state {
        ScheduleState::Enabled => (Role::Good, "●", "enabled".to_owned()),
        ScheduleState::EnabledWithAllManagementEvents => (Role::Good, "●", "enabled, all events".to_owned()),
        ScheduleState::Disabled => (Role::Dim, "○", "disabled".to_owned()),
        ScheduleState::Other(raw) => (Role::Unknown, "?", crate::model::untrusted::shown(raw).into_owned()),
    }
}

fn next<'a>(now: Timestamp, schedule: &Schedule, line: &schedules::Line, width: usize) -> Span<'a> {
    let soon = is_soon(schedule, line, now);
    match &line.next {
        Ok(at) if !may_fire(schedule) => span(Role::Dim, format!("({})", moment(now, schedule, at, width - 2))),
        Ok(at) if soon => {
            let left = age::left(at.timestamp(), now).unwrap_or("now".to_owned());
            let utc = at.timestamp().strftime("%H:%M UTC");
            let long = format!("→ in {left}, {}, {utc}", at.strftime("%H:%M %Z"));
            let fits = is_local(schedule) && text::width(&long) <= width;
            span(Role::Busy, if fits { long } else { format!("→ in {left}, {utc}") })
        }
        Ok(at) => span(Role::Text, moment(now, schedule, at, width)),
        Err(NoNext::Events) => span(Role::Dim, "— on events"),
        Err(NoNext::Over) => span(Role::Dim, "— over"),
        Err(NoNext::Disabled) => span(Role::Dim, "— disabled"),
        Err(NoNext::Uncounted) => {
            let within =
                line.period.map_or("at a time not told".to_owned(), |period| format!("within {}", long(period)));
            match (may_fire(schedule), soon) {
                (false, _) => span(Role::Dim, format!("({within})")),
                (true, true) => span(Role::Busy, format!("→ {within}")),
                (true, false) => span(Role::Unknown, format!("? {within}")),
            }
        }
        Err(NoNext::NotRead) => span(Role::Unknown, "? not read"),
        Err(NoNext::NotUnderstood(_)) => span(Role::Unknown, "? not understood"),
        Err(NoNext::Zone(_)) => span(Role::Unknown, "? zone not known"),
    }
}

/// Its times are in a zone other than UTC.
fn is_local(schedule: &Schedule) -> bool {
    let zone = schedule.time_zone.as_ref().map(Untrusted::raw);
    schedule.kind == ScheduleKind::Schedule && zone.is_some_and(|zone| zone != "UTC")
}

/// `Sun Nov 29 02:30 CET, 01:30 UTC`: where there is no room for all of it, first the day of the week goes, then UTC.
fn moment(now: Timestamp, schedule: &Schedule, at: &Zoned, width: usize) -> String {
    let utc = at.timestamp().to_zoned(TimeZone::UTC);
    let this_year = at.year() == now.to_zoned(TimeZone::UTC).year();
    let (long, short) = if this_year { ("%a %b %d", "%b %d") } else { ("%Y-%m-%d", "%Y-%m-%d") };
    if !is_local(schedule) {
        return format!("{} {}", utc.strftime(long), utc.strftime("%H:%M UTC"));
    }
    let other = if at.date() == utc.date() { "" } else { "%a " };
    let both = |day: &str| {
        let utc = utc.strftime(&format!("{other}%H:%M UTC")).to_string();
        format!("{} {}, {utc}", at.strftime(day), at.strftime("%H:%M %Z"))
    };
    let fits = [both(long), both(short)].into_iter().find(|words| text::width(words) <= width);
    fits.unwrap_or_else(|| format!("{} {}", at.strftime(long), at.strftime("%H:%M %Z")))
}

/// A period in whole units.
pub fn long(period: SignedDuration) -> String {
    let seconds = period.as_secs();
    let (n, unit) = match seconds {
        s if s % 86_400 == 0 => (s / 86_400, "day"),
        s if s % 3_600 == 0 => (s / 3_600, "hour"),
        s => (s / 60, "minute"),
    };
    text::plural(usize::try_from(n).unwrap_or(0), unit)
}

fn starts<'a>(line: &schedules::Line) -> Line<'a> {
    let Some(all) = &line.does else { return vec![span(Role::Unknown, "? not read")] };
    if all.is_empty() {
        return vec![span(Role::Dim, "— no target")];
    }
    // The clash first: it must not be what a narrow column cuts off.
    let mut all: Vec<&Does> = all.iter().collect();
    all.sort_by_key(|does| !matches!(does, Does::Task { clash: true, .. }));
    let mut out: Line<'a> = Vec::new();
    for does in all {
        if !out.is_empty() {
            out.push(span(Role::Dim, ", "));
        }
        out.push(match does {
            Does::Task { clash: true, .. } => span(Role::Warn, format!("▲ {}, which runs", does.words())),
            Does::Task { name: None, .. } => span(Role::Text, format!("{} (not listed)", does.words())),
            Does::Task { .. } => span(Role::Text, does.words()),
            Does::Hidden(what) => span(Role::Unknown, format!("? {what}")),
            Does::Nothing(_) => span(Role::Dim, format!("— {}", does.words())),
        });
    }
    out
}
