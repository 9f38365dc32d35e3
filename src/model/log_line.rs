//! One line of a task's log: who wrote it, how bad it is, what it says.
//!
//! The format is section 4.2 of the DMS facts. Messages of several lines keep their breaks. What has no such head (the
//! rest of a message, the Python-dict lines of serverless replications) is no [`LogLine`]: it is shown as it came.

use crate::model::Untrusted;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

/// One event of CloudWatch Logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEvent {
    /// Unique in its group: what an event is told from itself by, when it is read twice.
    pub id: String,
    pub stream: Untrusted,
    /// When it was written, to the millisecond.
    pub at: Timestamp,
    /// When CloudWatch had it.
    pub ingested: Option<Timestamp>,
    pub text: Untrusted,
}

/// Worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    Info,
    Debug,
    Trace,
    Verbose,
}

impl Severity {
    fn of(letter: char) -> Option<Self> {
        Some(match letter {
            'E' => Self::Error,
            'W' => Self::Warning,
            'I' => Self::Info,
            'D' => Self::Debug,
            'T' => Self::Trace,
            'V' => Self::Verbose,
            _ => return None,
        })
    }

    /// The letter behind the component.
    pub fn letter(self) -> char {
        match self {
            Self::Error => 'E',
            Self::Warning => 'W',
            Self::Info => 'I',
            Self::Debug => 'D',
            Self::Trace => 'T',
            Self::Verbose => 'V',
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
            Self::Verbose => "verbose",
        }
    }
}

/// A component's name is cut to this many characters in a field of sixteen.
pub const COMPONENT_MAX: usize = 15;
/// The longest field that is taken for a component.
const FIELD_MAX: usize = 32;
/// Digits of a DMS error code, fewest and most: `[122502]`, `[1020403]`.
const CODE_DIGITS: std::ops::RangeInclusive<usize> = 5..=8;

/// A line that was understood. Borrows from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// The line's own time, whole seconds, UTC.
    pub time: Timestamp,
    /// Open text, without its padding, perhaps cut at [`COMPONENT_MAX`].
    pub component: &'a str,
    /// `None` for a letter nobody has told us about.
    pub severity: Option<Severity>,
    /// Without the place in the source.
    pub message: &'a str,
    /// Digits of the first code in brackets.
    pub code: Option<&'a str>,
    /// File and line of DMS's own source: `sorter.c`, 712.
    pub source: Option<(&'a str, u32)>,
}

/// Takes a line apart; `None` where it has no head.
pub fn parse(text: &str) -> Option<LogLine<'_>> {
    let text = text.trim_start_matches('\u{feff}');
    let after_thread = match text.split_once(": ") {
        Some((digits, rest)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => text,
    };
    let (stamp, rest) = after_thread.split_once(' ')?;
    let time = time(stamp)?;
    let (field, rest) = rest.trim_start_matches(' ').strip_prefix('[')?.split_once(']')?;
    let component = field.trim();
    if component.is_empty() || field.chars().count() > FIELD_MAX || field.contains('\n') {
        return None;
    }
    let mut rest = rest.chars();
    let letter = rest.next().filter(|letter| letter.is_alphanumeric())?;
    let message = rest.as_str().strip_prefix(':')?.trim();
    let (message, source) = source(message);
    Some(LogLine { time, component, severity: Severity::of(letter), message, code: code(message), source })
}

