//! Digits for digits, one-to-one: a Feistel network over decimal numbers (the construction of NIST SP 800-38G, with
//! HMAC-SHA-256 as its round function). Two numbers of the same form never become one.

use super::draw::Draw;
use super::key::{Key, Keyed};

/// Rounds; SP 800-38G takes ten.
const ROUNDS: u8 = 10;
/// Most digits of one block: each half fits in 64 bits.
const BLOCK: usize = 36;
/// How often a number outside its range is sent through again.
const WALK: usize = 10_000;

/// Every digit of a text replaced, everything else where it was.
pub(super) fn text(keyed: &Keyed, text: &str) -> String {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
    let mut new = Vec::with_capacity(digits.len());
    for (at, block) in digits.chunks(BLOCK).enumerate() {
        new.extend(permuted(keyed, block, at));
    }
    let mut new = new.into_iter();
    let digit = |c: char, new: &mut std::vec::IntoIter<u8>| new.next().map_or(c, |digit| char::from(b'0' + digit));
    text.chars().map(|c| if c.is_ascii_digit() { digit(c, &mut new) } else { c }).collect()
}

/// A whole number of as many digits, within the range of its column; `None` where it is none.
pub(super) fn whole(keyed: &Keyed, text: &str, most: i128) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut digits: Vec<u8> = digits.bytes().map(|byte| byte - b'0').collect();
    // What leaves the range goes through again until it is back: still one-to-one.
    for _ in 0..WALK {
        digits = digits.chunks(BLOCK).enumerate().flat_map(|(at, block)| permuted(keyed, block, at)).collect();
        let leads = digits.len() == 1 || digits.first().is_some_and(|first| *first != 0);
        let number: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let fits = number.parse::<i128>().is_ok_and(|number| number <= most);
        if leads && fits {
            let zero = number.bytes().all(|byte| byte == b'0');
            return Some(if zero { number } else { format!("{sign}{number}") });
        }
    }
    None
}

/// Digits of one block. The number of digits and the place of the block belong to the key of the rounds.
fn permuted(keyed: &Keyed, digits: &[u8], block: usize) -> Vec<u8> {
    let place = u8::try_from(block).unwrap_or(u8::MAX);
    if let [digit] = digits {
        return vec![shuffled(keyed, place)[usize::from(*digit % 10)]];
    }
    let half = digits.len() / 2;
    let number = |digits: &[u8]| digits.iter().fold(0_u128, |n, digit| n * 10 + u128::from(*digit));
    let size = |length: usize| (0..length).fold(1_u128, |n, _| n * 10);
    let (mut left, mut right) = (number(&digits[..half]), number(&digits[half..]));
    let (mut left_digits, mut right_digits) = (half, digits.len() - half);
    for round in 0..ROUNDS {
        let length = u8::try_from(digits.len()).unwrap_or(u8::MAX);
        let hash = Key::after(keyed, &[b"digits", &[round, length, place], &right.to_be_bytes()]);
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        let modulus = size(left_digits);
        let mixed = (left + u128::from_be_bytes(half) % modulus) % modulus;
        (left, right) = (right, mixed);
        (left_digits, right_digits) = (right_digits, left_digits);
    }
    let mut out = vec![0; digits.len()];
    let (mut a, mut b) = (left, right);
    let digit = |n: &mut u128| {
        let digit = u8::try_from(*n % 10).unwrap_or(0);
        *n /= 10;
        digit
    };
    out[left_digits..].iter_mut().rev().for_each(|place| *place = digit(&mut b));
    out[..left_digits].iter_mut().rev().for_each(|place| *place = digit(&mut a));
    out
}

/// The ten digits in another order.
fn shuffled(keyed: &Keyed, place: u8) -> [u8; 10] {
    let mut draw = Draw::new(keyed, &format!("digit {place}"));
    let mut all: [u8; 10] = std::array::from_fn(|at| u8::try_from(at).unwrap_or(0));
    for at in (1..10).rev() {
        all.swap(at, draw.index(at + 1));
    }
    all
}
