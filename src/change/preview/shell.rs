//! Commands of the AWS CLI as text that a shell takes as it was meant.

use crate::model::Scope;
use crate::model::untrusted::shown;
use std::fmt::Write as _;

/// For a POSIX shell.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./@%+=:,-".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", shown(text).replace('\'', "'\\''"))
}

/// Where: the region, and the profile where it is not the default.
pub fn place(scope: &Scope) -> String {
    match scope.profile.as_str() {
        "default" | "demo" => format!("--region {}", quoted(&scope.region.0)),
        profile => format!("--region {} --profile {}", quoted(&scope.region.0), quoted(profile)),
    }
}

/// JSON as one word: nothing that a terminal or a shell acts upon stands in it, and nothing of it is left out.
pub fn json(value: &serde_json::Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        if c == '\'' || !(c == ' ' || c.is_ascii_graphic()) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    format!("'{text}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_the_command() {
        for (name, want) in [
            ("nightly-1.x", "nightly-1.x"),
            ("a b", "'a b'"),
            ("x'; rm -rf ~; '", r"'x'\''; rm -rf ~; '\'''"),
            ("$(id)", "'$(id)'"),
            ("-rf", "'-rf'"),
            ("a\u{1b}[2Jb", "'a[2Jb'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(name), want);
        }
    }

    proptest::proptest! {
        #[test]
        fn json_says_the_same_and_is_one_clean_word(text in "\\PC{0,40}|[\\x00-\\x7f\u{202e}']{0,20}") {
            let value = serde_json::json!([{ "TableName": text }]);
            let word = json(&value);
            let inside = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')).unwrap();
            proptest::prop_assert!(!inside.contains('\''));
            proptest::prop_assert!(inside.chars().all(|c| c == ' ' || c.is_ascii_graphic()));
            proptest::prop_assert_eq!(serde_json::from_str::<serde_json::Value>(inside).unwrap(), value);
        }
    }
}
