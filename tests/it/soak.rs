//! The console over a long time, every screen visited again and again while faults come and go: its memory stays flat, no
//! pane shows old data as if it were new, and what it asks keeps to its budget.
//!
//! Ten minutes with `tests/run --full`; longer with `CUTOVER_SOAK_MINUTES=60 cargo test --test it -- --ignored soak`. The
//! walk and the faults come from a seed that is printed; `CUTOVER_SOAK_SEED` repeats them.

use crate::cli::Aws;
use crate::pty::{Pty, Start};
use std::time::{Duration, Instant};

/// What can be on for a while. Faults that change a task for good are not among them.
const FAULTS: [&str; 11] = [
    "throttle=0.5",
    "throttle=1",
    "latency=3000",
    "error=0.4",
    "cut=0.3",
    "missing-metrics",
    "stale-describes=60",
    "access-denied=GetMetricData",
    "access-denied=DescribeReplicationTasks",
    "expired-credentials",
    "hostile-text",
];

/// Screens, from the first one; every visit ends there.
const WALK: [&str; 14] = ["", "\r", "e", "l", "m", "d", "i", "E", "D", "S", "A", "L", "!", "?"];

/// How long a screen is looked at, and how long a fault is on or off.
const VISIT: Duration = Duration::from_secs(5);
const FAULT: Duration = Duration::from_secs(40);

/// Seconds up to which an age may stand without a sign, by the title of its pane: twice the interval at which the subject is
/// asked, with room for the label's own steps (5 s, 15 s, minutes) and for intervals that grow with the number of requests.
const UNSIGNED: [(&str, u64); 8] = [
    ("Tasks", 60),
    ("Tables", 60),
    ("Events", 90),
    ("Log of", 60),
    ("Schedules", 180),
    ("Alerts", 60),
    // What is asked every ten minutes.
    ("Event subscriptions", 1300),
    ("", 1300),
];
/// Other words that stand before an age in a title, wherever they do.
const UNSIGNED_WORDS: [(&str, u64); 6] = [
    ("metrics", 240),
    ("status", 60),
    ("tables", 60),
    ("read", 260),
    // Asked every ten, and every five minutes.
    ("endpoints", 1300),
    ("instance", 700),
];

