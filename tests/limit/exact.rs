//! The oracle: GCRA with an instant a key, in a map that grows, in numbers that never wrap.

use std::collections::HashMap;

use fairslot::{Limit, Refusal};

/// Time in parts of a millisecond, `limit.requests` of them: a request costs `limit.period_ms` parts, exactly.
#[derive(Clone)]
pub(crate) struct Exact {
    limit: Limit,
    /// The highest time at which anything was written.
    latest: u64,
    /// Until when each key has had its turns.
    until: HashMap<u128, u128>,
}

impl Exact {
    pub(crate) fn new(limit: Limit) -> Self {
        Self {
            limit,
            latest: 0,
            until: HashMap::new(),
        }
    }

    fn parts(&self, ms: u64) -> u128 {
        u128::from(ms) * u128::from(self.limit.requests)
    }

    fn step(&self) -> u128 {
        self.limit.period_ms.into()
    }

    fn tolerance(&self) -> u128 {
        self.step() * u128::from(self.limit.burst - 1)
    }

    fn debt(&self, key: u128, now: u64) -> u128 {
        let until = self.until.get(&key).copied().unwrap_or(0);
        until.saturating_sub(self.parts(now.max(self.latest)))
    }

    fn owe(&mut self, key: u128, now: u64, debt: u128) {
        self.latest = self.latest.max(now);
        self.until.insert(key, self.parts(self.latest) + debt);
    }

    pub(crate) fn peek(&self, key: u128, now: u64) -> Result<(), Refusal> {
        let debt = self.debt(key, now);
        if debt <= self.tolerance() {
            return Ok(());
        }
        let wait = (debt - self.tolerance()).div_ceil(self.limit.requests.into());
        // Until the clock has come up to where it was, and then the wait.
        let lag = self.latest.saturating_sub(now);
        let retry_after_ms = u64::try_from(wait).expect("small").saturating_add(lag);
        Err(Refusal::RateLimited { retry_after_ms })
    }

    pub(crate) fn check(&mut self, key: u128, now: u64) -> Result<(), Refusal> {
        let debt = self.debt(key, now);
        if self.peek(key, now).is_ok() {
            self.owe(key, now, debt + self.step());
            return Ok(());
        }
        let most = self.tolerance() + 8 * self.step();
        let more = (debt + self.step() * u128::from(self.limit.penalty)).min(most);
        if more > debt {
            self.owe(key, now, more);
        }
        self.peek(key, now)
    }

    pub(crate) fn refund(&mut self, key: u128, now: u64) {
        if self.debt(key, now) > 0 {
            let step = self.step();
            self.until
                .entry(key)
                .and_modify(|until| *until = until.saturating_sub(step));
        }
    }
}
