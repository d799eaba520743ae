//! The records, the list and the returns together: what is seen is told to all of them.

mod elsewhere;

use std::fmt;

use crate::raw::arena::Arena;
use crate::raw::hash::{Keys, SplitMix};
use crate::raw::sets::Sets;
use crate::words::ask::Request;
use crate::words::error::Invalid;
use crate::words::id::{ChannelId, PatientId, PractitionerId, ScheduleId};
use crate::words::sync::atomic::{AtomicU32, Ordering};
use crate::words::time::Timestamp;

use super::Behaviour;
use super::card::Card;
use super::label::{Behaved, Features, Label, Scored, Verdict, suspicion};
use super::list::{List, Whose};
use super::record::{Deed, Plain, Points, Record, Sighting, WORDS, doctor_bit};
use super::returns::{Hand, Returns};

const CHUNK: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    1_024
};

/// Where a request comes from, as hashes; 0 is nowhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) device: u64,
    pub(crate) account: u64,
}

impl Origin {
    /// The device if there is one, else the account.
    const fn cluster(self) -> u64 {
        if self.device == 0 {
            self.account
        } else {
            self.device
        }
    }
}

/// What was seen of a request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    pub(crate) score: u16,
    /// Where a hold that comes of it is from; from nowhere if through a trusted channel.
    pub(crate) origin: Origin,
    /// How many records of others went for it.
    pub(crate) displaced: u64,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who {
    origin: Origin,
    trusted: bool,
}

impl Who {
    pub(crate) const NOBODY: Self = Self {
        origin: Origin {
            device: 0,
            account: 0,
        },
        trusted: false,
    };
}

/// Judging behaviour, at work.
pub(crate) struct Watch {
    card: Card,
    plain: Plain,
    devices: Sets<Record, WORDS>,
    accounts: Sets<Record, WORDS>,
    list: List,
    returns: Returns,
    /// The practitioner of each schedule's place, as a bit.
    doctors: Arena<AtomicU32, CHUNK>,
    trusted: Box<[ChannelId]>,
    keys: Keys,
    sample: u32,
    /// Of the sample: what is below `below`, once multiplied by `odd`, is in it.
    odd: u64,
    below: u64,
}

impl Watch {
    pub(crate) fn new(
        behaviour: &Behaviour,
        trusted: &[ChannelId],
        schedules_max: u32,
        seeds: &mut SplitMix,
    ) -> Result<Self, Invalid> {
        behaviour.check()?;
        let keys = seeds.keys();
        Ok(Self {
            card: behaviour.card,
            plain: Plain::of(&behaviour.card),
            devices: Sets::new(behaviour.records),
            accounts: Sets::new(behaviour.records),
            list: List::new(behaviour.listed_max),
            returns: Returns::new(),
            doctors: Arena::new(schedules_max),
            trusted: trusted.into(),
            keys,
            sample: behaviour.sample,
            odd: keys.quick(0) | 1,
            below: u64::MAX.checked_div(behaviour.sample.into()).unwrap_or(0),
        })
    }

    pub(crate) fn card(&self) -> &Card {
        &self.card
    }

