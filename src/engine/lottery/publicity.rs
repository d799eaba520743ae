//! What everybody may check of a draw: what was committed to, who was in, what came of it.

use crate::draw::{
    BeaconSpec, BeaconValue, Closing, Digest, DrawId, Proof, Receipt, Terms, Transcript,
};
use crate::words::error::SupplyError;
use crate::words::id::{ScheduleId, TicketId};
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

use super::super::{Engine, Inner};
use super::members::Member;
use super::urn::{Progress, Urn};
use crate::words::sync::Arc;

/// # Everybody checks
impl Engine {
    /// Which draw a schedule opens by: for a holder to commit to a seed by. Fixes nothing.
    ///
    /// # Errors
    /// `unknown_schedule`, as for [`commitment`](Self::commitment).
    pub fn draw_id(&self, schedule: ScheduleId) -> Result<DrawId, Refusal> {
        self.inner.of_draw(schedule, |urn| Some(urn.draw()))
    }

    /// The schedules that are drawn together with this one, itself among them, in the order of the draw's pools: publish it with the terms, which only number them. Fixes nothing: until the draw's
    /// commitment is asked for, or the window opens, others may join or leave. Of a draw of its own it is the schedule alone.
    ///
    /// # Errors
    /// `unknown_schedule`, as for [`commitment`](Self::commitment).
    pub fn drawn_together(&self, schedule: ScheduleId) -> Result<Vec<ScheduleId>, Refusal> {
        let all = |urn: &Arc<Urn>| Some(urn.joining().lock().schedules().to_vec());
        self.inner.of_draw(schedule, all)
    }

    /// What is promised of a schedule's draw, and the commitment to it: to be published before the window opens. The first call, or the first entry, fixes how many slots are drawn for:
    /// slots that are added later are first come after the draw.
    ///
    /// # Errors
    /// `unknown_schedule` for one that has no draw, or of whose draw nothing is kept any more; `wrong_state` if its draw came to nothing, because the session was called off before.
    pub fn commitment(&self, schedule: ScheduleId) -> Result<(Terms, Digest), Refusal> {
        self.inner.of_draw(schedule, |urn| {
            let window = match urn.is_over() {
                // Of one that came to nothing none is kept.
                true => urn.made()?,
                false => self.inner.window_of(urn),
            };
            Some((window.terms().clone(), window.commitment()))
        })
    }

    /// Fixes whose word a schedule's draw waits for after its close: a round of a public beacon, or holders' seeds. Without one who knows the seed can work out the result while people enter. To be called
    /// before anybody has entered or the commitment was asked for. The draw then waits for [`reveal`](Self::reveal).
    ///
    /// # Errors
    /// [`SupplyError::Invalid`] for a beacon that may speak before the close, or a number of holders out of its range; `unknown_schedule` for a schedule without a draw; `wrong_state` if it is too late, or
    /// a beacon was fixed before.
    pub fn fix_beacon(&self, schedule: ScheduleId, beacon: &BeaconSpec) -> Result<(), SupplyError> {
        let possible = |urn: &Arc<Urn>| urn.terms_with(beacon).check();
        // What is impossible lets no time pass.
        if let Some(urn) = self.inner.draws.find(schedule) {
            possible(&urn)?;
        }
        // By then it may have been called off and be drawn again.
        let fix = |urn: &Arc<Urn>| {
            let fixed = possible(urn).map(|()| urn.joining().lock().fix(beacon));
            Some(fixed).filter(|it| *it != Ok(false))
        };
        self.inner.of_draw(schedule, fix)??;
        Ok(())
    }

    /// Draws with what the beacon said, or the holders revealed. Holds that it gives begin now.
    ///
    /// # Errors
    /// `unknown_schedule`, `withdrawn`; `closed` if it waits for this and all its schedules are past their booking cut-off, when nothing new is held; else `wrong_state` if its window is open, it is drawn, or that is not what was fixed.
    pub fn reveal(&self, schedule: ScheduleId, value: BeaconValue) -> Result<(), Refusal> {
        let inner = &*self.inner;
        let now = inner.now();
        let urn = inner.of_draw(schedule, |urn| {
            let pool = inner.places.find(schedule)?;
            let said = match &mut *urn.progress().lock() {
                Progress::Void => Err(Refusal::Withdrawn),
                _ if pool.is_withdrawn() => Err(Refusal::Withdrawn),
                closed @ Progress::Closed(_) if inner.is_any_open(urn, now) => {
                    let draft = urn.made()?.close().begin(value).ok()?;
                    *closed = Progress::Granting(now, draft);
                    Ok(())
                }
                Progress::Closed(_) => Err(Refusal::Closed),
                _ => Err(Refusal::WrongState),
            };
            Some(said.map(|()| Arc::clone(urn)))
        })??;
        inner.draws.put_on_agenda(now.as_millis(), &urn);
        inner.pass(now);
        Ok(())
    }

