//! The settings of an engine: plain data, checked once.

use std::fmt;

use rand::TryRng;
use rand::rngs::SysRng;

use crate::gate::behaviour::{Behaviour, Watch};
use crate::gate::challenge::StepUp;
use crate::gate::limit::Limit;
use crate::gate::{Gate, PerKind};
use crate::ledger::Ledger;
use crate::line::{Cancels, Quota, SlowQueue, WaitlistPolicy};
use crate::pool::places::Places;
use crate::raw::hash::SplitMix;
use crate::raw::lately::Lately;
use crate::raw::tally::Tally;
use crate::raw::waiters::Waiters;
use crate::raw::wheel::Wheel;
use crate::words::clock::{Clock, SystemClock};
use crate::words::error::Invalid;
use crate::words::id::{ChannelId, PLACE_BITS, RECORD_BITS};
use crate::words::schedule::ReturnPolicy;
use crate::words::sync::atomic::AtomicU64;
use crate::words::sync::{Arc, Mutex};

use super::advance::Chores;
use super::lottery::{self, Draws, Secrets};
use super::observe::Feeds;
use super::queue::Slowed;
use super::returns::Returns;
use super::{Engine, Inner, MEMORY_MS, Settings};

/// Builds an [`Engine`].
///
/// ```
/// use fairslot::{Engine, ManualClock};
///
/// let engine = Engine::builder().clock(ManualClock::default()).seed(7).live_holds_max(2).build()?;
/// # let _ = engine;
/// let no = Engine::builder().book_lines_max(10).build().unwrap_err();
/// assert_eq!(no.to_string(), "book_lines_max is 10; it must be 1,001 to 1,000,000");
/// # Ok::<(), fairslot::Invalid>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct EngineBuilder {
    clock: Option<Box<dyn Clock>>,
    seed: Option<u64>,
    live_holds_max: u32,
    book_lines_max: u32,
    records_max: u32,
    schedules_max: u32,
    expected_lines: u32,
    retire_after_ms: Option<u64>,
    draw_entries_max: u32,
    waits_max: u32,
    step_up: Option<StepUp>,
    draw_entries_kept: u64,
    waitlist: WaitlistPolicy,
    through: Vec<(ChannelId, ReturnPolicy)>,
    quota: Option<Quota>,
    /// The narrowest first, as the gate has them.
    limits: PerKind<Limit>,
    behaviour: Option<Behaviour>,
    slow_queue: Option<SlowQueue>,
    trusted_channels: Vec<ChannelId>,
    #[cfg(feature = "evidence")]
    evidence: Option<crate::gate::evidence::Evidence>,
}

impl EngineBuilder {
    pub(super) fn new() -> Self {
        Self {
            clock: None,
            seed: None,
            live_holds_max: 3,
            book_lines_max: 1_024,
            records_max: 1 << 24,
            schedules_max: 1 << 22,
            expected_lines: 1 << 14,
            retire_after_ms: Some(7 * MEMORY_MS),
            draw_entries_max: 1 << 20,
            waits_max: 1 << 20,
            step_up: None,
            draw_entries_kept: 1 << 22,
            waitlist: WaitlistPolicy::default(),
            through: Vec::new(),
            quota: None,
            limits: PerKind::default(),
            behaviour: None,
            slow_queue: None,
            trusted_channels: Vec::new(),
            #[cfg(feature = "evidence")]
            evidence: None,
        }
    }

    /// The clock. Default: [`SystemClock`]. Keep a handle on one that is moved by hand by passing an `Arc` of it.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// The seed of everything random, hash keys included. Default: 32 bytes from the operating system. The same settings, seed, calls and times
    /// give the same events.
    ///
    /// For tests and replays only: whoever guesses the number foresees every draw, finds everybody in its transcript and can make tickets.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many unconfirmed holds a patient may have at a time: 1 to `u32::MAX`, which is no limit. Default 3, to leave a family's
    /// phone room to compare without letting one identity hoard.
    pub fn live_holds_max(mut self, max: u32) -> Self {
        self.live_holds_max = max;
        self
    }

    /// How many holds and bookings of one patient are kept, ended ones of the last 24 hours included: 1,001 to 1,000,000. Default 1,024. Beyond
    /// it a new hold is refused rather than an old one forgotten.
    pub fn book_lines_max(mut self, max: u32) -> Self {
        self.book_lines_max = max;
        self
    }

    /// How many holds and bookings the engine keeps in all, ended ones included: 1 to 268,435,455. Default 16,777,216. Memory is
    /// taken as they are used, 64 bytes each, and 24 more if requests carry ids.
    pub fn records_max(mut self, max: u32) -> Self {
        self.records_max = max;
        self
    }

