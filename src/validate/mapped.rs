//! The tables of a task: what its mappings take, where each arrives, and what cannot be compared and why. Pure.
//!
//! Start at [`pairs`]. Names of a task are DMS's own and taken as they stand; nothing that it takes is left out silently.

use super::names::{self, Asked, Left, Name, Names, Pairs, dotted};
use crate::model::mappings::{Mappings, like};
use crate::model::untrusted::shown;
use std::collections::{BTreeMap, BTreeSet};

/// What a task says of its tables.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskTables {
    pub mappings: Mappings,
    /// Every table goes into this schema, whatever the mappings say.
    pub schema: Option<String>,
    /// LOBs are cut to so many KB, where no rule says otherwise.
    pub lob_limit_kb: Option<u64>,
    /// Tables of which DMS counts rows.
    pub counted: Vec<Name>,
}

impl TaskTables {
    pub fn takes(&self, (schema, table): &Name) -> bool {
        self.mappings.selects(schema, table)
    }

    pub fn lob_limit_bytes(&self, (schema, table): &Name) -> Option<u64> {
        let limit = self.takes(&(schema.clone(), table.clone()));
        limit.then(|| self.mappings.lob_limit_kb(schema, table, self.lob_limit_kb)).flatten().map(|kb| kb * 1_024)
    }

    fn place(&self, (schema, table): &Name) -> Result<Name, String> {
        let (there, name) = self.mappings.place(schema, table)?;
        Ok((self.schema.clone().unwrap_or(there), name))
    }
}

/// Pairs the tables that the task takes. `more` names others beside them, or other targets. `narrowed`: of this one only
/// some rows of the target are compared, so that others may stand there too.
///
/// # Errors
/// A name that means nothing.
pub fn pairs(
    source: &Names,
    target: &Names,
    task: &TaskTables,
    more: &[Asked],
    narrowed: &dyn Fn(&Name) -> bool,
) -> Result<Pairs, String> {
    let mut pairs = Pairs::default();
    for one in names::expanded(source, more)? {
        let from = names::find(source, &one.source, "source")?;
        let to = match &one.target {
            Some(name) => Some(names::find(target, name, "target")?),
            None if task.takes(&from) => continue,
            None => names::counterpart(source, target, &from, &BTreeSet::new()),
        };
        match to {
            // What is said last counts.
            Some(to) => {
                pairs.both.retain(|(other, _)| *other != from);
                pairs.both.push((from, to));
            }
            None => pairs.source_only.push(from),
        }
    }
    let named: BTreeSet<Name> = pairs.both.iter().map(|(from, _)| from.clone()).collect();
    for name in source.all.iter().filter(|name| task.takes(name) && !named.contains(*name)) {
        if names::is_of_dms(name) {
            pairs.of_dms.push(name.clone());
            continue;
        }
        let leave = |target: Option<Name>, reason: String| Left { source: name.clone(), target, reason, waived: false };
        match task.place(name) {
            Err(why) => pairs.left.push(leave(None, why)),
            Ok(to) => {
                if let Some(there) = exactly(target, &to) {
                    pairs.both.push((name.clone(), there));
                } else {
                    let to = dotted(&to);
                    let reason = format!("the target has no table {}, where the task puts it", shown(&to));
                    pairs.left.push(leave(None, reason));
                }
            }
        }
    }
    for name in task.mappings.named().into_iter().filter(|name| !source.all.contains(name)) {
        let why = if task.counted.contains(&name) { COUNTED } else { "the task takes it by name" };
        let reason = format!("{why}, and the source has no such table that this user can see");
        pairs.left.push(Left { source: name, target: None, reason, waived: false });
    }
    unseen(&mut pairs, source, task);
    apart(&mut pairs, narrowed);
    let taken: BTreeSet<&Name> = pairs.both.iter().map(|(_, to)| to).collect();
    let schemas: BTreeSet<&String> = taken.iter().map(|(schema, _)| schema).collect();
    let others = target.all.iter().filter(|name| schemas.contains(&name.0) && !taken.contains(name));
    let (of_dms, others): (Vec<Name>, Vec<Name>) = others.cloned().partition(names::is_of_dms);
    pairs.target_only = others;
    pairs.of_dms.extend(of_dms);
    Ok(pairs)
}

const COUNTED: &str = "DMS counts its rows";

