//! The engine with people who wait for a slot together, and people who pause: one thing at a time, and long walks beside a plain book.

use std::collections::{BTreeMap, BTreeSet};

use fairslot::{Booking, Hold, Outcome, Refusal, Request, ReturnPolicy, Rule, Ticket};
use proptest::prelude::*;

use crate::at;
use crate::returns::{DAY, Desk, MINUTE, START, device, plan, refused};
use crate::who;

const TTL: u64 = 15 * MINUTE;

fn drawn(capacity: u32) -> Desk {
    Desk::new(capacity, ReturnPolicy::Draw)
}

/// Those who now have a slot.
fn holders(desk: &Desk, tickets: &[(u64, Ticket)]) -> Vec<u64> {
    let holds = |(_, ticket): &&(u64, Ticket)| desk.became(ticket).held().is_some();
    tickets.iter().filter(holds).map(|it| it.0).collect()
}

fn together(desk: &Desk, tickets: &[Ticket]) -> Result<(), Refusal> {
    let ids: Vec<_> = tickets.iter().map(|it| it.id).collect();
    desk.engine.wait_together(&ids)
}

// ---- pausing ----------------------------------------------------------------------------------------------------------------------

#[test]
fn who_pauses_is_offered_nothing_until_they_resume() {
    let desk = drawn(1);
    let booking = desk.book(100);
    let (one, two) = (desk.wait(1), desk.wait(2));
    assert_eq!(desk.engine.pause(one.id), Ok(()));
    assert_eq!(desk.engine.pause(one.id), Ok(()));
    // Who asks again is on the list as before, and nobody can end another's pause by asking for them.
    assert_eq!(desk.wait(1), one);
    desk.cancel(&booking, 100);
    desk.until_returned();
    let hold = desk.became(&two).held().expect("nobody else takes part");
    desk.engine.release(hold.id, who(2)).expect("it is held");
    assert_eq!(desk.five(), [1, 0, 0, 0, 0]);
    assert_eq!(desk.became(&one).waiting(), Some(one));
    desk.audit();
    assert_eq!(desk.engine.resume(one.id), Ok(()));
    let booking = desk.book(101);
    desk.cancel(&booking, 101);
    desk.until_returned();
    assert!(desk.became(&one).held().is_some());
    desk.audit();
}

/// The order of a batch outlives the draw: who pauses meanwhile is left out as long as they do, and keeps their place in it.
#[test]
fn who_pauses_within_a_batch_is_passed_by() {
    let desk = drawn(1);
    let booking = desk.book(100);
    let tickets = [1, 2, 3, 4].map(|it| (it, desk.wait(it)));
    desk.cancel(&booking, 100);
    desk.until_returned();
    let first = holders(&desk, &tickets);
    assert_eq!(first.len(), 1);
    let others: Vec<_> = tickets.iter().filter(|it| !first.contains(&it.0)).collect();
    let [stays, pauses, resumes] = others[..] else {
        panic!("three wait on");
    };
    for (_, ticket) in [pauses, resumes] {
        desk.engine.pause(ticket.id).expect("it waits");
    }
    desk.clock.pass(TTL);
    assert!(desk.became(&stays.1).held().is_some());
    desk.engine.resume(resumes.1.id).expect("it waits");
    desk.clock.pass(TTL);
    assert!(desk.became(&resumes.1).held().is_some());
    desk.clock.pass(TTL);
    assert_eq!(desk.five(), [1, 0, 0, 0, 0]);
    assert_eq!(desk.became(&pauses.1).waiting(), Some(pauses.1));
    desk.audit();
}

#[test]
fn only_a_place_that_waits_on_a_waitlist_pauses() {
    let desk = drawn(1);
    let booking = desk.book(100);
    let (left, waits) = (desk.wait(1), desk.wait(2));
    let both = |ticket: &Ticket| {
        let said = desk.engine.pause(ticket.id);
        assert_eq!(desk.engine.resume(ticket.id), said);
        assert_eq!(together(&desk, &[*ticket]), said);
        said
    };
    assert_eq!(both(&waits), Ok(()));
    desk.engine.leave(left.id, who(1)).expect("it waits");
    assert_eq!(both(&left), Err(Refusal::AlreadyReleased));
    let stranger = drawn(2);
    stranger.book(1);
    stranger.book(2);
    let unknown = stranger.wait(7);
    assert_eq!(both(&unknown), Err(Refusal::UnknownTicket));
    // In a draw, and by a draw.
    let mut lottery = plan(1, ReturnPolicy::Draw);
    lottery.opening = fairslot::Opening::lottery(at(START));
    let lottery = desk.engine.publish(&lottery).expect("a sound schedule");
    let entered = desk.engine.request(&Request::new(who(1), lottery));
    let entered = entered.waiting().expect("its window is open");
    assert_eq!(both(&entered), Err(Refusal::WrongState));
    desk.cancel(&booking, 100);
    desk.until_returned();
    assert!(desk.became(&waits).held().is_some());
    assert_eq!(both(&waits), Err(Refusal::WrongState));
    let other = desk.wait(3);
    desk.engine.pause(other.id).expect("it waits");
    desk.engine.withdraw(desk.schedule).expect("it stands");
    assert_eq!(both(&other), Err(Refusal::Withdrawn));
    desk.audit();
}

