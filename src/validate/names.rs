//! Which table belongs to which: names as they are asked for, and names as they are found on both sides. Pure.
//!
//! Start at [`pairs`]. Names are matched as they stand; only where that finds nothing, without regard to case, and only
//! where one is meant. DMS lowers names for PostgreSQL, and servers differ in whether they keep case at all.

use crate::model::pattern;
use crate::model::untrusted::shown;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Schema and table.
pub type Name = (String, String);

/// The tables of one side.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub all: Vec<Name>,
    /// The schema a table is looked for in when none is named.
    pub schema: Option<String>,
    /// Tables that are read with another, each with that one.
    pub parts: Vec<(Name, Name)>,
}

/// `SRC[=TGT]` of the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub source: String,
    /// The same name as in the source, where it is not said.
    pub target: Option<String>,
}

impl std::str::FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (source, target) = match text.split_once('=') {
            Some((source, target)) => (source.trim(), Some(target.trim())),
            None => (text.trim(), None),
        };
        if source.is_empty() || target == Some("") {
            return Err(format!("{:?} is not SOURCE or SOURCE=TARGET, such as shop.orders=public.orders", shown(text)));
        }
        Ok(Self { source: source.to_owned(), target: target.map(str::to_owned) })
    }
}

/// Tables that belong together, and those that are on one side only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    pub both: Vec<(Name, Name)>,
    pub source_only: Vec<Name>,
    pub target_only: Vec<Name>,
    /// Tables that DMS keeps for itself, on either side.
    pub of_dms: Vec<Name>,
    /// Tables of the source that are not compared, each with the target it was to have, and why.
    pub left: Vec<Left>,
}

/// A table of the source that cannot be compared, or is not to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub source: Name,
    pub target: Option<Name>,
    pub reason: String,
    /// It was said by name that it is to be left out.
    pub waived: bool,
}

/// Whether a pattern means a table: `schema.table`, or its bare name where the pattern has no point. `*` is any text, `?`
/// one character.
pub fn fits(pattern: &str, name: &Name) -> bool {
    if pattern.contains('.') { pattern::fits(pattern, &dotted(name)) } else { pattern::fits(pattern, &name.1) }
}

/// `SRC[=TGT]` with every pattern replaced by the tables it means. A target takes over, in its own `*`, what those of the
/// source stand for.
pub fn expanded(source: &Names, asked: &[Asked]) -> Result<Vec<Asked>, String> {
    let mut all = Vec::with_capacity(asked.len());
    for one in asked {
        if !one.source.contains(['*', '?']) {
            all.push(one.clone());
            continue;
        }
        let dotted_name = one.source.contains('.');
        // A bare name is one of the schema that is meant, where there is one.
        let near = |name: &Name| dotted_name || source.schema.as_ref().is_none_or(|schema| *schema == name.0);
        let meant = source.all.iter().filter(|name| !is_of_dms(name) && near(name) && fits(&one.source, name));
        let before = all.len();
        for name in meant {
            let whole = if dotted_name { dotted(name) } else { name.1.clone() };
            let target = one.target.as_ref().map(|target| filled(&one.source, &whole, target));
            all.push(Asked { source: dotted(name), target });
        }
        if all.len() == before {
            return Err(format!("the source has no table like {}", shown(&one.source)));
        }
    }
    Ok(all)
}

/// A target with what each `*` of the pattern stands for in this name.
fn filled(pattern: &str, name: &str, target: &str) -> String {
    let mut parts = captures(pattern, name).unwrap_or_default().into_iter();
    let mut out = String::with_capacity(target.len() + name.len());
    for c in target.chars() {
        if c == '*' { out.push_str(&parts.next().unwrap_or_default()) } else { out.push(c) }
    }
    out
}

fn captures(pattern: &str, name: &str) -> Option<Vec<String>> {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern::fits(pattern, name).then(Vec::new);
    };
    let head_len = name.char_indices().nth(head.chars().count()).map_or(name.len(), |(at, _)| at);
    let (start, tail) = name.split_at(head_len);
    if !pattern::fits(head, start) {
        return None;
    }
    // The shortest that lets the rest fit.
    let ends = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
    ends.into_iter().find_map(|end| {
        let mut all = vec![tail[..end].to_owned()];
        all.extend(captures(rest, &tail[end..])?);
        Some(all)
    })
}

