//! What a person is shown before a rule or schedule is switched. Pure.

use super::shell::place;
use super::task::{LEAVES, prepares};
use crate::change::called::{Called, worst};
use crate::model::change::{Change, Grade, Named, Precondition, Preview, Switch};
use crate::model::schedule::{Deed, NoNext, Schedule, ScheduleKind, ScheduleState, Target};
use crate::model::shell::quoted;
use crate::model::untrusted::shown;
use crate::model::{ReplicationArn, Scope, TaskName, Untrusted};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

/// Coming times that are told.
const NEXT: usize = 5;

/// A rule or schedule that was just disabled may fire once more: both services say that a change takes a short time, and
/// fire within the minute after a time (section 6 of the DMS facts).
const AFTERGLOW: SignedDuration = SignedDuration::from_mins(1);

/// Whether and until when it may still fire after it was disabled at `at`: within its flexible window it may be under way.
/// `None` where no time of it lies so near. What answers to events, or has times that nobody knows, may fire at any time.
pub fn once_more(schedule: &Schedule, at: Timestamp) -> Option<String> {
    let window = SignedDuration::from_mins(i64::from(schedule.flexible_minutes.unwrap_or(0).max(0)));
    let around = |span: SignedDuration| at.saturating_add(span).unwrap_or(at);
    let enabled = Schedule { state: ScheduleState::Enabled, ..schedule.clone() };
    let until = match enabled.next(around(-(AFTERGLOW + window)), 1) {
        Ok(times) => {
            let first = times.first()?.timestamp();
            (first <= around(AFTERGLOW)).then(|| first.saturating_add(AFTERGLOW + window).unwrap_or(first).max(at))?
        }
        Err(NoNext::Over) => return None,
        Err(_) => around(AFTERGLOW + window),
    };
    Some(format!("it may fire once more until about {}", until.to_zoned(TimeZone::UTC).strftime("%H:%M:%S UTC")))
}

/// Everything about one switching of `what`, from what was read of it at `now`. `names` are those tasks that are known.
pub fn switch(
    what: Named,
    schedule: Schedule,
    to: Switch,
    scope: &Scope,
    environment: Option<String>,
    names: &[(ReplicationArn, TaskName)],
    now: Timestamp,
) -> Preview {
    let enabled = Schedule { state: ScheduleState::Enabled, ..schedule.clone() };
    let next = enabled.next(now, NEXT);
    let words = format!("{} {}, now {}", to.word(), what.full(), shown(schedule.state.raw()));
    let mut effects = Vec::new();
    effects.extend(schedule.description.as_ref().map(|text| format!("it is: {}", text.shown())));
    effects.push(format!("it fires: {}", enabled.words()));
    effects.extend(times(&next, to, &enabled));
    match &schedule.targets {
        None => effects.push("what it calls could not be read".to_owned()),
        Some(targets) if targets.is_empty() => effects.push("it calls nothing".to_owned()),
        Some(targets) => effects.extend(targets.iter().map(|one| format!("it calls {}", target(one, names)))),
    }
    effects.push(match to {
        Switch::Disable => format!(
            "{}what it has started goes on",
            once_more(&schedule, now).map_or_else(String::new, |words| format!("{words}; "))
        ),
        Switch::Enable => "what it has missed is not made up for".to_owned(),
    });
    effects.push(put_back(&what, to));
    if to == Switch::Disable && schedule.deeds().any(|(deed, _)| matches!(deed, Deed::ReloadsAll | Deed::Reloads)) {
        effects.push(
            "that is judged as the reload it does: by reload_allowed, and confirmed with the database".to_owned(),
        );
    }
    Preview {
        environment,
        scope: scope.clone(),
        words,
        effects,
        fires: next.map(|times| times.iter().map(Zoned::timestamp).collect()).unwrap_or_default(),
        aws_command: aws_command(&what, to, scope),
        change: Change::Switch { what, to },
        precondition: Precondition::Schedule(Box::new(schedule)),
        warnings: Vec::new(),
        grade: Grade::Undoable,
        offers: Vec::new(),
        made: now,
    }
}