/// A pause lasts no longer than the wait: until booking closes, or they leave.
#[test]
fn a_pause_ends_with_the_place() {
    let desk = drawn(1);
    desk.book(100);
    let (one, two) = (desk.wait(1), desk.wait(2));
    desk.engine.pause(one.id).expect("it waits");
    desk.engine.pause(two.id).expect("it waits");
    desk.engine.leave(two.id, who(2)).expect("it waits");
    let again = desk.wait(2);
    desk.clock.set(at(START + 30 * DAY));
    assert_eq!(desk.became(&one), refused(Refusal::SoldOut));
    assert_eq!(desk.engine.resume(one.id), Err(Refusal::WrongState));
    assert_eq!(desk.became(&again), refused(Refusal::SoldOut));
    let desk = drawn(1);
    let booking = desk.book(100);
    let ticket = desk.wait(2);
    desk.engine.pause(ticket.id).expect("it waits");
    desk.engine.leave(ticket.id, who(2)).expect("it waits");
    let again = desk.wait(2);
    desk.cancel(&booking, 100);
    desk.until_returned();
    assert!(desk.became(&again).held().is_some());
}

// ---- families ---------------------------------------------------------------------------------------------------------------------

#[test]
fn a_family_has_its_slots_together_or_waits_on() {
    let desk = drawn(3);
    let bookings = [100, 101, 102].map(|it| (desk.book(it), it));
    let tickets = [1, 2].map(|it| (it, desk.wait(it)));
    let [(_, parent), (_, child)] = tickets;
    assert_eq!(together(&desk, &[parent, child]), Ok(()));
    assert_eq!(together(&desk, &[child, parent, child]), Ok(()));
    desk.cancel(&bookings[0].0, 100);
    desk.until_returned();
    // One is no two: it is anybody's.
    assert_eq!(
        (desk.five(), holders(&desk, &tickets)),
        ([1, 0, 2, 0, 0], vec![])
    );
    desk.cancel(&bookings[1].0, 101);
    desk.cancel(&bookings[2].0, 102);
    desk.until_returned();
    assert_eq!(holders(&desk, &tickets), [1, 2]);
    assert_eq!(desk.five(), [1, 2, 0, 0, 0]);
    desk.audit();
    // Each has their own: one takes it up, one lets it lapse.
    let hold = desk.became(&parent).held().expect("theirs");
    desk.confirm(&hold, 1);
    desk.clock.pass(TTL);
    assert_eq!(desk.five(), [2, 0, 1, 0, 0]);
    desk.audit();
}

#[test]
fn who_leaves_leaves_the_others_together() {
    let desk = drawn(2);
    let bookings = [100, 101].map(|it| (desk.book(it), it));
    let tickets = [1, 2, 3].map(|it| (it, desk.wait(it)));
    let [(_, one), (_, two), (_, three)] = tickets;
    together(&desk, &[one, two, three]).expect("all wait");
    desk.engine.pause(one.id).expect("it waits");
    desk.engine.leave(one.id, who(1)).expect("it waits");
    for (booking, patient) in &bookings {
        desk.cancel(booking, *patient);
    }
    desk.until_returned();
    assert_eq!(holders(&desk, &tickets), [2, 3]);
    assert_eq!(desk.became(&one), refused(Refusal::AlreadyReleased));
    desk.audit();
    // And who is left alone waits alone.
    let desk = drawn(1);
    let booking = desk.book(100);
    let (one, two) = (desk.wait(1), desk.wait(2));
    together(&desk, &[one, two]).expect("both wait");
    desk.engine.leave(two.id, who(2)).expect("it waits");
    desk.cancel(&booking, 100);
    desk.until_returned();
    assert!(desk.became(&one).held().is_some());
    desk.audit();
}

