//! From the bytes a terminal sends to keys, pastes and focus changes. Pure: the caller says when waiting is over.
//!
//! Our own parser, because a sequence that arrives in two pieces over a slow line must not fall apart into Esc and letters
//! (letters are commands here), and because end of file must be told apart from silence.

use crate::console::message::{Key, KeyCode};
use std::time::Duration;

/// A sequence whose next byte does not come within this time has ended. 50 ms is the least that survives a slow SSH line;
/// it is also how late a lone Esc is noticed.
const SEQUENCE_WITHIN: Duration = Duration::from_millis(50);

/// A paste that stands still for this long is thrown away. Its pieces come over the same slow line, but only its end ends it.
const PASTE_WITHIN: Duration = Duration::from_secs(10);

/// A paste longer than this is cut: no field here takes more, and memory is not the sender's to fill.
const PASTE_MAX: usize = 64 * 1024;

/// No real sequence is longer; a longer one is garbage and dropped.
const SEQUENCE_MAX: usize = 64;

const PASTE_END: &[u8] = b"\x1b[201~";

const CTRL_C: u8 = 0x03;

/// What a stretch of bytes meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    Key(Key),
    Paste(String),
    Focus(bool),
    /// A paste stands still: it was thrown away, and what comes up to its end is, too.
    Unended,
}

/// Bytes that are not yet a whole key.
#[derive(Debug, Default)]
pub struct Parser {
    pending: Vec<u8>,
    paste: Option<Pasting>,
}

/// A paste that has begun.
#[derive(Debug, Default)]
struct Pasting {
    text: Vec<u8>,
    /// Nothing of it is kept any more.
    thrown_away: bool,
}

/// What the front of the pending bytes is.
enum Front {
    /// So many bytes, meaning this or nothing.
    Whole(usize, Option<Typed>),
    PasteBegins(usize),
    /// More is needed to tell.
    Open,
}

impl Parser {
    /// Something has begun and not ended: call [`Parser::give_up`] if nothing follows for so long.
    pub fn waits(&self) -> Option<Duration> {
        match &self.paste {
            Some(paste) => (!paste.thrown_away).then_some(PASTE_WITHIN),
            None => (!self.pending.is_empty()).then_some(SEQUENCE_WITHIN),
        }
    }

    /// Takes what the terminal sent.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Typed> {
        self.pending.extend_from_slice(bytes);
        let mut out = Vec::new();
        self.consume(&mut out);
        out
    }

    /// Nothing followed: a lone escape is the Esc key, half a sequence is nothing. A paste without an end is thrown away, and
    /// goes on: its rest, should it come, is no key either.
    pub fn give_up(&mut self) -> Vec<Typed> {
        let mut out = Vec::new();
        if let Some(paste) = &mut self.paste {
            if !std::mem::replace(&mut paste.thrown_away, true) {
                paste.text = Vec::new();
                out.push(Typed::Unended);
            }
            return out;
        }
        match std::mem::take(&mut self.pending).as_slice() {
            [0x1b] => out.push(plain(KeyCode::Esc)),
            [0x1b, c @ (b'[' | b'O')] => out.push(alt(char::from(*c))),
            _ => {}
        }
        out
    }

    fn consume(&mut self, out: &mut Vec<Typed>) {
        loop {
            if self.paste.is_some() {
                if !self.consume_paste(out) {
                    return;
                }
                continue;
            }
            let (count, typed) = match front(&self.pending) {
                Front::Whole(count, typed) => (count, typed),
                Front::PasteBegins(count) => {
                    self.paste = Some(Pasting::default());
                    (count, None)
                }
                Front::Open => return,
            };
            self.pending.drain(..count);
            out.extend(typed);
        }
    }

    /// Moves pasted bytes; true when the paste has ended.
    fn consume_paste(&mut self, out: &mut Vec<Typed>) -> bool {
        let end = self.pending.windows(PASTE_END.len()).position(|window| window == PASTE_END);
        // Without an end the last bytes may be the beginning of one.
        let begun = |count: &usize| self.pending.ends_with(&PASTE_END[..*count]);
        let taken = end.unwrap_or_else(|| self.pending.len() - (1..PASTE_END.len()).rev().find(begun).unwrap_or(0));
        let Some(paste) = self.paste.as_mut() else { return false };
        let taken = self.pending.drain(..taken);
        if paste.thrown_away {
            // The one way out, where the end never comes.
            out.extend(taken.filter(|byte| *byte == CTRL_C).map(|_| ctrl('c')));
        } else {
            let room = PASTE_MAX.saturating_sub(paste.text.len());
            paste.text.extend(taken.take(room));
        }
        if end.is_none() {
            return false;
        }
        self.pending.drain(..PASTE_END.len());
        let Pasting { text, thrown_away } = self.paste.take().unwrap_or_default();
        if !thrown_away {
            out.push(Typed::Paste(String::from_utf8_lossy(&text).into_owned()));
        }
        true
    }
}

