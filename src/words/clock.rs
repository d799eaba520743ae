//! Clocks. The engine has no clock but the one it is handed, and reads it once a call.
//!
//! This is the only file in which the machine's clocks are read.

use std::fmt;
use std::sync::Arc as StdArc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use super::sync::{Arc, Mutex};
use super::time::Timestamp;

/// Tells the time.
///
/// A clock may stand still, step back or leap: the engine keeps the highest time at which it changed something and never goes
/// behind it. A clock that panics panics in its caller before anything was changed.
pub trait Clock: Send + Sync {
    /// The time now. What decides (claim, confirm, expire) reads this.
    fn now(&self) -> Timestamp;

    /// A word that holds a recent reading, if the clock keeps one: what the first look at a request is judged by, since reading a clock costs more than
    /// the whole look. Its lag is the clock's to state. Default: none, and [`now`](Self::now) is read instead.
    fn recent(&self) -> Option<RecentTime> {
        None
    }
}

impl<C: Clock + ?Sized> Clock for StdArc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn recent(&self) -> Option<RecentTime> {
        (**self).recent()
    }
}

/// A reading of a clock in one word, shared between the clock that writes it and the engines that read it.
#[derive(Debug, Clone, Default)]
pub struct RecentTime(Arc<AtomicU64>);

// Relaxed: the word is a number on its own; nothing is published with it.
impl RecentTime {
    /// A word that holds `time`.
    #[must_use]
    pub fn new(time: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(time.as_millis())))
    }

    /// What it holds.
    #[inline]
    #[must_use]
    pub fn get(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    /// Has it hold another reading.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.as_millis(), Ordering::Relaxed);
    }
}

/// How long something has taken, by the machine: for whoever blocks a thread. Nothing is decided by it.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the machine's clocks are read"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The machine's clock, anchored to its monotonic one.
///
/// A reading that lies more than [`SystemClock::LEAP`] away from what the monotonic clock expects is not believed until it has
/// stayed there for [`SystemClock::PATIENCE`]: one wild reading would expire every hold at once, and the engine, which never
/// goes back, could not take it back. Readings within the bound follow the machine, NTP's slewing included. The machine's clock is looked at every
/// [`SystemClock::LOOK`]; in between the monotonic one alone is read.
pub struct SystemClock {
    anchor: Anchor,
    started: Instant,
}

impl SystemClock {
    /// How far a reading may lie from the expected one: 5 seconds.
    pub const LEAP: Duration = Duration::from_secs(5);
    /// How long a leap must last to be believed: one minute.
    pub const PATIENCE: Duration = Duration::from_secs(60);
    /// How often the machine's clock is looked at: every 10 milliseconds.
    pub const LOOK: Duration = Duration::from_millis(10);

    /// The machine's clock from now on.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn new() -> Self {
        let started = Instant::now();
        Self {
            anchor: Anchor::new(wall_ms()),
            started,
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        let mono = || millis(Instant::now().duration_since(self.started));
        let before = mono();
        let time = self.anchor.at(before).unwrap_or_else(|| {
            let (wall, after) = (wall_ms(), mono());
            // Only two readings of one moment say anything of each other.
            if after - before <= 1 {
                self.anchor.read(wall, after)
            } else {
                self.anchor.expected(after)
            }
        });
        Timestamp::from_millis(time)
    }
}

impl fmt::Debug for SystemClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemClock").finish_non_exhaustive()
    }
}

/// Milliseconds since the epoch as the machine sees it; 0 if it stands before it.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn wall_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, millis)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Where the wall clock stands against the monotonic one, and since when it has stood elsewhere. Between two looks nothing is written.
///
/// Relaxed throughout: the numbers stand on their own, and the lock orders the rare changes.
#[derive(Debug)]
struct Anchor {
    /// Wall time minus monotonic time, wrapping, at the last settling.
    offset: AtomicU64,
    /// Monotonic time of the last look at the wall clock.
    looked: AtomicU64,
    /// Whether `astray` holds something, so that a good reading need not lock to find out.
    wandering: AtomicBool,
    /// Monotonic time since when readings have lain at another, steady place, and how far off that is.
    astray: Mutex<Option<(u64, i128)>>,
}

impl Anchor {
    /// Anchored to a wall clock that reads `wall` when the monotonic one reads 0.
    fn new(wall: u64) -> Self {
        Self {
            offset: AtomicU64::new(wall),
            looked: AtomicU64::new(0),
            wandering: AtomicBool::new(false),
            astray: Mutex::new(None),
        }
    }

    /// The time by the monotonic clock alone, if the wall clock was looked at just now.
    fn at(&self, mono: u64) -> Option<u64> {
        let fresh =
            mono.wrapping_sub(self.looked.load(Ordering::Relaxed)) < millis(SystemClock::LOOK);
        fresh.then(|| mono.wrapping_add(self.offset.load(Ordering::Relaxed)))
    }

    /// The time by the monotonic clock alone.
    fn expected(&self, mono: u64) -> u64 {
        mono.wrapping_add(self.offset.load(Ordering::Relaxed))
    }

