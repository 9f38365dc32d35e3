//! Looks and what follows from them, with times that nobody waits for.

use super::*;
use crate::validate::merge::{Change, RowCopy};

const WAIT: SignedDuration = SignedDuration::from_secs(5);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn missing(key: u8, value: u8) -> Difference {
    let row = |bytes: &[u8]| RowCopy::of(bytes.iter().map(std::slice::from_ref).map(Cell::Value));
    Difference { key: row(&[key]), changes: vec![Change::Missing(row(&[key, value]))] }
}

/// One look: what it finds, as (key, value), and the keys that settle with it.
fn look(settling: &mut Settling, second: i64, finds: &[(u8, u8)]) -> (Vec<Difference>, bool) {
    settling.begin(at(second));
    let found = finds.iter().filter_map(|(key, value)| settling.found(missing(*key, *value), at(second)));
    let settled = found.map(|settled| settled.difference).collect();
    // Whatever is not found is equal.
    let all = settling.watched();
    (settled, settling.end(&all))
}

#[test]
fn a_difference_settles_when_it_stays_the_same_for_the_whole_wait() {
    let mut it = Settling::new(Patience::settling(WAIT), Room::of(10));
    assert_eq!(look(&mut it, 0, &[(1, 1), (2, 1), (3, 1)]), (vec![], true));
    // 2 was on its way; 3 is another row now.
    assert_eq!(look(&mut it, 2, &[(1, 1), (3, 2)]), (vec![], true));
    assert_eq!(look(&mut it, 5, &[(1, 1), (3, 2)]), (vec![missing(1, 1)], true));
    // What has settled is not counted twice.
    assert_eq!(look(&mut it, 6, &[(1, 1), (3, 3)]), (vec![], true));
    assert_eq!((it.open(), it.over()), (1, 0));
    assert_eq!(look(&mut it, 7, &[(1, 1)]), (vec![], false));
    // 2 and 3 have come through.
    assert_eq!((it.arrived(), it.vanished()), (2, Vanished::default()));
}

#[test]
fn what_differs_first_in_a_later_look_is_nobodys_concern() {
    let mut it = Settling::new(Patience::settling(WAIT), Room::of(10));
    assert_eq!(look(&mut it, 0, &[(1, 1), (2, 1)]), (vec![], true));
    assert_eq!(look(&mut it, 3, &[(1, 1), (2, 2), (3, 1)]), (vec![], true));
    assert_eq!((it.open(), it.settles()), (2, Some(at(8))));
    // 1 is told, whatever 2 does and whatever comes.
    assert_eq!(look(&mut it, 6, &[(1, 1), (2, 3), (4, 1)]), (vec![missing(1, 1)], true));
    assert_eq!((it.open(), it.next(false)), (1, Some(at(11))));
    // One wait more is enough, where the answer is known.
    assert_eq!(look(&mut it, 11, &[(1, 1), (2, 4)]), (vec![], true));
    assert_eq!((it.open(), it.next(false)), (1, None));
    // What was equal once is not taken in again.
    assert_eq!(look(&mut it, 12, &[(1, 1)]), (vec![], false));
    assert_eq!(look(&mut it, 13, &[(1, 1), (2, 5)]), (vec![], false));
    assert_eq!((it.open(), it.over(), it.vanished()), (0, 0, Vanished::default()));
}

#[test]
fn keys_that_were_watched_before_are_watched_anew_and_no_others() {
    let mut it = Settling::new(Patience::settling(WAIT), Room::of(3));
    assert!(it.expect([missing(1, 1).name(), missing(2, 1).name()], at(0)));
    // 2 has arrived; 9 was not watched.
    assert_eq!(look(&mut it, 0, &[(1, 1), (9, 1)]), (vec![], true));
    assert_eq!((it.open(), it.arrived()), (1, 1));
    assert_eq!(look(&mut it, 5, &[(1, 1), (9, 1)]), (vec![missing(1, 1)], false));
    let mut it = Settling::new(Patience::settling(WAIT), Room::of(1));
    assert!(!it.expect([1, 2], at(0)));
}

#[test]
fn a_latency_that_grows_and_grows_does_not_put_off_the_answer() {
    let second = Duration::from_secs;
    let mut behind = Behind::default();
    for (now, want) in [(None, None), (Some(180), Some(180)), (Some(200), Some(200)), (Some(900), Some(240))] {
        assert_eq!(behind.now(now.map(second)), want.map(second), "{now:?}");
    }
    assert_eq!((behind.now(Some(second(3))), behind.now(None)), (Some(second(3)), None));
}

#[test]
fn first_and_last_sight_are_told() {
    let mut it = Settling::new(Patience::settling(WAIT), Room::of(10));
    for (second, value) in [(0, 1), (3, 2)] {
        assert_eq!(look(&mut it, second, &[(1, value)]), (vec![], true));
    }
    it.begin(at(9));
    let settled = it.found(missing(1, 2), at(9)).unwrap();
    assert_eq!((settled.first_seen, settled.last_seen), (at(0), at(9)));
}

#[test]
fn it_is_looked_again_soon_where_that_is_cheap_and_not_for_ever() {
    let mut it = Settling::new(Patience::settling(SignedDuration::from_secs(6)), Room::of(10));
    for (second, value, cheap, dear) in [
        (0, 1, Some(at(0) + SignedDuration::from_millis(600)), Some(at(6))),
        (1, 2, Some(at(2)), Some(at(7))),
        (4, 3, Some(at(10)), Some(at(10))),
        (18, 4, Some(at(24)), Some(at(24))),
        (19, 5, None, None),
    ] {
        look(&mut it, second, &[(1, value)]);
        assert_eq!((it.next(true), it.next(false)), (cheap, dear), "{second}");
    }
    assert_eq!(it.open(), 1);
}