fn front(bytes: &[u8]) -> Front {
    match bytes {
        [] | [0x1b] | [0x1b, b'O'] => Front::Open,
        [0x1b, 0x1b, ..] => Front::Whole(1, Some(plain(KeyCode::Esc))),
        [0x1b, b'[', rest @ ..] => control_sequence(rest),
        [0x1b, b'O', last, ..] => Front::Whole(3, ss3(*last)),
        [0x1b, rest @ ..] => match character(rest) {
            Front::Whole(count, Some(Typed::Key(key))) => {
                Front::Whole(count + 1, Some(Typed::Key(Key { alt: true, ..key })))
            }
            Front::Whole(count, _) => Front::Whole(count + 1, None),
            open => open,
        },
        _ => character(bytes),
    }
}

/// One character, possibly of several bytes, possibly a control character.
fn character(bytes: &[u8]) -> Front {
    let Some(first) = bytes.first().copied() else { return Front::Open };
    let code = match first {
        b'\r' => KeyCode::Enter,
        b'\t' => KeyCode::Tab,
        0x7f | 0x08 => KeyCode::Backspace,
        0x00 => return Front::Whole(1, Some(ctrl(' '))),
        0x01..=0x1a => return Front::Whole(1, Some(ctrl(char::from(first + b'a' - 1)))),
        0x1b => KeyCode::Esc,
        0x1c..=0x1f => return Front::Whole(1, Some(ctrl(char::from(first + b'@')))),
        0x20..=0x7e => KeyCode::Char(char::from(first)),
        _ => return multibyte(first, bytes),
    };
    Front::Whole(1, Some(plain(code)))
}

fn multibyte(first: u8, bytes: &[u8]) -> Front {
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Front::Whole(1, None),
    };
    let head = &bytes[..bytes.len().min(length)];
    match std::str::from_utf8(head) {
        Ok(text) => {
            let key = text.chars().next().filter(|c| !c.is_control()).map(|c| plain(KeyCode::Char(c)));
            Front::Whole(length, key)
        }
        Err(error) if error.error_len().is_none() => Front::Open,
        Err(_) => Front::Whole(1, None),
    }
}

/// After `ESC [`: parameters, intermediates, one final byte (ECMA-48, section 5.4).
fn control_sequence(rest: &[u8]) -> Front {
    // The Linux console's own F1 to F5.
    if let [b'[', last, ..] = rest {
        let key = matches!(last, b'A'..=b'E').then(|| plain(KeyCode::F(last - b'A' + 1)));
        return Front::Whole(4, key);
    }
    let Some(at) = rest.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else {
        return if rest.len() > SEQUENCE_MAX { Front::Whole(rest.len() + 2, None) } else { Front::Open };
    };
    let (params, last) = (&rest[..at], rest[at]);
    if rest == b"[" {
        return Front::Open;
    }
    // Another escape in the middle: the first sequence was cut off.
    if !(0x40..=0x7e).contains(&last) {
        return Front::Whole(2 + at, None);
    }
    let count = 3 + at;
    if params == b"200" && last == b'~' {
        return Front::PasteBegins(count);
    }
    Front::Whole(count, meaning(params, last))
}