/// With what it does to the tasks that it begins or loads, first of all whose rows it destroys.
pub(in crate::change) fn called(mut preview: Preview, called: &[Called]) -> Preview {
    if called.is_empty() {
        return preview;
    }
    let (mut warnings, mut effects) = (Vec::new(), Vec::new());
    for one in called {
        let (does, again) = (does(one.deed), matches!(one.deed, Deed::ReloadsAll | Deed::Reloads));
        let (name, facts) = (one.facts.task.name.shown(), &one.facts);
        let into = facts.places[1]
            .as_ref()
            .map_or_else(|why| format!("a database that is not known: {why}"), ToString::to_string);
        match one.grade() {
            Grade::Destroys { .. } => {
                warnings.push(format!("DESTROYS ROWS in {into} each time it fires: it {does} {name}"));
                warnings.push(prepares(facts.settings.prep_mode, again).to_owned());
            }
            Grade::Lasting { .. } => {
                warnings.push(format!("it {does} {name}, which writes to {into}: nothing puts that back"));
                if facts.task.migration_type.has_full_load() {
                    warnings.push(LEAVES.to_owned());
                }
            }
            Grade::Undoable => effects.push(format!("{name} writes to {into}")),
        }
        let kind = &facts.task.migration_type;
        effects.push(format!("{name} ({}) is {} now", shown(kind.raw()), shown(facts.task.status.raw())));
    }
    effects.push("nobody is asked when it fires: the task and where it writes to may be others by then".to_owned());
    preview.grade = worst(called);
    preview.warnings.splice(0..0, warnings);
    preview.effects.extend(effects);
    preview
}

/// With the word of the API.
fn does(deed: Deed) -> &'static str {
    match deed {
        Deed::ReloadsAll => "reloads every table (reload-target) of",
        Deed::Reloads => "reloads tables (data-reload) of",
        Deed::Starts | Deed::Resumes | Deed::Stops | Deed::Names => deed.word(),
    }
}

/// The command that undoes it.
pub fn put_back(what: &Named, to: Switch) -> String {
    format!("put back with: cutover schedules {} {}", to.back().word(), quoted(&what.full()))
}

fn times(next: &Result<Vec<Zoned>, NoNext>, to: Switch, schedule: &Schedule) -> Vec<String> {
    let verb = match to {
        Switch::Enable => "will",
        Switch::Disable => "will not",
    };
    match next {
        Ok(next) => next.iter().map(|at| format!("it {verb} fire at {}", time(at, schedule))).collect(),
        Err(NoNext::Events) => vec![format!("no times: it {verb} be called by events that match its pattern")],
        Err(why) => vec![format!("when it {verb} fire next cannot be told: {why}")],
    }
}

/// UTC, and its own time where that differs.
fn time(at: &Zoned, schedule: &Schedule) -> String {
    let utc = at.timestamp().to_zoned(TimeZone::UTC).strftime("%a %Y-%m-%d %H:%M UTC").to_string();
    match &schedule.time_zone {
        Some(zone) if zone.raw() != "UTC" => format!("{utc} ({} {})", at.strftime("%H:%M"), zone.shown()),
        _ => utc,
    }
}

fn target(target: &Target, names: &[(ReplicationArn, TaskName)]) -> String {
    let words = target.words();
    let Some((deed, arn)) = &target.deed else { return words };
    let name = names.iter().find(|(known, _)| known == arn);
    let name = name.map_or_else(|| shown(arn.as_str()).into_owned(), |(_, name)| name.shown().into_owned());
    format!("{words}: {} {name}", does(*deed))
}

