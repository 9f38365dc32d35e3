//! Every point, once; what follows a death is another thing each time, by the seed.

use super::seen::{Seen, lost};
use super::stand::Stand;
use super::*;
use std::fmt::Write as _;
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
}

impl Variant {
    pub const ALL: [Self; 4] = [Self::Resume, Self::JournalLost, Self::KilledAgain, Self::Abort];
}

/// One death and what follows. What is wrong then.
pub async fn killed(stand: &Stand, number: usize, variant: Variant, again: usize, mutant: Option<&str>) -> Vec<String> {
    stand.anew().await;
    let folder = tempfile::tempdir().unwrap();
    let told = stand.told(folder.path(), Do::Begin);
    let (sent, loads) = (stand.sent(), stand.loaded());
    let mut env = vec![("CUTOVER_KILL_AT", number.to_string())];
    env.extend(mutant.map(|name| ("CUTOVER_MUTANT", name.to_owned())));
    if !Process::start(&told, &env).end().await {
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
    let ended = match do_it(&next).await {
        Ok(ended) if ended.state == RunState::Done => return Seen::of(stand).await.differences(&stand.after),
        Ok(ended) => format!("{ended:?}"),
        Err(trouble) => trouble.to_string(),
    };
    vec![format!("went on after an abort and ended {ended}")]
}

/// The way to go on with the run that is here, or in the ledger.
async fn further(stand: &Stand, told: &Told) -> Option<Told> {
    let settings = Settings { dir: Some(told.state.clone()), shared: None };
    let (heads, _) = runs::list(&settings).await.unwrap_or_default();
    let what = match heads.into_iter().next() {
        Some(head) => Do::Resume(head.id),
        None => {
            let open = refresh::open_runs(&Door::fixed(Database::parse(&stand.target).unwrap())).await.unwrap();
            open.first()?;
            Do::Recover { end_any: false }
        }
    };
    Some(Told { what, ..told.clone() })
}

fn seed() -> u64 {
    let said = std::env::var("CUTOVER_SWEEP_SEED").ok().and_then(|text| text.parse().ok());
    said.unwrap_or_else(|| fastrand::u64(..))
}

async fn sweep(engine: Engine) {
    let seed = seed();
    let mut dice = fastrand::Rng::with_seed(seed);
    let stand = Stand::new(engine).await;
    let full = std::env::var_os("CUTOVER_FULL").is_some();
    let all = stand.points.len();
    assert!(all > 150, "{:?}", stand.points);
    let only: Option<usize> = std::env::var("CUTOVER_SWEEP_POINT").ok().and_then(|text| text.parse().ok());
    let (began, mut told, mut scenarios) = (Instant::now(), String::new(), 0);
    let turn = dice.usize(..Variant::ALL.len());
    for number in 1..=all {
        for (nth, variant) in Variant::ALL.into_iter().enumerate() {
            let again = dice.usize(1..=60);
            let is_meant = full || (number + turn) % Variant::ALL.len() == nth;
            if !only.map_or(is_meant, |only| only == number) {
                continue;
            }
            scenarios += 1;
            let wrong = killed(&stand, number, variant, again, None).await;
            if !wrong.is_empty() {
                let point = &stand.points[number - 1];
                let _ = writeln!(told, "{number} of {all} ({point}), {variant:?}, again at {again}:");
                for line in wrong {
                    let _ = writeln!(told, "    {line}");
                }
            }
        }
    }
    println!(
        "{engine:?}: {all} points, {scenarios} of {} scenarios, {} left out, seed {seed}, {:.0} s",
        all * Variant::ALL.len(),
        all * Variant::ALL.len() - scenarios,
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
