//! What the contestants are fed: random numbers, patients, orders, schedules. All of it is made before anything is timed.

use fairslot::{Day, Opening, PatientId, PractitionerId, Schedule, ScheduleId, Session, Timestamp};

/// xorshift64* (Vigna 2016): two nanoseconds a number, and good enough to defeat a prefetcher.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed) | 1)
    }

    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `end`; the bias of the multiplication doesn't matter here.
    #[inline]
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for i in (1..things.len()).rev() {
            things.swap(i, self.below(i + 1));
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection.
pub(crate) const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The patient of a number: 128 bits without pattern, as of a UUID.
pub(crate) const fn patient(number: u32) -> PatientId {
    let low = mix(number as u64);
    PatientId::new(((mix(low) as u128) << 64) | low as u128)
}

/// Who asks for which schedule, by number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) patient: u32,
    pub(crate) schedule: u32,
}

/// Patients and schedules uniform and independent.
pub(crate) fn uniform_orders(
    count: usize,
    patients: usize,
    schedules: usize,
    seed: u64,
) -> Vec<Order> {
    let mut random = Random::new(seed);
    (0..count)
        .map(|_| Order {
            patient: random.below(patients) as u32,
            schedule: random.below(schedules) as u32,
        })
        .collect()
}

/// Patients uniform, schedules by Zipf's law with exponent 1: the n-th most popular is asked for 1/n as often as the first.
pub(crate) fn zipf_orders(
    count: usize,
    patients: usize,
    schedules: usize,
    seed: u64,
) -> Vec<Order> {
    let mut random = Random::new(seed);
    let mut sum = 0.0;
    let shares: Vec<f64> = (1..=schedules)
        .map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        })
        .collect();
    (0..count)
        .map(|_| {
            let at = random.next() as f64 / u64::MAX as f64 * sum;
            let rank = shares.partition_point(|share| *share < at);
            Order {
                patient: random.below(patients) as u32,
                schedule: rank.min(schedules - 1) as u32,
            }
        })
        .collect()
}

/// A morning of `capacity` slots that is open at `now` and takes place a day later.
pub(crate) fn morning(capacity: u32, now: Timestamp) -> Schedule {
    let day = "2026-12-01"
        .parse::<Day>()
        .unwrap_or_else(|_| unreachable!("a day of the calendar"));
    Schedule::new(
        PractitionerId::new(1),
        day,
        Session::Morning,
        capacity,
        // People need a second to ask; who is quicker would be judged by it.
        Opening::first_come(Timestamp::from_millis(now.as_millis() - 1_000)),
        now.after(86_400_000),
    )
}

/// Orders with their ids in place of numbers, to be read in sequence.
pub(crate) fn addressed(orders: &[Order], ids: &[ScheduleId]) -> Vec<(PatientId, ScheduleId)> {
    orders
        .iter()
        .map(|order| (patient(order.patient), ids[order.schedule as usize]))
        .collect()
}
