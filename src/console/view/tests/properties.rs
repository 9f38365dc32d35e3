//! Whatever happens, in whatever order, at whatever size: no panic, and nothing that could drive a terminal.

use super::*;
use crate::console::message::Key;
use crate::model::task::{MigrationType, TaskStatus};
use proptest::prelude::*;

fn codes() -> impl Strategy<Value = KeyCode> {
    prop_oneof![
        8 => "[/!r<>o:?jkgGq sbctldaefinDJNv.WzL\\]\\[ ✓漢]".prop_map(|s| KeyCode::Char(s.chars().next().unwrap())),
        1 => any::<char>().prop_map(KeyCode::Char),
        8 => prop_oneof![
            Just(KeyCode::Enter), Just(KeyCode::Esc), Just(KeyCode::Backspace), Just(KeyCode::Up), Just(KeyCode::Down),
            Just(KeyCode::Left), Just(KeyCode::Right), Just(KeyCode::PageUp), Just(KeyCode::PageDown),
            Just(KeyCode::Home), Just(KeyCode::End), Just(KeyCode::Tab), (1u8..13).prop_map(KeyCode::F),
        ],
    ]
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(any::<char>(), 0..40).prop_map(|chars| chars.into_iter().collect()),
        Just("\u{1b}]52;c;aGk=\u{7}\u{1b}[2J".to_owned()),
        Just("漢字かな混じりの長い名前がここに入ります".to_owned()),
        Just(format!("z{}", "\u{301}\u{489}".repeat(40))),
        Just("\u{202e}gnp.exe".to_owned()),
        Just("👩‍👩‍👧‍👦🇩🇪❤️".to_owned()),
    ]
}

