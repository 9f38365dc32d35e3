//! Alerts from the real programs: what is wrong in the demo, acknowledged, alone on screen, and the same in JSON.

use crate::cli::Aws;
use crate::config::agrees;
use crate::pty::Start;
use cutover::model::alert::{TABLE, limits, markdown};
use std::path::Path;

const BEGIN: &str = "<!-- rules: made from src/model/alert/table.rs; CUTOVER_ACCEPT=1 writes them -->\n";
const END: &str = "<!-- end of rules -->\n";

#[test]
fn every_rule_stands_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
    let there = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = there.split_once(BEGIN).expect("where the rules begin");
    let (_, after) = rest.split_once(END).expect("where the rules end");
    agrees(&path, &format!("{before}{BEGIN}\n{}\n{END}{after}", markdown()));
}

#[test]
fn every_limit_stands_in_the_example_of_the_configuration() {
    let example = cutover::config::example();
    for row in &limits::TABLE {
        assert!(example.contains(&format!("\n{} = ", row.key)), "{}", row.key);
    }
}

#[test]
fn the_command_tells_the_same_alerts_by_the_same_names() {
    let aws = Aws::start(&[]);
    let tasks = aws.json(&["tasks", "--output", "json"]);
    let alerts = |name: &str| -> Vec<(String, String)> {
        let task = tasks.iter().find(|task| task["name"] == name).unwrap();
        let text = |alert: &serde_json::Value, key: &str| alert[key].as_str().unwrap().to_owned();
        task["alerts"].as_array().unwrap().iter().map(|a| (text(a, "id"), text(a, "severity"))).collect()
    };
    let critical = |id: &str| (id.to_owned(), "critical".to_owned());
    assert!(alerts("billing-cdc").contains(&critical("table-error")), "{:?}", alerts("billing-cdc"));
    assert!(alerts("catalog-load").contains(&critical("failed")), "{:?}", alerts("catalog-load"));
    assert_eq!(alerts("staging-refresh"), []);
    for (id, _) in ["billing-cdc", "catalog-load", "orders-cdc"].into_iter().flat_map(alerts) {
        assert!(TABLE.iter().any(|rule| rule.id == id), "{id}");
    }
}

#[test]
fn the_limits_of_the_configuration_reach_the_rules() {
    let aws = Aws::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, "[alerts.task.\"orders-*\"]\nlatency_warning_seconds = 86400\n").unwrap();
    let output = aws.run(&["--config", file.to_str().unwrap(), "tasks", "--output", "json"]);
    assert_eq!(output.status.code(), Some(2), "a warning above the critical limit is a contradiction");
    let said = crate::cli::text(&output.stderr);
    assert!(said.contains("`alerts.task.\"orders-*\".latency_critical_seconds` is below"), "{said}");
    let limits = "[alerts.task.\"orders-*\"]\nlatency_warning_seconds = 1\nlatency_critical_seconds = 1\n";
    std::fs::write(&file, limits).unwrap();
    let output = aws.run(&["--config", file.to_str().unwrap(), "tasks", "--output", "json"]);
    let tasks: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let orders = tasks.as_array().unwrap().iter().find(|task| task["name"] == "orders-cdc").unwrap();
    assert_eq!(orders["health"], "critical", "{orders}");
}

#[test]
fn an_alert_of_the_demo_is_acknowledged_and_tasks_without_one_go_out_of_sight() {
    let mut pty = Start::cutover(&["demo", "--seed", "7"]).size(120, 40).start();
    pty.until("the alerts in the footer", |screen| screen.contains("billing-cdc") && screen.contains(" alerts "));
    pty.keys("p");
    // Its row: events of it may stand beside.
    let screen = pty.wait_gone("staging-refresh  ");
    assert!(screen.contains("only alerts") && screen.contains("billing-cdc"), "{screen}");
    pty.keys("p");
    pty.wait("staging-refresh  ");
    pty.keys("A");
    pty.wait("not checked: ");
    pty.keys("/where:billing what:table\r");
    pty.until("the alert alone", |screen| screen.contains("1 table in error") && !screen.contains("catalog-load"));
    pty.keys("a");
    pty.wait("a reason; @30m @8h @2d");
    pty.keys("the DBA knows @8x");
    pty.wait("@8x is no time");
    pty.keys("\x7f\x7fh");
    pty.wait("is no time");
    pty.keys("\x7f8h\r");
    let screen = pty.wait("1 acknowledged");
    assert!(screen.contains("ack 8h") || screen.contains("ack 479m") || screen.contains("ack 7h"), "{screen}");
    assert!(screen.contains("the DBA knows (at "), "{screen}");
    pty.keys("a");
    pty.wait_gone("1 acknowledged");
    pty.keys("\r");
    pty.wait("Tables of billing-cdc");
    pty.keys("\x1bq");
    pty.wait("staging-refresh  ");
    assert!(!pty.raw().contains(&7), "what was there before us rings no bell");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
    pty.assert_given_back();
}
