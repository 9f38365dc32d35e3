//! Axes with round numbers, and values in words. Pure.

use super::dots::Window;
use crate::console::text;
use jiff::{SignedDuration, Timestamp};

/// What is measured, and in what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Percent,
    /// So many of these.
    Count(&'static str),
    /// So many of these a second.
    Rate(&'static str),
    Bytes,
    BytesPerSecond,
    /// As DMS publishes the bandwidth of a task.
    KilobytesPerSecond,
    /// As DMS publishes the memory of a task.
    Megabytes,
}

/// Round steps of a scale of seconds: those of a clock.
const CLOCK: [f64; 15] =
    [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0, 7_200.0, 21_600.0];

/// No metric of DMS comes near; a larger value is drawn at the top.
const MOST: f64 = 1e15;

impl Unit {
    pub fn word(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Percent => "%",
            Self::Count(noun) => noun,
            Self::Rate("rows") => "rows/s",
            Self::Rate("operations") => "operations/s",
            Self::Rate(_) => "a second",
            Self::Bytes => "bytes",
            Self::BytesPerSecond | Self::KilobytesPerSecond => "bytes/s",
            Self::Megabytes => "MB",
        }
    }

    /// A scale never ends below this: noise is not drawn as mountains.
    fn least(self) -> f64 {
        match self {
            Self::Seconds | Self::Count(_) | Self::Megabytes => 10.0,
            Self::Percent => 100.0,
            Self::Rate(_) | Self::KilobytesPerSecond => 1.0,
            Self::Bytes => 1024.0 * 1024.0,
            Self::BytesPerSecond => 1_000.0,
        }
    }

    /// The `n`-th round step, smallest first.
    fn step(self, n: usize) -> f64 {
        let decimal = |n: usize, least: i32| {
            let power = i32::try_from(n / 3).unwrap_or(i32::MAX).saturating_add(least);
            [1.0, 2.0, 5.0][n % 3] * 10f64.powi(power)
        };
        match self {
            Self::Seconds => match CLOCK.get(n) {
                Some(step) => *step,
                // Days.
                None => decimal(n - CLOCK.len(), 0) * 86_400.0,
            },
            Self::Percent => [25.0, 50.0, 100.0].get(n).copied().unwrap_or_else(|| decimal(n - 3, 2) * 2.0),
            Self::Count(_) | Self::Megabytes => decimal(n, 0),
            Self::Rate(_) | Self::KilobytesPerSecond | Self::BytesPerSecond => decimal(n, -1),
            Self::Bytes => 2f64.powi(i32::try_from(n).unwrap_or(i32::MAX).min(80)),
        }
    }

    /// A value in words: `94 s`, `1.2 k rows/s`, `3.2 GiB`.
    pub fn words(self, value: f64) -> String {
        let value = if value.is_finite() { value.clamp(0.0, MOST) } else { return "not a number".to_owned() };
        match self {
            Self::Seconds => text::seconds(value),
            Self::Percent if value < 9.95 && value > 0.0 => format!("{value:.1}%"),
            Self::Percent => format!("{value:.0}%"),
            Self::Count(_) if value.fract() > 0.0 && value < 100.0 => format!("{value:.1}"),
            Self::Count(_) => grouped(value),
            Self::Rate(_) => format!("{}/s", text::rate(value)),
            Self::Bytes => binary(value),
            Self::BytesPerSecond => format!("{}B/s", decimal(value)),
            Self::KilobytesPerSecond => format!("{}B/s", decimal(value * 1e3)),
            Self::Megabytes => format!("{} MB", grouped(value)),
        }
    }

    /// The same beside an axis: at most seven cells.
    fn label(self, value: f64) -> String {
        match self {
            Self::Seconds => text::seconds(value),
            Self::Percent => format!("{}%", short(value)),
            Self::Count(_) | Self::Rate(_) => short(value),
            // There is no letter beyond peta.
            Self::Megabytes => format!("{}B", decimal((value * 1e6).min(1e18))),
            Self::Bytes => binary(value),
            Self::BytesPerSecond => format!("{}B", decimal(value)),
            Self::KilobytesPerSecond => format!("{}B", decimal(value * 1e3)),
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "at most 1e15, see `words`")]
fn grouped(value: f64) -> String {
    text::count(value.round() as i64, 12)
}

/// Without a fraction that says nothing: `250`, `1.5 k`, `20 M`.
fn short(value: f64) -> String {
    let (value, letter) = scaled(value, 1e3, &["", " k", " M", " G", " T", " P"]);
    format!("{}{letter}", plain(value))
}

/// `1.5 M`: for bytes a second, in powers of ten as networks count.
fn decimal(value: f64) -> String {
    let (value, letter) = scaled(value, 1e3, &[" ", " k", " M", " G", " T", " P"]);
    format!("{}{letter}", plain(value))
}

/// `512 MiB`: memory and disks, in powers of two.
fn binary(value: f64) -> String {
    let (value, unit) = scaled(value, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB", " PiB"]);
    format!("{}{unit}", plain(value))
}

fn scaled<'a>(mut value: f64, by: f64, units: &[&'a str]) -> (f64, &'a str) {
    let mut at = 0;
    // 999.5 is written as 1000.
    while value >= by - 0.5 && at + 1 < units.len() {
        value /= by;
        at += 1;
    }
    (value, units[at])
}

