//! The pane about the task under the cursor: what is wrong and why, then what the task is.

use super::canvas::{Canvas, Line, span};
use crate::console::state::layout::Pane;
use crate::console::state::{State, age, tasks};
use crate::console::text;
use crate::console::theme::{Role, judged};
use crate::model::alert::Alert;
use crate::model::metric::MetricName;
use crate::model::task::Task;
use crate::model::untrusted::shown;
use crate::model::{EndpointArn, ReplicationKind, Subject};

/// From this width on the two halves stand side by side.
const SIDE_BY_SIDE: u16 = 110;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let found = state.tasks.list.detail().and_then(|arn| {
        let row = state.world.tasks.iter().position(|task| task.arn == *arn)?;
        Some((&state.world.tasks[row], state.tasks.lines.get(row)?))
    });
    let Some((task, line)) = found else {
        canvas.frame(pane, &[span(Role::Title, "Why")], &[]);
        return;
    };
    let name = |what: &'static str| {
        vec![span(Role::Title, what), span(Role::Border, " ─ "), span(Role::Text, task.name.shown())]
    };
    let below = pane.width >= SIDE_BY_SIDE;
    let (left, right) = if below {
        let half = pane.width / 2;
        (Pane { width: half, ..pane }, Some(Pane { x: pane.x + half, width: pane.width - half, ..pane }))
    } else {
        (pane, None)
    };
    let width = usize::from(left.inner().width.saturating_sub(2));
    let mut lines = why(state, task, line, width);
    canvas.frame(left, &name("Why"), &[]);
    if let Some(right) = right {
        let width = usize::from(right.inner().width.saturating_sub(2));
        canvas.frame(right, &name("Task"), &[]);
        canvas.lines(right.inner(), &facts(state, task, width));
    } else {
        let height = usize::from(left.inner().height);
        let facts = facts(state, task, width);
        // Side by side is not possible; an empty line between where there is room for it.
        if lines.len() + facts.len() < height {
            lines.push(Vec::new());
        }
        lines.extend(facts);
    }
    canvas.lines(left.inner(), &lines);
}

/// Tables named one by one before the rest is only counted.
const TABLES_NAMED: usize = 5;

/// Reasons worst first, each with its evidence and what to do next.
fn why<'a>(state: &State, task: &Task, judgement: &tasks::Line, width: usize) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    let mut add = |role: Role, sign: &'static str, words: Role, text: &str| {
        let cells = text::width(sign) + 1;
        for (at, part) in text::wrap(text, width.saturating_sub(cells)).into_iter().enumerate() {
            let sign = if at == 0 { sign } else { "" };
            let blank = " ".repeat(cells - text::width(sign));
            lines.push(vec![span(role, format!("{sign}{blank}")), span(words, part)]);
        }
    };
    if judgement.alerts.iter().all(Alert::is_note) {
        let (role, sign) = super::tasks::sign(task, judgement);
        add(role, sign, Role::Text, "nothing wrong is known");
    }
    for alert in &judgement.alerts {
        let (role, sign) = if alert.is_note() { (Role::Dim, "·") } else { judged(alert.severity) };
        add(role, sign, Role::Text, &words(state, alert));
        if alert.id() == "table-error" {
            for words in tables_in_error(state, task) {
                add(Role::Text, "  ", Role::Text, &words);
            }
        }
        if alert.counts() {
            add(Role::Dim, "  →", Role::Dim, alert.rule.action);
        }
    }
    let said = |text: &str| judgement.alerts.iter().any(|alert| alert.message.contains(text));
    for (what, text) in [("stop reason", &task.stop_reason), ("last failure", &task.last_failure)] {
        if let Some(text) = text.as_ref().filter(|text| !text.is_empty() && !said(&text.shown())) {
            add(Role::Dim, "·", Role::Text, &format!("{what}: {}", text.shown()));
        }
    }
    lines
}

/// Message and evidence; how old that is where it does not say itself; whether somebody knows; whether it still holds.
fn words(state: &State, alert: &Alert) -> String {
    let mut out = shown(&alert.message).into_owned();
    // Names of tables follow on lines of their own.
    if let Some(evidence) = alert.evidence.as_ref().filter(|_| alert.id() != "table-error") {
        out = format!("{out}: {}", shown(evidence));
    }
    if matches!(alert.id(), "no-data" | "no-data-yet")
        && let Some(at) = alert.as_of
    {
        out = format!("{out}, {} ago", age::Age::of(Some(at), state.now).label());
    }
    if alert.ack.is_some() {
        out.push_str(" (ack)");
    }
    if let Some(why) = alert.blind {
        out = format!("{out} (not known whether it still holds: {why})");
    }
    out
}

