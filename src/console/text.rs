//! Measuring, cutting and wrapping text in terminal cells, and writing numbers short. Pure; knows no screen.

use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

/// Cells a text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Longest beginning of `text` that takes at most `cells`; a combining mark stays with its letter.
pub fn head(text: &str, cells: usize) -> &str {
    if text.is_ascii() {
        return &text[..cells.min(text.len())];
    }
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = ends.take_while(|end| text[..*end].width() <= cells).last();
    &text[..end.unwrap_or(0)]
}

/// The text in at most `cells`; where something had to go, it ends with `…`.
pub fn cut(text: &str, cells: usize) -> Cow<'_, str> {
    // A cell holds a bounded number of bytes worth looking at; the rest is hostile length.
    let text = if text.len() > 64 + cells * 32 { &text[..text.floor_char_boundary(64 + cells * 32)] } else { text };
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}…", head(text, cells - 1).trim_end()))
}

/// Longest end of `text` that takes at most `cells`: what is being typed, the name of a file.
pub fn tail(text: &str, cells: usize) -> &str {
    let mut tail = text;
    while width(tail) > cells {
        tail = &tail[tail.chars().next().map_or(0, char::len_utf8)..];
    }
    tail
}

/// The text in lines of at most `cells`, broken between words where that is possible.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word;
        // Also a word without any width has a blank before it.
        if !line.is_empty() && width(&line) + 1 + width(word) > cells {
            lines.push(std::mem::take(&mut line));
        }
        while width(word) > cells {
            let part = after_mark(head(word, cells));
            // A letter wider than the line still has to go somewhere.
            let part = if part.is_empty() { &word[..word.chars().next().map_or(0, char::len_utf8)] } else { part };
            lines.push(part.to_owned());
            word = &word[part.len()..];
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Host names and paths break after a mark, where there is one in the second half.
fn after_mark(part: &str) -> &str {
    let mark = part.rfind(['.', '-', '/', ':', '_', ',', '=']).map(|at| at + 1);
    mark.filter(|at| *at > part.len() / 2).map_or(part, |at| &part[..at])
}

/// `1,204,551`.
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// At most five characters: `9999`, `12.3k`, `4.0M`.
pub fn compact(n: i64) -> String {
    let steps = [(1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G"), (1_000_000_000_000, "T")];
    let size = n.unsigned_abs();
    let Some((unit, letter)) = steps.into_iter().rev().find(|(unit, _)| size >= *unit && size >= 10_000) else {
        return n.to_string();
    };
    let sign = if n < 0 { "-" } else { "" };
    let (whole, tenth) = (size / unit, size % unit / (unit / 10));
    if whole >= 100 { format!("{sign}{whole}{letter}") } else { format!("{sign}{whole}.{tenth}{letter}") }
}

/// In full where that fits, else compact.
pub fn count(n: i64, cells: usize) -> String {
    let full = grouped(n);
    if full.len() <= cells { full } else { compact(n) }
}

/// A rate: `3.4`, `220`, `1.2 k`.
pub fn rate(value: f64) -> String {
    match value.max(0.0) {
        v if v < 9.95 && v > 0.0 => format!("{v:.1}"),
        v if v < 999.5 => format!("{v:.0}"),
        v if v < 999_500.0 => format!("{:.1} k", v / 1e3),
        v if v < 9.995e8 => format!("{:.1} M", v / 1e6),
        v => format!("{:.1} G", (v / 1e9).min(999.0)),
    }
}

/// Seconds of latency in at most six characters: `94 s`, `12 m`, `3.4 h`, `2.1 d`.
pub fn seconds(value: f64) -> String {
    match value.max(0.0) {
        v if v < 599.5 => format!("{v:.0} s"),
        v if v < 5_970.0 => format!("{:.0} m", v / 60.0),
        v if v < 172_800.0 => format!("{:.1} h", v / 3_600.0),
        v => format!("{:.0} d", (v / 86_400.0).min(9_999.0)),
    }
}

/// `1 table`, `2 tables`.
pub fn plural(n: usize, noun: &str) -> String {
    let n_text = grouped(i64::try_from(n).unwrap_or(i64::MAX));
    if n == 1 { format!("{n_text} {noun}") } else { format!("{n_text} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cut_text_says_so_and_keeps_letters_whole() {
        for (text, cells, want) in [
            ("orders-cdc", 10, "orders-cdc"),
            ("orders-cdc", 9, "orders-c…"),
            ("漢字漢字", 5, "漢字…"),
            ("漢字漢字", 4, "漢…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("ab cd", 4, "ab…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(cut(text, cells), want, "{text} {cells}");
        }
    }

    #[test]
    fn lines_break_between_words_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a verylongword b", 5), ["a", "veryl", "ongwo", "rd b"]);
        assert_eq!(wrap("", 5), Vec::<String>::new());
    }

    #[test]
    fn numbers_are_short() {
        for (n, full, short) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (9_999, "9,999", "9999"),
            (12_345, "12,345", "12.3k"),
            (123_456, "123,456", "123k"),
            (-4_000_000, "-4,000,000", "-4.0M"),
        ] {
            assert_eq!((grouped(n).as_str(), compact(n).as_str()), (full, short));
        }
        assert_eq!(count(12_345_678, 9), "12.3M");
        for (value, want) in [(0.0, "0"), (3.44, "3.4"), (220.0, "220"), (1_240.0, "1.2 k"), (2_500_000.0, "2.5 M")] {
            assert_eq!(rate(value), want);
        }
        for (value, want) in [(1.0, "1 s"), (94.4, "94 s"), (720.0, "12 m"), (12_240.0, "3.4 h"), (200_000.0, "2 d")] {
            assert_eq!(seconds(value), want);
        }
    }

    #[test]
    fn a_mark_alone_takes_the_blank_before_it() {
        assert_eq!(wrap("abc \u{301}", 3), ["abc", "\u{301}"]);
        assert_eq!(wrap("abc \u{301}", 4), ["abc \u{301}"]);
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_asked(text in "\\PC{0,80}", cells in 0usize..40) {
            prop_assert!(width(&cut(&text, cells)) <= cells);
            for line in wrap(&text, cells.max(2)) {
                prop_assert!(width(&line) <= cells.max(2), "{:?}", line);
            }
        }

        #[test]
        fn every_number_fits_its_column(n in i64::MIN..i64::MAX, value in 0f64..1e15) {
            prop_assert!(compact(n % 1_000_000_000_000_000).len() <= 6);
            prop_assert!(seconds(value).len() <= 6);
            prop_assert!(rate(value).len() <= 7);
        }
    }
}
