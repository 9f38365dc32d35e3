//! Which deaths a sweep has: where, what follows, and how often what was meant to follow did.

use super::stand::Stand;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

/// What somebody does after a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    Resume,
    /// The machine is gone: the ledger is all that there is.
    JournalLost,
    /// Once more, at another point.
    KilledAgain,
    /// Everything back, where that is still possible.
    Abort,
    /// The same, and killed while it is put back.
    KilledInUndo,
    /// No death: the server ends the session, while the process is stopped for a moment.
    SessionLost,
    /// No death: the process is stopped, somebody takes the run over to its end, and then it goes on.
    TakenOver,
}

impl Variant {
    pub const ALL: [Self; 7] = [
        Self::Resume,
        Self::JournalLost,
        Self::KilledAgain,
        Self::Abort,
        Self::KilledInUndo,
        Self::SessionLost,
        Self::TakenOver,
    ];
    /// Without a death.
    const STOPPED: [Self; 2] = [Self::SessionLost, Self::TakenOver];
}

/// The so-maniest of a name: how often something is waited for changes nothing about that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    pub nth: usize,
    pub name: String,
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.nth, self.name)
    }
}

/// A point, and where it stands among all of them.
#[derive(Debug, Clone)]
pub struct Place {
    pub point: Point,
    /// How many points of a run are passed before it, and how many after it.
    pub passed: usize,
    pub left: usize,
    /// Nothing durable lies between the one before and this one: whoever dies here dies there. Who is only stopped has read something
    /// in between.
    pub is_same: bool,
}

impl Place {
    pub fn is_of_journal(&self) -> bool {
        self.point.name.contains("journal")
    }
}

/// One death: where, what follows, and at which point of that the second one is, if there is one.
#[derive(Debug, Clone)]
pub struct Death {
    pub point: Point,
    pub variant: Variant,
    pub again: usize,
}

impl Death {
    pub fn new(point: Point, variant: Variant) -> Self {
        Self { point, variant, again: 0 }
    }
}

impl std::fmt::Display for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {:?}, again at {}", self.point, self.variant, self.again)
    }
}

/// How often a variant had what it is about: a second death, a session that was ended, a run that was taken over.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<Variant, (usize, usize)>>);

impl Tally {
    pub fn count(&self, variant: Variant, happened: bool) {
        let mut all = self.0.lock().unwrap();
        let (did, of) = all.entry(variant).or_default();
        *did += usize::from(happened);
        *of += 1;
    }

    pub fn each(&self) -> Vec<(Variant, usize, usize)> {
        self.0.lock().unwrap().iter().map(|(variant, (did, of))| (*variant, *did, *of)).collect()
    }
}

pub fn seed() -> u64 {
    let said = std::env::var("CUTOVER_SWEEP_SEED").ok().and_then(|text| text.parse().ok());
    said.unwrap_or_else(|| fastrand::u64(..))
}

/// Between the last look at the session and the request nothing but time fences: it is not sent once its confirmation is a
/// minute old, which a takeover in a test is faster than.
const UNDER_WAY: &str = "before sending";

/// All points, by chance: first those behind something durable on the target or at AWS, then the journal's.
pub fn places(stand: &Stand, dice: &mut fastrand::Rng) -> Vec<Place> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all: Vec<Place> = Vec::new();
    let mut last = "";
    for (passed, name) in stand.points.iter().enumerate() {
        let nth = counts.entry(name.as_str()).or_default();
        *nth += 1;
        let point = Point { nth: *nth, name: name.clone() };
        let is_same = name.starts_with("before") && last.starts_with("after");
        all.push(Place { point, passed, left: stand.points.len() - passed, is_same });
        last = name;
    }
    dice.shuffle(&mut all);
    all.sort_by_key(|place| (place.is_of_journal(), place.point.name.starts_with("before")));
    all
}

/// What is to be done, in its order, by the seed: each place once, in another variant each time; with `full`, and where one point is
/// asked for, in each variant. A place that is the same as another one is only stopped at, and only then.
pub fn deaths(all: &[Place], full: bool, only: Option<&str>, dice: &mut fastrand::Rng) -> VecDeque<Death> {
    let mut turn = dice.usize(..Variant::ALL.len());
    let mut deaths = VecDeque::new();
    for place in all.iter().filter(|place| full || only.is_some() || !place.is_same) {
        let of_it: &[Variant] = if place.is_same { &Variant::STOPPED } else { &Variant::ALL };
        turn += 1;
        for (nth, variant) in of_it.iter().copied().enumerate() {
            let again = 1 + dice.usize(..if variant == Variant::KilledInUndo { in_undo(place) } else { place.left });
            let is_under_way = variant == Variant::TakenOver && place.point.name == UNDER_WAY;
            let variant = if is_under_way { Variant::SessionLost } else { variant };
            let is_its_turn = full || only.is_some() || turn % of_it.len() == nth;
            if is_its_turn && only.is_none_or(|only| place.point.to_string() == only) {
                deaths.push_back(Death { point: place.point.clone(), variant, again });
            }
        }
    }
    deaths
}

/// About how many points it takes to put back what has been taken away by then; after the load that is less and less.
fn in_undo(place: &Place) -> usize {
    10 + place.passed.min(place.left) / 4
}
