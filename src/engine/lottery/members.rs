//! Which schedules are drawn together: who may still join, who has left?
//!
//! They join until the window is made, in the order of publishing: that is the order of the draw's pools. From then on none joins; one that is called off leaves, and the others go on.

use std::collections::BTreeMap;

use crate::draw::BeaconSpec;
use crate::words::allotment::Allotment;
use crate::words::error::Invalid;
use crate::words::id::{HospitalId, ScheduleId, Together};
use crate::words::sync::Mutex;
use crate::words::sync::atomic::{AtomicBool, Ordering};

/// How many schedules may be one draw. A list of wishes has at most as many, of two bytes each.
pub(super) const MEMBERS_MAX: usize = 256;

const RULES: &str =
    "a number whose other schedules open at the same instant and by the same rules, to the last";
const LATE: &str =
    "a number whose draw nobody may enter yet, and whose commitment nobody has asked for";
const MANY: &str = "a number that fewer than 256 other schedules have";

/// Whose number it is, and which.
pub(super) type Number = (HospitalId, Together);

/// What schedules reserve, of those that do.
type Reserved = BTreeMap<ScheduleId, Box<[Allotment]>>;

/// What can be said before the window is made.
pub(super) struct Joining {
    schedules: Vec<ScheduleId>,
    /// Those that left before that. They know the draw they were to be in until they have another.
    left: Vec<ScheduleId>,
    reserved: Reserved,
    /// Whose word the draw waits for after the close, if somebody's.
    beacon: BeaconSpec,
    /// The window is being made.
    bound: bool,
}

impl Joining {
    pub(super) fn new(first: ScheduleId, allotments: &[Allotment]) -> Mutex<Self> {
        let mut joining = Self {
            schedules: vec![first],
            left: Vec::new(),
            reserved: Reserved::new(),
            beacon: BeaconSpec::None,
            bound: false,
        };
        joining.reserve(first, allotments);
        Mutex::new(joining)
    }

    fn reserve(&mut self, schedule: ScheduleId, allotments: &[Allotment]) {
        if !allotments.is_empty() {
            self.reserved.insert(schedule, allotments.into());
        }
    }

    /// Whether one more may join.
    pub(super) fn may(&self, number: Together) -> Result<(), Invalid> {
        let range = match () {
            () if self.bound => LATE,
            () if self.schedules.len() >= MEMBERS_MAX => MANY,
            () => return Ok(()),
        };
        Err(Invalid::new("together", number, range))
    }

    pub(super) fn join(
        &mut self,
        (schedule, allotments): (ScheduleId, &[Allotment]),
        number: Together,
    ) -> Result<(), Invalid> {
        self.may(number)?;
        self.schedules.push(schedule);
        self.reserve(schedule, allotments);
        Ok(())
    }

    /// One is called off, and is not in it any more, unless it is the last: whether there are others. `None` once they are bound.
    pub(super) fn leave(&mut self, schedule: ScheduleId) -> Option<bool> {
        let others = self.schedules.iter().any(|it| *it != schedule);
        if others && !self.bound {
            self.schedules.retain(|it| *it != schedule);
            self.reserved.remove(&schedule);
            if !self.left.contains(&schedule) {
                self.left.push(schedule);
            }
        }
        (!self.bound).then_some(others)
    }

    pub(super) fn schedules(&self) -> &[ScheduleId] {
        &self.schedules
    }

    /// Those that left before it was bound as well.
    pub(super) fn ever(&self) -> Vec<ScheduleId> {
        [&self.schedules[..], &self.left].concat()
    }

    /// The same with nothing more to be said.
    pub(super) fn bound(&self) -> Self {
        Self {
            schedules: self.schedules.clone(),
            left: self.left.clone(),
            reserved: Reserved::new(),
            beacon: self.beacon.clone(),
            bound: true,
        }
    }

    /// Fixes the beacon, if nothing is fixed yet.
    pub(super) fn fix(&mut self, beacon: &BeaconSpec) -> bool {
        let free = !self.bound && self.beacon == BeaconSpec::None;
        if free {
            self.beacon = beacon.clone();
        }
        free
    }

    /// Nothing can be said any more.
    pub(super) fn bind(&mut self) -> (Box<[Member]>, Reserved, BeaconSpec) {
        self.bound = true;
        let member = |schedule: &ScheduleId| Member {
            schedule: *schedule,
            stays: AtomicBool::new(true),
        };
        (
            self.schedules.iter().map(member).collect(),
            std::mem::take(&mut self.reserved),
            self.beacon.clone(),
        )
    }
}

/// Why a schedule can't join a draw by other rules.
pub(super) fn other_rules(number: Together) -> Invalid {
    Invalid::new("together", number, RULES)
}

/// Why it can't join one whose window is open.
pub(super) fn too_late(number: Together) -> Invalid {
    Invalid::new("together", number, LATE)
}

/// One of them, once the window is made.
pub(super) struct Member {
    pub(super) schedule: ScheduleId,
    stays: AtomicBool,
}

impl Member {
    /// Whether it was not called off.
    pub(super) fn stays(&self) -> bool {
        // Relaxed: who enters looks after a window's shard was locked, and who leaves says so before. Whoever draws holds the draw's progress, as whoever leaves does.
        self.stays.load(Ordering::Relaxed)
    }

    /// It is called off. Before anybody's place is looked at.
    pub(super) fn leave(&self) {
        self.stays.store(false, Ordering::Relaxed);
    }
}
