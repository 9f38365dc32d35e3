//! Which columns of two tables belong together, and by which of them rows are told apart. Start at [`columns`] and [`key`].

use super::terms::{RuleFor, Terms, left_out, means};
use super::{ColumnPlan, TablePlan, name, request, whole};
use crate::db::scan::{Described, DescribedColumn, ScanColumn};
use crate::model::canon::Canon;
use crate::model::mappings::follow::Fate;
use crate::model::untrusted::shown;
use crate::model::validation::NotCompared;
use crate::validate::names::dotted;
use crate::validate::rules::{Rule, Rules};

pub(super) type Pairs = Vec<(ColumnPlan, Rules)>;

/// Rows may be counted by their bytes.
pub(super) fn trusts(pairs: &Pairs) -> bool {
    pairs.iter().all(|(_, rules)| rules.trusts_bytes())
}

/// Pairs of columns that can be compared; the others with their reasons.
pub(super) fn columns(
    source: &Described,
    target: &Described,
    terms: &Terms,
    not_compared: &mut Vec<NotCompared>,
) -> Result<Pairs, String> {
    let mut pairs = Vec::new();
    let mut taken = vec![false; target.columns.len()];
    let task = terms.task.as_ref().filter(|task| task.takes(&name(source))).map(|task| &task.mappings);
    // By the task: it is the plan of the one who wrote it.
    let mut leave = |column: &str, reason: String, by_task: bool| {
        let not = left_out(terms, &[&name(source), &name(target)], Some(column), reason);
        not_compared.push(NotCompared { waived: by_task || not.waived, ..not });
    };
    for column in &source.columns {
        let (own, place) = (&column.name, same_name(&column.name, Some(source), target, &taken));
        let place = match task.map(|task| task.fate(&source.schema, &source.name, own)) {
            None => place,
            Some(Fate::Named(name)) if name == *own => place,
            Some(Fate::Named(name)) => same_name(&name, None, target, &taken),
            Some(Fate::Removed(reason)) => {
                // What stands there all the same did not come with the task, or did before its rule.
                taken.iter_mut().enumerate().for_each(|(at, taken)| *taken |= place == Some(at));
                leave(own, reason, place.is_none());
                continue;
            }
            Some(Fate::Unclear(reason)) => {
                taken.iter_mut().enumerate().for_each(|(at, taken)| *taken |= place == Some(at));
                leave(own, reason, false);
                continue;
            }
        };
        let Some(at) = place else {
            leave(own, "not in the target".to_owned(), false);
            continue;
        };
        taken[at] = true;
        let other = &target.columns[at];
        let said = |one: &&RuleFor| means(&one.place, &name(source), Some(&column.name));
        let list: Vec<Rule> = terms.rules.iter().filter(said).map(|one| one.rule.clone()).collect();
        if list.contains(&Rule::Ignore) {
            leave(&column.name, "ignored, as asked".to_owned(), false);
            continue;
        }
        let canon = match Canon::common(&column.sql_type, &other.sql_type) {
            Ok(canon) => canon,
            Err(reason) => {
                leave(&column.name, reason.to_string(), false);
                continue;
            }
        };
        if let Some(wrong) = list.iter().find(|rule| !rule.fits(canon)) {
            let place = format!("{}.{}", dotted(&name(source)), column.name);
            let word = canon.word();
            return Err(format!(
                "--rule {}={wrong}: the column is compared as {word}, which this rule is not for",
                shown(&place)
            ));
        }
        let rules = list.iter().map(Rule::to_string).collect();
        let pair = ColumnPlan { source: column.read_as(canon), target: other.read_as(canon), rules };
        let of_pair = Rules::new(canon, list)
            .between(&column.sql_type, &other.sql_type)
            .map_err(|why| format!("--rule {}: {why}", shown(&format!("{}.{}", dotted(&name(source)), column.name))))?;
        pairs.push((pair, of_pair));
    }
    for (column, taken) in target.columns.iter().zip(&taken) {
        if *taken {
            continue;
        }
        match task.and_then(|task| task.added(&source.schema, &source.name, &column.name)) {
            Some(reason) => leave(&column.name, reason, true),
            None => leave(&column.name, "not in the source".to_owned(), false),
        }
    }
    Ok(pairs)
}

