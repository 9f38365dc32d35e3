//! One comparison that is kept, on paper: a report for a ticket, and a script that would make the target equal. For commands;
//! the console has its own way, with a question before it.

use super::super::change::whence;
use super::super::headless::{block, connected};
use super::super::values::{self, Deed, Noted, Of};
use super::super::write;
use super::planned::{self, fingerprints};
use super::repair::{self, on_paper};
use super::resume::altered;
use super::sides::{Address, Means, SideAsked};
use super::subject::Subject;
use super::{Failure, kept, said, told};
use crate::app::Setup;
use crate::aws::Connected;
use crate::console::message::Outcome;
use crate::db::Database;
use crate::model::untrusted::shown;
use crate::model::validation::{KeptTable, KeptWhole, Verdict, What};
use crate::validate;
use crate::validate::merge::Side;
use crate::validate::names::dotted;

/// Writes the report; says where it is. `values`: with what stands in the rows now.
///
/// # Errors
/// There is no such comparison, the name ends in nothing that is written, or the file cannot be made; with values also what
/// [`repair`] says.
pub fn export(setup: &Setup, wanted: &Wanted<'_>, values: bool) -> Result<String, Failure> {
    let whole = kept::run(setup, wanted.run)?;
    let mut told = told::whole(whole.clone());
    // What would be refused in the end is refused before anything is read.
    let mut text = on_paper(&told, wanted.file, false)?;
    if !values {
        return written(wanted.file, &text);
    }
    block(async {
        let found = Box::pin(found(setup, &whole, wanted.addresses.as_ref())).await?;
        let tables = found.tables(&whole, wanted.tables, |table| !table.rows.is_empty())?;
        let noted = found.asked(setup, Deed::Export, &whole, &tables).await?;
        let done = async {
            for (nth, at) in tables {
                let table = &whole.tables[nth];
                let rows = repair::with_values(found.sides.clone(), &found.plan.tables[at], &table.rows).await?;
                if let Some(one) = told.tables.iter_mut().find(|one| one.nth == nth) {
                    one.rows = rows;
                }
            }
            text = on_paper(&told, wanted.file, true)?;
            written(wanted.file, &text)
        };
        ended(noted, Box::pin(done).await).await
    })
}

/// What came of it stands in the audit, too.
async fn ended<T>(noted: Vec<Noted>, done: Result<T, Failure>) -> Result<T, Failure> {
    let why = done.as_ref().err().map(|failure| failure.lines.join(" "));
    for one in noted {
        one.ended(why.as_deref()).await;
    }
    done
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

/// What is to be written down.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub run: &'a str,
    pub file: &'a str,
    /// Of the source; none: every table with something to write.
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
    let (path, script) = block(async {
        let found = Box::pin(found(setup, &whole, wanted.addresses.as_ref())).await?;
        let differs =
            |table: &KeptTable| table.result.as_ref().is_some_and(|result| result.verdict() == Verdict::Different);
        let asked = found.tables(&whole, wanted.tables, differs)?;
        if asked.is_empty() {
            return Err(Failure::could_not("no table of this comparison differs, so there is nothing to repair"));
        }
        let of = |(nth, at): &(usize, usize)| {
            let table = &whole.tables[*nth];
            let plan = &found.plan.tables[*at];
            table.result.as_ref().map(|result| repair::Asked { plan, result, rows: &table.rows })
        };
        let tables: Vec<repair::Asked<'_>> = asked.iter().filter_map(of).collect();
        let noted = found.asked(setup, Deed::Repair, &whole, &asked).await?;
        let done = async {
            let script = repair::script(found.sides.clone(), &tables, wanted.deletes).await?;
            written(wanted.file, &script.text).map(|path| (path, script))
        };
        ended(noted, Box::pin(done).await).await
    })?;
    let mut lines = vec![path];
    lines.push(format!("{} inserts, {} updates, {} deletes", script.inserts, script.updates, script.deletes));
    if script.kept > 0 {
        lines.push(format!("{} extra rows stay: --deletes removes them", script.kept));
    }
    lines.extend(script.left.iter().map(|left| format!("not repaired: {left}")));
    lines.push(format!("read it, then run it yourself on the target; seen from {}", whence::here().host));
    Ok(lines)
}

