//! The same random walk on book and engine. After every step: the same answer, the same events, the same availability of
//! every schedule; after an advance the same next deadline; now and then, and at the end, books that agree.

use fairslot::Limit;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use crate::book::{Call, Has, Line, Rules, Said};
use crate::op::{Op, START, Step, World};
use crate::script::scripts;
use crate::seen::Seen;
use crate::twin::Twin;

/// Mostly empty at first; sometimes with a book that has room for one line more, or for none.
pub(crate) fn worlds(draws: bool) -> impl Strategy<Value = World> {
    let live_holds_max = prop_oneof![3 => Just(3u32), 1 => Just(1), 1 => Just(u32::MAX)];
    let book_lines =
        prop_oneof![19 => Just((1_024, 0)), 1 => Just((1_001, 1_000)), 1 => Just((1_001, 1_001))];
    (live_holds_max, book_lines, limits()).prop_map(
        move |(live_holds_max, (book_lines_max, lines), limits)| {
            // The book that is filled beforehand is filled in no time.
            let limits = if lines == 0 { limits } else { [None; 4] };
            World::new(
                Rules {
                    live_holds_max,
                    book_lines_max,
                    limits,
                    draws,
                },
                lines,
            )
        },
    )
}

/// Mostly none; else tight ones, by odd fractions of a second, with cells for many more keys than there are.
fn limits() -> impl Strategy<Value = [Option<Limit>; 4]> {
    let limit = || {
        let rate = select(vec![(1, 1_000), (3, 10_000), (7, 60_000), (1, 3_600_000)]);
        let penalty = prop_oneof![3 => Just(0u32), 1 => 1..4u32];
        (rate, 1..4u32, penalty).prop_map(|((requests, period_ms), burst, penalty)| Limit {
            penalty,
            cells: 1 << 12,
            ..Limit::new(requests, period_ms, burst)
        })
    };
    let some = || prop::option::weighted(0.5, limit());
    prop_oneof![
        2 => Just([None; 4]),
        1 => [some(), some(), some(), some()],
    ]
}

pub(crate) fn twin_of(world: &World) -> Twin {
    let mut twin = Twin::new(world.rules);
    twin.set_clock(START);
    for Step { call, said, lines } in &world.prelude {
        assert_eq!(&twin.call(call), &(said.clone(), lines.clone()), "{call:?}");
    }
    twin
}

/// The engine does it too.
fn compare(twin: &mut Twin, world: &World, step: &Step) {
    let (said, mut lines) = twin.call(&step.call);
    lines.sort();
    assert_same(twin, world, step, (&said, &lines));
}

/// The engine does it first, and the book, which cannot know whom a draw picks, hears what happened.
pub(crate) fn act(twin: &mut Twin, world: &mut World, op: &Op) -> Step {
    let call = world.resolve(op);
    twin.set_clock(world.clock);
    let (said, mut lines) = twin.call(&call);
    let step = world.call(call, &lines);
    lines.sort();
    world.book.hear(world.clock, twin.told());
    assert_same(twin, world, &step, (&said, &lines));
    if step.call == Call::Advance {
        let judged = world.book.judge_deadline(world.clock, twin.next_deadline());
        assert_eq!(judged, Ok(()), "the next deadline that the engine names");
    }
    step
}

fn assert_same(twin: &Twin, world: &World, step: &Step, (said, lines): (&Said, &[Line])) {
    let Step { call, .. } = step;
    assert_eq!(
        world.book.complaints(),
        [""; 0],
        "what was heard can't be: {lines:?}"
    );
    assert_eq!(
        said, &step.said,
        "\nanswer (left: the engine's, right: the book's) to {call:?}"
    );
    assert_eq!(
        lines, step.lines,
        "\nevents (left: the engine's, right: the book's) of {call:?}"
    );
    for schedule in 0..twin.ids().0.len() {
        let (engine, book) = (
            twin.tally(schedule),
            world.book.tally(world.clock, schedule),
        );
        assert_eq!(
            engine, book,
            "\navailability (left: the engine's, right: the book's) of schedule {schedule}"
        );
    }
    for (patient, had) in (0..).zip(twin.had()) {
        let mut has = world.book.appointments(world.clock, patient);
        let starts = |has: &[(usize, Has)]| -> Vec<_> {
            (has.iter())
                .map(|(schedule, _)| world.book.starts_at(*schedule))
                .collect()
        };
        assert_eq!(
            starts(had),
            starts(&has),
            "the order of p{patient}'s appointments"
        );
        let mut had = had.clone();
        had.sort();
        has.sort();
        assert_eq!(
            had, has,
            "\nwhat p{patient} has (left: the engine's, right: the book's) after {call:?}"
        );
    }
    let due = world.book.next_deadline(world.clock);
    if step.call == Call::Advance && !world.rules.draws {
        assert_eq!(
            twin.next_deadline(),
            due,
            "\nnext deadline (left: the engine's, right: the book's) after an advance"
        );
    } else if let Some(due) = due {
        // A driver that sleeps until then must not oversleep.
        assert!(
            twin.next_deadline().is_some_and(|at| at <= due),
            "{:?} > {due}",
            twin.next_deadline()
        );
    }
    if let (Call::Publish(terms), Said::Published(schedule)) = (&step.call, &step.said) {
        let mut terms = (**terms).clone();
        terms.closes_at.get_or_insert(terms.starts_at);
        terms.cancel_until.get_or_insert(terms.starts_at);
        terms.hold_ttl_ms = terms.hold_ttl_ms.min(terms.hold_cap_ms);
        assert_eq!(
            twin.published(*schedule),
            Some(terms),
            "what was published, its defaults filled in"
        );
    }
}

