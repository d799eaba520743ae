//! Random numbers as a simulation wants them.

#![allow(dead_code, reason = "shared: each example uses a part")]

use rand::RngExt;
use rand::rngs::StdRng;

pub(crate) struct Dice(pub(crate) StdRng);

impl Dice {
    pub(crate) fn yes(&mut self, share: f64) -> bool {
        self.0.random::<f64>() < share
    }

    pub(crate) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.0.random::<f64>()
    }

    /// How long until the next, in seconds, of what comes so often a second, evenly at random.
    pub(crate) fn wait(&mut self, a_second: f64) -> f64 {
        -(1.0 - self.0.random::<f64>()).ln() / a_second
    }

    /// One of so many.
    pub(crate) fn below(&mut self, many: usize) -> usize {
        self.0.random_range(0..many.max(1))
    }

    /// A standard normal number (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.0.random::<f64>(), self.0.random::<f64>());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}