/// Three figures at most.
fn plain(value: f64) -> String {
    let decimals = match value {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// From zero to a round number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    unit: Unit,
    /// Never zero.
    pub top: f64,
    step: f64,
}

impl Scale {
    /// The lowest one that holds `highest` with at most `parts` steps.
    pub fn of(unit: Unit, highest: f64, parts: usize) -> Self {
        let highest = if highest.is_finite() { highest.clamp(unit.least(), MOST) } else { unit.least() };
        #[allow(clippy::cast_precision_loss, reason = "a handful")]
        let parts = parts.max(1) as f64;
        let mut steps = (0..200).map(|n| unit.step(n));
        let step = steps.find(|step| (highest / step).ceil() <= parts).unwrap_or(MOST);
        Self { unit, top: (highest / step).ceil() * step, step }
    }

    /// Values with a label, from zero up.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let mut out = Vec::new();
        let mut value = 0.0;
        while value <= self.top * 1.000_001 && out.len() < 32 {
            out.push((value, self.label(value)));
            value += self.step;
        }
        out
    }

    pub fn label(&self, value: f64) -> String {
        if value == 0.0 { "0".to_owned() } else { self.unit.label(value) }
    }

    /// The row of a value among `rows`, 0 at the bottom.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a screen's rows"
    )]
    pub fn row(&self, value: f64, rows: usize) -> usize {
        let highest = rows.saturating_sub(1);
        ((value / self.top).clamp(0.0, 1.0) * highest as f64).round() as usize
    }
}

/// Minutes between two labels of time.
const STEPS: [i64; 7] = [1, 5, 10, 15, 30, 60, 180];

/// Cells a label of time needs, a gap included.
const LABEL: i64 = 8;

/// Full minutes worth a label on an axis of `cells`, with their cell.
pub fn times(window: Window, cells: usize) -> Vec<(usize, Timestamp)> {
    let minutes = window.minutes();
    let wide = i64::try_from(cells).unwrap_or(i64::MAX);
    let step = STEPS.into_iter().find(|step| wide * step >= LABEL * minutes).unwrap_or(180) * 60;
    let first = window.from.as_second();
    let mut second = first + (step - first.rem_euclid(step)) % step;
    let mut out = Vec::new();
    while let Some((cell, at)) =
        Timestamp::from_second(second).ok().and_then(|at| Some((window.column(at, cells)?, at)))
    {
        out.push((cell, at));
        second += step;
    }
    out
}

/// `13:42`.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}