#[test]
fn a_family_waits_for_whom_of_them_pauses() {
    let desk = drawn(2);
    let bookings = [100, 101].map(|it| (desk.book(it), it));
    let tickets = [1, 2].map(|it| (it, desk.wait(it)));
    let [(_, one), (_, two)] = tickets;
    desk.engine.pause(one.id).expect("it waits");
    together(&desk, &[one, two]).expect("both wait");
    // Whoever didn't pause can't end the other's pause.
    desk.engine.resume(two.id).expect("it waits");
    for (booking, patient) in &bookings {
        desk.cancel(booking, *patient);
    }
    desk.until_returned();
    assert_eq!(
        (desk.five(), holders(&desk, &tickets)),
        ([2, 0, 0, 0, 0], vec![])
    );
    let bookings = [102, 103].map(|it| (desk.book(it), it));
    desk.engine.resume(one.id).expect("it waits");
    for (booking, patient) in &bookings {
        desk.cancel(booking, *patient);
    }
    desk.until_returned();
    assert_eq!(holders(&desk, &tickets), [1, 2]);
    desk.audit();
}

/// Who has got a slot otherwise is passed over, and their slot goes on to the next; the others have theirs.
#[test]
fn what_one_may_not_have_goes_on_and_the_others_keep_theirs() {
    let desk = drawn(3);
    let bookings = [100, 101, 102].map(|it| (desk.book(it), it));
    let tickets = [1, 2].map(|it| (it, desk.wait(it)));
    together(&desk, &tickets.map(|it| it.1)).expect("both wait");
    let window = fairslot::ChannelId::new(114);
    let cancelled = desk
        .engine
        .cancel_through(window, bookings[2].0.id, who(102));
    assert!(cancelled.is_ok());
    desk.book(2);
    let third = (3, desk.wait(3));
    for (booking, patient) in &bookings[..2] {
        desk.cancel(booking, *patient);
    }
    desk.until_returned();
    let told = holders(&desk, &[tickets[0], tickets[1], third]);
    // Either the family is first, or the third is and then there are too few.
    assert!(told == [1, 3] || told == [3], "{told:?}");
    if told == [1, 3] {
        assert_eq!(desk.became(&tickets[1].1), refused(Refusal::AlreadyHolds));
    }
    desk.audit();
}

#[test]
fn who_waits_together_and_who_does_not() {
    let desk = drawn(1);
    desk.book(100);
    let other = desk.engine.publish(&plan(1, ReturnPolicy::Draw));
    let other = other.expect("a sound schedule");
    let ask = |patient| {
        let request = Request::new(who(patient), other).device(device(patient));
        desk.engine.request(&request.waitlist())
    };
    assert!(ask(100).held().is_some());
    let elsewhere = ask(1).waiting().expect("it is sold out");
    let tickets: Vec<Ticket> = (1..=9).map(|it| desk.wait(it)).collect();
    assert_eq!(together(&desk, &[]), Err(Refusal::UnknownTicket));
    assert_eq!(
        together(&desk, &[tickets[0], elsewhere]),
        Err(Refusal::WrongState)
    );
    let rule = Rule::FamilySize;
    assert_eq!(together(&desk, &tickets), Err(Refusal::Rule { rule }));
    assert_eq!(together(&desk, &tickets[..8]), Ok(()));
    desk.engine.leave(tickets[8].id, who(9)).expect("it waits");
    // The same in whatever order, and whatever else is wrong.
    let mut all = tickets;
    all.push(elsewhere);
    assert_eq!(together(&desk, &all), Err(Refusal::AlreadyReleased));
    all.reverse();
    assert_eq!(together(&desk, &all), Err(Refusal::AlreadyReleased));
    let explained = Refusal::Rule { rule }.to_string();
    assert!(explained.contains("eight"), "{explained}");
    desk.audit();
}

// ---- going ahead ------------------------------------------------------------------------------------------------------------------

