//! A season of a scalper on one engine: day by day an opening, what he and others give up afterwards, and who has it in the end.

use std::sync::Arc;

use fairslot::line::{Cancels, Standing};
use fairslot::{DeviceId, Engine, ManualClock, PatientId, Request, ReturnPolicy, Timestamp};

use crate::attack::{ATTACKS, Attack};
use crate::crowd::{Asker, Crowd, PEOPLE, dice, mixed};
use crate::dice::Dice;
use crate::give_back::{GivenUp, POLLS, WATCHED, Wanted, Whose, give_back};
use crate::mechanism::{DAY_MS, Desk, Mechanism, OPENS_AT, SLOTS};
use crate::opening::open;
use crate::regrab::{APART_MS, FIRST_MS};

/// Applicants there are; a thousand ask on a day.
const APPLICANTS: usize = 30_000;
/// One of the people who has a slot gives it up.
const CANCELS: f64 = 0.08;
/// Identities that the scalper uses on a day, each from a device of its own, and clients who wait for him.
pub(crate) const USED: usize = 200;
const CLIENTS: u64 = 50;
/// A cancellation counts against an identity for so many days, in the scalper's own books.
const CLEAN_DAYS: u32 = 30;
const HOUR_MS: f64 = 3_600_000.0;
/// From here on they are the scalper's, from there on his clients.
const SCALPER: u64 = 1 << 20;
const CLIENT: u64 = 1 << 30;

/// A scalper's business, and the hospital that he is up against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Business {
    pub(crate) mechanism: Mechanism,
    pub(crate) identities: usize,
    /// How long slots rest is drawn anew each day: one to two hours.
    pub(crate) at_random: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) days: u32,
    /// Slots that he held, and of these those that a client has in the end.
    pub(crate) held: u64,
    pub(crate) sold: u64,
    /// People who asked, each day anew, and of these those whom a quota weighs on when they do: for the second time, for the third.
    pub(crate) asked: u64,
    pub(crate) lighter: u64,
    pub(crate) resting: u64,
}

impl Business {
    /// So many days of it.
    pub(crate) fn run(&self, days: u32, seed: u64) -> Result<Run, String> {
        let mut season = Season::new(self, seed)?;
        (0..days).try_for_each(|nth| season.day(nth))?;
        Ok(season.run)
    }
}

/// A run under way: one engine for all its days.
struct Season<'a> {
    business: &'a Business,
    engine: Engine,
    clock: Arc<ManualClock>,
    seed: u64,
    dice: Dice,
    /// On which days each of the scalper's identities gave up a slot.
    gave_up: Vec<Vec<u32>>,
    /// What the engine knows of people who gave up slots, if it has a quota.
    people: Option<Cancels>,
    run: Run,
}

impl<'a> Season<'a> {
    fn new(business: &'a Business, seed: u64) -> Result<Self, String> {
        let clock = Arc::new(ManualClock::new(business.mechanism.begins(OPENS_AT)));
        let engine = business.mechanism.builder(Arc::clone(&clock), seed).build();
        let quota = business.mechanism.returns.quota;
        let people = quota.map(|quota| Cancels::new(quota, seed)).transpose();
        Ok(Self {
            business,
            people: people.map_err(|why| why.to_string())?,
            engine: engine.map_err(|why| why.to_string())?,
            clock,
            seed,
            dice: dice(&[seed]),
            gave_up: vec![Vec::new(); business.identities],
            run: Run::default(),
        })
    }

