//! Exact numbers for rules that calculate with results: fractions of two integers. What does not fit is not known, since a
//! rounded number could make two sums equal that are not.

use std::cmp::Ordering;

/// `n / d`, reduced; `d` is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact {
    n: i128,
    d: i128,
}

impl Exact {
    fn new(n: i128, d: i128) -> Option<Self> {
        if d == 0 {
            return None;
        }
        let common = i128::try_from(gcd(n.unsigned_abs(), d.unsigned_abs())).ok()?.max(1);
        let sign = if d < 0 { -1 } else { 1 };
        Some(Self { n: (n / common).checked_mul(sign)?, d: (d / common).checked_mul(sign)? })
    }

    /// From digits with a sign, a point and an exponent where there is one.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let bare = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(bare) || !digits(fraction) || bare.is_empty() && fraction.is_empty() {
            return None;
        }
        let n: i128 = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        if exponent < 0 { Self::new(n, power) } else { Self::new(n.checked_mul(power)?, 1) }
    }

    pub fn add(self, other: Self) -> Option<Self> {
        let n = self.n.checked_mul(other.d)?.checked_add(other.n.checked_mul(self.d)?)?;
        Self::new(n, self.d.checked_mul(other.d)?)
    }

    pub fn subtract(self, other: Self) -> Option<Self> {
        self.add(other.negative()?)
    }

    pub fn multiply(self, other: Self) -> Option<Self> {
        Self::new(self.n.checked_mul(other.n)?, self.d.checked_mul(other.d)?)
    }

    /// Nothing, by zero.
    pub fn divide(self, other: Self) -> Option<Self> {
        Self::new(self.n.checked_mul(other.d)?, self.d.checked_mul(other.n)?)
    }

    pub fn negative(self) -> Option<Self> {
        Some(Self { n: self.n.checked_neg()?, d: self.d })
    }

    pub fn absolute(self) -> Option<Self> {
        Some(Self { n: self.n.checked_abs()?, d: self.d })
    }

    pub fn compare(self, other: Self) -> Option<Ordering> {
        Some(self.n.checked_mul(other.d)?.cmp(&other.n.checked_mul(self.d)?))
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_exact_or_not_known() {
        for (a, b) in [("1.50", "1.5"), ("-0", "0"), ("1e3", "1000"), ("25e-2", ".25"), ("+7", "7.")] {
            assert_eq!(n(a), n(b));
        }
        for wrong in
            ["", ".", "-", "nan", "inf", "1x", "--1", "1e", "1e400", "99999999999999999999999999999999999999999"]
        {
            assert_eq!(Exact::parse(wrong), None, "{wrong}");
        }
        assert_eq!(n("0.1").add(n("0.2")), Some(n("0.3")));
        assert_eq!(n("1").divide(n("3")).and_then(|third| third.multiply(n("3"))), Some(n("1")));
        assert_eq!(n("5").subtract(n("7")).and_then(Exact::absolute), Some(n("2")));
        assert_eq!(n("1").divide(n("0")), None);
        let large = n("99999999999999999999999999999999999999");
        assert_eq!((large.multiply(large), large.add(large).is_some()), (None, false));
        assert_eq!(n("9007199254740993").compare(n("9007199254740992")), Some(Ordering::Greater));
    }
}
