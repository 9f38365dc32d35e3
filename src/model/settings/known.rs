//! Two tables: [`KNOWN`] says what a setting is, [`BEWARE`] when it deserves a warning (sections 0, 2.1 and 7.2 of the DMS
//! facts; user guide, "Task settings").

/// How a value is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Say {
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
pub(super) struct Known(pub &'static str, pub &'static str, pub &'static str, pub Say);

/// A part of the settings, as it is told.
pub(super) struct Chapter(pub &'static str, pub &'static [Known]);

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
pub(super) const KNOWN: [Chapter; 6] = [
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
pub(super) const BEWARE: [(&str, &str, &str); 30] = [
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
