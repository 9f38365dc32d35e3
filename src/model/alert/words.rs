//! Numbers and moments as alerts write them.

use jiff::{SignedDuration, Timestamp};

/// A moment in UTC, as short as it can be said today: `14:03` of the last day, else `Nov 20 14:03`, with the year where
/// it is another.
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    let (day, today) = (at.strftime("%Y-%m-%d").to_string(), now.strftime("%Y-%m-%d").to_string());
    if day == today {
        at.strftime("%H:%M").to_string()
    } else if day[..4] == today[..4] {
        at.strftime("%b %d %H:%M").to_string()
    } else {
        at.strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// `1 table`, `12,034 tables`.
pub fn count(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(n))
}

/// `12,034`.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `12 min`, `3 h`, `2 days`, rounded to the nearest; at least a minute.
pub fn length(duration: SignedDuration) -> String {
    match (duration.as_secs().max(0) + 30) / 60 {
        minutes @ 0..120 => format!("{} min", minutes.max(1)),
        minutes @ 120..2880 => format!("{} h", (minutes + 30) / 60),
        minutes => format!("{} days", (minutes + 720) / 1440),
    }
}

/// `512 MiB`, `3.2 GiB`: powers of two, as AWS sells them and charts show them.
pub fn bytes(value: f64) -> String {
    let mib = value / 1024.0 / 1024.0;
    if mib < 1000.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

/// The first `most` names, and how many more there are.
pub fn names(mut all: impl Iterator<Item = String>, most: usize) -> String {
    let named: Vec<String> = all.by_ref().take(most).collect();
    match all.count() {
        0 => named.join(", "),
        more => format!("{} and {} more", named.join(", "), grouped(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_are_short() {
        for (n, want) in [(0, "0 tables"), (1, "1 table"), (12_034, "12,034 tables"), (1_000_000, "1,000,000 tables")] {
            assert_eq!(count(n, "table"), want);
        }
        for (seconds, want) in [(5, "1 min"), (89, "1 min"), (719, "12 min"), (7_200, "2 h"), (200_000, "2 days")] {
            assert_eq!(length(SignedDuration::from_secs(seconds)), want);
        }
        assert_eq!(bytes(3.2 * 1024.0 * 1024.0 * 1024.0), "3.2 GiB");
        assert_eq!(bytes(512.0 * 1024.0 * 1024.0), "512 MiB");
        let names_of = |n: usize| names((0..n).map(|n| format!("t{n}")), 2);
        assert_eq!(names_of(2), "t0, t1");
        assert_eq!(names_of(5), "t0, t1 and 3 more");
    }
}
