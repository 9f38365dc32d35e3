//! The answer to all tables of a plan.

use super::{Done, Plan, names};
use crate::model::Untrusted;
use crate::model::listing::validations::Summary;
use crate::model::validation::{Verdict, overall};

/// `from`: the machine it was seen from. Tables that are not among `all` are unknown.
pub fn of(plan: &Plan, all: &[Done], from: &str, interrupted: bool) -> Summary {
    let results = || all.iter().map(|done| &done.result);
    let count = |wanted: &[Verdict]| results().filter(|one| wanted.contains(&one.verdict())).count();
    let absent = plan.tables.len().saturating_sub(all.len());
    let verdicts = results().map(crate::model::validation::TableResult::verdict);
    let sum =
        |of: fn(&crate::model::validation::Tally) -> Option<u64>| results().filter_map(|one| of(&one.tally)).sum();
    let waived = results().flat_map(|one| {
        one.not_compared.iter().filter(|not| not.waived).map(|not| match &not.column {
            Some(column) => Untrusted::from(format!("{}.{}", one.source.raw(), column.raw())),
            None => one.source.clone(),
        })
    });
    let named = |all: &[names::Name]| all.iter().map(|name| Untrusted::from(names::dotted(name))).collect();
    Summary {
        verdict: overall(verdicts.chain((absent > 0).then_some(Verdict::Unknown))),
        tables: plan.tables.len(),
        equal: count(&[Verdict::Equal, Verdict::CountsEqual]),
        different: count(&[Verdict::Different]),
        unknown: count(&[Verdict::Unknown]) + absent,
        rows_source: sum(|tally| tally.source),
        rows_target: sum(|tally| tally.target),
        differences: sum(|tally| Some(tally.different? + tally.missing? + tally.extra?)),
        listed: all.iter().map(|done| done.rows.len() as u64).sum(),
        source_only: results().filter(|one| one.target.is_empty()).map(|one| one.source.clone()).collect(),
        target_only: named(&plan.target_only),
        waived: waived.collect(),
        source_at: plan.source_at.clone(),
        target_at: plan.target_at.clone(),
        seen_from: from.to_owned(),
        as_of_from: results().filter_map(|one| one.as_of_from).min(),
        as_of_to: results().filter_map(|one| one.as_of_to).max(),
        interrupted,
        gate: None,
        arrived: sum(|tally| tally.arrived),
        run: String::new(),
        kept: false,
    }
}
