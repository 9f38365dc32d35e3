//! Rows of a run read again from both databases: for the screen, hidden unless their table was revealed.

use super::Inner;
use crate::app::Failure;
use crate::app::values::{self, Book, Deed, Noted, Of};
use crate::db::scan::Key;
use crate::model::Untrusted;
use crate::model::audit::How;
use crate::model::canon::Canon;
use crate::model::untrusted::shown;
use crate::model::validation::told::{Pair, Rows, RowsAsked, Stands};
use crate::model::validation::{ROW_HASH, RowChange, RunId};
use crate::validate::TablePlan;
use crate::validate::lobs::whole;
use crate::validate::merge::RowCopy;
use crate::validate::names::dotted;
use crate::validate::reread::{self, Both, RereadError, Rereader};
use jiff::Timestamp;

impl Inner {
    pub(super) async fn rows(&self, asked: &RowsAsked) -> Result<Rows, Failure> {
        let RowsAsked { run, nth, keys, context, values } = asked;
        if *values && !self.lock().revealed.contains(&(run.clone(), *nth)) {
            return Err(Failure::could_not("values of this table were not asked for"));
        }
        self.may_read()?;
        let known = self.known(run, *nth).await?;
        let plan = known.table(*nth)?;
        // What is shown is shown as it is; for what is hidden nobody reads more than was compared.
        let plan = &if *values { whole(plan) } else { plan.clone() };
        let reader = Rereader::new(known.sides.clone());
        if plan.key == 0 {
            return without_key(&reader, plan, asked).await;
        }
        let keys: Vec<Key> = keys.iter().map(|key| reread::key(plan, key)).collect::<Result<_, _>>()?;
        let groups = if *context == 0 {
            vec![reader.by_keys(plan, &keys).await?]
        } else {
            let mut groups = Vec::with_capacity(keys.len());
            for key in &keys {
                let mut group = reader.around(plan, key, *context as u64).await?;
                if !group.iter().any(|both| is_key(&both.key, key)) {
                    group.extend(reader.by_keys(plan, std::slice::from_ref(key)).await?);
                    group.sort_by(|a, b| a.key.cmp(&b.key));
                }
                groups.push(group);
            }
            groups
        };
        let columns = columns(plan).collect();
        let pairs = joined(groups).into_iter().map(|both| both.map(|both| pairs(plan, &both, *values)));
        let mut out = Vec::new();
        for one in pairs {
            match one {
                None => out.push(None),
                Some(all) => out.extend(all.into_iter().map(Some)),
            }
        }
        Ok(Rows { columns, key: plan.key, pairs: out, at: Timestamp::now(), values: *values })
    }

    /// Writes into the audit who does this, with the rows of a table that its database calls so.
    pub(super) async fn note(&self, deed: Deed, run: &RunId, table: &str) -> Result<(), Failure> {
        let connected = self.connected.borrow().clone();
        let connected = connected.ok_or_else(|| Failure::could_not("nobody is signed in yet"))?;
        values::note(Book::of(&self.setup), Some(&connected), deed, Some(How::Typed), Of::table(&run.0, table)).await
    }

    /// The same of what may still be refused.
    pub(super) async fn asked(&self, deed: Deed, run: &RunId, table: &str) -> Result<Noted, Failure> {
        let connected = self.connected.borrow().clone();
        let connected = connected.ok_or_else(|| Failure::could_not("nobody is signed in yet"))?;
        values::asked(&self.setup, Some(&connected), deed, Some(How::Typed), Of::table(&run.0, table)).await
    }

    /// Reading a few rows is comparing by rows, too.
    pub(super) fn may_read(&self) -> Result<(), Failure> {
        let (mode, may) = self.setup.mode();
        if mode.authority().is_ok() || may {
            return Ok(());
        }
        Err(Failure::could_not(
            "this is read-only mode, and rows are read again for it: set read_only_may_validate = true in the configuration",
        ))
    }

    /// Writes into the audit who asks, and lets values be read from then on.
    pub(super) async fn reveal(&self, run: &RunId, nth: usize, answer: &str) -> Result<(), Failure> {
        self.may_read()?;
        let known = self.known(run, nth).await?;
        let name = dotted(&known.table(nth)?.source);
        if shown(&name) != answer {
            return Err(Failure::could_not("that was not the name of the table: nothing is shown"));
        }
        self.note(Deed::Reveal, run, &name).await?;
        self.lock().revealed.insert((run.clone(), nth));
        Ok(())
    }
}

