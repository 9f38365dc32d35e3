//! The filter of a list: words that must all match. `text`, `!text`, `column:text`, `!column:text`; case does not matter.
//!
//! A word before a colon that is no column of this list is part of the text: names may hold colons.

use super::column::Column;

/// Longest filter or command that is kept, in characters.
pub const TEXT_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    column: Option<usize>,
    inverse: bool,
    value: String,
    /// The digits of a number that was typed as it is shown, and the columns that have numbers.
    number: Option<String>,
    numbers: Vec<usize>,
}

/// A filter as typed, and as understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

impl Filter {
    pub fn parse(text: &str, columns: &[Column]) -> Self {
        let terms = text.split_whitespace().filter_map(|word| term(word, columns)).collect();
        Self { text: text.to_owned(), terms }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Hides nothing: empty, or only half a word typed so far.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Does a row stay? `row` is its text and `cell` the text of one column, both in lower case.
    pub fn matches(&self, row: &str, cell: impl Fn(usize) -> String) -> bool {
        self.terms.iter().all(|term| {
            let found = match (term.column, &term.number) {
                (Some(column), None) => cell(column).contains(&term.value),
                (Some(column), Some(number)) => cell(column).contains(number),
                (None, None) => row.contains(&term.value),
                (None, Some(number)) => {
                    row.contains(&term.value) || term.numbers.iter().any(|column| cell(*column).contains(number))
                }
            };
            found != term.inverse
        })
    }
}

fn term(word: &str, columns: &[Column]) -> Option<Term> {
    let (inverse, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
    let lower = word.to_lowercase();
    let named = lower
        .split_once(':')
        .and_then(|(name, value)| columns.iter().position(|c| c.id == name).map(|column| (column, value.to_owned())));
    let (column, value) = named.map_or((None, lower), |(column, value)| (Some(column), value));
    let number = ungrouped(&value);
    let numbers =
        columns.iter().enumerate().filter(|(_, one)| one.right && number.is_some()).map(|(at, _)| at).collect();
    (!value.is_empty()).then_some(Term { column, inverse, value, number, numbers })
}

/// The digits of a number as it is shown, `5,097`, also while it is being typed.
fn ungrouped(text: &str) -> Option<String> {
    let (first, rest) = text.split_once(',')?;
    let digits = |part: &str| part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let (between, last) = rest.rsplit_once(',').map_or((None, rest), |(between, last)| (Some(between), last));
    let whole = |part: &str| part.len() == 3 && digits(part);
    let fits =
        !first.is_empty() && digits(first) && digits(last) && between.is_none_or(|all| all.split(',').all(whole));
    fits.then(|| text.replace(',', ""))
}

/// Adds text to a field: one line, clean, bounded.
pub fn type_into(field: &mut String, text: &str) {
    let room = TEXT_MAX.saturating_sub(field.chars().count());
    field.extend(crate::model::untrusted::shown(text).chars().take(room));
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 2] = [
        Column { id: "task", title: "", min: 1, good: 1, max: 1, drop: 0, right: false, rising: true },
        Column { id: "status", title: "", min: 1, good: 1, max: 1, drop: 0, right: false, rising: true },
    ];

    #[test]
    fn a_row_stays_when_every_word_matches() {
        let cells = ["orders-cdc", "running"];
        for (filter, stays) in [
            ("", true),
            ("orders", true),
            ("ORDERS", true),
            ("billing", false),
            ("orders running", true),
            ("orders stopped", false),
            ("!billing", true),
            ("!orders", false),
            ("status:run", true),
            ("task:run", false),
            ("!status:run", false),
            ("status:", true),
            ("!", true),
            ("unknown:run", false),
            ("status:run !task:billing", true),
        ] {
            let parsed = Filter::parse(filter, &COLUMNS);
            assert_eq!(parsed.matches("orders-cdc running", |c| cells[c].to_owned()), stays, "{filter:?}");
            assert_eq!(parsed.text(), filter);
        }
    }

    #[test]
    fn a_number_is_found_as_it_is_shown() {
        const COLUMNS: [Column; 2] =
            [Column::words("task", "", [1, 1, 1], 0), Column::number("rows", "", [1, 1, 1], 0)];
        let cells = ["a,097", "1205097"];
        for (filter, stays) in [
            ("5,097", true),
            ("1,205,097", true),
            ("1,205,", true),
            ("5,0", true),
            ("!5,097", false),
            ("5,098", false),
            ("rows:5,097", true),
            ("task:5,097", false),
            ("a,097", true),
            (",097", true),
            ("12,05,097", false),
        ] {
            let parsed = Filter::parse(filter, &COLUMNS);
            assert_eq!(parsed.matches("a,097", |c| cells[c].to_owned()), stays, "{filter:?}");
        }
    }

    #[test]
    fn typed_and_pasted_text_is_one_clean_bounded_line() {
        let mut field = String::new();
        type_into(&mut field, "a\u{1b}[2J\nb");
        assert_eq!(field, "a[2J b");
        type_into(&mut field, &"x".repeat(1000));
        assert_eq!(field.chars().count(), TEXT_MAX);
    }
}
