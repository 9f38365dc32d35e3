//! Keys and triggers as they were when this was planned, and which of them are not so any more. Start at [`drifted`].

use super::around::Around;
use super::build::digest;
use super::{KeySeen, Plan, TriggerSeen};
use crate::db::schema::TableName;
use crate::db::schema::keys::Key;
use crate::db::schema::triggers::Trigger;
use std::collections::BTreeMap;

pub(super) fn seen(around: &Around) -> (Vec<KeySeen>, Vec<TriggerSeen>) {
    let pair = |name: &TableName| (name.schema.clone(), name.name.clone());
    let keys = around.keys.iter().map(|(key, orphans)| KeySeen {
        ident: key.ident.clone(),
        child: pair(&key.child),
        parent: pair(&key.parent),
        definition: of_key(key),
        orphans: *orphans,
    });
    let triggers = around.triggers.iter().map(|trigger| TriggerSeen {
        ident: trigger.ident.clone(),
        table: pair(&trigger.table),
        definition: of_trigger(trigger),
    });
    (keys.collect(), triggers.collect())
}

fn of_key(key: &Key) -> String {
    digest(&key.def)
}

fn of_trigger(trigger: &Trigger) -> String {
    digest(&(&trigger.def, trigger.state))
}

/// Which key or trigger is not as it was when this was planned, or was not there then; `None`: all are as they were.
pub fn drifted(plan: &Plan, keys: &[Key], triggers: &[Trigger]) -> Option<String> {
    let keys_now = keys.iter().map(|key| (key.ident.as_str(), of_key(key)));
    let keys_then = plan.keys.iter().map(|key| (key.ident.as_str(), key.definition.as_str()));
    let triggers_now = triggers.iter().map(|one| (one.ident.as_str(), of_trigger(one)));
    let triggers_then = plan.triggers.iter().map(|one| (one.ident.as_str(), one.definition.as_str()));
    let what = |noun, now: BTreeMap<&str, String>, then: BTreeMap<&str, &str>| {
        let other = now.iter().find(|(ident, of)| then.get(*ident) != Some(&of.as_str())).map(|(ident, _)| *ident);
        let gone = || then.keys().find(|ident| !now.contains_key(*ident)).copied();
        other.or_else(gone).map(|ident| format!("{noun} {ident} is not as it was when this was planned: plan it again"))
    };
    what("key", keys_now.collect(), keys_then.collect())
        .or_else(|| what("trigger", triggers_now.collect(), triggers_then.collect()))
}