fn messages() -> impl Strategy<Value = Message> {
    prop_oneof![
        12 => (codes(), any::<bool>()).prop_filter("leaving is not interesting here", |(code, ctrl)| {
            !(*ctrl && *code == KeyCode::Char('c'))
        }).prop_map(|(code, ctrl)| Message::Key(Key { code, ctrl: ctrl && code == KeyCode::Char('u'), alt: false })),
        1 => hostile().prop_map(Message::Paste),
        2 => (1u16..=250, 1u16..=80).prop_map(|(width, height)| Message::Resize(Area { width, height })),
        1 => any::<bool>().prop_map(Message::Focus),
        1 => Just(Message::Tick),
        1 => Just(Message::TerminalSlow),
        4 => proptest::sample::select(everything()),
        1 => (hostile(), hostile(), hostile()).prop_map(|(name, status, why)| {
            let mut all = tasks();
            all[0].name = crate::model::TaskName::new(name);
            all[1].status = TaskStatus::from(status.clone());
            all[1].migration_type = MigrationType::from(status);
            all[6].last_failure = Some(why.into());
            observed(Subject::Tasks, Value::Tasks(all), 1, 15)
        }),
        2 => (hostile(), hostile(), any::<i64>()).prop_map(|(schema, state, n)| {
            let mut all = tables();
            all[0].schema = schema.into();
            all[1].state = crate::model::table::TableState::from(state.clone());
            all[2].validation_details = Some(state.into());
            all[2].captured.inserts = n / 8;
            all[2].full_load_rows = n / 8;
            all[2].validation_failed = n;
            observed(Subject::Tables(arn("BILLINGXCDC")), Value::Tables(all), 1, 15)
        }),
        3 => (hostile(), hostile(), 0i64..100_000, any::<bool>()).prop_map(|(text, component, back, gap)| {
            use crate::console::fixtures::logs::{event, line, lines, news, said};
            let mut all = lines(900);
            all.push(event(before(back), 5_000, &text));
            all.push(event(before(back / 2), 5_001, &line(before(back / 2), &component, 'E', &text, "a.c:1")));
            let gap = gap.then(|| (before(back), before(back / 2)));
            said(crate::model::observation::LogNews { gap, why: Some(text), ..news(all) }, 1)
        }),
        2 => (hostile(), hostile(), hostile()).prop_map(|(name, mappings, key)| {
            let settings = serde_json::json!({ "Logging": { key.as_str(): name }, key.as_str(): 1 }).to_string();
            let definition = crate::model::observation::Definition {
                table_mappings: Some(mappings),
                settings: Some(settings),
            };
            observed(Subject::Definition(arn("BILLINGXCDC")), Value::Definition(definition), 1, 60)
        }),
        2 => proptest::sample::select(crate::console::fixtures::definition::drained("BILLINGXCDC", 3)),
        1 => hostile().prop_map(|name| {
            let mut all = crate::console::fixtures::definition::full_endpoints();
            all[0].name = name.clone().into();
            all[1].settings[0].value = name.into();
            observed(Subject::Endpoints, Value::Endpoints(all), 1, 60)
        }),
        3 => (hostile(), hostile(), 0u8..4).prop_map(|(name, why, which)| {
            use crate::console::fixtures::refreshes as it;
            let mut told = [it::running(), it::failed(), it::done(), it::running()][usize::from(which)].clone();
            told.seen.head.name.0 = name.clone();
            told.seen.head.why = Some(why.clone().into());
            told.seen.head.step = Some(crate::model::refresh::StepName(why.clone()));
            told.seen.steps[3].note = why.clone();
            told.seen.steps[4].name.0 = name;
            if let Some(away) = told.seen.away.first_mut() {
                away.name = why.clone().into();
            }
            told.seen.lines[1].text = why.into();
            match which {
                3 => it::journals(Some(told.seen.head)),
                _ => it::told(told),
            }
        }),
        1 => (hostile(), 1u64..4).prop_map(|(what, id)| {
            let mut offer = crate::console::fixtures::refreshes::forbidden();
            offer.plan.findings[0].what = what.clone().into();
            offer.plan.steps[2].sql = vec![what.clone()];
            offer.plan.steps[1].words = vec![what.clone()];
            offer.plan.source.place = what;
            Message::RefreshOffered { id, offer: Ok(Box::new(offer)) }
        }),
        1 => (hostile(), any::<bool>()).prop_map(|(why, tables)| {
            let subject = if tables { Subject::Tables(arn("BILLINGXCDC")) } else { Subject::Tasks };
            failed(subject, ProblemKind::ExpiredCredentials, &why, 10)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn no_sequence_of_messages_panics_or_lets_a_control_character_through(
        sequence in proptest::collection::vec((messages(), -5i64..400), 1..40),
        ascii: bool,
        prod in hostile(),
        in_a_log: bool,
    ) {
        let refreshes = crate::console::fixtures::refreshes::prepared();
        let setup = Setup { ascii, environment: Some(prod), refreshes, ..setup() };
        let mut state = State::new(setup, Area { width: 80, height: 24 }, now());
        if in_a_log {
            for message in everything() {
                update(&mut state, message, now());
            }
            press(&mut state, "/billing");
            keys(&mut state, &[KeyCode::Enter, KeyCode::Char('l')]);
        }
        let mut clock = 0;
        for (message, seconds) in sequence {
            clock += seconds;
            update(&mut state, message, after(clock));
            let buffer = buffer(&state);
            for cell in &buffer.content {
                prop_assert!(!cell.symbol().chars().any(char::is_control), "{:?}", cell.symbol());
                prop_assert!(!ascii || cell.symbol().is_ascii(), "{:?}", cell.symbol());
            }
            if let Some(next) = state.next_deadline(state.now) {
                prop_assert!(next > state.now);
            }
        }
    }
}

#[test]
fn wide_and_combining_characters_leave_every_column_where_it_is() {
    let mut state = populated(120, 40);
    let mut all = tasks();
    for (task, name) in
        all.iter_mut().zip(["漢字かな混じりの長い名前がここに入ります漢字かな", "e\u{301}te\u{301}", "ok", "🇩🇪 🦀"])
    {
        task.name = crate::model::TaskName::new(name);
    }
    update(&mut state, observed(Subject::Tasks, Value::Tasks(all), 0, 15), now());
    let buffer = buffer(&state);
    let signs = (3..17).filter(|y| {
        // The sign of STATUS stands in the same column of every row.
        let header = (0..120).find(|x| buffer[(*x, 2)].symbol() == "S" && buffer[(x + 1, 2)].symbol() == "T").unwrap();
        "●✓▲✗?◐○".contains(buffer[(header, *y)].symbol())
    });
    assert_eq!(signs.count(), 14);
}