/// `2025-10-20T18:34:12`, perhaps with `:123456` behind it.
fn time(stamp: &str) -> Option<Timestamp> {
    let (whole, fraction) = stamp.split_at_checked(19)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let fits = fraction.is_empty() || fraction == "Z" || fraction.strip_prefix([':', '.']).is_some_and(digits);
    let shaped = whole.as_bytes().get(10) == Some(&b'T');
    let civil: DateTime = whole.parse().ok().filter(|_| fits && shaped)?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Splits `(sorter.c:712)` off the end.
fn source(message: &str) -> (&str, Option<(&str, u32)>) {
    let found = || {
        let (before, inside) = message.strip_suffix(')')?.rsplit_once('(')?;
        let (file, line) = inside.split_once(':')?;
        let named = !file.is_empty() && file.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'));
        let line = line.parse().ok().filter(|_| named && line.bytes().all(|b| b.is_ascii_digit()))?;
        (before.is_empty() || before.ends_with(char::is_whitespace)).then(|| (before.trim_end(), Some((file, line))))
    };
    found().unwrap_or((message, None))
}

/// Severity of any line: of one of DMS by its letter, of others, such as those of Lambda functions, by the word that stands
/// near their beginning as runtimes write it (`[ERROR]`, `\tERROR\t`, `ERROR ...`, `"level":"error"`).
pub fn severity(text: &str) -> Option<Severity> {
    match parse(text) {
        Some(line) => line.severity,
        None => stated(&text[..text.floor_char_boundary(HEAD)]),
    }
}

/// A severity that is stated stands in the first so many bytes.
const HEAD: usize = 240;

fn stated(head: &str) -> Option<Severity> {
    let json = head.split_once("\"level\"").and_then(|(_, rest)| rest.split('"').nth(1));
    if let Some(word) = json {
        return word_of(&word.to_ascii_uppercase());
    }
    if head.contains("Task timed out after") {
        return Some(Severity::Error);
    }
    let bounded = |(at, word): (usize, &str)| {
        let before = head[..at].chars().next_back();
        let after = head[at + word.len()..].chars().next();
        let opens = before.is_none_or(|c| matches!(c, '[' | '\t'));
        opens && after.is_none_or(|c| matches!(c, ']' | '\t' | ' ' | ':'))
    };
    let words = ["FATAL", "CRITICAL", "ERROR", "WARNING", "WARN", "INFO", "DEBUG", "TRACE"];
    let found = words
        .iter()
        .flat_map(|word| head.match_indices(word))
        .filter(|found| bounded(*found))
        .min_by_key(|(at, _)| *at);
    found.and_then(|(_, word)| word_of(word))
}

fn word_of(word: &str) -> Option<Severity> {
    Some(match word {
        "FATAL" | "CRITICAL" | "ERROR" => Severity::Error,
        "WARN" | "WARNING" => Severity::Warning,
        "INFO" => Severity::Info,
        "DEBUG" => Severity::Debug,
        "TRACE" => Severity::Trace,
        _ => return None,
    })
}

fn code(message: &str) -> Option<&str> {
    message.split('[').skip(1).find_map(|rest| {
        let (inside, _) = rest.split_once(']')?;
        (CODE_DIGITS.contains(&inside.len()) && inside.bytes().all(|b| b.is_ascii_digit())).then_some(inside)
    })
}

/// Is this the component that was asked for? The beginning of a name is enough, and a name that was cut in the log is
/// found by the whole one: `METADATA_MANAGER` finds `METADATA_MANAGE`.
pub fn is_component(component: &str, asked: &str) -> bool {
    let (component, asked) = (component.to_uppercase(), asked.trim().to_uppercase());
    component.starts_with(&asked) || (component.chars().count() >= COMPONENT_MAX && asked.starts_with(&component))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_taken_apart() {
        let line =
            parse("00013552: 2025-10-20T18:34:12 [SORTER          ]I:  Task is running  (sorter.c:712)").unwrap();
        assert_eq!(line.time.to_string(), "2025-10-20T18:34:12Z");
        assert_eq!((line.component, line.severity, line.message), ("SORTER", Some(Severity::Info), "Task is running"));
        assert_eq!((line.code, line.source), (None, Some(("sorter.c", 712))));

        let cut = "00000481: 2025-10-20T18:34:12:918273 [METADATA_MANAGE ]E:  RetCode: SQL_ERROR\n  detail\n [1022502]  \
                   (ar_odbc_stmt.c:5035)";
        let line = parse(cut).unwrap();
        assert_eq!((line.component, line.code), ("METADATA_MANAGE", Some("1022502")));
        assert!(line.message.contains("\n  detail\n"), "the breaks stay: {:?}", line.message);
        assert_eq!(line.source, Some(("ar_odbc_stmt.c", 5035)));
    }

    #[test]
    fn odd_lines_are_understood_as_far_as_they_are_lines() {
        for (text, component, severity, message) in [
            ("2025-10-20T18:34:12 [COMMON]W: x", "COMMON", Some(Severity::Warning), "x"),
            ("1: 2025-10-20T18:34:12 [IO              ]T:", "IO", Some(Severity::Trace), ""),
            ("1: 2025-10-20T18:34:12 [NEW THING       ]X:  m (not a place)", "NEW THING", None, "m (not a place)"),
            ("1: 2025-10-20T18:34:12 [A]V:  f(a.c:12)", "A", Some(Severity::Verbose), "f(a.c:12)"),
        ] {
            let line = parse(text).unwrap();
            assert_eq!((line.component, line.severity, line.message), (component, severity, message), "{text}");
        }
    }

    #[test]
    fn what_is_no_line_falls_through() {
        for text in [
            "",
            "    at com.example",
            "{'replication_state':'initializing', 'message': 'Initializing the replication workflow.'}",
            "00013552: 2025-13-40T18:34:12 [SORTER          ]I:  no such day",
            "00013552: 2025-10-20 18:34:12 [SORTER          ]I:  no T",
            "00013552: 2025-10-20T18:34:12 SORTER I: no brackets",
            "00013552: 2025-10-20T18:34:12 [                ]I:  nobody",
            "00013552: 2025-10-20T18:34:12 [SORTER          ]",
            "é: 2025-10-20T18:34:1é [A]I: x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_component_is_found_by_its_whole_name_although_the_log_cuts_it() {
        for (component, asked, found) in [
            ("METADATA_MANAGE", "METADATA_MANAGER", true),
            ("METADATA_MANAGE", "metadata", true),
            ("VALIDATOR_TARGE", "VALIDATOR_TARGET", true),
            ("VALIDATOR_TARGE", "VALIDATOR", true),
            ("VALIDATOR", "VALIDATOR_TARGET", false),
            ("SORTER", "SORTERS", false),
            ("TARGET_APPLY", "TARGET_LOAD", false),
        ] {
            assert_eq!(is_component(component, asked), found, "{component} {asked}");
        }
    }

    #[test]
    fn lines_of_other_programs_state_their_severity_in_words() {
        for (text, want) in [
            ("[ERROR]\t2026-01-15T14:03:22.000Z\tabc\tboom", Some(Severity::Error)),
            ("2026-01-15T14:03:22.000Z\tabc\tWARN\tlow", Some(Severity::Warning)),
            ("{\"timestamp\":\"x\",\"level\":\"error\",\"message\":\"boom\"}", Some(Severity::Error)),
            ("2026-01-15T14:03:22.000Z abc Task timed out after 3.00 seconds", Some(Severity::Error)),
            ("INFO: all is well", Some(Severity::Info)),
            ("START RequestId: abc Version: $LATEST", None),
            ("no ERRORS at all, and no mention of an ERROR", None),
            ("1: 2025-10-20T18:34:12 [SORTER          ]W:  ERROR: said inside", Some(Severity::Warning)),
        ] {
            assert_eq!(severity(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_line_or_none_and_never_a_panic(text in "(\\PC|[\\[\\]:()0-9T\\n -]){0,120}") {
            let _ = severity(&text);
            if let Some(line) = parse(&text) {
                prop_assert!(text.contains(line.message) && text.contains(line.component));
            }
        }

        #[test]
        fn damage_to_a_true_line_is_no_panic(at in 0usize..80, put in "\\PC{0,3}") {
            let line = "00013552: 2025-10-20T18:34:12 [SORTER          ]I:  Task is running [1020403]  (sorter.c:712)";
            let _ = parse(&format!("{}{put}{}", &line[..at], &line[at..]));
            let _ = parse(&line[..at]);
        }

        #[test]
        fn what_is_written_is_read(
            component in "[A-Z_]{1,15}", letter in "[EWIDTV]", message in "[a-zA-Z0-9' \\n]{0,60}", line in 1u32..9999,
        ) {
            let text = format!("00000001: 2026-01-15T14:03:22 [{component:<16}]{letter}:  {message}  (file.c:{line})");
            let read = parse(&text).unwrap();
            prop_assert_eq!(read.component, component.as_str());
            prop_assert_eq!(read.severity.map(Severity::letter), letter.chars().next());
            prop_assert_eq!(read.message, message.trim());
            prop_assert_eq!(read.source, Some(("file.c", line)));
        }
    }
}