/// Names of the columns on both sides.
fn columns(plan: &TablePlan) -> impl Iterator<Item = (Untrusted, Untrusted)> {
    let name = |name: &str| Untrusted::from(name);
    plan.columns.iter().map(move |pair| (name(&pair.source.name), name(&pair.target.name)))
}

/// Rows that only their own values tell apart: what they are called by stands for the key.
async fn without_key(reader: &Rereader, plan: &TablePlan, asked: &RowsAsked) -> Result<Rows, Failure> {
    if asked.context > 0 {
        return Err(Failure::could_not(format!(
            "{} has no key, so its rows stand in no order and have no neighbours",
            shown(&dotted(&plan.source))
        )));
    }
    let names: Vec<&str> = asked.keys.iter().filter_map(|key| reread::name(key)).collect();
    let alike = reader.by_names(plan, &names).await?;
    let mut pairs = Vec::new();
    for one in &alike {
        let name = reread::words(Canon::Text, one.name.cell(0)).map(Untrusted::from);
        let stands = |row: Option<&RowCopy>| match row {
            None => Stands::Absent,
            Some(_) if !asked.values => Stands::Hidden,
            Some(row) => {
                let words = |at: usize| reread::words(plan.columns[at].canon(), row.cell(at)).map(Untrusted::from);
                Stands::Values(std::iter::once(name.clone()).chain((0..plan.columns.len()).map(words)).collect())
            }
        };
        let mut pair = |change, source: Option<&RowCopy>, target: Option<&RowCopy>| {
            let key = name.iter().cloned().collect();
            pairs.push(Some(Pair { key, change, differs: vec![], source: stands(source), target: stands(target) }));
        };
        one.missing.iter().for_each(|row| pair(Some(RowChange::Missing), Some(row), None));
        one.extra.iter().for_each(|row| pair(Some(RowChange::Extra), None, Some(row)));
        if one.missing.is_empty() && one.extra.is_empty() {
            pair(None, one.same.as_ref(), one.same.as_ref());
        }
    }
    let hash = || Untrusted::from(ROW_HASH);
    let columns = std::iter::once((hash(), hash())).chain(columns(plan)).collect();
    Ok(Rows { columns, key: 1, pairs, at: Timestamp::now(), values: asked.values })
}

fn is_key(row: &RowCopy, key: &Key) -> bool {
    use crate::db::scan::Cell;
    row.columns() == key.0.len() && key.0.iter().enumerate().all(|(at, part)| row.cell(at) == Cell::Value(part))
}

/// Groups one after the other; those that meet become one, between others stands a gap.
fn joined(groups: Vec<Vec<Both>>) -> Vec<Option<Both>> {
    let mut out: Vec<Option<Both>> = Vec::new();
    let alone = groups.len() < 2;
    for group in groups {
        let last = out.iter().rev().flatten().next().map(|both| both.key.clone());
        let meets = last.as_ref().is_some_and(|last| group.iter().any(|both| both.key <= *last));
        if last.is_some() && !meets && !alone {
            out.push(None);
        }
        out.extend(group.into_iter().filter(|both| last.as_ref().is_none_or(|last| both.key > *last)).map(Some));
    }
    out
}

/// Rows of one key, side by side: several where the key is not unique.
fn pairs(plan: &TablePlan, both: &Both, values: bool) -> Vec<Pair> {
    let words = |row: &RowCopy, at: usize| reread::words(plan.columns[at].canon(), row.cell(at)).map(Untrusted::from);
    let key: Vec<Untrusted> = (0..plan.key).map(|at| words(&both.key, at).unwrap_or_else(|| "NULL".into())).collect();
    let stands = |row: Option<&RowCopy>| match row {
        None => Stands::Absent,
        Some(_) if !values => Stands::Hidden,
        Some(row) => Stands::Values((0..plan.columns.len()).map(|at| words(row, at)).collect()),
    };
    let rows = both.source.len().max(both.target.len()).max(1);
    let pair = |at: usize| {
        let (source, target) = (both.source.get(at), both.target.get(at));
        let (change, differs) = match (source, target) {
            (Some(source), Some(target)) => {
                let differs = reread::differing(plan, source, target);
                ((!differs.is_empty()).then_some(RowChange::Different), differs)
            }
            (Some(_), None) => (Some(RowChange::Missing), vec![]),
            (None, Some(_)) => (Some(RowChange::Extra), vec![]),
            (None, None) => (None, vec![]),
        };
        Pair { key: key.clone(), change, differs, source: stands(source), target: stands(target) }
    };
    (0..rows).map(pair).collect()
}

impl From<RereadError> for Failure {
    fn from(error: RereadError) -> Self {
        Self::could_not(shown(&error.to_string()).into_owned())
    }
}
