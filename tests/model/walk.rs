//! The same random walk on book and engine. After every step: the same answer, the same events, the same availability of
//! every schedule; after an advance the same next deadline; now and then, and at the end, books that agree.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use crate::book::{Call, Line, Rules, Said};
use crate::op::{Op, START, World};
use crate::twin::Twin;

/// What the book did last: the engine has to do the same.
#[derive(Debug, Clone)]
struct Step {
    call: Call,
    said: Said,
    lines: Vec<Line>,
}

/// Mostly empty at first; sometimes with a book that has room for one line more.
fn worlds() -> impl Strategy<Value = World> {
    let live_holds_max = prop_oneof![3 => Just(3u32), 1 => Just(1), 1 => Just(u32::MAX)];
    let book_lines = prop_oneof![9 => Just((1_024, 0)), 1 => Just((1_001, 1_000))];
    (live_holds_max, book_lines).prop_map(|(live_holds_max, (book_lines_max, lines))| {
        World::new(
            Rules {
                live_holds_max,
                book_lines_max,
            },
            lines,
        )
    })
}

fn twin_of(world: &World) -> Twin {
    let mut twin = Twin::new(world.rules);
    twin.set_clock(START);
    for call in &world.prelude {
        let (said, _) = twin.call(call);
        assert!(
            matches!(said, Said::Published(_) | Said::Held { .. } | Said::Done),
            "{said:?} to {call:?}"
        );
    }
    twin
}

/// The book does it.
fn step(world: &mut World, op: &Op) -> Option<Step> {
    let call = world.resolve(op)?;
    let (said, lines) = world.book.call(world.clock, &call);
    Some(Step { call, said, lines })
}

