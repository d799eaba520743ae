//! The engine with slots that return: when, to whom, and what everybody else is told.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use fairslot::line::{Quota, WaitlistPolicy};
use fairslot::{
    Availability, Behaviour, Booking, ChannelId, Day, DeviceId, Engine, Hold, ManualClock, Opening,
    Outcome, PractitionerId, Refusal, Request, RequestId, ReturnPolicy, Rule, Schedule, ScheduleId,
    Session, Ticket,
};

use crate::{at, who};

pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const DAY: u64 = 86_400_000;
pub(crate) const START: u64 = 1_000 * DAY;
const TTL: u64 = 15 * MINUTE;

/// An engine, a schedule of it, and its clock.
pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) schedule: ScheduleId,
}

pub(crate) fn plan(capacity: u32, returns: ReturnPolicy) -> Schedule {
    let day = Day::new(2026, 12, 1).expect("a day");
    let mut plan = Schedule::new(
        PractitionerId::new(3),
        day,
        Session::Morning,
        capacity,
        Opening::first_come(at(START)),
        at(START + 30 * DAY),
    );
    plan.returns = returns;
    plan
}

impl Desk {
    pub(crate) fn new(capacity: u32, returns: ReturnPolicy) -> Self {
        Self::with(capacity, returns, WaitlistPolicy::default())
    }

    pub(crate) fn with(capacity: u32, returns: ReturnPolicy, policy: WaitlistPolicy) -> Self {
        let clock = Arc::new(ManualClock::new(at(START)));
        let engine = Engine::builder()
            .clock(Arc::clone(&clock))
            .seed(7)
            .waitlist(policy)
            .returns_through(ChannelId::new(114), ReturnPolicy::AtOnce)
            .build()
            .expect("in range");
        let schedule = engine
            .publish(&plan(capacity, returns))
            .expect("a sound schedule");
        Self {
            engine,
            clock,
            schedule,
        }
    }

    pub(crate) fn ask(&self, patient: u64) -> Outcome {
        self.engine
            .request(&Request::new(who(patient), self.schedule))
    }

    pub(crate) fn hold(&self, patient: u64) -> Hold {
        self.ask(patient).held().expect("there is a slot")
    }

    pub(crate) fn book(&self, patient: u64) -> Booking {
        self.confirm(&self.hold(patient), patient)
    }

    pub(crate) fn confirm(&self, hold: &Hold, patient: u64) -> Booking {
        let confirmed = self.engine.confirm(hold.id, who(patient), None);
        confirmed
            .and_then(|it| it.wait().map_err(|_| Refusal::Closed))
            .expect("it is held")
    }

    pub(crate) fn cancel(&self, booking: &Booking, patient: u64) {
        let cancelled = self.engine.cancel(booking.id, who(patient));
        assert!(cancelled.is_ok(), "{cancelled:?}");
    }

    /// From a device of their own.
    pub(crate) fn wait(&self, patient: u64) -> Ticket {
        let request = Request::new(who(patient), self.schedule).device(device(patient));
        let outcome = self.engine.request(&request.waitlist());
        outcome.waiting().unwrap_or_else(|| panic!("{outcome:?}"))
    }

    pub(crate) fn became(&self, ticket: &Ticket) -> Outcome {
        self.engine.ticket(ticket.id).expect("it is remembered")
    }

    pub(crate) fn counts(&self) -> Availability {
        self.engine
            .availability(self.schedule)
            .expect("it is published")
    }

    /// Free, held, booked, cooling, withdrawn.
    pub(crate) fn five(&self) -> [u32; 5] {
        let it = self.counts();
        [it.free, it.held, it.booked, it.cooling, it.withdrawn]
    }

    pub(crate) fn audit(&self) {
        let audit = self.engine.audit();
        assert!(audit.is_consistent(), "{:?}", audit.findings);
    }

