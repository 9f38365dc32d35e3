//! JSON by value: the same document has the same bytes, however it was written.
//!
//! Own parser: numbers must stay exact (serde's would become floats), and of two equal keys the last one counts, as in
//! PostgreSQL's jsonb and in MySQL. The bytes are JSON again, without spaces, keys in byte order, numbers by value.

use super::{Misfit, Raw, number};
use std::collections::BTreeMap;

/// Deeper documents than MySQL takes (100) and than anyone writes; a hostile one must not use up the stack.
const DEEPEST: u32 = 200;

pub(super) fn put(text: &[u8], out: &mut Vec<u8>) -> Result<(), Misfit> {
    let text = std::str::from_utf8(text).map_err(|_| Misfit)?;
    let mut parser = Parser { text, at: 0 };
    parser.value(DEEPEST, out)?;
    parser.blank();
    if parser.at == text.len() { Ok(()) } else { Err(Misfit) }
}

/// A document that is a number and nothing else.
pub(super) fn put_number(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    if matches!(raw, Raw::Float64(x) if !x.is_finite()) {
        return Err(Misfit);
    }
    let mut bytes = Vec::new();
    number::put_decimal(raw, &mut bytes)?;
    out.extend_from_slice(number::decimal_text(&bytes).ok_or(Misfit)?.as_bytes());
    Ok(())
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.blank();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, depth: u32, out: &mut Vec<u8>) -> Result<(), Misfit> {
        let deeper = depth.checked_sub(1).ok_or(Misfit)?;
        self.blank();
        match self.peek().ok_or(Misfit)? {
            b'{' => self.object(deeper, out),
            b'[' => self.array(deeper, out),
            b'"' => {
                written(&self.string()?, out);
                Ok(())
            }
            b'-' | b'0'..=b'9' => self.number(out),
            _ => self.word(out),
        }
    }

    fn word(&mut self, out: &mut Vec<u8>) -> Result<(), Misfit> {
        let rest = &self.text[self.at..];
        let word = ["null", "true", "false"].into_iter().find(|word| rest.starts_with(word)).ok_or(Misfit)?;
        self.at += word.len();
        out.extend_from_slice(word.as_bytes());
        Ok(())
    }

    fn array(&mut self, depth: u32, out: &mut Vec<u8>) -> Result<(), Misfit> {
        self.at += 1;
        out.push(b'[');
        let mut first = true;
        while !self.take(b']') {
            if !first {
                if !self.take(b',') {
                    return Err(Misfit);
                }
                out.push(b',');
            }
            self.value(depth, out)?;
            first = false;
        }
        out.push(b']');
        Ok(())
    }

    fn object(&mut self, depth: u32, out: &mut Vec<u8>) -> Result<(), Misfit> {
        self.at += 1;
        let mut members = BTreeMap::new();
        let mut first = true;
        while !self.take(b'}') {
            if !first && !self.take(b',') {
                return Err(Misfit);
            }
            first = false;
            self.blank();
            if self.peek() != Some(b'"') {
                return Err(Misfit);
            }
            let key = self.string()?;
            if !self.take(b':') {
                return Err(Misfit);
            }
            let mut value = Vec::new();
            self.value(depth, &mut value)?;
            members.insert(key, value);
        }
        out.push(b'{');
        for (at, (key, value)) in members.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            written(key, out);
            out.push(b':');
            out.extend_from_slice(value);
        }
        out.push(b'}');
        Ok(())
    }

    /// JSON's grammar of numbers, which is narrower than ours.
    fn number(&mut self, out: &mut Vec<u8>) -> Result<(), Misfit> {
        let start = self.at;
        let digits = |parser: &mut Self| {
            let from = parser.at;
            while parser.peek().is_some_and(|b| b.is_ascii_digit()) {
                parser.at += 1;
            }
            if parser.at == from { Err(Misfit) } else { Ok(parser.at - from) }
        };
        self.at += usize::from(self.peek() == Some(b'-'));
        let zero = self.peek() == Some(b'0');
        if digits(self)? > 1 && zero {
            return Err(Misfit);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            digits(self)?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'-' | b'+')));
            digits(self)?;
        }
        put_number(Raw::Digits(&self.text.as_bytes()[start..self.at]), out)
    }

    fn string(&mut self) -> Result<String, Misfit> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let end = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').ok_or(Misfit)?;
            out.push_str(&rest[..end]);
            self.at += end + 1;
            match rest.as_bytes()[end] {
                b'"' => return Ok(out),
                b'\\' => out.push(self.escaped()?),
                _ => return Err(Misfit),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Misfit> {
        let byte = self.peek().ok_or(Misfit)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                // Above the basic plane there are two units; one alone is no character.
                let code = if (0xd800..0xdc00).contains(&unit) {
                    if !self.text[self.at..].starts_with("\\u") {
                        return Err(Misfit);
                    }
                    self.at += 2;
                    let low = self.unit()?;
                    if !(0xdc00..0xe000).contains(&low) {
                        return Err(Misfit);
                    }
                    0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00))
                } else {
                    unit
                };
                char::from_u32(code).ok_or(Misfit)?
            }
            _ => return Err(Misfit),
        })
    }

    fn unit(&mut self) -> Result<u32, Misfit> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or(Misfit)?;
        self.at += 4;
        digits.iter().try_fold(0, |n, b| Ok(n << 4 | char::from(*b).to_digit(16).ok_or(Misfit)?))
    }
}

/// One spelling: only what must be escaped is.
fn written(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..=31 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
