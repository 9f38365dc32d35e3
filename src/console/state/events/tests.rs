//! Whatever comes, late and out of order: the rows are the world's events, and the cursor keeps its own.

use super::*;
use crate::console::state::page::Resort;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn event(second: i64, source: u8, message: u8) -> Event {
    let source_type = if source == 2 { SourceType::Instance } else { SourceType::Task };
    Event {
        at: Timestamp::from_second(1_795_000_000 + second).unwrap(),
        source_type,
        source: format!("s{source}").into(),
        categories: Vec::new(),
        message: format!("m{message} was stopped").into(),
    }
}

/// What each filter lets through, said once more.
fn passes(filter: &str, event: &Event) -> bool {
    match filter {
        "s1" => event.source.raw() == "s1",
        "!s2" => event.source.raw() != "s2",
        "source:s0 message:m1" => event.source.raw() == "s0" && event.message.raw().starts_with("m1"),
        "of:instance" => event.source_type == SourceType::Instance,
        "weight:unknown" => true,
        _ => filter.is_empty(),
    }
}

fn shown(events: &Events, world: &World) -> Vec<Event> {
    let rows = events.all.list.visible();
    rows.filter_map(|(_, row)| events.at(world, &events.all, row)).map(|(event, _)| event.clone()).collect()
}

#[test]
fn a_time_of_another_day_says_which() {
    let now = "2026-11-22T00:00:10Z".parse().unwrap();
    for (at, want) in [("2026-11-22T00:00:01Z", "00:00:01"), ("2026-11-21T23:59:59Z", "Nov 21 23:59")] {
        let stamp = stamp(at.parse().unwrap(), now);
        assert_eq!(stamp, want);
        assert!(stamp.len() <= usize::from(STAMP));
    }
    let midnight = age::next_day("2026-11-21T23:59:59.9Z".parse().unwrap()).unwrap();
    assert_eq!(midnight.to_string(), "2026-11-22T00:00:00Z");
    assert_eq!(age::next_day(midnight).unwrap().to_string(), "2026-11-23T00:00:00Z");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]
    #[test]
    fn the_rows_are_the_worlds_events_in_order_and_the_cursor_keeps_its_event(
        batches in vec((vec((0i64..40, 0u8..3, 0u8..3), 0..12), 0usize..12), 1..8),
        filter in prop::sample::select(vec!["", "s1", "!s2", "source:s0 message:m1", "of:instance", "weight:unknown"]),
        oldest_first: bool,
    ) {
        let mut world = World::default();
        let mut events = Events::default();
        events.all.list.set_height(1_000);
        events.act(false, Act::Refilter(filter));
        if oldest_first {
            events.act(false, Act::Sort(Resort::Reverse));
        }
        let mut seen = BTreeSet::new();
        for (batch, place) in batches {
            let newest = if oldest_first { events.all.list.len().saturating_sub(1) } else { 0 };
            let on_newest = events.all.list.cursor() == newest;
            let before = events.all.list.key().cloned();
            let new: Vec<Event> =
                batch.into_iter().map(|(s, a, b)| event(s, a, b)).filter(|one| seen.insert(one.key())).collect();
            world.add_events(new);
            events.take(&world);

            let mut want = world.events.clone();
            prop_assert_eq!(want.len(), seen.len());
            prop_assert!(want.is_sorted_by_key(|event| event.at));
            want.retain(|event| passes(filter, event));
            want.reverse();
            if oldest_first {
                // Among equals the newest still comes first.
                want.sort_by_key(|event| event.at);
            }
            let rows = shown(&events, &world);
            prop_assert_eq!(&rows, &want);
            let list = &events.all.list;
            prop_assert_eq!(list.key().cloned(), list.row().map(|row| events.at(&world, &events.all, row).unwrap().0.key()));
            if on_newest {
                let newest = if oldest_first { want.len().saturating_sub(1) } else { 0 };
                prop_assert_eq!(list.cursor(), newest);
            } else {
                prop_assert_eq!(list.key().cloned(), before);
            }
            events.act(false, Act::Move(page::Move::First));
            events.act(false, Act::Move(page::Move::Rows(isize::try_from(place).unwrap())));
        }
    }
}