/// What the task takes, and nobody finds there: this user may not be allowed to see it.
fn unseen(pairs: &mut Pairs, source: &Names, task: &TaskTables) {
    let mut leave = |source: Name, reason: String| {
        if !pairs.left.iter().any(|left| left.source == source) {
            pairs.left.push(Left { source, target: None, reason, waived: false });
        }
    };
    for rule in task.mappings.patterns() {
        let takes = |(schema, table): &Name| like(&rule.schema, schema) && like(&rule.table, table);
        if source.all.iter().any(takes) {
            continue;
        }
        // A table that is compared has the rows of its parts.
        let parts: Vec<&Name> = source.parts.iter().filter(|(part, _)| takes(part)).map(|(_, of)| of).collect();
        if !parts.is_empty() && parts.iter().all(|of| task.takes(of)) {
            continue;
        }
        let reason = match parts.iter().find(|of| !task.takes(of)) {
            Some(of) => format!(
                "rule {} of the task takes only parts of {}, which is compared as a whole: name that table",
                rule.id,
                shown(&dotted(of))
            ),
            None => format!(
                "rule {} of the task takes it, and the source has no such table that this user can see",
                rule.id
            ),
        };
        leave((rule.schema.clone(), rule.table.clone()), reason);
    }
    let alike = |a: &Name, b: &Name| a.0.eq_ignore_ascii_case(&b.0) && a.1.eq_ignore_ascii_case(&b.1);
    for name in task.counted.iter().filter(|name| !names::is_of_dms(name)) {
        let there = source.all.iter().any(|other| alike(name, other));
        let part = source.parts.iter().any(|(part, of)| alike(name, part) && task.takes(of));
        if !there && !part {
            let reason = format!("{COUNTED}, and the source has no such table that this user can see");
            leave(name.clone(), reason);
        }
    }
}

/// The target's table of this name; without regard to case only where one is meant.
fn exactly(target: &Names, name: &Name) -> Option<Name> {
    if target.all.contains(name) {
        return Some(name.clone());
    }
    let alike = |other: &&Name| other.0.eq_ignore_ascii_case(&name.0) && other.1.eq_ignore_ascii_case(&name.1);
    let mut found = target.all.iter().filter(alike);
    match (found.next(), found.next()) {
        (Some(one), None) => Some(one.clone()),
        _ => None,
    }
}