/// `15 min`, `3 h`.
pub fn stretch(length: SignedDuration) -> String {
    let minutes = length.as_mins();
    if minutes % 60 == 0 && minutes > 0 { format!("{} h", minutes / 60) } else { format!("{minutes} min") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UNITS: [Unit; 8] = [
        Unit::Seconds,
        Unit::Percent,
        Unit::Count("changes"),
        Unit::Rate("rows"),
        Unit::Bytes,
        Unit::BytesPerSecond,
        Unit::KilobytesPerSecond,
        Unit::Megabytes,
    ];

    #[test]
    fn an_axis_has_round_numbers_with_their_unit() {
        let gib = 1024.0 * 1024.0 * 1024.0;
        for (unit, highest, parts, want) in [
            (Unit::Seconds, 0.0, 4, "0|5 s|10 s"),
            (Unit::Seconds, 94.0, 4, "0|30 s|60 s|90 s|120 s"),
            (Unit::Seconds, 1_750.0, 3, "0|10 m|20 m|30 m"),
            (Unit::Seconds, 200_000.0, 2, "0|2 d|4 d"),
            (Unit::Percent, 42.0, 4, "0|25%|50%|75%|100%"),
            (Unit::Percent, 142.0, 2, "0|100%|200%"),
            (Unit::Count("changes"), 18_204.0, 4, "0|5 k|10 k|15 k|20 k"),
            (Unit::Rate("rows"), 0.6, 2, "0|0.5|1"),
            (Unit::Rate("rows"), 1_240.0, 3, "0|500|1 k|1.5 k"),
            (Unit::Bytes, 6.5 * gib, 4, "0|2 GiB|4 GiB|6 GiB|8 GiB"),
            (Unit::KilobytesPerSecond, 480.0, 3, "0|200 kB|400 kB|600 kB"),
            (Unit::Megabytes, 214.0, 3, "0|100 MB|200 MB|300 MB"),
        ] {
            let labels: Vec<String> = Scale::of(unit, highest, parts).ticks().into_iter().map(|tick| tick.1).collect();
            assert_eq!(labels.join("|"), want, "{unit:?} {highest}");
        }
    }

    #[test]
    fn values_are_written_short_with_their_unit_and_zero_is_a_zero() {
        for (unit, value, want) in [
            (Unit::Seconds, 94.4, "94 s"),
            (Unit::Seconds, 0.0, "0 s"),
            (Unit::Percent, 3.27, "3.3%"),
            (Unit::Percent, 0.0, "0%"),
            (Unit::Count("changes"), 18_204.0, "18,204"),
            (Unit::Count("requests"), 1.25, "1.2"),
            (Unit::Rate("rows"), 1_240.0, "1.2 k/s"),
            (Unit::Bytes, 3.2 * 1024.0 * 1024.0 * 1024.0, "3.2 GiB"),
            (Unit::Bytes, 0.0, "0 B"),
            (Unit::BytesPerSecond, 6_100_000.0, "6.1 MB/s"),
            (Unit::KilobytesPerSecond, 88.4, "88.4 kB/s"),
            (Unit::Megabytes, 1_214.0, "1,214 MB"),
            (Unit::Rate("rows"), f64::NAN, "not a number"),
            (Unit::Rate("rows"), -4.0, "0/s"),
        ] {
            assert_eq!(unit.words(value), want);
        }
    }

    #[test]
    fn times_are_full_minutes_far_enough_apart_to_be_read() {
        let until: Timestamp = "2026-11-22T14:04:00Z".parse().unwrap();
        for (minutes, cells, want) in [
            (15, 60, "13:50 13:55 14:00"),
            (60, 60, "13:10 13:20 13:30 13:40 13:50 14:00"),
            (180, 60, "11:30 12:00 12:30 13:00 13:30 14:00"),
            (180, 20, "12:00"),
        ] {
            let window = Window { from: until - SignedDuration::from_mins(minutes), until };
            let all = times(window, cells);
            let words: Vec<String> = all.iter().map(|(_, at)| clock(*at)).collect();
            assert_eq!(words.join(" "), want, "{minutes} in {cells}");
            assert!(all.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 6), "{all:?}");
        }
        assert_eq!(stretch(SignedDuration::from_mins(15)), "15 min");
        assert_eq!(stretch(SignedDuration::from_hours(3)), "3 h");
    }

    proptest! {
        #[test]
        fn the_highest_value_fits_any_scale_and_labels_fit_their_gutter(
            highest in prop_oneof![0f64..1e16, 0f64..1e4, any::<f64>()], parts in 1usize..9, unit in 0usize..8,
        ) {
            let scale = Scale::of(UNITS[unit], highest, parts);
            prop_assert!(scale.top > 0.0 && scale.top.is_finite());
            prop_assert!(!highest.is_finite() || scale.top >= highest.min(MOST));
            let ticks = scale.ticks();
            prop_assert!((2..=parts + 1).contains(&ticks.len()), "{:?}", ticks);
            prop_assert!((ticks.last().unwrap().0 - scale.top).abs() <= scale.top * 1e-9);
            for (value, label) in ticks {
                prop_assert!(label.chars().count() <= 8, "{}", label);
                prop_assert!(scale.row(value, 40) < 40);
            }
            prop_assert!(scale.row(highest, 40) < 40);
        }
    }
}
