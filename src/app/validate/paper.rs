//! One comparison that is kept, on paper: a report for a ticket, and a script that would make the target equal. For commands;
//! the console has its own way, with a question before it.

use super::super::change::whence;
use super::super::headless::{block, connect};
use super::super::write;
use super::planned::fingerprints;
use super::sides::{Address, Means, SideAsked};
use super::subject::Subject;
use super::{Failure, kept, repair, told};
use crate::app::Setup;
use crate::console::message::Outcome;
use crate::model::listing::{Shape, report, validations};
use crate::model::untrusted::shown;
use crate::model::validation::{KeptWhole, Verdict, What};
use crate::validate::merge::Side;
use crate::validate::names::dotted;
use crate::validate::{self, Terms};

/// Writes the report; says where it is.
///
/// # Errors
/// There is no such comparison, the name ends in nothing that is written, or the file cannot be made.
pub fn export(setup: &Setup, run: &str, file: &str) -> Result<String, Failure> {
    let whole = kept::run(setup, run)?;
    let told = told::whole(whole);
    let end = file.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    let text = match end.as_str() {
        "md" => Ok(report::markdown(&told)),
        "jsonl" => report::json_lines(&told),
        "csv" => {
            validations::all(told.tables.iter().map(|one| (&one.result, &one.rows[..])), false).text(Shape::CsvFile)
        }
        _ => return Err(Failure::usage("--file: a name that ends in .md, .jsonl or .csv")),
    };
    let text = text.map_err(|error| Failure::could_not(error.to_string()))?;
    written(file, &text)
}

fn written(file: &str, text: &str) -> Result<String, Failure> {
    match write::new_file(file, text) {
        Outcome::Written { path, bytes } => Ok(format!("wrote {bytes} bytes: {}", shown(&path))),
        Outcome::Taken => {
            Err(Failure::could_not(format!("{}: there is a file of that name, which is kept", shown(file))))
        }
        Outcome::Failed(why) => Err(Failure::could_not(shown(&why).into_owned())),
    }
}

/// What is to be repaired.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub run: &'a str,
    pub file: &'a str,
    /// Of the source; none: every table that differs.
    pub tables: &'a [String],
    pub deletes: bool,
    /// Of a comparison of two addresses.
    pub addresses: Option<(Address, Address)>,
}

/// Reads the differing rows again and writes the script; says what is in it.
///
/// # Errors
/// Nothing differs, not everything is known, the plan is another one by now, or a database cannot be read.
pub fn repair(setup: &Setup, wanted: &Wanted<'_>) -> Result<Vec<String>, Failure> {
    let whole = kept::run(setup, wanted.run)?;
    let script = block(async {
        let (sides, plan) = found(setup, &whole, wanted.addresses.as_ref()).await?;
        let now = fingerprints(&plan);
        let mut asked = Vec::new();
        for (nth, table) in whole.tables.iter().enumerate() {
            let (Some(result), name) = (&table.result, table.source.raw()) else { continue };
            let named = wanted.tables.iter().any(|one| one == name);
            if !named && (!wanted.tables.is_empty() || result.verdict() != Verdict::Different) {
                continue;
            }
            let at = plan
                .tables
                .iter()
                .position(|one| dotted(&one.source) == name)
                .filter(|at| now[*at] == table.fingerprint);
            let Some(at) = at else {
                let name = table.source.shown();
                return Err(Failure::could_not(format!(
                    "{name} is planned otherwise than in {}: altered, other terms, or other databases; compare it again",
                    whole.run.id.0
                )));
            };
            asked.push((nth, at));
        }
        if asked.is_empty() {
            return Err(Failure::could_not("no table of this comparison differs, so there is nothing to repair"));
        }
        let of = |(nth, at): &(usize, usize)| {
            let table = &whole.tables[*nth];
            table.result.as_ref().map(|result| repair::Asked { plan: &plan.tables[*at], result, rows: &table.rows })
        };
        let tables: Vec<repair::Asked<'_>> = asked.iter().filter_map(of).collect();
        repair::script(sides, &tables, wanted.deletes).await
    })?;
    let mut lines = vec![written(wanted.file, &script.text)?];
    lines.push(format!("{} inserts, {} updates, {} deletes", script.inserts, script.updates, script.deletes));
    if script.kept > 0 {
        lines.push(format!("{} extra rows stay: --deletes removes them", script.kept));
    }
    lines.extend(script.left.iter().map(|left| format!("not repaired: {left}")));
    lines.push(format!("read it, then run it yourself on the target; seen from {}", whence::here().host));
    Ok(lines)
}

type Sides = (crate::db::Database, crate::db::Database);

/// Both databases and the plan, as they are now.
async fn found(
    setup: &Setup,
    whole: &KeptWhole,
    addresses: Option<&(Address, Address)>,
) -> Result<(Sides, validate::Plan), Failure> {
    if let Some((source, target)) = addresses {
        let means = Means { may_ask: true, ..Means::default() };
        let source = means.find(Side::Source, &SideAsked::Address(source.clone())).await?;
        let target = means.find(Side::Target, &SideAsked::Address(target.clone())).await?;
        let plan = validate::plan(&source.database, &target.database, &[], &Terms::default()).await?;
        return Ok(((source.database, target.database), plan));
    }
    let (What::Task(name) | What::Named(name)) = &whole.run.what else {
        return Err(Failure::usage(
            "a comparison of two addresses, which are not kept: name both with --source and --target",
        ));
    };
    let reader = if Subject::needs_aws(setup, name) { Some(connect(setup).await?) } else { None };
    let subject = Subject::named(setup, reader.as_ref(), name).await?;
    let [source, target] = subject.sides(&Means::of(setup, reader.as_ref(), true)).await?;
    let plan = validate::plan(&source.database, &target.database, &subject.tables, &subject.terms).await?;
    Ok(((source.database, target.database), plan))
}
