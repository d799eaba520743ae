//! How slots are given to those who ask: each mechanism is a few settings of the engine.

use std::sync::Arc;

use fairslot::line::{Quota, SlowQueue, WaitlistPolicy};
use fairslot::{
    Behaviour, Engine, EngineBuilder, EntryWindow, Limit, Lottery, ManualClock, Opening,
    PractitionerId, ReturnPolicy, Schedule, ScheduleId, Session, Timestamp,
};

/// One way to open a schedule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mechanism {
    /// As the lines of JSON have it.
    pub(crate) name: &'static str,
    /// In a few words, in English and in Chinese.
    pub(crate) what: &'static str,
    pub(crate) chinese: &'static str,
    pub(crate) opens: Opens,
    pub(crate) limits: Limits,
    /// Where whoever behaves like a script waits for a turn; `None`: nobody does.
    pub(crate) slow: Option<SlowQueue>,
    pub(crate) returns: Returns,
}

/// What becomes of slots that are given up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Returns {
    pub(crate) policy: ReturnPolicy,
    /// How many of a device are drawn among the first where slots return by a draw; `None`: all.
    pub(crate) cap: Option<u32>,
    /// What giving up again and again costs; `None`: nothing.
    pub(crate) quota: Option<Quota>,
}

impl Returns {
    pub(crate) const AT_ONCE: Self = Self {
        policy: ReturnPolicy::AtOnce,
        cap: Some(3),
        quota: None,
    };
    pub(crate) const DRAW: Self = Self {
        policy: ReturnPolicy::Draw,
        ..Self::AT_ONCE
    };
}

/// Who is first, or who is drawn?
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Opens {
    FirstCome,
    Lottery(Rules),
}

/// The rules of a draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rules {
    /// For how long before the opening people may enter.
    pub(crate) entry_before_ms: u64,
    pub(crate) window: EntryWindow,
    /// How many entries of a device stay in the first tier; `None`: all.
    pub(crate) cap: Option<u32>,
    /// The share of suspects that stays in the first tier, in millionths. With all of them nobody is judged.
    pub(crate) weight_ppm: u32,
}

/// Who may ask how often, by patient, device and network; `None`: as they like.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Limits {
    pub(crate) patient: Option<Limit>,
    pub(crate) device: Option<Limit>,
    pub(crate) network: Option<Limit>,
}

/// What the guide recommends wherever a rush is expected.
pub(crate) const RECOMMENDED: &str = "adaptive_cap3_w0.2";

pub(crate) const ALL_PPM: u32 = 1_000_000;
const FIFTH_PPM: u32 = 200_000;

const NO_LIMITS: Limits = Limits {
    patient: None,
    device: None,
    network: None,
};

const LIMITED: Limits = Limits {
    patient: Some(a_second(1, 3)),
    device: Some(a_second(2, 5)),
    network: Some(a_second(50, 100)),
};

const fn first_come(name: &'static str, words: [&'static str; 2], limits: Limits) -> Mechanism {
    Mechanism {
        name,
        what: words[0],
        chinese: words[1],
        opens: Opens::FirstCome,
        limits,
        slow: None,
        returns: Returns::AT_ONCE,
    }
}

const fn lottery(
    name: &'static str,
    words: [&'static str; 2],
    window: EntryWindow,
    cap: Option<u32>,
    weight_ppm: u32,
) -> Mechanism {
    Mechanism {
        name,
        what: words[0],
        chinese: words[1],
        opens: Opens::Lottery(Rules {
            entry_before_ms: 0,
            window,
            cap,
            weight_ppm,
        }),
        limits: NO_LIMITS,
        slow: None,
        returns: Returns::AT_ONCE,
    }
}

/// A draw among all who ask within so many milliseconds.
const fn window(name: &'static str, words: [&'static str; 2], ms: u64) -> Mechanism {
    lottery(name, words, EntryWindow::Fixed { ms }, None, ALL_PPM)
}

/// With preregistration, people may enter for ten minutes before the opening.
const BEFORE_MS: u64 = 600_000;

