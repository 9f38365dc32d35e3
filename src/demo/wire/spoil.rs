//! Faults that change answers on their way out.

use super::value::Value;

/// Stands before and behind every hostile text: a title change, a clear screen, a bell, C1, bidirectional override,
/// zero-width characters, line breaks, a tag character.
const BEFORE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}";
const BEHIND: &str = "\r\n\u{200b}\u{2066}\u{e0041}\u{7f}\u{1b}[0m";

/// Members a client needs back as they are, or that AWS itself forms: ARNs, tokens, ids, codes, embedded JSON, names of
/// attributes.
const SPARED: [&str; 18] = [
    "Marker",
    "NextToken",
    "nextToken",
    "eventId",
    "Id",
    "StatusCode",
    "Account",
    "UserId",
    "TableMappings",
    "ReplicationTaskSettings",
    "ReplicationSettings",
    "Namespace",
    "MetricName",
    "Input",
    "EventPattern",
    "SecretString",
    "VersionId",
    "key",
];

/// This text with hostile characters around it.
pub fn hostile(text: &str) -> String {
    format!("{BEFORE}{text}{BEHIND}")
}

/// Puts hostile characters around every text.
pub fn make_hostile(value: &mut Value) {
    match value {
        Value::Text(text) => *text = hostile(text),
        Value::List(items) => items.iter_mut().for_each(make_hostile),
        Value::Map(members) => {
            for (name, member) in members {
                let arn = member.text().is_some_and(|text| text.starts_with("arn:")) && name != "Arn";
                if !arn && !SPARED.contains(&name.as_ref()) {
                    make_hostile(member);
                }
            }
        }
        _ => {}
    }
}

/// Takes the hostile characters out of a request, so that a name which came out hostile still names its thing.
pub fn undo_hostile(value: &mut Value) {
    match value {
        Value::Text(text) => *text = text.replace(BEFORE, "").replace(BEHIND, ""),
        Value::List(items) => items.iter_mut().for_each(undo_hostile),
        Value::Map(members) => members.iter_mut().for_each(|(_, member)| undo_hostile(member)),
        _ => {}
    }
}

/// Leaves out every member of this name.
pub fn leave_out(value: &mut Value, name: &str) {
    match value {
        Value::List(items) => items.iter_mut().for_each(|item| leave_out(item, name)),
        Value::Map(members) => {
            members.retain(|(key, _)| key != name);
            for (_, member) in members {
                leave_out(member, name);
            }
        }
        _ => {}
    }
}

/// Puts another account into an answer of `GetCallerIdentity`.
pub fn replace_account(value: &mut Value, from: &str, to: &str) {
    if let Value::Map(members) = value {
        for (_, member) in members {
            if let Value::Text(text) = member {
                *text = text.replace(from, to);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_spares_arns_and_tokens_and_can_be_undone() {
        let plain = Value::map([
            ("ReplicationTaskArn", "arn:aws:dms:eu-west-1:1:task:X".into()),
            ("Marker", "abc".into()),
            ("Status", "running".into()),
            ("Rows", Value::list([Value::map([("TableName", "orders".into())])])),
        ]);
        let mut value = plain.clone();
        make_hostile(&mut value);
        assert_eq!(value.text_of("ReplicationTaskArn"), plain.text_of("ReplicationTaskArn"));
        assert_eq!(value.text_of("Marker"), Some("abc"));
        assert!(value.text_of("Status").unwrap().contains("\u{1b}[2J"));
        assert!(value.items_of("Rows")[0].text_of("TableName").unwrap().contains('\n'));
        undo_hostile(&mut value);
        assert_eq!(value, plain);
    }
}
