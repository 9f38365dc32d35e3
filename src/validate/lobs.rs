//! Large values: compared by hash and length instead of being sent, and only as far as the task copies them. Pure.
//!
//! Start at [`apply`]. A task in limited LOB mode cuts what is longer than `LobMaxSize` kilobytes, with no more than a line
//! in its log (DMS User Guide, "Setting LOB support for source databases"). Then both sides are cut there, and the plan says
//! so, because what is behind it has not been compared. The guide does not say whether bytes or characters are counted, nor
//! what becomes of a character that the cut tears: the whole characters before so many bytes are the same either way, and
//! only they are compared.

use super::plan::{TablePlan, Terms};
use super::rules::{Rule, Rules};
use crate::db::scan::{Lob, ScanColumn};
use crate::model::canon::Canon;
use crate::model::engine::Engine;
use crate::model::untrusted::shown;
use crate::model::validation::Method;
use std::fmt::Write as _;
use std::str::FromStr;

/// How large values are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lobs {
    /// By hash where rows are wide.
    #[default]
    Auto,
    Hash,
    /// As they are.
    Values,
}

impl Lobs {
    /// As it is said.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Hash => "hash",
            Self::Values => "values",
        }
    }
}

impl FromStr for Lobs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "hash" => Ok(Self::Hash),
            "values" => Ok(Self::Values),
            _ => Err("one of auto, hash, values".to_owned()),
        }
    }
}

/// Bytes of an average row from which its large values are read by hash: hashing them costs a server about twice what
/// sending them does, and the wire nothing.
const WIDE: u64 = 64 * 1_024;

/// Settles for each column that is no key how it is read.
pub(super) fn apply(plan: &mut TablePlan, terms: &Terms) {
    if terms.redshift.contains(&true) || plan.method == Method::Aggregate {
        return cut_here(plan, terms);
    }
    let row = plan.bytes_source.zip(plan.rows_source).map(|(bytes, rows)| bytes / rows.max(1));
    let hash = match terms.lobs {
        Lobs::Auto => row.is_some_and(|bytes| bytes >= WIDE),
        Lobs::Hash => true,
        Lobs::Values => false,
    };
    let (mut hashed, mut cut) = (Vec::new(), Vec::new());
    for (column, rules) in plan.columns.iter_mut().zip(&mut plan.rules).skip(plan.key) {
        let sides = [&column.source, &column.target];
        // A rule must see the value.
        if !matches!(column.canon(), Canon::Text | Canon::Bytes)
            || !rules.is_exact()
            || !sides.iter().any(|side| is_large(side))
        {
            continue;
        }
        // What is no LOB to the source is never cut.
        let limit = terms.lob_limit_bytes.filter(|_| is_large(&column.source));
        let no_hash = sides.iter().any(|side| side.sql_type.engine == Engine::Sqlite);
        let lob = Lob { hash: hash && !no_hash, limit };
        if lob == Lob::default() {
            continue;
        }
        let name = shown(&column.source.name).into_owned();
        if lob.limit.is_some() {
            cut.push(name.clone());
        }
        if lob.hash {
            hashed.push(name);
        }
        let canon = if lob.hash { Canon::Text } else { Canon::Bytes };
        for side in [&mut column.source, &mut column.target] {
            (side.lob, side.canon) = (Some(lob), canon);
        }
        *rules = Rules::new(canon, Vec::new());
    }
    if !hashed.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(plan.why, "; by hash and length: {}", hashed.join(", "));
    }
    said(plan, terms, &cut);
}

/// The same plan with every value whole, in the type that both columns share: for rows that are shown or written. Up to the
/// limit it is still the same that differs. Rows without a key are found by what was compared of them, so their plan stays.
#[must_use]
pub fn whole(plan: &TablePlan) -> TablePlan {
    let mut plan = plan.clone();
    if plan.key == 0 {
        return plan;
    }
    for (column, rules) in plan.columns.iter_mut().zip(&mut plan.rules) {
        let Some(lob) = column.source.lob else { continue };
        // They have one: they were planned by it.
        let Ok(canon) = Canon::common(&column.source.sql_type, &column.target.sql_type) else { continue };
        let list: Vec<Rule> = lob.limit.map(Rule::First).into_iter().collect();
        column.rules = list.iter().map(Rule::to_string).collect();
        *rules = Rules::new(canon, list);
        for side in [&mut column.source, &mut column.target] {
            (side.lob, side.canon) = (None, canon);
        }
    }
    plan
}

/// Redshift neither hashes nor cuts as others do, and a sum of many values cuts none: a rule of the column does it here.
/// (Its own values are small: `varchar` ends at 65,535 bytes.)
fn cut_here(plan: &mut TablePlan, terms: &Terms) {
    let Some(limit) = terms.lob_limit_bytes else { return };
    let mut cut = Vec::new();
    for (column, rules) in plan.columns.iter_mut().zip(&mut plan.rules).skip(plan.key) {
        let canon = column.canon();
        if !matches!(canon, Canon::Text | Canon::Bytes) || !rules.is_exact() || !is_large(&column.source) {
            continue;
        }
        cut.push(shown(&column.source.name).into_owned());
        column.rules = vec![Rule::First(limit).to_string()];
        *rules = Rules::new(canon, vec![Rule::First(limit)]);
    }
    said(plan, terms, &cut);
}

fn said(plan: &mut TablePlan, terms: &Terms, cut: &[String]) {
    if let Some(limit) = terms.lob_limit_bytes.filter(|_| !cut.is_empty()) {
        let limit = if limit % 1_024 == 0 { format!("{} KB", limit / 1_024) } else { format!("{limit} bytes") };
        let _ = write!(plan.why, "; only the first {limit}, the LOB limit: {}", cut.join(", "));
    }
}

/// A type without a length worth the name.
fn is_large(column: &ScanColumn) -> bool {
    let bare = column.sql_type.bare();
    match column.sql_type.engine {
        Engine::PostgreSql => match bare.as_str() {
            "text" | "bytea" => true,
            "character varying" => column.sql_type.size().is_empty(),
            _ => false,
        },
        Engine::MySql => {
            matches!(bare.as_str(), "text" | "mediumtext" | "longtext" | "blob" | "mediumblob" | "longblob")
        }
        Engine::Sqlite => matches!(bare.as_str(), "text" | "clob" | "blob"),
    }
}