    /// Until something returns, or a day is over: how many minutes that took.
    pub(crate) fn until_returned(&self) -> Option<u64> {
        // What was noticed before is told now.
        self.engine.advance();
        (1..1_440).find(|_| {
            self.clock.pass(MINUTE);
            self.engine.advance().returned > 0
        })
    }
}

pub(crate) const fn device(number: u64) -> DeviceId {
    DeviceId::new(number as u128 + (1 << 64))
}

pub(crate) fn refused(why: Refusal) -> Outcome {
    Outcome::Refused(why)
}

#[test]
fn a_channel_s_policy_is_judged_like_a_schedule_s() {
    let through = |ms| {
        let policy = ReturnPolicy::Delay { ms };
        let channel = ChannelId::new(1);
        Engine::builder().returns_through(channel, policy).build()
    };
    let no = through(0).expect_err("0 ms is no delay");
    assert_eq!((no.field(), no.value()), ("returns_through.ms", "0"));
    assert!(through(1).is_ok());
}

#[test]
fn a_cancelled_slot_rests_and_nobody_is_told() {
    let desk = Desk::new(1, ReturnPolicy::Draw);
    let booking = desk.book(1);
    assert_eq!(desk.ask(2), refused(Refusal::SoldOut));
    desk.cancel(&booking, 1);
    assert_eq!(desk.five(), [0, 0, 0, 1, 0]);
    desk.audit();
    for patient in [1, 2] {
        assert_eq!(desk.ask(patient), refused(Refusal::SoldOut));
    }
    let due = desk.engine.next_deadline().expect("it returns");
    let rests = due.since(at(START));
    assert!((10 * MINUTE..=55 * MINUTE).contains(&rests), "{rests}");
    desk.clock.set(at(due.as_millis() - 1));
    assert_eq!(desk.engine.advance().returned, 0);
    assert_eq!(desk.ask(2), refused(Refusal::SoldOut));
    // At that very millisecond, whether or not anybody advances, by whatever is asked first.
    desk.clock.set(due);
    assert!(desk.ask(2).held().is_some());
    assert_eq!(desk.five(), [0, 1, 0, 0, 0]);
    assert_eq!(desk.engine.advance().returned, 1);
    assert_eq!(desk.engine.stats().returned, 1);
    desk.audit();
}

#[test]
fn whatever_ends_a_claim_lets_the_slot_rest() {
    // Nothing returns before the hold has run out.
    let mut policy = WaitlistPolicy::default();
    policy.returns.quiet_ms = 2 * TTL;
    let desk = Desk::with(3, ReturnPolicy::Draw, policy);
    let other = desk.engine.publish(&plan(1, ReturnPolicy::AtOnce));
    let other = other.expect("a sound schedule");
    let (released, moved) = (desk.hold(1), desk.book(2));
    desk.hold(3);
    desk.engine
        .release(released.id, who(1))
        .expect("it is held");
    let exchanged = desk.engine.exchange(moved.id, who(2), other);
    assert!(exchanged.is_ok());
    assert_eq!(desk.five(), [0, 1, 0, 2, 0]);
    desk.clock.pass(TTL);
    // The hold ran out: it rests, whether or not anybody has swept.
    assert_eq!(desk.five()[1..4], [0, 0, 3]);
    assert_eq!(desk.engine.advance().expired, 1);
    desk.audit();
    while desk.five()[0] < 3 {
        assert!(desk.until_returned().is_some());
    }
    assert_eq!(desk.engine.stats().returned, 3);
    desk.audit();
}

