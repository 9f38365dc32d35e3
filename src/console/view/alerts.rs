//! What is wrong, in one list; the alert under the cursor in full; and what nobody watches.
//!
//! ```text
//! ┌ Alerts ─ 5 need attention · 2 acknowledged · 4 checks incomplete ─────────── as of 10s · metrics 1m ┐
//! │   SEVERITY ▾  WHERE         WHAT                                               SINCE   STATE       │
//! │ ▌ ✗ critical  billing-cdc   1 table in error                                   >22m    stands      │
//! └─────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::{Canvas, Line, span};
use super::grid::Grid;
use super::{below_head, frame};
use crate::console::state::alerts::{COLUMNS, Row, SEVERITY, SINCE, STATE, WHERE, What, place_words};
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::{Filling, State, age};
use crate::console::text;
use crate::console::theme::{Role, judged};
use crate::model::Subject;
use crate::model::alert::limits::Origin;
use crate::model::alert::{Alert, Place, Rule, Unchecked};
use crate::model::untrusted::shown;

/// Widest word of a severity, with its sign.
const SEVERITY_WIDTH: u16 = 11;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let list = &state.alerts.list;
    let filling = state.filling();
    let grid = Grid::new(inner, &COLUMNS, list.shift, SEVERITY_WIDTH);
    let mut heading = title(state, filling);
    if filling == Filling::Rows {
        heading.extend(super::tasks::hidden(&grid, list.sort));
    }
    let right = frame::ages(state, &[(Subject::Tasks, "as of"), (Subject::Metrics, "metrics")]);
    canvas.frame(pane, &heading, &right);
    match filling {
        Filling::Rows => rows(state, canvas, &grid, inner),
        Filling::Loading => canvas.notice(inner, &[vec![span(Role::Busy, "nothing to judge yet…")]]),
        Filling::Failed => frame::failed(state, canvas, inner, &Subject::Tasks),
        Filling::Empty => {
            let words = "Nothing is wrong, and there is nothing that could be: no task is watched.";
            canvas.notice(inner, &[vec![span(Role::Text, words)]]);
        }
        Filling::NoMatch => {
            frame::no_match(state, canvas, inner, list.filter.text(), state.alerts.rows.len(), "alert");
        }
    }
    if let Some(pane) = layout.detail {
        detail(state, canvas, pane);
    }
}

fn title(state: &State, filling: Filling) -> Line<'_> {
    let mut line = vec![span(Role::Title, "Alerts")];
    if !matches!(filling, Filling::Rows | Filling::NoMatch) {
        return line;
    }
    let (count, worst) = state.alerts.counting();
    let acknowledged = state.alerts.book.all().filter(|alert| alert.ack.is_some()).count();
    let blind = state.alerts.book.unchecked().len();
    line.push(span(Role::Border, " ─ "));
    line.push(match count {
        0 => span(Role::Good, "nothing wants attention"),
        1 => span(judged(worst).0, "1 needs attention"),
        n => span(judged(worst).0, format!("{n} need attention")),
    });
    if acknowledged > 0 {
        line.push(span(Role::Text, format!(" · {acknowledged} acknowledged")));
    }
    if blind > 0 {
        line.push(span(Role::Unknown, format!(" · {} incomplete", text::plural(blind, "check"))));
    }
    let filter = state.alerts.list.filter.text();
    if !filter.trim().is_empty() {
        line.push(span(Role::Border, " ─ "));
        line.push(span(Role::Input, format!("/ {filter}")));
    }
    line
}

fn rows(state: &State, canvas: &mut Canvas<'_>, grid: &Grid, inner: Pane) {
    let list = &state.alerts.list;
    grid.head(canvas, inner.y, list.sort);
    for ((place, row), y) in list.visible().zip(below_head(inner, 1).y..) {
        let Some(row) = state.alerts.rows.get(row) else { continue };
        grid.row(canvas, y, place == list.cursor(), |column, _| cell(state, row, column));
    }
}

/// Sign and role of a row: what is acknowledged or not watched is dim, whatever it is.
fn sign(row: &Row) -> (Role, &'static str) {
    match row.alert() {
        None => (Role::Dim, "○"),
        Some(alert) if alert.is_note() => (Role::Dim, "·"),
        Some(alert) if alert.ack.is_some() => (Role::Dim, judged(alert.severity).1),
        Some(alert) => judged(alert.severity),
    }
}

fn cell<'a>(state: &State, row: &'a Row, column: usize) -> Line<'a> {
    let (role, sign) = sign(row);
    let quiet = row.alert().is_none_or(|alert| !alert.counts());
    let plain = if quiet { Role::Dim } else { Role::Text };
    match column {
        SEVERITY => vec![span(role, format!("{sign} {}", row.severity_word()))],
        WHERE => vec![span(plain, row.place.as_str())],
        SINCE => match row.alert() {
            Some(alert) => vec![span(plain, since(state, alert))],
            None => Vec::new(),
        },
        STATE => {
            let unsure = row.alert().is_some_and(|alert| alert.blind.is_some() && alert.ack.is_none());
            vec![span(if unsure { Role::Unknown } else { plain }, row.state_word(state.now))]
        }
        _ => vec![span(plain, row.words())],
    }
}

