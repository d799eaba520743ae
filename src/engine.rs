//! The front desk: one public method a verb. It reads the clock once and hands `now` down.
//!
//! Its rooms go by who acts: somebody asks ([`request`]), somebody answers ([`settle`]), the hospital acts ([`supply`]), slots are drawn ([`lottery`]) and
//! come back ([`returns`]), scripts wait ([`queue`]), time passes ([`advance`]); and do the books agree ([`audit`])?

mod advance;
mod appointments;
mod audit;
mod behaviour;
mod builder;
mod challenge;
mod driver;
mod evidence;
mod lottery;
mod observe;
mod place;
mod queue;
mod request;
mod returns;
mod settle;
mod stats;
mod supply;
mod turn;
mod wait;

use std::fmt;

use crate::gate::behaviour::{Deed, Watch};
use crate::gate::challenge::StepUp;
use crate::gate::{self, Gate};
use crate::ledger::Ledger;
use crate::ledger::record::{Phase, Record};
use crate::pool::Pool;
use crate::pool::places::Places;
use crate::pool::word::Word;
use crate::raw::hash::Keys;
use crate::raw::lately::Lately;
use crate::raw::tally::Tally;
use crate::raw::waiters::Waiters;
use crate::raw::wheel::Wheel;
use crate::words::clock::{Clock, RecentTime};
use crate::words::event::{Packed, What};
use crate::words::id::{Claim, PatientId, ScheduleId};
use crate::words::sync::atomic::{AtomicU64, Ordering};
use crate::words::sync::{Arc, Mutex};
use crate::words::ticket::Line;
use crate::words::time::{DAY_MS, Timestamp};

pub use advance::Advance;
pub use audit::{Audit, Availability, Finding};
pub use builder::EngineBuilder;
pub use driver::Driver;
pub use observe::Subscription;
pub use stats::{BehaviourStats, LimitStats, SlowQueueStats, Stats};
pub use wait::Wait;

use lottery::Draws;
use observe::{Feeds, Telling};
use queue::Slowed;
use returns::Returns;
use stats::{COUNTERS, Count};

/// How long an answer and an end are remembered: 24 hours.
pub(crate) const MEMORY_MS: u64 = DAY_MS;

/// The engine: schedules, the patients' books, and the verbs.
///
/// Cheap to clone and to share: every clone is the same engine. All verbs take `&self`, from any thread; none blocks on a socket, a disk
/// or another's callback, but for those that are there for that: to wait for a ticket, and to hand evidence to the caller's sink.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// What every clone shares.
struct Inner {
    places: Places,
    ledger: Ledger,
    wheel: Wheel,
    clock: Box<dyn Clock>,
    /// The clock's cached reading, if it keeps one.
    recent: Option<RecentTime>,
    /// The same for the shortest way to a refusal, which is not for an engine that judges behaviour: then there is none.
    recent_unwatched: Option<RecentTime>,
    /// The highest time at which anything was changed, in milliseconds.
    high: AtomicU64,
    settings: Settings,
    /// Who may ask how often, if anybody may not ask as they like.
    gate: Option<Box<Gate>>,
    /// What is written down, if anything is.
    #[cfg(feature = "evidence")]
    evidence: Option<Box<gate::evidence::Log>>,
    /// Who is asked for more, if anybody is.
    step_up: Option<Box<StepUp>>,
    /// Schedules that open by a draw.
    draws: Box<Draws>,
    /// How those who ask behave, if that is judged.
    watch: Option<Box<Watch>>,
    /// Who waits for a turn, if anybody is slowed.
    slowed: Option<Box<Slowed>>,
    /// Slots that return, and who waits for them.
    returns: Box<Returns>,
    /// Hashes identities for the pools' filters.
    keys: Keys,
    /// Patients whose named requests were granted lately.
    named: Lately,
    tally: Tally<COUNTERS>,
    feeds: Feeds,
    /// Who waits for what becomes of a ticket.
    waiters: Waiters,
    chores: Mutex<advance::Chores>,
}

/// The builder's settings, checked.
#[derive(Debug, Clone, Copy)]
struct Settings {
    live_holds_max: u32,
    book_lines_max: u32,
    retire_after_ms: Option<u64>,
}

impl Engine {
    /// Settings, with their defaults, to build an engine from.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::new()
    }
}

/// The house from inside, for the models.
#[cfg(all(test, fairslot_loom))]
impl Engine {
    pub(crate) fn pool(&self, id: ScheduleId) -> Option<&Pool> {
        self.inner.places.find(id)
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.inner.ledger
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("places", &self.inner.places)
            .finish_non_exhaustive()
    }
}