#[test]
fn one_who_waits_is_drawn_and_a_lapsed_offer_goes_on() {
    let desk = Desk::new(1, ReturnPolicy::Draw);
    let booking = desk.book(100);
    let tickets: Vec<Ticket> = (1..=5).map(|it| desk.wait(it)).collect();
    desk.audit();
    desk.cancel(&booking, 100);
    assert!(desk.until_returned().is_some());
    let mut served = Vec::new();
    for round in 0..5 {
        let held: Vec<(u64, Hold)> = (1..)
            .zip(&tickets)
            .filter_map(|(patient, ticket)| Some((patient, desk.became(ticket).held()?)))
            .filter(|(patient, _)| !served.contains(patient))
            .collect();
        let [(patient, hold)] = held[..] else {
            panic!("one offer at a time: {held:?}");
        };
        assert_eq!(hold.expires_at.since(desk.engine.now()), TTL);
        assert_eq!(desk.five(), [0, 1, 0, 0, 0]);
        served.push(patient);
        desk.audit();
        // Two let it run out, one gives it back: the next has it in that very moment.
        match round {
            0 | 3 => desk.clock.pass(TTL),
            _ => desk
                .engine
                .release(hold.id, who(patient))
                .expect("it is held"),
        }
    }
    // Nobody is left: it is anybody's, at once.
    assert_eq!(desk.five(), [1, 0, 0, 0, 0]);
    served.sort_unstable();
    assert_eq!(served, [1, 2, 3, 4, 5]);
    desk.audit();
}

#[test]
fn an_offer_that_is_taken_up_is_a_booking_like_any() {
    let desk = Desk::new(1, ReturnPolicy::Draw);
    let booking = desk.book(100);
    let ticket = desk.wait(1);
    desk.cancel(&booking, 100);
    desk.until_returned();
    let hold = desk.became(&ticket).held().expect("nobody else waits");
    let booking = desk.confirm(&hold, 1);
    desk.wait(2);
    // Given up again it is drawn again, and not passed on at once.
    desk.cancel(&booking, 1);
    assert_eq!(desk.five(), [0, 0, 0, 1, 0]);
    assert!(desk.until_returned().is_some_and(|it| it >= 10));
    assert_eq!(desk.five(), [0, 1, 0, 0, 0]);
    desk.audit();
}

#[test]
fn not_to_whoever_gave_it_up_nor_to_their_device() {
    let desk = Desk::new(1, ReturnPolicy::Draw);
    let ask = |patient| Request::new(who(patient), desk.schedule).device(device(66));
    let hold = desk.engine.request(&ask(1)).held().expect("free");
    let booking = desk.confirm(&hold, 1);
    // Nine clients on the scalper's device, and himself; and one person.
    for client in 2..=10 {
        assert!(
            desk.engine
                .request(&ask(client).waitlist())
                .waiting()
                .is_some()
        );
    }
    desk.cancel(&booking, 1);
    assert!(desk.engine.request(&ask(1).waitlist()).waiting().is_some());
    let person = desk.wait(11);
    desk.until_returned();
    let hold = desk
        .became(&person)
        .held()
        .expect("nobody else may have it");
    desk.engine.release(hold.id, who(11)).expect("it is held");
    // And so it is anybody's rather than theirs by the draw.
    assert_eq!(desk.five(), [1, 0, 0, 0, 0]);
    desk.audit();
}

#[test]
fn the_other_policies() {
    let rests = |returns| {
        let desk = Desk::new(1, returns);
        let booking = desk.book(1);
        desk.clock.pass(5 * MINUTE);
        desk.cancel(&booking, 1);
        let told = desk.five();
        let next = desk.engine.next_deadline();
        if let Some(next) = next {
            desk.clock.set(next);
            assert_eq!(desk.five(), [1, 0, 0, 0, 0]);
        }
        desk.audit();
        (told[3], next.map(|it| it.since(at(START + 5 * MINUTE))))
    };
    assert_eq!(rests(ReturnPolicy::AtOnce), (0, None));
    assert_eq!(rests(ReturnPolicy::Delay { ms: 77 }), (1, Some(77)));
    let day = DAY - 5 * MINUTE;
    assert_eq!(rests(ReturnPolicy::NextOpening), (1, Some(day)));
    assert_eq!(rests(ReturnPolicy::Never), (1, None));
    let wrong = plan(1, ReturnPolicy::Delay { ms: 0 });
    assert!(
        Desk::new(1, ReturnPolicy::AtOnce)
            .engine
            .publish(&wrong)
            .is_err()
    );
    let desk = Desk::new(1, ReturnPolicy::NextOpening);
    let told = desk.engine.schedule(desk.schedule).map(|it| it.returns);
    assert_eq!(told, Some(ReturnPolicy::NextOpening));
}