    /// The opening, what is given up afterwards, and who has it in the end.
    fn day(&mut self, nth: u32) -> Result<(), String> {
        let mut mechanism = self.business.mechanism;
        if self.business.at_random {
            let ms = self.dice.between(HOUR_MS, 2.0 * HOUR_MS) as u64;
            mechanism.returns.policy = ReturnPolicy::Delay { ms };
        }
        let opens_at = OPENS_AT.after(u64::from(nth) * DAY_MS);
        self.clock.set(mechanism.begins(opens_at));
        while self.engine.advance().more {}
        let schedule = mechanism.schedule(opens_at)?;
        let desk = Desk::open(self.engine.clone(), Arc::clone(&self.clock), &schedule)?;
        let crowd = Crowd::gather(self.seed, nth.into(), attack());
        let used = self.cleanest(nth);
        let askers = self.askers(&crowd, &used);
        self.weigh(&askers[..PEOPLE as usize], opens_at);
        let (opened, won) = open(
            &mechanism,
            &desk,
            &askers,
            &crowd.asks(0),
            mechanism.judges(),
        )?;
        let mut given = Vec::new();
        for (who, booking) in won {
            let of_scalper = (who as usize).checked_sub(PEOPLE as usize);
            if of_scalper.is_none() && !self.dice.yes(CANCELS) {
                continue;
            }
            if let Some(nth_used) = of_scalper {
                self.gave_up[used[nth_used]].push(nth);
                self.run.held += 1;
            }
            let at = opens_at.after(FIRST_MS + given.len() as u64 * APART_MS);
            let patient = askers[who as usize].patient;
            if let Some(people) = &self.people {
                people.note(patient, at);
            }
            given.push(GivenUp {
                at,
                patient,
                booking,
                for_client: of_scalper.is_some(),
            });
        }
        let losers = (0..PEOPLE).filter(|who| !opened.winners.contains(who));
        let people: Vec<Request> = losers
            .map(|who| askers[who as usize].request(desk.schedule))
            .collect();
        // Each day others, each with a phone of their own.
        let clients = (0..CLIENTS).map(|n| {
            let number = u128::from(CLIENT + u64::from(nth) * CLIENTS + n);
            Request::new(PatientId::new(number), desk.schedule).device(DeviceId::new(number))
        });
        let wanted = Wanted {
            people: &people,
            clients: &clients.collect::<Vec<_>>(),
            polls: POLLS,
            watched: WATCHED,
        };
        let whose = give_back(
            &desk,
            mechanism.returns.policy,
            &given,
            &wanted,
            &mut self.dice,
        )?;
        let sold = whose.iter().zip(&given);
        let sold = sold.filter(|(whose, it)| it.for_client && matches!(whose, Whose::Client(_)));
        self.run.sold += sold.count() as u64;
        self.run.days += 1;
        Ok(())
    }

    /// On whom of the people who ask today does the quota weigh?
    fn weigh(&mut self, askers: &[Asker], now: Timestamp) {
        let Some(people) = &self.people else { return };
        for asker in askers {
            self.run.asked += 1;
            match people.standing(asker.patient, now) {
                Standing::Clear => {}
                Standing::Lighter { .. } => self.run.lighter += 1,
                _ => self.run.resting += 1,
            }
        }
    }

    /// Those of the scalper's identities that gave up the fewest slots lately.
    fn cleanest(&mut self, today: u32) -> Vec<usize> {
        let lately = |days: &Vec<u32>| days.iter().filter(|day| *day + CLEAN_DAYS > today).count();
        let mut all: Vec<(usize, u64, usize)> = (0..self.gave_up.len())
            .map(|it| {
                let tie = mixed(&[self.seed, today.into(), it as u64]);
                (lately(&self.gave_up[it]), tie, it)
            })
            .collect();
        all.sort_unstable();
        all.into_iter().take(USED).map(|it| it.2).collect()
    }

    /// The crowd of an opening, its people drawn from all applicants, its scripts under the names that are used today.
    fn askers(&mut self, crowd: &Crowd, used: &[usize]) -> Vec<Asker> {
        let mut drawn = vec![false; APPLICANTS];
        let mut askers = crowd.askers().to_vec();
        for (who, asker) in askers.iter_mut().enumerate() {
            let number = match who.checked_sub(PEOPLE as usize) {
                Some(nth) => {
                    asker.device = DeviceId::new(u128::from(SCALPER + nth as u64));
                    SCALPER + used[nth] as u64
                }
                None => loop {
                    let number = self.dice.below(APPLICANTS);
                    if !std::mem::replace(&mut drawn[number], true) {
                        asker.device = DeviceId::new(number as u128 + 1);
                        break number as u64;
                    }
                },
            };
            asker.patient = PatientId::new(u128::from(number) + 1);
        }
        askers
    }
}

/// An identity a device, disguised as quick people.
fn attack() -> &'static Attack {
    &ATTACKS[ATTACKS.len() - 1]
}

const _: () = assert!(
    SLOTS as u64 * APART_MS < FIRST_MS,
    "all is given up before the first returns"
);
