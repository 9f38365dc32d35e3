//! The IAM policies in `assets/iam/` are exactly what the operation table needs: no action more, none less.

use cutover::model::operation::{Access, TABLE};
use std::collections::BTreeSet;
use std::path::Path;

fn actions(file: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/iam").join(file);
    let policy: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(policy["Version"], "2012-10-17", "IAM reads any other version as the language of 2008");
    let mut out = BTreeSet::new();
    for statement in policy["Statement"].as_array().unwrap() {
        assert_eq!(statement["Effect"], "Allow");
        for action in statement["Action"].as_array().unwrap() {
            let action = action.as_str().unwrap();
            assert!(!action.contains('*'), "{action} allows more than its name says");
            assert!(out.insert(action.to_owned()), "{action} stands there twice");
        }
    }
    out
}

#[test]
fn the_watch_policy_allows_every_read_and_nothing_else() {
    let needed: BTreeSet<String> =
        TABLE.iter().filter(|row| row.access == Access::Read).map(|row| row.action.to_owned()).collect();
    assert_eq!(actions("watch.json"), needed);
}

#[test]
fn the_operate_policy_allows_what_watching_needs_and_every_write() {
    let wanted = TABLE.iter().filter(|row| matches!(row.access, Access::Read | Access::Write));
    let needed: BTreeSet<String> =
        wanted.flat_map(|row| [row.action].into_iter().chain(row.besides.iter().copied())).map(str::to_owned).collect();
    assert_eq!(actions("operate.json"), needed);
    assert!(actions("watch.json").is_subset(&needed) && actions("watch.json").len() < needed.len());
}

#[test]
fn roles_are_passed_to_the_scheduler_and_to_nobody_else() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/iam/operate.json");
    let policy: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let passes = |one: &&serde_json::Value| one["Action"].as_array().unwrap().iter().any(|a| a == "iam:PassRole");
    let passing: Vec<_> = policy["Statement"].as_array().unwrap().iter().filter(passes).collect();
    assert_eq!(passing.len(), 1);
    assert_eq!(passing[0]["Action"].as_array().unwrap().len(), 1);
    assert_eq!(passing[0]["Condition"]["StringEquals"]["iam:PassedToService"], "scheduler.amazonaws.com");
}

#[test]
fn no_policy_allows_reading_a_password() {
    for row in TABLE.iter().filter(|row| row.access == Access::Password) {
        for file in ["watch.json", "operate.json"] {
            assert!(!actions(file).contains(row.action), "{file}: {}", row.action);
        }
    }
}