#[test]
fn a_channel_may_have_a_policy_of_its_own() {
    let desk = Desk::new(1, ReturnPolicy::Draw);
    let booking = desk.book(1);
    let window = ChannelId::new(114);
    let cancelled = desk.engine.cancel_through(window, booking.id, who(1));
    assert!(cancelled.is_ok());
    assert_eq!(desk.five(), [1, 0, 0, 0, 0]);
    let booking = desk.book(1);
    let app = ChannelId::new(1);
    assert!(desk.engine.cancel_through(app, booking.id, who(1)).is_ok());
    assert_eq!(desk.five(), [0, 0, 0, 1, 0]);
}

#[test]
fn a_late_payment_has_its_slot_back_while_it_rests() {
    let desk = Desk::new(1, ReturnPolicy::Draw);
    let hold = desk.hold(1);
    let ticket = desk.wait(2);
    desk.clock.pass(TTL);
    assert_eq!(desk.five(), [0, 0, 0, 1, 0]);
    desk.confirm(&hold, 1);
    assert_eq!(desk.five(), [0, 0, 1, 0, 0]);
    assert_eq!(desk.until_returned(), None);
    assert_eq!(desk.became(&ticket).waiting(), Some(ticket));
    desk.audit();
    // Once it was offered to somebody it is too late.
    let desk = Desk::new(1, ReturnPolicy::Draw);
    let hold = desk.hold(1);
    let ticket = desk.wait(2);
    desk.clock.pass(TTL);
    desk.until_returned();
    assert!(desk.became(&ticket).held().is_some());
    let late = desk.engine.confirm(hold.id, who(1), None);
    assert_eq!(late.err(), Some(Refusal::RefundDue));
    desk.audit();
}

#[test]
fn f36_offer_withdraw_ends_every_wait() {
    let desk = Desk::new(2, ReturnPolicy::Draw);
    let bookings = [100, 101].map(|it| (desk.book(it), it));
    let tickets: Vec<Ticket> = (1..=3).map(|it| desk.wait(it)).collect();
    desk.cancel(&bookings[0].0, 100);
    desk.until_returned();
    desk.cancel(&bookings[1].0, 101);
    assert_eq!(desk.five(), [0, 1, 0, 1, 0]);
    assert_eq!(desk.engine.withdraw(desk.schedule), Ok(1));
    assert_eq!(desk.five(), [0, 0, 0, 0, 2]);
    for ticket in &tickets {
        assert_eq!(desk.became(ticket), refused(Refusal::Withdrawn));
    }
    assert_eq!(desk.ask(9), refused(Refusal::Withdrawn));
    desk.audit();
    assert_eq!(desk.engine.reinstate(desk.schedule), Ok(2));
    assert_eq!(desk.until_returned(), None);
    // What the withdrawal ended stays ended: who waited, waits no more, and may again.
    for ticket in &tickets {
        assert_eq!(desk.became(ticket), refused(Refusal::Withdrawn));
    }
    let booking = desk.book(50);
    desk.book(51);
    let ticket = desk.wait(1);
    desk.cancel(&booking, 50);
    desk.until_returned();
    assert!(desk.became(&ticket).held().is_some());
    desk.audit();
}

