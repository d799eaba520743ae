//! The engine is dropped while listeners listen and drivers drive. Nobody hangs, whatever the order; what was told can still be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use fairslot::{Driver, Engine, Subscription};

use crate::desk::{ask, desk, events, patient, publish, until};

/// Everything that has a share in the engine.
enum Share {
    Engine(Engine),
    Listener(Subscription),
    Driver(Driver),
}

/// Orders of `n` things.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(n - 1);
    let with = |at: usize| {
        shorter.iter().map(move |order| {
            let mut order = order.clone();
            order.insert(at, n - 1);
            order
        })
    };
    (0..n).flat_map(with).collect()
}

#[test]
fn f40_drop_in_any_order() {
    for order in orders(5) {
        let (engine, _clock) = desk();
        let schedule = publish(&engine, 1);
        let listener = engine.observe(10);
        let mut shares = [
            Some(Share::Engine(engine.clone())),
            Some(Share::Listener(engine.observe(10))),
            Some(Share::Driver(drive(&engine))),
            Some(Share::Driver(drive(&engine))),
            Some(Share::Engine(engine.clone())),
        ];
        assert!(ask(&engine, patient(1), schedule).is_ok());
        drop(engine);
        for which in order {
            match shares[which].take() {
                Some(Share::Driver(driver)) => {
                    assert!(driver.is_running(), "a driver keeps its engine");
                }
                Some(Share::Engine(engine)) => assert!(engine.audit().is_consistent()),
                Some(Share::Listener(listener)) => assert_eq!(events(&listener).len(), 1),
                None => unreachable!("each once"),
            }
        }
        assert_eq!((events(&listener).len(), listener.lost()), (1, 0));
    }
}

fn drive(engine: &Engine) -> Driver {
    engine
        .drive(Duration::from_secs(3_600), || ())
        .expect("a thread")
}

/// A driver whose tick has the only other handle on its engine ends when it is dropped, and the engine with it.
#[test]
fn f40_drop_ends_what_the_tick_holds() {
    let rounds = Arc::new(AtomicU32::new(0));
    let (engine, clock) = desk();
    let tick = {
        let (engine, rounds) = (engine.clone(), Arc::clone(&rounds));
        move || {
            assert!(engine.audit().is_consistent());
            rounds.fetch_add(1, Relaxed);
        }
    };
    let driver = engine.drive(Duration::ZERO, tick).expect("a thread");
    drop(engine);
    until("it goes round without us", || rounds.load(Relaxed) > 3);
    drop(driver);
    assert_eq!(
        (Arc::strong_count(&rounds), Arc::strong_count(&clock)),
        (1, 1),
        "nothing of it is left"
    );
}
