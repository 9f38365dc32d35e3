//! `cutover logs TASK`, `cutover logs --group NAME`.

use super::print::{List, note, sent};
use crate::app::{self, Failure, LogNews, LogOf, Setup};
use crate::model::listing::logs::{self as listed, Said};
use crate::model::log_line::{self, LogEvent, Severity};
use crate::model::log_sign::{self, Sign};
use crate::model::untrusted::shown;
use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

/// The log of half a year is a matter for CloudWatch Logs Insights.
const SINCE_MAX: SignedDuration = SignedDuration::from_hours(24 * 183);

#[derive(Debug, Args)]
pub struct Arguments {
    /// ARN of the task, or its exact name
    #[arg(required_unless_present = "group", conflicts_with = "group")]
    task: Option<String>,
    /// A log group by its name, all its streams, such as that of a Lambda function
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Go on with new lines as they come
    #[arg(short, long)]
    follow: bool,
    /// Only lines of this severity and worse, and those without one
    #[arg(long, value_enum, value_name = "LEVEL")]
    level: Option<Level>,
    /// How far back, such as 30m, 2h or 1d
    #[arg(long, default_value = "1h", value_name = "DURATION", value_parser = duration)]
    since: SignedDuration,
    /// Only lines of components whose name begins like this; the whole name finds one that the log cuts
    #[arg(long, value_name = "NAME")]
    component: Option<String>,
    /// Also lines that only say that nothing happened
    #[arg(long)]
    all: bool,
    /// How the lines are printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    Error,
    Warning,
    Info,
    Debug,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people; those worth a look begin with `!` and are explained
    Table,
    /// One JSON array, with --follow JSON Lines; names are promised, see docs/json.md
    Json,
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let days = || text.trim().strip_suffix('d')?.trim().parse::<i64>().ok().filter(|days| (1..=183).contains(days));
    let parsed = match days() {
        Some(days) => SignedDuration::from_hours(24 * days),
        None => text.parse().map_err(|_| "not a duration such as 30m, 2h or 1d".to_owned())?,
    };
    if parsed <= SignedDuration::ZERO || parsed > SINCE_MAX {
        return Err("must be more than nothing and at most 183d".to_owned());
    }
    Ok(parsed)
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let mut filter = Filter::new(arguments);
    let mut explained = BTreeSet::new();
    let mut kept: Vec<Vec<Value>> = Vec::new();
    let of = match (&arguments.group, &arguments.task) {
        (Some(group), _) => LogOf::Group(group),
        (None, task) => LogOf::Task(task.as_deref().unwrap_or_default()),
    };
    let done = app::logs(setup, of, arguments.since, arguments.follow, &mut |news| {
        if let LogNews::Note(text) = &news {
            note(text);
            return Ok(true);
        }
        match arguments.output {
            Format::Table => sent(&table(&news, arguments.group.is_some(), &mut filter, &mut explained)),
            Format::Json if arguments.follow => {
                List { columns: listed::COLUMNS, rows: rows(&news, &mut filter) }.print_lines()
            }
            Format::Json => {
                kept.extend(rows(&news, &mut filter));
                Ok(true)
            }
        }
    });
    // What was read before something failed is printed all the same; without a log there is nothing to print.
    if arguments.output == Format::Json && !arguments.follow && (done.is_ok() || !kept.is_empty()) {
        List { columns: listed::COLUMNS, rows: kept }.print(super::print::Format::Json)?;
    }
    done.map(|()| 0)
}

/// Which lines are wanted. A line without a head belongs to the one before it in its stream; where there is none, or its
/// severity is unknown, it is never kept back.
struct Filter {
    level: Option<Severity>,
    component: Option<String>,
    all: bool,
    last: HashMap<String, bool>,
}

impl Filter {
    fn new(arguments: &Arguments) -> Self {
        let level = arguments.level.map(|level| match level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Info => Severity::Info,
            Level::Debug => Severity::Verbose,
        });
        Self { level, component: arguments.component.clone(), all: arguments.all, last: HashMap::new() }
    }

    fn wants(&mut self, event: &LogEvent) -> bool {
        let text = event.text.raw();
        let stream = event.stream.raw();
        let (line, severity) = (log_line::parse(text), log_line::severity(text));
        if line.is_none() && severity.is_none() {
            return self.last.get(stream).copied().unwrap_or(true);
        }
        let level = self.level.is_none_or(|level| severity.is_none_or(|severity| severity <= level));
        let is_asked = |asked: &String| line.is_some_and(|line| log_line::is_component(line.component, asked));
        let component = self.component.as_ref().is_none_or(is_asked);
        let wanted = level && component && (self.all || !log_sign::is_chatter(text));
        self.last.insert(stream.to_owned(), wanted);
        wanted
    }
}

fn rows(news: &LogNews, filter: &mut Filter) -> Vec<Vec<Value>> {
    match news {
        LogNews::Lines(events) => events.iter().filter(|event| filter.wants(event)).map(row).collect(),
        LogNews::Gap { from, to, why } => {
            vec![listed::stretch("gap", *from, *to, &format!("{}: {}", why.summary, why.detail))]
        }
        LogNews::Filled { from, to } => vec![listed::stretch("filled", *from, *to, "")],
        LogNews::Note(_) => Vec::new(),
    }
}

fn row(event: &LogEvent) -> Vec<Value> {
    let LogEvent { id, stream, at, ingested, text } = event;
    listed::line(&Said { at: *at, ingested: *ingested, id: Some(id), stream: stream.raw(), text: text.raw() })
}

