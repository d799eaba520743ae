//! Turns: whose, when, and for how many.

use std::num::NonZeroU32;
use std::thread;

use fairslot::line::SlowQueue;
use fairslot::{
    Appointment, Behaviour, Engine, Limit, Line, Opening, Outcome, PatientId, PractitionerId,
    Refusal, Request, RequestId, Schedule, Session, Timestamp, What,
};

use super::{DESK, Desk, OPENS, TENTHS, from, who};

#[test]
fn f11_extremes_the_end_of_time() {
    for wait in [false, true] {
        let desk = Desk::new(TENTHS);
        let schedule = desk.publish(10);
        let _ = wait.then(|| desk.queued(1, 1_000, schedule));
        desk.clock.set(Timestamp::MAX);
        // Whoever waited was served in time.
        assert_eq!(desk.advance(), u64::from(wait));
        assert_eq!((desk.advance(), desk.waiting()), (0, 0));
        let past = Outcome::Refused(Refusal::UnknownSchedule);
        assert_eq!(desk.ask(1, 1_000, schedule), past);
    }
}

#[test]
fn who_is_suspect_gets_a_ticket_and_a_slot_at_their_turn() {
    let desk = Desk::new(TENTHS);
    let schedule = desk.publish(10);
    let events = desk.engine.observe(64);
    let ticket = desk.queued(1, 1_000, schedule);
    assert_eq!((ticket.schedule, ticket.line), (schedule, Line::SlowQueue));
    assert_eq!(ticket.position, NonZeroU32::new(1));
    assert_eq!(ticket.due.as_millis(), OPENS + 1_000);
    let second = desk.queued(2, 1_001, schedule);
    assert_eq!(second.position, NonZeroU32::new(2));
    assert_eq!(second.due.as_millis(), OPENS + 1_100);
    assert_eq!(desk.engine.next_deadline(), Some(ticket.due));
    // People don't wait, and nor does who comes through a desk.
    assert!(desk.ask(3, 3, schedule).held().is_some());
    let at_desk = desk.engine.request(&from(4, 1_002, schedule).channel(DESK));
    assert!(at_desk.held().is_some());
    // Nor who comes by another way of their own: their place stays, and comes to nothing.
    assert!(desk.ask(2, 5, schedule).held().is_some());

    desk.at(999);
    assert_eq!(desk.advance(), 0);
    let waits = desk.became(ticket.id).waiting().expect("a turn later");
    let all = desk.engine.appointments(PatientId::new(1));
    assert_eq!(all, [Appointment::Waiting(waits)]);
    desk.at(1_000);
    let hold = desk.held(ticket.id).expect("their turn");
    assert_eq!(hold.expires_at.as_millis(), OPENS + 1_000 + 900_000);
    assert_eq!(desk.advance(), 1);
    desk.at(1_100);
    assert_eq!(desk.refused(second.id), Refusal::AlreadyHolds);
    let stats = desk.engine.stats();
    let queue = stats.slow_queue.expect("there is one");
    assert_eq!((queue.slow_queued, queue.granted, queue.waiting), (2, 1, 0));
    assert!(queue.bytes > 0);
    assert_eq!((stats.held, stats.waiting), (4, 2));
    let mut held = 0;
    while let Some(event) = events.next() {
        held += u32::from(matches!(event.what, What::Held { .. }));
    }
    assert_eq!(held, 4);
}

/// Whoever looks by the request's id lets time pass, like whoever looks by the ticket.
#[test]
fn a_lookup_of_a_turn_that_has_come_tells_no_position() {
    let desk = Desk::new(TENTHS);
    let schedule = desk.publish(1);
    let (patient, name) = (who(1), RequestId::new(9));
    let request = from(1, 1_000, schedule).id(name);
    let before = desk.engine.request(&request).waiting().expect("slowed");
    assert_eq!(before.position, NonZeroU32::new(1));
    desk.at(1_000);
    let after = desk.engine.lookup(patient, name).expect("remembered");
    assert_eq!(
        after.waiting().map(|it| (it.id, it.position)),
        Some((before.id, None))
    );
    assert_eq!(desk.engine.request(&request), after);
}