fn meaning(params: &[u8], last: u8) -> Option<Typed> {
    let mut numbers = params.split(|byte| *byte == b';').map(|n| std::str::from_utf8(n).ok()?.parse::<u8>().ok());
    let first = numbers.next().flatten();
    // xterm's modifier: 1 + (1 shift, 2 alt, 4 ctrl).
    let modifier = numbers.next().flatten().unwrap_or(1).saturating_sub(1);
    let code = match (last, first) {
        (b'I', None) => return Some(Typed::Focus(true)),
        (b'O', None) => return Some(Typed::Focus(false)),
        (b'A', _) => KeyCode::Up,
        (b'B', _) => KeyCode::Down,
        (b'C', _) => KeyCode::Right,
        (b'D', _) => KeyCode::Left,
        (b'H', _) | (b'~', Some(1 | 7)) => KeyCode::Home,
        (b'F', _) | (b'~', Some(4 | 8)) => KeyCode::End,
        (b'Z', _) => KeyCode::BackTab,
        (b'P', _) => KeyCode::F(1),
        (b'Q', _) => KeyCode::F(2),
        (b'S', _) => KeyCode::F(4),
        (b'~', Some(3)) => KeyCode::Delete,
        (b'~', Some(5)) => KeyCode::PageUp,
        (b'~', Some(6)) => KeyCode::PageDown,
        (b'~', Some(n @ 11..=15)) => KeyCode::F(n - 10),
        (b'~', Some(n @ 17..=21)) => KeyCode::F(n - 11),
        (b'~', Some(n @ 23..=24)) => KeyCode::F(n - 12),
        _ => return None,
    };
    Some(Typed::Key(Key { code, ctrl: modifier & 4 != 0, alt: modifier & 2 != 0 }))
}

/// After `ESC O`: keys of the application keypad.
fn ss3(last: u8) -> Option<Typed> {
    Some(plain(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    }))
}

fn plain(code: KeyCode) -> Typed {
    Typed::Key(Key { code, ctrl: false, alt: false })
}

fn alt(c: char) -> Typed {
    Typed::Key(Key { code: KeyCode::Char(c), ctrl: false, alt: true })
}

