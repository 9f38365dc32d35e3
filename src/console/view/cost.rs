//! What asking costs, in words.

use crate::console::state::Traffic;

/// `about $0.45 a day`; before anything was measured it says so.
pub fn words(traffic: Option<Traffic>) -> String {
    match traffic.and_then(|traffic| traffic.dollars_per_day).filter(|dollars| dollars.is_finite()) {
        None => "cost not known yet".to_owned(),
        Some(dollars) if dollars > 0.0 && dollars < 0.01 => "less than $0.01 a day".to_owned(),
        Some(dollars) => format!("about ${:.2} a day", dollars.clamp(0.0, 1e9)),
    }
}

/// The same, with what it may be at most.
pub fn with_cap(traffic: Option<Traffic>) -> String {
    let cap = traffic.map(|traffic| traffic.dollars_cap).filter(|cap| cap.is_finite() && *cap > 0.0);
    let cap = cap.map(|cap| format!(", at most ${:.2}", cap.min(1e9))).unwrap_or_default();
    format!("cost {}{cap}", words(traffic).trim_start_matches("cost "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_is_not_a_zero() {
        let traffic = |dollars_per_day| Some(Traffic { requests_last_minute: 1, dollars_per_day, dollars_cap: 20.0 });
        for (dollars, want) in [
            (None, "cost not known yet"),
            (Some(0.0), "about $0.00 a day"),
            (Some(0.004), "less than $0.01 a day"),
            (Some(1.728), "about $1.73 a day"),
            (Some(f64::INFINITY), "cost not known yet"),
        ] {
            assert_eq!(words(traffic(dollars)), want);
        }
        assert_eq!(words(None), "cost not known yet");
        assert_eq!(with_cap(traffic(Some(1.728))), "cost about $1.73 a day, at most $20.00");
        assert_eq!(with_cap(traffic(None)), "cost not known yet, at most $20.00");
    }
}
