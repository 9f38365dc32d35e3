//! Troubles that show in metrics and nowhere else, a task that recovers again and again, an instance short of memory; and
//! an endpoint that shows only when its connection is tested.

use super::World;
use crate::model::metric::{MetricName, Point};
use jiff::{SignedDuration, Timestamp};

/// So that a trouble shows at once, it began this long ago.
const BEFORE: SignedDuration = SignedDuration::from_mins(15);
/// Of the memory that would be there.
const LEFT: f64 = 0.01;
/// Bytes a minute that go to swap.
const SWAPPED: f64 = 48.0 * 1024.0 * 1024.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A task is `running` and in truth starts over and over.
    RetryLoop,
    LowMemory,
    /// Its connection tests fail.
    EndpointDown,
}

/// One trouble of one task or instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Troubled {
    what: Trouble,
    /// Name of the task, instance or endpoint.
    whose: String,
    since: Timestamp,
}

/// Begins, or with `on` false ends, for everybody. An instance need not be named: it is the first one then.
pub fn switch(world: &mut World, what: Trouble, whose: Option<String>, on: bool, now: Timestamp) {
    let whose = whose.or_else(|| world.instances.first().map(|instance| instance.name.clone()));
    world.troubles.retain(|troubled| troubled.what != what || on && Some(&troubled.whose) != whose.as_ref());
    if let Some(whose) = whose.filter(|_| on) {
        world.troubles.push(Troubled { what, whose, since: now - BEFORE });
    }
}

/// Whether this endpoint cannot be reached.
pub fn is_down(world: &World, endpoint: &str) -> bool {
    world.troubles.iter().any(|troubled| troubled.what == Trouble::EndpointDown && troubled.whose == endpoint)
}

/// The points of this task or instance as its troubles make them.
pub fn bend(world: &World, whose: &str, name: MetricName, points: &mut [Point]) {
    for troubled in world.troubles.iter().filter(|troubled| troubled.whose == whose) {
        for point in points.iter_mut().filter(|point| point.at >= troubled.since) {
            #[allow(clippy::cast_precision_loss, reason = "minutes of a demo")]
            let minutes = (point.at.duration_since(troubled.since).as_mins() + 1) as f64;
            match (troubled.what, name) {
                (Trouble::RetryLoop, MetricName::RecoveryCount) => point.value = minutes,
                (
                    Trouble::LowMemory,
                    MetricName::FreeableMemory | MetricName::FreeMemory | MetricName::AvailableMemory,
                ) => point.value = (point.value * LEFT).round(),
                (Trouble::LowMemory, MetricName::SwapUsage) => point.value += minutes * SWAPPED,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::clock::FROZEN_AT;
    use crate::demo::world::{Event, Setting};

    #[test]
    fn a_trouble_bends_the_points_of_the_one_it_names_and_ends() {
        let mut world = World::new(Setting::default(), FROZEN_AT);
        let range = (Timestamp::MIN, Timestamp::MAX);
        let recoveries = |world: &World, task: usize| {
            let points = world.points(&world.tasks[task], MetricName::RecoveryCount, range, FROZEN_AT);
            points.iter().map(|point| point.value).collect::<Vec<_>>()
        };
        let memory = |world: &World| {
            let points = world.gauge(&world.instances[0], MetricName::FreeableMemory, range, FROZEN_AT);
            points.last().unwrap().value
        };
        let (calm, before) = (recoveries(&world, 0), memory(&world));
        let trouble = |what, whose: Option<&str>, on| Event::Trouble { what, whose: whose.map(Into::into), on };
        world.apply(trouble(Trouble::RetryLoop, Some("orders-cdc"), true), FROZEN_AT);
        world.apply(trouble(Trouble::LowMemory, None, true), FROZEN_AT);
        let climbing = recoveries(&world, 0);
        assert!(climbing.ends_with(&[12.0, 13.0, 14.0]) && climbing.len() == calm.len(), "{climbing:?}");
        assert_eq!(recoveries(&world, 1), calm);
        assert!(memory(&world) < before / 20.0);
        world.apply(trouble(Trouble::RetryLoop, None, false), FROZEN_AT);
        world.apply(trouble(Trouble::LowMemory, None, false), FROZEN_AT);
        assert_eq!((recoveries(&world, 0), memory(&world).to_bits()), (calm, before.to_bits()));
    }
}
