//! Several schedules that the engine opens by one draw: against random serial dictatorship by a sort and a walk, which shares nothing with the crate but the published transcript.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fairslot::draw::{Token, Transcript, verify};
use fairslot::{
    DeviceId, Engine, EngineBuilder, EntryWindow, HospitalId, Lottery, ManualClock, Opening,
    Outcome, PatientId, PractitionerId, Refusal, Request, Schedule, ScheduleId, Session, Ticket,
    TicketId, Timestamp, Together,
};
use proptest::prelude::*;

use crate::plain;

pub(crate) const OPENS: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(crate) const WINDOW: u64 = 10_000;
const NUMBER: Together = Together::new(7);

pub(crate) struct Morning {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
}

pub(crate) fn lottery() -> Lottery {
    Lottery {
        window: EntryWindow::Fixed { ms: WINDOW },
        together: Some(NUMBER),
        ..Lottery::new(OPENS)
    }
}

pub(crate) fn plan(slots: u32, lottery: Lottery) -> Schedule {
    let opening = Opening::Lottery(lottery);
    let day = "2026-12-01".parse().expect("a day");
    let starts_at = OPENS.after(86_400_000);
    let practitioner = PractitionerId::new(1);
    Schedule::new(
        practitioner,
        day,
        Session::Morning,
        slots,
        opening,
        starts_at,
    )
}

pub(crate) fn who(patient: u64) -> PatientId {
    PatientId::new(u128::from(patient))
}

impl Morning {
    /// An hour before the opening.
    pub(crate) fn new(seed: u64) -> Self {
        Self::with(seed, |it| it)
    }

    pub(crate) fn with(seed: u64, set: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let before = Timestamp::from_millis(OPENS.as_millis() - 3_600_000);
        let clock = Arc::new(ManualClock::new(before));
        let builder = Engine::builder().clock(Arc::clone(&clock)).seed(seed);
        Self {
            engine: set(builder).build().expect("in range"),
            clock,
        }
    }

    pub(crate) fn publish(&self, slots: u32) -> ScheduleId {
        let plan = plan(slots, lottery());
        self.engine.publish(&plan).expect("it joins")
    }

    pub(crate) fn all<const N: usize>(&self, slots: [u32; N]) -> [ScheduleId; N] {
        slots.map(|slots| self.publish(slots))
    }

    /// So long after the opening.
    pub(crate) fn at(&self, ms: u64) {
        self.clock.set(OPENS.after(ms));
    }

    pub(crate) fn ask(&self, patient: u64, list: &[ScheduleId]) -> Outcome {
        self.engine.request(&Request::any(who(patient), list))
    }

    pub(crate) fn enter(&self, patient: u64, list: &[ScheduleId]) -> Ticket {
        let said = self.ask(patient, list);
        said.waiting().unwrap_or_else(|| panic!("{said:?}"))
    }

    pub(crate) fn close(&self) {
        self.at(WINDOW);
        while self.engine.advance().more {}
    }

    pub(crate) fn became(&self, ticket: &Ticket) -> Outcome {
        self.engine.ticket(ticket.id).expect("it is remembered")
    }

    /// The schedule that a ticket won.
    pub(crate) fn won(&self, ticket: &Ticket) -> Option<ScheduleId> {
        self.became(ticket).held().map(|hold| hold.schedule)
    }

    pub(crate) fn token(&self, ticket: TicketId) -> Token {
        self.engine.receipt(ticket).expect("it is in").token
    }

    pub(crate) fn transcript(&self, schedule: ScheduleId) -> Transcript {
        self.engine.transcript(schedule).expect("it is drawn")
    }

    pub(crate) fn audit(&self) {
        let audit = self.engine.audit();
        assert!(audit.is_consistent(), "{:?}", audit.findings);
    }
}

// ---- random serial dictatorship ------------------------------------------------------------------------------------------------

