//! Reading JSON that somebody else defines, so that nothing in it is lost: what is understood is taken out, what is left
//! is shown as it came. And the difference of two documents, by what they say and not by how they are written.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// An object of which parts have been taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rest(Map<String, Value>);

impl Rest {
    pub fn new(object: Map<String, Value>) -> Self {
        Self(object)
    }

    /// A text, number or truth; anything else stays.
    pub fn text(&mut self, key: &str) -> Option<String> {
        let text = scalar(self.0.get(key)?)?;
        self.0.remove(key);
        Some(text)
    }

    /// True or false; anything else stays.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let flag = scalar(self.0.get(key)?)?.parse().ok()?;
        self.0.remove(key);
        Some(flag)
    }

    /// Another object; anything else stays.
    pub fn object(&mut self, key: &str) -> Option<Self> {
        if !self.0.get(key)?.is_object() {
            return None;
        }
        match self.0.remove(key) {
            Some(Value::Object(object)) => Some(Self(object)),
            _ => None,
        }
    }

    /// A list; anything else stays.
    pub fn list(&mut self, key: &str) -> Option<Vec<Value>> {
        if !self.0.get(key)?.is_array() {
            return None;
        }
        match self.0.remove(key) {
            Some(Value::Array(list)) => Some(list),
            _ => None,
        }
    }

    /// What nobody took, as it is; empty ones say nothing.
    pub fn left(self) -> impl Iterator<Item = (String, String)> {
        self.0.into_iter().filter(|(_, value)| !is_nothing(value)).map(|(key, value)| (key, written(&value)))
    }
}

/// Null and what holds nothing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// DMS accepts numbers and texts for the same thing.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A value in one line: a text without its quotes.
pub fn written(value: &Value) -> String {
    scalar(value).unwrap_or_else(|| value.to_string())
}

/// One difference; `None` where it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// `Logging.EnableLogging`, `rules[rule-id 3].rule-action`.
    pub path: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// What differs, in the order of the old document, then what is new. `None` where one of them is not JSON.
pub fn diff(old: &str, new: &str) -> Option<Vec<Changed>> {
    let (old, new): (Value, Value) = (serde_json::from_str(old).ok()?, serde_json::from_str(new).ok()?);
    let mut out = Vec::new();
    compare("", Some(&old), Some(&new), &mut out);
    Some(out)
}

fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, out: &mut Vec<Changed>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            for (key, value) in old {
                compare(&below(key), Some(value), new.get(key), out);
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                compare(&below(key), None, Some(value), out);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => match (keyed(before), keyed(after)) {
            (Some((key, before)), Some((other, after))) if key == other => {
                let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
                for id in ids {
                    let place = format!("{path}[{key} {id}]");
                    compare(&place, before.get(id).copied(), after.get(id).copied(), out);
                }
            }
            _ => out.push(Changed { path: path.to_owned(), old: old.map(written), new: new.map(written) }),
        },
        _ => out.push(Changed { path: path.to_owned(), old: old.map(written), new: new.map(written) }),
    }
}

/// Members that name one entry of a list, in the documents of DMS.
const NAMES: [&str; 2] = ["rule-id", "Id"];

/// A list whose entries all have a name of their own: its order says nothing.
fn keyed(list: &[Value]) -> Option<(&'static str, BTreeMap<String, &Value>)> {
    NAMES.into_iter().find_map(|key| {
        let named: Option<BTreeMap<String, &Value>> =
            list.iter().map(|entry| Some((scalar(entry.get(key)?)?, entry))).collect();
        named.filter(|named| named.len() == list.len() && !list.is_empty()).map(|named| (key, named))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_what_the_documents_say_and_not_how_they_are_written() {
        let lines = |old: &Value, new: &Value| -> Vec<String> {
            let all = diff(&old.to_string(), &serde_json::to_string_pretty(new).unwrap()).unwrap();
            let side = |side: Option<String>| side.unwrap_or_else(|| "-".into());
            all.into_iter().map(|one| format!("{}: {} > {}", one.path, side(one.old), side(one.new))).collect()
        };
        for (old, new, want) in [
            (json!({"a": 1, "b": {"c": true}}), json!({"b": {"c": true}, "a": 1}), vec![]),
            (json!({"b": {"c": true}}), json!({"b": {"c": false}}), vec!["b.c: true > false"]),
            (json!({"a": 1}), json!({"b": "x"}), vec!["a: 1 > -", "b: - > x"]),
            (json!({"a": null}), json!({"a": 1}), vec!["a: null > 1"]),
            (
                json!({"rules": [{"rule-id": "1", "x": 1}, {"rule-id": "2", "x": 1}]}),
                json!({"rules": [{"rule-id": "2", "x": 5}, {"rule-id": "1", "x": 1}]}),
                vec!["rules[rule-id 2].x: 1 > 5"],
            ),
            (
                json!({"rules": [{"rule-id": 1}]}),
                json!({"rules": [{"rule-id": 1}, {"rule-id": 2, "x": "y"}]}),
                vec![r#"rules[rule-id 2]: - > {"rule-id":2,"x":"y"}"#],
            ),
            // Two rules of one id cannot be told apart: the list as a whole has changed.
            (
                json!([{"rule-id": 1}, {"rule-id": 1}]),
                json!([{"rule-id": 1}]),
                vec![r#": [{"rule-id":1},{"rule-id":1}] > [{"rule-id":1}]"#],
            ),
            (json!(["a", "b"]), json!(["a"]), vec![r#": ["a","b"] > ["a"]"#]),
        ] {
            assert_eq!(lines(&old, &new), want);
        }
        assert_eq!(diff("{", "{}"), None);
    }

    proptest::proptest! {
        #[test]
        fn texts_that_say_the_same_do_not_differ_and_any_others_do(a in "[a-c]{0,3}", b in "[a-c]{0,3}", n in 0..3, m in 0..3) {
            let document = |text: &str, n: i32| json!({"k": {"text": text, "list": [{"Id": n, "v": text}]}});
            let same = (a == b) && (n == m);
            let all = diff(&document(&a, n).to_string(), &document(&b, m).to_string()).unwrap();
            proptest::prop_assert_eq!(all.is_empty(), same);
        }
    }
}
