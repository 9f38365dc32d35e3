//! The screen of logs, whole and at every size; and that only what is seen is built.

use super::*;
use crate::console::fixtures::logs::*;
use crate::console::state::Screen;
use crate::console::state::logs::open_log_at;
use crate::console::state::logs::rows::LAID_OUT;
use crate::model::log_place::LogSource;
use crate::model::observation::LogNews;

fn more(lines: &[(i64, char, &str)]) -> Vec<crate::model::log_line::LogEvent> {
    let one = |(n, (second, letter, text)): (usize, &(i64, char, &str))| {
        event(after(*second), 1_000 + n, &line(after(*second), "SORTER", *letter, text, "sorter.c:1"))
    };
    lines.iter().enumerate().map(one).collect()
}

#[test]
fn logs_at_120x40() {
    assert_snapshot!(text(&log_opened(120, 40)));
}

#[test]
fn logs_at_80x24() {
    assert_snapshot!(text(&log_opened(80, 24)));
}

#[test]
fn logs_at_200x50() {
    assert_snapshot!(text(&log_opened(200, 50)));
}

#[test]
fn logs_paused_over_a_gap_with_a_search() {
    let mut state = log_opened(120, 40);
    press(&mut state, "/invoice_line");
    keys(&mut state, &[KeyCode::Enter, KeyCode::Down, KeyCode::Down]);
    let gap = Some((before(1), after(20)));
    let why = Some("logs:FilterLogEvents in eu-west-1: throttled".to_owned());
    update(&mut state, said(LogNews { gap, why, ..news(vec![]) }, 2), after(20));
    update(&mut state, failed(Subject::Log(source()), ProblemKind::Throttled, "throttled", 30), after(20));
    assert_snapshot!(text(&state));
    let filled = Some((before(1), after(24)));
    let lines = more(&[(12, 'I', "Reading from source is resumed"), (24, 'I', "new")]);
    update(&mut state, said(LogNews { filled, ..news(lines) }, -24), after(25));
    let screen = text(&state);
    assert!(screen.contains("paused, 2 new lines below"), "{screen}");
    press(&mut state, "G");
    let screen = text(&state);
    assert!(screen.contains("following") && screen.contains("read since, they follow"), "{screen}");
}

#[test]
fn logs_filtered_and_in_local_time() {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").ok();
    let mut state = populated_with(Setup { time_zone: zone, ..setup() }, 100, 30);
    press(&mut state, "/billing");
    keys(&mut state, &[KeyCode::Enter]);
    press(&mut state, "l");
    // Midnight in Berlin is eleven at night in UTC.
    let lines = lines(900).into_iter().map(|mut line| {
        line.at += jiff::SignedDuration::from_hours(9);
        line
    });
    update(&mut state, said(news(lines.collect()), 2), now());
    press(&mut state, "vzcTARGET");
    keys(&mut state, &[KeyCode::Enter]);
    assert_snapshot!(text(&state));
    keys(&mut state, &[KeyCode::Esc]);
    press(&mut state, "vv.");
    assert!(text(&state).contains("all lines") || text(&state).contains("worth a look"));
}

#[test]
fn why_there_is_no_log() {
    let mut state = log_unread(80, 24);
    assert!(text(&state).contains("where its log is"), "{}", text(&state));
    let none = crate::model::log_place::NoPlace::Off.told().text();
    update(&mut state, said(LogNews { none: Some(none), ..news(vec![]) }, 2), now());
    assert_snapshot!(text(&state));
    // Lines that were read before logging was switched off stay, with the reason.
    update(&mut state, said(news(lines(900)), 1), now());
    let none = Some("logging is switched off".to_owned());
    update(&mut state, said(LogNews { none, ..news(vec![]) }, 0), now());
    let screen = text(&state);
    assert!(
        screen.contains("nothing new: logging is switched off") && screen.contains("Reading from source"),
        "{screen}"
    );
}

#[test]
fn a_log_that_may_not_be_read_names_the_permission() {
    let mut state = log_unread(120, 40);
    let mut problem = problem(ProblemKind::AccessDenied, "logs:FilterLogEvents in eu-west-1: access denied");
    problem.hint = "allow logs:FilterLogEvents; see assets/iam/watch.json".into();
    let report = crate::model::Report::Failed {
        scope: scope(),
        subject: Subject::Log(source()),
        problem: Box::new(problem),
        retry_at: Some(after(60)),
    };
    update(&mut state, Message::Report(report), now());
    assert_snapshot!(text(&state));
}

