//! When a service answered, by its clock and by ours, and how far the two clocks are apart.

use jiff::{SignedDuration, Timestamp};

/// `Date` is cut to whole seconds (RFC 9110, section 5.6.7).
const GRAIN: SignedDuration = SignedDuration::from_secs(1);

/// One dated answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// When the request left, by our clock.
    pub sent: Timestamp,
    /// What the service's clock said in between.
    pub stated: Timestamp,
    /// When the answer came, by our clock.
    pub received: Timestamp,
}

/// How much the service's clock is ahead of ours (negative: behind), as little as the answers allow; `None` without
/// an answer. An answer that took its time proves little, many together prove more.
pub fn ahead(stamps: &[Stamp]) -> Option<SignedDuration> {
    let least = stamps.iter().map(|stamp| stamp.stated.duration_since(stamp.received)).max()?;
    let most = stamps.iter().map(|stamp| stamp.stated.duration_since(stamp.sent) + GRAIN).min()?;
    // Services whose clocks differ by a little leave no common time: the truth is then between them.
    let (least, most) = (least.min(most), least.max(most));
    Some(SignedDuration::ZERO.clamp(least, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_only_as_far_as_the_answers_prove() {
        let at = |ms: i64| Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap();
        let stamp = |sent, stated, received| Stamp { sent: at(sent), stated: at(stated), received: at(received) };
        for (stamps, want) in [
            (vec![], None),
            // The fraction of a second that the header leaves out.
            (vec![stamp(900, 0, 950)], Some(0)),
            (vec![stamp(0, 2_000, 100)], Some(1_900)),
            (vec![stamp(0, -90_000, 100)], Some(-89_000)),
            // A slow answer proves nothing, a quick one does.
            (vec![stamp(0, 4_000, 15_000)], Some(0)),
            (vec![stamp(0, 4_000, 15_000), stamp(0, 4_000, 200)], Some(3_800)),
            // Two clocks that do not agree: the one nearer to ours.
            (vec![stamp(0, 60_000, 100), stamp(0, 20_000, 100)], Some(21_000)),
        ] {
            assert_eq!(ahead(&stamps).map(|ahead| ahead.as_millis()), want, "{stamps:?}");
        }
    }
}
