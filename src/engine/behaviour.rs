//! What the gate is told of behaviour, and what it says of it.
//!
//! A request is seen once, on its way to the book; of those that are told `sold_out` at the look a sample is. What a hold or booking comes to is told of where its
//! request came from, which stands beside its record. Where the builder asked for no judging, all of this is one check for `None`, and the short way of
//! [`Engine::request`] has not even that: where there is judging it has a twin, which differs by the sample.

use crate::gate::behaviour::{Deed, Imported, Labels, Origin, Seen, Verdict, Watch, Who};
use crate::ledger::record::Record;
use crate::pool::{Look, Pool};
use crate::words::ask::{Outcome, Request};
use crate::words::id::{AccountId, Claim, DeviceId, PatientId, ScheduleId};
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

use super::stats::Count;
use super::{Engine, Inner};

/// # How do they behave?
impl Engine {
    /// How a request would be judged now: its labels, the figures behind them, and the score. It counts as no request. Without
    /// [`EngineBuilder::behaviour`](crate::EngineBuilder::behaviour) nothing is known, and the score is 0.
    ///
    /// The verdict is of this way in: of the device and the account that the request names. Where one person comes by several ways, the least suspicious counts,
    /// as [`draw::Entry::suspicion`](crate::draw::Entry::suspicion) has it.
    #[must_use]
    pub fn verdict(&self, request: &Request) -> Verdict {
        let watch = self.inner.watch.as_ref();
        watch.map_or_else(Verdict::default, |watch| {
            watch.verdict(request, self.inner.now())
        })
    }

    /// Takes in labels from elsewhere: another process's, or a blocklist. They replace what was taken in before about the same device or account, add to what is seen
    /// here, and expire. Nobody is refused for them.
    pub fn import_labels(&self, labels: &Labels) -> Imported {
        match &self.inner.watch {
            Some(watch) => watch.import(labels, self.inner.now()),
            None => Imported::none((labels.devices.len() + labels.accounts.len()) as u64),
        }
    }

    /// The labels of these devices and accounts, own and taken in, with when they expire; those without any are left out. The engine keeps no identity beside its
    /// records, so it can tell of those whom it is asked for only.
    #[must_use]
    pub fn export_labels(&self, devices: &[DeviceId], accounts: &[AccountId]) -> Labels {
        let watch = self.inner.watch.as_ref();
        watch.map_or_else(Labels::default, |watch| {
            watch.export(devices, accounts, self.inner.now())
        })
    }
}

impl Inner {
    /// The first look of [`Engine::request`] where behaviour is judged: the same but for the sample.
    #[inline(always)]
    pub(super) fn first_look_watched(
        &self,
        schedule: ScheduleId,
        request: &Request,
    ) -> Option<Look> {
        let (watch, now) = (self.watch.as_deref()?, self.recent()?);
        let hash = self.filter_hash(request.patient());
        let look = self.look_for(schedule, request.patient(), hash, now)?;
        if look == Look::SoldOut && watch.samples(hash, now) {
            self.see_sold_out(watch, request, now);
        }
        Some(look)
    }

    /// A request was refused at the look.
    #[inline]
    pub(super) fn glance_refused(&self, request: &Request, why: Refusal, now: Timestamp) {
        if let Some(watch) = &self.watch
            && why == Refusal::SoldOut
            && watch.samples(self.filter_hash(request.patient()), now)
        {
            self.see_sold_out(watch, request, now);
        }
    }

    #[cold]
    #[inline(never)]
    fn see_sold_out(&self, watch: &Watch, request: &Request, now: Timestamp) {
        self.count(Count::Sampled);
        self.count_displaced_records(watch.observe_sold_out(request, now).displaced);
    }

    /// A request has come as far as the book.
    #[inline(never)]
    pub(super) fn see(&self, watch: &Watch, request: &Request, who: Who, now: Timestamp) -> Seen {
        let early_ms = watch.card().early_ms;
        let just_opened = |schedule: &ScheduleId| {
            let opens_at = self.places.of(*schedule).map(Pool::opens_at);
            opens_at.is_some_and(|at| at <= now && now.since(at) < early_ms)
        };
        let early = request.schedules().iter().any(just_opened);
        let seen = watch.observe(request, who, early, now);
        self.count(Count::Observed);
        self.count_displaced_records(seen.displaced);
        if seen.score >= watch.card().slow_at {
            self.count(Count::Slow);
        }
        seen
    }

    /// It was granted a hold or a place in a line, of which a hold may come: that is from where the place was first asked for. Under its book's lock.
    pub(super) fn see_granted(
        &self,
        watch: &Watch,
        origin: Origin,
        patient: PatientId,
        granted: &Outcome,
        now: Timestamp,
    ) {
        let whence = [origin.device, origin.account];
        match granted {
            Outcome::Held(held) => {
                let number = Claim::from(held.id).record;
                self.ledger.note_whence(number, whence);
                let displaced = watch.note_claim(origin, patient, held.schedule, now);
                self.count_displaced_records(displaced);
            }
            Outcome::Waiting(ticket) => {
                let number = ticket.id.record();
                if self.ledger.whence(number).is_none() {
                    self.ledger.note_whence(number, whence);
                }
            }
            _ => {}
        }
    }

    /// Where a hold or booking came from, if behaviour is judged and it is known.
    #[inline]
    pub(super) fn whence(&self, number: u32) -> Option<(&Watch, Origin)> {
        let watch = self.watch.as_deref()?;
        let [device, account] = self.ledger.whence(number)?;
        Some((watch, Origin { device, account }))
    }

    /// A hold or booking came to this.
    #[inline]
    pub(super) fn see_deed(&self, number: u32, deed: Deed, now: Timestamp) {
        if let Some((watch, origin)) = self.whence(number) {
            self.count_displaced_records(watch.note(origin, deed, now));
        }
    }

    /// A hold was confirmed; `late`: after it had run out, which was told as a deed then.
    #[inline]
    pub(super) fn see_confirmed(&self, number: u32, late: bool, now: Timestamp) {
        self.see_deed(number, Deed::Confirmed, now);
        if let Some((watch, origin)) = self.whence(number).filter(|_| late) {
            self.count_displaced_records(watch.undrop(origin, now));
        }
    }

    /// Whether giving this slot back would be telling somebody of it: nothing else is to be had, and behaviour is judged.
    #[inline]
    pub(super) fn is_last(&self, pool: &Pool, schedule: ScheduleId, now: Timestamp) -> bool {
        self.watch.is_some() && pool.look(schedule, now) == Look::SoldOut
    }

    /// A booking was cancelled; `last`: where nothing else was to be had.
    #[inline]
    pub(super) fn see_cancelled(&self, number: u32, record: &Record, last: bool, now: Timestamp) {
        self.see_deed(number, Deed::Cancelled, now);
        if let Some((watch, origin)) = self.whence(number).filter(|_| last) {
            watch.note_return(origin, record.patient(), record.schedule(), now);
        }
    }

    /// A booking was exchanged: the new one comes from where the old one did.
    #[inline]
    pub(super) fn see_exchanged(&self, from: u32, to: u32) {
        if let Some((_, origin)) = self.whence(from) {
            self.ledger.note_whence(to, [origin.device, origin.account]);
        }
    }

    fn count_displaced_records(&self, displaced: u64) {
        if displaced > 0 {
            self.tally.add(Count::RecordDisplaced as usize, displaced);
        }
    }
}
