//! One draw, from its announcement on: which schedules is it for, is its window over, and how far is it drawn?

use crate::draw::{BeaconSpec, Draft, DrawId, Policy, Pool, Settled, Terms, Window};
use crate::words::allotment::Allotment;
use crate::words::id::ScheduleId;
use crate::words::lottery::{EntryWindow, Lottery};
use crate::words::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::words::sync::{Mutex, OnceLock};
use crate::words::time::Timestamp;

use super::Draws;
use super::members::{Joining, MEMBERS_MAX, Member, Number};

/// How often in the time that is looked back an adaptive window is looked at.
const LOOKS: usize = 4;

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
    /// When the window is to be looked at next: from then on it may be over, and nobody comes in until that is decided.
    next_look: AtomicU64,
    /// Drawn, or come to nothing.
    over: AtomicBool,
}

/// Of an adaptive window: how many looks there were so far, and how many people were in at the last of them.
#[derive(Default)]
pub(super) struct Looks {
    /// Whether it was seen who was in at the opening.
    begun: bool,
    count: u64,
    /// By the number of the look.
    seen: [u64; LOOKS],
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
    /// Not known to be closed.
    Open(Looks),
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
            next_look: AtomicU64::new(first_look(&lottery)),
            lead,
            lottery,
            published,
            attempt,
            number,
            joining: Joining::new(lead, allotments),
            bound: OnceLock::new(),
            progress: Mutex::new(Progress::Open(Looks::default())),
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
            next_look: AtomicU64::new(0),
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

    /// When the window is to be looked at next.
    pub(super) fn next_look(&self) -> u64 {
        // Relaxed: it only rises, and whoever reads an older one waits for a look that was made already.
        self.next_look.load(Ordering::Relaxed)
    }

    /// Looks at the window, for all looks up to `now` that have not been: nobody has entered since the first of them, or they would have looked.
    pub(super) fn look(&self, looks: &mut Looks, now: Timestamp) -> Close {
        let close = self.look_at(looks, now);
        if let Close::NotBefore(at) = close {
            self.next_look.store(at, Ordering::Relaxed);
        }
        close
    }

    fn look_at(&self, looks: &mut Looks, now: Timestamp) -> Close {
        let last = self.closes_by();
        let at_last = || match now >= last {
            true => Close::At(last),
            false => Close::NotBefore(last.as_millis()),
        };
        let (
            Some(step),
            EntryWindow::Adaptive {
                min_ms, quiet_ppm, ..
            },
        ) = (step(&self.lottery), self.lottery.window)
        else {
            return at_last();
        };
        let entries = self.entries();
        // Who came early came before any look.
        let early = self.lottery.entry_before_ms > 0;
        if early && !looks.begun {
            if now < self.lottery.at {
                return Close::NotBefore(self.lottery.at.as_millis());
            }
            looks.begun = true;
            looks.seen = [entries; LOOKS];
        }
        // Until so many looks have been it is not known what came in as long as must be quiet; but nobody is waited for where nobody is in.
        let least = match early && entries > 0 {
            true => LOOKS as u64,
            false => 0,
        };
        loop {
            let number = looks.count + 1;
            let after = step.saturating_mul(number);
            let at = self.lottery.at.after(after);
            if at >= last {
                return at_last();
            }
            if at > now {
                return Close::NotBefore(at.as_millis());
            }
            looks.count = number;
            // Where this one goes was the one that it is held against.
            let place = (number % LOOKS as u64) as usize;
            let before = std::mem::replace(&mut looks.seen[place], entries);
            let came = u128::from(entries.saturating_sub(before));
            let hardly = came * 1_000_000 <= u128::from(quiet_ppm) * u128::from(entries);
            if after >= min_ms && number >= least && hardly {
                return Close::At(at);
            }
            if looks.seen == [entries; LOOKS] {
                // All that is missing is time: the looks until then would see the same.
                let enough = min_ms.div_ceil(step).max(least);
                let by_now = now.since(self.lottery.at) / step;
                looks.count = number.max(enough.min(by_now).saturating_sub(1));
            }
        }
    }
}

/// From the opening on, one look after the other, of an adaptive window.
fn step(lottery: &Lottery) -> Option<u64> {
    match lottery.window {
        EntryWindow::Fixed { .. } => None,
        EntryWindow::Adaptive { quiet_ms, .. } => Some((quiet_ms / LOOKS as u64).max(1)),
    }
}

/// When it is to be looked at first.
fn first_look(lottery: &Lottery) -> u64 {
    let last = lottery.closes_by();
    let first = step(lottery).map_or(last, |step| match lottery.entry_before_ms {
        0 => lottery.at.after(step),
        // Who was in by then is seen then.
        _ => lottery.at,
    });
    first.min(last).as_millis()
}
