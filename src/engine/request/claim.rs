//! Whether a slot is to be had, and having it.

use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::pool::word::State;
use crate::pool::{Look, Lost, Pool};
use crate::words::id::ScheduleId;
use crate::words::refusal::{Refusal, Rule};
use crate::words::time::Timestamp;

use super::super::{Bulletin, Inner};
use super::memory::Seen;

impl Inner {
    /// Whether there is a slot to be had for this patient, from `withdrawn` to `sold_out`, by what a look has just said. Frees what is due on the way.
    #[inline(always)]
    pub(in super::super) fn may_claim(
        &self,
        book: &Book<'_>,
        seen: &Seen<'_>,
        (schedule, pool): (ScheduleId, &Pool),
        mut look: Look,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<(), Refusal> {
        let now = bulletin.at;
        match look {
            Look::Unknown => return Err(Refusal::UnknownSchedule),
            Look::Withdrawn => return Err(Refusal::Withdrawn),
            Look::NotOpen { in_ms } => {
                return Err(Refusal::NotOpen {
                    retry_after_ms: in_ms,
                });
            }
            Look::Closed => return Err(Refusal::Closed),
            // A slot can't be had before the draw, but by it.
            Look::Window => return Err(self.not_drawn_yet(schedule, now)),
            Look::SoldOut | Look::Open => {}
        }
        if seen.may_have_live(schedule) && self.has_live(book, schedule, now, 0) {
            return Err(Refusal::AlreadyHolds);
        }
        if pool.is_due(now.as_millis()) {
            self.sweep(pool, schedule, bulletin);
            look = pool.look_after_sweep(schedule, now);
        }
        match look {
            Look::SoldOut => Err(Refusal::SoldOut),
            Look::Withdrawn => Err(Refusal::Withdrawn),
            _ => Ok(()),
        }
    }

    /// Whether this patient has a slot of this schedule, by another line than that one.
    #[inline(never)]
    pub(in super::super) fn has_live(
        &self,
        book: &Book<'_>,
        schedule: ScheduleId,
        now: Timestamp,
        but: u32,
    ) -> bool {
        book.lines().any(|(number, record)| {
            number != but && record.schedule() == schedule && self.standing(record, now).is_live()
        })
    }

    /// Claims a slot and writes it into the book. The line is written first: after the claim there is nothing left that could fail.
    #[inline(always)]
    pub(in super::super) fn claim(
        &self,
        book: &Book<'_>,
        pool: &Pool,
        schedule: ScheduleId,
        phase: Phase,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claimed<'_>, Refusal> {
        let full = Refusal::Rule {
            rule: Rule::EngineFull,
        };
        let (number, record) = self.ledger.take().ok_or(full)?;
        record.begin(book.patient(), schedule, phase, now, until);
        if !book.insert(number) {
            self.ledger.give_back(number);
            return Err(full);
        }
        pool.remember(self.filter_hash(book.patient()));
        let state = if phase == Phase::Held {
            State::Held
        } else {
            State::Booked
        };
        match pool.claim(schedule.tag(), state, number, |slot, version| {
            record.claimed(slot, version)
        }) {
            Ok((slot, word)) => Ok(Claimed {
                number,
                record,
                slot,
                version: word.version(),
            }),
            Err(lost) => {
                book.strike(number);
                Err(match lost {
                    Lost::Taken => Refusal::SoldOut,
                    Lost::Withdrawn => Refusal::Withdrawn,
                })
            }
        }
    }
}

/// A slot that has just been claimed.
pub(in super::super) struct Claimed<'a> {
    pub(in super::super) number: u32,
    pub(in super::super) record: &'a Record,
    pub(in super::super) slot: u16,
    pub(in super::super) version: u32,
}