/// How a record stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// In a line.
    Waiting,
    Held,
    /// Booked, arrived, fulfilled or no-show.
    Booked(Phase),
    /// It ended, in this way and at this time. An expired hold ended at its deadline, and its phase is still `Held`; a place in a draw that came to nothing ended when
    /// that was drawn, and its phase is still `Waiting`.
    Ended(Phase, Timestamp),
}

impl Standing {
    /// Whether the patient has the slot.
    const fn is_live(self) -> bool {
        matches!(self, Self::Held | Self::Booked(_))
    }

    /// Whether enough time has passed to forget it.
    const fn is_forgotten(self, now: Timestamp) -> bool {
        match self {
            Self::Waiting | Self::Held | Self::Booked(_) => false,
            Self::Ended(_, at) => now.since(at) >= MEMORY_MS,
        }
    }
}

impl Inner {
    // ---- time ---------------------------------------------------------------------------------------------------------------

    /// The clock's time, or the highest at which anything was changed, if the clock has stepped back behind it.
    fn now(&self) -> Timestamp {
        self.not_before_high(self.clock.now())
    }

    /// The same by the clock's cached reading.
    #[inline]
    fn recent(&self) -> Option<Timestamp> {
        self.recent
            .as_ref()
            .map(|recent| self.not_before_high(recent.get()))
    }

    #[inline]
    fn not_before_high(&self, read: Timestamp) -> Timestamp {
        // Relaxed: a number on its own. A caller who learnt of a change from another thread has learnt its time with it.
        read.max(Timestamp::from_millis(self.high.load(Ordering::Relaxed)))
    }

    #[inline]
    fn changed_at(&self, now: Timestamp) {
        if self.high.load(Ordering::Relaxed) < now.as_millis() {
            self.high.fetch_max(now.as_millis(), Ordering::Relaxed);
        }
    }

    // ---- what happened ------------------------------------------------------------------------------------------------------

    /// Opens a bulletin for a verb, before its first lock.
    #[inline]
    fn bulletin(&self, at: Timestamp) -> Bulletin<'_> {
        Bulletin {
            at,
            telling: self.feeds.open(),
            changed: false,
            shown: challenge::Shown::Nothing,
            slowed: None,
            #[cfg(feature = "evidence")]
            evidence: self.evidence.as_deref(),
        }
    }

    /// Closes it.
    #[inline]
    fn close(&self, bulletin: &Bulletin<'_>) {
        if bulletin.changed {
            self.changed_at(bulletin.at);
        }
    }

    #[inline(always)]
    fn count(&self, what: Count) {
        self.tally.add(what as usize, 1);
    }

    // ---- the two halves of the truth ----------------------------------------------------------------------------------------

    #[inline]
    fn filter_hash(&self, patient: PatientId) -> u64 {
        self.keys.quick(patient.to_u128())
    }

    /// How a record stands at `now`, for whoever holds the lock of its book. A hold is held until its deadline: whoever acted on its being due
    /// has raised the engine's time to that (who only asked has not). Where two clock readings race, the slot's word has the last say, at its swap.
    fn standing(&self, record: &Record, now: Timestamp) -> Standing {
        match record.phase() {
            Phase::Held if now < record.until() => Standing::Held,
            phase if phase.is_booked() => Standing::Booked(phase),
            Phase::Waiting => self.standing_in_line(record, now),
            phase => Standing::Ended(phase, record.until()),
        }
    }

    /// How a place in a line stands: whoever draws writes into the winners' records only.
    #[cold]
    fn standing_in_line(&self, record: &Record, now: Timestamp) -> Standing {
        let schedule = record.schedule();
        let pool = self.places.of(schedule);
        match pool {
            // Who waits for what returns, or for a turn, does so until nothing more can be had.
            Some(pool) if record.line() != Some(Line::Draw) => {
                let closes_at = pool.closes_at();
                match now < closes_at {
                    true => Standing::Waiting,
                    false => Standing::Ended(Phase::Waiting, closes_at),
                }
            }
            Some(pool) if pool.is_undrawn() => Standing::Waiting,
            Some(pool) => Standing::Ended(Phase::Waiting, pool.opens_at()),
            // Retired long after.
            None => Standing::Ended(Phase::Waiting, Timestamp::default()),
        }
    }

    /// Whether this record's session is called off, though the record may not say so yet. Of a place in a draw nothing but its record says so, as soon as whoever calls off has come to
    /// it: it may go on for another schedule of that draw.
    fn has_lost_its_session(&self, record: &Record, pool: &Pool, standing: Standing) -> bool {
        let in_draw = standing == Standing::Waiting && record.line() == Some(Line::Draw);
        pool.is_withdrawn() && !in_draw
    }

    /// Whether the slot's word says that this record has it.
    fn has_slot(&self, number: u32, record: &Record) -> bool {
        let pool = self.places.of(record.schedule());
        pool.and_then(|pool| pool.slots().word(record.slot()))
            .is_some_and(|at| at.load().is_of(number))
    }

    /// Frees every hold of a schedule that is due. The caller holds a book's lock or the schedule's desk.
    fn sweep(&self, pool: &Pool, schedule: ScheduleId, bulletin: &mut Bulletin<'_>) {
        let now = bulletin.at;
        let read = |holder| {
            let Some(record) = self.ledger.record(holder) else {
                return (u64::MAX, None);
            };
            let until = record.until();
            let rest = (until <= now).then(|| self.rest_of((schedule, pool), record, None, until));
            let told = (
                record.patient(),
                record.claim(holder),
                record.mark(),
                rest.flatten(),
            );
            (until.as_millis(), Some(told))
        };
        let rests = |told: &Option<_>| {
            let told: &Option<(_, _, _, Option<_>)> = told;
            told.as_ref().is_some_and(|(.., rest)| rest.is_some())
        };
        pool.sweep(
            schedule.tag(),
            now.as_millis(),
            read,
            rests,
            |slot, told, word| {
                let (mut whose, mut resting) = (None, None);
                if let Some((patient, claim, mark, rest)) = told {
                    whose = Some((patient, claim));
                    resting = rest.map(|rest| ((slot, patient, mark), rest));
                }
                if let Some((given_up, rest)) = resting {
                    self.rests((schedule, pool), given_up, rest);
                }
                self.note_expiry(schedule, slot, whose, word, bulletin);
            },
        );
        // Whoever sweeps looks at the holds alone.
        if self.returns.in_use()
            && let Some(returning) = self.returns.of(schedule)
            && let Some(due) = returning.next_due()
        {
            pool.lower_due(due.as_millis());
        }
    }

    /// A hold was found expired, and its slot was freed.
    fn note_expiry(
        &self,
        schedule: ScheduleId,
        slot: u16,
        whose: Option<(PatientId, Claim)>,
        freed: Word,
        bulletin: &mut Bulletin<'_>,
    ) {
        self.count(Count::Expired);
        if let Some((_, claim)) = whose {
            self.see_deed(claim.record, Deed::Dropped, bulletin.at);
        }
        bulletin.tell(|| Note {
            schedule,
            slot,
            version: freed.version(),
            whose,
            what: What::Expired,
        });
    }
}