#[test]
fn one_place_a_person_which_may_be_left() {
    let desk = Desk::new(1, ReturnPolicy::Draw);
    let booking = desk.book(100);
    let named = |id| {
        let request = Request::new(who(1), desk.schedule).id(RequestId::new(id));
        desk.engine.request(&request.waitlist())
    };
    let first = named(1);
    let ticket = first.waiting().expect("it is sold out");
    assert_eq!((named(2), named(1)), (first, first));
    assert_eq!(desk.wait(1), ticket);
    assert_eq!(desk.engine.lookup(who(1), RequestId::new(1)), Ok(first));
    assert_eq!(desk.engine.leave(ticket.id, who(2)), Err(Refusal::NotYours));
    assert_eq!(desk.engine.leave(ticket.id, who(1)), Ok(()));
    assert_eq!(desk.became(&ticket), refused(Refusal::AlreadyReleased));
    assert_ne!(desk.wait(2), ticket);
    let again = desk.wait(1);
    desk.engine.leave(again.id, who(1)).expect("it waits");
    desk.cancel(&booking, 100);
    desk.until_returned();
    assert_eq!(desk.five(), [0, 1, 0, 0, 0]);
    assert!(
        desk.engine
            .ticket(again.id)
            .is_ok_and(|it| it.held().is_none())
    );
    desk.audit();
}

/// Where behaviour is judged a request is looked at by another way, which must know of waitlists, too.
#[test]
fn who_would_wait_waits_also_where_behaviour_is_judged() {
    let engine = Engine::builder()
        .clock(ManualClock::new(at(START)))
        .seed(7)
        .behaviour(Behaviour::default());
    let engine = engine.build().expect("in range");
    let schedule = engine.publish(&plan(1, ReturnPolicy::Draw));
    let schedule = schedule.expect("a sound schedule");
    let ask = |patient| engine.request(&Request::new(who(patient), schedule).waitlist());
    assert!(ask(1).held().is_some());
    assert!((2..40).all(|patient| ask(patient).waiting().is_some()));
    let plain = Request::new(who(99), schedule);
    assert_eq!(engine.request(&plain), refused(Refusal::SoldOut));
    assert!(engine.audit().is_consistent());
}

/// Nobody who waits as a future is left asleep when booking closes and nothing has come back.
#[test]
fn who_waited_in_vain_is_woken() {
    struct Woken(AtomicUsize);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let desk = Desk::new(1, ReturnPolicy::Draw);
    let ask = |patient| {
        desk.engine
            .request(&Request::new(who(patient), desk.schedule).waitlist())
    };
    assert!(
        ask(1)
            .held()
            .is_some_and(|hold| { desk.engine.confirm(hold.id, who(1), None).is_ok() })
    );
    let ticket = ask(2).waiting().expect("a place");
    let woken = Arc::new(Woken(0.into()));
    let waker = Waker::from(Arc::clone(&woken));
    let mut wait = pin!(desk.engine.wait(&ticket));
    let mut poll = || wait.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(poll().is_pending());
    desk.engine.advance();
    let before = woken.0.load(Ordering::Relaxed);
    desk.clock.set(at(START + 30 * DAY));
    desk.engine.advance();
    assert!(woken.0.load(Ordering::Relaxed) > before);
    assert_eq!(poll(), Poll::Ready(refused(Refusal::SoldOut)));
}

#[test]
fn without_a_waitlist_sold_out_is_sold_out() {
    let policy = WaitlistPolicy {
        capacity: 2,
        ..WaitlistPolicy::default()
    };
    let desk = Desk::with(1, ReturnPolicy::Draw, policy);
    desk.book(100);
    desk.wait(1);
    desk.wait(2);
    let full = Refusal::Rule {
        rule: Rule::WaitlistFull,
    };
    let third = Request::new(who(3), desk.schedule).waitlist();
    assert_eq!(desk.engine.request(&third), refused(full));
    // Another that has a slot goes before waiting for the first.
    let other = desk.engine.publish(&plan(1, ReturnPolicy::AtOnce));
    let other = other.expect("a sound schedule");
    let either = Request::any(who(3), &[desk.schedule, other]).waitlist();
    assert!(desk.engine.request(&either).held().is_some());
    // That one has no waitlist.
    let request = Request::new(who(4), other).waitlist();
    assert_eq!(desk.engine.request(&request), refused(Refusal::SoldOut));
    // Of several that refuse the first is told: of it that there is no waiting either, if it is that one.
    let mut later = plan(1, ReturnPolicy::AtOnce);
    later.opening = Opening::first_come(at(START + 5_000));
    let later = desk.engine.publish(&later).expect("a sound schedule");
    let retry_after_ms = 5_000;
    for (all, why) in [
        ([later, desk.schedule], Refusal::NotOpen { retry_after_ms }),
        ([desk.schedule, later], full),
    ] {
        let request = Request::any(who(4), &all).waitlist();
        assert_eq!(desk.engine.request(&request), refused(why));
    }
    desk.audit();
}