pub(super) fn is_of_dms(name: &Name) -> bool {
    name.1.to_lowercase().starts_with(OF_DMS)
}

/// `schema.table` for a person; never for a statement.
pub fn dotted(name: &Name) -> String {
    format!("{}.{}", name.0, name.1)
}

/// Pairs the tables that are asked for; all of them, where none is.
///
/// # Errors
/// Who is asked for and cannot be found, or could be two.
pub fn pairs(source: &Names, target: &Names, asked: &[Asked]) -> Result<Pairs, String> {
    if asked.is_empty() {
        return Ok(common(source, target));
    }
    let mut pairs = Pairs::default();
    for one in &expanded(source, asked)? {
        let from = find(source, &one.source, "source")?;
        let to = match &one.target {
            Some(name) => find(target, name, "target")?,
            None => counterpart(source, target, &from, &BTreeSet::new()).ok_or_else(|| {
                let name = dotted(&from);
                let name = shown(&name);
                format!("the target has no table {name}: name it with --table {name}=NAME")
            })?,
        };
        if pairs.both.contains(&(from.clone(), to.clone())) {
            return Err(format!("--table {} is there twice", shown(&one.source)));
        }
        pairs.both.push((from, to));
    }
    Ok(pairs)
}

/// What the control tables of DMS and its records of changes on a source begin with.
const OF_DMS: &str = "awsdms_";

fn common(source: &Names, target: &Names) -> Pairs {
    let mut pairs = Pairs::default();
    let mut without = |side: &Names| {
        let own = |name: &&Name| is_of_dms(name);
        pairs.of_dms.extend(side.all.iter().filter(own).cloned());
        Names { all: side.all.iter().filter(|name| !own(name)).cloned().collect(), ..side.clone() }
    };
    let (source, target) = (&without(source), &without(target));
    // Whoever has a counterpart of exactly the same name keeps it.
    let exact: BTreeSet<&Name> = source.all.iter().filter(|name| target.all.contains(name)).collect();
    let mut taken: BTreeSet<Name> = exact.iter().map(|name| (*name).clone()).collect();
    for name in &source.all {
        let found = if exact.contains(name) { Some(name.clone()) } else { counterpart(source, target, name, &taken) };
        match found {
            Some(to) => {
                taken.insert(to.clone());
                pairs.both.push((name.clone(), to));
            }
            None => pairs.source_only.push(name.clone()),
        }
    }
    pairs.target_only = target.all.iter().filter(|name| !taken.contains(*name)).cloned().collect();
    pairs
}

/// The table of the other side with the same name: in the same schema, else in the schemas the addresses mean.
pub(super) fn counterpart(source: &Names, target: &Names, name: &Name, taken: &BTreeSet<Name>) -> Option<Name> {
    let (schema, table) = name;
    let free: Vec<&Name> = target.all.iter().filter(|other| !taken.contains(*other)).collect();
    let meant = source.schema.as_ref() == Some(schema);
    let in_schema = |other: &&&Name, same: fn(&str, &str) -> bool| {
        same(&other.0, schema) || meant && target.schema.as_deref().is_some_and(|own| same(&other.0, own))
    };
    for same in [str::eq as fn(&str, &str) -> bool, str::eq_ignore_ascii_case] {
        let mut of_name = free.iter().filter(|other| same(&other.1, table));
        // The same schema wins over the one that is meant.
        if let Some(found) = of_name.clone().find(|other| same(&other.0, schema)) {
            return Some((**found).clone());
        }
        let found: Vec<_> = of_name.by_ref().filter(|other| in_schema(other, same)).collect();
        if let [one] = found[..] {
            return Some((**one).clone());
        }
    }
    None
}

