//! What does a scalper gain, and how even are the chances of everybody else?
//!
//! Figures for whoever measures a release: a simulation, a test, an embedder with last week's bookings. The engine asks nothing of this room;
//! it takes counts and gives numbers.
//!
//! * [`Group`]: those who asked on one side, and what they got. [`advantage`], [`yield_share`] and [`uplift_pp`] compare two of them;
//!   [`advantage_interval`] says how far to trust the first.
//! * [`jain`]: whether everybody's chance was the same, over many openings with the same people.
//! * [`Share`]: so many of so many, with an interval: hand-offs that worked, people who were flagged.
//! * [`Hoard`]: what a resold slot costs the one who resells.
//! * [`starvation_bound_s`]: how long a queue served in turns can keep somebody waiting.
//! * [`Estimate`]: a mean over independent repetitions, with its interval.
//!
//! Where there is nothing to divide by the answer is `None`, and each function says when. Every interval is one of 95 % confidence.
//!
//! ```
//! use fairslot::fairness::{Group, advantage, uplift_pp, yield_share};
//!
//! // 200 identities of a scalper took 32 slots, 1,000 people the other 18.
//! let (scalper, people) = (Group::new(200, 32), Group::new(1_000, 18));
//! assert_eq!(advantage(scalper, people), Some(0.16 / 0.018));
//! assert_eq!(yield_share(scalper, people), Some(0.64));
//! // Who goes through the scalper has a better chance, by 14 percentage points.
//! assert_eq!(uplift_pp(scalper, people).map(f64::round), Some(14.0));
//! ```

mod chance;
mod gain;
mod hoard;
mod interval;
mod wait;

pub use chance::jain;
pub use gain::{Group, advantage, advantage_interval, uplift_pp, yield_share};
pub use hoard::Hoard;
pub use interval::{Estimate, Interval, Share};
pub use wait::starvation_bound_s;
