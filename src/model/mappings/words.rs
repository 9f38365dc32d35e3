//! Table mappings in words, rule by rule. Tolerant where [`super::parse`] is strict: whatever a rule holds that is not
//! understood stands behind its words as it came, so nothing is ever left out.

mod located;

pub use located::exact;

use self::located::{COLUMNS, Locator, TABLES, filter, plain};
use super::Selection;
use crate::model::json::{Rest, written};
use crate::model::statement::{Section, Statement};
use serde_json::{Map, Value};

/// Which part of the mappings a rule belongs to, in the order they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Taken,
    LeftOut,
    Changed,
    Loading,
    Validation,
    Other,
}

const PARTS: [(Part, &str); 6] = [
    (Part::Taken, "Taken"),
    (Part::LeftOut, "Left out"),
    (Part::Changed, "Renamed and changed on the way"),
    (Part::Loading, "How tables are loaded"),
    (Part::Validation, "How columns are validated"),
    (Part::Other, "Not known to this program, as it is"),
];

/// Mappings in words; `Err` says why the text cannot be read as JSON.
pub fn words(text: &str) -> Result<Vec<Section>, serde_json::Error> {
    let mut sections: Vec<Section> =
        PARTS.into_iter().map(|(_, title)| Section { title, statements: Vec::new() }).collect();
    for (part, statement) in statements(serde_json::from_str(text)?) {
        // PARTS has them in the order of the enumeration.
        sections[part as usize].statements.push(statement);
    }
    if sections[Part::Taken as usize].statements.is_empty() {
        let nothing = Statement::new("nothing", "no rule includes any table");
        sections[0].statements.push(nothing.beware("The task selects nothing; it may end well all the same."));
    }
    sections.retain(|section| !section.statements.is_empty());
    Ok(sections)
}

fn statements(document: Value) -> Vec<(Part, Statement)> {
    let mut out = Vec::new();
    let Value::Object(mut document) = document else {
        return vec![(Part::Other, Statement::new("document", written(&document)))];
    };
    match document.remove("rules") {
        Some(Value::Array(rules)) => out.extend(rules.into_iter().map(one)),
        Some(other) => out.push((Part::Other, Statement::new("rules", written(&other)))),
        None => {}
    }
    out.extend(Rest::new(document).left().map(|(key, value)| (Part::Other, Statement::new(key, value))));
    out
}

fn one(rule: Value) -> (Part, Statement) {
    match rule {
        Value::Object(object) => Rule::new(object).told(),
        other => (Part::Other, Statement::new("rule", written(&other))),
    }
}

/// A rule being read.
struct Rule {
    rest: Rest,
    subject: String,
    /// What was in objects that were opened and not understood.
    also: Vec<(String, String)>,
}

impl Rule {
    fn new(object: Map<String, Value>) -> Self {
        let mut rest = Rest::new(object);
        let (id, name) = (rest.text("rule-id"), rest.text("rule-name"));
        let mut subject = id.as_ref().map_or_else(|| "rule".to_owned(), |id| format!("rule {id}"));
        if let Some(name) = name.filter(|name| Some(name) != id.as_ref() && !name.is_empty()) {
            subject = format!("{subject} {name}");
        }
        Self { rest, subject, also: Vec::new() }
    }

    fn told(mut self) -> (Part, Statement) {
        let kind = self.rest.text("rule-type");
        let (part, mut statement) = match kind.as_deref() {
            Some("selection") => self.selection(),
            Some("transformation") => (Part::Changed, self.transformation()),
            Some("table-settings") => (Part::Loading, self.loading()),
            Some("validation") => (Part::Validation, self.validation()),
            other => (Part::Other, Statement::new("", other.unwrap_or("no rule-type"))),
        };
        statement.subject = self.subject;
        for (key, value) in self.also.into_iter().chain(self.rest.left()) {
            statement.words = format!("{}; {key}: {value}", statement.words);
        }
        (part, statement)
    }

