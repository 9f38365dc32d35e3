//! Repeatable chance: the same seed and the same place give the same number, in any order of asking.

/// A number for this place (splitmix64 finaliser over the parts; Steele, Lea, Flood 2014).
pub fn number(seed: u64, parts: &[u64]) -> u64 {
    parts.iter().fold(mix(seed ^ 0x9e37_79b9_7f4a_7c15), |state, part| mix(state ^ mix(*part)))
}

/// A number in `0.0..1.0`.
#[allow(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
pub fn unit(seed: u64, parts: &[u64]) -> f64 {
    (number(seed, parts) >> 11) as f64 / (1u64 << 53) as f64
}

/// A number in `low..=high`.
#[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "callers give small positive ranges")]
pub fn between(seed: u64, parts: &[u64], low: i64, high: i64) -> i64 {
    low + (number(seed, parts) % ((high - low).max(0) as u64 + 1)) as i64
}

/// A place out of a text.
pub fn place(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A DMS resource id: 26 characters of upper-case base 32.
pub fn resource_id(seed: u64, what: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    (0..26).map(|i| char::from(LETTERS[(number(seed, &[place(what), i]) % 32) as usize])).collect()
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
