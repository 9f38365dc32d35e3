//! Chance that is none: numbers drawn from the keyed hash of a value, the same wherever the value stands.

use super::key::{Key, Keyed};

/// Letters and digits that no collation makes one and nobody misreads: 5 bits each.
const BASE32: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Numbers of one value.
pub(super) struct Draw<'a> {
    keyed: &'a Keyed,
    seed: [u8; 32],
    block: u32,
    bytes: [u8; 32],
    at: usize,
}

impl<'a> Draw<'a> {
    pub(super) fn new(keyed: &'a Keyed, value: &str) -> Self {
        let seed = Key::after(keyed, &[value.as_bytes()]);
        Self { keyed, seed, block: 0, bytes: seed, at: 0 }
    }

    pub(super) fn byte(&mut self) -> u8 {
        if self.at == self.bytes.len() {
            self.block += 1;
            self.bytes = Key::after(self.keyed, &[&self.seed, &self.block.to_be_bytes()]);
            self.at = 0;
        }
        self.at += 1;
        self.bytes[self.at - 1]
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// From nothing to below `n`. Sixteen bytes, so that no number is noticeably likelier than another.
    pub(super) fn below(&mut self, n: u128) -> u128 {
        u128::from_be_bytes(self.bytes()) % n.max(1)
    }

    pub(super) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u128)).unwrap_or(0)
    }

    pub(super) fn base32(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(BASE32[usize::from(self.byte() & 31)])).collect()
    }

    pub(super) fn digits(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0))).collect()
    }
}