#[test]
fn a_look_that_takes_longer_than_patience_still_settles_what_it_finds() {
    let mut it = Settling::new(Patience::settling(WAIT), Room::of(10));
    it.begin(at(0));
    assert_eq!(it.found(missing(1, 1), at(2)), None);
    assert_eq!(it.found(missing(2, 1), at(119)), None);
    assert!(it.end(&HashSet::new()));
    // Once, for both of them.
    assert_eq!(it.next(false), Some(at(124)));
    it.begin(at(124));
    assert_eq!(it.found(missing(1, 1), at(126)).map(|settled| settled.last_seen), Some(at(126)));
    assert!(it.found(missing(2, 1), at(243)).is_some());
    assert!(!it.end(&HashSet::new()));
}

#[test]
fn the_wait_is_at_least_twice_the_latency_and_a_floor() {
    for (settle, latency, want) in [
        (5, None, (5, 20)),
        (5, Some(0), (5, 20)),
        (5, Some(3), (11, 44)),
        (5, Some(90), (185, 740)),
        (5, Some(u64::MAX), (3605, 14_420)),
        (0, Some(90), (0, 0)),
    ] {
        let patience = Patience::settling(SignedDuration::from_secs(settle)).over(latency.map(Duration::from_secs));
        assert_eq!((patience.settle.as_secs(), patience.limit.as_secs()), want, "{settle} {latency:?}");
    }
}

#[test]
fn a_latency_that_rises_in_between_makes_the_wait_longer() {
    let patience = Patience::settling(WAIT);
    let mut it = Settling::new(patience, Room::of(10));
    assert_eq!(look(&mut it, 0, &[(1, 1)]), (vec![], true));
    it.wait(patience.over(Some(Duration::from_secs(10))));
    assert_eq!(look(&mut it, 6, &[(1, 1)]), (vec![], true));
    assert_eq!((it.next(false), it.settles()), (Some(at(25)), Some(at(25))));
    assert_eq!(look(&mut it, 25, &[(1, 1)]), (vec![missing(1, 1)], false));
}

#[test]
fn without_a_wait_the_first_look_decides() {
    let mut it = Settling::new(Patience::settling(SignedDuration::ZERO), Room::of(0));
    assert_eq!(look(&mut it, 0, &[(1, 1), (2, 1)]), (vec![missing(1, 1), missing(2, 1)], false));
}

#[test]
fn what_there_is_no_room_for_is_counted_and_room_comes_back() {
    let room = Room::of(2);
    {
        let mut it = Settling::new(Patience::settling(WAIT), room.clone());
        assert_eq!(look(&mut it, 0, &[(1, 1), (2, 1), (3, 1), (4, 1)]), (vec![], true));
        assert_eq!((it.open(), it.over()), (2, 2));
        // All were on their way.
        assert_eq!(look(&mut it, 5, &[]), (vec![], false));
        assert_eq!((it.open(), it.over()), (0, 0));
    }
    let mut it = Settling::new(Patience::settling(WAIT), room);
    look(&mut it, 0, &[(1, 1), (2, 1)]);
    assert_eq!(it.over(), 0);
}

#[test]
fn a_difference_whose_key_is_met_on_neither_side_any_more_has_vanished() {
    let extra = |key: u8| {
        let row = RowCopy::of([Cell::Value(&[key])].into_iter());
        Difference { key: row.clone(), changes: vec![Change::Extra(row)] }
    };
    let mut it = Settling::new(Patience::settling(WAIT), Room::of(3));
    it.begin(at(0));
    for difference in [missing(1, 1), missing(2, 1), extra(3), missing(4, 1)] {
        assert_eq!(it.found(difference, at(0)), None);
    }
    assert!(it.end(&HashSet::new()));
    assert_eq!((it.vanished(), it.over()), (Vanished::default(), 1));
    it.begin(at(1));
    assert!(!it.end(&HashSet::from([missing(1, 1).name()])));
    // 1 is equal; 2 and 4 are not to be found, and of 3 the target has let go.
    assert_eq!(it.vanished(), Vanished { extra: 1, other: 2 });
}

#[test]
fn a_row_of_the_target_that_stands_under_another_key_later_was_not_deleted() {
    let extra = |key: u8, value: u8| {
        let row = |bytes: &[u8]| RowCopy::of(bytes.iter().map(std::slice::from_ref).map(Cell::Value));
        Difference { key: row(&[key]), changes: vec![Change::Extra(row(&[key, value]))] }
    };
    for (later, want) in [((7, 1), Vanished { extra: 0, other: 1 }), ((7, 2), Vanished { extra: 1, other: 0 })] {
        let mut it = Settling::new(Patience::settling(WAIT), Room::of(3));
        it.begin(at(0));
        assert_eq!(it.found(extra(3, 1), at(0)), None);
        assert!(it.end(&HashSet::new()));
        it.begin(at(1));
        assert_eq!(it.found(extra(later.0, later.1), at(1)), None);
        assert!(!it.end(&HashSet::new()));
        assert_eq!(it.vanished(), want, "{later:?}");
    }
}