    /// What is to be published at the close.
    ///
    /// # Errors
    /// As [`commitment`](Self::commitment); `wrong_state` before the close.
    pub fn closing(&self, schedule: ScheduleId) -> Result<Closing, Refusal> {
        self.inner
            .of_draw(schedule, |urn| match &*urn.progress().lock() {
                Progress::Open(_) | Progress::Void => None,
                _ => urn.made().map(|window| window.close().closing()),
            })
    }

    /// All that anybody needs to do the draw again, for [`verify`](crate::draw::verify). It reveals the seed. Kept, like all of a past draw, until its schedule is retired, or until more entries
    /// of later draws are kept than [`draw_entries_kept`](crate::EngineBuilder::draw_entries_kept) says.
    ///
    /// # Errors
    /// As [`commitment`](Self::commitment); `wrong_state` before it is drawn.
    pub fn transcript(&self, schedule: ScheduleId) -> Result<Transcript, Refusal> {
        self.inner
            .of_draw(schedule, |urn| match &*urn.progress().lock() {
                Progress::Drawn(settled) => {
                    let frozen = urn.made()?.close();
                    Some(frozen.drawn(settled).transcript())
                }
                _ => None,
            })
    }

    /// The receipt of a ticket's entry, for its owner to keep.
    ///
    /// # Errors
    /// `unknown_ticket`, also when nothing is kept any more of its draw, as of one that came to nothing.
    pub fn receipt(&self, ticket: TicketId) -> Result<Receipt, Refusal> {
        self.inner.of_entry(ticket, |_, receipt| Some(receipt))
    }

    /// What shows the owner of a ticket that they were in the draw, for [`verify_receipt`](crate::draw::verify_receipt). It reveals the seed.
    ///
    /// # Errors
    /// `unknown_ticket`, as for [`receipt`](Self::receipt); `wrong_state` before it is drawn.
    pub fn proof(&self, ticket: TicketId) -> Result<Proof, Refusal> {
        self.inner
            .of_entry(ticket, |urn, receipt| match &*urn.progress().lock() {
                Progress::Drawn(settled) => {
                    let frozen = urn.made()?.close();
                    frozen.drawn(settled).proof(&receipt.token)
                }
                _ => None,
            })
    }
}

impl Inner {
    /// Whether any schedule of a draw can still be held then.
    fn is_any_open(&self, urn: &Urn, now: Timestamp) -> bool {
        let open = |it: &Member| {
            let pool = self.places.find(it.schedule);
            pool.is_some_and(|pool| pool.is(it.schedule) && now < pool.closes_at())
        };
        let mut staying = urn.members().iter().filter(|it| it.stays());
        staying.any(open)
    }

    /// Whether a schedule is one of a draw that may still give a slot of another: who entered for both has one place, and that is this one's.
    pub(in super::super) fn awaits_others(&self, schedule: ScheduleId, now: Timestamp) -> bool {
        let urn = self.draws.find(schedule);
        urn.is_some_and(|urn| !urn.is_over() && self.is_any_open(&urn, now))
    }

    fn of_draw<T>(
        &self,
        schedule: ScheduleId,
        say: impl FnOnce(&Arc<Urn>) -> Option<T>,
    ) -> Result<T, Refusal> {
        self.pass(self.now());
        let pool = self.places.of(schedule);
        let urn = pool.and_then(|_| self.draws.find(schedule));
        let answer = urn.ok_or(Refusal::UnknownSchedule);
        let answer = answer.and_then(|urn| say(&urn).ok_or(Refusal::WrongState));
        answer.inspect_err(|why| self.count_refusal(*why))
    }

    fn of_entry<T>(
        &self,
        ticket: TicketId,
        say: impl FnOnce(&Arc<Urn>, Receipt) -> Option<T>,
    ) -> Result<T, Refusal> {
        let now = self.now();
        self.pass(now);
        let find = || {
            let place = self.open_ticket(ticket, now)?;
            let (patient, schedule) = (place.book.patient(), place.record.schedule());
            drop(place);
            let urn = self.draws.find(schedule);
            let urn = urn.ok_or(Refusal::UnknownTicket)?;
            let receipt = urn.made().and_then(|window| window.receipt(patient));
            say(&urn, receipt.ok_or(Refusal::UnknownTicket)?).ok_or(Refusal::WrongState)
        };
        find().inspect_err(|why| self.count_refusal(*why))
    }
}
