//! One schedule's draw, from its announcement on: is its window over, and how far is it drawn?

use crate::draw::{BeaconSpec, Draft, DrawId, Policy, Settled, Terms, Window};
use crate::words::id::ScheduleId;
use crate::words::lottery::{EntryWindow, Lottery};
use crate::words::sync::atomic::{AtomicBool, Ordering};
use crate::words::sync::{Mutex, OnceLock};
use crate::words::time::Timestamp;

use super::Draws;

/// How often in the time that is looked back an adaptive window is looked at.
const LOOKS: u64 = 4;

pub(super) struct Urn {
    schedule: ScheduleId,
    lottery: Lottery,
    published: Timestamp,
    attempt: u32,
    /// Made, and the rules with it, at the first entry, or when somebody asks what is committed to.
    window: OnceLock<Window>,
    /// Whose word the draw waits for after the close, if somebody's.
    beacon: Mutex<BeaconSpec>,
    progress: Mutex<Progress>,
    /// Drawn, or come to nothing.
    over: AtomicBool,
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
        schedule: ScheduleId,
        lottery: Lottery,
        published: Timestamp,
        attempt: u32,
    ) -> Self {
        Self {
            schedule,
            lottery,
            published,
            attempt,
            window: OnceLock::new(),
            beacon: Mutex::new(BeaconSpec::None),
            progress: Mutex::new(Progress::Open(Vec::new())),
            over: AtomicBool::new(false),
        }
    }

    pub(super) fn schedule(&self) -> ScheduleId {
        self.schedule
    }

    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Which draw. The same schedule number published at another time, after a restart say, is another.
    pub(super) fn draw(&self) -> DrawId {
        let published = u128::from(self.published.as_millis());
        DrawId::from(u128::from(self.schedule.0) << 64 | published)
    }

    /// When the window closes at the latest.
    pub(super) fn closes_by(&self) -> Timestamp {
        self.lottery.closes_by()
    }

    pub(super) fn progress(&self) -> &Mutex<Progress> {
        &self.progress
    }

    /// The window, made at its first use for as many slots as `capacity` says then.
    pub(super) fn window(&self, draws: &Draws, capacity: u16) -> &Window {
        self.window.get_or_init(|| {
            let draw = self.draw();
            let policy = Policy {
                cluster_cap: self.lottery.cluster_cap,
                suspect_at: self.lottery.suspect_at,
                suspect_weight_ppm: self.lottery.suspect_weight_ppm,
                ..Policy::new(u32::from(capacity))
            };
            let beacon = self.beacon.lock().clone();
            let terms = Terms::new(draw, self.closes_by(), policy).beacon(beacon);
            let seed = draws.secrets.master.seed(terms.draw, self.attempt);
            let key = draws.secrets.key.clone();
            Window::open_checked(terms, seed, key, draws.settings.entries_max)
        })
    }

    /// Fixes the beacon, if nothing is fixed yet.
    pub(super) fn fix(&self, beacon: &BeaconSpec) -> bool {
        let mut fixed = self.beacon.lock();
        let free = self.window.get().is_none() && *fixed == BeaconSpec::None;
        if free {
            *fixed = beacon.clone();
        }
        free
    }

    /// What would be promised with this beacon.
    pub(super) fn terms_with(&self, beacon: &BeaconSpec) -> Terms {
        Terms::new(self.draw(), self.closes_by(), Policy::new(1)).beacon(beacon.clone())
    }

    /// The window, if it was made.
    pub(super) fn made(&self) -> Option<&Window> {
        self.window.get()
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    pub(super) fn set_over(&self) {
        self.over.store(true, Ordering::Release);
    }

    fn entries(&self) -> u64 {
        self.window.get().map_or(0, Window::entries)
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
