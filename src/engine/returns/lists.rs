//! Which schedules have slots that do not return at once, and when is each to be looked at?

use std::collections::{BTreeMap, BTreeSet};

use crate::line::{Cancels, Waitlist, WaitlistPolicy};
use crate::raw::digest::{Bytes32, Mac};
use crate::raw::hash::Keys;
use crate::words::id::{ChannelId, DepartmentId, HospitalId, PatientId, ScheduleId};
use crate::words::schedule::ReturnPolicy;
use crate::words::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::words::sync::{Arc, Mutex};
use crate::words::time::Timestamp;

/// All schedules whose slots do not return at once.
pub(in super::super) struct Returns {
    /// Whether there ever was one.
    in_use: AtomicBool,
    /// When the first is to be looked at; `u64::MAX` if none is. A hint: the agenda decides.
    due: AtomicU64,
    registry: Mutex<Registry>,
    secrets: Mac,
    /// What clusters are marked by.
    pub(super) keys: Keys,
    policy: WaitlistPolicy,
    /// Who gives up slots again and again, if that is to cost them anything.
    pub(super) cancels: Option<Cancels>,
    /// Policies of channels, which go before the schedule's.
    channels: Box<[(ChannelId, ReturnPolicy)]>,
}

/// A department of a hospital.
pub(super) type Department = (HospitalId, DepartmentId);

#[derive(Default)]
struct Registry {
    lists: BTreeMap<ScheduleId, Listed>,
    /// Those of them of which a slot rests, and perhaps some of which none does any more.
    resting: BTreeMap<ScheduleId, Arc<Returning>>,
    /// Whose sessions were called off, until their schedules are retired.
    called_off: BTreeMap<ScheduleId, Department>,
    agenda: BTreeSet<(u64, ScheduleId)>,
    /// Until when people wait for which. Whoever retires a schedule takes it off here in the same call, its close being past.
    closings: BTreeSet<(Timestamp, ScheduleId)>,
}

struct Listed {
    returning: Arc<Returning>,
    /// When it stands on the agenda; `u64::MAX` if it doesn't.
    next: u64,
}

/// What returns of one schedule, and to whom.
pub(in super::super) struct Returning {
    pub(super) policy: ReturnPolicy,
    pub(super) opens_at: Timestamp,
    /// If people can wait for it.
    pub(super) department: Option<Department>,
    pub(super) list: Waitlist,
    /// What its batches' seeds are made from.
    pub(super) seeds: Mac,
}

impl Returns {
    pub(in super::super) fn new(
        root: &Mac,
        keys: Keys,
        policy: WaitlistPolicy,
        channels: Box<[(ChannelId, ReturnPolicy)]>,
        cancels: Option<Cancels>,
    ) -> Self {
        Self {
            in_use: AtomicBool::new(channels.iter().any(|it| it.1 != ReturnPolicy::AtOnce)),
            due: AtomicU64::new(u64::MAX),
            registry: Mutex::new(Registry::default()),
            secrets: Mac::new(&root.of(b"fairslot/returns/1")),
            keys,
            policy,
            cancels,
            channels,
        }
    }

    /// Whether any schedule's slots ever rest.
    #[inline]
    pub(in super::super) fn in_use(&self) -> bool {
        // Relaxed: whoever has the id of such a schedule has it from after this was set.
        self.in_use.load(Ordering::Relaxed)
    }

    #[inline]
    pub(in super::super) fn is_due(&self, now: Timestamp) -> bool {
        // Relaxed: a hint, as for draws.
        self.due.load(Ordering::Relaxed) <= now.as_millis()
    }

    /// A schedule is published.
    pub(in super::super) fn open(
        &self,
        schedule: ScheduleId,
        policy: ReturnPolicy,
        opens_at: Timestamp,
        department: Department,
    ) {
        if policy != ReturnPolicy::AtOnce {
            self.in_use.store(true, Ordering::Relaxed);
            self.of_or_new(schedule, policy, opens_at, Some(department));
        }
    }

    /// What returns of a schedule, if anything does or did.
    pub(in super::super) fn of(&self, schedule: ScheduleId) -> Option<Arc<Returning>> {
        let registry = self.registry.lock();
        registry
            .lists
            .get(&schedule)
            .map(|it| Arc::clone(&it.returning))
    }

