//! When does somebody ask? People as people do, scripts as scripts do.

use crate::dice::Dice;

/// How somebody behaves at an opening, in seconds after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Habit {
    /// Comes around a time of one's own, and asks four times with a few seconds between.
    Ordinary { median_s: f64 },
    /// Has the page open and presses at 0.3 to 0.6 s, then again about every quarter of a second.
    Eager,
    /// Presses on the hunch that it is time, within 0.2 s, and goes on like the eager.
    PreClicker,
    /// A script that asks a hundred times a second from the first milliseconds on.
    Script,
    /// A script made to look like a quick person: 0.15 to 0.6 s, three times.
    Disguised,
}

/// A kind of people: what it is called, and whether a habit is of it.
type Kind = (&'static str, fn(&Habit) -> bool);

/// The quickest first.
pub(crate) const KINDS: [Kind; 3] = [
    ("pre-clickers 提前点击", |habit| {
        matches!(habit, Habit::PreClicker)
    }),
    ("eager 守候", |habit| matches!(habit, Habit::Eager)),
    ("ordinary 普通", |habit| {
        matches!(habit, Habit::Ordinary { .. })
    }),
];

/// Nobody comes for the first time before the one, or after the other, unless eager.
const EARLIEST_S: f64 = 0.3;
const LATEST_S: f64 = 30.0;

impl Habit {
    /// The habit of one of the people.
    pub(crate) fn of_a_person(dice: &mut Dice) -> Self {
        if dice.yes(0.1) {
            return if dice.yes(0.2) {
                Self::PreClicker
            } else {
                Self::Eager
            };
        }
        Self::Ordinary {
            median_s: (3_f64.ln() + 0.8 * dice.normal()).exp(),
        }
    }

    /// The instants at which one with this habit asks in one opening, until served, in seconds after it.
    pub(crate) fn instants(self, dice: &mut Dice, mut ask: impl FnMut(f64)) {
        let (mut at, times) = match self {
            Self::Ordinary { median_s } => {
                let first = median_s * (0.4 * dice.normal()).exp();
                (first.clamp(EARLIEST_S, LATEST_S), 4)
            }
            Self::Eager => (dice.between(0.3, 0.6), 15),
            Self::PreClicker => (dice.between(0.0, 0.2), 15),
            Self::Script => (dice.between(0.0, 0.005), 100),
            Self::Disguised => (dice.between(0.15, 0.6), 3),
        };
        for nth in 0..times {
            if nth > 0 {
                at += self.gap(dice);
            }
            ask(at);
        }
    }

    /// Seconds to the next time.
    fn gap(self, dice: &mut Dice) -> f64 {
        match self {
            Self::Ordinary { .. } => dice.between(1.0, 4.0),
            Self::Eager | Self::PreClicker => (0.25 + 0.08 * dice.normal()).max(0.08),
            Self::Script => 0.010 * (1.0 + 0.03 * dice.normal()),
            Self::Disguised => (0.8_f64.ln() + 0.5 * dice.normal()).exp(),
        }
    }
}