/// Tells what a verb changes, as it changes it. Telling is a push into a ring, so it does no harm under a lock.
struct Bulletin<'a> {
    at: Timestamp,
    telling: Telling<'a>,
    changed: bool,
    /// By the request that is judged.
    shown: challenge::Shown,
    /// Their score, if they are slowed for it.
    slowed: Option<u16>,
    #[cfg(feature = "evidence")]
    evidence: Option<&'a gate::evidence::Log>,
}

/// A slot's transition, as a room knows it.
struct Note {
    schedule: ScheduleId,
    slot: u16,
    version: u32,
    /// The patient, and the version of the claim and its record.
    whose: Option<(PatientId, Claim)>,
    what: What,
}

impl Bulletin<'_> {
    /// Something changed.
    #[inline(always)]
    fn tell(&mut self, note: impl Fn() -> Note) {
        self.tell_of_asker(None::<fn() -> gate::Keys>, note);
    }

    /// The same; by these keys, if it came of a request. The note is written only if somebody reads it, and then straight into a cache line.
    #[inline(always)]
    fn tell_of_asker(
        &mut self,
        asker: Option<impl FnOnce() -> gate::Keys>,
        note: impl Fn() -> Note,
    ) {
        self.changed = true;
        // Made for each, or who tells would have it by way of the stack for who writes it down.
        if self.is_written_down() {
            self.write_down(&note(), asker);
        }
        if self.telling.is_heard() {
            let Note {
                schedule,
                slot,
                version,
                whose,
                what,
            } = note();
            self.telling.send(Packed::of_slot(
                self.at, schedule, slot, version, whose, what,
            ));
        }
    }

    /// Something changed that concerns somebody's place in a line.
    fn tell_of_ticket(&mut self, schedule: ScheduleId, patient: PatientId, what: What) {
        self.changed = true;
        if self.telling.is_heard() {
            let packed = Packed::of_ticket(self.at, schedule, patient, what);
            self.telling.send(packed);
        }
    }

    /// Something changed that concerns a schedule as a whole.
    fn tell_of_schedule(&mut self, schedule: ScheduleId, what: What) {
        self.changed = true;
        self.write_down_of_schedule(schedule, &what);
        if self.telling.is_heard() {
            self.telling
                .send(Packed::of_schedule(self.at, schedule, what));
        }
    }
}