    pub(super) fn of_or_new(
        &self,
        schedule: ScheduleId,
        policy: ReturnPolicy,
        opens_at: Timestamp,
        department: Option<Department>,
    ) -> Arc<Returning> {
        let mut registry = self.registry.lock();
        let listed = registry.lists.entry(schedule).or_insert_with(|| {
            let own = |label: &[u8; 8]| -> Bytes32 {
                let mut message = [0; 16];
                message[..8].copy_from_slice(label);
                message[8..].copy_from_slice(&schedule.0.to_be_bytes());
                self.secrets.of(&message)
            };
            let returning = Returning {
                policy,
                opens_at,
                department,
                list: Waitlist::with_keys(self.policy, &own(b"moments1"), self.keys),
                seeds: Mac::new(&own(b"seeds/1.")),
            };
            Listed {
                returning: Arc::new(returning),
                next: u64::MAX,
            }
        });
        Arc::clone(&listed.returning)
    }

    /// Nothing is kept of this schedule.
    pub(in super::super) fn forget(&self, schedule: ScheduleId) {
        let mut registry = self.registry.lock();
        registry.called_off.remove(&schedule);
        registry.resting.remove(&schedule);
        if let Some(listed) = registry.lists.remove(&schedule) {
            registry.agenda.remove(&(listed.next, schedule));
        }
        self.note_due(&registry);
    }

    fn note_due(&self, registry: &Registry) {
        let first = registry.agenda.first().map_or(u64::MAX, |(at, _)| *at);
        self.due.store(first, Ordering::Relaxed);
    }

    /// Something happens to a schedule at `at`: if it is one of these it is looked at then, if not before.
    pub(in super::super) fn note(&self, schedule: ScheduleId, at: u64) {
        self.note_in(&mut self.registry.lock(), schedule, at);
    }

    fn note_in(&self, registry: &mut Registry, schedule: ScheduleId, at: u64) {
        let Some(listed) = registry.lists.get_mut(&schedule) else {
            return;
        };
        if at < listed.next {
            let before = std::mem::replace(&mut listed.next, at);
            registry.agenda.remove(&(before, schedule));
            registry.agenda.insert((at, schedule));
            self.note_due(registry);
        }
    }

    /// A slot of a schedule rests, as its list says already, until `due`.
    pub(super) fn rests(&self, schedule: ScheduleId, returning: &Arc<Returning>, due: Timestamp) {
        let mut registry = self.registry.lock();
        // Else it is retired, and nothing of it returns.
        if registry.lists.contains_key(&schedule) {
            registry.resting.insert(schedule, Arc::clone(returning));
            self.note_in(&mut registry, schedule, due.as_millis());
        }
    }

    /// Somebody waits for this schedule, at most until booking closes.
    pub(in super::super) fn note_close(&self, schedule: ScheduleId, closes_at: Timestamp) {
        self.registry.lock().closings.insert((closes_at, schedule));
    }