/// The target's column of this name; without regard to case only where one is meant on both sides. Without a source the
/// name is one that a task gave.
fn same_name(name: &str, source: Option<&Described>, target: &Described, taken: &[bool]) -> Option<usize> {
    if let Some(at) = target.columns.iter().position(|other| other.name == name) {
        return Some(at);
    }
    let alike = |other: &&DescribedColumn| other.name.eq_ignore_ascii_case(name);
    let alone = source.is_none_or(|source| source.columns.iter().filter(alike).count() == 1);
    if !alone || target.columns.iter().filter(alike).count() != 1 {
        return None;
    }
    target.columns.iter().position(|other| other.name.eq_ignore_ascii_case(name)).filter(|at| !taken[*at])
}

/// Source names of the key's columns, and which key it is; or why there is none.
pub(super) fn key(
    source: &Described,
    target: &Described,
    pairs: &Pairs,
    terms: &Terms,
) -> Result<(Vec<String>, String), String> {
    let usable = |names: &[String], of_source: bool| -> Result<Vec<String>, String> {
        let mut key = Vec::with_capacity(names.len());
        for name in names {
            let found = pairs.iter().find(|(pair, _)| {
                let own = if of_source { &pair.source.name } else { &pair.target.name };
                own == name || terms.keys.contains(name) && own.eq_ignore_ascii_case(name)
            });
            let name = shown(name);
            let Some((pair, rules)) = found else { return Err(format!("its column {name} cannot be compared")) };
            if !rules.is_exact() {
                return Err(format!("its column {name} has a rule, and a key must be exact"));
            }
            key.push(pair);
        }
        for (side, of) in [(source, ColumnPlan::source as fn(&ColumnPlan) -> &ScanColumn), (target, ColumnPlan::target)]
        {
            let columns = key.iter().map(|pair| of(pair).clone()).collect();
            if let Some(reason) = request(&name(side), columns, key.len(), whole()).key_refused() {
                return Err(shown(&reason.0).into_owned());
            }
        }
        Ok(key.iter().map(|pair| pair.source.name.clone()).collect())
    };
    let told = |word: &str, names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| shown(name).into_owned()).collect();
        format!("{word} ({})", names.join(", "))
    };
    if !terms.keys.is_empty() {
        let named = told("--key", &terms.keys);
        return match usable(&terms.keys, true) {
            Ok(key) => Ok((key, named)),
            Err(why) => Err(format!("{named}: {why}")),
        };
    }
    let mut refused = Vec::new();
    let candidates = [(source, true, "primary key"), (target, false, "primary key of the target")]
        .into_iter()
        .map(|(side, own, word)| (vec![side.primary_key.clone()], own, word))
        .chain([
            (source.unique_keys.clone(), true, "unique key"),
            (target.unique_keys.clone(), false, "unique key of the target"),
        ]);
    for (keys, of_source, word) in candidates {
        for names in keys.iter().filter(|names| !names.is_empty()) {
            match usable(names, of_source) {
                Ok(key) => return Ok((key, told(word, names))),
                Err(why) => refused.push(format!("{}: {why}", told(word, names))),
            }
        }
    }
    if refused.is_empty() {
        refused.push("no primary key, and no unique one without nulls".to_owned());
    }
    refused.push("name one with --key".to_owned());
    Err(refused.join("; "))
}

/// Where nothing vouches for a key that was named: which rows have the same one is not known before they are read.
pub fn doubt(plan: &TablePlan, source: &Described, target: &Described, terms: &Terms) -> Option<String> {
    let key = plan.columns.get(..plan.key).filter(|key| !key.is_empty() && !terms.keys.is_empty())?;
    let vouches = |side: &Described, of: fn(&ColumnPlan) -> &ScanColumn| {
        let within = |unique: &Vec<String>| {
            !unique.is_empty() && unique.iter().all(|name| key.iter().any(|pair| of(pair).name == *name))
        };
        within(&side.primary_key) || side.unique_keys.iter().any(within)
    };
    let sides = match (vouches(source, ColumnPlan::source), vouches(target, ColumnPlan::target)) {
        (true, true) => return None,
        (false, true) => "nothing in the source makes it unique",
        (true, false) => "nothing in the target makes it unique",
        (false, false) => "nothing makes it unique",
    };
    Some(sides.replace("nothing", "no primary or unique key") + ": rows of one key are compared as a multiset")
}
