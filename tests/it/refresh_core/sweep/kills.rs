//! Every point, once; what follows a death is another thing each time, by the seed.

use super::deaths::{Death, Tally, Variant, deaths, places, seed};
use super::seen::{Seen, lost};
use super::stand::Stand;
use super::*;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// One death and what follows. What is wrong then.
pub async fn killed(stand: &Stand, death: &Death, mutant: Option<&str>, tally: &Tally) -> Vec<String> {
    let Death { point, variant, again } = death.clone();
    stand.anew().await;
    if matches!(variant, Variant::SessionLost | Variant::TakenOver) {
        return super::stops::stopped(stand, &point, variant, tally).await;
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
    let mut next = further(stand, &told).await;
    if let Some(second) = next.as_mut().filter(|_| matches!(variant, Variant::KilledAgain | Variant::KilledInUndo)) {
        second.more.as_mut().unwrap().abort = variant == Variant::KilledInUndo;
        let mut env = vec![("CUTOVER_KILL_AT", again.to_string())];
        env.extend(mutant.map(|name| ("CUTOVER_MUTANT", name.to_owned())));
        // Less may be left than that.
        tally.count(variant, Process::start(second, &env).end().await);
        wrong.extend(lost(stand).await);
        if variant == Variant::KilledInUndo && again % 2 == 0 {
            let _ = std::fs::remove_dir_all(&told.state);
        }
        next = further(stand, &told).await;
    }
    let Some(mut next) = next else {
        // Nobody knows of a run: nothing was begun, or all of it was done.
        let seen = Seen::of(stand).await;
        if stand.loaded() > loads {
            wrong.extend(seen.differences(&stand.after));
        } else {
            wrong.extend(seen.differences(&stand.before));
        }
        return wrong;
    };
    let was_aborted = matches!(variant, Variant::Abort | Variant::KilledInUndo);
    // Once it stands in the ledger that it is undone, nobody has to wish for that again.
    next.more.as_mut().unwrap().abort = variant == Variant::Abort || was_aborted && again % 3 > 0;
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
    } else if is_undone && was_aborted {
        wrong.extend(seen.differences(&stand.before));
        if loads != 0 {
            wrong.push(format!("undone after {loads} loads"));
        }
    } else if was_aborted && loads == 1 && ended.starts_with("needs-attention") {
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

pub async fn went_on(stand: &Stand, told: &Told) -> Vec<String> {
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

/// So many targets are refreshed at once: a refresh waits more than it works.
const AT_ONCE: usize = 3;

/// One engine has so long as a part of all tests; what does not fit is told, and is another part each time.
const BUDGET: Duration = Duration::from_mins(1);

/// Takes deaths until there are none, or no time. What was wrong.
async fn sweep_some(
    mut stand: Stand,
    deaths: Arc<Mutex<VecDeque<Death>>>,
    until: Option<Instant>,
    tally: Arc<Tally>,
) -> String {
    let mut told = String::new();
    loop {
        let is_over = until.is_some_and(|until| Instant::now() > until);
        let next = deaths.lock().unwrap().pop_front_if(|_| !is_over);
        let Some(death) = next else { return told };
        let wrong = killed(&stand, &death, None, &tally).await;
        if !wrong.is_empty() {
            let mut text = format!("{death}:\n");
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
    let all = places(&stands[0], &mut dice);
    let same = all.iter().filter(|place| place.is_same).count();
    let of_journal = all.iter().filter(|place| !place.is_same && place.is_of_journal()).count();
    assert!(all.len() - same - of_journal > 60, "{:?}", stands[0].points);
    let deaths = deaths(&all, full, only.as_deref(), &mut dice);
    assert!(!deaths.is_empty(), "{only:?} is none of {all:?}");
    let until = (!full && only.is_none()).then(|| began + BUDGET);
    let planned = deaths.len();
    let deaths = Arc::new(Mutex::new(deaths));
    let tally = Arc::new(Tally::default());
    let workers: Vec<_> = stands
        .into_iter()
        .map(|stand| tokio::spawn(sweep_some(stand, Arc::clone(&deaths), until, Arc::clone(&tally))))
        .collect();
    let mut told = String::new();
    for worker in workers {
        told.push_str(&worker.await.unwrap());
    }
    let late = deaths.lock().unwrap().len();
    let scenarios = planned - late;
    let left_out = same * 2 + (all.len() - same) * Variant::ALL.len() - scenarios;
    let counted = tally.each();
    let happened: Vec<_> = counted.iter().map(|(variant, did, of)| format!("{variant:?} {did} of {of}")).collect();
    // Also where the test is well, and so its output is not shown.
    let _ = writeln!(
        std::io::stderr(),
        "{engine:?}: {} points, {same} of them the same as those they follow; of the others {of_journal} of the journal; \
         {scenarios} deaths in {} variants, {late} points left out for want of time, {left_out} deaths in all; what was meant to \
         follow did: {}; seed {seed}, {:.0} s",
        all.len(),
        Variant::ALL.len(),
        happened.join(", "),
        began.elapsed().as_secs_f64()
    );
    assert!(told.is_empty(), "CUTOVER_SWEEP_SEED={seed}\n{told}");
    for (variant, did, of) in counted {
        assert!(of < 8 || did > 0, "{variant:?}: none of {of}; CUTOVER_SWEEP_SEED={seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_refresh_on_postgresql_is_right_wherever_it_is_killed() {
    sweep(Engine::PostgreSql).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_refresh_on_mariadb_is_right_wherever_it_is_killed() {
    sweep(Engine::MySql).await;
}