fn minutes() -> u64 {
    std::env::var("CUTOVER_SOAK_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(10)
}

/// `15s`, `2m`, `1h`, `now` in seconds.
fn seconds(label: &str) -> Option<u64> {
    if label == "now" {
        return Some(0);
    }
    let (number, unit) = label.split_at(label.len().checked_sub(1)?);
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok().map(|number| number * factor)
}

/// Ages that are older than they may be without a sign before them.
fn unmarked(screen: &str) -> Vec<String> {
    let mut found = Vec::new();
    // Ages stand in the titles of panes.
    for line in screen.lines().filter(|line| line.contains('┌')) {
        let words = UNSIGNED_WORDS.iter().map(|(word, most)| (*word, Some(*most)));
        for (word, most) in words.chain([("as of", None)]) {
            for (at, _) in line.match_indices(&format!("{word} ")) {
                let before = &line[..at];
                let title = before.rsplit("┌ ").next().unwrap_or_default();
                let of_pane = || UNSIGNED.iter().find(|(pane, _)| title.starts_with(pane)).map_or(0, |(_, most)| *most);
                let label = line[at + word.len() + 1..].split_whitespace().next().unwrap_or_default();
                let signed = ["▲ ", "✗ ", "? "].iter().any(|sign| before.ends_with(sign));
                if !signed && seconds(label).is_some_and(|age| age > most.unwrap_or_else(of_pane)) {
                    found.push(line.trim().to_owned());
                }
            }
        }
    }
    found
}

fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

#[test]
fn an_age_is_old_in_whatever_unit_and_a_sign_marks_it() {
    let line = |text: &str| unmarked(&format!("┌ Tasks ─ 4 ── {text} ┐")).len();
    assert_eq!([line("as of 15s"), line("as of 2m · metrics 3m"), line("metrics 5m")], [0, 1, 1]);
    assert!(unmarked("┌ Rule ── ● enabled ┐┌ Event subscriptions ─ 2 ── as of 2m ┐").is_empty());
    assert_eq!([line("status 2m · tables now"), line("read 9m"), line("✗ tables 9m · instance 9m")], [1, 1, 0]);
    assert_eq!([line("▲ as of 2m"), line("as of 15s · ✗ metrics 1h"), line("? as of 9m")], [0, 0, 0]);
}

#[test]
#[ignore = "ten minutes; tests/run --full"]
fn a_long_watch_with_faults_coming_and_going() {
    let seed = std::env::var("CUTOVER_SOAK_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    let whole = Duration::from_secs(minutes() * 60);
    eprintln!("soak: {} minutes, CUTOVER_SOAK_SEED={seed}", minutes());
    let mut dice = fastrand::Rng::with_seed(seed);
    let aws = Aws::start(&[]);
    let start = Start::cutover(&[]);
    let mut pty = aws.env().iter().fold(start, |start, (name, value)| start.env(name, value)).start();
    pty.wait("billing-cdc");

    let began = Instant::now();
    let (mut memory, mut on, mut switched) = (Vec::new(), None::<&str>, began);
    while began.elapsed() < whole {
        if switched.elapsed() >= FAULT {
            switched = Instant::now();
            match on.take() {
                Some(fault) => aws.switch_off(fault.split('=').next().unwrap()),
                None => on = FAULTS.get(dice.usize(..FAULTS.len())).inspect(|fault| aws.switch_on(fault)).copied(),
            }
        }
        visit(&pty, WALK[dice.usize(..WALK.len())], on);
        memory.push(pty.resident());
    }
    if let Some(fault) = on {
        aws.switch_off(fault.split('=').next().unwrap());
    }

    // Everything has recovered: every pane of the first screen is young again, and nothing stands in Problems for good.
    pty.keys("r");
    pty.until("young data", |screen| screen.lines().take(3).all(|line| !line.contains('✗') && !line.contains('▲')));
    let quarter = memory.len() / 4;
    let (before, after) = (median(&memory[quarter..2 * quarter]), median(&memory[3 * quarter..]));
    let asked = aws.asked();
    let total = |prefix: &str| asked.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(_, n)| n).sum::<u64>();
    let rate = |prefix: &str| precise(total(prefix)) / began.elapsed().as_secs_f64();
    eprintln!(
        "soak: memory {before} kB in the second quarter, {after} kB in the last; requests a second: dms {:.2}, logs {:.2}, \
         cloudwatch {:.2}, events {:.2}, scheduler {:.2}",
        rate("dms:"),
        rate("logs:"),
        rate("cloudwatch:"),
        rate("events:"),
        rate("scheduler:")
    );
    assert!(after <= before + before / 10 + 4096, "memory grows: {before} kB, then {after} kB; all {memory:?}");
    // The design's budget while somebody looks.
    assert!(rate("dms:") <= 1.0, "{asked:?}");
    assert!(rate("logs:") <= 2.0 && rate("cloudwatch:") <= 0.5, "{asked:?}");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
    pty.assert_given_back();
}

#[allow(clippy::cast_precision_loss, reason = "thousands of requests")]
fn precise(count: u64) -> f64 {
    count as f64
}

/// Looks at one screen for a while, then goes back to the first.
fn visit(pty: &Pty, keys: &str, fault: Option<&str>) {
    pty.keys(keys);
    let end = Instant::now() + VISIT;
    while Instant::now() < end {
        // An age is read where nothing is being painted; the program itself is never waited for.
        let screen = pty.screen();
        let old = unmarked(&screen);
        assert!(old.is_empty(), "old data without a sign, fault {fault:?}: {old:?}\n{screen}");
        assert!(screen.lines().next().is_some_and(|line| line.contains("READ-ONLY")), "no header\n{screen}");
        std::thread::sleep(Duration::from_millis(500));
    }
    pty.keys("\x1b\x1b\x1b");
    pty.until("the first screen", |screen| screen.contains(" Tasks "));
}