/// Every mechanism that is simulated. The first is what most hospitals do.
pub(crate) static MECHANISMS: [Mechanism; 16] = [
    first_come("first_come", ["first come", "先到先得"], NO_LIMITS),
    first_come(
        "first_come_limited",
        ["first come, with limits", "先到先得，限频"],
        LIMITED,
    ),
    Mechanism {
        slow: Some(SlowQueue {
            first_after_ms: 3_000,
            ..SlowQueue::new(1, 1_000)
        }),
        ..first_come(
            "first_come_slow",
            [
                "first come, limits, scripts queue",
                "先到先得，限频，脚本排队",
            ],
            LIMITED,
        )
    },
    window("w0.5", ["draw after 0.5 s", "0.5 秒摇号"], 500),
    window("w1", ["draw after 1 s", "1 秒摇号"], 1_000),
    window("w2", ["draw after 2 s", "2 秒摇号"], 2_000),
    window("w5", ["draw after 5 s", "5 秒摇号"], 5_000),
    window("w10", ["draw after 10 s", "10 秒摇号"], 10_000),
    window("w30", ["draw after 30 s", "30 秒摇号"], 30_000),
    Mechanism {
        opens: Opens::Lottery(Rules {
            entry_before_ms: BEFORE_MS,
            window: EntryWindow::Fixed { ms: 1 },
            cap: None,
            weight_ppm: ALL_PPM,
        }),
        ..window(
            "preregistered",
            ["entry ten minutes ahead", "提前十分钟登记"],
            1,
        )
    },
    lottery(
        "adaptive",
        ["draw when hardly anybody comes", "自适应窗口摇号"],
        EntryWindow::ADAPTIVE,
        None,
        ALL_PPM,
    ),
    lottery(
        "w10_cap3",
        ["10 s, first tier: 3 a device", "10 秒，每设备三个"],
        EntryWindow::Fixed { ms: 10_000 },
        Some(3),
        ALL_PPM,
    ),
    lottery(
        "w10_w0.2",
        ["10 s, first tier: 1/5 of suspects", "10 秒，可疑者五分之一"],
        EntryWindow::Fixed { ms: 10_000 },
        None,
        FIFTH_PPM,
    ),
    lottery(
        "w10_cap3_w0.2",
        ["10 s, both of these", "10 秒，两者并用"],
        EntryWindow::Fixed { ms: 10_000 },
        Some(3),
        FIFTH_PPM,
    ),
    lottery(
        "w30_cap3_w0.2",
        ["30 s, both of these", "30 秒，两者并用"],
        EntryWindow::Fixed { ms: 30_000 },
        Some(3),
        FIFTH_PPM,
    ),
    Mechanism {
        returns: Returns::DRAW,
        ..lottery(
            RECOMMENDED,
            ["recommended: adaptive, both", "推荐：自适应，两者并用"],
            EntryWindow::ADAPTIVE,
            Some(3),
            FIFTH_PPM,
        )
    },
];

/// A limit with cells enough for everybody in the crowd.
const fn a_second(requests: u32, burst: u32) -> Limit {
    Limit {
        cells: CELLS,
        ..Limit::new(requests, 1_000, burst)
    }
}

/// Cells of a limit: several times as many as there are keys in a crowd.
pub(crate) const CELLS: u32 = 8_192;

pub(crate) const SLOTS: u32 = 50;

/// An arbitrary day.
pub(crate) const OPENS_AT: Timestamp = Timestamp::from_millis(1_796_083_200_000);
pub(crate) const DAY_MS: u64 = 86_400_000;

/// An engine, the clock that it goes by, and a schedule of it that opens then.
pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) schedule: ScheduleId,
    pub(crate) opens_at: Timestamp,
}

/// The mechanism of that name.
pub(crate) fn named(name: &str) -> Option<&'static Mechanism> {
    MECHANISMS.iter().find(|it| it.name == name)
}