/// Somebody whose sessions, so many of them, were called off waits for two others of the department, each with sixty more. The first gives them a slot; then something happens. Do they go ahead at the second, where they wait already or ask then?
fn goes_ahead_again(lost: usize, asks_then: bool, then: fn(&Desk, &Hold)) -> bool {
    let desk = drawn(1);
    let publish = |returns| {
        let published = desk.engine.publish(&plan(1, returns));
        published.expect("a sound schedule")
    };
    let ask = |patient, schedule| {
        let request = Request::new(who(patient), schedule).device(device(patient));
        desk.engine.request(&request.waitlist())
    };
    let theirs: Vec<_> = (0..lost).map(|_| publish(ReturnPolicy::AtOnce)).collect();
    for schedule in &theirs {
        let hold = ask(1, *schedule).held().expect("a slot");
        desk.confirm(&hold, 1);
    }
    let others = [desk.schedule, publish(ReturnPolicy::Draw)];
    let bookings = others.map(|schedule| {
        let hold = ask(100, schedule).held().expect("a slot");
        for patient in 200..260 {
            assert!(ask(patient, schedule).waiting().is_some());
        }
        desk.confirm(&hold, 100)
    });
    for schedule in theirs {
        assert_eq!(desk.engine.withdraw(schedule), Ok(1));
    }
    let [first, second] = others.map(|it| (!asks_then || it == others[0]).then(|| ask(1, it)));
    desk.cancel(&bookings[0], 100);
    desk.until_returned();
    let first = first.and_then(Outcome::waiting).expect("it is sold out");
    then(&desk, &desk.became(&first).held().expect("they go ahead"));
    let second = second.unwrap_or_else(|| ask(1, others[1])).waiting();
    desk.cancel(&bookings[1], 100);
    let rests = || desk.engine.availability(others[1]).map(|it| it.cooling);
    while rests() != Ok(0) {
        desk.clock.pass(MINUTE);
    }
    desk.audit();
    desk.became(&second.expect("it is sold out"))
        .held()
        .is_some()
}

#[test]
fn going_ahead_is_used_up_by_a_slot_that_a_waitlist_gave() {
    fn confirms(desk: &Desk, hold: &Hold) {
        desk.confirm(hold, 1);
    }
    fn gives_back(desk: &Desk, hold: &Hold) {
        assert_eq!(desk.engine.release(hold.id, who(1)), Ok(()));
    }
    for asks_then in [false, true] {
        assert!(!goes_ahead_again(1, asks_then, confirms));
        assert!(
            !goes_ahead_again(1, asks_then, |_, _| {}),
            "as long as it is held"
        );
        assert!(!goes_ahead_again(1, asks_then, |desk, hold| {
            let booking = desk.confirm(hold, 1);
            desk.cancel(&booking, 1);
        }));
        // One for each that was lost.
        assert!(goes_ahead_again(2, asks_then, confirms));
    }
    // What was let go has used up nothing; but it is by asking that one goes ahead.
    assert!(goes_ahead_again(1, true, gives_back));
    assert!(!goes_ahead_again(1, false, gives_back));
    // Nor has what the hospital took away again.
    assert!(goes_ahead_again(1, true, |desk, hold| {
        desk.confirm(hold, 1);
        assert_eq!(desk.engine.withdraw(desk.schedule), Ok(1));
    }));
}

// ---- beside a plain book ----------------------------------------------------------------------------------------------------------

#[derive(Debug, Clone)]
enum Op {
    Wait(u64),
    Leave(u64),
    Pause(u64),
    Resume(u64),
    Together(Vec<u64>),
    /// So many bookings at once.
    Cancel(usize),
    /// Until the next batch.
    Return,
    /// The nth who has an offer gives it back.
    Release(usize),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let people = 1..=12u64;
    let one = prop_oneof![
        5 => people.clone().prop_map(Op::Wait),
        1 => people.clone().prop_map(Op::Leave),
        2 => people.clone().prop_map(Op::Pause),
        2 => people.clone().prop_map(Op::Resume),
        4 => prop::collection::vec(people, 0..5).prop_map(Op::Together),
        3 => (1..5usize).prop_map(Op::Cancel),
        4 => Just(Op::Return),
        3 => (0..6usize).prop_map(Op::Release),
    ];
    prop::collection::vec(one, 1..60)
}

/// What became of somebody's last ticket.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Waits,
    Left,
    Offered,
    Done,
}

const SLOTS: u32 = 6;

/// The plain book: who waits, with whom, who pauses; and of the latest batch, who was in.
struct Plain {
    desk: Desk,
    tickets: BTreeMap<u64, (Ticket, Fate)>,
    /// Each with a number of its own, for as long as it is the same place.
    entries: BTreeMap<u32, BTreeSet<u64>>,
    paused: BTreeSet<u64>,
    /// Who was in the batch that a slot was offered in.
    batches: BTreeMap<u64, Vec<u32>>,
    held: BTreeMap<u64, Hold>,
    booked: BTreeMap<u64, Booking>,
    entered: u32,
    newcomers: u64,
}

