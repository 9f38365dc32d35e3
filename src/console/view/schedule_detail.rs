//! One rule or schedule in full: what it does, its coming times with what the clocks do to them, where it comes from.

use super::canvas::{Canvas, Line, span};
use super::schedules::{long, state_sign};
use crate::console::state::layout::Pane;
use crate::console::state::schedules::{self, COMING, Does, in_detail, may_fire};
use crate::console::state::{State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::Subject;
use crate::model::schedule::{Coming, Deed, NoNext, Reach, Schedule, ScheduleKind, ScheduleState, Target};
use crate::model::untrusted::shown;
use jiff::{Timestamp, Zoned};

pub fn draw(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let Some((schedule, line)) = in_detail(state) else {
        canvas.frame(pane, &[span(Role::Title, "Schedule")], &[]);
        return;
    };
    let (role, sign, word) = state_sign(&schedule.state);
    let kind = match schedule.kind {
        ScheduleKind::Rule => "Rule",
        ScheduleKind::Schedule => "Schedule",
    };
    let title = vec![
        span(Role::Title, kind),
        span(Role::Border, " ─ "),
        span(Role::Text, schedule.name.shown()),
        span(Role::Border, " ─ "),
        span(role, format!("{sign} {word}")),
    ];
    canvas.frame(pane, &title, &[]);
    let inner = pane.inner();
    canvas.lines(inner, &lines(state, schedule, line, usize::from(inner.width.saturating_sub(2))));
}

/// Cells of the names on the left.
const NAME: usize = 9;

fn lines<'a>(state: &State, schedule: &Schedule, line: &schedules::Line, width: usize) -> Vec<Line<'a>> {
    let mut out: Vec<Line<'a>> = Vec::new();
    let mut add = |name: &str, role: Role, text: &str| {
        for (at, part) in text::wrap(text, width.saturating_sub(NAME)).into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            out.push(vec![span(Role::Dim, format!("{name:<NAME$}")), span(role, part)]);
        }
    };
    for does in line.does.iter().flatten() {
        if let Does::Task { clash: true, name: Some(name), .. } = does {
            add("look", Role::Warn, &format!("▲ {name} runs now: this start falls into a running task"));
        }
    }
    add("when", Role::Text, &line.when);
    for (at, (role, words)) in does(state, schedule).iter().enumerate() {
        add(if at == 0 { "does" } else { "" }, *role, words);
    }
    let times = times(state, schedule, line);
    for (at, (role, words)) in times.iter().enumerate() {
        add(if at == 0 { "next" } else { "" }, *role, words);
    }
    if let Some(text) = &schedule.description {
        add("about", Role::Text, &text.shown());
    }
    if let Some(text) = &schedule.expression {
        add("says", Role::Text, &text.shown());
    }
    match &schedule.state {
        ScheduleState::Disabled => add("state", Role::Text, "disabled: it does not fire; the times are when it would"),
        ScheduleState::EnabledWithAllManagementEvents => {
            add(
                "state",
                Role::Text,
                "enabled with all management events of CloudTrail; plain enabling would lose that",
            );
        }
        ScheduleState::Other(raw) => add("state", Role::Unknown, &format!("? {}: not known here", shown(raw))),
        ScheduleState::Enabled => {}
    }
    if let Some(service) = &schedule.managed_by {
        add("kept by", Role::Text, &format!("{}: nobody else can switch or change it", service.shown()));
    }
    if let Some(minutes) = schedule.flexible_minutes {
        add(
            "window",
            Role::Text,
            &format!("fires within {minutes} min after each time, at a moment EventBridge chooses"),
        );
    }
    let day = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let pair = |from: (&str, Option<Timestamp>), to: (&str, Option<Timestamp>)| -> String {
        let parts = [from, to].into_iter().filter_map(|(word, at)| at.map(|at| format!("{word} {}", day(at))));
        parts.collect::<Vec<_>>().join(", ")
    };
    add("valid", Role::Text, &pair(("from", schedule.start), ("until", schedule.end)));
    let place = match schedule.kind {
        ScheduleKind::Rule => format!("on event bus {}", schedule.group.shown()),
        ScheduleKind::Schedule => format!("in group {}", schedule.group.shown()),
    };
    let made = pair(("created", schedule.created), ("changed", schedule.modified));
    add(
        "stands",
        Role::Text,
        &[place, made].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
    );
    add("arn", Role::Dim, &schedule.arn.shown());
    out
}