/// What somebody wants, as the test knows it.
struct Wants {
    token: Token,
    /// By number of the schedule, best first.
    list: Vec<usize>,
    /// They gave up their place before the close.
    left: bool,
}

/// Sorted by tier and rank, each takes the first of their list that has a slot: who got which schedule.
fn dictators(transcript: &Transcript, people: &[Wants], slots: &[u32]) -> BTreeMap<Token, usize> {
    let policy = &transcript.terms.policy;
    let lot = &transcript.lot;
    let mut crowds: BTreeMap<_, Vec<(u128, Token)>> = BTreeMap::new();
    for leaf in &transcript.leaves {
        for cluster in &leaf.clusters {
            let thin = plain::number(plain::THIN, lot, &leaf.token);
            crowds.entry(*cluster).or_default().push((thin, leaf.token));
        }
    }
    let mut first = BTreeSet::new();
    for crowd in crowds.values_mut() {
        crowd.sort();
        first.extend(
            crowd
                .iter()
                .take(policy.cluster_cap as usize)
                .map(|it| it.1),
        );
    }
    let mut turns: Vec<_> = people
        .iter()
        .map(|it| {
            let rank = plain::number(plain::RANK, lot, &it.token);
            (!first.contains(&it.token), rank, it)
        })
        .collect();
    turns.sort_by_key(|(late, rank, _)| (*late, *rank));
    let (mut left, mut got) = (slots.to_vec(), BTreeMap::new());
    for (_, _, person) in turns.into_iter().filter(|(_, _, it)| !it.left) {
        if let Some(schedule) = person.list.iter().find(|it| left[**it] > 0) {
            left[*schedule] -= 1;
            got.insert(person.token, *schedule);
        }
    }
    got
}

#[derive(Debug, Clone)]
struct Scene {
    seed: u64,
    slots: Vec<u32>,
    /// Who asks for which, from which device, and whether they leave.
    asks: Vec<(Vec<usize>, u64, bool)>,
    /// Which is called off before the close, after how many have asked.
    called_off: Option<(usize, usize)>,
}

