//! What time the embedded AWS thinks it is.

use jiff::Timestamp;

/// The instant of `--frozen`: 2026-01-15T14:03:22Z.
pub const FROZEN_AT: Timestamp = Timestamp::constant(1_768_485_802, 0);

/// Time as the world is told it. The world itself never reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Live,
    /// Always the same instant: nothing ages, every answer repeats.
    Frozen(Timestamp),
}

impl Clock {
    pub fn now(self) -> Timestamp {
        match self {
            Self::Live => Timestamp::now(),
            Self::Frozen(at) => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frozen_instant_is_the_documented_one() {
        assert_eq!(Clock::Frozen(FROZEN_AT).now().to_string(), "2026-01-15T14:03:22Z");
    }
}
