//! The hospital acts: publish, add slots, withdraw, reinstate.

use super::{Book, Did, End, Name, Page, Said, State};
use fairslot::{Refusal, Schedule};

const CAPACITY_MAX: u32 = 65_535;

impl Book {
    pub(super) fn publish(&mut self, now: u64, terms: &Schedule) -> Said {
        let opens_at = terms.opens_at();
        if terms.capacity == 0 || terms.capacity > CAPACITY_MAX {
            return Said::Invalid("capacity");
        }
        if terms.starts_at < opens_at {
            return Said::Invalid("starts_at");
        }
        if terms
            .closes_at
            .is_some_and(|closes_at| closes_at < opens_at)
        {
            return Said::Invalid("closes_at");
        }
        if terms.returns == (fairslot::ReturnPolicy::Delay { ms: 0 }) {
            return Said::Invalid("returns.ms");
        }
        if terms.hold_ttl_ms == 0 {
            return Said::Invalid("hold_ttl_ms");
        }
        if terms.hold_cap_ms == 0 {
            return Said::Invalid("hold_cap_ms");
        }
        let schedule = self.pages.len();
        self.pages.push(Page {
            terms: terms.clone(),
            withdrawn: false,
            versions: vec![0; terms.capacity as usize],
        });
        self.write_page(
            now,
            schedule,
            Did::Published {
                capacity: terms.capacity as u16,
            },
        );
        Said::Published(schedule)
    }

    /// No slots at all is impossible whatever the schedule; too many depends on what it has.
    pub(super) fn add_slots(&mut self, now: u64, name: Name, count: u32) -> Said {
        if count == 0 {
            return Said::Invalid("count");
        }
        let Some(schedule) = self.page(name) else {
            return Said::Refused(Refusal::UnknownSchedule);
        };
        let page = &mut self.pages[schedule];
        if page.withdrawn {
            return Said::Refused(Refusal::WrongState);
        }
        let before = page.versions.len() as u32;
        if count > CAPACITY_MAX - before {
            return Said::Invalid("count");
        }
        page.versions.resize((before + count) as usize, 0);
        self.write_page(
            now,
            schedule,
            Did::SlotsAdded {
                first: before as u16 + 1,
                count: count as u16,
            },
        );
        Said::Count(count)
    }

    /// Who was due already lost the hold to time, not to the hospital.
    pub(super) fn withdraw(&mut self, now: u64, name: Name) -> Said {
        let Some(schedule) = self.page(name) else {
            return Said::Refused(Refusal::UnknownSchedule);
        };
        if self.pages[schedule].withdrawn {
            return Said::Refused(Refusal::WrongState);
        }
        self.notice(now, schedule);
        self.rest_no_more(schedule, None);
        self.end_waits(now, schedule);
        self.pages[schedule].withdrawn = true;
        let mut affected = 0;
        for slot in self.pages[schedule].slots() {
            match self.owner(now, schedule, slot) {
                None => {
                    let did = Did::Withdrawn { booked: false };
                    self.write_slot(now, schedule, slot, did);
                }
                Some(hold) if matches!(self.entries[hold].state, State::Held | State::Booked) => {
                    let booked = self.entries[hold].state == State::Booked;
                    self.entries[hold].state = State::Ended(End::Withdrawn, now);
                    self.write(now, hold, Did::Withdrawn { booked });
                    affected += 1;
                }
                Some(_visited) => {}
            }
        }
        self.write_page(now, schedule, Did::SessionWithdrawn { affected });
        Said::Count(affected)
    }

    pub(super) fn reinstate(&mut self, now: u64, name: Name) -> Said {
        let Some(schedule) = self.page(name) else {
            return Said::Refused(Refusal::UnknownSchedule);
        };
        if !self.pages[schedule].withdrawn {
            return Said::Refused(Refusal::WrongState);
        }
        self.pages[schedule].withdrawn = false;
        let mut freed = 0;
        for slot in self.pages[schedule].slots() {
            if self.owner(now, schedule, slot).is_none() {
                self.write_slot(now, schedule, slot, Did::Reinstated);
                freed += 1;
            }
        }
        self.write_page(now, schedule, Did::SessionReinstated { freed });
        Said::Count(freed)
    }
}