    /// How many schedules the engine keeps at a time: 1 to 268,435,455. Default 4,194,304. Memory is taken as they are used.
    pub fn schedules_max(mut self, max: u32) -> Self {
        self.schedules_max = max;
        self
    }

    /// How many holds and bookings are expected at a time, ended ones of the last 24 hours included: 1 to 268,435,455. Default 16,384.
    /// It sizes the table that finds a patient's lines and the filter of named requests, about 18 bytes each together, once: with many times more of them the engine goes
    /// on working and slows down, by a cache line for every seven in a bucket.
    pub fn expected_lines(mut self, lines: u32) -> Self {
        self.expected_lines = lines;
        self
    }

    /// How long after its end (the latest of start and both cut-offs) a schedule is kept, in milliseconds, at least 86,400,000 (24 hours);
    /// `None` keeps all for ever. Default 7 days. `advance` retires them.
    pub fn retire_after_ms(mut self, ms: Option<u64>) -> Self {
        self.retire_after_ms = ms;
        self
    }

    /// How often one patient may ask. Default: no limit, here and for the other three, and then a request costs nothing for it. One a second, five at
    /// once, is what a person with an impatient thumb stays below.
    ///
    /// A request passes if it is within every limit that it names a key for, and is refused as `rate_limited` otherwise; a key that it doesn't name is not
    /// asked for. Only a request that could have a slot is counted: see [`Engine::request`].
    ///
    /// ```
    /// use fairslot::{Engine, Limit};
    ///
    /// let engine = Engine::builder()
    ///     .patient_limit(Limit::new(1, 1_000, 5))
    ///     .network_limit(Limit::new(100, 1_000, 500))
    ///     .build()?;
    /// assert_eq!(engine.stats().limits.len(), 2);
    /// # Ok::<(), fairslot::Invalid>(())
    /// ```
    pub fn patient_limit(mut self, limit: Limit) -> Self {
        self.limits[0] = Some(limit);
        self
    }

    /// How often one account may ask. Let requests name an account only once it has logged in: who may name another's can use up its turns.
    pub fn account_limit(mut self, limit: Limit) -> Self {
        self.limits[1] = Some(limit);
        self
    }

    /// How often one device may ask: a family's phone, or a kiosk, which should rather have no device than this limit.
    pub fn device_limit(mut self, limit: Limit) -> Self {
        self.limits[2] = Some(limit);
        self
    }

    /// How often one network may ask, which is the first 24 bits of an IPv4 address, also where IPv6 carries it, or the first 48 of an IPv6 address. Whole
    /// neighbourhoods share one behind a carrier's translation of addresses: leave room for hundreds of people.
    pub fn network_limit(mut self, limit: Limit) -> Self {
        self.limits[3] = Some(limit);
        self
    }

    /// Writes down what the gate refused, and who got and gave up slots: see [`evidence`](crate::evidence). Default: nothing. Needs the feature `evidence`.
    #[cfg(feature = "evidence")]
    pub fn evidence(mut self, evidence: crate::gate::evidence::Evidence) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// What stands for the settings in the records' policy: both bounds of a patient's book; for each limit whether there is one and its five numbers; whether behaviour is
    /// judged, by which version of a card, and from which score on one is slowed. Each as 8 bytes, big-endian.
    #[cfg(feature = "evidence")]
    fn policy(&self) -> Vec<u8> {
        let limits = self.limits.iter().flat_map(|limit| match limit {
            None => [0; 6],
            Some(it) => [
                1,
                it.requests.into(),
                it.period_ms,
                it.burst.into(),
                it.cells.into(),
                it.penalty.into(),
            ],
        });
        let bounds = [self.live_holds_max, self.book_lines_max].map(u64::from);
        let card = self.behaviour.as_ref().map(|it| &it.card);
        let card = card.map_or([0; 3], |it| [1, it.version.into(), it.slow_at.into()]);
        let numbers = bounds.into_iter().chain(limits).chain(card);
        numbers.flat_map(u64::to_be_bytes).collect()
    }

    /// Whom to ask for more before they enter a draw, and for what. Default: nobody.
    pub fn step_up(mut self, step_up: StepUp) -> Self {
        self.step_up = Some(step_up);
        self
    }

    /// How many may wait for tickets at a time ([`Engine::wait`]): 1 to 268,435,455, rounded up to a multiple of 64, and no more than a 64th of it by tickets whose numbers are alike
    /// modulo 64. Default 1,048,576: everybody in a city's draw. Memory is taken as they come.
    pub fn waits_max(mut self, max: u32) -> Self {
        self.waits_max = max;
        self
    }

