//! Counters, always on: a row a thread, summed when asked.

use crate::gate::{KINDS, Kinds};
use crate::words::refusal::{CODES, Refusal};

use super::Engine;

/// What is counted beside refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Count {
    Held,
    Extended,
    Confirmed,
    Released,
    Expired,
    Cancelled,
    Exchanged,
    CheckedIn,
    Fulfilled,
    NoShow,
    Published,
    Retired,
    Remembered,
    Waiting,
    Left,
    Drawn,
    Entries,
    Won,
    /// Requests that behaviour was judged by on their way to the book.
    Observed,
    /// The same of a sample of those that were told `sold_out` at the look.
    Sampled,
    /// Observed with a score to be slowed for.
    Slow,
    /// Records of behaviour that went for a newcomer's.
    RecordDisplaced,
    Challenged,
    Passed,
    Failed,
    Returned,
    /// Places in the slow queue, and what became of them.
    Slowed,
    Granted,
}

/// Plain counts, then refusals of requests by code, then refusals of other verbs by code; a request is counted once, by what became of it. Then by kind of key
/// whom a limit refused, and whose cell was taken over.
const REQUESTS: usize = Count::Granted as usize + 1;
const OTHERS: usize = REQUESTS + CODES.len();
const LIMITED: usize = OTHERS + CODES.len();
const DISPLACED: usize = LIMITED + KINDS.len();
pub(super) const COUNTERS: usize = DISPLACED + KINDS.len();

/// What the engine has done since it was built.
///
/// Each number is exact when nothing moves. While threads work, each is a sum of what they had counted when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Stats {
    /// Requests for a slot.
    pub requests: u64,
    /// Holds granted, by draws too.
    pub held: u64,
    /// Places in lines given to who asked.
    pub waiting: u64,
    /// Places in lines given up, or ended because the session was called off.
    pub left: u64,
    /// Schedules that opened by their draw.
    pub drawn: u64,
    /// People who were in those draws.
    pub entries: u64,
    /// Requests that were asked for more first.
    pub challenged: u64,
    /// Right answers by which somebody entered, or shown by who is in.
    pub passed: u64,
    /// Wrong answers with which somebody entered, as a suspect. A retry of who is in already is none.
    pub failed: u64,
    /// Slots that rested and returned, to whom they were offered or to all.
    pub returned: u64,
    /// Requests that got a remembered answer again.
    pub remembered: u64,
    /// Holds extended.
    pub extended: u64,
    /// Holds that became bookings.
    pub confirmed: u64,
    /// Holds released.
    pub released: u64,
    /// Holds that ran out.
    pub expired: u64,
    /// Bookings cancelled.
    pub cancelled: u64,
    /// Bookings exchanged.
    pub exchanged: u64,
    /// Patients checked in.
    pub checked_in: u64,
    /// Visits fulfilled.
    pub fulfilled: u64,
    /// Patients who stayed away.
    pub no_show: u64,
    /// Schedules published.
    pub published: u64,
    /// Schedules retired.
    pub retired: u64,
    /// Refusals of every verb by code, in order of precedence.
    pub refused: Vec<(&'static str, u64)>,
    /// Each limit that the builder set.
    pub limits: Vec<LimitStats>,
    /// How judging behaviour fares, if the builder asked for it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub behaviour: Option<BehaviourStats>,
    /// How the slow queue fares, if the builder asked for it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub slow_queue: Option<SlowQueueStats>,
}

/// How the slow queue fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SlowQueueStats {
    /// Places that were given.
    pub slow_queued: u64,
    /// Of these, those whose turn came and who got a slot.
    pub granted: u64,
    /// How many wait now.
    pub waiting: u32,
    /// Clusters among them: devices, accounts or persons.
    pub clusters: u32,
    /// Its memory, in bytes, but for the records of who waits.
    pub bytes: u64,
}

/// How judging behaviour fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BehaviourStats {
    /// Requests that were seen on their way to a book.
    pub observed: u64,
    /// Requests that were seen as a sample of those told `sold_out`.
    pub sampled: u64,
    /// Those of the observed whose score was high enough to be slowed for.
    pub slow: u64,
    /// For how many devices and accounts together there is room.
    pub records: u64,
    /// Records that went to make room for a newcomer's. If that is more than a few of those observed, and no flood of invented devices: give it more.
    pub displaced: u64,
    /// The memory of all this, in bytes, but for what was taken in from elsewhere and 16 bytes a hold.
    pub bytes: u64,
    /// Devices and accounts whose labels were taken in from elsewhere, some of them perhaps expired.
    pub listed: u64,
}

