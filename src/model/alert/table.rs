//! THE table of rules. A new rule begins here; the list of alerts, the reasons of a task, its health, the JSON of
//! `cutover tasks`, `docs/json.md` and the configuration's limits follow from it.

use super::Check::{Instance, Schedule, Subscription, Task};
use super::limits::Limit;
use super::rules::{around, flow, instance, latency, log, status, tables, validation};
use super::{Check, Rule, Way};

const fn rule(id: &'static str, way: Way, check: Check, title: &'static str, words: [&'static str; 2]) -> Rule {
    let [compares, action] = words;
    Rule { id, title, check, compares, limits: &[], action, way }
}

impl Rule {
    const fn by(self, limits: &'static [Limit]) -> Self {
        Self { limits, ..self }
    }
}

const STATUS: &str = "status, type and stop reason of the task";
const STATES: &str = "state of every table";
const VALIDATION: &str = "validation state and counts of every table";

/// In the order in which equals are told.
pub const TABLE: &[Rule] = &[
    // -- what the status says
    rule(
        "failed",
        Way::Logs,
        Task(|of, _| status::says(of, "failed")),
        "the task has failed",
        [STATUS, "test its endpoints, then read the task's log"],
    ),
    rule(
        "cdc-stopped",
        Way::Events,
        Task(|of, _| status::says(of, "cdc-stopped")),
        "replication is stopped",
        [STATUS, "resume it before the source discards the log it has to read"],
    ),
    rule(
        "stopped-error",
        Way::Logs,
        Task(|of, _| status::says(of, "stopped-error")),
        "stopped by an error",
        [STATUS, "test its endpoints, then read the task's log"],
    ),
    rule(
        "stopped-early",
        Way::Logs,
        Task(|of, _| status::says(of, "stopped-early")),
        "a load stopped for a reason of its own",
        [STATUS, "test its endpoints, then read the task's log"],
    ),
    rule(
        "stopped-after-load",
        Way::Events,
        Task(|of, _| status::says(of, "stopped-after-load")),
        "stopped after the load, changes not applied",
        [STATUS, "resume it, and the changes made since are applied"],
    ),
    rule(
        "stopped-planned",
        Way::Events,
        Task(|of, _| status::says(of, "stopped-planned")),
        "replication stopped where somebody asked it to",
        [STATUS, "nothing, if this is the cutover; else resume it"],
    ),
    rule(
        "stopped-by-hand",
        Way::Events,
        Task(|of, _| status::says(of, "stopped-by-hand")),
        "a load was stopped",
        [STATUS, "resume it: tables not yet loaded are loaded"],
    ),
    rule(
        "stop-reason-unknown",
        Way::Events,
        Task(|of, _| status::says(of, "stop-reason-unknown")),
        "stopped, and no known reason",
        [STATUS, "look into its events and its log for the reason"],
    ),
    rule(
        "status-unknown",
        Way::Events,
        Task(|of, _| status::says(of, "status-unknown")),
        "a status that is not known here, or a serverless replication in preparation",
        [STATUS, "wait where it is being prepared; else look into its events"],
    ),
    rule(
        "in-change",
        Way::Events,
        Task(|of, _| status::says(of, "in-change")),
        "being deleted, moved or modified",
        [STATUS, "wait until it is through"],
    ),
    // -- tables
    rule(
        "table-error",
        Way::Tables,
        Task(|of, _| tables::in_error(of)),
        "tables in error",
        [
            "tables in `Table error`, and the task's own count",
            "open it; reload them, or of a cdc task load them with a task that loads",
        ],
    ),
    rule(
        "table-cancelled",
        Way::Tables,
        Task(|of, _| tables::cancelled(of)),
        "tables cancelled",
        [STATES, "reload them; nothing else brings them back"],
    ),
    rule(
        "table-missing",
        Way::Tables,
        Task(|of, _| tables::missing(of)),
        "tables that do not exist",
        [STATES, "compare the mappings with the source: upper and lower case, grants"],
    ),
    rule(
        "load-incomplete",
        Way::Tables,
        Task(|of, _| tables::load_incomplete(of)),
        "a load that ended before every table was through",
        [
            "the task's counts of tables, never the percentage",
            "open it: tables stand worst first; one in error waits for a reload",
        ],
    ),
    rule(
        "table-state-unknown",
        Way::Tables,
        Task(|of, _| tables::unknown_state(of)),
        "tables in a state not known here",
        [STATES, "look at these tables; this program does not know what their state means"],
    ),
    // -- whether changes flow
    rule(
        "no-data",
        Way::Metrics,
        Task(latency::no_data),
        "no data where it is due",
        [
            "CDCLatencyTarget: a point is due each minute once it has run for three",
            "how far behind it is nobody knows: look at its log and the instance",
        ],
    ),
    rule(
        "retry-loop",
        Way::Events,
        Task(flow::retry_loop),
        "a loop of retries",
        [
            "RecoveryCount, repeated events, recoverable errors in the log",
            "it runs and does not move: read the error lines of its log",
        ],
    )
    .by(&[Limit::Retries, Limit::RetryWithin]),
    rule(
        "reading-paused",
        Way::Events,
        Task(flow::reading_paused),
        "reading from the source is paused",
        [
            "events and log lines: paused, and not resumed since",
            "look at target latency, locks on the target, and the instance's disk and memory",
        ],
    ),
    rule(
        "latency-high",
        Way::Metrics,
        Task(latency::high),
        "high latency",
        ["CDCLatencyTarget, end to end, newest point", "see where it arises: before the instance or after it"],
    )
    .by(&[Limit::LatencyWarning, Limit::LatencyCritical]),
    rule(
        "latency-rising",
        Way::Metrics,
        Task(latency::rising),
        "rising latency",
        [
            "slope of the last five points of CDCLatencyTarget",
            "look at load on the source, locks on the target and the instance now",
        ],
    )
    .by(&[Limit::LatencyRising, Limit::LatencyWarning]),
    rule(
        "catching-up",
        Way::Metrics,
        Task(latency::catching_up),
        "late because it was just started or resumed",
        ["CDCLatencyTarget, and when it was started", "wait: the latency has to fall"],
    )
    .by(&[Limit::CatchingUp, Limit::LatencyWarning]),
    rule(
        "capture-behind",
        Way::Metrics,
        Task(flow::capture_behind),
        "capture is behind: late from the source",
        [
            "CDCLatencySource with its share of CDCLatencyTarget",
            "it arises at the source: long transactions, its load and log, the instance's processor",
        ],
    )
    .by(&[Limit::LatencyWarning]),
    rule(
        "apply-behind",
        Way::Tables,
        Task(flow::apply_behind),
        "apply is behind capture: late to the target",
        [
            "both latencies, CDCIncomingChanges, captured minus applied",
            "it arises after the source: locks, missing keys and indexes on the target, the instance",
        ],
    )
    .by(&[Limit::LatencyWarning, Limit::Backlog]),
    rule(
        "no-data-yet",
        Way::Metrics,
        Task(latency::no_data_yet),
        "no latency known yet",
        ["CDCLatencyTarget: not published yet, or not asked for lately", "wait; it clears with the next point"],
    ),
    rule(
        "latency-unread",
        Way::Metrics,
        Task(latency::unread),
        "latency cannot be read",
        ["the newest attempt to read metrics, and CDCLatencyTarget", "see Problems (!): reading the metrics fails"],
    ),
    // -- validation
    rule(
        "validation-failed",
        Way::Tables,
        Task(|of, _| validation::differs(of)),
        "validation finds differing rows",
        [VALIDATION, "look into awsdms_validation_failures_v1 (or _v2) on the target"],
    ),
    rule(
        "validation-suspended",
        Way::Tables,
        Task(|of, _| validation::suspended(of)),
        "validation is suspended",
        [
            "failures of a table and of the task against the task's FailureMaxCount and TableFailureMaxCount",
            "what is suspended is not compared any more: cure the cause and validate again",
        ],
    ),
    rule(
        "validation-impossible",
        Way::Tables,
        Task(|of, _| validation::impossible(of)),
        "tables that cannot be validated",
        [VALIDATION, "compare these tables in another way: they count as unknown, not as equal"],
    ),
    rule(
        "validation-off",
        Way::Definition,
        Task(|of, _| validation::off(of)),
        "validation was never enabled",
        ["EnableValidation of the task's settings", "enable it while the task is stopped, or compare in another way"],
    ),
    // -- the log
    rule(
        "log-errors",
        Way::Logs,
        Task(log::errors),
        "errors in the log",
        ["error lines and known signs in the task's log", "read the log around these lines"],
    )
    .by(&[Limit::LogErrorsWithin]),
    rule(
        "logging-off",
        Way::Definition,
        Task(log::off),
        "logging is off",
        ["EnableLogging of the task's settings", "enable it while the task is stopped"],
    ),
    rule(
        "no-log",
        Way::Logs,
        Task(log::none),
        "a log that cannot be read",
        [
            "the log group and stream of the task's settings",
            "check the role dms-cloudwatch-logs-role, the network path and your own permissions",
        ],
    ),
    // -- instances
    rule(
        "disk-low",
        Way::Metrics,
        Instance(instance::disk_low),
        "disk low",
        [
            "FreeStorageSpace against the allocated storage",
            "give it more storage; look for long transactions and large logs. Full, every task on it stops",
        ],
    )
    .by(&[Limit::DiskWarning, Limit::DiskCritical]),
    rule(
        "memory-low",
        Way::Metrics,
        Instance(instance::memory_low),
        "memory low",
        [
            "FreeableMemory, and whether SwapUsage grows",
            "move tasks away or take a larger class; out of memory, tasks stop",
        ],
    )
    .by(&[Limit::MemoryFree]),
    rule(
        "instance-unwell",
        Way::Definition,
        Instance(instance::unwell),
        "an instance that is not available",
        ["status of the instance", "its tasks stand still until it is available: see its events"],
    ),
    rule(
        "maintenance",
        Way::Definition,
        Instance(instance::maintenance),
        "maintenance ahead while something replicates",
        [
            "pending maintenance and the weekly window, while a CDC task runs on it",
            "replication pauses then, and a reboot puts tasks in error: no cutover over it",
        ],
    )
    .by(&[Limit::MaintenanceWithin]),
    rule(
        "instance-idle",
        Way::Definition,
        Instance(instance::idle),
        "an idle instance that costs money",
        ["when the last task on it stopped", "delete it, if nobody needs it any more"],
    )
    .by(&[Limit::IdleAfter]),
    // -- around
    rule(
        "schedule-fires",
        Way::Schedules,
        Schedule(around::fires_soon),
        "a schedule about to fire into a running task",
        [
            "next time of every enabled rule and schedule whose target names a running task",
            "disable it for now if this is not meant; disabled late it may fire once more",
        ],
    )
    .by(&[Limit::FireWithin]),
    rule(
        "subscription-dead",
        Way::Schedules,
        Subscription(around::dead),
        "an event subscription that tells nobody",
        ["status of every enabled subscription", "give DMS its permission on the topic, or the subscription its topic"],
    ),
];