    /// How many people may enter one draw: 1 to 268,435,455. Default 1,048,576: a city's worth, drawn in a few hundred milliseconds. Memory is taken as they come, 116 to 232 bytes each beside their
    /// records while the window is open, and once more at its close.
    pub fn draw_entries_max(mut self, max: u32) -> Self {
        self.draw_entries_max = max;
        self
    }

    /// Of how many entries, in all, past draws are kept, so that [`transcript`](Engine::transcript) and [`proof`](Engine::proof) have something to say; the oldest go first, and a retired schedule's in
    /// any case. Default 4,194,304, about 150 bytes each.
    pub fn draw_entries_kept(mut self, entries: u64) -> Self {
        self.draw_entries_kept = entries;
        self
    }

    /// Judges how those who ask behave, by device and account: [`Engine::verdict`] tells, and nobody is refused for it. Default: not at all, and then nothing is
    /// kept for that. What limits, draws, waitlists and slots that rest keep of where a request came from stands in the [chapter on consistency](crate::chapters::consistency).
    pub fn behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = Some(behaviour);
        self
    }

    /// Slows who behaves like a script, where a schedule opens first come: whose score reaches [`Card::slow_at`](crate::Card::slow_at) gets a [`Ticket`](crate::Ticket) instead of a hold, and a slot at their turn, if
    /// one is left. Needs [`behaviour`](Self::behaviour). Default: nobody is slowed. One queue for all schedules, at one rate; who comes through a trusted channel never waits in it.
    ///
    /// ```
    /// use fairslot::line::SlowQueue;
    /// use fairslot::{Behaviour, Engine};
    ///
    /// // One turn a second, the first three seconds after somebody is slowed.
    /// let queue = SlowQueue { first_after_ms: 3_000, ..SlowQueue::new(1, 1_000) };
    /// let engine = Engine::builder().behaviour(Behaviour::default()).slow_queue(queue).build()?;
    /// assert_eq!(engine.stats().slow_queue.map(|it| it.waiting), Some(0));
    /// let no = Engine::builder().slow_queue(queue).build().unwrap_err();
    /// assert_eq!(no.field(), "slow_queue");
    /// # Ok::<(), fairslot::Invalid>(())
    /// ```
    pub fn slow_queue(mut self, settings: SlowQueue) -> Self {
        self.slow_queue = Some(settings);
        self
    }

    /// The channels that the caller vouches for: window, telephone, referral desk. Whoever comes through one is not judged by how many patients come with them, nor by
    /// how regularly or how soon; only by how fast, by a quota of its own; and their device or account is no cluster in a draw. Default: none. A caller that lets others name the channel vouches for everybody.
    pub fn trusted_channels(mut self, channels: impl IntoIterator<Item = ChannelId>) -> Self {
        self.trusted_channels = channels.into_iter().collect();
        self
    }

    /// The waitlists of schedules that return slots by [`ReturnPolicy::Draw`]: how many may wait, how many of a cluster are drawn among the first, and when slots return. An offer is a hold and stands
    /// for as long as the schedule's holds do, whatever `offer_ms` says.
    pub fn waitlist(mut self, policy: WaitlistPolicy) -> Self {
        self.waitlist = policy;
        self
    }

    /// What giving up slots again and again costs in draws: cancelling, or letting a hold run out. On a waitlist the weight counts with which somebody joins; at an opening by a draw they are a suspect
    /// at its close, through whatever they came in. First come and in the slow queue it costs nothing. Default: nothing.
    pub fn cancel_quota(mut self, quota: Quota) -> Self {
        self.quota = Some(quota);
        self
    }

    /// How slots return that are cancelled through this channel ([`Engine::cancel_through`]), whatever their schedule says. A window or a phone line whose staff gives a slot up for somebody may want another policy than an app.
    /// The last one that is said of a channel counts.
    pub fn returns_through(mut self, channel: ChannelId, policy: ReturnPolicy) -> Self {
        self.through.retain(|it| it.0 != channel);
        self.through.push((channel, policy));
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// [`Invalid`], with the field, its value and its range, for a setting out of its range; with field `seed` if none was given and the
    /// operating system has no randomness to give.
    pub fn build(self) -> Result<Engine, Invalid> {
        const MAX: u32 = (1 << RECORD_BITS) - 1;
        const _: () = assert!(PLACE_BITS == RECORD_BITS);
        Invalid::within(
            "live_holds_max",
            self.live_holds_max,
            1..=u32::MAX,
            "at least 1",
        )?;
        Invalid::within(
            "book_lines_max",
            self.book_lines_max,
            1_001..=1_000_000,
            "1,001 to 1,000,000",
        )?;
        self.step_up.as_ref().map_or(Ok(()), StepUp::check)?;
        for (field, value) in [
            ("waits_max", self.waits_max),
            ("records_max", self.records_max),
            ("schedules_max", self.schedules_max),
            ("expected_lines", self.expected_lines),
            ("draw_entries_max", self.draw_entries_max),
        ] {
            Invalid::within(field, value, 1..=MAX, "1 to 268,435,455")?;
        }
        if let Some(ms) = self.retire_after_ms.filter(|ms| *ms < MEMORY_MS) {
            return Err(Invalid::new(
                "retire_after_ms",
                ms,
                "at least 86,400,000 (24 hours), or None",
            ));
        }
        let missing = |_| {
            Invalid::new(
                "seed",
                "not given and not to be had from the operating system",
                "given, then",
            )
        };
        let (seed, secrets) = match self.seed {
            Some(seed) => (seed, Secrets::of_seed(seed)),
            None => {
                // Seeds of draws are revealed, so what they come from is more than could be tried out.
                let mut root = [0; 32];
                SysRng.try_fill_bytes(&mut root).map_err(missing)?;
                let seed = SysRng.try_next_u64().map_err(missing)?;
                (seed, Secrets::of(&root))
            }
        };
        self.waitlist.check()?;
        (self.through.iter()).try_for_each(|it| it.1.check("returns_through.ms"))?;
        #[cfg(feature = "evidence")]
        let policy = self.policy();
        let mut through = self.through;
        through.sort_unstable_by_key(|it| it.0);
        let mut trusted = self.trusted_channels;
        trusted.sort_unstable();
        let draws = lottery::Settings {
            entries_max: self.draw_entries_max,
            entries_kept: self.draw_entries_kept,
            trusted: trusted.clone().into(),
        };
        let mut key = SplitMix(seed);
        let (ledger_keys, filter_keys) = (key.keys(), key.keys());
        let gate = Gate::new(self.limits, &mut key)?;
        let behaviour = self.behaviour.as_ref();
        let watch = behaviour
            .map(|it| Watch::new(it, &trusted, self.schedules_max, &mut key))
            .transpose()?;
        #[cfg(feature = "evidence")]
        let evidence = match self.evidence {
            Some(evidence) => {
                evidence.check()?;
                Some(Box::new(crate::gate::evidence::Log::new(evidence, &policy)))
            }
            None => None,
        };
        let marks = key.keys();
        let cancels = |quota| Cancels::new(quota, marks.hash(1));
        let cancels = self.quota.map(cancels).transpose()?;
        if self.slow_queue.is_some() && watch.is_none() {
            let range = "set together with behaviour, which says who is slowed";
            return Err(Invalid::new("slow_queue", "set alone", range));
        }
        let slowed = (self.slow_queue).map(|it| Slowed::new(it, &mut key));
        let slowed = slowed.transpose()?;
        let through = through.into();
        let returns = Returns::new(&secrets.returns, marks, self.waitlist, through, cancels);
        let clock = self.clock.unwrap_or_else(|| Box::new(SystemClock::new()));
        let recent = clock.recent();
        Ok(Engine {
            inner: Arc::new(Inner {
                places: Places::new(self.schedules_max),
                // Number 0 stands for none.
                ledger: Ledger::new(self.expected_lines, self.records_max + 1, ledger_keys),
                wheel: Wheel::new(),
                recent_unwatched: recent.clone().filter(|_| watch.is_none()),
                recent,
                clock,
                high: AtomicU64::new(0),
                settings: Settings {
                    live_holds_max: self.live_holds_max,
                    book_lines_max: self.book_lines_max,
                    retire_after_ms: self.retire_after_ms,
                },
                keys: filter_keys,
                gate: gate.map(Box::new),
                #[cfg(feature = "evidence")]
                evidence,
                draws: Box::new(Draws::new(secrets, draws)),
                watch: watch.map(Box::new),
                returns: Box::new(returns),
                slowed: slowed.map(Box::new),
                named: Lately::new(self.expected_lines),
                tally: Tally::new(),
                feeds: Feeds::new(),
                waiters: Waiters::new(self.waits_max),
                step_up: self.step_up.map(Box::new),
                chores: Mutex::new(Chores::default()),
            }),
        })
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder")
            .field("live_holds_max", &self.live_holds_max)
            .field("book_lines_max", &self.book_lines_max)
            .field("records_max", &self.records_max)
            .field("schedules_max", &self.schedules_max)
            .field("expected_lines", &self.expected_lines)
            .field("retire_after_ms", &self.retire_after_ms)
            .field("draw_entries_max", &self.draw_entries_max)
            .field("draw_entries_kept", &self.draw_entries_kept)
            .field("limits", &self.limits)
            .field("behaviour", &self.behaviour)
            .field("slow_queue", &self.slow_queue)
            .field("trusted_channels", &self.trusted_channels)
            .finish_non_exhaustive()
    }
}
