//! `cutover databases TASK` on the embedded AWS: the databases are found as in production, by the endpoints' secrets.

use crate::cli::{Aws, fits, promised, text};
use serde_json::{Map, Value};
use std::time::{Duration, Instant};

fn asked(aws: &Aws, more: &[&str]) -> Vec<Map<String, Value>> {
    let args = [&["databases", "billing-cdc", "--output=json"], more].concat();
    let output = aws.run(&args);
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

/// A table of this task is out from its opening run on, which takes a moment.
fn until_suspended(aws: &Aws, more: &[&str]) -> Vec<Map<String, Value>> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let rows = asked(aws, more);
        if rows.iter().any(|row| row["kind"] == "suspended") {
            return rows;
        }
        assert!(Instant::now() < deadline, "{rows:#?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn the_databases_of_a_demo_task_say_which_table_was_given_up() {
    let launcher = Some(cutover::demo::launcher());
    let aws = Aws::with(cutover::demo::Options { launcher, ..cutover::demo::Options::default() });
    let rows = until_suspended(&aws, &[]);
    let names = promised("databases");
    for row in &rows {
        assert_eq!(row.keys().collect::<Vec<_>>(), names.keys().collect::<Vec<_>>());
        for (name, kind) in &names {
            assert!(fits(&row[name], kind), "{name}: {} is not {kind}", row[name]);
        }
        assert_eq!(row["values"], Value::Null);
    }
    let check = |name: &str| rows.iter().find(|row| row["kind"] == "check" && row["name"] == name).unwrap();
    assert_eq!(check("suspended tables")["standing"], "fail");
    assert!(check("suspended tables")["words"].as_str().unwrap().contains("shop.invoice_line"), "{rows:#?}");
    assert_eq!(check("log of the source")["standing"], "not_due");
    let suspended = rows.iter().find(|row| row["kind"] == "suspended").unwrap();
    assert_eq!((suspended["schema"].as_str(), suspended["table"].as_str()), (Some("shop"), Some("invoice_line")));
    assert!(suspended["at"].is_string() && suspended["as_of"].is_string());

    let with_values = asked(&aws, &["--with-values"]);
    let suspended = with_values.iter().find(|row| row["kind"] == "suspended").unwrap();
    assert_eq!(suspended["values"], serde_json::json!(["TABLE ERROR"]));
    // Whoever had them printed stands in the audit, and only he.
    let noted = aws.run(&["activity", "--output=json"]);
    let noted: Vec<Map<String, Value>> = serde_json::from_slice(&noted.stdout).unwrap();
    let noted: Vec<_> = noted.iter().map(|one| (one["kind"].as_str(), one["name"].as_str())).collect();
    assert_eq!(noted, [(Some("print-values"), Some("task:billing-cdc"))]);
    let none = aws.run(&["databases", "nobody"]);
    assert_eq!(none.status.code(), Some(2), "{}", text(&none.stderr));
}
