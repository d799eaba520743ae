//! Opening by a draw: when may people enter, and by which rules is drawn?

use super::error::Invalid;
use super::id::Together;
use super::time::Timestamp;

/// A schedule that opens by a draw (摇号): whoever asks in the window is entered, and at its close the slots go by ranks that were not known before.
///
/// ```
/// use fairslot::{EntryWindow, Lottery, Opening, Timestamp};
///
/// let at = Timestamp::from_millis(1_800_000_000_000);
/// let recommended = Opening::lottery(at);
/// let ahead = Opening::Lottery(Lottery { entry_before_ms: 600_000, window: EntryWindow::Fixed { ms: 1 }, ..Lottery::new(at) });
/// # let _ = (recommended, ahead);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Lottery {
    /// The instant of opening (放号).
    pub at: Timestamp,
    /// For how long before it people may enter, in milliseconds. Default 0. With some minutes nobody gains by being fast, and nobody waits for the close.
    #[cfg_attr(feature = "serde", serde(default))]
    pub entry_before_ms: u64,
    /// For how long from it on. Default [`EntryWindow::ADAPTIVE`]. Over by the schedule's `closes_at` at the latest, so by default booking must stay open for 20 seconds.
    #[cfg_attr(feature = "serde", serde(default))]
    pub window: EntryWindow,
    /// How many entries of a cluster stay in the first tier, 1 and up. Default 3.
    #[cfg_attr(feature = "serde", serde(default = "Lottery::cluster_cap"))]
    pub cluster_cap: u32,
    /// Whose suspicion is at least this is a suspect, 1 to 255. Default 128: half of all the points that behaviour can earn.
    #[cfg_attr(feature = "serde", serde(default = "Lottery::suspect_at"))]
    pub suspect_at: u8,
    /// The share of suspects that stays in the first tier, in millionths, 1 to 1,000,000. Default 200,000.
    #[cfg_attr(feature = "serde", serde(default = "Lottery::suspect_weight_ppm"))]
    pub suspect_weight_ppm: u32,
    /// A number of the caller's own. Schedules that the same hospital publishes with the same number are **one draw**: one window, one place a person, one rank for all of them. Whoever asks for several
    /// of them ([`Request::any`](crate::Request::any)) gets, when it is their turn, the first on their list that still has a slot; so nobody has a chance in each, and nobody gains by listing other schedules than they want.
    /// Default none: a draw of its own.
    ///
    /// All of them must have the same `Lottery`, to the last field, and be published before anybody may enter and before the draw's commitment is asked for; they are at most 256. Once it is drawn the number
    /// is free for another draw.
    #[cfg_attr(feature = "serde", serde(default))]
    pub together: Option<Together>,
}

/// From the opening on, how long may people enter?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum EntryWindow {
    /// So long.
    Fixed {
        /// In milliseconds, at least 1.
        ms: u64,
    },
    /// Until hardly anybody comes any more. Looked at every quarter of `quiet_ms` from the opening on: the window closes when, after `min_ms`, no more than `quiet_ppm` of all who are in
    /// came within the last `quiet_ms`; and at `max_ms` in any case.
    Adaptive {
        /// Not earlier than this, in milliseconds.
        min_ms: u64,
        /// How long it is looked back, in milliseconds, 4 to 3,600,000.
        quiet_ms: u64,
        /// Which share of all who are in is hardly anybody, in millionths, at most 1,000,000.
        quiet_ppm: u32,
        /// Not later than this, in milliseconds; at least 1, and not less than `min_ms`.
        max_ms: u64,
    },
}

impl EntryWindow {
    /// At least 3 s and at most 20 s, until no more than 2 % came in the last 2 s. In a simulated rush that is about 13 s (the [chapter on fairness](crate::chapters::fairness) has the figures and their command), and being fast is worth next to nothing.
    pub const ADAPTIVE: Self = Self::Adaptive {
        min_ms: 3_000,
        quiet_ms: 2_000,
        quiet_ppm: 20_000,
        max_ms: 20_000,
    };

    /// Its longest, in milliseconds.
    #[must_use]
    pub const fn max_ms(self) -> u64 {
        match self {
            Self::Fixed { ms } => ms,
            Self::Adaptive { max_ms, .. } => max_ms,
        }
    }
}

impl Default for EntryWindow {
    fn default() -> Self {
        Self::ADAPTIVE
    }
}

impl Lottery {
    /// The recommended one: entry from `at` on until hardly anybody comes any more, three of a cluster and a fifth of the suspects in the first tier.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self {
            at,
            entry_before_ms: 0,
            window: EntryWindow::ADAPTIVE,
            cluster_cap: Self::cluster_cap(),
            suspect_at: Self::suspect_at(),
            suspect_weight_ppm: Self::suspect_weight_ppm(),
            together: None,
        }
    }

    const fn cluster_cap() -> u32 {
        3
    }

    const fn suspect_at() -> u8 {
        128
    }

    const fn suspect_weight_ppm() -> u32 {
        200_000
    }

    /// From when on people may enter.
    #[must_use]
    pub const fn entry_at(&self) -> Timestamp {
        Timestamp::from_millis(self.at.as_millis().saturating_sub(self.entry_before_ms))
    }

    /// When the window closes at the latest.
    #[must_use]
    pub const fn closes_by(&self) -> Timestamp {
        self.at.after(self.window.max_ms())
    }

    /// The same with its window over by then.
    pub(crate) fn within(mut self, closes_at: Timestamp) -> Self {
        let most = closes_at.since(self.at);
        match &mut self.window {
            EntryWindow::Fixed { ms } => *ms = most.min(*ms),
            EntryWindow::Adaptive { max_ms, .. } => *max_ms = most.min(*max_ms),
        }
        self
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        match self.window {
            EntryWindow::Fixed { ms: 0 } => Err(Invalid::new("window_ms", 0, "at least 1")),
            EntryWindow::Adaptive { quiet_ms, .. } if !(4..=3_600_000).contains(&quiet_ms) => {
                Err(Invalid::new("quiet_ms", quiet_ms, "4 to 3,600,000"))
            }
            EntryWindow::Adaptive { quiet_ppm, .. } if quiet_ppm > 1_000_000 => {
                Err(Invalid::new("quiet_ppm", quiet_ppm, "at most 1,000,000"))
            }
            EntryWindow::Adaptive { min_ms, max_ms, .. } if max_ms < min_ms.max(1) => Err(
                Invalid::new("max_ms", max_ms, "at least 1, and not less than min_ms"),
            ),
            _ if self.cluster_cap == 0 => Err(Invalid::new("cluster_cap", 0, "1 and up")),
            _ if self.suspect_at == 0 => Err(Invalid::new("suspect_at", 0, "1 to 255")),
            _ if !(1..=1_000_000).contains(&self.suspect_weight_ppm) => Err(Invalid::new(
                "suspect_weight_ppm",
                self.suspect_weight_ppm,
                "1 to 1,000,000",
            )),
            _ => Ok(()),
        }
    }
}
