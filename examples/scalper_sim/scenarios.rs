//! What the study is made of: the openings, and what comes before and after them.

use crate::mechanism::Mechanism;
use crate::part::Part;
use crate::study::Size;
use crate::{hand_off, hoard, limiter, slow_queue};

/// Told how many of how many steps are done.
type Done<'a> = &'a (dyn Fn(usize, usize) + Sync);

type Run = fn(&Size, Option<&'static Mechanism>, Done<'_>) -> Result<Part, String>;

/// A part of the study, by the name that the flag has for it.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The openings, which have a form of their own, have none.
    pub(crate) run: Option<Run>,
}

impl PartialEq for Scenario {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// All of them, in the order of the report; the first are the openings.
pub(crate) static SCENARIOS: [Scenario; 5] = [
    Scenario {
        name: "openings",
        run: None,
    },
    Scenario {
        name: "hand_off",
        run: Some(|size, policy, done| hand_off::run(size, policy, done)),
    },
    Scenario {
        name: "hoard",
        run: Some(|size, policy, done| hoard::run(size, policy, done)),
    },
    Scenario {
        name: "slow_queue",
        run: Some(|size, _, done| slow_queue::run(size, done)),
    },
    Scenario {
        name: "limiter",
        run: Some(|size, _, done| limiter::run(size, done)),
    },
];