/// Letters as Ctrl sends them are lower case; `\ ] ^ _` come as they are.
fn ctrl(c: char) -> Typed {
    Typed::Key(Key { code: KeyCode::Char(c), ctrl: true, alt: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> Vec<Typed> {
        vec![plain(code)]
    }

    fn modified(code: KeyCode, ctrl: bool, alt: bool) -> Vec<Typed> {
        vec![Typed::Key(Key { code, ctrl, alt })]
    }

    fn cases() -> Vec<(&'static [u8], Vec<Typed>)> {
        vec![
            (b"q", key(KeyCode::Char('q'))),
            (b"Q", key(KeyCode::Char('Q'))),
            ("ü".as_bytes(), key(KeyCode::Char('ü'))),
            ("漢".as_bytes(), key(KeyCode::Char('漢'))),
            ("🦀".as_bytes(), key(KeyCode::Char('🦀'))),
            (b"\r", key(KeyCode::Enter)),
            (b"\t", key(KeyCode::Tab)),
            (b"\x7f", key(KeyCode::Backspace)),
            (b"\x08", key(KeyCode::Backspace)),
            (b"\x03", modified(KeyCode::Char('c'), true, false)),
            (b"\x1a", modified(KeyCode::Char('z'), true, false)),
            (b"\x0c", modified(KeyCode::Char('l'), true, false)),
            (b"\x1c", modified(KeyCode::Char('\\'), true, false)),
            (b"\x1bx", modified(KeyCode::Char('x'), false, true)),
            (b"\x1b[A", key(KeyCode::Up)),
            (b"\x1bOB", key(KeyCode::Down)),
            (b"\x1b[1;5C", modified(KeyCode::Right, true, false)),
            (b"\x1b[1;3D", modified(KeyCode::Left, false, true)),
            (b"\x1b[Z", key(KeyCode::BackTab)),
            (b"\x1b[3~", key(KeyCode::Delete)),
            (b"\x1b[5~", key(KeyCode::PageUp)),
            (b"\x1b[6;5~", modified(KeyCode::PageDown, true, false)),
            (b"\x1b[1~", key(KeyCode::Home)),
            (b"\x1b[F", key(KeyCode::End)),
            (b"\x1bOP", key(KeyCode::F(1))),
            (b"\x1b[[B", key(KeyCode::F(2))),
            (b"\x1b[15~", key(KeyCode::F(5))),
            (b"\x1b[24~", key(KeyCode::F(12))),
            (b"\x1b[I", vec![Typed::Focus(true)]),
            (b"\x1b[O", vec![Typed::Focus(false)]),
            (b"\x1b[200~q\x1b[A\r\x1b[201~", vec![Typed::Paste("q\x1b[A\r".into())]),
            (b"\x1b[?62;4c", vec![]),
            (b"\x1b[99~", vec![]),
            (b"\xff", vec![]),
            (b"\xc2\x9b", vec![]),
            (b"\x1b\x1b[A", [key(KeyCode::Esc), key(KeyCode::Up)].concat()),
            (b"\x1b[1\x1b[B", key(KeyCode::Down)),
        ]
    }

    #[test]
    fn bytes_become_keys() {
        for (bytes, want) in cases() {
            let mut parser = Parser::default();
            assert_eq!(parser.feed(bytes), want, "{:?}", bytes.escape_ascii().to_string());
            assert_eq!(parser.waits(), None, "{:?}", bytes.escape_ascii().to_string());
        }
    }

    #[test]
    fn a_sequence_may_arrive_in_any_pieces() {
        for (bytes, want) in cases() {
            let mut parser = Parser::default();
            let got: Vec<Typed> = bytes.iter().flat_map(|byte| parser.feed(&[*byte])).collect();
            assert_eq!(got, want, "{:?}", bytes.escape_ascii().to_string());
        }
    }

    #[test]
    fn what_never_ends_is_given_up_without_becoming_letters() {
        for (bytes, want) in [
            (&b"\x1b"[..], key(KeyCode::Esc)),
            (b"\x1b[", modified(KeyCode::Char('['), false, true)),
            (b"\x1bO", modified(KeyCode::Char('O'), false, true)),
            (b"\x1b[1;", vec![]),
            (b"\xe6\xbc", vec![]),
        ] {
            let mut parser = Parser::default();
            assert_eq!(parser.feed(bytes), vec![]);
            assert_eq!(parser.waits(), Some(SEQUENCE_WITHIN));
            assert_eq!(parser.give_up(), want, "{:?}", bytes.escape_ascii().to_string());
            assert_eq!(parser.waits(), None);
        }
    }

    #[test]
    fn only_its_end_ends_a_paste_however_long_it_takes() {
        let mut parser = Parser::default();
        for piece in [&b"\x1b[200~"[..], b"billing-cdc", b"\r\x1b[20", b"0~q\x1b["] {
            assert_eq!(parser.feed(piece), vec![]);
            assert_eq!(parser.waits(), Some(PASTE_WITHIN), "it is not half a sequence");
        }
        assert_eq!(parser.feed(b"201~"), vec![Typed::Paste("billing-cdc\r\x1b[200~q".into())]);
        assert_eq!((parser.waits(), parser.feed(b"q")), (None, key(KeyCode::Char('q'))));
    }

    #[test]
    fn a_paste_that_stands_still_is_thrown_away_with_its_rest() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"\x1b[200~billing"), vec![]);
        assert_eq!((parser.give_up(), parser.waits()), (vec![Typed::Unended], None));
        assert_eq!(parser.feed(b"-cdc\rq\x1b"), vec![]);
        assert_eq!(parser.give_up(), vec![], "it is told once");
        assert_eq!(parser.feed(b"\x03"), modified(KeyCode::Char('c'), true, false), "out of it at any time");
        assert_eq!(parser.feed(b"q\r\x1b[201~q"), key(KeyCode::Char('q')), "what follows it is a key again");
        assert_eq!(parser.feed(b"\x1b[200~x\x1b[201~"), vec![Typed::Paste("x".into())]);
    }

    #[test]
    fn a_huge_paste_is_cut_and_the_keys_after_it_are_keys() {
        let mut parser = Parser::default();
        let mut bytes = b"\x1b[200~".to_vec();
        bytes.extend(vec![b'x'; PASTE_MAX * 2]);
        bytes.extend(b"\x1b[201~q");
        let got: Vec<Typed> = bytes.chunks(1000).flat_map(|chunk| parser.feed(chunk)).collect();
        assert_eq!(got, vec![Typed::Paste("x".repeat(PASTE_MAX)), plain(KeyCode::Char('q'))]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_stop_the_parser_and_pieces_do_not_matter(bytes in proptest::collection::vec(0u8.., 0..200), cut in 0usize..200) {
            let cut = cut.min(bytes.len());
            let mut whole = Parser::default();
            let mut all = whole.feed(&bytes);
            all.extend(whole.give_up());
            let mut pieces = Parser::default();
            let mut got = pieces.feed(&bytes[..cut]);
            got.extend(pieces.feed(&bytes[cut..]));
            got.extend(pieces.give_up());
            proptest::prop_assert_eq!(all, got);
            let mut clean = Parser::default();
            proptest::prop_assert_eq!(clean.feed(b"q"), vec![plain(KeyCode::Char('q'))]);
        }
    }
}