pub(super) fn find(side: &Names, asked: &str, word: &str) -> Result<Name, String> {
    for same in [str::eq as fn(&str, &str) -> bool, str::eq_ignore_ascii_case] {
        let whole: Vec<&Name> = side.all.iter().filter(|name| same(&dotted(name), asked)).collect();
        let bare: Vec<&Name> = side.all.iter().filter(|name| same(&name.1, asked)).collect();
        let own: Vec<&Name> = bare.iter().copied().filter(|name| side.schema.as_ref() == Some(&name.0)).collect();
        for found in [whole, own, bare] {
            match &found[..] {
                [] => {}
                [one] => return Ok((*one).clone()),
                several => {
                    let names: Vec<String> = several.iter().map(|name| shown(&dotted(name)).into_owned()).collect();
                    return Err(format!("{} could be {} in the {word}", shown(asked), names.join(" or ")));
                }
            }
        }
    }
    let schema = side.schema.as_ref().map(|schema| format!(" (schema {})", shown(schema))).unwrap_or_default();
    Err(format!("the {word} has no table {}{schema} that this user can see; views are not compared", shown(asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(schema: Option<&str>, all: &[&str]) -> Names {
        let split = |name: &&str| name.split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        Names { all: all.iter().map(split).collect(), schema: schema.map(str::to_owned), ..Names::default() }
    }

    fn told(pairs: &Pairs) -> (Vec<String>, Vec<String>, Vec<String>) {
        let both = pairs.both.iter().map(|(a, b)| format!("{}={}", dotted(a), dotted(b))).collect();
        (both, pairs.source_only.iter().map(dotted).collect(), pairs.target_only.iter().map(dotted).collect())
    }

    #[test]
    fn common_tables_are_those_of_one_name_in_the_same_schema_or_in_the_one_that_is_meant() {
        for (source, target, both, source_only, target_only) in [
            (
                names(None, &["shop.a", "shop.b"]),
                names(None, &["shop.b", "shop.c"]),
                &["shop.b=shop.b"][..],
                &["shop.a"][..],
                &["shop.c"][..],
            ),
            // MySQL's database and PostgreSQL's public.
            (
                names(Some("shop"), &["shop.a"]),
                names(Some("public"), &["public.a", "other.a"]),
                &["shop.a=public.a"],
                &[],
                &["other.a"],
            ),
            // The same schema wins over the one that is meant.
            (
                names(Some("shop"), &["shop.a"]),
                names(Some("public"), &["public.a", "shop.a"]),
                &["shop.a=shop.a"],
                &[],
                &["public.a"],
            ),
            // Without regard to case only where nothing else is.
            (names(Some("S"), &["S.Orders"]), names(Some("s"), &["s.orders"]), &["S.Orders=s.orders"], &[], &[]),
            (
                names(Some("s"), &["s.Orders", "s.orders"]),
                names(Some("s"), &["s.orders"]),
                &["s.orders=s.orders"],
                &["s.Orders"],
                &[],
            ),
            (names(Some("s"), &["s.a"]), names(None, &["x.a", "y.a"]), &[], &["s.a"], &["x.a", "y.a"]),
            // DMS's own are nobody's data.
            (names(None, &["s.awsdms_ddl_audit"]), names(None, &["s.awsdms_status"]), &[], &[], &[]),
        ] {
            let got = pairs(&source, &target, &[]).unwrap();
            let want = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
            assert_eq!(told(&got), (want(both), want(source_only), want(target_only)));
        }
    }

    #[test]
    fn a_table_that_is_asked_for_is_found_or_the_reason_is_said() {
        let source = names(Some("shop"), &["shop.a", "other.a", "other.b", "x.c", "y.c", "shop.odd.name"]);
        let target = names(Some("public"), &["public.a", "public.copy", "public.odd.name"]);
        for (asked, want) in [
            ("a", Ok("shop.a=public.a")),
            ("shop.a", Ok("shop.a=public.a")),
            ("A=Copy", Ok("shop.a=public.copy")),
            ("b=copy", Ok("other.b=public.copy")),
            ("odd.name", Ok("shop.odd.name=public.odd.name")),
            ("c=copy", Err("could be x.c or y.c")),
            ("b", Err("no table other.b")),
            ("other.a", Err("no table other.a")),
            ("z", Err("source has no table z (schema shop)")),
            ("a=z\u{1b}[2J", Err("target has no table z[2J")),
        ] {
            let got = pairs(&source, &target, &[asked.parse().unwrap()]);
            match want {
                Ok(want) => assert_eq!(told(&got.unwrap()).0, [want], "{asked}"),
                Err(part) => {
                    let said = got.unwrap_err();
                    assert!(said.contains(part) && !said.contains('\u{1b}'), "{said}");
                }
            }
        }
        let twice: Vec<Asked> = ["a", "shop.a"].iter().map(|one| one.parse().unwrap()).collect();
        assert!(pairs(&source, &target, &twice).unwrap_err().contains("twice"));
        for wrong in ["", "=b", "a="] {
            assert!(wrong.parse::<Asked>().is_err(), "{wrong}");
        }
    }
}