fn scene() -> impl Strategy<Value = Scene> {
    let slots = prop::collection::vec(1..4u32, 1..5);
    slots.prop_flat_map(|slots| {
        let numbers: Vec<usize> = (0..slots.len()).collect();
        let most = slots.len();
        let list = prop::sample::subsequence(numbers, 1..=most).prop_shuffle();
        let ask = (list, 0..8u64, prop::bool::weighted(0.15));
        let called_off = prop::option::weighted(0.4, (0..most, 0..20usize));
        let asks = prop::collection::vec(ask, 0..20);
        (any::<u64>(), Just(slots), asks, called_off).prop_map(|(seed, slots, asks, called_off)| {
            Scene {
                seed,
                slots,
                asks,
                called_off,
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn together_is_the_plainest_dictatorship(scene in scene()) {
        let morning = Morning::new(scene.seed);
        let engine = &morning.engine;
        let all: Vec<ScheduleId> = scene.slots.iter().map(|slots| morning.publish(*slots)).collect();
        // Another hospital's of the same number has nothing to do with them.
        let mut elsewhere = plan(1, lottery());
        elsewhere.hospital = HospitalId::new(9);
        let elsewhere = engine.publish(&elsewhere).expect("sound");
        morning.at(0);
        let called_off = scene.called_off.filter(|_| scene.slots.len() > 1);
        let (mut tickets, mut people) = (Vec::new(), Vec::new());
        let (mut gone, mut bound) = (None, true);
        for (at, (list, device, leaves)) in scene.asks.iter().enumerate() {
            if let Some((which, _)) = called_off.filter(|it| it.1 == at) {
                prop_assert!(engine.withdraw(all[which]).is_ok());
                gone = Some(which);
                bound = !people.is_empty();
            }
            let ids: Vec<ScheduleId> = list.iter().map(|it| all[*it]).collect();
            let device = DeviceId::new(u128::from(*device));
            let said = engine.request(&Request::any(who(at as u64), &ids).device(device));
            if list.iter().all(|it| Some(*it) == gone) {
                prop_assert_eq!(said, Outcome::Refused(Refusal::Withdrawn));
                continue;
            }
            let ticket = said.waiting().expect("the window is open");
            if *leaves {
                prop_assert_eq!(engine.leave(ticket.id, who(at as u64)), Ok(()));
            }
            people.push(Wants { token: morning.token(ticket.id), list: list.clone(), left: *leaves });
            tickets.push((ticket, at as u64));
        }
        if let Some((which, _)) = called_off.filter(|_| gone.is_none()) {
            prop_assert!(engine.withdraw(all[which]).is_ok());
            gone = Some(which);
            bound = !people.is_empty();
        }
        morning.close();
        let stands = *all.iter().enumerate().find(|(at, _)| Some(*at) != gone).expect("one does").1;
        let transcript = morning.transcript(stands);
        let pools: Vec<usize> = (0..all.len()).filter(|at| bound || Some(*at) != gone).collect();
        // Everybody is in with the list that they gave, but for what was called off before they came.
        for person in &people {
            let leaf = transcript.leaves.iter().find(|leaf| leaf.token == person.token).expect("in");
            let all_or = |listed: Vec<usize>| if pools.len() == 1 { Vec::new() } else { listed };
            let given = all_or(person.list.clone());
            let known = all_or(person.list.iter().copied().filter(|it| Some(*it) != gone).collect());
            let said: Vec<usize> = leaf.preferences.iter().map(|it| pools[usize::from(*it)]).collect();
            prop_assert!(said == given || said == known);
        }
        let mut slots = scene.slots.clone();
        if let Some(which) = gone {
            slots[which] = 0;
        }
        let got = dictators(&transcript, &people, &slots);
        let places = transcript.places.iter().map(|it| (it.token, pools[usize::from(it.pool)]));
        prop_assert_eq!(places.collect::<BTreeMap<_, _>>(), got.clone());
        for ((ticket, patient), person) in tickets.iter().zip(&people) {
            let won = got.get(&person.token).map(|at| all[*at]);
            prop_assert_eq!(morning.won(ticket), won);
            let only = person.list.iter().all(|it| Some(*it) == gone);
            let lost = match (person.left, only) {
                (true, _) => Refusal::AlreadyReleased,
                (false, true) => Refusal::Withdrawn,
                _ => Refusal::SoldOut,
            };
            if won.is_none() && !(person.left && person.list.first().is_some_and(|it| Some(*it) == gone)) {
                prop_assert_eq!(morning.became(ticket), Outcome::Refused(lost));
            }
            if let Some(schedule) = won {
                prop_assert_eq!(morning.ask(*patient, &[schedule]), Outcome::Refused(Refusal::AlreadyHolds));
            }
        }
        // Whoever asks which draw it was gets the same answer, and it holds. What is called off before anybody has entered has left before it was fixed.
        let stay = |at: &usize| bound || Some(*at) != gone;
        let together: Vec<ScheduleId> = (0..all.len()).filter(stay).map(|at| all[at]).collect();
        prop_assert!(verify(&transcript).is_ok(), "{:?}", verify(&transcript));
        for schedule in &all {
            prop_assert_eq!(&morning.transcript(*schedule), &transcript);
            prop_assert_eq!(engine.drawn_together(*schedule), Ok(together.clone()));
            let counts = engine.availability(*schedule).expect("published");
            let at = all.iter().position(|it| it == schedule);
            let held = got.values().filter(|it| Some(**it) == at).count() as u32;
            prop_assert_eq!((counts.held, counts.free + counts.withdrawn), (held, counts.capacity - held));
        }
        prop_assert!(engine.transcript(elsewhere).expect("drawn").leaves.is_empty());
        morning.audit();
    }
}