/// `13m`; `>13m` where it stood already when we came.
fn since(state: &State, alert: &Alert) -> String {
    let label = age::Age::of(Some(alert.since), state.now).label();
    if alert.at_least && label != "now" { format!(">{label}") } else { label }
}

fn detail(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let Some(row) = state.alerts.detail() else {
        canvas.frame(pane, &[span(Role::Title, "Alert")], &[]);
        return;
    };
    let (role, sign) = sign(row);
    let place = row.alert().map_or_else(|| row.place.clone(), |alert| place_words(&state.world, &alert.place));
    let title = vec![
        span(role, format!("{sign} ")),
        span(Role::Title, place),
        span(Role::Border, " ─ "),
        span(Role::Text, rule(row).id),
    ];
    canvas.frame(pane, &title, &[]);
    let inner = pane.inner();
    let width = usize::from(inner.width.saturating_sub(2));
    let mut lines: Vec<Line<'_>> = Vec::new();
    let facts = match &row.what {
        What::Alert(alert) => of_alert(state, alert),
        What::Unchecked(unchecked) => of_unchecked(state, unchecked),
    };
    for (name, text) in facts {
        for (at, part) in text::wrap(&text, width.saturating_sub(NAME)).into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            lines.push(vec![span(Role::Dim, format!("{name:<NAME$}")), span(Role::Text, part)]);
        }
    }
    canvas.lines(inner, &lines);
}

/// Cells of the names on the left.
const NAME: usize = 10;

fn rule(row: &Row) -> &'static Rule {
    match &row.what {
        What::Alert(alert) => alert.rule,
        What::Unchecked(unchecked) => unchecked.rule,
    }
}

fn of_alert(state: &State, alert: &Alert) -> Vec<(&'static str, String)> {
    let ago = |at| match age::Age::of(Some(at), state.now).label() {
        now if now == "now" => now,
        label => format!("{label} ago"),
    };
    let mut out = Vec::new();
    let message = shown(&alert.message);
    let evidence = alert.evidence.as_ref().map(|words| format!(": {}", shown(words))).unwrap_or_default();
    out.push(("what", format!("{message}{evidence}")));
    if let Some(ack) = &alert.ack {
        let (at, until) = (age::moment(ack.at, state.now), age::moment(ack.until, state.now));
        let reason = shown(&ack.reason);
        out.push(("ack", format!("{reason} (at {at}, until {until} UTC, worse, or you leave)")));
    }
    if let Some(why) = alert.blind {
        out.push(("unsure", format!("whether it still holds is not known: {why}; seen {}", ago(alert.seen))));
    }
    let since = age::moment(alert.since, state.now);
    let since = if alert.at_least {
        format!("before {since} UTC, when it could first be checked")
    } else {
        format!("{since} UTC, {}", ago(alert.since))
    };
    let as_of = match alert.as_of {
        Some(at) => format!("evidence of {} UTC, {}", age::moment(at, state.now), ago(at)),
        None => "age of the evidence unknown".to_owned(),
    };
    out.push(("since", format!("{since}; {as_of}")));
    let to_do = match way(state, alert) {
        Some(way) => format!("{}; {way}", alert.rule.action),
        None => alert.rule.action.to_owned(),
    };
    out.push(("to do", to_do));
    out.push(("check", check(state, alert.rule, Some(&alert.place))));
    out
}

/// What Enter does.
fn way(state: &State, alert: &Alert) -> Option<String> {
    let way = alert.rule.way.word();
    match &alert.place {
        Place::Task(_) | Place::Schedule(_) | Place::Subscription(_) => Some(format!("Enter opens {way}")),
        Place::Instance(arn) => {
            let task = crate::console::state::alerts::task_of(&state.world, &Place::Instance(arn.clone()))?;
            let task = state.world.task(&task)?;
            Some(format!("Enter opens {} and {way}", task.name.shown()))
        }
    }
}

/// What is compared with what, the limits, and who has set them.
fn check(state: &State, rule: &Rule, place: Option<&Place>) -> String {
    let settings = state.alerts.book.settings();
    let task = match place {
        Some(Place::Task(arn)) => state.world.task(arn).map(|task| task.name.raw()),
        _ => None,
    };
    let limits = task.map_or_else(|| settings.common(), |name| settings.of_task(name));
    let mut words = rule.compares.to_owned();
    for limit in rule.limits {
        let from = match settings.origin(task, *limit) {
            Origin::Default => "default".to_owned(),
            Origin::All => "[alerts]".to_owned(),
            Origin::Task(glob) => format!("[alerts.task.\"{}\"]", shown(glob)),
        };
        words = format!("{words}; {} = {} ({from})", limit.row().key, limits.of(*limit));
    }
    words
}

fn of_unchecked(state: &State, unchecked: &Unchecked) -> Vec<(&'static str, String)> {
    let Unchecked { rule, why, blind, of } = unchecked;
    vec![
        ("what", format!("nobody watches for this here: {}", rule.title)),
        ("why", format!("{why} ({blind} of {})", text::plural(*of, rule.check.word()))),
        ("check", check(state, rule, None)),
    ]
}
