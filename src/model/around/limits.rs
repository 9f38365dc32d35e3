//! What is too much, and amounts in words.

use jiff::SignedDuration;

/// WAL kept for a slot: a disk of a hundred gigabytes has room for this, and not for ten times it.
pub const RETAINED_WAL: i64 = 10 * 1024 * 1024 * 1024;

/// A transaction that is open for so long is forgotten or a batch: what it wrote comes only when it commits, and DMS waits
/// this long for those open at its start (`TransactionConsistencyTimeout`, 600 s).
pub const OPEN_FOR: SignedDuration = SignedDuration::from_mins(10);

/// A session that waits this long for a lock does not wait for a short one.
pub const BLOCKED_FOR: SignedDuration = SignedDuration::from_secs(30);

/// A replica further behind shows another day's rows.
pub const LAG: SignedDuration = SignedDuration::from_secs(60);

/// `3.2 GB`, in units of 1024.
pub fn amount(bytes: i64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut tenths, mut unit) = (i128::from(bytes.max(0)) * 10, 0);
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1024, unit + 1);
    }
    if unit == 0 || tenths >= 1000 {
        format!("{} {}", tenths / 10, UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

/// `12 s`, `23 min`, `5 h`, `3 d`: how long something has been so.
pub fn length(duration: SignedDuration) -> String {
    match duration.as_secs().max(0) {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_three_figures() {
        for (bytes, want) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 kB"),
            (16 * 1024 * 1024, "16.0 MB"),
            (RETAINED_WAL, "10.0 GB"),
            (250 * 1024 * 1024 * 1024, "250 GB"),
            (-5, "0 B"),
        ] {
            assert_eq!(amount(bytes), want);
        }
    }
}
