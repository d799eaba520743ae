//! Who is there: a thousand people drawn once a population, and the scalper's identities beside them.
//!
//! A population is the same in all its trials, so that a person's chance to win can be told from luck. What is drawn anew each trial is when everybody asks.

use std::net::{IpAddr, Ipv4Addr};

use fairslot::{DeviceId, PatientId, Request, ScheduleId};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::attack::{Attack, Trick};
use crate::dice::Dice;
use crate::habit::Habit;

pub(crate) const PEOPLE: u32 = 1_000;

/// Somebody who asks, under one identity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asker {
    pub(crate) patient: PatientId,
    pub(crate) device: DeviceId,
    pub(crate) network: IpAddr,
    pub(crate) part: Part,
    habit: Habit,
}

/// Whose part somebody plays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Part {
    /// Their own.
    Own,
    /// Of one of the people, from the scalper's device.
    Poison(u32),
    /// Nobody's: enters and leaves.
    Decoy,
    /// Their own, but not in the opening: the scalper's client, who waits for what is given up.
    Client,
}

/// The people first, then the scalper's identities.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Crowd {
    askers: Vec<Asker>,
    seed: u64,
    nth: u64,
}

/// Somebody asks: nanoseconds after the opening, and who.
pub(crate) type Ask = (u64, u32);

/// The addresses that many people share.
const NATS: u32 = 12;
const BEHIND_NAT: f64 = 0.3;
/// Where the scalper's devices and addresses begin; the people's are below.
const SCALPERS: u32 = 1 << 20;
/// And those of his clients.
const CLIENTS: u32 = 1 << 22;

impl Crowd {
    /// The `nth` population of a seed, under this attack. The people are the same under every attack.
    pub(crate) fn gather(seed: u64, nth: u64, attack: &Attack) -> Self {
        let mut dice = dice(&[seed, nth]);
        let person = |n: u32| {
            let habit = Habit::of_a_person(&mut dice);
            let address = if dice.yes(BEHIND_NAT) {
                PEOPLE + (dice.between(0.0, f64::from(NATS)) as u32).min(NATS - 1)
            } else {
                n
            };
            asker(n, device(n), address, habit)
        };
        let scalper = |n: u32| {
            let device = n % attack.devices;
            let address = SCALPERS + device / attack.devices_per_address;
            asker(PEOPLE + n, SCALPERS + device, address, attack.habit)
        };
        let mut askers: Vec<Asker> = (0..PEOPLE).map(person).collect();
        askers.extend((0..attack.identities).map(scalper));
        askers.extend(extras(attack));
        Self { askers, seed, nth }
    }

    /// Who asks when in one trial, in the order of time. When a person asks does not depend on the attack.
    pub(crate) fn asks(&self, trial: u64) -> Vec<Ask> {
        let mut asks = Vec::with_capacity(self.askers.len() * 16);
        let (people, scalpers) = self.askers.split_at(PEOPLE as usize);
        for (side, first, askers) in [(0, 0, people), (1, PEOPLE, scalpers)] {
            let mut dice = dice(&[self.seed, self.nth, trial, side]);
            for (who, asker) in (first..).zip(askers) {
                if asker.part == Part::Client {
                    continue;
                }
                let ask = |at: f64| asks.push(((at * 1e9) as u64, who));
                asker.habit.instants(&mut dice, ask);
            }
        }
        asks.sort_unstable();
        asks
    }

    /// What an engine for this trial is seeded with: each draws others.
    pub(crate) fn engine_seed(&self, trial: u64) -> u64 {
        mixed(&[self.seed, self.nth, trial, 2])
    }

    /// A stream of random numbers of its own for what comes after a trial's opening.
    pub(crate) fn dice_after(&self, engine_seed: u64) -> Dice {
        dice(&[self.seed, self.nth, engine_seed, 3])
    }

    pub(crate) fn askers(&self) -> &[Asker] {
        &self.askers
    }

    /// The habits of the people.
    pub(crate) fn people(&self) -> impl Iterator<Item = &Habit> {
        self.askers[..PEOPLE as usize]
            .iter()
            .map(|asker| &asker.habit)
    }

    /// When each asks first in a trial, in seconds after the opening: the people's instants and the scalper's, each in the order of time.
    pub(crate) fn first_asks(&self, trial: u64) -> [Vec<f64>; 2] {
        let mut asked = vec![false; self.askers.len()];
        let mut first = [Vec::new(), Vec::new()];
        for (at_ns, who) in self.asks(trial) {
            if !std::mem::replace(&mut asked[who as usize], true) {
                first[usize::from(who >= PEOPLE)].push(at_ns as f64 / 1e9);
            }
        }
        first
    }
}

impl Asker {
    /// Everything that a service would know about who asks.
    pub(crate) fn request(&self, schedule: ScheduleId) -> Request {
        Request::new(self.patient, schedule)
            .device(self.device)
            .network(self.network)
    }
}

fn asker(n: u32, device: u32, address: u32, habit: Habit) -> Asker {
    Asker {
        patient: PatientId::new(u128::from(n) + 1),
        device: DeviceId::new(u128::from(device) + 1),
        network: Ipv4Addr::from_bits((10 << 24) + address).into(),
        part: Part::Own,
        habit,
    }
}

/// People with a device of their own, whom a scalper may enter from his, too.
pub(crate) const FIRST_VICTIM: u32 = 170;

/// Who comes with a scalper's trick.
fn extras(attack: &Attack) -> Vec<Asker> {
    let poison = |n: u32| {
        let (victim, device) = (FIRST_VICTIM + n, n % attack.devices);
        let address = SCALPERS + device / attack.devices_per_address;
        Asker {
            part: Part::Poison(victim),
            ..asker(victim, SCALPERS + device, address, attack.habit)
        }
    };
    let decoy = |n: u32| {
        let (number, device) = (
            PEOPLE + attack.identities + n,
            SCALPERS + attack.devices + n,
        );
        Asker {
            part: Part::Decoy,
            ..asker(number, device, device, Habit::Disguised)
        }
    };
    let client = |n: u32, devices: u32| {
        let (number, device) = (PEOPLE + attack.identities + n, CLIENTS + n % devices);
        Asker {
            part: Part::Client,
            ..asker(number, device, device, Habit::Disguised)
        }
    };
    match attack.trick {
        Trick::None => Vec::new(),
        Trick::Poison(victims) => (0..victims).map(poison).collect(),
        Trick::Decoys(decoys) => (0..decoys).map(decoy).collect(),
        Trick::Regrab(clients, devices) => (0..clients).map(|n| client(n, devices)).collect(),
    }
}

/// Whose device a person uses: the first 150 share in pairs, the next twenty in fives with one who helps, the others have their own.
fn device(person: u32) -> u32 {
    match person {
        0..150 => person / 2 * 2,
        150..170 => person / 5 * 5,
        own => own,
    }
}

/// A stream of random numbers of its own for every purpose.
pub(crate) fn dice(purpose: &[u64]) -> Dice {
    Dice(StdRng::seed_from_u64(mixed(purpose)))
}

/// A number of its own for every purpose.
pub(crate) fn mixed(purpose: &[u64]) -> u64 {
    // SplitMix64's finalizer after each part: neighbours have nothing in common.
    let mix = |state: u64, part: &u64| {
        let x = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    purpose.iter().fold(0, mix)
}