impl Plain {
    fn new() -> Self {
        let mut plain = Self {
            desk: drawn(SLOTS),
            tickets: BTreeMap::new(),
            entries: BTreeMap::new(),
            paused: BTreeSet::new(),
            batches: BTreeMap::new(),
            held: BTreeMap::new(),
            booked: BTreeMap::new(),
            entered: 0,
            newcomers: 1_000,
        };
        plain.book_what_is_free();
        plain
    }

    /// Newcomers take whatever is anybody's.
    fn book_what_is_free(&mut self) {
        for _ in 0..self.desk.counts().free {
            self.newcomers += 1;
            let booking = self.desk.book(self.newcomers);
            self.booked.insert(self.newcomers, booking);
        }
    }

    fn enter(&mut self, people: BTreeSet<u64>) {
        self.entered += 1;
        self.entries.insert(self.entered, people);
    }

    fn take_out(&mut self, patient: u64) {
        for people in self.entries.values_mut() {
            people.remove(&patient);
        }
        self.entries.retain(|_, people| !people.is_empty());
    }

    fn fate(&self, patient: u64) -> Option<Fate> {
        self.tickets.get(&patient).map(|it| it.1)
    }

    fn may_be_offered(&self, entry: u32) -> bool {
        let people = self.entries.get(&entry);
        people.is_some_and(|it| it.is_disjoint(&self.paused))
    }

    /// Looks at all tickets: who has got a slot just now.
    fn newly_held(&mut self) -> BTreeSet<u64> {
        let mut new = BTreeSet::new();
        for (patient, (ticket, fate)) in &mut self.tickets {
            if *fate != Fate::Waits {
                continue;
            }
            match self.desk.became(ticket) {
                Outcome::Held(hold) => {
                    *fate = Fate::Offered;
                    self.held.insert(*patient, hold);
                    new.insert(*patient);
                }
                Outcome::Waiting(same) => assert_eq!(same, *ticket),
                other => panic!("{other:?}"),
            }
        }
        new
    }

    /// A batch of so many slots was drawn.
    fn judge_batch(&mut self, slots: u32) {
        let in_it: Vec<u32> = self.entries.keys().copied().collect();
        let in_it: Vec<u32> = in_it
            .into_iter()
            .filter(|it| self.may_be_offered(*it))
            .collect();
        let held = self.newly_held();
        let left = slots as usize - held.len();
        for (number, people) in self.entries.clone() {
            let served = people.intersection(&held).count();
            assert!(
                served == 0 || served == people.len(),
                "a part of {people:?}: {held:?}"
            );
            assert!(served == 0 || in_it.contains(&number), "{people:?} pause");
            let fits = served == 0 && people.len() <= left && in_it.contains(&number);
            assert!(
                !fits,
                "{left} slots are left, and {people:?} wait for as many"
            );
            if served > 0 {
                self.entries.remove(&number);
            }
        }
        for patient in held {
            self.batches.insert(patient, in_it.clone());
        }
    }

    fn act(&mut self, op: &Op, backwards: bool) {
        match op {
            Op::Wait(patient) => {
                let fate = self.fate(*patient);
                if !matches!(fate, None | Some(Fate::Waits | Fate::Left)) {
                    return;
                }
                let ticket = self.desk.wait(*patient);
                let before = self.tickets.insert(*patient, (ticket, Fate::Waits));
                match fate {
                    Some(Fate::Waits) => assert_eq!(before.map(|it| it.0), Some(ticket)),
                    _ => self.enter([*patient].into()),
                }
            }
            Op::Leave(patient) => {
                if let Some((ticket, fate @ Fate::Waits)) = self.tickets.get_mut(patient) {
                    let left = self.desk.engine.leave(ticket.id, who(*patient));
                    assert_eq!(left, Ok(()));
                    *fate = Fate::Left;
                    self.take_out(*patient);
                    self.paused.remove(patient);
                }
            }
            Op::Pause(patient) | Op::Resume(patient) => {
                let Some((ticket, fate)) = self.tickets.get(patient) else {
                    return;
                };
                let pauses = matches!(op, Op::Pause(_));
                let said = match pauses {
                    true => self.desk.engine.pause(ticket.id),
                    false => self.desk.engine.resume(ticket.id),
                };
                assert_eq!(said, allowed([*fate]));
                if said.is_ok() && pauses {
                    self.paused.insert(*patient);
                } else {
                    self.paused.remove(patient);
                }
            }
            Op::Together(people) => self.join(people, backwards),
            Op::Cancel(most) => {
                let some: Vec<u64> = self.booked.keys().copied().take(*most).collect();
                for patient in some {
                    if let Some(booking) = self.booked.remove(&patient) {
                        self.desk.cancel(&booking, patient);
                    }
                }
            }
            Op::Return => {
                for (patient, hold) in std::mem::take(&mut self.held) {
                    let booking = self.desk.confirm(&hold, patient);
                    self.booked.insert(patient, booking);
                    self.tickets
                        .entry(patient)
                        .and_modify(|it| it.1 = Fate::Done);
                }
                if let Some(due) = self.desk.engine.next_deadline() {
                    let before = self.desk.counts().cooling;
                    self.desk.clock.set(due);
                    let returned = before - self.desk.counts().cooling;
                    self.judge_batch(returned);
                }
            }
            Op::Release(nth) => {
                let Some((patient, hold)) = self.held.iter().nth(*nth).map(|it| (*it.0, *it.1))
                else {
                    return;
                };
                self.held.remove(&patient);
                self.tickets
                    .entry(patient)
                    .and_modify(|it| it.1 = Fate::Done);
                let released = self.desk.engine.release(hold.id, who(patient));
                assert_eq!(released, Ok(()));
                self.judge_next(patient);
            }
        }
        self.book_what_is_free();
    }