/// Each target with what it does to tasks.
fn does(state: &State, schedule: &Schedule) -> Vec<(Role, String)> {
    let failed = state.world.feed(&Subject::Schedules).and_then(|feed| feed.failed.as_ref());
    let why = failed.map(|failure| format!(": {}", shown(&failure.problem.summary))).unwrap_or_default();
    let Some(targets) = &schedule.targets else {
        return vec![(Role::Unknown, format!("? its targets were not read{why}"))];
    };
    if targets.is_empty() {
        return vec![(Role::Dim, "nothing: it has no target".to_owned())];
    }
    let unread = schedule.kind == ScheduleKind::Schedule && schedule.expression.is_none();
    let one = |target: &Target| match target.reach() {
        _ if unread => (Role::Unknown, format!("? {}; what it is told was not read{why}", target.words())),
        Reach::Task(deed, arn) => {
            let task = state.world.task(arn);
            let called = task.map_or_else(
                || format!("a task that is not listed here ({})", shown(&arn.resource_id().0)),
                |task| task.name.shown().into_owned(),
            );
            let rest = if deed == Deed::Names { "; what it does with it cannot be seen" } else { "" };
            (Role::Text, format!("{}: {} {called}{rest}", target.words(), deed.word()))
        }
        Reach::Hidden(what) => (Role::Unknown, format!("? {}: {what}, which hides what it does", target.words())),
        Reach::Nothing(what) => (Role::Text, format!("{}: {what}, nothing to tasks", target.words())),
    };
    targets.iter().map(one).collect()
}

fn times(state: &State, schedule: &Schedule, line: &schedules::Line) -> Vec<(Role, String)> {
    let now = state.now;
    let coming = match schedule.coming(now, COMING) {
        Ok(coming) => coming,
        Err(NoNext::Uncounted) => {
            let within = line.period.map(|period| format!("within {}: ", long(period))).unwrap_or_default();
            return vec![(Role::Unknown, format!("? {within}{}", NoNext::Uncounted))];
        }
        Err(why @ (NoNext::Events | NoNext::Over | NoNext::Disabled)) => return vec![(Role::Dim, why.to_string())],
        Err(why) => return vec![(Role::Unknown, format!("? {why}"))],
    };
    let fires = may_fire(schedule);
    let mut before: Option<&Zoned> = None;
    let mut out = Vec::new();
    for one in &coming {
        out.push(match one {
            Coming::Fires(at) | Coming::FiresOnce(at) => {
                let mut words = schedule.both(at);
                // What has no zone of its own is told where the operator is.
                if let Some(home) = state.setup.time_zone.clone().filter(|_| at.time_zone().iana_name() == Some("UTC"))
                {
                    words = format!("{words} ({})", at.with_time_zone(home).strftime("%a %H:%M %Z"));
                }
                if before.is_none()
                    && let Some(left) = age::left(at.timestamp(), now)
                {
                    words = format!("{words}, in {left}");
                }
                if matches!(one, Coming::FiresOnce(_)) {
                    words.push_str("; the clocks show it twice, it fires once");
                } else if before.is_some_and(|before| before.offset() != at.offset()) {
                    words.push_str("; the clocks have changed before it");
                }
                before = Some(at);
                if fires { (Role::Text, words) } else { (Role::Dim, format!("({words})")) }
            }
            Coming::Skipped { first, count: 1, .. } => {
                (Role::Warn, format!("▲ {}: the clocks skip it, it does not fire", first.strftime("%a %Y-%m-%d %H:%M")))
            }
            Coming::Skipped { first, last, count } => (
                Role::Warn,
                format!(
                    "▲ {} to {}: the clocks skip {count} times, nothing fires",
                    first.strftime("%a %Y-%m-%d %H:%M"),
                    last.strftime("%H:%M")
                ),
            ),
        });
    }
    out
}
