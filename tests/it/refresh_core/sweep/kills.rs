//! Every point, once; what follows a death is another thing each time, by the seed.

use super::seen::{Seen, lost};
use super::stand::Stand;
use super::*;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What somebody does after a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    Resume,
    /// The machine is gone: the ledger is all that there is.
    JournalLost,
    /// Once more, at another point.
    KilledAgain,
    /// Everything back, where that is still possible.
    Abort,
    /// No death: the server ends the session, while the process is stopped for a moment.
    SessionLost,
    /// No death: the process is stopped, somebody takes the run over to its end, and then it goes on.
    TakenOver,
}

impl Variant {
    pub const ALL: [Self; 6] =
        [Self::Resume, Self::JournalLost, Self::KilledAgain, Self::Abort, Self::SessionLost, Self::TakenOver];
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

/// One death and what follows. What is wrong then.
pub async fn killed(stand: &Stand, point: &Point, variant: Variant, again: usize, mutant: Option<&str>) -> Vec<String> {
    stand.anew().await;
    if matches!(variant, Variant::SessionLost | Variant::TakenOver) {
        return super::stops::stopped(stand, point, variant).await;
    }
    let folder = scratch();
    let told = stand.told(folder.path(), Do::Begin);
    let (sent, loads) = (stand.sent(), stand.loaded());
    let mut env = vec![("CUTOVER_KILL_AT", point.to_string())];
    env.extend(mutant.map(|name| ("CUTOVER_MUTANT", name.to_owned())));
    let was_killed = Process::start(&told, &env).end().await;
    // The journal is told more or less often, as long as something takes.
    if !(was_killed || point.name.contains("journal") && said(&told).starts_with("done")) {
        return vec![format!("it was not killed: {}", said(&told))];
    }
    let mut wrong = lost(stand).await;
    if variant == Variant::JournalLost {
        let _ = std::fs::remove_dir_all(&told.state);
    }
    let Some(mut next) = further(stand, &told).await else {
        // Nobody knows of a run: nothing was begun, or all of it was done.
        let seen = Seen::of(stand).await;
        if stand.loaded() > loads {
            wrong.extend(seen.differences(&stand.after));
        } else {
            wrong.extend(seen.differences(&stand.before));
        }
        return wrong;
    };
    if variant == Variant::KilledAgain {
        let mut env = vec![("CUTOVER_KILL_AT", again.to_string())];
        env.extend(mutant.map(|name| ("CUTOVER_MUTANT", name.to_owned())));
        // Less may be left than that.
        Process::start(&next, &env).end().await;
        wrong.extend(lost(stand).await);
        match further(stand, &told).await {
            Some(further) => next = further,
            None => wrong.push("the run is no longer known".to_owned()),
        }
    }
    if let Some(more) = &mut next.more {
        more.abort = variant == Variant::Abort;
    }
    let ended = match mutant {
        // A mistake is one of the process.
        Some(name) => {
            Process::start(&next, &[("CUTOVER_MUTANT", name.to_owned())]).end().await;
            said(&next)
        }
        None => match do_it(&next).await {
            Ok(ended) => format!("{} {}", ended.state.word(), ended.why.unwrap_or_default()),
            Err(trouble) => format!("refused {trouble}"),
        },
    };
    let is_done = ended.starts_with("done") || ended.contains("is done");
    let is_undone = ended.starts_with("undone") || ended.contains("is undone");
    let seen = Seen::of(stand).await;
    let (sent, loads) = (stand.sent() - sent, stand.loaded() - loads);
    if is_done {
        wrong.extend(seen.differences(&stand.after));
        if loads != 1 || sent != 1 {
            wrong.push(format!("{loads} loads, started {sent} times"));
        }
    } else if is_undone && variant == Variant::Abort {
        wrong.extend(seen.differences(&stand.before));
        if loads != 0 {
            wrong.push(format!("undone after {loads} loads"));
        }
    } else if variant == Variant::Abort && loads == 1 && ended.starts_with("needs-attention") {
        // After the load an abort waits for a person, who goes on.
        wrong.extend(went_on(stand, &next).await);
    } else {
        wrong.push(format!("it ended {ended}"));
    }
    if let Some(open) = refresh::open_runs(&Door::fixed(Database::parse(&stand.target).unwrap())).await.unwrap().first()
    {
        wrong.push(format!("run {} is still {}", open.id.0, open.state.word()));
    }
    wrong
}

async fn went_on(stand: &Stand, told: &Told) -> Vec<String> {
    let Some(mut next) = further(stand, told).await else { return vec!["nothing goes on".to_owned()] };
    if let Some(more) = &mut next.more {
        more.abort = false;
    }
    let mut ended = do_it(&next).await;
    // The abort stopped the task before it had loaded everything: then a person has it loaded again.
    let half = "did not finish: the task stopped (NORMAL)";
    if let (Ok(Ended { why: Some(why), .. }), Do::Resume(id)) = (&ended, &next.what)
        && why.contains(half)
    {
        next.what = Do::LoadAgain(id.clone());
        ended = do_it(&next).await;
    }
    let ended = match ended {
        Ok(ended) if ended.state == RunState::Done => return Seen::of(stand).await.differences(&stand.after),
        Ok(ended) => format!("{ended:?}"),
        Err(trouble) => trouble.to_string(),
    };
    vec![format!("went on after an abort and ended {ended}")]
}

/// The way to go on with the run that is here, or in the ledger.
pub async fn further(stand: &Stand, told: &Told) -> Option<Told> {
    let settings = Settings { dir: Some(told.state.clone()), shared: None };
    let (heads, _) = runs::list(&settings).await.unwrap_or_default();
    let what = if let Some(head) = heads.into_iter().next() {
        Do::Resume(head.id)
    } else {
        let open = refresh::open_runs(&Door::fixed(Database::parse(&stand.target).unwrap())).await.unwrap();
        open.first()?;
        Do::Recover { end_any: false }
    };
    Some(Told { what, ..told.clone() })
}

fn seed() -> u64 {
    let said = std::env::var("CUTOVER_SWEEP_SEED").ok().and_then(|text| text.parse().ok());
    said.unwrap_or_else(|| fastrand::u64(..))
}

/// Between the last look at the session and the request nothing but time fences: it is not sent once its confirmation is a
/// minute old, which a takeover in a test is faster than.
const UNDER_WAY: &str = "before sending";

/// So many targets are refreshed at once: a refresh waits more than it works.
const AT_ONCE: usize = 3;

/// One death: where, what follows, and where the second one is, if there is one.
type Death = (Point, Variant, usize);

/// All points, by chance: first those behind something durable on the target or at AWS, then the journal's. A point before
/// something durable that follows one behind another is the same one: nothing has changed in between. Those are swept with
/// `CUTOVER_FULL` only, and counted.
fn in_order(stand: &Stand, full: bool, dice: &mut fastrand::Rng) -> (Vec<Point>, usize) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all: Vec<Point> = Vec::new();
    let mut same = 0;
    let mut last = "";
    for name in &stand.points {
        let nth = counts.entry(name.as_str()).or_default();
        *nth += 1;
        let is_same = name.starts_with("before") && last.starts_with("after");
        same += usize::from(is_same);
        if full || !is_same {
            all.push(Point { nth: *nth, name: name.clone() });
        }
        last = name;
    }
    dice.shuffle(&mut all);
    all.sort_by_key(|point| (point.name.contains("journal"), point.name.starts_with("before")));
    (all, same)
}