    /// A schedule is published: whose it is.
    pub(crate) fn publish(&self, schedule: ScheduleId, practitioner: PractitionerId) {
        if let Some(doctor) = self.doctors.reach(schedule.place()) {
            let bit = doctor_bit(self.keys.hash(practitioner.get().into()));
            // Relaxed: a hint on its own. Nobody has the schedule's id yet.
            doctor.store(bit, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn who(&self, request: &Request) -> Who {
        let channel = request.channel_id();
        let trusted = channel.filter(|channel| self.trusted.contains(channel));
        // A trusted channel's device has a record of its own: what else is done under its name is another matter.
        let hash = |id: u128| {
            let hash = self.keys.hash(id);
            trusted
                .map_or(hash, |channel| self.keys.more(hash, channel.get()))
                .max(1)
        };
        Who {
            origin: Origin {
                device: request.device_id().map_or(0, |id| hash(id.to_u128())),
                account: request.account_id().map_or(0, |id| hash(id.to_u128())),
            },
            trusted: trusted.is_some(),
        }
    }

    /// Has the lines on their way by which their records are found, and the records where they are likely to be.
    #[inline]
    pub(crate) fn fetch(&self, who: Who) {
        self.devices.fetch(who.origin.device);
        self.accounts.fetch(who.origin.account);
    }

    /// And those of the records that are elsewhere. Waits for the lines by which they are found.
    #[inline]
    pub(crate) fn fetch_strayed(&self, who: Who) {
        self.devices.fetch_strayed(who.origin.device);
        self.accounts.fetch_strayed(who.origin.account);
    }

    fn doctors(&self, request: &Request) -> u32 {
        let bit = |schedule: &ScheduleId| {
            let doctor = self.doctors.get(schedule.place());
            doctor.map_or(0, |doctor| doctor.load(Ordering::Relaxed))
        };
        request
            .schedules()
            .iter()
            .map(bit)
            .fold(0, |all, bit| all | bit)
    }

    /// Somebody asks. `early`: sooner after an opening than people do.
    pub(crate) fn observe(&self, request: &Request, who: Who, early: bool, now: Timestamp) -> Seen {
        let sighting = Sighting {
            patient: self.keys.hash(request.patient().to_u128()),
            device: None,
            doctors: self.doctors(request),
            early,
            sold_out: None,
        };
        self.sight(request, who, sighting, now)
    }

    /// Whether this one of those that are told `sold_out` is in the sample, by a keyed hash of whom it is for.
    #[inline]
    pub(crate) fn samples(&self, patient: u64, now: Timestamp) -> bool {
        // The upper bits of a product depend on all that are below them. Time is spread over all bits first, or some pace would keep step with it.
        let at = now.as_millis().wrapping_mul(self.odd);
        (patient ^ at).wrapping_mul(self.odd) < self.below
    }

    /// One of them that is.
    pub(crate) fn observe_sold_out(&self, request: &Request, now: Timestamp) -> Seen {
        let who = self.who(request);
        let sighting = Sighting {
            patient: self.keys.hash(request.patient().to_u128()),
            device: None,
            doctors: self.doctors(request),
            early: false,
            sold_out: Some(self.sample),
        };
        self.sight(request, who, sighting, now)
    }

    fn sight(&self, request: &Request, who: Who, sighting: Sighting, now: Timestamp) -> Seen {
        let Who { origin, trusted } = who;
        if origin == Origin::default() {
            return Seen::default();
        }
        let (card, marks, ms) = (&self.card, (&self.card, &self.plain), now.as_millis());
        let mut displaced = 0;
        let mut see = |table: &Sets<Record, WORDS>, hash, sighting: &Sighting| {
            let work = |record: &mut Record| {
                record.observe(sighting, ms, card);
                record.judge_at(ms, marks, trusted)
            };
            let (points, other) = table.with(hash, |it| rank(it, card, ms), work);
            displaced += u64::from(other);
            points
        };
        let mut points = self.listed(request, now);
        if origin.device != 0 {
            points = either(points, see(&self.devices, origin.device, &sighting));
        }
        if origin.account != 0 {
            let device = (origin.device != 0).then_some(origin.device);
            let sighting = Sighting { device, ..sighting };
            points = either(points, see(&self.accounts, origin.account, &sighting));
        }
        Seen {
            score: points.map_or(0, |points| points.sum()),
            origin: if trusted { Origin::default() } else { origin },
            displaced,
        }
    }

    fn listed(&self, request: &Request, now: Timestamp) -> Option<Points> {
        if self.list.is_empty() {
            return None;
        }
        let each = keys_of(request).into_iter().flatten();
        each.map(|whose| self.list.points(whose, now))
            .reduce(|one, other| one.or(&other))
    }

    /// A hold or booking of this origin came to something.
    pub(crate) fn note(&self, origin: Origin, deed: Deed, now: Timestamp) -> u64 {
        self.write(origin, now, |record, ms| record.note(deed, ms))
    }

    /// A hold that counts as dropped was confirmed after all.
    pub(crate) fn undrop(&self, origin: Origin, now: Timestamp) -> u64 {
        self.write(origin, now, |record, ms| {
            record.take_back(Deed::Dropped, ms)
        })
    }

    fn write(&self, origin: Origin, now: Timestamp, work: impl Fn(&mut Record, u64)) -> u64 {
        let (ms, mut displaced) = (now.as_millis(), 0);
        for (table, hash) in [
            (&self.devices, origin.device),
            (&self.accounts, origin.account),
        ] {
            if hash != 0 {
                let rank = |it: &Record| rank(it, &self.card, ms);
                displaced += u64::from(table.with(hash, rank, |record| work(record, ms)).1);
            }
        }
        displaced
    }

    fn hand(&self, origin: Origin, patient: PatientId, schedule: ScheduleId) -> Hand {
        Hand {
            schedule: schedule.0,
            patient: self.keys.hash(patient.to_u128()),
            cluster: origin.cluster(),
        }
    }

    /// A patient cancelled the booking of a slot, where nothing else was to be had.
    pub(crate) fn note_return(
        &self,
        origin: Origin,
        patient: PatientId,
        schedule: ScheduleId,
        now: Timestamp,
    ) {
        if origin.cluster() != 0 {
            self.returns.note(self.hand(origin, patient, schedule), now);
        }
    }

    /// A patient got a slot: a deed, if it was handed over.
    pub(crate) fn note_claim(
        &self,
        origin: Origin,
        patient: PatientId,
        schedule: ScheduleId,
        now: Timestamp,
    ) -> u64 {
        if origin.cluster() == 0 || !self.returns.may_matter(now) {
            return 0;
        }
        let hand = self.hand(origin, patient, schedule);
        let Some(from) = self.returns.claim(hand, self.keys, now) else {
            return 0;
        };
        let mut displaced = self.note(origin, Deed::HandedOff, now);
        if from != origin.cluster() {
            // Whether it is a device or an account isn't known any more: the one that has a record.
            let (ms, card) = (now.as_millis(), &self.card);
            for table in [&self.devices, &self.accounts] {
                if table.read(from).is_some() {
                    let note = |it: &mut Record| it.note(Deed::HandedOff, ms);
                    displaced += u64::from(table.with(from, |it| rank(it, card, ms), note).1);
                }
            }
        }
        displaced
    }

    /// How a request would be judged now, without being seen.
    pub(crate) fn verdict(&self, request: &Request, now: Timestamp) -> Verdict {
        let Who { origin, trusted } = self.who(request);
        let read = |table: &Sets<Record, WORDS>, hash| {
            let record = (hash != 0).then(|| table.read(hash)).flatten()?;
            Some(record.at(now.as_millis()))
        };
        let [device, account] = [
            read(&self.devices, origin.device),
            read(&self.accounts, origin.account),
        ];
        let mut points = self.listed(request, now).unwrap_or_default();
        for record in [device, account].into_iter().flatten() {
            points = points.or(&record.judge(&self.card, trusted));
        }
        let earned = |label: &Label| {
            let points = points.0[*label as usize];
            let vouched = trusted && *label == Label::ChannelTrusted;
            (points > 0 || vouched).then_some(Scored {
                label: *label,
                points,
            })
        };
        Verdict {
            score: points.sum(),
            labels: Label::ALL.iter().filter_map(earned).collect(),
            features: Features {
                device: device.as_ref().map(behaved),
                account: account.as_ref().map(behaved),
            },
            policy_version: self.card.version,
        }
    }

    /// What a way in can be judged by later, and how suspicious it is by what was taken in about it from elsewhere.
    pub(crate) fn way_in(&self, request: &Request, now: Timestamp) -> (Origin, u8) {
        let Who { origin, trusted } = self.who(request);
        let listed = suspicion(self.listed(request, now).unwrap_or_default().sum());
        if trusted {
            return (Origin::default(), listed);
        }
        (origin, listed)
    }

    /// How suspicious this origin is now, by what was seen here.
    pub(crate) fn suspicion(&self, origin: Origin, now: Timestamp) -> u8 {
        suspicion(self.points(origin, false, now).sum())
    }

    /// The score of a request, without its being seen.
    pub(crate) fn score(&self, request: &Request, now: Timestamp) -> u16 {
        let Who { origin, trusted } = self.who(request);
        let listed = self.listed(request, now).unwrap_or_default();
        self.points(origin, trusted, now).or(&listed).sum()
    }

    fn points(&self, origin: Origin, trusted: bool, now: Timestamp) -> Points {
        let mut points = Points::default();
        for (table, hash) in [
            (&self.devices, origin.device),
            (&self.accounts, origin.account),
        ] {
            if let Some(record) = (hash != 0).then(|| table.read(hash)).flatten() {
                points = points.or(&record.at(now.as_millis()).judge(&self.card, trusted));
            }
        }
        points
    }

    // ---- for the counters -----------------------------------------------------------------------------------------------------

    /// Records there is room for, of devices and accounts together.
    pub(crate) fn capacity(&self) -> u64 {
        self.devices.capacity() + self.accounts.capacity()
    }

    /// The memory of records, returns and pairs, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.devices.bytes() + self.accounts.bytes() + self.returns.bytes()
    }

    /// Devices and accounts that were taken in.
    pub(crate) fn listed_len(&self) -> u64 {
        self.list.len()
    }
}

/// Who is forgotten first: the least suspicious, of these the one longest unheard of.
fn rank(record: &Record, card: &Card, ms: u64) -> (u16, u64) {
    (record.at(ms).judge(card, false).sum(), record.last())
}

/// Of two views of one request, where each may have nothing to say.
fn either(one: Option<Points>, other: Option<Points>) -> Option<Points> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.or(&other)),
        (one, other) => one.or(other),
    }
}