/// How one limit of the gate fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LimitStats {
    /// Whom it limits: `patient`, `account`, `device` or `network`.
    pub key: &'static str,
    /// For how many keys it has room, 8 bytes each.
    pub cells: u64,
    /// Calls that it refused. One that several limits refuse counts for each.
    pub refused: u64,
    /// Calls for which the cell of another key was taken over that still owed something. More than one in a thousand of those that passed: give it more cells.
    pub displaced: u64,
}

impl super::Inner {
    #[inline]
    pub(super) fn count_refused_request(&self, why: Refusal) {
        self.tally.add(REQUESTS + why.ordinal(), 1);
    }

    pub(super) fn count_refusal(&self, why: Refusal) {
        self.tally.add(OTHERS + why.ordinal(), 1);
    }

    pub(super) fn count_limited(&self, by: Kinds) {
        by.each().for_each(|kind| self.tally.add(LIMITED + kind, 1));
    }

    pub(super) fn count_displaced(&self, of: Kinds) {
        of.each()
            .for_each(|kind| self.tally.add(DISPLACED + kind, 1));
    }

    /// What each limit has done.
    fn limits(&self) -> Vec<LimitStats> {
        let limiters = self.gate.iter().flat_map(|gate| gate.limiters());
        let limit = |kind: usize, cells| LimitStats {
            key: KINDS[kind],
            cells,
            refused: self.tally.sum(LIMITED + kind),
            displaced: self.tally.sum(DISPLACED + kind),
        };
        limiters
            .enumerate()
            .filter_map(|(kind, limiter)| Some(limit(kind, limiter.as_ref()?.cells())))
            .collect()
    }

    fn behaviour(&self) -> Option<BehaviourStats> {
        let watch = self.watch.as_ref()?;
        Some(BehaviourStats {
            observed: self.sum(Count::Observed),
            sampled: self.sum(Count::Sampled),
            slow: self.sum(Count::Slow),
            records: watch.capacity(),
            displaced: self.sum(Count::RecordDisplaced),
            bytes: watch.bytes(),
            listed: watch.listed_len(),
        })
    }

    fn slow_queue(&self) -> Option<SlowQueueStats> {
        let queue = self.slowed.as_ref()?.queue();
        Some(SlowQueueStats {
            slow_queued: self.sum(Count::Slowed),
            granted: self.sum(Count::Granted),
            waiting: queue.waiting(),
            clusters: queue.clusters(),
            bytes: queue.bytes(),
        })
    }

    pub(super) fn sum(&self, what: Count) -> u64 {
        self.tally.sum(what as usize)
    }
}

impl Engine {
    /// Counters by outcome and by refusal code.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let sum = |what| self.inner.sum(what);
        let refused = |group: usize| {
            CODES
                .iter()
                .enumerate()
                .map(move |(i, _)| self.inner.tally.sum(group + i))
        };
        let (held, remembered) = (sum(Count::Held), sum(Count::Remembered));
        let waiting = sum(Count::Waiting);
        Stats {
            requests: sum(Count::Challenged)
                + held
                + waiting
                + remembered
                + refused(REQUESTS).sum::<u64>(),
            held: held + sum(Count::Won),
            waiting,
            left: sum(Count::Left),
            drawn: sum(Count::Drawn),
            returned: sum(Count::Returned),
            entries: sum(Count::Entries),
            challenged: sum(Count::Challenged),
            passed: sum(Count::Passed),
            failed: sum(Count::Failed),
            remembered,
            extended: sum(Count::Extended),
            confirmed: sum(Count::Confirmed),
            released: sum(Count::Released),
            expired: sum(Count::Expired),
            cancelled: sum(Count::Cancelled),
            exchanged: sum(Count::Exchanged),
            checked_in: sum(Count::CheckedIn),
            fulfilled: sum(Count::Fulfilled),
            no_show: sum(Count::NoShow),
            published: sum(Count::Published),
            retired: sum(Count::Retired),
            refused: CODES
                .into_iter()
                .zip(
                    refused(REQUESTS)
                        .zip(refused(OTHERS))
                        .map(|(asked, other)| asked + other),
                )
                .collect(),
            limits: self.inner.limits(),
            behaviour: self.inner.behaviour(),
            slow_queue: self.inner.slow_queue(),
        }
    }
}
