//! Runs a scenario under two schedulers: one that picks any thread at every step, and one that runs one thread as long as it can and
//! preempts it at a few chosen steps (PCT).

use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use ::shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use ::shuttle::{Config, FailurePersistence, Runner};

/// Iterations that share a seed: what a replay has to go through at most.
const ROUND: usize = 500;

fn iterations(unless_said: usize) -> usize {
    let given = std::env::var("FAIRSLOT_SHUTTLE_ITERATIONS").ok();
    given.map_or(unless_said, |text| {
        text.parse()
            .expect("FAIRSLOT_SHUTTLE_ITERATIONS is a number")
    })
}

/// Half of the iterations each.
pub(super) fn check(scenario: impl Fn() + Send + Sync + Copy + 'static) {
    check_times(iterations(20_000), scenario);
}

/// The same for a scenario that takes longer.
pub(super) fn check_less(scenario: impl Fn() + Send + Sync + Copy + 'static) {
    check_times(iterations(5_000), scenario);
}

fn check_times(iterations: usize, scenario: impl Fn() + Send + Sync + Copy + 'static) {
    let half = iterations.div_ceil(2);
    rounds(half, |seed, most| {
        run(RandomScheduler::new_from_seed(seed, most), scenario);
    });
    rounds(half, |seed, most| {
        run(PctScheduler::new_from_seed(seed, 3, most), scenario);
    });
}

fn rounds(mut left: usize, run: impl Fn(u64, usize)) {
    while left > 0 {
        let (seed, most) = (RandomState::new().hash_one(left), left.min(ROUND));
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(seed, most))) {
            eprintln!(
                "replay with SHUTTLE_RANDOM_SEED={seed} FAIRSLOT_SHUTTLE_ITERATIONS={}",
                2 * most
            );
            resume_unwind(panic);
        }
        left -= most;
    }
}

fn run(scheduler: impl Scheduler + 'static, scenario: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    config.stack_size = 0x2_0000;
    Runner::new(scheduler, config).run(scenario);
}