fn keys_of(request: &Request) -> [Option<Whose>; 2] {
    [
        request.device_id().map(|id| Whose::Device(id.to_u128())),
        request.account_id().map(|id| Whose::Account(id.to_u128())),
    ]
}

fn behaved(record: &Record) -> Behaved {
    let [patients, doctors, devices] = record.estimates();
    Behaved {
        rate: record.rate(),
        rate_peak: record.peak(),
        gaps: record.gaps(),
        gap_mean: record.mean_gap(),
        gap_variation: record.variation(),
        patients,
        doctors,
        devices,
        dropped: record.deed(Deed::Dropped),
        confirmed: record.deed(Deed::Confirmed),
        cancelled: record.deed(Deed::Cancelled),
        handed_off: record.deed(Deed::HandedOff),
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    /// Of two thousand who ask ten times at one pace some one or two are seen twice by chance, at whatever pace and under whatever key: else whoever keeps it would be taken for a script, or never be seen.
    #[test]
    fn no_pace_keeps_step_with_the_sample() {
        const PEOPLE: u128 = 2_000;
        const TIMES: u64 = 10;
        let mut seen = 0;
        let mut tried = 0;
        for seed in 0..40 {
            let mut seeds = SplitMix(seed);
            let watch = Watch::new(&Behaviour::default(), &[], 1, &mut seeds).expect("sound");
            let filter = seeds.keys();
            for pace in [1, 10, 100, 233, 250, 256, 500, 610, 900, 987, 1_000, 2_048] {
                let often = |person: u128| {
                    let hash = filter.quick(person);
                    let at = |nth| Timestamp::from_millis(1_790_000_000_000 + nth * pace);
                    let times = (0..TIMES).filter(|nth| watch.samples(hash, at(*nth)));
                    times.count() as u64
                };
                let times: Vec<u64> = (0..PEOPLE).map(often).collect();
                let twice = times.iter().filter(|times| **times > 1).count();
                assert!(twice <= 14, "{twice} at {pace} ms, seed {seed}");
                seen += times.iter().sum::<u64>();
                tried += TIMES * PEOPLE as u64;
            }
        }
        assert!(
            seen.abs_diff(tried / 256) < tried / 256 / 20,
            "{seen} of {tried}"
        );
    }
}