/// Where several tables go into one, each by itself would find the rows of the others there.
fn apart(pairs: &mut Pairs, narrowed: &dyn Fn(&Name) -> bool) {
    let mut into: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
    for (from, to) in &pairs.both {
        into.entry(to.clone()).or_default().push(from.clone());
    }
    for (to, all) in into.into_iter().filter(|(_, all)| all.len() > 1) {
        let names: Vec<String> = all.iter().map(|name| shown(&dotted(name)).into_owned()).collect();
        for from in all.into_iter().filter(|from| !narrowed(from)) {
            pairs.both.retain(|(other, _)| *other != from);
            let reason = format!(
                "{} go into one table: say with target_where which of its rows came from this one",
                names.join(" and ")
            );
            pairs.left.push(Left { source: from, target: Some(to.clone()), reason, waived: false });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mappings::parse;

    fn names(all: &[&str]) -> Names {
        let split = |name: &&str| name.split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        Names { all: all.iter().map(split).collect(), ..Names::default() }
    }

    fn task(rules: &[&str]) -> TaskTables {
        let mappings = parse(&format!(r#"{{"rules":[{}]}}"#, rules.join(","))).unwrap();
        TaskTables { mappings, ..TaskTables::default() }
    }

    fn select(action: &str, schema: &str, table: &str) -> String {
        format!(
            r#"{{"rule-type":"selection","rule-id":"1","rule-action":"{action}",
            "object-locator":{{"schema-name":"{schema}","table-name":"{table}"}}}}"#
        )
    }

    fn turn(target: &str, action: &str, table: &str, value: &str) -> String {
        format!(
            r#"{{"rule-type":"transformation","rule-id":"7","rule-target":"{target}","rule-action":"{action}","value":"{value}",
            "object-locator":{{"schema-name":"shop","table-name":"{table}"}}}}"#
        )
    }

    /// Pairs as `a.b>c.d`, what is left as `a.b: reason`.
    fn told(pairs: &Pairs) -> Vec<String> {
        let both = pairs.both.iter().map(|(a, b)| format!("{}>{}", dotted(a), dotted(b)));
        let left = pairs.left.iter().map(|one| format!("{}: {}", dotted(&one.source), one.reason));
        both.chain(left).collect()
    }

    #[test]
    fn tables_go_where_the_mappings_put_them_and_nothing_is_left_out_silently() {
        let source = names(&["shop.orders", "shop.Stock", "shop.audit", "other.orders", "shop.awsdms_ddl_audit"]);
        let target = names(&["shop.orders", "shop.stock", "new.orders", "new.stg_orders", "new.spare"]);
        let shop = select("include", "shop", "%");
        for (rules, want) in [
            (
                vec![shop.clone()],
                vec![
                    "shop.orders>shop.orders",
                    "shop.Stock>shop.stock",
                    "shop.audit: the target has no table shop.audit",
                ],
            ),
            (
                vec![shop.clone(), select("exclude", "shop", "a%")],
                vec!["shop.orders>shop.orders", "shop.Stock>shop.stock"],
            ),
            (
                vec![
                    select("include", "shop", "orders"),
                    turn("schema", "rename", "", "new"),
                    turn("table", "add-prefix", "%", "stg_"),
                ],
                vec!["shop.orders>new.stg_orders"],
            ),
            (
                vec![select("include", "shop", "orders"), turn("table", "turn", "%", "x")],
                vec!["shop.orders: rule 7 of the task (turn) is not followed"],
            ),
            (vec![select("explicit", "shop", "gone")], vec!["shop.gone: the task takes it by name"]),
            (
                vec![select("include", "%", "orders"), turn("schema", "rename", "", "other")],
                vec![
                    "other.orders: the target has no table other.orders",
                    "shop.orders: the target has no table other.orders",
                ],
            ),
        ] {
            let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
            let got = pairs(&source, &target, &task(&rules), &[], &|_| false).unwrap();
            let mut got = told(&got);
            got.sort();
            let mut want = want;
            want.sort_unstable();
            assert_eq!(got.len(), want.len(), "{got:?}");
            assert!(got.iter().zip(&want).all(|(got, want)| got.starts_with(want)), "{got:?} {want:?}");
        }
        let got = pairs(&source, &target, &task(&[&shop]), &[], &|_| false).unwrap();
        assert_eq!(got.of_dms, names(&["shop.awsdms_ddl_audit"]).all);
        let into = TaskTables { schema: Some("new".into()), ..task(&[&select("include", "shop", "orders")]) };
        let got = pairs(&source, &target, &into, &[], &|_| false).unwrap();
        assert_eq!(
            (told(&got), got.target_only),
            (vec!["shop.orders>new.orders".to_owned()], names(&["new.stg_orders", "new.spare"]).all)
        );
    }

    #[test]
    fn what_the_task_takes_and_nobody_sees_is_said() {
        let part = |name: &str, of: &str| {
            let both = names(&[name, of]).all;
            (both[0].clone(), both[1].clone())
        };
        let source = Names {
            parts: vec![part("shop.m_1", "shop.m"), part("shop.m_2", "shop.m"), part("old.o_1", "old.o")],
            ..names(&["shop.orders", "shop.m", "old.o"])
        };
        let target = names(&["shop.orders", "shop.m"]);
        let orders = select("include", "shop", "orders");
        for (rules, counted, want) in [
            (vec![orders.clone()], &["shop.orders", "SHOP.ORDERS", "shop.awsdms_x"][..], &[][..]),
            (vec![orders.clone()], &["shop.kept", "shop.kept"], &["shop.kept: DMS counts its rows"]),
            (vec![orders.clone(), select("include", "none", "%")], &[], &["none.%: rule 1 of the task takes it"]),
            (
                vec![orders.clone(), select("include", "none", "%"), select("exclude", "%", "x%")],
                &[],
                &["none.%: rule 1"],
            ),
            (
                vec![orders.clone(), select("include", "shop", "m_%")],
                &[],
                &["shop.m_%: rule 1 of the task takes only parts of shop.m"],
            ),
            (vec![orders.clone(), select("include", "shop", "m%")], &["shop.m_1"], &[]),
            (
                vec![orders.clone(), select("include", "shop", "m_%"), select("include", "shop", "m")],
                &["shop.m_2"],
                &[],
            ),
            (vec![orders], &["old.o_1"], &["old.o_1: DMS counts its rows"]),
        ] {
            let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
            let task = TaskTables { counted: names(counted).all, ..task(&rules) };
            let got = pairs(&source, &target, &task, &[], &|_| false).unwrap();
            let left: Vec<_> = got.left.iter().map(|one| format!("{}: {}", dotted(&one.source), one.reason)).collect();
            assert_eq!(left.len(), want.len(), "{rules:?}: {left:?}");
            assert!(left.iter().zip(want).all(|(got, want)| got.starts_with(want)), "{left:?} {want:?}");
        }
    }

    #[test]
    fn tables_that_go_into_one_are_compared_only_where_their_rows_are_told_apart() {
        let source = names(&["shop.orders", "shop.old_orders"]);
        let target = names(&["shop.orders"]);
        let rules = [select("include", "shop", "%"), turn("table", "remove-prefix", "old%", "old_")];
        let task = task(&[&rules[0], &rules[1]]);
        let got = pairs(&source, &target, &task, &[], &|_| false).unwrap();
        assert_eq!((got.both.len(), got.left.len()), (0, 2));
        assert!(got.left[0].reason.contains("shop.orders and shop.old_orders go into one"), "{:?}", got.left);
        let got = pairs(&source, &target, &task, &[], &|name| name.1 == "old_orders").unwrap();
        assert_eq!(got.both, [(source.all[1].clone(), target.all[0].clone())]);
        let got = pairs(&source, &target, &task, &[], &|_| true).unwrap();
        assert_eq!((got.both.len(), got.left.len()), (2, 0));
    }

    #[test]
    fn the_configuration_adds_tables_and_names_other_targets() {
        let source = names(&["shop.orders", "shop.stock", "aside.a"]);
        let target = names(&["shop.orders", "shop.copy", "aside.a"]);
        let task = task(&[&select("include", "shop", "%")]);
        let more: Vec<Asked> = ["shop.stock=shop.copy", "aside.*"].iter().map(|one| one.parse().unwrap()).collect();
        let got = pairs(&source, &target, &task, &more, &|_| false).unwrap();
        assert_eq!(told(&got), ["shop.stock>shop.copy", "aside.a>aside.a", "shop.orders>shop.orders"]);
        let wrong = ["shop.stock=shop.none".parse().unwrap()];
        assert!(pairs(&source, &target, &task, &wrong, &|_| false).is_err());
    }
}
