//! A run that stopped after its load, since the configuration was wrong: it gets another plan and comes to its end, wherever it
//! is killed on the way.

use super::seen::Seen;
use super::stand::Stand;
use super::*;
use cutover::model::masking::{Decision, Function};
use cutover::refresh::plan::amend::{amend, changes, needs_load};

/// The plan with a step of its own after masking.
fn with_own_step(plan: &Plan, sql: &str) -> Plan {
    let own = CustomStep { after: StepKind::Mask, ..custom("own", Does::Sql(sql.to_owned())) };
    let mut plan = plan.clone();
    let at = plan.steps.iter().position(|step| step.kind == StepKind::Mask).unwrap();
    let mut planned = step("own", StepKind::Custom);
    planned.sql = vec![sql.to_owned()];
    planned.retry = 0;
    plan.steps.insert(at + 1, planned);
    plan.custom = vec![own];
    plan
}

/// The plan with other values in place of the masked ones.
fn with_hashes_of(plan: &Plan, length: usize) -> Plan {
    let mut plan = plan.clone();
    for table in &mut plan.masking.as_mut().unwrap().tables {
        for column in &mut table.columns {
            if let Decision::Mask(rule) = &mut column.decision {
                rule.function = Function::Hash { length };
            }
        }
    }
    plan
}

/// Goes on with what is there, until it has ended.
async fn goes_on(told: &Told) -> String {
    match do_it(told).await {
        Ok(ended) => format!("{} {}", ended.state.word(), ended.why.unwrap_or_default()),
        Err(trouble) => format!("refused {trouble}"),
    }
}

/// A run of this plan, which does not come to its end; what goes on with it.
async fn failed(stand: &Stand, folder: &Path, plan: &Plan) -> (Told, RefreshId) {
    stand.anew().await;
    let told = Told { plan: stand.as_it_is(plan), ..stand.told(folder, Do::Begin) };
    let ended = goes_on(&told).await;
    assert!(ended.starts_with("needs-attention"), "{ended}");
    let settings = Settings { dir: Some(told.state.clone()), shared: None };
    let id = runs::list(&settings).await.unwrap().0[0].id.clone();
    (told, id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_configuration_was_wrong_gets_another_plan_and_comes_to_its_end() {
    for engine in [Engine::PostgreSql, Engine::MySql] {
        let stand = Stand::new(engine).await;
        let table = if engine == Engine::PostgreSql { "shop.heard" } else { "heard" };
        let (wrong, right) = (format!("DELETE FRO {table}"), format!("DELETE FROM {table}"));
        let folder = scratch();
        let (told, id) = failed(&stand, folder.path(), &with_own_step(&stand.plan, &wrong)).await;
        let fresh = stand.as_it_is(&with_own_step(&stand.plan, &right));
        let plan = amend(&told.plan, &fresh).unwrap();
        assert_eq!(changes(&told.plan, &plan), [format!("- own: {wrong}"), format!("+ own: {right}")]);
        let how = |plan: &Plan, again| Do::Amend { id: id.clone(), plan: Box::new(plan.clone()), again };
        // What takes other things away is no plan for it.
        let mut other = plan.clone();
        other.schedules.clear();
        let refused = goes_on(&Told { what: how(&other, false), ..told.clone() }).await;
        assert!(refused.contains("takes other things away"), "{refused}");
        // Masked otherwise: not on rows that are masked already.
        let shorter = amend(&told.plan, &with_hashes_of(&fresh, 20)).unwrap();
        let settings = Settings { dir: Some(told.state.clone()), shared: None };
        let steps = runs::kept(&settings, &id).await.unwrap().unwrap().steps;
        assert_eq!(needs_load(&told.plan, &plan, &steps), None);
        assert!(needs_load(&told.plan, &shorter, &steps).unwrap().contains("mask has changed rows already"));
        let refused = goes_on(&Told { what: how(&shorter, false), ..told.clone() }).await;
        assert!(refused.contains("--load-again"), "{refused}");
        let (sent, ended) = (stand.sent(), goes_on(&Told { what: how(&plan, false), ..told.clone() }).await);
        assert!(ended.starts_with("done"), "{ended}");
        assert_eq!(stand.sent(), sent, "loaded again");
        assert_eq!(Seen::of(&stand).await.differences(&stand.after), Vec::<String>::new());
        // Loaded again, and then as the new rules have it.
        let folder = scratch();
        let short = with_hashes_of(&stand.plan, 20);
        let (told, id) = failed(&stand, folder.path(), &with_own_step(&short, &wrong)).await;
        let fresh = stand.as_it_is(&with_own_step(&stand.plan, &right));
        let plan = amend(&told.plan, &fresh).unwrap();
        let (sent, what) = (stand.sent(), Do::Amend { id, plan: Box::new(plan), again: true });
        let ended = goes_on(&Told { what, ..told.clone() }).await;
        assert!(ended.starts_with("done"), "{ended}");
        assert_eq!(stand.sent() - sent, 1);
        Seen::of(&stand).await.is_right(&stand, SECRET).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_while_a_run_gets_another_plan_loses_nothing() {
    let stand = Stand::new(Engine::PostgreSql).await;
    let (mut deaths, mut recovered, mut anew) = (0, 0, 0);
    for number in 1.. {
        let folder = scratch();
        let (told, id) = failed(&stand, folder.path(), &with_own_step(&stand.plan, "DELETE FRO shop.heard")).await;
        let fresh = stand.as_it_is(&with_own_step(&stand.plan, "DELETE FROM shop.heard"));
        let plan = amend(&told.plan, &fresh).unwrap();
        let again = Told { what: Do::Amend { id: id.clone(), plan: Box::new(plan), again: false }, ..told.clone() };
        let was_killed = Process::start(&again, &[("CUTOVER_KILL_AT", number.to_string())]).end().await;
        assert!(was_killed, "{}", said(&again));
        deaths += 1;
        let mut ended = goes_on(&Told { what: Do::Resume(id.clone()), ..told.clone() }).await;
        if ended.contains("refresh recover") {
            recovered += 1;
            ended = goes_on(&Told { what: Do::Recover { end_any: false }, ..told.clone() }).await;
        }
        // Nobody had written down that it is another one.
        if ended.starts_with("needs-attention") {
            anew += 1;
            ended = goes_on(&again).await;
        }
        assert!(ended.starts_with("done"), "killed {number}: {ended}");
        let wrong = Seen::of(&stand).await.differences(&stand.after);
        assert_eq!(wrong, Vec::<String>::new(), "killed {number}");
        // By then it is like any other run.
        if recovered > 0 && deaths > anew + recovered + 4 {
            break;
        }
    }
    assert!(anew > 0, "{deaths} {recovered}");
}