    /// Opens an object, reads of it what is understood and keeps the rest under its name.
    fn open<T>(&mut self, key: &str, read: impl FnOnce(&mut Rest) -> T) -> Option<T> {
        let mut object = self.rest.object(key)?;
        let found = read(&mut object);
        self.also.extend(object.left().map(|(inner, value)| (format!("{key}.{inner}"), value)));
        Some(found)
    }

    /// The locator; what of it the words to come will not tell is kept to be shown as it is.
    fn locator(&mut self, told: &[&str]) -> Locator {
        let read = |object: &mut Rest| Locator {
            schema: object.text("schema-name"),
            table: object.text("table-name"),
            column: object.text("column-name"),
            kind: object.text("table-type"),
            data_type: object.text("data-type"),
        };
        let locator = self.open("object-locator", read).unwrap_or_default();
        let members = [
            ("table-name", &locator.table),
            ("column-name", &locator.column),
            ("table-type", &locator.kind),
            ("data-type", &locator.data_type),
        ];
        for (key, value) in members.into_iter().filter(|(key, _)| !told.contains(key)) {
            // Everything is what a locator means where nothing is said.
            if let Some(value) = value.as_ref().filter(|value| *value != "%") {
                self.also.push((format!("object-locator.{key}"), value.clone()));
            }
        }
        locator
    }

    fn selection(&mut self) -> (Part, Statement) {
        let locator = self.locator(TABLES);
        let action = self.rest.text("rule-action").unwrap_or_default();
        let what = locator.tables();
        let known = serde_json::from_value::<Selection>(Value::String(action.clone())).ok();
        let (part, mut words) = match known {
            Some(Selection::Include) => (Part::Taken, what),
            Some(Selection::Explicit) => (Part::Taken, format!("exactly {what}")),
            Some(Selection::Exclude) => (Part::LeftOut, what),
            None => (Part::Other, format!("selection with action {action} of {what}")),
        };
        let filters = self.rest.list("filters").map(|all| all.iter().map(filter).collect::<Vec<_>>());
        let filters = filters.unwrap_or_default();
        if !filters.is_empty() {
            words = format!("{words}, only rows where {}", filters.join(" and "));
        }
        if let Some(order) = self.rest.text("load-order") {
            words = format!("{words}, load order {order}");
            return (part, remarks(Statement::new("", words), &locator, part, !filters.is_empty(), true));
        }
        (part, remarks(Statement::new("", words), &locator, part, !filters.is_empty(), false))
    }

    fn transformation(&mut self) -> Statement {
        let target = self.rest.text("rule-target").unwrap_or_default();
        let locator = self.locator(match target.as_str() {
            "schema" => &[],
            "column" => COLUMNS,
            _ => TABLES,
        });
        let action = self.rest.text("rule-action").unwrap_or_default();
        let what = match target.as_str() {
            "schema" => locator.schemas(),
            "table" => locator.tables(),
            "column" => locator.columns(),
            "table-tablespace" => format!("the tablespace of {}", locator.tables()),
            "index-tablespace" => format!("the index tablespace of {}", locator.tables()),
            other => format!("{other} of {}", locator.tables()),
        };
        let (deed, remark) = self.deed(&action);
        let statement = Statement::new("", format!("{what}: {deed}"));
        match remark {
            Some((true, words)) => statement.beware(words),
            Some((false, words)) => statement.note(words),
            None => statement,
        }
    }

