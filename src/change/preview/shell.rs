//! Commands of the AWS CLI as text that a shell takes as it was meant.

use crate::model::Scope;
use crate::model::shell::quoted;
use std::fmt::Write as _;

/// The account of the embedded AWS; nobody has it.
const EXAMPLE: &str = "123456789012";

/// Where: the region, and the profile where one is used, `default` too. Whoever copies the line may have another one in his
/// environment.
pub fn place(scope: &Scope) -> String {
    let region = format!("--region {}", quoted(&scope.region.0));
    match scope.profile.as_str() {
        Scope::NO_PROFILE => region,
        "demo" if scope.account.0 == EXAMPLE => region,
        profile => format!("{region} --profile {}", quoted(profile)),
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
    use crate::model::{AccountId, Region};

    #[test]
    fn the_profile_is_left_out_only_where_none_is_used() {
        for (profile, account, want) in [
            ("migration", "1", "--region eu-west-1 --profile migration"),
            ("default", "1", "--region eu-west-1 --profile default"),
            ("demo", "1", "--region eu-west-1 --profile demo"),
            ("demo", EXAMPLE, "--region eu-west-1"),
            (Scope::NO_PROFILE, "1", "--region eu-west-1"),
        ] {
            let (account, region) = (AccountId(account.into()), Region("eu-west-1".into()));
            assert_eq!(place(&Scope { profile: profile.into(), account, region }), want, "{profile}");
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