    /// The schedules for which people have waited until booking closed: each is told once.
    pub(in super::super) fn closed(&self, now: Timestamp) -> Vec<ScheduleId> {
        let mut registry = self.registry.lock();
        let mut closed = Vec::new();
        while registry.closings.first().is_some_and(|it| it.0 <= now) {
            closed.extend(registry.closings.pop_first().map(|it| it.1));
        }
        closed
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<(ScheduleId, Arc<Returning>)> {
        let registry = self.registry.lock();
        let lists = registry.lists.iter();
        lists
            .map(|(schedule, listed)| (*schedule, Arc::clone(&listed.returning)))
            .collect()
    }

    /// Takes the first that is due off the agenda.
    pub(super) fn take_due(&self, now: Timestamp) -> Option<(ScheduleId, Arc<Returning>)> {
        let mut registry = self.registry.lock();
        let (at, schedule) = *registry.agenda.first()?;
        if at > now.as_millis() {
            return None;
        }
        registry.agenda.pop_first();
        self.note_due(&registry);
        let listed = registry.lists.get_mut(&schedule)?;
        listed.next = u64::MAX;
        Some((schedule, Arc::clone(&listed.returning)))
    }

    /// When the next list has something to do that is not a hold running out. Asks those of which a slot rests, and none of them under the registry's lock, which gives and takes wait for.
    pub(in super::super) fn next(&self) -> Option<u64> {
        let resting: Vec<_> = {
            let registry = self.registry.lock();
            let resting = registry.resting.iter();
            resting.map(|(id, it)| (*id, Arc::clone(it))).collect()
        };
        let mut next = None;
        for (schedule, returning) in resting {
            match returning.list.next_due() {
                Some(due) => next = next.into_iter().chain([due]).min(),
                None => self.strike_if_none_rests(schedule, &returning),
            }
        }
        next.map(Timestamp::as_millis).filter(|at| *at < u64::MAX)
    }

    /// Nothing of this list rested a moment ago: if that is still so, it is asked no more.
    fn strike_if_none_rests(&self, schedule: ScheduleId, returning: &Returning) {
        let mut registry = self.registry.lock();
        // Whoever put a slot there meanwhile says so under this lock, after that.
        if returning.list.next_due().is_none() {
            registry.resting.remove(&schedule);
        }
    }

    /// A session is called off: whoever had a slot of it goes ahead on the waitlists of that department.
    pub(in super::super) fn call_off(&self, schedule: ScheduleId, department: Department) {
        let mut registry = self.registry.lock();
        registry.called_off.insert(schedule, department);
    }

    /// Whether a session of this department was called off under that schedule.
    pub(super) fn was_called_off(&self, schedule: ScheduleId, of: Department) -> bool {
        self.registry.lock().called_off.get(&schedule) == Some(&of)
    }

    /// The department that people can wait for a slot of, by this schedule.
    pub(super) fn department_of(&self, schedule: ScheduleId) -> Option<Department> {
        let registry = self.registry.lock();
        registry.lists.get(&schedule)?.returning.department
    }

    /// Somebody gave up a slot then.
    pub(in super::super) fn note_given_up(&self, patient: PatientId, at: Timestamp) {
        if let Some(cancels) = &self.cancels {
            cancels.note(patient, at);
        }
    }

    pub(super) fn policy_of(&self, channel: Option<ChannelId>) -> Option<ReturnPolicy> {
        let channel = channel?;
        let at = self.channels.binary_search_by_key(&channel, |it| it.0);
        at.ok().map(|at| self.channels[at].1)
    }
}

impl Returning {
    /// When something of it returns.
    pub(in super::super) fn next_due(&self) -> Option<Timestamp> {
        self.list.next_due()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use crate::Engine;
    use crate::words::clock::ManualClock;
    use crate::words::id::PractitionerId;
    use crate::words::schedule::{Day, Opening, Schedule, Session};
    use crate::words::time::DAY_MS;

    use super::*;

    /// How many lists are asked for the next deadline, and which schedules stand on the agenda.
    fn asked(engine: &Engine) -> (usize, usize) {
        let registry = engine.inner.returns.registry.lock();
        (registry.resting.len(), registry.agenda.len())
    }

    /// Thousands of schedules that might have something to return cost nobody anything as long as they have not.
    #[test]
    fn only_what_rests_is_asked_when_it_returns() {
        let start = Timestamp::from_millis(1_000);
        let clock = Arc::new(ManualClock::new(start));
        let engine = Engine::builder().clock(Arc::clone(&clock)).seed(7);
        let engine = engine.build().unwrap();
        let (day, open) = (Day::new(2026, 12, 1).unwrap(), Opening::first_come(start));
        let (doctor, starts) = (PractitionerId::new(1), start.after(DAY_MS));
        let plan = Schedule::new(doctor, day, Session::Morning, 3, open, starts);
        let rests = Schedule {
            returns: ReturnPolicy::Delay { ms: 5_000 },
            hold_ttl_ms: 1_000,
            ..plan
        };
        let all: Vec<_> = (0..100).map(|_| engine.publish(&rests).unwrap()).collect();
        assert_eq!(asked(&engine), (0, 0));
        let hold = |who: u128, schedule| {
            let request = crate::Request::new(PatientId::new(who), schedule);
            engine.request(&request).held().unwrap()
        };
        // Of two holds the first to end stands on the agenda, once.
        let held = [1, 2].map(|who| hold(who, all[7]));
        assert_eq!(asked(&engine), (0, 1));
        engine.release(held[0].id, PatientId::new(1)).unwrap();
        assert_eq!(
            (asked(&engine), engine.next_deadline()),
            ((1, 1), Some(held[1].expires_at))
        );
        // The other runs out, and rests as well.
        clock.set(start.after(1_000));
        while engine.advance().more {}
        assert_eq!(
            (asked(&engine), engine.next_deadline()),
            ((1, 1), Some(start.after(5_000)))
        );
        clock.set(start.after(6_000));
        while engine.advance().more {}
        assert_eq!((engine.next_deadline(), asked(&engine)), (None, (0, 0)));
        assert_eq!(engine.availability(all[7]).unwrap().free, 3);
    }
}
