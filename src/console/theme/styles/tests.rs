//! What must differ differs, in every look and to every eye.

use super::*;
use crate::console::theme::Theme;
use insta::assert_snapshot;
use std::fmt::Write as _;

const LOOKS: [(&str, Look); 4] = [
    ("16-colour", Look::Sixteen),
    ("colour-blind, 16 colours", Look::ColourBlind { wide: false }),
    ("colour-blind, 256 colours", Look::ColourBlind { wide: true }),
    ("monochrome", Look::Monochrome),
];

const ROLES: [Role; 17] = [
    Role::Text,
    Role::Dim,
    Role::Border,
    Role::Title,
    Role::Key,
    Role::Good,
    Role::Warn,
    Role::Bad,
    Role::Unknown,
    Role::Busy,
    Role::Cursor,
    Role::Input,
    Role::BandProd,
    Role::BandUnknown,
    Role::BandDemo,
    Role::BandOther,
    Role::Banner,
];

const JUDGED: [Role; 4] = [Role::Good, Role::Warn, Role::Bad, Role::Unknown];
const BANDS: [Role; 4] = [Role::BandProd, Role::BandUnknown, Role::BandDemo, Role::BandOther];
/// What the cursor may stand on.
const UNDER_CURSOR: [Role; 9] =
    [Role::Text, Role::Dim, Role::Title, Role::Key, Role::Good, Role::Warn, Role::Bad, Role::Unknown, Role::Busy];

/// Pairs of which one must never be taken for the other. Each of them has a sign or a word as well: `theme::judged` and
/// the marker of the cursor, the words of the bands and the banner.
fn distinct() -> Vec<(Role, Role)> {
    let within = |group: [Role; 4]| {
        (0..4).flat_map(move |at| (0..at).map(move |other| (group[at], group[other]))).collect::<Vec<_>>()
    };
    let mut pairs = within(JUDGED);
    pairs.extend(within(BANDS));
    pairs.extend(BANDS.map(|band| (Role::Banner, band)));
    pairs.extend(UNDER_CURSOR.map(|role| (Role::Cursor, role)));
    pairs
}

/// A style as it is drawn: colours and modifiers, whatever way it was put together.
fn drawn(look: Look, role: Role) -> String {
    let style = Theme::new(false, look).style(role);
    let colour = |colour: Option<Color>| colour.map_or("-".to_owned(), |colour| colour.to_string());
    let modifier = style.add_modifier;
    let modifiers = if modifier.is_empty() { String::new() } else { format!("{modifier:?}") };
    format!("{:<14} {:<10} {modifiers}", colour(style.fg), colour(style.bg)).trim_end().to_owned()
}

#[test]
fn roles_that_must_differ_differ_in_every_look() {
    for (name, look) in LOOKS {
        for (one, other) in distinct() {
            assert_ne!(drawn(look, one), drawn(look, other), "{name}: {one:?} and {other:?}");
        }
    }
}

#[test]
fn the_looks() {
    let mut out = String::new();
    for (name, look) in LOOKS {
        let _ = writeln!(out, "{name}");
        for role in ROLES {
            let _ = writeln!(out, "  {:<12} {}", format!("{role:?}"), drawn(look, role));
        }
    }
    assert_snapshot!(out);
}

#[test]
fn monochrome_has_no_colour_at_all() {
    for role in ROLES {
        let style = style(Look::Monochrome, role);
        assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None), "{role:?}");
    }
}

type Rgb = [f64; 3];

/// Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE
/// Transactions on Visualization and Computer Graphics 15(6), 2009, doi:10.1109/TVCG.2009.113: the matrices of full
/// severity, for linear RGB.
const PROTANOPIA: [Rgb; 3] =
    [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]];
const DEUTERANOPIA: [Rgb; 3] =
    [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]];

/// Distance in CIELAB (CIE 1976) that nobody overlooks between two words on one screen; 2.3 is the least that is noticed
/// side by side.
const APART: f64 = 35.0;

/// As xterm draws them. A user's palette of sixteen may differ, which is why there are signs and words.
fn rgb(colour: Option<Color>) -> Rgb {
    let steps = [0.0, 95.0, 135.0, 175.0, 215.0, 255.0];
    match colour {
        None => [229.0, 229.0, 229.0],
        Some(Color::Green) => [0.0, 205.0, 0.0],
        Some(Color::Yellow) => [205.0, 205.0, 0.0],
        Some(Color::Red) => [205.0, 0.0, 0.0],
        Some(Color::Magenta) => [205.0, 0.0, 205.0],
        Some(Color::LightBlue) => [92.0, 92.0, 255.0],
        Some(Color::LightYellow) => [255.0, 255.0, 0.0],
        Some(Color::LightRed) => [255.0, 0.0, 0.0],
        Some(Color::Indexed(n @ 16..=231)) => {
            let n = usize::from(n - 16);
            [steps[n / 36], steps[n / 6 % 6], steps[n % 6]]
        }
        Some(other) => panic!("{other:?} is not used for a judgement"),
    }
}

fn seen(colour: Rgb, matrix: &[Rgb; 3]) -> Rgb {
    let linear = colour.map(|value| {
        let value = value / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    matrix.map(|row| row.iter().zip(linear).map(|(factor, value)| factor * value).sum::<f64>().clamp(0.0, 1.0))
}

/// CIELAB of linear sRGB, white D65.
fn lab(linear: Rgb) -> Rgb {
    let whole = |factors: Rgb| factors.iter().zip(linear).map(|(factor, value)| factor * value).sum::<f64>();
    let f = |t: f64| if t > 216.0 / 24_389.0 { t.cbrt() } else { (24_389.0 / 27.0 * t + 16.0) / 116.0 };
    let x = f(whole([0.412_456_4, 0.357_576_1, 0.180_437_5]) / 0.950_47);
    let y = f(whole([0.212_672_9, 0.715_152_2, 0.072_175_0]));
    let z = f(whole([0.019_333_9, 0.119_192_0, 0.950_304_1]) / 1.088_83);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The least distance between two judgements, for each eye.
fn least(look: Look) -> f64 {
    let colours = JUDGED.iter().map(|role| rgb(style(look, *role).fg)).collect::<Vec<_>>();
    let mut least = f64::MAX;
    for eye in [&PROTANOPIA, &DEUTERANOPIA] {
        for (at, one) in colours.iter().enumerate() {
            for other in &colours[..at] {
                let (one, other) = (lab(seen(*one, eye)), lab(seen(*other, eye)));
                let distance = one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                least = least.min(distance);
            }
        }
    }
    least
}

#[test]
fn eyes_that_cannot_tell_red_from_green_tell_the_judgements_apart() {
    for wide in [false, true] {
        let least = least(Look::ColourBlind { wide });
        assert!(least >= APART, "{least} with 256 colours {wide}");
    }
    let default = least(Look::Sixteen);
    assert!(default < APART, "{default}: if the default were good enough, nobody would need the other");
}
