//! Deliberate mistakes: whoever makes one is found, by a death or without one. So the sweep can fail.

use super::deaths::{Death, Point, Tally, Variant};
use super::kills::killed;
use super::seen::Seen;
use super::stand::Stand;
use super::*;

/// Carries it out without a death; what is wrong then.
async fn unkilled(stand: &Stand, plan: &Plan, mutant: Option<&str>) -> Vec<String> {
    stand.anew().await;
    let folder = scratch();
    let told = Told { plan: stand.as_it_is(plan), ..stand.told(folder.path(), Do::Begin) };
    let env: Vec<(&str, String)> = mutant.map(|name| ("CUTOVER_MUTANT", name.to_owned())).into_iter().collect();
    Process::start(&told, &env).end().await;
    if !said(&told).starts_with("done") {
        return vec![said(&told)];
    }
    Seen::of(stand).await.differences(&stand.after)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_deliberate_mistake_is_found() {
    let mut stand = Stand::new(Engine::PostgreSql).await;
    for (mutant, at, variant) in [
        ("ledger-outside", "after commit", Variant::Resume),
        ("restore-local", "after commit", Variant::Resume),
        ("mark-outside", "after commit", Variant::Resume),
        ("prior-forgotten", "after aws", Variant::JournalLost),
        ("no-adoption", "after aws", Variant::Resume),
    ] {
        let all = stand.points.iter().filter(|name| *name == at).count();
        let mut found = None;
        for nth in 1..=all {
            let point = Point { nth, name: at.into() };
            let wrong = killed(&stand, &Death::new(point.clone(), variant), Some(mutant), &Tally::default()).await;
            if let Some(first) = wrong.first() {
                assert!(!first.starts_with("it was not killed"), "{mutant} at {point}: {first}");
                found = Some((point, first.clone()));
                break;
            }
        }
        let Some((point, first)) = found else { panic!("{mutant} was not found at any of {all} points {at}") };
        println!("{mutant}: found {point}: {}", first.chars().take(160).collect::<String>());
        // What a mistake has left behind is no sign of the next one.
        stand.aws_anew().await;
    }
    // Without a death.
    for mutant in ["left-unvalidated", "start-forgotten"] {
        let wrong = unkilled(&stand, &stand.plan, Some(mutant)).await;
        assert!(!wrong.is_empty(), "{mutant} was not found");
        println!("{mutant}: found: {}", wrong[0].chars().take(160).collect::<String>());
        stand.aws_anew().await;
    }
    let mut early = stand.plan.clone();
    let sequences = early.steps.iter().position(|step| step.kind == StepKind::Sequences).unwrap();
    let moved = early.steps.remove(sequences);
    let load = early.steps.iter().position(|step| step.kind == StepKind::Load).unwrap();
    early.steps.insert(load, moved);
    let wrong = unkilled(&stand, &early, None).await;
    assert!(!wrong.is_empty(), "counters before the load were not found");
    println!("counters before the load: found: {}", wrong[0].chars().take(160).collect::<String>());
    stand.aws_anew().await;
    // And nothing is found where there is nothing.
    assert_eq!(unkilled(&stand, &stand.plan, None).await, Vec::<String>::new());
}