/// The tables in error by name, as far as they were asked for; old names say that they are old.
fn tables_in_error(state: &State, task: &Task) -> Vec<String> {
    let feed = state.world.feed(&Subject::TableErrors(task.arn.clone()));
    let old = match feed.filter(|feed| feed.failed.is_some()) {
        Some(feed) => format!(" (as of {}, asking again fails)", feed.age(state.now).label()),
        None => String::new(),
    };
    let errors = state.world.table_errors.get(&task.arn).map_or(&[][..], Vec::as_slice);
    let named = errors.iter().take(TABLES_NAMED);
    let mut out: Vec<String> = named
        .map(|row| format!("{}.{}: {}{old}", row.schema.shown(), row.table.shown(), shown(row.state.raw())))
        .collect();
    if errors.len() > TABLES_NAMED {
        out.push(format!("and {}", text::plural(errors.len() - TABLES_NAMED, "other table")));
    }
    out
}

/// Cells of the names of facts.
const NAME: usize = 9;

fn facts<'a>(state: &State, task: &Task, width: usize) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    let mut add = |name: &str, text: String| {
        for (at, part) in text::wrap(&text, width.saturating_sub(NAME)).into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            lines.push(vec![span(Role::Dim, format!("{name:<NAME$}")), span(Role::Text, part)]);
        }
    };
    add("source", endpoint(state, &task.source));
    add("target", endpoint(state, &task.target));
    add("tested", tested(state, task));
    if let Some(arn) = &task.instance {
        let text = match state.world.instance(arn) {
            Some(i) => format!("{}, {}, {}", i.name.shown(), i.class.shown(), i.status.shown()),
            None => last_part(&arn.0),
        };
        add("instance", text);
    }
    if task.arn.kind() == ReplicationKind::Serverless {
        add("kind", "serverless".to_owned());
    }
    let metric = |name: MetricName, unit: fn(f64) -> String| {
        state
            .world
            .points(&task.arn, name)
            .last()
            .map(|point| (unit(point.value), age::Age::of(Some(point.at), state.now).label()))
    };
    if task.migration_type.has_cdc() {
        let latencies =
            (metric(MetricName::CDCLatencySource, text::seconds), metric(MetricName::CDCLatencyTarget, text::seconds));
        match latencies {
            (source, Some((target, age))) => {
                let source = source.map_or("?".to_owned(), |(source, _)| source);
                add("latency", format!("source {source}, target {target} end to end, {age} old"));
            }
            _ => add("latency", "no data".to_owned()),
        }
        if let Some((waiting, age)) = metric(MetricName::CDCIncomingChanges, text::rate) {
            add("waiting", format!("{waiting} changes, {age} old"));
        }
    }
    let when = |at: Option<jiff::Timestamp>| at.map(|at| age::moment(at, state.now));
    let run: Vec<String> = [
        ("started", when(task.stats.start)),
        ("load finished", when(task.stats.full_load_finish)),
        ("stopped", when(task.stats.stop)),
    ]
    .into_iter()
    .filter_map(|(word, at)| at.map(|at| format!("{word} {at}")))
    .collect();
    add("run", if run.is_empty() { "never".to_owned() } else { format!("{} UTC", run.join(", ")) });
    add("id", shown(&task.arn.resource_id().0).into_owned());
    lines
}

fn endpoint(state: &State, arn: &EndpointArn) -> String {
    match state.world.endpoint(arn) {
        None => last_part(&arn.0),
        Some(endpoint) => {
            let host = endpoint.host.as_ref().map(|host| format!(" {}", host.shown())).unwrap_or_default();
            let port = endpoint.port.map(|port| format!(":{port}")).unwrap_or_default();
            let database = endpoint.database.as_ref().map(|name| format!("/{}", name.shown())).unwrap_or_default();
            format!("{}, {}{host}{port}{database}", endpoint.name.shown(), endpoint.engine.shown())
        }
    }
}

/// Last connection tests of both ends, or nothing where none is known.
fn tested(state: &State, task: &Task) -> String {
    let ends = [("source", &task.source), ("target", &task.target)];
    let ends = ends.into_iter().filter_map(|(end, arn)| {
        let test = state.world.connection(task, arn)?;
        let why = test.last_failure.as_ref().filter(|_| test.status.raw() == "failed");
        let why = why.map(|why| format!(": {}", why.shown())).unwrap_or_default();
        Some(format!("{end} {}{why}", test.status.shown()))
    });
    ends.collect::<Vec<_>>().join(", ")
}

/// The last part of an ARN, where nothing better is known.
fn last_part(arn: &str) -> String {
    shown(arn.rsplit(':').next().unwrap_or_default()).into_owned()
}