#[test]
fn groups_of_the_configuration_one_after_the_other_or_how_to_name_some() {
    let mut state = populated(120, 40);
    press(&mut state, "L");
    assert_snapshot!(text(&state));
    assert_eq!(state.focus().log_of, None);
    let groups = vec!["/aws/lambda/nightly-refresh".to_owned(), "/aws/lambda/probe".to_owned()];
    let mut state = populated_with(Setup { log_groups: groups.clone(), ..setup() }, 80, 24);
    press(&mut state, "L");
    let group = |n: usize| Some(LogSource::Group(groups[n].clone()));
    assert_eq!(state.focus().log_of, group(0));
    let mut lines =
        vec![event(before(30), 1, "[ERROR]\t2026-11-22T14:02:52Z\tabc\tno such task"), event(before(20), 2, "END")];
    lines[1].stream = "2026/11/22/[$LATEST]0f".into();
    let brought = LogNews { place: Some(groups[0].clone()), ..news(lines) };
    update(&mut state, observed(Subject::Log(group(0).unwrap()), Value::Log(brought), 2, 4), now());
    assert_snapshot!(text(&state));
    for (typed, want) in [("]", 1), ("]", 0), ("[", 1)] {
        press(&mut state, typed);
        assert_eq!(state.focus().log_of, group(want));
    }
    keys(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.focus().log_of, group(0));
}

#[test]
fn logs_in_ascii_are_ascii() {
    let mut state = populated_with(Setup { ascii: true, ..setup() }, 120, 40);
    press(&mut state, "/billing");
    keys(&mut state, &[KeyCode::Enter]);
    press(&mut state, "l");
    let gap = Some((before(100), before(50)));
    update(&mut state, said(LogNews { gap, why: Some("throttled".into()), ..news(lines(900)) }, 2), now());
    press(&mut state, "k");
    let screen = text(&state);
    assert!(screen.is_ascii() && screen.contains("no lines read since"), "{screen}");
}

#[test]
fn a_log_can_be_opened_at_a_moment_from_anywhere() {
    let mut state = populated(120, 40);
    open_log_at(&mut state, &arn("BILLINGXCDC"), before(900 - 800));
    update(&mut state, said(news(lines(900)), 2), now());
    let screen = text(&state);
    assert!(screen.contains("foreign-key") && screen.contains("paused"), "{screen}");
    keys(&mut state, &[KeyCode::Esc]);
    assert_eq!(state.screen(), Screen::Tasks);
}

#[test]
fn a_frame_of_a_log_of_any_length_lays_out_what_is_seen_and_little_more() {
    let mut state = log_unread(200, 50);
    let many =
        (0..20_000).map(|n| event(before(30_000 - n), 0, &line(before(30_000 - n), "SORTER", 'I', "a line", "a.c:1")));
    update(&mut state, said(news(many.collect()), 2), now());
    let built = |state: &State| {
        let before = LAID_OUT.with(std::cell::Cell::get);
        buffer(state);
        LAID_OUT.with(std::cell::Cell::get) - before
    };
    assert!(built(&state) <= 46, "{}", built(&state));
    for code in [KeyCode::Home, KeyCode::PageDown, KeyCode::End] {
        keys(&mut state, &[code]);
        assert!(built(&state) <= 46, "{}", built(&state));
    }
}

#[test]
fn what_passes_the_filter_can_be_written_to_a_file_and_the_line_under_the_cursor_copied() {
    let mut state = log_opened(120, 40);
    let gap = Some((before(1), after(20)));
    update(&mut state, said(LogNews { gap, why: Some("throttled".into()), ..news(vec![]) }, 2), now());
    press(&mut state, "vv");
    let export = state.page().export(&state).unwrap();
    assert_eq!(export.name, "log-billing-cdc");
    let text = export.list.text(crate::model::listing::Shape::Csv).unwrap();
    assert_eq!(
        text.lines().filter(|line| line.starts_with("line,")).count(),
        2,
        "the error and what belongs to it: {text}"
    );
    assert!(text.contains("\ngap,") && text.contains("foreign-key"), "{text}");
    press(&mut state, "kk");
    let copied = state.page().under_cursor(&state).unwrap();
    assert!(copied.contains("violates foreign key") && !copied.contains('\n'), "{copied}");
}

#[test]
fn lines_of_another_account_are_dropped_and_told() {
    let mut state = log_unread(120, 40);
    let arn = crate::model::ReplicationArn::parse("arn:aws:dms:eu-west-1:999999999999:task:X").unwrap();
    let subject = Subject::Log(LogSource::Task(arn));
    update(&mut state, observed(subject.clone(), Value::Log(news(lines(900))), 2, 4), now());
    let Subject::Log(foreign) = subject else { unreachable!() };
    assert!(state.logs.get(&foreign).is_none());
    assert_eq!(state.problems.standing(), 1);
}