/// What is to be done, in its order, by the seed. Each point once, in another variant each time; with `CUTOVER_FULL` those outside
/// of the journal in each variant, and so one point that is asked for.
fn deaths(all: &[Point], full: bool, only: Option<&str>, dice: &mut fastrand::Rng) -> VecDeque<Death> {
    let turn = dice.usize(..Variant::ALL.len());
    let mut deaths = VecDeque::new();
    for (number, point) in all.iter().enumerate() {
        for (nth, variant) in Variant::ALL.into_iter().enumerate() {
            let again = dice.usize(1..=60);
            let each = only.is_some() || (full && !point.name.contains("journal"));
            let is_its_turn = (number + turn) % Variant::ALL.len() == nth;
            let is_under_way = variant == Variant::TakenOver && point.name == UNDER_WAY;
            let variant = if is_under_way { Variant::SessionLost } else { variant };
            if (each || is_its_turn) && only.is_none_or(|only| point.to_string() == only) {
                deaths.push_back((point.clone(), variant, again));
            }
        }
    }
    deaths
}

/// Takes deaths until there are none. What was wrong.
async fn sweep_some(mut stand: Stand, deaths: Arc<Mutex<VecDeque<Death>>>) -> String {
    let mut told = String::new();
    loop {
        let next = deaths.lock().unwrap().pop_front();
        let Some((point, variant, again)) = next else { return told };
        let wrong = killed(&stand, &point, variant, again, None).await;
        if !wrong.is_empty() {
            let mut text = format!("{point}, {variant:?}, again at {again}:\n");
            for line in wrong {
                let _ = writeln!(text, "    {line}");
            }
            eprintln!("{text}");
            told.push_str(&text);
            // What is left behind is not to be found again and again.
            stand.aws_anew().await;
        }
    }
}

async fn sweep(engine: Engine) {
    let began = Instant::now();
    let seed = seed();
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut stands = Vec::new();
    for _ in 0..AT_ONCE {
        stands.push(Stand::new(engine).await);
    }
    let full = std::env::var_os("CUTOVER_FULL").is_some();
    let only = std::env::var("CUTOVER_SWEEP_POINT").ok();
    let (all, same) = in_order(&stands[0], full || only.is_some(), &mut dice);
    let of_journal = all.iter().filter(|point| point.name.contains("journal")).count();
    let points = stands[0].points.len();
    assert!(all.len() - of_journal > 60, "{:?}", stands[0].points);
    let deaths = deaths(&all, full, only.as_deref(), &mut dice);
    assert!(!deaths.is_empty(), "{only:?} is none of {all:?}");
    let scenarios = deaths.len();
    let deaths = Arc::new(Mutex::new(deaths));
    let workers: Vec<_> =
        stands.into_iter().map(|stand| tokio::spawn(sweep_some(stand, Arc::clone(&deaths)))).collect();
    let mut told = String::new();
    for worker in workers {
        told.push_str(&worker.await.unwrap());
    }
    // Also where the test is well, and so its output is not shown.
    let _ = writeln!(
        std::io::stderr(),
        "{engine:?}: {points} points, {same} of them the same as those they follow; of the others {of_journal} of the journal; \
         {scenarios} deaths, each in one of {} variants, {} left out; seed {seed}, {:.0} s",
        Variant::ALL.len(),
        all.len() * Variant::ALL.len() - scenarios,
        began.elapsed().as_secs_f64()
    );
    assert!(told.is_empty(), "CUTOVER_SWEEP_SEED={seed}\n{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_refresh_on_postgresql_is_right_wherever_it_is_killed() {
    sweep(Engine::PostgreSql).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_refresh_on_mariadb_is_right_wherever_it_is_killed() {
    sweep(Engine::MySql).await;
}
