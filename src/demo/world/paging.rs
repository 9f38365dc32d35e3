//! Filters, `MaxRecords` and `Marker`, with DMS's own limits and refusals.

use super::refusal::Refusal;
use crate::demo::wire::Value;
use std::fmt::Write as _;

/// What an operation accepts.
pub struct Rules {
    /// Filter names it knows; any other is refused.
    pub filters: &'static [&'static str],
    /// Largest `MaxRecords`; the default where it is absent is 100.
    pub max: usize,
}

/// Describe operations, except table statistics.
pub const MAX: usize = 100;
/// Table statistics.
pub const MAX_STATISTICS: usize = 500;
/// Smallest `MaxRecords` DMS takes.
const MIN: usize = 20;
const DEFAULT: usize = 100;
/// Starts every marker, so that a marker of our own making is told from a guess.
const MARK: &str = "cutover-demo";

/// The filters of a request, checked.
#[derive(Debug, Default)]
pub struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    pub fn read(input: &Value, rules: &Rules) -> Result<Self, Refusal> {
        let mut out = Vec::new();
        for filter in input.items_of("Filters") {
            let name = filter.text_of("Name").unwrap_or_default();
            if !rules.filters.contains(&name) {
                return Err(Refusal::parameter(format!("Invalid filter name: {name}")));
            }
            let values: Vec<String> =
                filter.items_of("Values").iter().filter_map(Value::text).map(ToOwned::to_owned).collect();
            if values.is_empty() {
                return Err(Refusal::parameter(format!("Filter {name} has no values")));
            }
            out.push((name.to_owned(), values));
        }
        Ok(Self(out))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Does this pass every filter of this name? Values of one filter are alternatives, filters add up.
    pub fn pass(&self, name: &str, value: &str) -> bool {
        self.0.iter().filter(|(filter, _)| filter == name).all(|(_, values)| values.iter().any(|v| v == value))
    }

    pub fn names(&self, name: &str) -> bool {
        self.0.iter().any(|(filter, _)| filter == name)
    }
}

/// The part of a list that one answer carries, and the marker of the next.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    pub range: std::ops::Range<usize>,
    pub marker: Option<String>,
}

/// Cuts a list of `len` things for this request.
pub fn page(operation: &str, input: &Value, len: usize, rules: &Rules) -> Result<Page, Refusal> {
    let size = match input.get("MaxRecords") {
        None | Some(Value::Null) => DEFAULT,
        Some(value) => {
            let asked = value.int().ok_or_else(|| Refusal::serialization("MaxRecords must be an integer"))?;
            let fits = usize::try_from(asked).ok().filter(|n| (MIN..=rules.max).contains(n));
            fits.ok_or_else(|| {
                let max = rules.max;
                Refusal::parameter(format!("Invalid value {asked} for MaxRecords. Must be between {MIN} and {max}"))
            })?
        }
    };
    let start = match input.text_of("Marker") {
        None => 0,
        Some(marker) => parse(operation, marker)
            .filter(|start| *start <= len)
            .ok_or_else(|| Refusal::parameter("The Marker parameter is invalid"))?,
    };
    let end = len.min(start + size);
    Ok(Page { range: start..end, marker: (end < len).then(|| mark(operation, end)) })
}

/// Markers are opaque: hexadecimal, bound to their operation.
fn mark(operation: &str, at: usize) -> String {
    format!("{MARK}:{operation}:{at}").bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn parse(operation: &str, marker: &str) -> Option<usize> {
    let byte = |at: usize| marker.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    let bytes: Option<Vec<u8>> = (0..marker.len()).step_by(2).map(byte).collect();
    let text = String::from_utf8(bytes?).ok()?;
    let rest = text.strip_prefix(MARK)?.strip_prefix(':')?.strip_prefix(operation)?.strip_prefix(':')?;
    rest.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { filters: &["table-state"], max: MAX_STATISTICS };

    fn input(max: Option<i64>, marker: Option<&str>) -> Value {
        Value::map([("MaxRecords", max.into()), ("Marker", marker.into())])
    }

    #[test]
    fn pages_cover_a_list_once() {
        for (len, size) in [(0, 20), (20, 20), (21, 20), (1234, 500), (60_000, 500)] {
            let (mut seen, mut marker, mut pages) = (0, None::<String>, 0);
            loop {
                let page = page("Op", &input(Some(size), marker.as_deref()), len, &RULES).unwrap();
                assert_eq!(page.range.start, seen);
                seen = page.range.end;
                pages += 1;
                marker = page.marker;
                if marker.is_none() {
                    break;
                }
            }
            assert_eq!((seen, pages), (len, len.div_ceil(usize::try_from(size).unwrap()).max(1)));
        }
    }

    #[test]
    fn sizes_markers_and_filters_outside_the_rules_are_refused() {
        let other = page("Other", &input(None, None), 200, &RULES).unwrap().marker.unwrap();
        for (size, marker, fine) in [
            (Some(19), None, false),
            (Some(20), None, true),
            (Some(500), None, true),
            (Some(501), None, false),
            (Some(-1), None, false),
            (None, Some("zz"), false),
            (None, Some("ü"), false),
            (None, Some(""), false),
            (None, Some(other.as_str()), false),
        ] {
            let got = page("Op", &input(size, marker), 1000, &RULES);
            assert_eq!(got.is_ok(), fine, "{size:?} {marker:?}");
            if let Err(refusal) = got {
                assert_eq!(refusal.code, "InvalidParameterValueException");
            }
        }
        let filter = |name: &str, values: &[&str]| {
            let values = Value::list(values.iter().map(|v| Value::from(*v)));
            let one = Value::map([("Name", name.into()), ("Values", values)]);
            Filters::read(&Value::map([("Filters", Value::list([one]))]), &RULES)
        };
        assert!(filter("nonsense", &["x"]).is_err());
        assert!(filter("table-state", &[]).is_err());
        let filters = filter("table-state", &["Table error", "Full load"]).unwrap();
        assert!(filters.pass("table-state", "Full load") && !filters.pass("table-state", "Before load"));
        assert!(filters.pass("table-name", "anything"));
    }
}
