//! Turns in a pause.

use super::*;
use jiff::SignedDuration;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

fn shared(wish: watch::Receiver<Wish>, jobs: usize) -> Shared {
    let scanner = || Scanner::new(Database::parse("sqlite:/nowhere").unwrap(), Limits::default());
    let options = Options {
        jobs,
        patience: Patience::settling(SignedDuration::ZERO),
        report: 1,
        stop_after: None,
        range_rows: 1,
        method: method::Wanted::Auto,
        rows_per_second: None,
        values: false,
        watched: 1,
        now: Timestamp::now,
    };
    Shared {
        source: scanner(),
        target: scanner(),
        options,
        gauge: Arc::default(),
        wish,
        latency: watch::channel(None).1,
        room: Room::of(1),
        memory: Memory::default(),
        silence: silence(),
        pace: None,
        jobs: Semaphore::new(jobs),
    }
}

/// Whether it still waits, after it could go as far as it can.
async fn waits<T>(mut of: Pin<&mut impl Future<Output = T>>) -> bool {
    tokio::task::yield_now().await;
    poll_fn(|context| Poll::Ready(of.as_mut().poll(context).is_pending())).await
}

#[tokio::test]
async fn nothing_is_begun_in_a_pause_and_a_stop_ends_it() {
    let (wish, wished) = watch::channel(Wish::Pause);
    let shared = shared(wished, 1);
    for (then, begins) in [(Wish::Go, true), (Wish::Stop, false)] {
        wish.send_replace(Wish::Pause);
        let mut turn = Box::pin(shared.turn());
        assert!(waits(turn.as_mut()).await);
        wish.send_replace(then);
        assert_eq!(turn.await.is_some(), begins, "{then:?}");
    }
}

#[tokio::test]
async fn whoever_waits_for_a_turn_when_it_is_paused_does_not_begin_either() {
    let (wish, wished) = watch::channel(Wish::Go);
    let shared = shared(wished, 1);
    let at_work = shared.turn().await.unwrap();
    let mut next = Box::pin(shared.turn());
    assert!(waits(next.as_mut()).await);
    wish.send_replace(Wish::Pause);
    drop(at_work);
    assert!(waits(next.as_mut()).await, "what was running has ended, and nothing new begins");
    wish.send_replace(Wish::Go);
    assert!(next.await.is_some());
}
