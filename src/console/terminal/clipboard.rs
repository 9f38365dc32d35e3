//! The clipboard of whoever looks at the terminal, through OSC 52 (xterm, "Operating System Commands"): the text goes to
//! the terminal as a control string, so it works over SSH and needs no helper. The terminal answers nothing; some do not
//! know it, some must be told to allow it.

use std::fmt::Write as _;

/// What lies between us and the terminal and takes control strings for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    Nothing,
    Tmux,
    Screen,
}

/// GNU screen takes strings of up to 768 bytes (`MAXSTR`); hterm's osc52.sh sends 76 at a time, and so do we.
const SCREEN_CHUNK: usize = 76;

impl Between {
    /// Judged from what tmux and screen put into the environment of what runs in them. Inside both, tmux is the nearer
    /// one as a rule, and passes on to screen what it does not keep.
    pub fn here() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|text| !text.is_empty());
        Self::judge(set("TMUX"), set("STY"))
    }

    fn judge(tmux: bool, screen: bool) -> Self {
        match (tmux, screen) {
            (true, _) => Self::Tmux,
            (false, true) => Self::Screen,
            (false, false) => Self::Nothing,
        }
    }

    /// The bytes that put `text` into the clipboard.
    pub fn copy(self, text: &str) -> Vec<u8> {
        let data = base64(text.as_bytes());
        let plain = format!("\x1b]52;c;{data}\x07");
        match self {
            Self::Nothing => plain,
            // With `set-clipboard on` tmux takes the plain sequence and drops the other; with `allow-passthrough on`, or
            // before 3.3, it is the other way round. Both say the same, so it does no harm where it takes both.
            Self::Tmux => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
            // Each piece a string of its own, for screen; put together again for the terminal behind it.
            Self::Screen => {
                let mut out = "\x1bP\x1b]52;c;".to_owned();
                for (at, piece) in data.as_bytes().chunks(SCREEN_CHUNK).enumerate() {
                    let between = if at == 0 { "" } else { "\x1b\\\x1bP" };
                    let _ = write!(out, "{between}{}", String::from_utf8_lossy(piece));
                }
                out + "\x07\x1b\\"
            }
        }
        .into_bytes()
    }
}

/// RFC 4648, section 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_the_standard_has_it() {
        for (text, want) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("ü→\u{10ffff}", "w7zihpL0j7+/"),
        ] {
            assert_eq!(base64(text.as_bytes()), want);
        }
    }

    #[test]
    fn each_multiplexer_gets_the_wrapping_it_passes_on() {
        let text = |between: Between, text| String::from_utf8(between.copy(text)).unwrap();
        assert_eq!(text(Between::Nothing, "foo"), "\x1b]52;c;Zm9v\x07");
        assert_eq!(text(Between::Tmux, "foo"), "\x1b]52;c;Zm9v\x07\x1bPtmux;\x1b\x1b]52;c;Zm9v\x07\x1b\\");
        assert_eq!(text(Between::Screen, "foo"), "\x1bP\x1b]52;c;Zm9v\x07\x1b\\");
        assert_eq!((Between::judge(true, true), Between::judge(false, true)), (Between::Tmux, Between::Screen));
    }

    #[test]
    fn for_screen_a_long_text_is_cut_into_strings_it_takes_and_nothing_is_lost() {
        let long = "x".repeat(10_000);
        let sent = String::from_utf8(Between::Screen.copy(&long)).unwrap();
        let strings: Vec<&str> = sent.split("\x1b\\").filter(|one| !one.is_empty()).collect();
        assert!(strings.len() > 100 && strings.iter().all(|one| one.starts_with("\x1bP") && one.len() < 768));
        let whole: String = strings.iter().map(|one| &one[2..]).collect();
        assert_eq!(whole, format!("\x1b]52;c;{}\x07", base64(long.as_bytes())));
    }
}
