//! What a person said about one comparison on the command line, over what the configuration says. It is kept with the plan,
//! so that whatever is made of the answer later is planned in the same way. Start at [`of`] and [`apply`].

use super::subject::Subject;
use super::{Failure, Lobs, Wanted};
use crate::model::validation::{Said, What};
use std::str::FromStr;

/// As it is kept.
pub fn of(wanted: &Wanted) -> Said {
    let table = |asked: &super::Asked| match &asked.target {
        Some(target) => format!("{}={target}", asked.source),
        None => asked.source.clone(),
    };
    Said {
        kind: wanted.kind,
        tables: wanted.tables.iter().map(table).collect(),
        keys: wanted.keys.clone(),
        rules: wanted.rules.iter().map(ToString::to_string).collect(),
        waived: wanted.waived.clone(),
        lobs: (wanted.lobs != Lobs::default()).then(|| wanted.lobs.word().to_owned()),
        lob_limit_bytes: wanted.lob_limit_bytes,
    }
}

/// Says it of a subject.
///
/// # Errors
/// What was kept cannot be read any more.
pub fn apply(said: &Said, subject: &mut Subject) -> Result<(), Failure> {
    if let Some(kind) = said.kind {
        subject.with_kind(kind);
    }
    if !said.tables.is_empty() {
        let tables = read(&said.tables)?;
        match subject.what {
            What::Addresses => subject.tables = tables,
            What::Task(_) | What::Named(_) => subject.terms.only = tables,
        }
        subject.terms.statements.clear();
    }
    if !said.keys.is_empty() {
        subject.terms.keys.clone_from(&said.keys);
    }
    subject.terms.rules.extend(read(&said.rules)?);
    subject.terms.waived.extend(said.waived.iter().cloned());
    if let Some(lobs) = &said.lobs {
        subject.terms.lobs = one(lobs)?;
    }
    subject.terms.lob_limit_bytes = said.lob_limit_bytes.or(subject.terms.lob_limit_bytes);
    subject.said = said.clone();
    Ok(())
}

fn read<T: FromStr<Err = String>>(all: &[String]) -> Result<Vec<T>, Failure> {
    all.iter().map(|text| one(text)).collect()
}

fn one<T: FromStr<Err = String>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|why| Failure::could_not(format!("the options of this comparison cannot be read: {why}")))
}