impl Mechanism {
    /// What people know it by.
    pub(crate) fn called(&self) -> &'static str {
        if self.name == RECOMMENDED {
            "recommended"
        } else {
            self.name
        }
    }

    pub(crate) fn rules(&self) -> Option<&Rules> {
        match &self.opens {
            Opens::FirstCome => None,
            Opens::Lottery(rules) => Some(rules),
        }
    }

    /// Whether it matters how somebody asks, besides when first and from where: then every request is sent, else only those that can change something.
    pub(crate) fn judges(&self) -> bool {
        self.slow.is_some() || self.rules().is_some_and(|rules| rules.weight_ppm < ALL_PPM)
    }

    /// When it is first worth asking for a schedule that opens then: the scripts' and the people's instants count from here.
    pub(crate) fn begins(&self, opens_at: Timestamp) -> Timestamp {
        match self.opening(opens_at) {
            Opening::Lottery(lottery) => lottery.entry_at(),
            _ => opens_at,
        }
    }

    /// For how many seconds people may enter, if that is fixed.
    pub(crate) fn window_s(&self) -> Option<f64> {
        let rules = self.rules()?;
        match rules.window {
            EntryWindow::Fixed { ms } => Some((rules.entry_before_ms + ms) as f64 / 1e3),
            _ => None,
        }
    }

    fn opening(&self, at: Timestamp) -> Opening {
        match &self.opens {
            Opens::FirstCome => Opening::first_come(at),
            Opens::Lottery(rules) => Opening::Lottery(Lottery {
                entry_before_ms: rules.entry_before_ms,
                window: rules.window,
                cluster_cap: rules.cap.unwrap_or(u32::MAX),
                suspect_weight_ppm: rules.weight_ppm,
                ..Lottery::new(at)
            }),
        }
    }

    /// An engine on which everything works in this way. Another seed draws others.
    pub(crate) fn builder(&self, clock: Arc<ManualClock>, seed: u64) -> EngineBuilder {
        let mut builder = Engine::builder()
            .clock(clock)
            .seed(seed)
            .expected_lines(2_048)
            .waitlist(WaitlistPolicy {
                cluster_cap: self.returns.cap.unwrap_or(1 << 20),
                ..WaitlistPolicy::default()
            });
        if self.judges() {
            builder = builder.behaviour(Behaviour {
                records: CELLS,
                ..Behaviour::default()
            });
        }
        if let Some(slow) = self.slow {
            builder = builder.slow_queue(slow);
        }
        if let Some(quota) = self.returns.quota {
            builder = builder.cancel_quota(quota);
        }
        let Limits {
            patient,
            device,
            network,
        } = self.limits;
        if let Some(limit) = patient {
            builder = builder.patient_limit(limit);
        }
        if let Some(limit) = device {
            builder = builder.device_limit(limit);
        }
        if let Some(limit) = network {
            builder = builder.network_limit(limit);
        }
        builder
    }

    /// A schedule that opens in this way, for a session a week later.
    pub(crate) fn schedule(&self, opens_at: Timestamp) -> Result<Schedule, String> {
        let mut schedule = Schedule::new(
            PractitionerId::new(1),
            "2026-12-08".parse().map_err(|why| format!("{why}"))?,
            Session::Morning,
            SLOTS,
            self.opening(opens_at),
            opens_at.after(7 * DAY_MS),
        );
        schedule.returns = self.returns.policy;
        Ok(schedule)
    }

    /// An engine of its own with a schedule that opens at [`OPENS_AT`].
    pub(crate) fn desk(&self, seed: u64) -> Result<Desk, String> {
        let clock = Arc::new(ManualClock::new(self.begins(OPENS_AT)));
        let engine = self.builder(Arc::clone(&clock), seed).build();
        let engine = engine.map_err(|why| why.to_string())?;
        Desk::open(engine, clock, &self.schedule(OPENS_AT)?)
    }
}

impl Desk {
    /// Publishes this schedule.
    pub(crate) fn open(
        engine: Engine,
        clock: Arc<ManualClock>,
        schedule: &Schedule,
    ) -> Result<Self, String> {
        let opens_at = schedule.opens_at();
        let schedule = engine.publish(schedule).map_err(|why| why.to_string())?;
        Ok(Self {
            engine,
            clock,
            schedule,
            opens_at,
        })
    }
}