/// `streams`: with the stream of each line, where there are several.
fn table(news: &LogNews, streams: bool, filter: &mut Filter, explained: &mut BTreeSet<&'static str>) -> String {
    let mut out = String::new();
    match news {
        LogNews::Lines(events) => {
            for event in events.iter().filter(|event| filter.wants(event)) {
                human(event, streams, explained, &mut out);
            }
        }
        LogNews::Gap { from, to, why } => {
            let why = shown(&why.summary).into_owned();
            let _ = writeln!(out, "-- not read from {from:.0} to {to:.0}: {why}");
        }
        LogNews::Filled { from, to } => {
            let _ = writeln!(out, "-- read again from {from:.0} to {to:.0}");
        }
        LogNews::Note(_) => {}
    }
    out
}

/// One event: its first line with time, severity and component, the others indented, and what it means the first time.
fn human(event: &LogEvent, streams: bool, explained: &mut BTreeSet<&'static str>, out: &mut String) {
    let text = event.text.raw();
    let line = log_line::parse(text);
    let sign = log_sign::find(text);
    let mark = if sign.is_some() { '!' } else { ' ' };
    let at = event.at;
    let component = line.map_or_else(String::new, |line| shown(line.component).into_owned());
    let letter = log_line::severity(text).map_or(' ', Severity::letter);
    let mut parts = line.map_or(text, |line| line.message).lines();
    let first = shown(parts.next().unwrap_or_default()).into_owned();
    let stream = if streams { format!("{} ", event.stream.shown()) } else { String::new() };
    let _ = writeln!(out, "{}", format!("{mark} {at:.0} {stream}{letter} {component:<15} {first}").trim_end());
    for part in parts {
        let _ = writeln!(out, "      {}", shown(part));
    }
    if let Some(Sign { id, meaning, action, .. }) = sign
        && explained.insert(*id)
    {
        let _ = writeln!(out, "{}", format!("      = {id}: {meaning} {action}").trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(level: Option<Level>, component: Option<&str>, all: bool) -> Arguments {
        Arguments {
            task: Some("t".into()),
            group: None,
            follow: false,
            level,
            since: SignedDuration::from_hours(1),
            component: component.map(Into::into),
            all,
            output: Format::Table,
        }
    }

    fn event(text: &str) -> LogEvent {
        let at = "2026-01-15T14:03:22Z".parse().unwrap();
        LogEvent { id: "1".into(), stream: "s".into(), at, ingested: None, text: text.into() }
    }

    fn line(component: &str, letter: char, message: &str) -> String {
        format!("00000001: 2026-01-15T14:03:22 [{component:<16}]{letter}:  {message}  (a.c:1)")
    }

    #[test]
    fn a_filter_keeps_what_belongs_together_and_what_cannot_be_judged() {
        let texts = [
            "loose at the beginning".to_owned(),
            line("METADATA_MANAGE", 'E', "bad"),
            "    more of the bad".to_owned(),
            line("SORTER", 'I', "fine"),
            "    more of the fine".to_owned(),
            line("SORTER", 'X', "new letter"),
            line("TARGET_APPLY", 'I', "No records received to load or apply on target"),
        ];
        for (arguments, want) in [
            (arguments(None, None, false), vec![0, 1, 2, 3, 4, 5]),
            (arguments(None, None, true), vec![0, 1, 2, 3, 4, 5, 6]),
            (arguments(Some(Level::Error), None, false), vec![0, 1, 2, 5]),
            (arguments(None, Some("METADATA_MANAGER"), false), vec![0, 1, 2]),
        ] {
            let mut filter = Filter::new(&arguments);
            let got: Vec<usize> = (0..texts.len()).filter(|at| filter.wants(&event(&texts[*at]))).collect();
            assert_eq!(got, want, "{arguments:?}");
        }
    }

    #[test]
    fn a_line_worth_a_look_is_marked_each_time_and_explained_once() {
        let text = line("TARGET_APPLY", 'E', "Failed:\nviolates foreign key constraint \u{1b}[2J");
        let mut explained = BTreeSet::new();
        let mut out = String::new();
        human(&event(&text), false, &mut explained, &mut out);
        human(&event(&text), false, &mut explained, &mut out);
        assert_eq!(out.matches("! 2026-01-15T14:03:22Z E TARGET_APPLY    Failed:\n").count(), 2, "{out}");
        assert_eq!(out.matches("= foreign-key:").count(), 1, "{out}");
        assert!(out.contains("\n      violates foreign key constraint [2J\n"), "{out}");
    }

    #[test]
    fn lines_of_a_group_say_whose_they_are() {
        for (streams, want) in [
            (true, "! 2026-01-15T14:03:22Z s E SORTER          bad\n"),
            (false, "! 2026-01-15T14:03:22Z E SORTER          bad\n"),
        ] {
            let mut out = String::new();
            human(&event(&line("SORTER", 'E', "bad")), streams, &mut BTreeSet::new(), &mut out);
            assert_eq!(out.replace("  2026", "! 2026"), want);
        }
    }

    #[test]
    fn durations_are_bounded() {
        for (text, seconds) in [("30m", Some(1800)), ("1h30m", Some(5400)), ("2d", Some(172_800)), ("PT2H", Some(7200))]
        {
            assert_eq!(duration(text).ok().map(|d| d.as_secs()), seconds, "{text}");
        }
        for wrong in ["", "0s", "-5m", "soon", "9999d", "5"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
