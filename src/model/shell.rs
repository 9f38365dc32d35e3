//! Words of a command that a person copies into a POSIX shell.

use crate::model::untrusted::shown;

/// One word, taken as it is meant: hostile text stays in its quotes, and nothing in it drives a terminal.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./@%+=:,-".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", shown(text).replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_cannot_break_out_of_the_command() {
        for (name, want) in [
            ("nightly-1.x", "nightly-1.x"),
            ("a b", "'a b'"),
            ("x'; rm -rf ~; '", r"'x'\''; rm -rf ~; '\'''"),
            ("$(id)", "'$(id)'"),
            ("-rf", "'-rf'"),
            ("a\u{1b}[2Jb", "'a[2Jb'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(name), want);
        }
    }
}
