//! Random numbers as a simulation wants them.

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

    /// A standard normal number (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.0.random::<f64>(), self.0.random::<f64>());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}
