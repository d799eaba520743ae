//! Real threads at a few keys of one line: together they get what one would.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use fairslot::Limit;

use crate::{at, limiter};

const THREADS: usize = 4;
const KEYS: usize = 7;
const START: u64 = 1_000_000;
const END: u64 = START + 20_000;

/// Keys fall due, are taken up anew by two threads at once, and move about in the line, twenty thousand times. What a race gives too early is paid for
/// afterwards, so only the last one's can be left.
#[test]
fn threads_together_get_no_more_than_one() {
    const PERIOD: u64 = 3;
    for burst in 1..4u32 {
        let limiter = limiter(Limit {
            cells: 8,
            ..Limit::new(1, PERIOD, burst)
        });
        let clock = AtomicU64::new(START);
        let given: [AtomicU64; KEYS] = std::array::from_fn(|_| AtomicU64::new(0));
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (limiter, clock, given) = (&limiter, &clock, &given);
                scope.spawn(move || {
                    for step in thread.. {
                        let now = clock.load(Relaxed);
                        if now >= END {
                            break;
                        }
                        let key = step % KEYS;
                        if limiter.check(key as u128, at(now)).is_ok() {
                            given[key].fetch_add(1, Relaxed);
                        }
                        if thread == 0 && step % 16 == 0 {
                            clock.fetch_add(1, Relaxed);
                        }
                    }
                });
            }
        });
        let most = u64::from(burst) + (END - START) / PERIOD + THREADS as u64 - 1;
        for (key, given) in given.iter().enumerate() {
            let given = given.load(Relaxed);
            assert!(
                (1..=most).contains(&given),
                "key {key} had {given} turns, and {most} were to be had"
            );
        }
    }
}