    /// What a transformation does, and what follows from it.
    fn deed(&mut self, action: &str) -> (String, Option<(bool, &'static str)>) {
        if let Some(value) = self.rest.text("value") {
            let old = self.rest.text("old-value");
            return self.deed_with(action, &value, old.as_deref());
        }
        let words = match action {
            "convert-lowercase" => "name in lower case".to_owned(),
            "convert-uppercase" => "name in upper case".to_owned(),
            "remove-column" => "left out".to_owned(),
            "include-column" => {
                return ("taken".to_owned(), Some((false, "Columns that no rule includes are left out.")));
            }
            "change-data-type" => format!("becomes {}", self.data_type()),
            "define-primary-key" => {
                let read = |key: &mut Rest| (key.text("name"), key.text("origin"), names(key.list("columns")));
                let (name, origin, columns) = self.open("primary-key-def", read).unwrap_or_default();
                let name = name.map(|name| format!(" {name}")).unwrap_or_default();
                let origin = origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
                return (
                    format!("primary key{name} on {columns}{origin}"),
                    Some((false, "Rows that share these values overwrite each other.")),
                );
            }
            "add-before-image-columns" => {
                let read =
                    |image: &mut Rest| ["column-prefix", "column-suffix", "column-filter"].map(|key| image.text(key));
                let [prefix, suffix, which] = self.open("before-image-def", read).unwrap_or_default();
                let says =
                    |word: &str, value: Option<String>| value.filter(|v| !v.is_empty()).map(|v| format!("{word} {v}"));
                let all = [says("prefix", prefix), says("suffix", suffix), says("for", which)];
                format!(
                    "the value before the change is added, {}",
                    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
                )
            }
            "data-masking-digits-randomize" => return (MASKED_RANDOM.to_owned(), Some(DIGITS)),
            "data-masking-hash-mask" => return (MASKED_HASH.to_owned(), Some(HASHED)),
            other => return (format!("{other}, not known to this program"), Some((false, UNKNOWN))),
        };
        (words, (action == "change-data-type").then_some((false, "A value that does not fit is cut or refused.")))
    }

    fn deed_with(&mut self, action: &str, value: &str, old: Option<&str>) -> (String, Option<(bool, &'static str)>) {
        // An old value where none belongs is still there to be read.
        let unused = match (action, old) {
            ("replace-prefix" | "replace-suffix", _) | (_, None) => String::new(),
            (_, Some(old)) => format!("; old-value: {old}"),
        };
        let old = old.unwrap_or_default();
        let words = match action {
            "rename" => format!("renamed to {value}"),
            "add-prefix" => format!("prefix {value} added"),
            "add-suffix" => format!("suffix {value} added"),
            "remove-prefix" => format!("prefix {value} removed"),
            "remove-suffix" => format!("suffix {value} removed"),
            "replace-prefix" => format!("prefix {old} becomes {value}"),
            "replace-suffix" => format!("suffix {old} becomes {value}"),
            "add-column" => {
                let by = self.rest.text("expression").map(|by| format!(", computed as {by}")).unwrap_or_default();
                let has_type = self.rest.object("data-type");
                let of = has_type.map(|data_type| self.typed(data_type)).map(|of| format!(", of type {of}"));
                format!("column {value} added{}{by}", of.unwrap_or_default())
            }
            "data-masking-digits-mask" => {
                return (format!("every digit becomes {value}{unused}"), Some(DIGITS));
            }
            "data-masking-digits-randomize" => {
                return (format!("{MASKED_RANDOM}; value: {value}{unused}"), Some(DIGITS));
            }
            "data-masking-hash-mask" => return (format!("{MASKED_HASH}; value: {value}{unused}"), Some(HASHED)),
            other => {
                return (format!("{other} {value}{unused}, not known to this program"), Some((false, UNKNOWN)));
            }
        };
        (format!("{words}{unused}"), None)
    }

    fn data_type(&mut self) -> String {
        match self.rest.object("data-type") {
            Some(data_type) => self.typed(data_type),
            None => "another type".to_owned(),
        }
    }

    /// `string(30)`, `numeric(12,2)`.
    fn typed(&mut self, mut data_type: Rest) -> String {
        let name = data_type.text("type").unwrap_or_else(|| "a type that is not named".to_owned());
        let sizes: Vec<String> =
            ["length", "precision", "scale"].iter().filter_map(|key| data_type.text(key)).collect();
        self.also.extend(data_type.left().map(|(key, value)| (format!("data-type.{key}"), value)));
        if sizes.is_empty() { name } else { format!("{name}({})", sizes.join(",")) }
    }

    fn loading(&mut self) -> Statement {
        let mut parts = Vec::new();
        let what = self.locator(TABLES).tables();
        let read = |load: &mut Rest| {
            let lists = ["partitions", "subpartitions", "columns", "boundaries"];
            let lists = lists.map(|key| load.list(key).map(|list| format!("{key} {}", Value::Array(list))));
            (load.text("type"), lists)
        };
        if let Some((kind, lists)) = self.open("parallel-load", read) {
            let kind = match kind.as_deref() {
                Some("partitions-auto") => "by partition, all of them at once".to_owned(),
                Some("subpartitions-auto") => "by subpartition, all of them at once".to_owned(),
                Some("partitions-list") => "by the partitions listed".to_owned(),
                Some("ranges") => "by ranges of columns".to_owned(),
                Some("none") => "in one piece".to_owned(),
                Some(other) => format!("in parallel, {other}"),
                None => "in parallel".to_owned(),
            };
            parts.push(format!("loaded {kind}"));
            parts.extend(lists.into_iter().flatten());
        }
        let read = |lob: &mut Rest| (lob.text("mode"), lob.text("bulk-max-size"));
        let mut cut = false;
        if let Some((mode, size)) = self.open("lob-settings", read) {
            cut = mode.as_deref() == Some("limited");
            let mode = mode.unwrap_or_else(|| "not said".to_owned());
            let size = size.map(|size| format!(" up to {size} KB")).unwrap_or_default();
            parts.push(format!("LOB mode {mode}{size}"));
        }
        let statement = Statement::new("", format!("{what}: {}", parts.join(", ")));
        if cut { statement.beware("A longer value is cut, with only a warning in the log.") } else { statement }
    }

    fn validation(&mut self) -> Statement {
        let locator = self.locator(COLUMNS);
        let what = if locator.column.is_some() { locator.columns() } else { locator.tables() };
        let (target, action) = (self.rest.text("rule-target"), self.rest.text("rule-action"));
        let sides = ["source-function", "target-function"].map(|key| {
            let side = key.split('-').next().unwrap_or_default();
            self.rest.text(key).map(|function| format!("{side} as {function}"))
        });
        let sides: Vec<String> = sides.into_iter().flatten().collect();
        let deed = match action.as_deref() {
            Some("override-validation-function") if target.as_deref().is_none_or(|target| target == "column") => {
                "compared".to_owned()
            }
            other => format!("{} {}", other.unwrap_or("no action"), target.as_deref().unwrap_or_default()),
        };
        Statement::new("", format!("{what}: {deed} {}", sides.join(", ")))
    }
}

const MASKED_RANDOM: &str = "every digit becomes another, at random";
const MASKED_HASH: &str = "replaced by a hash (SHA-256)";
const DIGITS: (bool, &str) = (true, "Letters stay as they are.");
const HASHED: (bool, &str) =
    (true, "No salt is documented: whoever can list the possible values can find which one it was.");
const UNKNOWN: &str = "What it does is for AWS's user guide to say.";

fn remarks(statement: Statement, locator: &Locator, part: Part, filtered: bool, ordered: bool) -> Statement {
    let every = |pattern: &Option<String>| pattern.as_deref() == Some("%");
    let mut statement = statement;
    if part == Part::Taken && every(&locator.schema) {
        let words = "Schemas of the database system are not left out by themselves: name the ones you want.";
        statement = statement.beware(words);
    }
    if filtered {
        let words =
            "Right only for columns that never change: a row whose value changes later is neither moved nor removed.";
        statement = statement.beware(words);
    }
    if ordered {
        statement = statement.note("Higher is loaded first; with several tables at a time the order is no guarantee.");
    }
    let loose = [&locator.schema, &locator.table];
    if loose.into_iter().flatten().any(|pattern| plain(pattern).is_some_and(|(_, any)| any)) {
        statement = statement.note("_ stands for any one character here; [_] for itself.");
    }
    statement
}

fn names(list: Option<Vec<Value>>) -> String {
    let names: Vec<String> = list.unwrap_or_default().iter().map(written).collect();
    if names.is_empty() { "columns that are not named".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests;
