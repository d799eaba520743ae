//! One draw, from its announcement on: which schedules is it for, is its window over, and how far is it drawn?

use crate::draw::{BeaconSpec, Draft, DrawId, Policy, Pool, Settled, Terms, Window};
use crate::words::allotment::Allotment;
use crate::words::id::ScheduleId;
use crate::words::lottery::{EntryWindow, Lottery};
use crate::words::sync::atomic::{AtomicBool, Ordering};
use crate::words::sync::{Mutex, OnceLock};
use crate::words::time::Timestamp;

use super::Draws;
use super::members::{Joining, MEMBERS_MAX, Member, Number};

/// How often in the time that is looked back an adaptive window is looked at.
const LOOKS: u64 = 4;

pub(super) struct Urn {
    /// The first that was published for it: what the draw is called by.
    lead: ScheduleId,
    lottery: Lottery,
    published: Timestamp,
    attempt: u32,
    /// By what others may join.
    number: Option<Number>,
    joining: Mutex<Joining>,
    /// Made, and the rules with it, at the first entry, or when somebody asks what is committed to.
    bound: OnceLock<Bound>,
    progress: Mutex<Progress>,
    /// Drawn, or come to nothing.
    over: AtomicBool,
}

/// The window, and which schedules it is for, in the order of its pools.
struct Bound {
    window: Window,
    members: Box<[Member]>,
    /// The same in order of their schedules, with the numbers of their pools.
    by_schedule: Box<[(ScheduleId, u16)]>,
}

/// How far it is.
pub(super) enum Progress {
    /// Not known to be closed. How many were in at each look so far, of an adaptive window.
    Open(Vec<u64>),
    /// Closed at that instant, and not drawn: nothing was done yet, or the beacon has not spoken.
    Closed(Timestamp),
    /// Being granted, a place at a time.
    Granting(Timestamp, Draft),
    /// Drawn.
    Drawn(Settled),
    /// The session was called off before.
    Void,
}

/// Whether a window is over.
pub(super) enum Close {
    /// Since then.
    At(Timestamp),
    /// No; to be looked at again then.
    NotBefore(u64),
}

impl Urn {
    pub(super) fn new(
        (lead, allotments): (ScheduleId, &[Allotment]),
        lottery: Lottery,
        published: Timestamp,
        attempt: u32,
        number: Option<Number>,
    ) -> Self {
        Self {
            lead,
            lottery,
            published,
            attempt,
            number,
            joining: Joining::new(lead, allotments),
            bound: OnceLock::new(),
            progress: Mutex::new(Progress::Open(Vec::new())),
            over: AtomicBool::new(false),
        }
    }

    /// What is kept of one that came to nothing: what it was called by, so that no other draw of these schedules is called the same. Its window and whoever was in it are not.
    pub(super) fn husk(&self) -> Self {
        Self {
            lead: self.lead,
            lottery: self.lottery,
            published: self.published,
            attempt: self.attempt,
            number: self.number,
            joining: Mutex::new(self.joining.lock().bound()),
            bound: OnceLock::new(),
            progress: Mutex::new(Progress::Void),
            over: AtomicBool::new(true),
        }
    }

    pub(super) fn lead(&self) -> ScheduleId {
        self.lead
    }

    pub(super) fn lottery(&self) -> &Lottery {
        &self.lottery
    }

    pub(super) fn number(&self) -> Option<Number> {
        self.number
    }

    pub(super) fn published(&self) -> Timestamp {
        self.published
    }

    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Which draw. The same schedule number published at another time, after a restart say, is another.
    pub(super) fn draw(&self) -> DrawId {
        let published = u128::from(self.published.as_millis());
        DrawId::from(u128::from(self.lead.0) << 64 | published)
    }

    /// When the window closes at the latest.
    pub(super) fn closes_by(&self) -> Timestamp {
        self.lottery.closes_by()
    }

    pub(super) fn progress(&self) -> &Mutex<Progress> {
        &self.progress
    }

    pub(super) fn joining(&self) -> &Mutex<Joining> {
        &self.joining
    }

    /// The window, made at its first use for as many slots of each schedule as `capacity` says then: those that are reserved, and the rest for everybody.
    pub(super) fn window(&self, draws: &Draws, capacity: impl Fn(ScheduleId) -> u16) -> &Window {
        let bound = self.bound.get_or_init(|| {
            let draw = self.draw();
            let (members, reserved, beacon) = self.joining.lock().bind();
            let slots = |it: &Member| {
                let allotments = reserved.get(&it.schedule).map_or(&[][..], |it| it);
                Pool::declared(allotments, u32::from(capacity(it.schedule)))
            };
            let policy = Policy {
                cluster_cap: self.lottery.cluster_cap,
                suspect_at: self.lottery.suspect_at,
                suspect_weight_ppm: self.lottery.suspect_weight_ppm,
                pools: members.iter().map(slots).collect(),
            };
            let terms = Terms::new(draw, self.closes_by(), policy).beacon(beacon);
            let seed = draws.secrets.master.seed(terms.draw, self.attempt);
            let key = draws.secrets.key.clone();
            let most = draws.settings.entries_max;
            // At most 256.
            let by_schedule = members.iter().map(|it| it.schedule).zip(0..);
            let mut by_schedule: Box<[_]> = by_schedule.collect();
            by_schedule.sort_unstable();
            Bound {
                window: Window::open_checked(terms, seed, key, most),
                members,
                by_schedule,
            }
        });
        &bound.window
    }