/// Both databases and the plan, as they are now, and who asks.
struct Found {
    sides: (Database, Database),
    plan: validate::Plan,
    connected: Option<Connected>,
}

impl Found {
    /// Tables that are named, or all that `else_those` says: their places among what is kept and in the plan.
    fn tables(
        &self,
        whole: &KeptWhole,
        named: &[String],
        else_those: impl Fn(&KeptTable) -> bool,
    ) -> Result<Vec<(usize, usize)>, Failure> {
        let now = fingerprints(&self.plan);
        let mut out = Vec::new();
        for (nth, table) in whole.tables.iter().enumerate() {
            let name = table.source.raw();
            let meant = if named.is_empty() { else_those(table) } else { named.iter().any(|one| one == name) };
            if table.result.is_none() || !meant {
                continue;
            }
            let mut places = self.plan.tables.iter().enumerate();
            let at = places.position(|(at, one)| dotted(&one.source) == name && now[at] == table.fingerprint);
            let Some(at) = at else {
                let now = self.plan.tables.iter().find(|one| dotted(&one.source) == name);
                let now = now.map(|one| planned::table(one, [&self.sides.0, &self.sides.1].map(Database::dialect)));
                let then = whole.planned.tables.iter().find(|one| one.source.raw() == name);
                let why = match (then, now) {
                    (_, None) => Some("it is not in the plan any more".to_owned()),
                    (Some(then), Some(now)) => altered(then, &now),
                    (None, _) => None,
                };
                // A rule, a type or an address is in no word of the plan.
                let why = why.unwrap_or_else(|| "rules, types of its columns, or databases are others".to_owned());
                let (name, run) = (table.source.shown(), &whole.run.id.0);
                return Err(Failure::could_not(format!(
                    "{name} is planned otherwise than in {run}: {why}; compare it again"
                )));
            };
            out.push((nth, at));
        }
        Ok(out)
    }

    /// Writes down who asked for rows of these tables, before any of them is read.
    async fn asked(
        &self,
        setup: &Setup,
        deed: Deed,
        whole: &KeptWhole,
        tables: &[(usize, usize)],
    ) -> Result<Vec<Noted>, Failure> {
        let mut all = Vec::with_capacity(tables.len());
        for (nth, _) in tables {
            let of = Of::table(&whole.run.id.0, whole.tables[*nth].source.raw());
            match values::asked(setup, self.connected.as_ref(), deed, None, of).await {
                Ok(noted) => all.push(noted),
                Err(failure) => return ended(all, Err(failure)).await,
            }
        }
        Ok(all)
    }
}

async fn found(setup: &Setup, whole: &KeptWhole, addresses: Option<&(Address, Address)>) -> Result<Found, Failure> {
    if let Some(asked @ (source, target)) = addresses {
        let means = Means { may_ask: true, ..Means::default() };
        let source = means.find(Side::Source, &SideAsked::Address(source.clone())).await?;
        let target = means.find(Side::Target, &SideAsked::Address(target.clone())).await?;
        let mut subject = Subject::addresses(asked.0.clone(), asked.1.clone());
        said::apply(&whole.planned.said, &mut subject)?;
        let terms = &subject.terms;
        let plan = Box::pin(validate::plan(&source.database, &target.database, &subject.tables, terms)).await?;
        return Ok(Found { sides: (source.database, target.database), plan, connected: None });
    }
    let (What::Task(name) | What::Named(name)) = &whole.run.what else {
        return Err(Failure::usage(
            "a comparison of two addresses, which are not kept: name both with --source and --target",
        ));
    };
    let (mode, may) = setup.mode();
    if mode.authority().is_err() && !may {
        return Err(Failure::could_not(
            "this is read-only mode, and rows are read again for it: set read_only_may_validate = true in the configuration",
        ));
    }
    let connected = if Subject::needs_aws(setup, name) { Some(connected(setup).await?) } else { None };
    let reader = connected.as_ref().map(|connected| &connected.reader);
    let mut subject = Subject::named(setup, reader, name).await?;
    said::apply(&whole.planned.said, &mut subject)?;
    let [source, target] = subject.sides(&Means::of(setup, reader, true)).await?;
    let plan = Box::pin(validate::plan(&source.database, &target.database, &subject.tables, &subject.terms)).await?;
    Ok(Found { sides: (source.database, target.database), plan, connected })
}