/// Nothing in it is secret: the input of a target, which may be, is read and written by the command itself.
fn aws_command(what: &Named, to: Switch, scope: &Scope) -> String {
    let place = place(scope);
    let (group, name) = (quoted_name(&what.group), quoted_name(&what.name));
    match what.kind {
        ScheduleKind::Rule => {
            format!("aws events {}-rule --name {name} --event-bus-name {group} {place}", to.word())
        }
        ScheduleKind::Schedule => {
            let state = format!("{}D", to.word().to_ascii_uppercase());
            let read = format!("aws scheduler get-schedule --name {name} --group-name {group} {place} --output json");
            let keep = format!("del(.Arn,.CreationDate,.LastModificationDate)|.State=\"{state}\"");
            format!("aws scheduler update-schedule {place} --cli-input-json \"$({read} | jq -c '{keep}')\"")
        }
    }
}

fn quoted_name(name: &Untrusted) -> String {
    quoted(&name.shown())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::legal::tests::rule;
    use crate::model::{AccountId, Region};

    fn scope(profile: &str) -> Scope {
        let (account, region) = (AccountId("123456789012".into()), Region("eu-west-1".into()));
        Scope { profile: profile.into(), account, region }
    }

    fn now() -> Timestamp {
        "2026-11-22T14:03:22Z".parse().unwrap()
    }

    #[test]
    fn a_preview_says_what_comes_of_it_and_how_to_do_the_same_by_hand() {
        let arn = ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:ABC").unwrap();
        let input = format!(r#"{{"ReplicationTaskArn":"{}"}}"#, arn.as_str());
        let call = Untrusted::new("arn:aws:scheduler:::aws-sdk:databasemigration:startReplicationTask");
        let schedule = Schedule {
            kind: ScheduleKind::Schedule,
            group: Untrusted::new("migrations"),
            expression: Some(Untrusted::new("cron(30 2 ? * SUN *)")),
            time_zone: Some(Untrusted::new("Europe/Berlin")),
            flexible_minutes: Some(15),
            targets: Some(vec![Target::new(None, call, Some(&input))]),
            ..rule("ENABLED")
        };
        let names = [(arn.clone(), TaskName::new("staging-refresh"))];
        let preview = switch(
            Named::of(&schedule),
            schedule,
            Switch::Disable,
            &scope("migration"),
            Some("PROD".into()),
            &names,
            now(),
        );
        assert_eq!(preview.starts().collect::<Vec<_>>(), [&arn]);
        assert_eq!(preview.fires.len(), 5);
        let said = preview.lines().join("\n");
        for part in [
            "disable schedule:migrations/nightly, now ENABLED",
            "in PROD · account 123456789012 · eu-west-1 · profile migration",
            "it will not fire at Sun 2026-11-29 01:30 UTC (02:30 Europe/Berlin)\nit will not fire at Sun 2026-12-06",
            "it calls DMS startReplicationTask: starts staging-refresh",
            "it calls DMS startReplicationTask: starts staging-refresh\nwhat it has started goes on\nput back with",
            "put back with: cutover schedules enable schedule:migrations/nightly",
            "aws scheduler update-schedule --region eu-west-1 --profile migration --cli-input-json \"$(aws scheduler \
             get-schedule --name nightly --group-name migrations --region eu-west-1 --profile migration --output json | jq \
             -c 'del(.Arn,.CreationDate,.LastModificationDate)|.State=\"DISABLED\"')\"",
        ] {
            assert!(said.contains(part), "{part:?} is not in\n{said}");
        }
    }

    #[test]
    fn it_may_fire_once_more_only_where_a_time_of_it_is_near() {
        let cron = |time: &str| Some(Untrusted::new(format!("cron({time} * * ? *)")));
        let with = |expression, flexible_minutes| Schedule { expression, flexible_minutes, ..rule("ENABLED") };
        let events = Schedule { expression: None, event_pattern: true, ..rule("ENABLED") };
        // It is 14:03:22.
        for (schedule, until) in [
            (with(cron("30 2"), None), None),
            (with(cron("5 14"), None), None),
            (with(cron("4 14"), None), Some("14:05:00")),
            (with(cron("3 14"), None), Some("14:04:00")),
            (with(cron("2 14"), None), None),
            (with(cron("50 13"), Some(15)), Some("14:06:00")),
            (with(cron("40 13"), Some(15)), None),
            (with(Some(Untrusted::new("rate(5 minutes)")), None), Some("14:04:22")),
            (events, Some("14:04:22")),
        ] {
            let want = until.map(|until| format!("it may fire once more until about {until} UTC"));
            assert_eq!(once_more(&schedule, now()), want, "{:?}", schedule.expression);
        }
    }

    #[test]
    fn what_it_does_to_tasks_is_told_before_everything_else() {
        use crate::change::called::tests::called as calls;
        let preview = |deed, kind: &str| {
            let schedule = rule("DISABLED");
            let preview = switch(Named::of(&schedule), schedule, Switch::Enable, &scope("p"), None, &[], now());
            called(preview, &[calls(deed, kind)])
        };
        let destroys = preview(Deed::ReloadsAll, "full-load");
        assert_eq!(
            destroys.warnings[0],
            "DESTROYS ROWS in staging.example/shop each time it fires: it reloads every table (reload-target) of orders"
        );
        assert!(destroys.warnings[1].starts_with("DROP_AND_CREATE: drops each table"), "{:?}", destroys.warnings);
        assert!(
            matches!(&destroys.grade, Grade::Destroys { destination: Some(at) } if at.to_string().starts_with("sta"))
        );
        let resumes = preview(Deed::Resumes, "cdc");
        assert_eq!((&resumes.grade, resumes.warnings.len()), (&Grade::Undoable, 0));
        assert!(resumes.effects.iter().any(|line| line == "orders writes to staging.example/shop"));
        assert!(matches!(preview(Deed::Starts, "cdc").grade, Grade::Lasting { .. }));
    }

    #[test]
    fn what_has_no_times_says_why() {
        let events = Schedule { expression: None, event_pattern: true, ..rule("ENABLED") };
        let rate = Schedule { expression: Some(Untrusted::new("rate(5 minutes)")), ..rule("DISABLED") };
        for (schedule, to, part) in [
            (events.clone(), Switch::Disable, "it will not be called by events that match its pattern"),
            (events, Switch::Enable, "it will be called by events that match its pattern"),
            (rate, Switch::Enable, "when it will fire next cannot be told: AWS does not say when it began to count"),
            (
                rule("DISABLED"),
                Switch::Enable,
                "it will fire at Mon 2026-11-23 01:30 UTC\nit will fire at Tue 2026-11-24",
            ),
        ] {
            let preview = switch(Named::of(&schedule), schedule, to, &scope("default"), None, &[], now());
            let said = preview.lines().join("\n");
            assert!(said.contains(part) && said.contains("in ENV UNKNOWN"), "{part:?} is not in\n{said}");
            assert!(said.contains("what it calls could not be read"));
        }
    }

    #[test]
    fn hostile_names_are_clean_and_stay_in_their_quotes() {
        let escape = "\u{1b}[2J\u{9b}31m\u{202e}";
        let hostile = Schedule {
            description: Some(Untrusted::new(escape)),
            time_zone: Some(Untrusted::new(escape)),
            expression: Some(Untrusted::new(escape)),
            targets: Some(vec![Target::new(None, Untrusted::new(escape), None)]),
            group: Untrusted::new(escape),
            ..rule(escape)
        };
        let lines =
            switch(Named::of(&hostile), hostile, Switch::Disable, &scope(escape), Some(escape.into()), &[], now());
        assert!(!lines.lines().concat().chars().any(|c| c.is_control() || c == '\u{202e}'));
        let hostile = Schedule { name: Untrusted::new("x; id"), ..rule("ENABLED") };
        let preview =
            switch(Named::of(&hostile), hostile, Switch::Disable, &scope(Scope::NO_PROFILE), None, &[], now());
        assert_eq!(
            preview.aws_command,
            "aws events disable-rule --name 'x; id' --event-bus-name default --region eu-west-1"
        );
    }
}