/// A turn is at its own instant, whoever comes by and when.
#[test]
fn whether_anybody_advances_makes_no_difference() {
    let said = [1, 7, 5_000].map(|step| {
        let desk = Desk::new(TENTHS);
        let schedule = desk.publish(6);
        let short = desk.publish(1);
        let tickets: Vec<_> = (0..12)
            .map(|n| desk.queued(n, 1_000 + n % 5, if n % 6 == 0 { short } else { schedule }))
            .collect();
        let mut ms = 0;
        while ms < 5_000 {
            ms += step;
            desk.at(ms.min(5_000));
            desk.engine.advance();
        }
        desk.at(5_000);
        tickets.map_outcomes(&desk)
    });
    assert_eq!(said[0], said[1]);
    assert_eq!(said[0], said[2]);
    let held = said[0].iter().filter(|it| it.held().is_some()).count();
    assert_eq!(held, 7);
}

trait Outcomes {
    fn map_outcomes(&self, desk: &Desk) -> Vec<Outcome>;
}

impl Outcomes for Vec<fairslot::Ticket> {
    fn map_outcomes(&self, desk: &Desk) -> Vec<Outcome> {
        self.iter().map(|it| desk.became(it.id)).collect()
    }
}

#[test]
fn one_live_ticket_however_often_and_from_wherever() {
    let limit = Limit::new(1, 3_600_000, 1);
    let desk = Desk::with(TENTHS, |it| it.patient_limit(limit));
    let schedule = desk.publish(3);
    let named = from(2, 1_001, schedule).id(RequestId::from_text("a"));
    let first = desk.queued(1, 1_000, schedule);
    let second = desk.engine.request(&named).waiting().expect("slowed");
    for device in [1_000, 1_003, 2_000] {
        let again = desk.queued(2, device, schedule);
        assert_eq!(again, second, "the same place, and no turn of any limit");
    }
    assert_eq!(desk.engine.request(&named), Outcome::Waiting(second));
    assert_eq!(desk.waiting(), 2);
    // The word is the ticket; where it stands is news.
    desk.at(1_000);
    let now = desk.engine.request(&named).waiting().expect("the word");
    assert_eq!((now.id, now.position), (second.id, NonZeroU32::new(1)));
    assert!(desk.held(first.id).is_some());
    desk.at(1_100);
    let held = desk.held(second.id).expect("their turn");
    let word = desk
        .engine
        .request(&named)
        .waiting()
        .expect("still the word");
    assert_eq!((word.id, word.position), (second.id, None));
    assert_eq!(word.due, second.due);
    assert_eq!(
        desk.engine.lookup(who(2), RequestId::from_text("a")),
        Ok(Outcome::Waiting(word))
    );
    desk.engine.release(held.id, who(2)).expect("held");
    // One turn of the limit was used for the place, and is used up.
    let refused = desk.ask(2, 1_001, schedule);
    assert!(
        matches!(refused, Outcome::Refused(Refusal::RateLimited { .. })),
        "{refused:?}"
    );
}

#[test]
fn many_at_once_are_as_one_after_the_other() {
    let outcomes = [true, false].map(|at_once| {
        let desk = Desk::new(SlowQueue::new(1_000_000, 1));
        let schedule = desk.publish(5);
        let requests: Vec<Request> = (0..20).map(|n| from(n, 995 + n % 10, schedule)).collect();
        let said = match at_once {
            true => desk.engine.request_many(&requests),
            false => requests.iter().map(|it| desk.engine.request(it)).collect(),
        };
        desk.at(1);
        desk.advance();
        let became = |it: &Outcome| it.waiting().map(|ticket| desk.became(ticket.id));
        let became: Vec<_> = said.iter().map(became).collect();
        (said, became)
    });
    assert_eq!(outcomes[0], outcomes[1]);
}