    /// What would be promised with this beacon.
    pub(super) fn terms_with(&self, beacon: &BeaconSpec) -> Terms {
        Terms::new(self.draw(), self.closes_by(), Policy::new(1)).beacon(beacon.clone())
    }

    /// The window, if it was made.
    pub(super) fn made(&self) -> Option<&Window> {
        self.bound.get().map(|bound| &bound.window)
    }

    // ---- which schedules it is for ------------------------------------------------------------------------------------------

    /// All of them, once the window is made; in the order of its pools.
    pub(super) fn members(&self) -> &[Member] {
        self.bound.get().map_or(&[], |bound| &bound.members)
    }

    /// Whether this schedule is drawn by it, once the window is made.
    pub(super) fn has(&self, schedule: ScheduleId) -> bool {
        // For one alone nothing needs to be read: it never leaves.
        if self.number.is_none() {
            return schedule == self.lead;
        }
        let mut members = self.members().iter();
        members.any(|it| it.schedule == schedule && it.stays())
    }

    /// The schedule of a pool, unless it was called off.
    pub(super) fn of_pool(&self, pool: u16) -> Option<ScheduleId> {
        let member = self.members().get(usize::from(pool))?;
        (self.number.is_none() || member.stays()).then_some(member.schedule)
    }

    /// The pools of those of these schedules that are drawn by it, each once; none if there is only one to be had.
    pub(super) fn wishes(&self, schedules: &[ScheduleId]) -> Vec<u16> {
        let mut wishes = Vec::new();
        let Some(bound) = self.bound.get().filter(|it| it.members.len() > 1) else {
            return wishes;
        };
        // Whoever asks says how long the list is: a name costs a few steps, however many members there are and however often it is there.
        let mut listed = [false; MEMBERS_MAX];
        for schedule in schedules {
            let found = bound.by_schedule.binary_search_by_key(schedule, |it| it.0);
            let pool = found.ok().and_then(|at| bound.by_schedule.get(at));
            let Some(&(_, pool)) = pool else { continue };
            let at = usize::from(pool);
            if let (Some(member), Some(listed)) = (bound.members.get(at), listed.get_mut(at))
                && member.stays()
                && !std::mem::replace(listed, true)
            {
                wishes.push(pool);
            }
            if wishes.len() == bound.members.len() {
                break;
            }
        }
        wishes
    }

    /// The first of these pools that is still to be had, and its schedule.
    pub(super) fn first_of(&self, wishes: &[u16]) -> Option<ScheduleId> {
        wishes.iter().find_map(|pool| self.of_pool(*pool))
    }

    /// A schedule is called off, before it is drawn: whether others are left, and draw without it. `bind` makes the window. Under the draw's progress.
    pub(super) fn leave(&self, schedule: ScheduleId, bind: impl FnOnce()) -> bool {
        if let Some(others) = self.joining.lock().leave(schedule) {
            return others;
        }
        // Whoever began to make it may not be done.
        bind();
        let is_it = |it: &&Member| it.schedule == schedule;
        let members = self.members();
        let others = members.iter().any(|it| !is_it(&it) && it.stays());
        if others {
            members.iter().filter(is_it).for_each(Member::leave);
        }
        others
    }

    // ---- how far it is ------------------------------------------------------------------------------------------------------

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    pub(super) fn set_over(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// How many are in.
    pub(super) fn entries(&self) -> u64 {
        self.made().map_or(0, Window::entries)
    }

    /// From the opening on, one look after the other.
    fn step(&self) -> Option<u64> {
        match self.lottery.window {
            EntryWindow::Fixed { .. } => None,
            EntryWindow::Adaptive { quiet_ms, .. } => Some((quiet_ms / LOOKS).max(1)),
        }
    }

    /// When it is to be looked at first.
    pub(super) fn first_look(&self) -> u64 {
        let at = self.lottery.at.as_millis();
        self.step().map_or(self.closes_by().as_millis(), |step| {
            at.saturating_add(step).min(self.closes_by().as_millis())
        })
    }

    /// Looks at the window, for all looks up to `now` that have not been: nobody has entered since the first of them, or they would have looked.
    pub(super) fn look(&self, looks: &mut Vec<u64>, now: Timestamp) -> Close {
        let (last, now) = (self.closes_by(), now.as_millis());
        let EntryWindow::Adaptive {
            min_ms, quiet_ppm, ..
        } = self.lottery.window
        else {
            return if now >= last.as_millis() {
                Close::At(last)
            } else {
                Close::NotBefore(last.as_millis())
            };
        };
        let step = self.step().unwrap_or(1);
        let entries = self.entries();
        loop {
            let after = step.saturating_mul(looks.len() as u64 + 1);
            let at = self.lottery.at.after(after);
            if at >= last {
                return if now >= last.as_millis() {
                    Close::At(last)
                } else {
                    Close::NotBefore(last.as_millis())
                };
            }
            if at.as_millis() > now {
                return Close::NotBefore(at.as_millis());
            }
            let back = looks.len().checked_sub(LOOKS as usize - 1);
            let before = match back {
                Some(0) | None => 0,
                Some(back) => looks.get(back - 1).copied().unwrap_or(0),
            };
            looks.push(entries);
            let came = u128::from(entries.saturating_sub(before));
            let hardly = came * 1_000_000 <= u128::from(quiet_ppm) * u128::from(entries);
            if after >= min_ms && hardly {
                return Close::At(at);
            }
        }
    }
}
