//! The faults that are on, and what they do to one request.

use super::{Fault, FaultName};
use crate::demo::wire::Service;
use crate::demo::world::{Refusal, World};
use jiff::SignedDuration;
use std::time::Duration;

/// The faults that are on.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<Fault>);

/// What happens to one request.
#[derive(Debug, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches, each one fault")]
pub struct Plan {
    pub delay: Duration,
    /// Reset the connection instead of looking at the request.
    pub cut: bool,
    /// Reset the connection instead of answering.
    pub lose: bool,
    pub refuse: Option<Refusal>,
    /// Answer as of this long ago.
    pub stale: Option<SignedDuration>,
    pub hostile: bool,
    pub no_last_update: bool,
    pub account: Option<String>,
}

impl Faults {
    /// Switches one on; the same fault at the same place takes its new value.
    pub fn switch_on(&mut self, fault: Fault) {
        self.0.retain(|other| {
            (other.name, &other.op) != (fault.name, &fault.op) || fault.name == FaultName::AccessDenied
        });
        self.0.push(fault);
    }

    /// Switches a fault off, wherever it was limited to; with a value, only that one.
    pub fn switch_off(&mut self, name: FaultName, value: Option<&str>) {
        self.0.retain(|fault| fault.name != name || value.is_some_and(|value| fault.text() != value));
    }

    pub fn on(&self, name: FaultName) -> impl Iterator<Item = &Fault> {
        self.0.iter().filter(move |fault| fault.name == name)
    }

    /// What happens to a request of this operation; `dice` gives numbers in `0.0..1.0`.
    pub fn plan(&self, service: Service, operation: &str, mut dice: impl FnMut() -> f64) -> Plan {
        let mut plan = Plan::default();
        let describes = operation.starts_with("Describe");
        for fault in self.0.iter().filter(|fault| fault.covers(service, operation)) {
            let refuse = match fault.name {
                FaultName::Latency => {
                    plan.delay += Duration::from_millis(fault.number());
                    None
                }
                FaultName::Cut => {
                    plan.cut = true;
                    None
                }
                FaultName::LostResponse => {
                    plan.lose |= fault.op.is_some() || World::is_change(service, operation);
                    None
                }
                FaultName::StaleDescribes if describes => {
                    plan.stale = Some(SignedDuration::from_secs(i64::try_from(fault.number()).unwrap_or(i64::MAX)));
                    None
                }
                FaultName::HostileText => {
                    plan.hostile = true;
                    None
                }
                FaultName::NoLastUpdate => {
                    plan.no_last_update = true;
                    None
                }
                FaultName::WrongAccount => {
                    plan.account.clone_from(&fault.value);
                    None
                }
                FaultName::Throttle => (dice() < fault.share()).then(Refusal::throttled),
                FaultName::Error => (dice() < fault.share()).then(Refusal::internal),
                FaultName::ExpiredCredentials => Some(Refusal::expired()),
                FaultName::AccessDenied => denied(fault.text(), service, operation),
                _ => None,
            };
            plan.refuse = plan.refuse.or(refuse);
        }
        plan
    }
}

fn denied(value: &str, service: Service, operation: &str) -> Option<Refusal> {
    let (name, own) = value.strip_suffix(":fault").map_or((value, false), |name| (name, true));
    let action = format!("{}:{operation}", service.prefix());
    if name != operation && name != action {
        return None;
    }
    Some(if own { Refusal::denied_fault() } else { Refusal::denied(crate::demo::world::CALLER, &action) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_gathers_what_covers_the_request() {
        let mut faults = Faults::default();
        let on = |faults: &mut Faults, text: &str| faults.switch_on(text.parse().unwrap());
        for text in [
            "latency=20",
            "latency@sts=100",
            "throttle@cloudwatch=0.5",
            "access-denied=StopReplicationTask",
            "lost-response",
        ] {
            on(&mut faults, text);
        }
        let plan = |op: &str, service, dice: f64| faults.plan(service, op, || dice);
        let describe = plan("DescribeEndpoints", Service::Dms, 0.1);
        assert_eq!(describe, Plan { delay: Duration::from_millis(20), ..Plan::default() });
        assert_eq!(plan("GetCallerIdentity", Service::Sts, 0.1).delay, Duration::from_millis(120));
        assert_eq!(plan("GetMetricData", Service::CloudWatch, 0.1).refuse, Some(Refusal::throttled()));
        assert_eq!(plan("GetMetricData", Service::CloudWatch, 0.9).refuse, None);
        let stop = plan("StopReplicationTask", Service::Dms, 0.9);
        assert_eq!(stop.refuse.unwrap().code, "AccessDeniedException");
        assert!(stop.lose);
        let mut fewer = faults.clone();
        fewer.switch_off(FaultName::Latency, None);
        assert_eq!(fewer.plan(Service::Sts, "GetCallerIdentity", || 0.9).delay, Duration::ZERO);
    }
}
