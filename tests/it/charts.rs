//! Metrics from the wire to the screen, and to the list without one.

use crate::cli::Aws;
use crate::pty::{Pty, Start};

fn on(aws: &Aws) -> Pty {
    aws.env().iter().fold(Start::cutover(&[]), |start, (name, value)| start.env(name, value)).start()
}

/// The charts of `billing-cdc`, from the screen that comes first.
fn opened(pty: &Pty) {
    pty.wait("billing-cdc");
    pty.keys("/billing\rm");
    pty.wait("Latency, seconds");
}

#[test]
fn the_charts_of_a_task_have_axes_units_values_and_a_cursor() {
    let aws = Aws::start(&[]);
    let mut pty = on(&aws);
    opened(&pty);
    let screen = pty.until("the instance's points", |screen| screen.contains("GiB┤") && screen.contains("100%┤"));
    assert!(screen.contains(" s┤") && screen.contains("UTC") && screen.contains("┬"), "{screen}");
    assert!(screen.contains("target") && screen.contains("source"), "{screen}");
    assert!(screen.contains("cost about $") && screen.contains("at most $20.00"), "{screen}");
    pty.keys("\x1b[D\x1b[D");
    pty.wait(" UTC   ⠒⠒ target");
    pty.keys("+");
    pty.wait("last 3 h");
    // The next chart is the large one.
    pty.keys("j");
    pty.wait("Throughput, rows/s");
    pty.keys("q");
    pty.wait_gone("Throughput");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
    let asked = aws.asked();
    let metrics: u64 = asked.iter().filter(|(name, _)| name.ends_with(":GetMetricData")).map(|(_, count)| count).sum();
    assert!((3..20).contains(&metrics), "{asked:?}");
}

#[test]
fn minutes_without_points_are_a_gap_and_told() {
    let aws = Aws::start(&["missing-metrics=billing-cdc"]);
    let mut pty = on(&aws);
    opened(&pty);
    let screen = pty.until("why it ended", |screen| screen.contains("✗ no point since"));
    // The newest quarter of an hour of sixty minutes is empty; the instance's own points are not.
    let plot = screen.lines().find(|line| line.contains("  0┤")).unwrap();
    let dots: Vec<char> = plot.split_once('┤').unwrap().1.trim_end_matches('│').chars().collect();
    let last = dots.iter().rposition(|dot| ('\u{2801}'..='\u{28ff}').contains(dot)).unwrap();
    assert!((70..86).contains(&(last * 100 / dots.len())), "{plot}");
    pty.keys("-");
    let screen = pty.wait("last 15 min");
    assert!(screen.matches("no point since").count() >= 2, "{screen}");
    pty.keys("q");
    pty.wait_gone("Latency, seconds");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn metrics_that_may_not_be_read_name_what_is_missing() {
    let aws = Aws::start(&["access-denied=GetMetricData"]);
    let mut pty = on(&aws);
    pty.wait("billing-cdc");
    pty.keys("/billing\rm");
    pty.wait("cloudwatch:GetMetricData");
    pty.keys("qq");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn the_list_has_the_instance_where_that_is_asked_for() {
    let aws = Aws::start(&[]);
    let rows = aws.json(&["metrics", "billing-cdc", "--since=2h", "--instance", "--output=json"]);
    let count = |of: &str| rows.iter().filter(|row| row["of"] == of).count();
    assert_eq!((count("task"), count("instance")), (18, 13));
    let disk = rows.iter().find(|row| row["metric"] == "FreeStorageSpace").unwrap();
    assert_eq!((disk["of"].as_str(), disk["unit"].as_str()), (Some("instance"), Some("bytes")));
    assert!((118..=121).contains(&disk["points"].as_array().unwrap().len()));
    for wrong in [&["metrics", "billing-cdc", "--since=16d"][..], &["metrics", "x", "--since=1h", "--minutes=5"]] {
        assert_eq!(aws.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
