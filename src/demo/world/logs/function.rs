//! The log of a Lambda function of the demo's automation: the probe of latency that a rule starts every five minutes.
//!
//! Nothing here is kept: what the function has written by now follows from the clock. Its lines are none of DMS's, its
//! streams come and go, one an hour.

use super::{Event, Stream};
use crate::demo::world::metrics::BACKFILL_MINUTES;
use crate::demo::world::{World, seeded};
use crate::model::metric::MetricName;
use jiff::{SignedDuration, Timestamp};

/// Where it writes.
pub const GROUP: &str = "/aws/lambda/dms-lag-probe";
/// The task it looks at.
const PROBED: &str = "billing-cdc";
/// As the rule says, in seconds.
const EVERY: i64 = 300;
/// The function gives up, and says so, after this many runs, sometimes.
const GIVES_UP: u64 = 9;
/// Seconds of latency it warns from.
const WARNS_FROM: f64 = 60.0;

/// Everything written and readable by now, oldest first, each with its stream. Nothing where there is no such function.
pub(super) fn events(world: &World, now: Timestamp) -> Vec<(String, Event)> {
    let Some(task) = world.tasks.iter().find(|task| task.def.name == PROBED) else { return Vec::new() };
    let first = world.opened - SignedDuration::from_mins(BACKFILL_MINUTES);
    let mut out = Vec::new();
    let mut run = first.as_second() - first.as_second().rem_euclid(EVERY) + EVERY;
    while run <= now.as_second() {
        let Ok(at) = Timestamp::from_second(run) else { break };
        let number = run.cast_unsigned();
        let id = |salt: u64| seeded::number(world.setting.seed, &[number, salt]);
        let request = format!("{:08x}-0000-4000-8000-{:012x}", id(1) & 0xffff_ffff, id(2) & 0xffff_ffff_ffff);
        let instance = seeded::number(world.setting.seed, &[number / 3600, 3]);
        let stream = format!("{}[$LATEST]{instance:016x}{instance:016x}", at.strftime("%Y/%m/%d/"));
        let window = (at - SignedDuration::from_secs(120), at);
        let latency = world.points(task, MetricName::CDCLatencyTarget, window, at).last().map(|point| point.value);
        let stamp = at.strftime("%Y-%m-%dT%H:%M:%S.812Z");
        let (letter, said) = match latency {
            Some(value) if value >= WARNS_FROM => {
                ("WARNING", format!("{PROBED}: target latency {value:.0} s, above 60 s"))
            }
            Some(value) => ("INFO", format!("{PROBED}: target latency {value:.0} s")),
            None => ("WARNING", format!("{PROBED}: CloudWatch has no point of CDCLatencyTarget")),
        };
        let gives_up = number / EVERY.unsigned_abs() % GIVES_UP == 4;
        let last = if gives_up {
            format!("{stamp} {request} Task timed out after 3.00 seconds")
        } else {
            format!("[{letter}]\t{stamp}\t{request}\t{said}")
        };
        let took = seeded::between(world.setting.seed, &[number, 4], 640, 1_900);
        let report = format!(
            "REPORT RequestId: {request}\tDuration: {took}.12 ms\tBilled Duration: {} ms\tMemory Size: 128 MB\tMax Memory \
             Used: 71 MB",
            took + 1
        );
        let texts =
            [format!("START RequestId: {request} Version: $LATEST"), last, format!("END RequestId: {request}"), report];
        for (place, text) in (0i64..).zip(texts) {
            let at = at + SignedDuration::from_millis(place * 400);
            let ingested = at + SignedDuration::from_millis(1_200);
            if ingested <= now {
                let id = format!("{:036}{place:020}", at.as_millisecond());
                out.push((stream.clone(), Event { stream: Stream::Task, at, ingested, id, text }));
            }
        }
        run += EVERY;
    }
    out
}
