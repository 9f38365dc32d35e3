//! What time it is. Everything pure takes `now` as a parameter; this is where it comes from.

use jiff::Timestamp;

/// The system's clock, or one that stands still (`--frozen`), for pictures and snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    System,
    Frozen(Timestamp),
}

impl Clock {
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Frozen(at) => at,
        }
    }
}
