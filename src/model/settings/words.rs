//! Task settings in words: what each one means, and where it can cost data although the task says `running`.
//!
//! Two tables: [`KNOWN`] says what a setting is, [`BEWARE`] when it deserves a warning (sections 0, 2.1 and 7.2 of the DMS
//! facts; user guide, "Task settings"). Settings that are in neither are shown as they are, never left out.

use crate::model::json::{Rest, scalar, written};
use crate::model::statement::{Section, Statement};
use serde_json::Value;
use std::collections::BTreeMap;

/// How a value is told.
#[derive(Debug, Clone, Copy)]
enum Say {
    /// Words for true and for false.
    Flag(&'static str, &'static str),
    /// Words for each value known.
    Choice(&'static [(&'static str, &'static str)]),
    /// The number stands where `{}` does.
    Amount(&'static str),
    /// As it is; empty is these words.
    Text(&'static str),
}

/// Section and key of AWS, what we call it, how it is told.
struct Known(&'static str, &'static str, &'static str, Say);

/// A part of the settings, as it is told.
struct Chapter(&'static str, &'static [Known]);

const POLICY: Say = Say::Choice(&[
    ("IGNORE_RECORD", "the row is skipped, and nothing says so"),
    ("LOG_ERROR", "the row is skipped and the error logged"),
    ("SUSPEND_TABLE", "the table falls out of replication, the task goes on"),
    ("STOP_TASK", "the task stops"),
    ("INSERT_RECORD", "the row that is there already is overwritten"),
    ("UPDATE_RECORD", "the missing row is inserted"),
]);

const PREP: Say = Say::Choice(&[
    ("DROP_AND_CREATE", "dropped and created anew before the load"),
    ("TRUNCATE_BEFORE_LOAD", "emptied before the load"),
    ("DO_NOTHING", "left as they are"),
]);

use Say::{Amount, Choice, Flag, Text};

#[rustfmt::skip] // One row a line: this is a table.
const KNOWN: [Chapter; 6] = [
    Chapter("Full load", &[
        Known("FullLoadSettings", "TargetTablePrepMode", "Existing tables", PREP),
        Known("FullLoadSettings", "MaxFullLoadSubTasks", "Tables at a time", Amount("{}")),
        Known("FullLoadSettings", "CommitRate", "Commit rate", Amount("up to {} rows are handed over together")),
        Known("FullLoadSettings", "CreatePkAfterFullLoad", "Primary keys", Flag("made after the load", "made before the load")),
        Known("FullLoadSettings", "StopTaskCachedChangesApplied", "After the load", Flag("stops once the changes made meanwhile are applied", "goes on with the changes made meanwhile")),
        Known("FullLoadSettings", "StopTaskCachedChangesNotApplied", "Before them", Flag("stops before the changes made meanwhile are applied", "does not stop before them")),
        Known("FullLoadSettings", "TransactionConsistencyTimeout", "Open transactions", Amount("waits {} s for those open on the source at the start")),
        Known("TargetMetadata", "TargetSchema", "Target schema", Text("as the mappings say")),
        Known("TargetMetadata", "LoadMaxFileSize", "Load files", Amount("up to {} KB")),
        Known("TargetMetadata", "ParallelLoadThreads", "Parallel load", Amount("{} threads a table")),
        Known("TargetMetadata", "ParallelLoadBufferSize", "Its buffer", Amount("{} records")),
    ]),
    Chapter("Applying changes", &[
        Known("TargetMetadata", "BatchApplyEnabled", "Batch apply", Flag("changes are applied in batches", "each change is applied in its order")),
        Known("TargetMetadata", "TaskRecoveryTableEnabled", "Recovery table", Flag("the checkpoint is kept on the target too", "no checkpoint on the target")),
        Known("TargetMetadata", "ParallelApplyThreads", "Parallel apply", Amount("{} threads")),
        Known("ChangeProcessingTuning", "MemoryLimitTotal", "Memory", Amount("changes of up to {} MB are kept in memory, the rest on disk")),
        Known("ChangeProcessingTuning", "MemoryKeepTime", "Kept in memory", Amount("{} s at most")),
        Known("ChangeProcessingTuning", "CommitTimeout", "Commit on the target", Amount("after {} s at the latest")),
        Known("ChangeProcessingTuning", "BatchApplyTimeoutMin", "Between batches", Amount("{} s at least")),
        Known("ChangeProcessingTuning", "BatchApplyTimeoutMax", "Between batches", Amount("{} s at most")),
        Known("ChangeProcessingTuning", "BatchApplyPreserveTransaction", "Transactions", Flag("kept whole in a batch", "may be split by a batch")),
        Known("ChangeProcessingDdlHandlingPolicy", "HandleSourceTableDropped", "Table dropped", Flag("dropped on the target too", "stays on the target")),
        Known("ChangeProcessingDdlHandlingPolicy", "HandleSourceTableTruncated", "Table truncated", Flag("truncated on the target too", "stays as it is on the target")),
        Known("ChangeProcessingDdlHandlingPolicy", "HandleSourceTableAltered", "Table altered", Flag("altered on the target too", "stays as it is on the target")),
    ]),
    Chapter("When something goes wrong", &[
        Known("ErrorBehavior", "TableErrorPolicy", "Error of a table", POLICY),
        Known("ErrorBehavior", "TableErrorEscalationPolicy", "Too many of them", POLICY),
        Known("ErrorBehavior", "TableErrorEscalationCount", "That is", Amount("{} errors")),
        Known("ErrorBehavior", "DataErrorPolicy", "Error of a row", POLICY),
        Known("ErrorBehavior", "DataTruncationErrorPolicy", "Value too long", POLICY),
        Known("ErrorBehavior", "DataErrorEscalationPolicy", "Too many of them", POLICY),
        Known("ErrorBehavior", "DataErrorEscalationCount", "That is", Amount("{} errors")),
        Known("ErrorBehavior", "ApplyErrorInsertPolicy", "Insert refused", POLICY),
        Known("ErrorBehavior", "ApplyErrorUpdatePolicy", "Update refused", POLICY),
        Known("ErrorBehavior", "ApplyErrorDeletePolicy", "Delete refused", POLICY),
        Known("ErrorBehavior", "ApplyErrorEscalationPolicy", "Too many of them", POLICY),
        Known("ErrorBehavior", "ApplyErrorEscalationCount", "That is", Amount("{} errors")),
        Known("ErrorBehavior", "ApplyErrorFailOnTruncationDdl", "Truncated source", Flag("the task fails", "the task goes on")),
        Known("ErrorBehavior", "DataMaskingErrorPolicy", "Masking fails", POLICY),
        Known("ErrorBehavior", "EventErrorPolicy", "Event not sent", POLICY),
        Known("ErrorBehavior", "FailOnNoTablesCaptured", "No table found", Flag("the task fails", "the task ends as if all were well")),
        Known("ErrorBehavior", "FailOnTransactionConsistencyBreached", "Open transactions", Flag("the task fails where some outlast the wait", "those that outlast the wait are left out")),
        Known("ErrorBehavior", "FullLoadIgnoreConflicts", "Rows there already", Flag("errors of the changes made during the load are ignored", "errors of the changes made during the load count")),
        Known("ErrorBehavior", "RecoverableErrorCount", "Connection lost", Amount("tried again {} times")),
        Known("ErrorBehavior", "RecoverableErrorInterval", "Between attempts", Amount("{} s at first")),
        Known("ErrorBehavior", "RecoverableErrorThrottling", "Longer each time", Flag("yes", "no")),
        Known("ErrorBehavior", "RecoverableErrorThrottlingMax", "At most", Amount("{} s between attempts")),
        Known("ErrorBehavior", "RecoverableErrorStopRetryAfterThrottlingMax", "After that", Flag("no further attempt", "attempts go on")),
    ]),
    Chapter("Logging", &[
        Known("Logging", "EnableLogging", "Log", Flag("on", "off")),
        Known("Logging", "CloudWatchLogGroup", "Log group", Text("not named yet")),
        Known("Logging", "CloudWatchLogStream", "Log stream", Text("not named yet")),
        Known("Logging", "EnableLogContext", "Context", Flag("each line says which table", "lines do not say which table")),
    ]),
    Chapter("Validation by DMS", &[
        Known("ValidationSettings", "EnableValidation", "Validation", Flag("on", "off")),
        Known("ValidationSettings", "ValidationOnly", "Only that", Flag("nothing is moved, only compared", "rows are moved too")),
        Known("ValidationSettings", "ValidationMode", "How", Choice(&[("ROW_LEVEL", "row by row"), ("GROUP_LEVEL", "by groups of rows, then row by row")])),
        Known("ValidationSettings", "ThreadCount", "Threads", Amount("{}")),
        Known("ValidationSettings", "FailureMaxCount", "Given up", Amount("for the whole task after {} failures")),
        Known("ValidationSettings", "TableFailureMaxCount", "Of a table", Amount("after {} failures")),
        Known("ValidationSettings", "PartitionSize", "Read at a time", Amount("{} rows")),
        Known("ValidationSettings", "SkipLobColumns", "LOB columns", Flag("are not compared", "are compared")),
        Known("ValidationSettings", "ValidationPartialLobSize", "Of a LOB", Amount("{} KB are compared; 0 is all of it")),
        Known("ValidationSettings", "ValidationQueryCdcDelaySeconds", "Waits", Amount("{} s after a change before comparing")),
        Known("ValidationSettings", "RecordFailureDelayLimitInMinutes", "Reported", Amount("{} min after a row differs")),
        Known("ValidationSettings", "HandleCollationDiff", "Collations", Flag("differences between the two are allowed for", "are taken to be the same")),
    ]),
    Chapter("Control tables on the target", &[
        Known("ControlTablesSettings", "ControlSchema", "Schema", Text("the default of the engine")),
        Known("ControlTablesSettings", "StatusTableEnabled", "awsdms_status", Flag("kept", "not kept")),
        Known("ControlTablesSettings", "SuspendedTablesTableEnabled", "awsdms_suspended_tables", Flag("kept", "not kept")),
        Known("ControlTablesSettings", "historyTableEnabled", "awsdms_history", Flag("kept", "not kept")),
        Known("ControlTablesSettings", "HistoryTableEnabled", "awsdms_history", Flag("kept", "not kept")),
        Known("ControlTablesSettings", "HistoryTimeslotInMinutes", "Its steps", Amount("{} min")),
        Known("ControlTablesSettings", "FullLoadExceptionTableEnabled", "awsdms_exceptions of the load", Flag("kept", "not kept")),
    ]),
];

/// Key, value in AWS's words, and why it deserves a warning.
#[rustfmt::skip]
const BEWARE: [(&str, &str, &str); 30] = [
    ("TargetTablePrepMode", "DROP_AND_CREATE", "Indexes, foreign keys, defaults and grants on the target go with them: DMS makes tables and primary keys only."),
    ("TargetTablePrepMode", "TRUNCATE_BEFORE_LOAD", "Rows that only the target has are lost. PostgreSQL refuses it for a table that a foreign key points to."),
    ("TargetTablePrepMode", "DO_NOTHING", "A second load adds the rows again, unless a key refuses them: empty the tables first."),
    ("StopTaskCachedChangesNotApplied", "true", "It stops as if all were well, and the target misses every change made during the load."),
    ("BatchApplyEnabled", "true", "Order within a batch is lost: foreign keys and triggers on the target may refuse rows."),
    ("HandleSourceTableDropped", "true", "DROP TABLE on the source destroys the table on the target."),
    ("HandleSourceTableTruncated", "true", "TRUNCATE on the source empties the table on the target."),
    ("TableErrorPolicy", "SUSPEND_TABLE", "The task stays running without the table."),
    ("TableErrorEscalationPolicy", "SUSPEND_TABLE", "The task stays running without the table."),
    ("DataErrorPolicy", "IGNORE_RECORD", "The task stays running with rows missing."),
    ("DataErrorPolicy", "LOG_ERROR", "The task stays running with rows missing; only the log knows."),
    ("DataErrorPolicy", "SUSPEND_TABLE", "The task stays running without the table."),
    ("DataTruncationErrorPolicy", "IGNORE_RECORD", "The task stays running with rows missing."),
    ("DataTruncationErrorPolicy", "LOG_ERROR", "The task stays running with values cut; only the log knows."),
    ("DataTruncationErrorPolicy", "SUSPEND_TABLE", "The task stays running without the table."),
    ("ApplyErrorInsertPolicy", "LOG_ERROR", "The task stays running with rows missing; see awsdms_apply_exceptions on the target."),
    ("ApplyErrorInsertPolicy", "SUSPEND_TABLE", "The task stays running without the table."),
    ("ApplyErrorUpdatePolicy", "IGNORE_RECORD", "The task stays running with rows that differ, and nothing says so."),
    ("ApplyErrorUpdatePolicy", "LOG_ERROR", "The task stays running with rows that differ; see awsdms_apply_exceptions on the target."),
    ("ApplyErrorUpdatePolicy", "SUSPEND_TABLE", "The task stays running without the table."),
    ("ApplyErrorDeletePolicy", "IGNORE_RECORD", "A row to delete that was not there is a sign of drift; nothing says so."),
    ("ApplyErrorDeletePolicy", "SUSPEND_TABLE", "The task stays running without the table."),
    ("FailOnNoTablesCaptured", "false", "Mappings that match nothing look like success."),
    ("FailOnTransactionConsistencyBreached", "false", "Changes of transactions open longer than the wait are missed, and nothing says so."),
    ("RecoverableErrorCount", "-1", "For ever: the task says running while it only tries again."),
    ("EnableLogging", "false", "Rejected rows and cut values are told in the log and nowhere else."),
    ("EnableValidation", "false", "DMS compares nothing: equality is not known."),
    ("ValidationOnly", "true", "This task moves no row."),
    ("SkipLobColumns", "true", "LOBs may differ and nothing says so."),
    ("HandleCollationDiff", "false", "Where the collations of source and target differ, rows may be called different that are not."),
];

/// Settings in words; `Err` says why the text cannot be read as JSON.
pub fn words(text: &str) -> Result<Vec<Section>, serde_json::Error> {
    let document: Value = serde_json::from_str(text)?;
    let Value::Object(document) = document else {
        let all = Statement::new("settings", written(&document));
        return Ok(vec![Section { title: OTHER, statements: vec![all] }]);
    };
    let mut top = Rest::new(document);
    let mut parts: BTreeMap<&'static str, Rest> = BTreeMap::new();
    let named = KNOWN.iter().flat_map(|Chapter(_, known)| known.iter().map(|Known(section, ..)| *section));
    for section in named {
        if !parts.contains_key(section)
            && let Some(part) = top.object(section)
        {
            parts.insert(section, part);
        }
    }
    let mut sections = Vec::new();
    for Chapter(title, known) in &KNOWN {
        let mut statements: Vec<Statement> = known.iter().filter_map(|known| told(known, &mut parts)).collect();
        if let ("Logging", Some(logging)) = (*title, parts.get_mut("Logging")) {
            statements.extend(levels(logging));
        }
        sections.push(Section { title, statements });
        if *title == "Full load"
            && let Some(metadata) = parts.get_mut("TargetMetadata")
        {
            sections.push(Section { title: "LOBs and long texts", statements: lobs(metadata) });
        }
    }
    let inner = parts.into_iter().flat_map(|(section, rest)| {
        rest.left().map(move |(key, value)| Statement::new(format!("{section}.{key}"), value))
    });
    let mut others: Vec<Statement> = inner.collect();
    others.extend(top.left().map(|(key, value)| Statement::new(key, value)));
    sections.push(Section { title: OTHER, statements: others });
    sections.retain(|section| !section.statements.is_empty());
    Ok(sections)
}

const OTHER: &str = "Other settings, as they are";

fn told(Known(section, key, subject, say): &Known, parts: &mut BTreeMap<&'static str, Rest>) -> Option<Statement> {
    let value = parts.get_mut(section)?.text(key)?;
    let words = match (say, value.as_str()) {
        (Flag(yes, _), "true") => (*yes).to_owned(),
        (Flag(_, no), "false") => (*no).to_owned(),
        (Choice(all), value) => {
            let known = all.iter().find(|(name, _)| name.eq_ignore_ascii_case(value));
            known.map_or_else(|| value.to_owned(), |(name, words)| format!("{words} ({name})"))
        }
        (Amount(_), "-1") if *key == "RecoverableErrorCount" => "tried again without end".to_owned(),
        (Amount(words), value) => words.replace("{}", value),
        (Text(nothing), "") => (*nothing).to_owned(),
        (_, value) => value.to_owned(),
    };
    let mut statement = Statement::new(*subject, words);
    let warned = BEWARE.iter().filter(|(of, at, _)| of == key && at.eq_ignore_ascii_case(&value));
    for (_, _, why) in warned {
        statement = statement.beware(*why);
    }
    Some(statement)
}

/// The LOB mode is told by four settings together.
fn lobs(metadata: &mut Rest) -> Vec<Statement> {
    let [support, full, limited] = ["SupportLobs", "FullLobMode", "LimitedSizeLobMode"].map(|key| metadata.flag(key));
    let [size, chunk, inline] =
        ["LobMaxSize", "LobChunkSize", "InlineLobMaxSize"].map(|key| metadata.text(key).filter(|n| n != "0"));
    if (support, full, limited) == (None, None, None) {
        let sizes = [("LobMaxSize", size), ("LobChunkSize", chunk), ("InlineLobMaxSize", inline)];
        return sizes.into_iter().filter_map(|(key, n)| n.map(|n| Statement::new(key, n))).collect();
    }
    let kb = |n: Option<String>, otherwise: &str| n.map_or_else(|| otherwise.to_owned(), |n| format!("{n} KB"));
    let mut out = Vec::new();
    if support == Some(false) {
        out.push(Statement::new("LOB columns", "left out").beware(
            "Every column of a LOB type is missing on the target; on PostgreSQL that is also TEXT and VARCHAR without a length.",
        ));
        // They mean nothing now, and are told all the same.
        let idle = [("limited to", size), ("in pieces of", chunk), ("inline up to", inline)];
        let idle = idle.into_iter().filter_map(|(word, n)| n.map(|n| format!("{word} {n} KB")));
        let idle: Vec<String> = idle.collect();
        if !idle.is_empty() {
            out.push(Statement::new("Without effect", idle.join(", ")));
        }
        return out;
    }
    if limited == Some(true) {
        let size = kb(size, "a size that is not set");
        out.push(
            Statement::new("LOB mode", format!("limited: up to {size}"))
                .beware("A longer value is cut, with only a warning in the log."),
        );
        out.extend(chunk.map(|n| Statement::new("Pieces", format!("of {n} KB, in full mode only"))));
    } else if full == Some(true) {
        let pieces = format!("full: each LOB is read by itself, in pieces of {}", kb(chunk, "the default size"));
        out.push(Statement::new("LOB mode", pieces).note("Complete, and slow; needs a primary key."));
        out.extend(size.map(|n| Statement::new("Limit", format!("{n} KB, in limited mode only"))));
    } else {
        out.push(Statement::new("LOB mode", "neither limited nor full"));
        let both = [size.map(|n| format!("limit {n} KB")), chunk.map(|n| format!("pieces of {n} KB"))];
        let both: Vec<String> = both.into_iter().flatten().collect();
        out.extend((!both.is_empty()).then(|| Statement::new("Sizes", both.join(", "))));
    }
    out.extend(inline.map(|n| Statement::new("Inline", format!("LOBs up to {n} KB travel with their row"))));
    out
}

/// Log levels by component, the usual one first.
fn levels(logging: &mut Rest) -> Vec<Statement> {
    let Some(components) = logging.list("LogComponents") else { return Vec::new() };
    let mut by_level: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut odd = Vec::new();
    for component in components {
        let (id, level) = (component.get("Id").and_then(scalar), component.get("Severity").and_then(scalar));
        let plain = component.as_object().is_some_and(|object| object.len() == 2);
        match (id, level) {
            (Some(id), Some(level)) if plain => by_level.entry(level).or_default().push(id),
            _ => odd.push(component.to_string()),
        }
    }
    let mut out: Vec<Statement> = by_level
        .into_iter()
        .map(|(level, components)| {
            let word = level.strip_prefix("LOGGER_SEVERITY_").unwrap_or(&level).to_lowercase().replace('_', " ");
            let statement = Statement::new(format!("Level {word}"), components.join(", "));
            match word.as_str() {
                "error" => statement.beware("Warnings are not written, and rejected rows are warnings."),
                "detailed debug" | "debug" => {
                    statement.beware("Such logs can fill the instance's disk, which stops every task on it.")
                }
                _ => statement,
            }
        })
        .collect();
    out.extend(odd.into_iter().map(|one| Statement::new("LogComponents", one)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, json};

    fn lines(settings: &Value) -> Vec<String> {
        let sections = words(&settings.to_string()).unwrap();
        let all = sections.iter().flat_map(|section| section.statements.iter().map(move |one| (section.title, one)));
        all.map(|(title, one)| {
            let remarks: Vec<String> = one.remarks.iter().map(|remark| format!(" [{}]", remark.words)).collect();
            format!("{title}: {}: {}{}", one.subject, one.words, remarks.concat())
        })
        .collect()
    }

    #[test]
    fn a_setting_says_what_it_means_and_what_it_risks() {
        for (settings, want) in [
            (
                json!({"FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}}),
                "Full load: Existing tables: left as they are (DO_NOTHING) [A second load adds the rows again, unless a key \
                 refuses them: empty the tables first.]",
            ),
            (json!({"FullLoadSettings": {"MaxFullLoadSubTasks": 8}}), "Full load: Tables at a time: 8"),
            (
                json!({"TargetMetadata": {"SupportLobs": true, "LimitedSizeLobMode": true, "LobMaxSize": 32, "FullLobMode": false}}),
                "LOBs and long texts: LOB mode: limited: up to 32 KB [A longer value is cut, with only a warning in the log.]",
            ),
            (
                json!({"TargetMetadata": {"SupportLobs": false, "LobMaxSize": 0}}),
                "LOBs and long texts: LOB columns: left out [Every column of a LOB type is missing on the target; on PostgreSQL \
                 that is also TEXT and VARCHAR without a length.]",
            ),
            (
                json!({"ErrorBehavior": {"ApplyErrorDeletePolicy": "IGNORE_RECORD"}}),
                "When something goes wrong: Delete refused: the row is skipped, and nothing says so (IGNORE_RECORD) [A row to \
                 delete that was not there is a sign of drift; nothing says so.]",
            ),
            (
                json!({"ErrorBehavior": {"RecoverableErrorCount": -1}}),
                "When something goes wrong: Connection lost: tried again without end [For ever: the task says running while it \
                 only tries again.]",
            ),
            (
                json!({"Logging": {"EnableLogging": false}}),
                "Logging: Log: off [Rejected rows and cut values are told in the log and nowhere else.]",
            ),
            (
                json!({"Logging": {"LogComponents": [{"Id": "SORTER", "Severity": "LOGGER_SEVERITY_ERROR"},
                    {"Id": "IO", "Severity": "LOGGER_SEVERITY_ERROR"}]}}),
                "Logging: Level error: SORTER, IO [Warnings are not written, and rejected rows are warnings.]",
            ),
            (
                json!({"TTSettings": {"EnableTT": false}}),
                "Other settings, as they are: TTSettings: {\"EnableTT\":false}",
            ),
            (json!({"Logging": {"Novelty": 5}}), "Other settings, as they are: Logging.Novelty: 5"),
            (
                json!({"ErrorBehavior": {"DataErrorPolicy": "NEW_POLICY"}}),
                "When something goes wrong: Error of a row: NEW_POLICY",
            ),
        ] {
            assert_eq!(lines(&settings), [want], "{settings}");
        }
    }

    #[test]
    fn every_warning_is_about_a_setting_that_is_told() {
        for (key, value, _) in BEWARE {
            let known = KNOWN.iter().flat_map(|Chapter(_, known)| known.iter()).find(|known| known.1 == key);
            let Some(Known(section, ..)) = known else { panic!("{key} is not told") };
            let value: Value = serde_json::from_str(value).unwrap_or(Value::from(value));
            let told = lines(&json!({ *section: { key: value } }));
            assert!(told[0].contains('['), "{told:?}");
        }
    }

    fn section() -> impl Strategy<Value = &'static str> {
        let all: Vec<&'static str> =
            KNOWN.iter().flat_map(|Chapter(_, known)| known.iter().map(|Known(section, ..)| *section)).collect();
        prop::sample::select(all).boxed().prop_union(Just("Novelty").boxed())
    }

    fn key() -> impl Strategy<Value = &'static str> {
        let mut all: Vec<&'static str> =
            KNOWN.iter().flat_map(|Chapter(_, known)| known.iter().map(|Known(_, key, ..)| *key)).collect();
        all.extend(["LobMaxSize", "LobChunkSize", "InlineLobMaxSize", "LogComponents", "Novelty"]);
        prop::sample::select(all)
    }

    proptest! {
        #[test]
        fn no_number_or_text_of_the_settings_is_left_out(
            settings in prop::collection::btree_map(
                section(),
                prop::collection::btree_map(key(), prop_oneof![
                    (100_000i64..999_999).prop_map(Value::from),
                    "[a-z]{8}".prop_map(Value::from),
                    "[a-z]{8}".prop_map(|id| json!([{"Id": id, "Severity": "LOGGER_SEVERITY_INFO"}])),
                    "[a-z]{8}".prop_map(|text| json!({"inner": text})),
                ], 0..6),
                0..5,
            ),
            lobs: Option<bool>,
        ) {
            let mut wanted = Vec::new();
            for value in settings.values().flat_map(|section| section.values()) {
                wanted.push(match value {
                    Value::Array(list) => list[0]["Id"].as_str().unwrap().to_owned(),
                    Value::Object(object) => object["inner"].as_str().unwrap().to_owned(),
                    other => written(other),
                });
            }
            let mut document: Map<String, Value> =
                settings.into_iter().map(|(key, section)| (key.to_owned(), json!(section))).collect();
            if let (Some(lobs), Some(metadata)) = (lobs, document.get_mut("TargetMetadata")) {
                metadata["SupportLobs"] = lobs.into();
            }
            let all = lines(&Value::Object(document)).join("\n");
            for mark in wanted {
                prop_assert!(all.contains(&mark), "{} is not in {}", mark, all);
            }
        }

        #[test]
        fn any_text_gives_words_or_an_error(text in "\\PC{0,200}") {
            let _ = words(&text);
        }
    }
}
