//! Event subscriptions as rows. There is no command that prints them: the console writes what stands on its screen.

use super::{Column, column};
use crate::model::parts::EventSubscription;
use crate::model::topic::Audience;
use serde_json::{Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
    column("name", "NAME"),
    column("status", "STATUS"),
    column("enabled", "ENABLED"),
    column("dead", "DEAD"),
    column("topic", "TOPIC"),
    column("confirmed", "LISTEN"),
    column("pending", "PENDING"),
];

pub fn cells(one: &EventSubscription) -> Vec<Value> {
    let (confirmed, pending) = match one.audience {
        Audience::Known { confirmed, pending } => (json!(confirmed), json!(pending)),
        Audience::Unknown | Audience::NoTopic => (Value::Null, Value::Null),
    };
    vec![
        json!(one.name.raw()),
        json!(one.status.raw()),
        json!(one.enabled),
        json!(one.is_dead()),
        json!(one.topic.raw()),
        confirmed,
        pending,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_the_dead_from_those_that_are_heard_and_leaves_open_what_nobody_said() {
        let one = |audience| EventSubscription {
            name: "dms".into(),
            topic: "arn:aws:sns:eu-west-1:1:t".into(),
            status: "active".into(),
            enabled: true,
            audience,
        };
        for (audience, dead, confirmed) in [
            (Audience::Unknown, false, Value::Null),
            (Audience::NoTopic, true, Value::Null),
            (Audience::Known { confirmed: 0, pending: 1 }, true, json!(0)),
            (Audience::Known { confirmed: 2, pending: 0 }, false, json!(2)),
        ] {
            let row = cells(&one(audience));
            assert_eq!(row.len(), COLUMNS.len());
            assert_eq!((&row[3], &row[5]), (&json!(dead), &confirmed), "{audience:?}");
        }
    }
}
