//! This machine's clock against the services'.

use super::{Area, Finding};
use crate::model::stamp::{self, Stamp};
use jiff::SignedDuration;

/// NTP keeps a clock within a second. One that is off by this much is kept by nobody and drifts on.
const MOST: SignedDuration = SignedDuration::from_secs(5);

/// From here on AWS takes a signature for an old one (AWS General Reference, Signature Version 4).
const REFUSED: SignedDuration = SignedDuration::from_mins(5);

pub fn judge(stamps: &[Stamp]) -> Finding {
    let (area, check) = (Area::Account, "clock");
    let Some(ahead) = stamp::ahead(stamps) else {
        return Finding::unknown(area, check, "no service said what time it is", "Reach a service first: see above.");
    };
    let off = ahead.abs();
    if off < MOST {
        let answers = if stamps.len() == 1 { "1 answer".to_owned() } else { format!("{} answers", stamps.len()) };
        let message = format!("agrees with the services' clock to {} s, by {answers}", off.as_secs() + 1);
        return Finding::passed(area, check, message);
    }
    let side = if ahead.is_positive() { "behind" } else { "ahead of" };
    let message =
        format!("this machine's clock is {off:#} {side} the services'", off = SignedDuration::from_secs(off.as_secs()));
    let refused = if off >= REFUSED {
        "AWS refuses what is signed with such a clock"
    } else {
        "Five minutes off, AWS refuses every request; the logs of this machine do not fit AWS's already"
    };
    let action = format!("{refused}. Set it by NTP: `timedatectl`, `chronyc tracking`.");
    Finding::failed(area, check, message, action)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn a_clock_is_judged_by_how_far_it_is_off() {
        let at = |second: i64| Timestamp::from_second(1_700_000_000 + second).unwrap();
        let stamp = |stated| Stamp { sent: at(0), stated: at(stated), received: at(0) };
        for (stated, verdict, words) in [
            (Some(0), Verdict::Passed, "by 1 answer"),
            (Some(4), Verdict::Passed, "to 5 s"),
            (Some(92), Verdict::Failed, "1m 32s behind"),
            (Some(-3601), Verdict::Failed, "1h ahead of"),
            (None, Verdict::Unknown, "no service"),
        ] {
            let found = judge(&stated.map(stamp).into_iter().collect::<Vec<_>>());
            assert_eq!(found.verdict, verdict, "{stated:?}");
            assert!(found.message.raw().contains(words), "{found:?}");
            let refused = found.action.is_some_and(|action| action.raw().contains("refuses what is signed"));
            assert_eq!(refused, stated.is_some_and(|stated| stated.abs() > 300), "{stated:?}");
        }
    }
}