#[test]
fn a_wait_ends_when_nothing_more_can_be_had() {
    let desk = Desk::new(1, ReturnPolicy::Draw);
    desk.book(100);
    let ticket = desk.wait(1);
    assert_eq!(ticket.due, at(START + 30 * DAY));
    desk.clock.set(at(START + 30 * DAY - 1));
    assert_eq!(desk.became(&ticket).waiting(), Some(ticket));
    desk.clock.pass(1);
    assert_eq!(desk.became(&ticket), refused(Refusal::SoldOut));
    desk.clock.pass(DAY);
    assert_eq!(desk.engine.ticket(ticket.id), Err(Refusal::UnknownTicket));
    desk.audit();
}

#[test]
fn the_same_whether_or_not_anybody_advances() {
    let run = |advance: bool| {
        let desk = Desk::new(2, ReturnPolicy::Draw);
        let events = desk.engine.observe(1_000);
        let bookings = [100, 101].map(|it| (desk.book(it), it));
        let tickets: Vec<Ticket> = (1..=6).map(|it| desk.wait(it)).collect();
        for (booking, patient) in &bookings {
            desk.cancel(booking, *patient);
            desk.clock.pass(7 * MINUTE);
        }
        for _ in 0..200 {
            desk.clock.pass(MINUTE);
            if advance {
                desk.engine.advance();
            } else {
                desk.counts();
            }
        }
        let became: Vec<Outcome> = tickets.iter().map(|it| desk.became(it)).collect();
        let seen: Vec<_> = std::iter::from_fn(|| events.next()).collect();
        (became, seen.len(), desk.five())
    };
    assert_eq!(run(true), run(false));
}

/// Who cancels again and again is drawn after the others, and is not left out.
#[test]
fn who_cancels_often_is_drawn_last() {
    let clock = Arc::new(ManualClock::new(at(START)));
    let builder = Engine::builder().clock(Arc::clone(&clock)).seed(7);
    let engine = builder.cancel_quota(Quota::default()).build();
    let engine = engine.expect("in range");
    let schedule = engine
        .publish(&plan(1, ReturnPolicy::Draw))
        .expect("a sound schedule");
    let desk = Desk {
        engine,
        clock,
        schedule,
    };
    let early = desk.engine.publish(&plan(1, ReturnPolicy::AtOnce));
    let early = early.expect("a sound schedule");
    for _ in 0..3 {
        let hold = desk.engine.request(&Request::new(who(66), early)).held();
        let booking = desk.confirm(&hold.expect("free"), 66);
        desk.cancel(&booking, 66);
    }
    for round in 0..4 {
        let booking = desk.book(100 + round);
        let (often, person) = (desk.wait(66), desk.wait(200 + round));
        desk.cancel(&booking, 100 + round);
        desk.until_returned();
        let hold = desk.became(&person).held().expect("drawn first");
        desk.engine
            .release(hold.id, who(200 + round))
            .expect("held");
        let hold = desk.became(&often).held().expect("drawn then");
        desk.engine.release(hold.id, who(66)).expect("held");
        assert_eq!(desk.five(), [1, 0, 0, 0, 0]);
    }
}
