//! Where the password of a database comes from: its address, the environment, or a question on the terminal. It is never
//! printed, and never in an error.

use crate::model::Secret;
use rustix::termios::{LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use std::io::{self, IsTerminal as _, Read, Write as _};

/// From this variable. An empty one is none.
pub fn from_environment(name: &str) -> Option<Secret> {
    std::env::var(name).ok().filter(|password| !password.is_empty()).map(Secret::new)
}

/// Whether somebody can be asked.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for it; what is typed is not shown. `None`: no answer, or Ctrl-C.
pub fn ask(side: &str, place: &str) -> Option<Secret> {
    let hidden = Hidden::begin()?;
    let mut to = io::stderr().lock();
    let question = format!("Password of the {side} ({place}): ");
    to.write_all(question.as_bytes()).and_then(|()| to.flush()).ok()?;
    let answer = typed(&mut io::stdin().lock());
    drop(hidden);
    let _ = to.write_all(b"\n");
    answer
}

/// Characters as they come, until Enter. The terminal neither shows nor edits them.
fn typed(from: &mut impl Read) -> Option<Secret> {
    let mut bytes = Vec::new();
    loop {
        let mut byte = [0];
        if from.read(&mut byte).ok()? == 0 {
            return None;
        }
        match byte[0] {
            b'\r' | b'\n' => break,
            // Ctrl-C, Ctrl-D, Escape.
            3 | 4 | 27 => return None,
            // Backspace takes a whole character.
            8 | 127 => while bytes.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {},
            // Ctrl-U takes all.
            21 => bytes.clear(),
            byte => bytes.push(byte),
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.is_empty()).then(|| Secret::new(text))
}

/// The terminal without echo, until this is dropped. Signals wait that long: one of them would leave it so.
struct Hidden {
    before: Termios,
}

impl Hidden {
    fn begin() -> Option<Self> {
        // What was typed before there was a question is no answer to it.
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        let before = tcgetattr(io::stdin()).ok()?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Now, &hidden).ok()?;
        Some(Self { before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_edited_as_on_any_terminal() {
        for (keys, want) in [
            (&b"sesame\r"[..], Some("sesame")),
            (b"ses\xc3\xbc\x7fame\n", Some("sesame")),
            (b"wrong\x15sesame\n", Some("sesame")),
            (b"ses\x03", None),
            (b"\n", None),
            (b"sesame", None),
        ] {
            let mut keys = keys;
            assert_eq!(typed(&mut keys).as_ref().map(Secret::expose), want);
        }
    }
}
