//! The grammars, the coming times and the targets, against tables of cases and against a checker that shares no code.

use super::*;
use jiff::civil::{DateTime, date};
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn schedule(expression: &str, zone: &str) -> Schedule {
    Schedule {
        kind: ScheduleKind::Schedule,
        group: "default".into(),
        name: "s".into(),
        arn: "arn:aws:scheduler:eu-west-1:1:schedule/default/s".into(),
        state: ScheduleState::Enabled,
        expression: Some(expression.into()),
        event_pattern: false,
        description: None,
        managed_by: None,
        time_zone: Some(zone.into()),
        start: None,
        end: None,
        flexible_minutes: None,
        created: None,
        modified: None,
        targets: None,
    }
}

fn next(schedule: &Schedule, now: &str, count: usize) -> Vec<String> {
    let found = schedule.next(at(now), count).unwrap();
    found.iter().map(|at| at.strftime("%Y-%m-%dT%H:%M%:z").to_string()).collect()
}

#[test]
fn cron_is_read_as_aws_reads_it() {
    // Thursday, 15 January 2026.
    let now = "2026-01-15T14:03:22Z";
    for (cron, want) in [
        ("0 10 * * ? *", ["2026-01-16T10:00", "2026-01-17T10:00", "2026-01-18T10:00"]),
        ("15 12 * * ? *", ["2026-01-16T12:15", "2026-01-17T12:15", "2026-01-18T12:15"]),
        ("0 18 ? * MON-FRI *", ["2026-01-15T18:00", "2026-01-16T18:00", "2026-01-19T18:00"]),
        ("0 8 1 * ? *", ["2026-02-01T08:00", "2026-03-01T08:00", "2026-04-01T08:00"]),
        ("0/15 * * * ? *", ["2026-01-15T14:15", "2026-01-15T14:30", "2026-01-15T14:45"]),
        ("5/35 * * * ? *", ["2026-01-15T14:05", "2026-01-15T14:40", "2026-01-15T15:05"]),
        ("0/5 8-17 ? * MON-FRI *", ["2026-01-15T14:05", "2026-01-15T14:10", "2026-01-15T14:15"]),
        ("0 9 ? * 2#1 *", ["2026-02-02T09:00", "2026-03-02T09:00", "2026-04-06T09:00"]),
        ("0 9 ? * 3#2 *", ["2026-02-10T09:00", "2026-03-10T09:00", "2026-04-14T09:00"]),
        ("0 9 ? * 1 *", ["2026-01-18T09:00", "2026-01-25T09:00", "2026-02-01T09:00"]),
        ("0 9 ? * L *", ["2026-01-17T09:00", "2026-01-24T09:00", "2026-01-31T09:00"]),
        ("0 9 ? * 6L *", ["2026-01-30T09:00", "2026-02-27T09:00", "2026-03-27T09:00"]),
        ("0 9 L * ? *", ["2026-01-31T09:00", "2026-02-28T09:00", "2026-03-31T09:00"]),
        ("0 9 LW * ? *", ["2026-01-30T09:00", "2026-02-27T09:00", "2026-03-31T09:00"]),
        ("0 9 1W * ? *", ["2026-02-02T09:00", "2026-03-02T09:00", "2026-04-01T09:00"]),
        ("0 20-2 * * ? *", ["2026-01-15T20:00", "2026-01-15T21:00", "2026-01-15T22:00"]),
        ("0 0 ? * SAT-MON *", ["2026-01-17T00:00", "2026-01-18T00:00", "2026-01-19T00:00"]),
        ("0 0 29 2 ? *", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
        ("0 0 1 jan ? 2030/10", ["2030-01-01T00:00", "2040-01-01T00:00", "2050-01-01T00:00"]),
        ("30 6 1 1 ? 2190-2199", ["2190-01-01T06:30", "2191-01-01T06:30", "2192-01-01T06:30"]),
    ] {
        let found = next(&schedule(&format!("cron({cron})"), "UTC"), now, 3);
        assert_eq!(found, want.map(|time| format!("{time}+00:00")), "{cron}");
    }
}

#[test]
fn what_aws_refuses_is_not_understood() {
    for text in [
        "",
        "rate",
        "rate()",
        "rate(0 minutes)",
        "rate(-1 minutes)",
        "rate(5 weeks)",
        "rate(5 minutes 1)",
        "rate(99999999999 days)",
        "at(2026-11-22)",
        "at(2026-11-22T14:03)",
        "at(2026-11-22 14:03:00)",
        "at(2026-13-22T14:03:00)",
        "cron(* * * * ?)",
        "cron(* * * * * *)",
        "cron(* * ? * ? *)",
        "cron(60 * * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 0 * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 ? * 0 *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * 2#6 *)",
        "cron(0 0 ? * 3#1,6#3 *)",
        "cron(0 0 L-3 * ? *)",
        "cron(0 0 * * ? 1969)",
        "cron(0 0 * * ? 2200)",
        "cron(0/0 0 * * ? *)",
        "cron(? 0 * * ? *)",
        "cron(+5 0 * * ? *)",
        "0 0 * * ? *",
    ] {
        assert!(Expression::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_skipped_time_does_not_fire_and_a_repeated_one_fires_once() {
    for (expression, zone, now, want) in [
        // 29 March 2026: 02:00 to 03:00 does not exist.
        (
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            "2026-03-27T12:00:00Z",
            ["2026-03-28T02:30+01:00", "2026-03-30T02:30+02:00", "2026-03-31T02:30+02:00"],
        ),
        // 25 October 2026: 02:00 to 03:00 comes twice.
        (
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00", "2026-10-27T02:30+01:00"],
        ),
        // Asked between the two.
        (
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            "2026-10-25T00:45:00Z",
            ["2026-10-26T02:30+01:00", "2026-10-27T02:30+01:00", "2026-10-28T02:30+01:00"],
        ),
        (
            "cron(0/30 * * * ? *)",
            "Europe/Berlin",
            "2026-10-25T00:15:00Z",
            ["2026-10-25T02:30+02:00", "2026-10-25T03:00+01:00", "2026-10-25T03:30+01:00"],
        ),
        (
            "cron(0/30 * * * ? *)",
            "Europe/Berlin",
            "2026-03-29T00:15:00Z",
            ["2026-03-29T01:30+01:00", "2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00"],
        ),
        // 8 March and 1 November 2026.
        (
            "cron(15 2 * * ? *)",
            "America/New_York",
            "2026-03-07T12:00:00Z",
            ["2026-03-09T02:15-04:00", "2026-03-10T02:15-04:00", "2026-03-11T02:15-04:00"],
        ),
        (
            "cron(15 1 * * ? *)",
            "America/New_York",
            "2026-10-31T12:00:00Z",
            ["2026-11-01T01:15-04:00", "2026-11-02T01:15-05:00", "2026-11-03T01:15-05:00"],
        ),
    ] {
        assert_eq!(next(&schedule(expression, zone), now, 3), want, "{expression} {zone} {now}");
    }
    // A rule is in UTC whatever else stands there.
    let rule = Schedule { kind: ScheduleKind::Rule, ..schedule("cron(30 2 * * ? *)", "Europe/Berlin") };
    assert_eq!(next(&rule, "2026-03-28T12:00:00Z", 1), ["2026-03-29T02:30+00:00"]);
    // A day is 24 hours, whatever the clocks do.
    let daily = Schedule { start: Some(at("2026-10-24T00:00:00Z")), ..schedule("rate(1 days)", "Europe/Berlin") };
    assert_eq!(next(&daily, "2026-10-24T00:00:00Z", 2), ["2026-10-25T02:00+02:00", "2026-10-26T01:00+01:00"]);
    // Once, in the repeated hour and in the skipped one.
    let once = |text: &str| schedule(text, "Europe/Berlin");
    assert_eq!(next(&once("at(2026-10-25T02:30:00)"), "2026-01-01T00:00:00Z", 5), ["2026-10-25T02:30+02:00"]);
    assert_eq!(once("at(2026-03-29T02:30:00)").next(at("2026-01-01T00:00:00Z"), 5), Err(NoNext::Over));
}

#[test]
fn a_schedule_fires_from_its_start_and_before_its_end() {
    let bounded = Schedule {
        start: Some(at("2026-01-02T10:00:00Z")),
        end: Some(at("2026-01-04T10:00:00Z")),
        ..schedule("cron(0 10 * * ? *)", "UTC")
    };
    assert_eq!(next(&bounded, "2026-01-01T00:00:00Z", 5), ["2026-01-02T10:00+00:00", "2026-01-03T10:00+00:00"]);
    assert_eq!(bounded.next(at("2026-01-03T10:00:00Z"), 5), Err(NoNext::Over));
    let rate = Schedule { expression: Some("rate(12 hours)".into()), ..bounded };
    assert_eq!(next(&rate, "2026-01-01T00:00:00Z", 2), ["2026-01-02T10:00+00:00", "2026-01-02T22:00+00:00"]);
    assert_eq!(next(&rate, "2026-01-03T11:00:00Z", 5), ["2026-01-03T22:00+00:00"]);
    assert_eq!(next(&rate, "2026-01-03T10:00:00Z", 5), ["2026-01-03T22:00+00:00"]);
}

#[test]
fn without_a_coming_time_there_is_a_reason() {
    let now = at("2026-01-15T14:03:22Z");
    let good = schedule("cron(0 10 * * ? *)", "UTC");
    let rule = Schedule { kind: ScheduleKind::Rule, time_zone: None, ..good.clone() };
    let made = Some(at("2026-01-15T14:00:00Z"));
    for (schedule, want) in [
        (Schedule { state: ScheduleState::Disabled, ..good.clone() }, NoNext::Disabled),
        (Schedule { expression: None, ..good.clone() }, NoNext::NotRead),
        (Schedule { expression: None, event_pattern: true, ..rule.clone() }, NoNext::Events),
        (Schedule { time_zone: Some("Mars/Olympus".into()), ..good.clone() }, NoNext::Zone("Mars/Olympus".into())),
        (Schedule { expression: Some("rate(5 minutes)".into()), ..rule }, NoNext::Uncounted),
        (schedule("rate(5 minutes)", "UTC"), NoNext::Uncounted),
        (schedule("cron(0 0 30 2 ? *)", "UTC"), NoNext::Over),
        (schedule("cron(0 0 1 1 ? 2020)", "UTC"), NoNext::Over),
        (schedule("at(2026-01-15T14:03:22)", "UTC"), NoNext::Over),
        (schedule("when the moon is full", "UTC"), NoNext::NotUnderstood(ExpressionError::Shape)),
    ] {
        assert_eq!(schedule.next(now, 5), Err(want), "{schedule:?}");
    }
    let unchanged = Schedule { created: made, modified: made, ..schedule("rate(5 minutes)", "UTC") };
    assert_eq!(next(&unchanged, "2026-01-15T14:03:22Z", 1), ["2026-01-15T14:05+00:00"]);
    let changed = Schedule { modified: Some(now), ..unchanged };
    assert_eq!(changed.next(now, 1), Err(NoNext::Uncounted));
}

#[test]
fn what_the_clocks_do_to_the_coming_times_is_told() {
    let told = |expression: &str, now: &str, count: usize| -> Vec<String> {
        let coming = schedule(expression, "Europe/Berlin").coming(at(now), count).unwrap();
        let words = coming.into_iter().map(|one| match one {
            Coming::Fires(at) => at.strftime("%m-%dT%H:%M%:z").to_string(),
            Coming::FiresOnce(at) => at.strftime("once %m-%dT%H:%M%:z").to_string(),
            Coming::Skipped { first, last, count } => format!("{count} skipped {first} {last}"),
        });
        words.collect()
    };
    // The clocks go from 02:00 to 03:00 on 29 March and from 03:00 back to 02:00 on 25 October 2026.
    for (expression, now, want) in [
        (
            "cron(30 2 * * ? *)",
            "2026-03-27T12:00:00Z",
            &["03-28T02:30+01:00", "1 skipped 2026-03-29T02:30:00 2026-03-29T02:30:00", "03-30T02:30+02:00"][..],
        ),
        (
            "cron(0/20 * * * ? *)",
            "2026-03-29T00:39:00Z",
            &["03-29T01:40+01:00", "3 skipped 2026-03-29T02:00:00 2026-03-29T02:40:00", "03-29T03:00+02:00"],
        ),
        ("cron(30 2 * * ? *)", "2026-10-24T12:00:00Z", &["once 10-25T02:30+02:00", "10-26T02:30+01:00"]),
        ("at(2026-03-29T02:15:00)", "2026-03-01T00:00:00Z", &["1 skipped 2026-03-29T02:15:00 2026-03-29T02:15:00"]),
        ("at(2026-03-30T02:15:00)", "2026-03-01T00:00:00Z", &["03-30T02:15+02:00"]),
    ] {
        assert_eq!(told(expression, now, 2), want, "{expression}");
    }
    let skipped = schedule("at(2026-03-29T02:15:00)", "Europe/Berlin");
    assert_eq!(skipped.next(at("2026-03-01T00:00:00Z"), 5), Err(NoNext::Over));
    let off = Schedule { state: ScheduleState::Disabled, ..schedule("cron(0 10 * * ? *)", "UTC") };
    assert_eq!(off.coming(at("2026-01-15T14:03:22Z"), 1).unwrap().len(), 1, "when it would fire");
    assert_eq!(off.next(at("2026-01-15T14:03:22Z"), 1), Err(NoNext::Disabled));
}

#[test]
fn what_a_target_does_to_tasks_is_known_hidden_or_nothing() {
    for (arn, want) in [
        ("arn:aws:lambda:eu-west-1:1:function:x", Reach::Hidden("a Lambda function")),
        ("arn:aws-cn:states:eu-west-1:1:stateMachine:x", Reach::Hidden("a state machine")),
        ("arn:aws:logs:eu-west-1:1:log-group:/x", Reach::Nothing("a log group")),
        ("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", Reach::Hidden("a call of another API")),
        (
            "arn:aws:scheduler:::aws-sdk:databasemigration:startReplicationTask",
            Reach::Hidden("a DMS call that names no task"),
        ),
        ("lambda", Reach::Hidden("another service")),
    ] {
        assert_eq!(Target::new(None, arn.into(), None).reach(), want, "{arn}");
    }
    let (arn, task) = ("arn:aws:lambda:eu-west-1:1:function:x", "arn:aws:dms:eu-west-1:123456789012:task:ABC");
    let named = Target::new(None, arn.into(), Some(&format!("{{\"task\":\"{task}\"}}")));
    assert!(matches!(named.reach(), Reach::Task(Deed::Names, found) if found.as_str() == task));
}

#[test]
fn a_schedule_is_told_in_words() {
    for (expression, want) in [
        ("rate(1 minute)", "every minute"),
        ("rate(12 hours)", "every 12 hours"),
        ("at(2026-11-22T14:03:00)", "once, on 2026-11-22 at 14:03:00 (Europe/Berlin)"),
        ("cron(30 2 * * ? *)", "at 02:30 (Europe/Berlin)"),
        ("fortnightly", "not understood: neither rate(…), cron(…) nor at(…)"),
    ] {
        assert_eq!(schedule(expression, "Europe/Berlin").words(), want);
    }
    for (cron, words) in [
        ("0/15 * * * ? *", "every 15 minutes"),
        ("0 18 ? * MON-FRI *", "at 18:00, on Monday, Tuesday, Wednesday, Thursday, and Friday"),
        ("0 9 ? * 2#1 *", "at 09:00, on the 1st Monday of the month"),
        ("0 9 L * ? *", "at 09:00, on the last day of the month"),
        (
            "0 9,17 1 1-3 ? 2026",
            "at minute 0, of hour 9 and 17, on day 1, in January, February, and March, in year 2026",
        ),
        ("30 1-5/2 ? * SAT-MON *", "at minute 30, of hour 1, 3, and 5, on Sunday, Monday, and Saturday"),
    ] {
        assert_eq!(Cron::parse(cron).unwrap().words(), words, "{cron}");
    }
    let flexible = Schedule { flexible_minutes: Some(15), ..schedule("rate(1 day)", "UTC") };
    assert_eq!(flexible.words(), "every day, within 15 min after");
    let events = Schedule { expression: None, event_pattern: true, ..flexible };
    assert_eq!(events.words(), "when an event matches");
}

#[test]
fn a_target_tells_which_task_it_touches_where_that_can_be_known() {
    let task = "arn:aws:dms:eu-west-1:123456789012:task:2YT32VX7CHRM";
    let config = "arn:aws:dms:eu-west-1:123456789012:replication-config:ABC";
    let dms = |call: &str| format!("arn:aws:scheduler:::aws-sdk:databasemigration:{call}");
    let lambda = "arn:aws:lambda:eu-west-1:1:function:refresh".to_owned();
    let given = |key: &str, value: &str| Some(format!(r#"{{"{key}":"{value}"}}"#));
    for (arn, input, want, words) in [
        (
            dms("startReplicationTask"),
            given("ReplicationTaskArn", task),
            Some((Deed::Starts, task)),
            "DMS startReplicationTask",
        ),
        (
            dms("startReplication"),
            given("ReplicationConfigArn", config),
            Some((Deed::Starts, config)),
            "DMS startReplication",
        ),
        (
            dms("startReplicationTask"),
            Some(format!(r#"{{"ReplicationTaskArn":"{task}","StartReplicationTaskType":"reload-target"}}"#)),
            Some((Deed::ReloadsAll, task)),
            "DMS startReplicationTask",
        ),
        (
            dms("startReplication"),
            Some(format!(r#"{{"ReplicationConfigArn":"{config}","StartReplicationType":"resume-processing"}}"#)),
            Some((Deed::Resumes, config)),
            "DMS startReplication",
        ),
        (
            dms("stopReplication"),
            given("ReplicationConfigArn", config),
            Some((Deed::Stops, config)),
            "DMS stopReplication",
        ),
        (dms("reloadTables"), given("ReplicationTaskArn", task), Some((Deed::Reloads, task)), "DMS reloadTables"),
        (dms("startReplicationTask"), given("TaskArn", task), None, "DMS startReplicationTask"),
        (dms("startReplicationTask"), Some("{".to_owned()), None, "DMS startReplicationTask"),
        (lambda.clone(), None, None, "lambda function:refresh"),
        (
            lambda.clone(),
            Some(format!(r#"{{"a":[1,{{"b":"{task}"}}]}}"#)),
            Some((Deed::Names, task)),
            "lambda function:refresh",
        ),
        (lambda, given("task", "staging-refresh"), None, "lambda function:refresh"),
        ("x\u{1b}[2J".to_owned(), None, None, "x[2J"),
    ] {
        let target = Target::new(None, arn.clone().into(), input.as_deref());
        let deed = target.deed.as_ref().map(|(deed, arn)| (*deed, arn.as_str()));
        assert_eq!((deed, target.words().as_str()), (want, words), "{arn} {input:?}");
    }
}

/// Does a civil time satisfy one item of a field? Written from AWS's table, sharing nothing with the code above.
fn naive(field: usize, item: &str, time: DateTime) -> bool {
    const NAMES: [&str; 19] = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", "SUN", "MON", "TUE", "WED",
        "THU", "FRI", "SAT",
    ];
    let num = |text: &str| -> i32 {
        match NAMES.iter().position(|name| *name == text) {
            Some(at) if at < 12 => i32::try_from(at).unwrap() + 1,
            Some(at) => i32::try_from(at).unwrap() - 11,
            None => text.parse().unwrap(),
        }
    };
    let weekday = i32::from(time.weekday().to_sunday_one_offset());
    let day = i32::from(time.day());
    let last = i32::from(time.date().days_in_month());
    let value = match field {
        0 => i32::from(time.minute()),
        1 => i32::from(time.hour()),
        2 => day,
        3 => i32::from(time.month()),
        4 => weekday,
        _ => i32::from(time.year()),
    };
    let (low, high) = [(0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199)][field];
    if item == "*" || item == "?" {
        return true;
    }
    if field == 2 && item == "L" {
        return day == last;
    }
    if field == 4 && item == "L" {
        return weekday == 7;
    }
    if field == 4
        && let Some((of, nth)) = item.split_once('#')
    {
        return weekday == num(of) && (day - 1) / 7 + 1 == num(nth);
    }
    if field == 4
        && let Some(of) = item.strip_suffix('L')
    {
        return weekday == num(of) && day + 7 > last;
    }
    let (base, step) = item.split_once('/').map_or((item, None), |(base, step)| (base, Some(num(step))));
    let (from, to) = match base.split_once('-') {
        Some((from, to)) => (num(from), num(to)),
        None if base == "*" => (low, high),
        None => (num(base), if step.is_some() { high } else { num(base) }),
    };
    let step = step.unwrap_or(1);
    let mut at = from;
    let mut left = if from <= to { to - from } else { high - from + 1 + to - low };
    // Walks the range, around the end where it wraps.
    while left >= 0 {
        if at == value {
            return true;
        }
        left -= step;
        at += step;
        if at > high {
            at = at - high - 1 + low;
        }
    }
    false
}

fn satisfies(cron: &str, time: DateTime) -> bool {
    let fields: Vec<&str> = cron.split(' ').collect();
    fields.iter().enumerate().all(|(at, field)| field.split(',').any(|item| naive(at, item, time)))
}

fn item(low: u16, high: u16) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("*".to_owned()),
        4 => (low..=high).prop_map(|n| n.to_string()),
        2 => (low..=high, low..=high).prop_map(|(a, b)| format!("{a}-{b}")),
        2 => (low..=high, 1..=high.min(40)).prop_map(|(a, step)| format!("{a}/{step}")),
        1 => (1..=high.min(40)).prop_map(|step| format!("*/{step}")),
        2 => (low..=high, low..=high).prop_map(|(a, b)| format!("{a},{b}")),
        1 => (low..=high, low..=high, 1u16..5).prop_map(|(a, b, step)| format!("{a}-{b}/{step}")),
    ]
}

fn days() -> impl Strategy<Value = (String, String)> {
    let weekday = prop_oneof![
        3 => item(1, 7),
        1 => Just("L".to_owned()),
        1 => Just("MON-FRI".to_owned()),
        1 => Just("SAT-MON".to_owned()),
        1 => (1u8..=7, 1u8..=5).prop_map(|(day, nth)| format!("{day}#{nth}")),
        1 => (1u8..=7).prop_map(|day| format!("{day}L")),
    ];
    prop_oneof![
        prop_oneof![4 => item(1, 31), 1 => Just("L".to_owned())].prop_map(|day| (day, "?".to_owned())),
        weekday.prop_map(|day| ("?".to_owned(), day)),
    ]
}

proptest! {
    #[test]
    fn reading_never_panics(text in "\\PC{0,60}", now in 0i64..4_000_000_000) {
        for text in [text.clone(), format!("cron({text})"), format!("rate({text})"), format!("at({text})")] {
            let schedule = schedule(&text, "Europe/Berlin");
            let _ = schedule.words();
            let _ = schedule.next(Timestamp::from_second(now).unwrap(), 5);
        }
    }

    #[test]
    fn reading_what_looks_like_cron_never_panics(text in "[0-9A-Z*?,/#LW -]{0,40}") {
        let _ = Expression::parse(&format!("cron({text})")).map(|expression| expression.words());
    }

    #[test]
    fn every_time_satisfies_the_fields_and_none_between_does(
        minute in item(0, 59), hour in item(0, 23), days in days(), month in item(1, 12), start in 0i64..2_000_000,
    ) {
        let text = format!("{minute} {hour} {} {month} {} *", days.0, days.1);
        let cron = Cron::parse(&text).unwrap();
        let begin = date(2026, 1, 1).at(0, 0, 0, 0) + jiff::SignedDuration::from_mins(start);
        let mut from = begin;
        for _ in 0..3 {
            let Some(found) = cron.after(from) else { break };
            prop_assert!(found > from && found.second() == 0);
            prop_assert!(satisfies(&text, found), "{text}: {found}");
            // Up to two days before it, minute by minute: nothing was passed over.
            let mut between = found;
            for _ in 0..2_880 {
                between -= jiff::SignedDuration::from_mins(1);
                if between <= from {
                    break;
                }
                prop_assert!(!satisfies(&text, between), "{text}: {between} was passed over");
            }
            from = found;
        }
    }
}
