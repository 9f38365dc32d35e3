//! The steps of a refresh, in the order in which they are taken.

use serde::{Deserialize, Serialize};

/// What a step does. The order here is the order in a plan; not every plan has every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Source and target have the same schema, and the same migrations.
    Parity,
    /// Everything that will be done to keys is done in a transaction, and rolled back.
    Rehearsal,
    /// The lock on the target, held until the end, and the run's row in the ledger there.
    Lock,
    /// Definitions of keys, triggers and prior states, in the ledger; `restore.sql`.
    Capture,
    /// Rules and schedules that start the task are disabled.
    ScheduleOff,
    /// The task does not run and will not be started by what fired before.
    Drain,
    /// Nobody but us gets at the target.
    Quarantine,
    /// Triggers cannot fire.
    TriggersOff,
    /// Foreign keys are taken away.
    KeysAway,
    /// The pivot: the task is started.
    Load,
    /// Until the load is complete.
    Wait,
    /// A migration with CDC: durable, no process, until `finish`.
    Park,
    /// Everything captured has been applied.
    Caught,
    /// The task is stopped, its checkpoint is kept.
    StopTask,
    /// Rows are compared before anything is masked.
    Validate,
    Mask,
    /// Outboxes, jobs, tokens.
    Defuse,
    KeysBack,
    Sequences,
    TriggersOn,
    Analyze,
    /// The catalogue is as it was, and no personal data is left.
    Verify,
    QuarantineOff,
    ScheduleBack,
    /// The ledger is closed, the lock is given up.
    Close,
    Notify,
    /// A SQL file or a command of the configuration, wherever that puts it.
    Custom,
}

impl StepKind {
    pub const ALL: [Self; 27] = [
        Self::Parity,
        Self::Rehearsal,
        Self::Lock,
        Self::Capture,
        Self::ScheduleOff,
        Self::Drain,
        Self::Quarantine,
        Self::TriggersOff,
        Self::KeysAway,
        Self::Load,
        Self::Wait,
        Self::Park,
        Self::Caught,
        Self::StopTask,
        Self::Validate,
        Self::Mask,
        Self::Defuse,
        Self::KeysBack,
        Self::Sequences,
        Self::TriggersOn,
        Self::Analyze,
        Self::Verify,
        Self::QuarantineOff,
        Self::ScheduleBack,
        Self::Close,
        Self::Notify,
        Self::Custom,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Parity => "parity",
            Self::Rehearsal => "rehearsal",
            Self::Lock => "lock",
            Self::Capture => "capture",
            Self::ScheduleOff => "schedule-off",
            Self::Drain => "drain",
            Self::Quarantine => "quarantine",
            Self::TriggersOff => "triggers-off",
            Self::KeysAway => "keys-away",
            Self::Load => "load",
            Self::Wait => "wait",
            Self::Park => "park",
            Self::Caught => "caught-up",
            Self::StopTask => "stop-task",
            Self::Validate => "validate",
            Self::Mask => "mask",
            Self::Defuse => "defuse",
            Self::KeysBack => "keys-back",
            Self::Sequences => "sequences",
            Self::TriggersOn => "triggers-on",
            Self::Analyze => "analyze",
            Self::Verify => "verify",
            Self::QuarantineOff => "quarantine-off",
            Self::ScheduleBack => "schedule-back",
            Self::Close => "close",
            Self::Notify => "notify",
            Self::Custom => "custom",
        }
    }

    /// From here on the old data is gone, and only forward is a way.
    pub fn is_pivot(self) -> bool {
        self == Self::Load
    }

    /// Changes something that is put back when a run fails before the pivot.
    pub fn has_undo(self) -> bool {
        matches!(
            self,
            Self::Lock | Self::Capture | Self::ScheduleOff | Self::Quarantine | Self::TriggersOff | Self::KeysAway
        )
    }
}

/// One step of one plan: the word of its kind, or the name of a step of the configuration. Unique within a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepName(pub String);

impl From<StepKind> for StepName {
    fn from(kind: StepKind) -> Self {
        Self(kind.word().to_owned())
    }
}

/// What happens when a step has failed for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Before the pivot everything is put back; after it keys come back where data allows, the rest waits for a person.
    #[default]
    Stop,
    /// It is written down, and the run goes on. Only for what nothing depends on.
    GoOn,
}