pub(crate) fn audit(twin: &Twin) {
    let audit = twin.engine.audit();
    assert!(audit.is_consistent(), "{audit:?}");
}

struct Walk;

impl ReferenceStateMachine for Walk {
    type State = (World, Option<Step>);
    type Transition = Op;

    fn init_state() -> BoxedStrategy<Self::State> {
        worlds(false).prop_map(|world| (world, None)).boxed()
    }

    fn transitions((world, _): &Self::State) -> BoxedStrategy<Op> {
        world.whim()
    }

    fn apply((mut world, _): Self::State, op: &Op) -> Self::State {
        let step = world.step(op);
        (world, Some(step))
    }
}

impl StateMachineTest for Walk {
    type SystemUnderTest = Twin;
    type Reference = Self;

    fn init_test((world, _): &(World, Option<Step>)) -> Twin {
        twin_of(world)
    }

    fn apply(mut twin: Twin, (world, step): &(World, Option<Step>), _: Op) -> Twin {
        twin.set_clock(world.clock);
        compare(&mut twin, world, step.as_ref().expect("something was done"));
        if matches!(
            step,
            Some(Step {
                call: Call::Advance,
                ..
            })
        ) {
            audit(&twin);
        }
        twin
    }

    fn teardown(twin: Twin, _: (World, Option<Step>)) {
        audit(&twin);
    }
}

fn config() -> Config {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    match std::env::var_os("PROPTEST_CASES") {
        // The default configuration has read it.
        Some(_) => config,
        None => Config {
            cases: 1_000,
            ..config
        },
    }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn engine_and_book_agree(sequential 1..120 => Walk);
}

proptest! {
    #![proptest_config(Config { cases: 150, failure_persistence: None, ..Config::default() })]

    #[test]
    fn engine_and_book_agree_where_slots_are_drawn(script in scripts()) {
        script.run();
    }
}

/// A walk of `steps` steps from a fixed seed, on the book and as many engines as there are twins.
fn walk(seed: u8, steps: usize, twins: usize, draws: bool) -> (Vec<Step>, Vec<Twin>, World) {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut world = sample(&worlds(draws), &mut runner);
    let mut twins: Vec<Twin> = (0..twins).map(|_| twin_of(&world)).collect();
    let mut done = world.prelude.clone();
    for _ in 0..steps {
        let op = sample(&world.whim(), &mut runner);
        let (first, others) = twins.split_first_mut().expect("one at least");
        let step = act(first, &mut world, &op);
        for twin in others {
            twin.set_clock(world.clock);
            compare(twin, &world, &step);
            assert_eq!(twin.told(), first.told());
        }
        done.push(step);
    }
    twins.iter().for_each(audit);
    (done, twins, world)
}

pub(crate) fn sample<T: std::fmt::Debug>(
    strategy: &impl Strategy<Value = T>,
    runner: &mut TestRunner,
) -> T {
    strategy
        .new_tree(runner)
        .expect("nothing is filtered")
        .current()
}

/// Long walks that must have been everywhere: a generator that lost its way proves nothing.
#[test]
fn long_walks_see_everything() {
    let mut seen = Seen::default();
    for seed in 0..120 {
        let (steps, twins, world) = walk(seed, 600, 1, seed % 2 == 0);
        for step in &steps {
            seen.note(step);
        }
        seen.note_passed_over(&world.book.passed_over);
        twins
            .iter()
            .for_each(|twin| crate::seen::statistics_agree(twin, &steps, world.book.again));
    }
    seen.assert_everything();
}

/// The same settings, seed, calls and times: the same ids, and so, as both agree with the book, the same events.
#[test]
fn the_same_walk_twice_is_the_same() {
    for seed in 200..205 {
        let (_, twins, _) = walk(seed, 300, 2, true);
        assert_eq!(twins[0].ids(), twins[1].ids());
    }
}