    /// Who had this offer gave it back: somebody of the same batch who wants one slot has it.
    fn judge_next(&mut self, patient: u64) {
        let in_it = self.batches.remove(&patient).expect("it was offered");
        let able: Vec<u64> = (in_it.iter())
            .filter(|it| self.may_be_offered(**it) && self.entries[it].len() == 1)
            .flat_map(|it| self.entries[it].clone())
            .collect();
        let held: Vec<u64> = self.newly_held().into_iter().collect();
        match held[..] {
            [] => assert_eq!(able, [], "somebody of that batch waits"),
            [next] => {
                assert!(able.contains(&next), "{next} of {able:?}");
                self.take_out(next);
                self.batches.insert(next, in_it);
            }
            _ => panic!("one slot, and {held:?}"),
        }
    }

    fn join(&mut self, people: &[u64], backwards: bool) {
        let known = people.iter().filter(|it| self.tickets.contains_key(it));
        let mut people: Vec<u64> = known.copied().collect();
        if backwards {
            people.reverse();
        }
        let tickets: Vec<Ticket> = people.iter().map(|it| self.tickets[it].0).collect();
        let said = together(&self.desk, &tickets);
        if people.is_empty() {
            return assert_eq!(said, Err(Refusal::UnknownTicket));
        }
        assert_eq!(said, allowed(people.iter().map(|it| self.tickets[it].1)));
        let people: BTreeSet<u64> = people.into_iter().collect();
        if said.is_ok() && !self.entries.values().any(|it| *it == people) {
            people.iter().for_each(|it| self.take_out(*it));
            self.enter(people);
        }
    }

    fn check(&self) {
        let counts = self.desk.counts();
        assert_eq!(counts.booked as usize, self.booked.len());
        assert_eq!(counts.held as usize, self.held.len());
        assert_eq!(counts.booked + counts.held + counts.cooling, SLOTS);
        let slots: BTreeSet<_> = self.held.values().map(|it| it.slot).collect();
        assert_eq!(slots.len(), self.held.len(), "nobody's slot is another's");
    }
}

/// What the verbs answer for tickets of which this has become.
fn allowed(fates: impl IntoIterator<Item = Fate>) -> Result<(), Refusal> {
    let mut said = Ok(());
    for fate in fates {
        said = match (fate, said) {
            (Fate::Left, _) => Err(Refusal::AlreadyReleased),
            (Fate::Offered | Fate::Done, Ok(())) => Err(Refusal::WrongState),
            (_, said) => said,
        };
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Never a part of a family in one batch, nobody who pauses, nobody twice, and no slot for all while somebody waits whom it suffices. The same in whatever order a family is named.
    #[test]
    fn families_and_pauses_beside_a_plain_book(ops in ops()) {
        let mut plains = [Plain::new(), Plain::new()];
        for op in &ops {
            for (plain, backwards) in plains.iter_mut().zip([false, true]) {
                plain.act(op, backwards);
                plain.check();
            }
            let [one, other] = &plains;
            prop_assert_eq!(&one.held, &other.held);
            prop_assert_eq!(one.desk.engine.next_deadline(), other.desk.engine.next_deadline());
        }
        plains.iter().for_each(|it| it.desk.audit());
    }
}