    fn read(&self, wall: u64, mono: u64) -> u64 {
        self.looked.store(mono, Ordering::Relaxed);
        let expected = mono.wrapping_add(self.offset.load(Ordering::Relaxed));
        let off = i128::from(wall) - i128::from(expected);
        let leap = i128::from(millis(SystemClock::LEAP));
        if off.abs() > leap {
            return self.doubt(wall, mono, expected, off);
        }
        // Follow the machine. Reading whole milliseconds of two clocks, one may be ahead by one.
        if off.abs() > 1 || self.wandering.load(Ordering::Relaxed) {
            self.settle(&mut self.astray.lock(), wall, mono);
        }
        mono.wrapping_add(self.offset.load(Ordering::Relaxed))
    }

    #[cold]
    fn doubt(&self, wall: u64, mono: u64, expected: u64, off: i128) -> u64 {
        let mut astray = self.astray.lock();
        match *astray {
            Some((since, before))
                if (off - before).abs() <= i128::from(millis(SystemClock::LEAP)) =>
            {
                if mono.saturating_sub(since) >= millis(SystemClock::PATIENCE) {
                    self.settle(&mut astray, wall, mono);
                    return wall;
                }
            }
            _ => {
                *astray = Some((mono, off));
                self.wandering.store(true, Ordering::Relaxed);
            }
        }
        expected
    }

    fn settle(&self, astray: &mut Option<(u64, i128)>, wall: u64, mono: u64) {
        *astray = None;
        self.wandering.store(false, Ordering::Relaxed);
        self.offset
            .store(wall.wrapping_sub(mono), Ordering::Relaxed);
    }
}

/// Another clock, with a recent reading kept in a word.
///
/// The word holds the time of the last [`tick`](CoarseClock::tick); its lag is the time between ticks. An engine's [`Driver`](crate::Driver) ticks if
/// it is given the clock, or the caller does. `now` reads the other clock.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use fairslot::{CoarseClock, Engine, SystemClock};
///
/// let clock = Arc::new(CoarseClock::new(SystemClock::new()));
/// let engine = Engine::builder().clock(Arc::clone(&clock)).build()?;
/// // Ticks, and advances the engine, every millisecond, for as long as it is kept.
/// let driver = engine.drive(Duration::from_millis(1), move || clock.tick())?;
/// # drop(driver);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CoarseClock<C = SystemClock> {
    clock: C,
    recent: RecentTime,
}

impl<C: Clock> CoarseClock<C> {
    /// A cached reading of `clock`.
    #[must_use]
    pub fn new(clock: C) -> Self {
        let recent = RecentTime::new(clock.now());
        Self { clock, recent }
    }

    /// Reads the other clock into the word.
    pub fn tick(&self) {
        self.recent.set(self.clock.now());
    }
}

impl<C: Clock> Clock for CoarseClock<C> {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn recent(&self) -> Option<RecentTime> {
        Some(self.recent.clone())
    }
}

/// A clock in the caller's hand, for tests, simulations and replay.
#[derive(Debug, Default)]
pub struct ManualClock {
    time: RecentTime,
}

impl ManualClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self {
            time: RecentTime::new(start),
        }
    }

    /// Sets it, forward or back.
    pub fn set(&self, to: Timestamp) {
        self.time.set(to);
    }

    /// Moves it on by that many milliseconds.
    pub fn pass(&self, ms: u64) {
        self.time.set(self.time.get().after(ms));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.time.get()
    }

    fn recent(&self) -> Option<RecentTime> {
        Some(self.time.clone())
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;

    #[test]
    fn f07_clock_one_bad_reading_is_not_believed() {
        let anchor = Anchor::new(1_000_000_000);
        assert_eq!(anchor.read(1_000_000_010, 10), 1_000_000_010);
        assert_eq!(anchor.read(1_000_000_020 + DAY, 20), 1_000_000_020);
        assert_eq!(anchor.read(1_000_000_030, 30), 1_000_000_030);
        assert_eq!(anchor.read(1_000_000_040 - 3_600_000, 40), 1_000_000_040);
        assert_eq!(anchor.read(0, 50), 1_000_000_050);
    }

    #[test]
    fn f07_clock_a_lasting_leap_is_believed_after_a_minute() {
        let anchor = Anchor::new(1_000_000_000);
        assert_eq!(anchor.read(1_000_000_000 + DAY, 0), 1_000_000_000);
        assert_eq!(anchor.read(1_000_059_999 + DAY, 59_999), 1_000_059_999);
        assert_eq!(
            anchor.read(1_000_060_000 + DAY, 60_000),
            1_000_060_000 + DAY
        );
        assert_eq!(
            anchor.read(1_000_060_001 + DAY, 60_001),
            1_000_060_001 + DAY
        );
    }

    #[test]
    fn f07_clock_readings_astray_in_different_places_are_never_believed() {
        let anchor = Anchor::new(1_000_000_000);
        for second in 0..120 {
            let wild = 1_000_000_000 + DAY * (1 + second % 2) + second * 1_000;
            assert_eq!(
                anchor.read(wild, second * 1_000),
                1_000_000_000 + second * 1_000
            );
        }
    }

    #[test]
    fn small_steps_follow_the_machine() {
        let anchor = Anchor::new(1_000_000_000);
        assert_eq!(anchor.read(1_000_000_000 - 4_000, 0), 1_000_000_000 - 4_000);
        assert_eq!(anchor.read(1_000_000_000 + 1_000, 1), 1_000_000_000 + 1_000);
    }
}
