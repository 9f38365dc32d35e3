//! Patterns of names, such as `orders-*`.

/// `*` fits any text, `?` one character, everything else itself, case included (DMS stores names in lower case).
pub fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go back to: just behind the last `*`, and the text it has eaten so far. Linear in practice, never
    // exponential, whatever the pattern.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((after, eaten)) => {
                    star = Some((after, eaten + 1));
                    p = after;
                    t = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, text, want) in [
            ("orders-*", "orders-cdc", true),
            ("orders-*", "orders-", true),
            ("orders-*", "old-orders-cdc", false),
            ("*orders*", "old-orders-cdc", true),
            ("orders", "orders", true),
            ("orders", "orders-cdc", false),
            ("order?", "orders", true),
            ("order?", "order", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("**", "x", true),
        ] {
            assert_eq!(fits(pattern, text), want, "{pattern} {text}");
        }
    }

    #[test]
    fn a_nasty_pattern_is_quick() {
        assert!(!fits(&"*a".repeat(50), &"b".repeat(10_000)));
    }

    proptest::proptest! {
        #[test]
        fn a_name_fits_itself_and_every_cut_of_it(name in "[a-z0-9-]{0,20}", at in 0_usize..20) {
            proptest::prop_assert!(fits(&name, &name));
            let at = at.min(name.len());
            let start = format!("{}*", &name[..at]);
            proptest::prop_assert!(fits(&start, &name));
            let end = format!("*{}", &name[at..]);
            proptest::prop_assert!(fits(&end, &name));
        }
    }
}
