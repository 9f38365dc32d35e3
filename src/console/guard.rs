//! Which keys count while a question is on screen: only those read a while after the question could be read.
//!
//! Pure: every time is a parameter. The loop tells what happened; keys that do not count are thrown away there, before the
//! state sees them. What cancels or leaves always counts; what acts must stand alone. Start at [`Guard`].

use super::message::{Key, KeyCode};
use std::time::{Duration, Instant};

/// From the first frame with the question on the terminal to the first key that counts: what was typed ahead, a key held
/// down, and a reflex are over by then.
pub const PAUSE: Duration = Duration::from_millis(300);

/// What acts comes at least this long after the key before it. Text pasted into a terminal that does not tell comes faster,
/// also where a slow line brings it in pieces; a finger does not.
pub const GAP: Duration = Duration::from_millis(50);

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Counts,
    /// Read before the question could be: thrown away, as if it had never been typed.
    Early,
    /// It acts, and came with what stands before it, as pasted text does: to be pressed again.
    Joined,
}

/// How far the question has come on its way to the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    No,
    /// In the frame that was handed over.
    Painted,
    /// That frame is out.
    Written(Instant),
}

/// Stands between the terminal and the state.
#[derive(Debug, Default)]
pub struct Guard {
    question: Option<(u64, Seen)>,
    /// The question whose state was told that keys count.
    told: Option<u64>,
    /// When the last key was read.
    last: Option<Instant>,
}

impl Guard {
    /// The question there is after an update. A new one has not been seen.
    pub fn opened(&mut self, question: Option<u64>) {
        if self.question.map(|(id, _)| id) != question {
            self.question = question.map(|id| (id, Seen::No));
            self.told = None;
        }
    }

    /// A frame with the question was handed over.
    pub fn painted(&mut self) {
        if let Some((_, seen @ Seen::No)) = &mut self.question {
            *seen = Seen::Painted;
        }
    }

    /// Everything that was handed over is out.
    pub fn written(&mut self, at: Instant) {
        if let Some((_, seen @ Seen::Painted)) = &mut self.question {
            *seen = Seen::Written(at);
        }
    }

    /// Nothing of what was written can be trusted to be there: the terminal was somebody else's meanwhile.
    pub fn forget(&mut self) {
        if let Some((_, seen)) = &mut self.question {
            *seen = Seen::No;
        }
        self.told = None;
    }

    /// Whether a key counts that was read then. `confirms`: it is one that says yes, whatever keys those are.
    pub fn judge(&mut self, key: Key, read_at: Instant, confirms: bool) -> Verdict {
        let joined = self.last.replace(read_at).is_some_and(|last| read_at < last + GAP);
        match self.question {
            None => Verdict::Counts,
            _ if cancels(key) => Verdict::Counts,
            Some((_, Seen::Written(at))) if read_at >= at + PAUSE => {
                if joined && (confirms || acts(key)) {
                    Verdict::Joined
                } else {
                    Verdict::Counts
                }
            }
            Some(_) => Verdict::Early,
        }
    }

    /// When keys begin to count, while the state has not been told yet.
    pub fn due(&self) -> Option<Instant> {
        match self.question {
            Some((id, Seen::Written(at))) if self.told != Some(id) => Some(at + PAUSE),
            _ => None,
        }
    }

    /// The question whose state is to be told now that keys count; once.
    pub fn tell(&mut self, now: Instant) -> Option<u64> {
        self.due().filter(|due| now >= *due)?;
        self.told = self.question.map(|(id, _)| id);
        self.told
    }
}

/// Esc, also as the first half of two keys that a slow line has joined, and Ctrl-C.
fn cancels(key: Key) -> bool {
    key.code == KeyCode::Esc || key.alt || (key.ctrl && key.code == KeyCode::Char('c'))
}

