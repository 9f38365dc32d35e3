//! Switching rules and schedules, the two ways AWS has for it (section 6 of the DMS facts).

use super::{Sent, Signed, sent};
use crate::aws::whole::WholeSchedule;
use crate::model::operation::Operation;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::operation::update_schedule::builders::UpdateScheduleFluentBuilder;
use aws_sdk_scheduler::types::ScheduleState;

impl Signed {
    pub async fn enable_rule(&self, bus: &str, name: &str) -> Sent {
        let send = self.once(Operation::EnableRule, |witness| {
            let request = self.wire.clients.events.enable_rule().event_bus_name(bus).name(name);
            request.customize().interceptor(witness).send()
        });
        sent(send.await)
    }

    pub async fn disable_rule(&self, bus: &str, name: &str) -> Sent {
        let send = self.once(Operation::DisableRule, |witness| {
            let request = self.wire.clients.events.disable_rule().event_bus_name(bus).name(name);
            request.customize().interceptor(witness).send()
        });
        sent(send.await)
    }

    /// Writes the schedule as it was read, but for its state.
    pub async fn update_schedule(&self, whole: &WholeSchedule, enabled: bool) -> Sent {
        let state = if enabled { ScheduleState::Enabled } else { ScheduleState::Disabled };
        let send = self.once(Operation::UpdateSchedule, |witness| {
            let request = with_all_of(self.wire.clients.scheduler.update_schedule(), &whole.output);
            request.state(state.clone()).customize().interceptor(witness).send()
        });
        sent(send.await)
    }
}

/// Every field there is, except the state and what AWS itself writes: ARN and dates of creation and modification. What is
/// left out of `UpdateSchedule` is reset.
fn with_all_of(request: UpdateScheduleFluentBuilder, old: &GetScheduleOutput) -> UpdateScheduleFluentBuilder {
    request
        .set_name(old.name.clone())
        .set_group_name(old.group_name.clone())
        .set_schedule_expression(old.schedule_expression.clone())
        .set_schedule_expression_timezone(old.schedule_expression_timezone.clone())
        .set_start_date(old.start_date)
        .set_end_date(old.end_date)
        .set_description(old.description.clone())
        .set_kms_key_arn(old.kms_key_arn.clone())
        .set_target(old.target.clone())
        .set_flexible_time_window(old.flexible_time_window.clone())
        .set_action_after_completion(old.action_after_completion.clone())
}
