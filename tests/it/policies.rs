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
fn no_policy_allows_reading_a_password() {
    for row in TABLE.iter().filter(|row| row.access == Access::Password) {
        assert!(!actions("watch.json").contains(row.action), "{}", row.action);
    }
}
