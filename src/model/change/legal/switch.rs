//! THE table of what may be done to a rule or schedule, and why not otherwise. Pure: the executor judges by it before and
//! after a confirmation, the console shows it before anything is asked.

use crate::model::change::{Refusal, Ruling, Switch};
use crate::model::schedule::{Schedule, ScheduleState};

/// What is judged.
struct Case<'a> {
    now_is: &'a Schedule,
    /// Fields that writing a schedule back would lose.
    unknown: &'a [String],
    to: Switch,
}

type Row = (fn(&Case<'_>) -> bool, fn(&Case<'_>) -> Ruling);

/// The first row that applies decides; none is legal.
const TABLE: [Row; 5] = [
    (
        |case| match case.to {
            Switch::Disable => case.now_is.state == ScheduleState::Disabled,
            Switch::Enable => {
                matches!(case.now_is.state, ScheduleState::Enabled | ScheduleState::EnabledWithAllManagementEvents)
            }
        },
        |case| Ruling::Nothing(format!("it is {} already", case.to.done())),
    ),
    (
        |case| case.now_is.managed_by.is_some(),
        |case| {
            let service = case.now_is.managed_by.as_ref().map(|service| service.shown().into_owned());
            refused(
                format!("it is managed by {}, and only that service may switch it", service.unwrap_or_default()),
                "Change what made it, in that service.",
            )
        },
    ),
    (
        |case| case.now_is.state == ScheduleState::EnabledWithAllManagementEvents,
        |_| {
            refused(
                "it also gets every management event of CloudTrail, and enabling it again would lose that: it could not be \
                 put back as it was"
                    .to_owned(),
                "Whoever owns the rule can disable it with the command below, and must put its state back with \
                 `aws events put-rule` and all of its definition.",
            )
        },
    ),
    (
        |case| matches!(case.now_is.state, ScheduleState::Other(_)),
        |case| {
            let state = crate::model::untrusted::shown(case.now_is.state.raw()).into_owned();
            refused(
                format!("its state is {state:?}, which this version does not know"),
                "Look for a newer cutover, or use the AWS console.",
            )
        },
    ),
    (
        |case| !case.unknown.is_empty(),
        |case| {
            let fields = crate::model::untrusted::shown(&case.unknown.join(", ")).into_owned();
            refused(
                format!("it has what this version does not know, and writing it back would lose that: {fields}"),
                "Look for a newer cutover, or use the AWS console.",
            )
        },
    ),
];

fn refused(why: String, do_this: &str) -> Ruling {
    Ruling::Refused(Refusal { why, do_this: do_this.to_owned() })
}

/// Whether this rule or schedule, as it was just read, may be switched.
pub fn switch(now_is: &Schedule, unknown: &[String], to: Switch) -> Ruling {
    let case = Case { now_is, unknown, to };
    TABLE.iter().find(|(applies, _)| applies(&case)).map_or(Ruling::Legal, |(_, ruling)| ruling(&case))
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::model::Untrusted;
    use crate::model::schedule::ScheduleKind;

    /// A rule that fires at half past one.
    pub fn rule(state: &str) -> Schedule {
        Schedule {
            kind: ScheduleKind::Rule,
            group: Untrusted::new("default"),
            name: Untrusted::new("nightly"),
            arn: Untrusted::new("arn:aws:events:eu-west-1:123456789012:rule/nightly"),
            state: state.to_owned().into(),
            expression: Some(Untrusted::new("cron(30 1 * * ? *)")),
            event_pattern: false,
            description: None,
            managed_by: None,
            time_zone: None,
            start: None,
            end: None,
            flexible_minutes: None,
            created: None,
            modified: None,
            targets: None,
        }
    }

    #[test]
    fn each_state_has_its_ruling_each_way() {
        let managed =
            |state: &str| Schedule { managed_by: Some(Untrusted::new("autoscaling.amazonaws.com")), ..rule(state) };
        let events = Schedule { expression: None, event_pattern: true, ..rule("ENABLED") };
        let all = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
        let lost = ["Jitter".to_owned()];
        for (schedule, unknown, to, want) in [
            (rule("ENABLED"), &[][..], Switch::Disable, "legal"),
            (rule("DISABLED"), &[], Switch::Enable, "legal"),
            (events, &[], Switch::Disable, "legal"),
            (rule("ENABLED"), &[], Switch::Enable, "nothing: it is enabled already"),
            (rule("DISABLED"), &[], Switch::Disable, "nothing: it is disabled already"),
            (rule(all), &[], Switch::Enable, "nothing: it is enabled already"),
            (rule(all), &[], Switch::Disable, "it also gets every management event of CloudTrail"),
            (managed("ENABLED"), &[], Switch::Disable, "it is managed by autoscaling.amazonaws.com"),
            (managed("DISABLED"), &[], Switch::Enable, "it is managed by autoscaling.amazonaws.com"),
            (managed("DISABLED"), &[], Switch::Disable, "nothing: it is disabled already"),
            (rule("PAUSED"), &[], Switch::Enable, "its state is \"PAUSED\""),
            (rule("ENABLED"), &lost, Switch::Disable, "writing it back would lose that: Jitter"),
        ] {
            let said = match switch(&schedule, unknown, to) {
                Ruling::Legal => "legal".to_owned(),
                Ruling::Nothing(why) => format!("nothing: {why}"),
                Ruling::Refused(Refusal { why, do_this }) => {
                    assert!(!do_this.is_empty());
                    why
                }
            };
            assert!(said.contains(want), "{:?} {to:?}: {said}", schedule.state);
        }
    }
}