/// The engine does it too.
fn compare(twin: &mut Twin, world: &World, step: Option<&Step>) {
    twin.set_clock(world.clock);
    if let Some(Step { call, said, lines }) = step {
        let (engine_said, engine_lines) = twin.call(call);
        assert_eq!(
            &engine_said, said,
            "\nanswer (left: the engine's, right: the book's) to {call:?}"
        );
        assert_eq!(
            &engine_lines, lines,
            "\nevents (left: the engine's, right: the book's) of {call:?}"
        );
    }
    for schedule in 0..world.book.schedules() {
        let (engine, book) = (
            twin.tally(schedule),
            world.book.tally(world.clock, schedule),
        );
        assert_eq!(
            engine, book,
            "\navailability (left: the engine's, right: the book's) of schedule {schedule}"
        );
    }
    let due = world.book.next_deadline(world.clock);
    if step.is_some_and(|step| step.call == Call::Advance) {
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
    if let Some(Step {
        call: Call::Publish(terms),
        said: Said::Published(schedule),
        ..
    }) = step
    {
        let mut terms = terms.clone();
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

fn audit(twin: &Twin) {
    let audit = twin.engine.audit();
    assert!(audit.is_consistent(), "{audit:?}");
}

struct Walk;

impl ReferenceStateMachine for Walk {
    type State = (World, Option<Step>);
    type Transition = Op;

    fn init_state() -> BoxedStrategy<Self::State> {
        worlds().prop_map(|world| (world, None)).boxed()
    }

    fn transitions((world, _): &Self::State) -> BoxedStrategy<Op> {
        world.ops()
    }

    fn apply((mut world, _): Self::State, op: &Op) -> Self::State {
        let step = step(&mut world, op);
        (world, step)
    }
}

impl StateMachineTest for Walk {
    type SystemUnderTest = Twin;
    type Reference = Self;

    fn init_test((world, _): &(World, Option<Step>)) -> Twin {
        twin_of(world)
    }

    fn apply(mut twin: Twin, (world, step): &(World, Option<Step>), _: Op) -> Twin {
        compare(&mut twin, world, step.as_ref());
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

prop_state_machine! {
    // PROPTEST_CASES asks for more.
    #![proptest_config(Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() })]

    #[test]
    fn engine_and_book_agree(sequential 1..120 => Walk);
}

/// Long walks from fixed seeds, which must have been everywhere: a generator that lost its way proves nothing.
#[test]
fn long_walks_see_everything() {
    const WALKS: u8 = 60;
    const STEPS: usize = 600;
    let mut seen = BTreeMap::new();
    for seed in 0..WALKS {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let mut world = sample(&worlds(), &mut runner);
        let mut twin = twin_of(&world);
        for _ in 0..STEPS {
            let op = sample(&world.ops(), &mut runner);
            let step = step(&mut world, &op);
            compare(&mut twin, &world, step.as_ref());
            if let Some(step) = step {
                count(&mut seen, &step);
            }
        }
        audit(&twin);
    }
    let missing: Vec<&str> = EVERYTHING
        .split_whitespace()
        .filter(|&what| !seen.contains_key(what))
        .collect();
    assert!(
        missing.is_empty(),
        "never seen: {missing:?}; seen: {seen:#?}"
    );
}

fn sample<T: std::fmt::Debug>(strategy: &impl Strategy<Value = T>, runner: &mut TestRunner) -> T {
    strategy
        .new_tree(runner)
        .expect("nothing is filtered")
        .current()
}

/// Every event, and for every verb every answer that it can give here. `engine_full` can't be had with so few records.
const EVERYTHING: &str = "
    event:Held event:Extended event:Confirmed event:ConfirmedLate event:Released event:Expired event:Cancelled
    event:ExchangedIn event:ExchangedOut event:CheckedIn event:Fulfilled event:NoShow event:Withdrawn event:Reinstated
    event:Published event:SlotsAdded event:SessionWithdrawn event:SessionReinstated

    Publish:Published Publish:Invalid
    AddSlots:Count AddSlots:Invalid AddSlots:unknown_schedule AddSlots:wrong_state
    Withdraw:Count Withdraw:unknown_schedule Withdraw:wrong_state
    Reinstate:Count Reinstate:unknown_schedule Reinstate:wrong_state
    Request:Held Request:HeldAgain Request:unknown_schedule Request:request_mismatch Request:withdrawn Request:not_open
    Request:closed Request:already_holds Request:sold_out Request:live_holds Request:book_full
    RequestMany:Many
    Lookup:HeldAgain Lookup:unknown_request
    Extend:Until Extend:unknown_hold Extend:not_yours Extend:withdrawn Extend:already_released Extend:already_cancelled
    Extend:already_exchanged Extend:already_confirmed Extend:hold_expired
    Confirm:Booked Confirm:BookedDueBack Confirm:unknown_hold Confirm:not_yours Confirm:withdrawn Confirm:already_released
    Confirm:already_cancelled Confirm:already_exchanged Confirm:refund_due
    Release:Done Release:unknown_hold Release:not_yours Release:withdrawn Release:already_released
    Release:already_cancelled Release:already_exchanged Release:already_confirmed Release:hold_expired
    Cancel:Done Cancel:unknown_booking Cancel:not_yours Cancel:withdrawn Cancel:already_cancelled
    Cancel:already_exchanged Cancel:wrong_state Cancel:too_late
    Exchange:Booked Exchange:unknown_booking Exchange:not_yours Exchange:withdrawn Exchange:already_cancelled
    Exchange:already_exchanged Exchange:wrong_state Exchange:too_late Exchange:unknown_schedule Exchange:not_open
    Exchange:closed Exchange:already_holds Exchange:sold_out Exchange:book_full
    CheckIn:Done CheckIn:unknown_booking CheckIn:withdrawn CheckIn:already_cancelled CheckIn:already_exchanged
    CheckIn:wrong_state
    Fulfil:Done Fulfil:unknown_booking Fulfil:withdrawn Fulfil:already_cancelled Fulfil:already_exchanged
    Fulfil:wrong_state
    NoShow:Done NoShow:unknown_booking NoShow:withdrawn NoShow:already_cancelled NoShow:already_exchanged
    NoShow:wrong_state
    Advance:Nothing Advance:Expired
";

fn count(seen: &mut BTreeMap<String, u32>, step: &Step) {
    for line in &step.lines {
        let late = if first_word(&line.did) == "Confirmed"
            && format!("{:?}", line.did).contains("late: true")
        {
            "Late"
        } else {
            ""
        };
        *seen
            .entry(format!("event:{}{late}", first_word(&line.did)))
            .or_default() += 1;
    }
    let verb = match &step.call {
        Call::Settle { deed, .. } => first_word(deed),
        call => first_word(call),
    };
    let answer = match &step.said {
        Said::Refused(fairslot::Refusal::Rule { rule }) => rule.name().to_owned(),
        Said::Refused(refusal) => refusal.code().to_owned(),
        Said::AlreadyExchanged { .. } => "already_exchanged".to_owned(),
        Said::Held { .. } if step.lines.is_empty() => "HeldAgain".to_owned(),
        Said::Booked {
            due_back: Some(_), ..
        } => "BookedDueBack".to_owned(),
        Said::Advanced { expired: 0 } => "Nothing".to_owned(),
        Said::Advanced { .. } => "Expired".to_owned(),
        said => first_word(said),
    };
    *seen.entry(format!("{verb}:{answer}")).or_default() += 1;
}

/// The name of a variant.
fn first_word(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_owned()
}