/// Whatever it is bound to.
fn acts(key: Key) -> bool {
    key.ctrl || matches!(key.code, KeyCode::Enter | KeyCode::F(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> Key {
        Key { code, ctrl: false, alt: false }
    }

    /// As if Enter alone confirmed.
    fn admits(guard: &mut Guard, key: Key, read_at: Instant) -> bool {
        guard.judge(key, read_at, key.code == KeyCode::Enter) == Verdict::Counts
    }

    const X: Key = Key { code: KeyCode::Char('x'), ctrl: false, alt: false };

    #[test]
    fn a_key_counts_from_300_ms_after_the_question_was_written() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut guard = Guard::default();
        assert!(admits(&mut guard, X, at(0)), "no question, no guard");
        guard.opened(Some(1));
        assert!(!admits(&mut guard, X, at(10_000)), "never painted");
        guard.written(at(5));
        assert!(!admits(&mut guard, X, at(10_000)), "the frame that went out was an older one");
        guard.painted();
        assert!(!admits(&mut guard, X, at(10_000)), "a terminal that does not take the frame");
        guard.written(at(100));
        guard.written(at(900));
        for (ms, admitted) in [(0, false), (99, false), (100, false), (399, false), (400, true), (5_000, true)] {
            assert_eq!(admits(&mut guard, X, at(ms)), admitted, "read at {ms} ms");
        }
        guard.opened(Some(1));
        assert!(admits(&mut guard, X, at(402)), "the same question");
        guard.opened(Some(2));
        assert!(!admits(&mut guard, X, at(60_000)), "another question begins anew");
        guard.opened(None);
        assert!(admits(&mut guard, X, at(0)));
    }

    #[test]
    fn what_cancels_or_leaves_always_counts() {
        let mut guard = Guard::default();
        guard.opened(Some(1));
        let ctrl = |c| Key { code: KeyCode::Char(c), ctrl: true, alt: false };
        for (key, admitted) in [
            (key(KeyCode::Esc), true),
            (ctrl('c'), true),
            (Key { alt: true, ..X }, true),
            (key(KeyCode::Enter), false),
            (key(KeyCode::Down), false),
            (ctrl('z'), false),
            (ctrl('u'), false),
            (X, false),
        ] {
            assert_eq!(admits(&mut guard, key, Instant::now()), admitted, "{key:?}");
        }
    }

    #[test]
    fn what_acts_is_pressed_by_itself() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let (tab, enter) = (key(KeyCode::Tab), key(KeyCode::Enter));
        let ctrl_y = Key { code: KeyCode::Char('y'), ctrl: true, alt: false };
        for (pressed, confirms, after, want) in [
            (X, false, 0, Verdict::Counts),
            (enter, true, 0, Verdict::Joined),
            (enter, true, 1, Verdict::Joined),
            (enter, true, 49, Verdict::Joined),
            (enter, true, 50, Verdict::Counts),
            (tab, true, 0, Verdict::Joined),
            (tab, true, 20, Verdict::Joined),
            (tab, true, 60, Verdict::Counts),
            (tab, false, 0, Verdict::Counts),
            (ctrl_y, false, 0, Verdict::Joined),
            (key(KeyCode::F(5)), false, 10, Verdict::Joined),
            (key(KeyCode::Esc), true, 0, Verdict::Counts),
        ] {
            let mut guard = Guard::default();
            guard.opened(Some(1));
            guard.painted();
            guard.written(at(0));
            assert_eq!(guard.judge(X, at(500), false), Verdict::Counts);
            assert_eq!(guard.judge(pressed, at(500 + after), confirms), want, "{pressed:?} after {after} ms");
            assert_eq!(guard.judge(pressed, at(600 + after), confirms), Verdict::Counts, "pressed again");
        }
    }

    #[test]
    fn the_state_is_told_once_when_keys_begin_to_count() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut guard = Guard::default();
        guard.opened(Some(7));
        assert_eq!((guard.due(), guard.tell(at(9_000))), (None, None));
        guard.painted();
        guard.written(at(50));
        assert_eq!((guard.due(), guard.tell(at(349))), (Some(at(350)), None));
        assert_eq!(guard.tell(at(350)), Some(7));
        assert_eq!((guard.due(), guard.tell(at(351))), (None, None));
        guard.forget();
        assert!(!admits(&mut guard, X, at(60_000)), "after an absence it must be seen again");
        guard.painted();
        guard.written(at(70_000));
        assert_eq!(guard.tell(at(70_300)), Some(7));
    }
}
