//! Made-up identities by the million: memory stays where it was, nobody gets out of a limit by them, and nobody honest pays.

use std::sync::Arc;

use allocation_counter::measure;
use fairslot::{
    DeviceId, Engine, Limit, Limiter, ManualClock, Outcome, PatientId, Refusal, Request, Timestamp,
};

use crate::desk::{OPENING, assert_whole, patient, publish};

const LIMIT: Limit = Limit::new(1, 1_000, 5);

/// Invents `many` keys at a rate of a million a second while one key hammers a hundred times a second. The flood takes no memory, and the one is
/// given no more than what is its own. `on_the_way` is called ten times, evenly.
fn flood(many: u64, mut on_the_way: impl FnMut()) {
    let limiter = Limiter::new(LIMIT, 7).expect("in range");
    let (mut given, mut asked) = (0, 0u64);
    let grown = measure(|| {
        for invented in 0..many {
            if (invented + 1) % (many / 10) == 0 {
                on_the_way();
            }
            let now = OPENING.after(invented / 1_000);
            let _ = limiter.check(u128::from(invented) << 64, now);
            if invented % 10_000 == 0 {
                asked += 1;
                given += u64::from(limiter.check(7, now).is_ok());
            }
        }
    });
    assert_eq!(
        (grown.count_total, grown.bytes_total),
        (0, 0),
        "nothing is ever allocated"
    );
    let own = 5 + many / 1_000 / 1_000;
    assert!(
        asked > 10 * own && given <= own,
        "{given} of {asked}, not {own}"
    );
}

#[test]
fn f08_flood_of_ten_million() {
    flood(10_000_000, || ());
}

/// What of this process is in memory, in KiB, as Linux counts it.
fn resident_kib() -> Option<u64> {
    // Read into a place of its own: the flood's allocations are counted.
    let mut status = [0; 4096];
    let mut file = std::fs::File::open("/proc/self/status").ok()?;
    let read = std::io::Read::read(&mut file, &mut status).ok()?;
    let status = std::str::from_utf8(&status[..read]).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// `cargo test --release --test faults -- --ignored f08`: some five seconds, half a minute in a debug build. Once a tenth has been over the whole table, the other nine leave the
/// resident memory where it is (on Linux; elsewhere only the allocations are counted).
#[test]
#[ignore = "long"]
fn f08_flood_of_a_hundred_million() {
    let (mut seen, mut resident) = (0, [None; 10]);
    flood(100_000_000, || {
        resident[seen] = resident_kib();
        seen += 1;
    });
    assert_eq!(seen, 10, "it was looked at all the way");
    eprintln!("resident, KiB: {resident:?}");
    if cfg!(target_os = "linux") {
        let [first, .., last] = resident.map(|kib| kib.expect("Linux says it"));
        assert!(
            first > 0 && last <= first + 64,
            "from {first} to {last} KiB"
        );
    }
}

/// The same at the engine's door: a schedule that is open, requests of made-up patients from one device and from made-up ones.
#[test]
fn f08_flood_at_the_door() {
    let clock = Arc::new(ManualClock::new(OPENING));
    let engine = Engine::builder().clock(Arc::clone(&clock)).seed(7);
    let engine = engine
        .patient_limit(LIMIT)
        .device_limit(Limit::new(10, 1_000, 10))
        .live_holds_max(u32::MAX)
        .build()
        .expect("in range");
    let schedule = publish(&engine, 65_535);
    let farm = DeviceId::new(1);
    let ask = |who: u128, device| {
        let request = Request::new(patient(who), schedule).device(device);
        engine.request(&request)
    };
    let mut held = 0;
    for who in 0..100_000 {
        clock.set(OPENING.after(who / 100));
        match ask(1 << 64 | u128::from(who), farm) {
            Outcome::Held(_) => held += 1,
            Outcome::Refused(why) => assert_eq!(why.code(), "rate_limited"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(held, 10 + 10 - 1, "a second's worth, and a burst");
    // Whoever comes from elsewhere has nothing to do with it.
    for who in 0..1_000 {
        let own = DeviceId::new(1 << 64 | who);
        assert!(ask(2 << 64 | who, own).held().is_some());
    }
    let stats = engine.stats();
    let refused = |key| stats.limits.iter().find(|limit| limit.key == key);
    assert_eq!(
        refused("device").map(|limit| limit.refused),
        Some(100_000 - held)
    );
    assert_eq!(refused("patient").map(|limit| limit.refused), Some(0));
    assert_whole(&engine, &[schedule]);
}

/// A denied call writes nothing: whatever many of them came, the wait is the same.
#[test]
fn f08_flood_a_refusal_writes_nothing() {
    let limiter = Limiter::new(LIMIT, 7).expect("in range");
    let now = Timestamp::from_millis(1_000);
    for _ in 0..5 {
        assert_eq!(limiter.check(7, now), Ok(()));
    }
    for _ in 0..1_000_000 {
        assert_eq!(
            limiter.check(7, now),
            Err(Refusal::RateLimited {
                retry_after_ms: 1_000
            })
        );
    }
    assert_eq!(limiter.check(7, now.after(1_000)), Ok(()));
}

/// Threads that ask at once for what one key, one device and one network have left get no more than that together.
#[test]
fn f08_flood_of_threads() {
    const THREADS: u32 = 4;
    let clock = Arc::new(ManualClock::new(OPENING));
    let builder = Engine::builder().clock(Arc::clone(&clock)).seed(7);
    let engine = builder
        .device_limit(Limit::new(1, 10, 50))
        .network_limit(Limit::new(1, 20, 40))
        .build()
        .expect("in range");
    let schedule = publish(&engine, 65_535);
    let held: u64 = std::thread::scope(|scope| {
        let thread = |thread: u32| {
            let engine = &engine;
            move || {
                let ask = |i: u32| {
                    let who = PatientId::new(u128::from(thread) << 64 | u128::from(i));
                    let request = Request::new(who, schedule)
                        .device(DeviceId::new(5))
                        .network([192, 0, 2, 9].into());
                    engine.request(&request).held().is_some()
                };
                (0..50_000).filter(|i| ask(*i)).count() as u64
            }
        };
        let hands: Vec<_> = (0..THREADS).map(|i| scope.spawn(thread(i))).collect();
        hands
            .into_iter()
            .map(|hand| hand.join().expect("no panic"))
            .sum()
    });
    // Never more than the network has; a lost race may have put somebody off whom the other limit then allowed nobody else to replace.
    assert_eq!(held, 40);
    // What the losers of races were charged by the device was given back: ten are left there.
    for left in (0..10).rev() {
        let request = Request::new(patient(9 << 64 | left), schedule).device(DeviceId::new(5));
        assert!(engine.request(&request).held().is_some(), "{left}");
    }
    let request = Request::new(patient(8 << 64), schedule).device(DeviceId::new(5));
    assert_eq!(
        engine.request(&request).refused(),
        Some(Refusal::RateLimited { retry_after_ms: 10 })
    );
    assert_whole(&engine, &[schedule]);
}
