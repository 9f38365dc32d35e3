//! The key of masking: whoever has it can tell which old value became which new one, by trying.

use crate::model::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Fewest bytes of a key.
pub const SHORTEST: usize = 16;

/// Keyed hash of a domain, ready to be copied for each value.
pub(super) type Keyed = Hmac<Sha256>;

/// The key. Neither printed nor written; `fingerprint` is for that.
pub struct Key(Keyed);

/// The secret will not do as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the masking key has {0} bytes and needs at least {SHORTEST}: `openssl rand -hex 32` makes a good one")]
pub struct KeyRefused(usize);

impl Key {
    /// Blanks and line ends around it do not count.
    ///
    /// # Errors
    /// It is shorter than 16 bytes.
    pub fn new(secret: &Secret) -> Result<Self, KeyRefused> {
        let bytes = secret.expose().trim().as_bytes();
        if bytes.len() < SHORTEST {
            return Err(KeyRefused(bytes.len()));
        }
        // A key of HMAC may have any length.
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| KeyRefused(bytes.len()))
    }

    /// The hash of one domain.
    pub(super) fn domain(&self, domain: &str) -> Keyed {
        let mut keyed = self.0.clone();
        keyed.update(b"cutover masking 1");
        // With its length, so that no domain and value look like another pair.
        keyed.update(&(domain.len() as u64).to_be_bytes());
        keyed.update(domain.as_bytes());
        keyed
    }

    /// Says whether two runs use the same key, and nothing else about it.
    pub fn fingerprint(&self) -> String {
        crate::model::canon::hex(&Self::after(&self.0, &[b"cutover masking fingerprint"])[..8])
    }

    pub(super) fn after(keyed: &Keyed, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = keyed.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}