/// Also while time runs on: a draw that closes meanwhile is closed for none of them.
#[test]
fn a_batch_is_at_one_time() {
    /// A millisecond later whenever it is read.
    struct Running(std::sync::atomic::AtomicU64);
    impl fairslot::Clock for Running {
        fn now(&self) -> Timestamp {
            let read = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Timestamp::from_millis(read)
        }
    }
    let builder = Engine::builder()
        .clock(Running(OPENS.into()))
        .behaviour(Behaviour {
            records: 1 << 12,
            ..Behaviour::default()
        })
        .slow_queue(SlowQueue::new(1, 1_000));
    let engine = builder.build().expect("in range");
    let at = engine.now();
    let lottery = fairslot::Lottery {
        window: fairslot::EntryWindow::Fixed { ms: 4 },
        ..fairslot::Lottery::new(at)
    };
    let plan = Schedule::new(
        PractitionerId::new(3),
        "2026-12-01".parse().expect("a day"),
        Session::Morning,
        3,
        Opening::Lottery(lottery),
        at.after(86_400_000),
    );
    let schedule = engine.publish(&plan).expect("a sound schedule");
    let all: Vec<Request> = (0..200).map(|it| Request::new(who(it), schedule)).collect();
    let said = engine.request_many(&all);
    assert!(said.iter().all(|it| it.waiting().is_some()));
}

/// Also for who had to make room and asks again within the batch.
#[test]
fn who_made_room_within_a_batch_comes_anew() {
    let outcomes = [true, false].map(|at_once| {
        let desk = Desk::new(SlowQueue {
            capacity: 2,
            ..TENTHS
        });
        let schedule = desk.publish(5);
        let ask = |patient, device| from(patient, device, schedule);
        let requests = [ask(1, 1_000), ask(2, 1_000), ask(3, 1_001), ask(2, 1_002)];
        let said = match at_once {
            true => desk.engine.request_many(&requests),
            false => requests.iter().map(|it| desk.engine.request(it)).collect(),
        };
        assert_eq!(desk.waiting(), 2);
        said
    });
    let tickets = outcomes[0].iter().map(|it| it.waiting().map(|it| it.id));
    let tickets: Vec<_> = tickets.collect();
    assert_ne!(tickets[1], tickets[3]);
    assert_eq!(outcomes[0], outcomes[1]);
}

#[test]
fn who_waits_is_woken_at_their_turn() {
    let desk = Desk::new(TENTHS);
    let schedule = desk.publish(1);
    let (first, second) = (
        desk.queued(1, 1_000, schedule),
        desk.queued(2, 1_001, schedule),
    );
    let waits = [first, second].map(|ticket| {
        let wait = desk.engine.wait(&ticket);
        thread::spawn(move || wait.wait())
    });
    while desk.engine.waiting() < 2 {
        thread::yield_now();
    }
    desk.at(1_100);
    assert_eq!(desk.advance(), 1);
    let [first, second] = waits.map(|it| it.join().expect("no panic"));
    assert!(first.held().is_some());
    assert_eq!(second, Outcome::Refused(Refusal::SoldOut));
}

/// A wait that is over before the first turn can be.
#[test]
fn a_wait_of_one_millisecond_is_named() {
    let hasty = SlowQueue {
        wait_max_ms: 1,
        ..SlowQueue::new(1, 1)
    };
    let judged = Engine::builder().behaviour(Behaviour::default());
    let built = judged.slow_queue(hasty).build();
    assert_eq!(built.unwrap_err().field(), "slow_queue.wait_max_ms");
}

#[test]
fn it_needs_judging_and_sound_settings() {
    let alone = Engine::builder().slow_queue(TENTHS).build();
    assert_eq!(alone.unwrap_err().field(), "slow_queue");
    let judged = Engine::builder().behaviour(fairslot::Behaviour::default());
    let never = judged.slow_queue(SlowQueue::new(0, 1)).build();
    assert_eq!(never.unwrap_err().field(), "slow_queue.turns");
}
