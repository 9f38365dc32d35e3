//! Lines worth surfacing: what a line of a task's log means and what to do. Section 4.3 of the DMS facts as one table.
//!
//! Several of these stand nowhere else: rejected rows and truncation are in no table statistics, a dropped column is not
//! even a warning.

use crate::model::log_line::{self, Severity};

/// One kind of line that matters.
#[derive(Debug, PartialEq, Eq)]
pub struct Sign {
    /// Promised to scripts.
    pub id: &'static str,
    /// Alternatives; all parts of one, in lower case, stand in the line.
    pub marks: &'static [&'static [&'static str]],
    pub meaning: &'static str,
    pub action: &'static str,
}

const fn sign(
    id: &'static str,
    marks: &'static [&'static [&'static str]],
    meaning: &'static str,
    action: &'static str,
) -> Sign {
    Sign { id, marks, meaning, action }
}

/// The first that fits a line is its sign, so the more telling stand first.
pub const TABLE: [Sign; 18] = [
    sign(
        "foreign-key",
        &[
            &["violates foreign key"],
            &["foreign key constraint fails"],
            &["ora-02291"],
            &["foreign key constraint failed"],
        ],
        "The target refused a row because of a foreign key. Table statistics do not show it.",
        "Switch foreign keys off on the target for the load, or load parents first; then reload the table.",
    ),
    sign(
        "truncation",
        &[&["data truncation"], &["truncation occurred"], &["value too long for type"], &["data too long for column"]],
        "A value did not fit its column on the target and was cut or left out. Table statistics do not show it.",
        "Widen the column or raise LobMaxSize, then reload the table.",
    ),
    sign(
        "column-dropped",
        &[&["is unsupported in table def"]],
        "This column is silently left out, although the line is only informational.",
        "Set SupportLobs to true, then reload the table.",
    ),
    sign(
        "binlog-gone",
        &[&["error 1236"], &["could not find first log file"]],
        "The place in the source's binary log where this task goes on no longer exists.",
        "Resuming cannot succeed: raise the binlog retention and load again.",
    ),
    sign(
        "slot-gone",
        &[&["replication slot", "does not exist"], &["slot", "is active for pid"]],
        "The replication slot of this task is missing or taken.",
        "Resuming cannot succeed without it: create the slot, or load again.",
    ),
    sign(
        "retries-exhausted",
        &[&["maximum retry counter exceeded"]],
        "The source could not be read after many attempts.",
        "Look at the source database and the network before resuming.",
    ),
    sign(
        "load-failed",
        &[&["failed to load data from csv file"]],
        "The target refused a whole file of rows. The real cause stands in the log of the target database.",
        "Read the target database's own log at this time.",
    ),
    sign(
        "reading-paused",
        &[&["reading from source is paused"]],
        "The instance holds as many changes as it can; nothing more is read until the target has caught up.",
        "Look at target latency, locks on the target and the instance's disk.",
    ),
    sign(
        "disk-full",
        &[&["total disk usage exceeded"], &["no space left on device"]],
        "The disk of the replication instance is nearly full.",
        "Give the instance more storage; look for long transactions on the source.",
    ),
    sign("reading-resumed", &[&["reading from source is resumed"]], "Changes are read again.", ""),
    sign(
        "no-impact",
        &[&["had no impact when applied"]],
        "A change found no row on the target: source and target have drifted apart.",
        "Look into awsdms_apply_exceptions on the target, and compare the rows.",
    ),
    sign(
        "validation-failed",
        &[&["validation failed key"]],
        "A row differs between source and target.",
        "Look into awsdms_validation_failures_v1 on the target.",
    ),
    sign(
        "no-tables",
        &[&["no tables were found at task initialization"]],
        "The mappings select nothing, perhaps because of upper and lower case. The task may still end well.",
        "Compare the mappings with the schema and table names of the source.",
    ),
    sign(
        "table-suspended",
        &[&["table '", "is suspended"], &["table '", "was errored/suspended"]],
        "This table is out of replication; the task goes on without it.",
        "Cure the cause in the lines before, then reload the table.",
    ),
    sign(
        "endpoint",
        &[&["endpoint initialization failed"], &["endpoint is disconnected"], &["failed to connect"]],
        "No connection to a database.",
        "Test the connections; check host, security groups, password and certificate.",
    ),
    sign(
        "recoverable-error",
        &[&["stop reason recoverable_error"], &["encountered a recoverable error"], &["error level recoverable"]],
        "The task broke off and tries again by itself.",
        "Watch whether it comes back; a loop of these needs a cure.",
    ),
    sign(
        "fatal-error",
        &[
            &["encountered a fatal error"],
            &["stop reason fatal_error"],
            &["error level fatal"],
            &["task error notification"],
        ],
        "The task broke off.",
        "Read the error lines before this one for the cause.",
    ),
    sign(
        "component-terminated",
        &[&["stream component", "terminated"], &["stream component failed"]],
        "A part of the task ended because of an error.",
        "Read the error lines before this one for the cause.",
    ),
];

/// What this line is a sign of.
pub fn find(text: &str) -> Option<&'static Sign> {
    let text = text.to_lowercase();
    TABLE.iter().find(|sign| sign.marks.iter().any(|parts| parts.iter().all(|part| text.contains(part))))
}

/// Words of lines worth a look, for the service to filter by: errors and warnings, and what DMS says at information level
/// although it matters. The service compares case, so both spellings stand here.
const TERMS: [&str; 16] = [
    "]E:",
    "]W:",
    "is unsupported in table def",
    "No tables were found",
    "foreign key",
    "FOREIGN KEY",
    "ORA-",
    "truncation",
    "Truncation",
    "too long for",
    "exceeded",
    "Reading from source is",
    "had no impact",
    "Validation Failed",
    "fatal error",
    "RECOVERABLE_ERROR",
];

/// A filter pattern that lets through every line worth a look and few others.
pub fn pattern() -> String {
    TERMS.map(|term| format!("?\"{term}\"")).join(" ")
}

/// An error, a warning, or a line whose sign is known: what a background look keeps. A pattern is coarser.
pub fn is_worth_a_look(text: &str) -> bool {
    let severity = log_line::parse(text).and_then(|line| line.severity);
    severity.is_some_and(|severity| severity <= Severity::Warning) || find(text).is_some()
}

/// Only says that nothing happened: context logging of DMS 3.5 and later writes it every three minutes.
pub fn is_chatter(text: &str) -> bool {
    text.contains("No records received to load or apply on target")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_seen_in_the_field_are_known() {
        for (text, want) in [
            ("ERROR: insert or update on table \"invoice_line\" violates foreign key constraint \"fk\"", "foreign-key"),
            ("Cannot add or update a child row: a foreign key constraint fails", "foreign-key"),
            (
                "Reading from source is paused. Total storage used by swap files exceeded the limit 1048576000 bytes",
                "reading-paused",
            ),
            ("Total disk usage exceeded the limit 90%", "disk-full"),
            ("Error 1236 reading binary log", "binlog-gone"),
            ("ERROR: replication slot \"x\" does not exist", "slot-gone"),
            ("Oracle CDC maximum retry counter exceeded.", "retries-exhausted"),
            ("Some changes from the source database had no impact when applied to the target database", "no-impact"),
            (
                "Column 'body' is unsupported in table def 'shop.document' since the LOB support is disabled",
                "column-dropped",
            ),
            ("Failed to load data from csv file [1020403]", "load-failed"),
            ("No tables were found at task initialization", "no-tables"),
            ("Task 'ABC' encountered a fatal error", "fatal-error"),
            (
                "Task error notification received from subtask 0 Stop Reason RECOVERABLE_ERROR Error Level RECOVERABLE",
                "recoverable-error",
            ),
            ("Stream component 'st_0_x' terminated", "component-terminated"),
            ("Endpoint initialization failed", "endpoint"),
            ("Validation Failed key 17", "validation-failed"),
        ] {
            assert_eq!(find(text).map(|sign| sign.id), Some(want), "{text}");
        }
        assert_eq!(find("Task is running"), None);
    }

    #[test]
    fn what_is_worth_a_look_passes_the_pattern_of_the_service() {
        let passes = |text: &str| TERMS.iter().any(|term| text.contains(term));
        let line =
            |letter: char, message: &str| format!("1: 2026-01-15T14:03:22 [SORTER          ]{letter}:  {message}");
        for (text, worth) in [
            (line('E', "anything"), true),
            (line('W', "anything"), true),
            (line('I', "Column 'b' is unsupported in table def 's.t' since the LOB support is disabled"), true),
            (line('I', "No tables were found at task initialization"), true),
            ("    ERROR: insert or update on table \"x\" violates foreign key constraint \"fk\"".into(), true),
            ("    a foreign key constraint fails".into(), true),
            ("    value too long for type character varying(3)".into(), true),
            ("    Data truncation: Data too long for column 'x'".into(), true),
            ("    ORA-02291: integrity constraint violated".into(), true),
            (line('I', "Reading from source is paused"), true),
            (line('I', "Reading from source is resumed"), true),
            (line('I', "Task is running"), false),
        ] {
            assert_eq!((is_worth_a_look(&text), passes(&text)), (worth, worth), "{text}");
        }
        assert!(pattern().starts_with("?\"]E:\" ?\"]W:\" ") && pattern().len() < 1024, "the service takes 1,024");
    }

    #[test]
    fn every_sign_has_its_own_name_and_marks_that_can_match() {
        for row in &TABLE {
            assert_eq!(TABLE.iter().filter(|other| other.id == row.id).count(), 1, "{}", row.id);
            for parts in row.marks {
                assert!(!parts.is_empty() && parts.iter().all(|part| *part == part.to_lowercase()), "{}", row.id);
            }
            assert!(!row.meaning.is_empty());
            assert_eq!(row.action.is_empty(), row.id == "reading-resumed", "{}", row.id);
        }
    }
}
