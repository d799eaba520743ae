//! One opening on the engine itself: everybody asks, whoever is given a slot confirms it, then the books are read.

use std::sync::Arc;

use fairslot::{
    Engine, Limit, ManualClock, Opening, Outcome, PractitionerId, Refusal, Schedule, Session,
    Timestamp,
};

use crate::crowd::{Ask, Crowd};

/// How slots are given to those who ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    FirstCome,
    /// With limits for patients, devices and networks.
    FirstComeLimited,
}

/// Every mechanism that the engine has.
pub(crate) const MECHANISMS: [Mechanism; 2] = [Mechanism::FirstCome, Mechanism::FirstComeLimited];

impl Mechanism {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FirstCome => "first_come",
            Self::FirstComeLimited => "first_come_limited",
        }
    }

    /// What it is, in a few words.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::FirstCome => "first come",
            Self::FirstComeLimited => "first come, with limits",
        }
    }

    const fn opening(self, at: Timestamp) -> Opening {
        match self {
            Self::FirstCome | Self::FirstComeLimited => Opening::first_come(at),
        }
    }

    /// An engine that opens in this way.
    fn engine(self, clock: Arc<ManualClock>) -> Result<Engine, String> {
        let builder = Engine::builder().clock(clock).seed(0).expected_lines(SLOTS);
        let builder = match self {
            Self::FirstCome => builder,
            Self::FirstComeLimited => builder
                .patient_limit(a_second(1, 3))
                .device_limit(a_second(2, 5))
                .network_limit(a_second(50, 100)),
        };
        builder.build().map_err(|why| why.to_string())
    }
}

/// A limit with cells enough for everybody in the crowd.
const fn a_second(requests: u32, burst: u32) -> Limit {
    Limit {
        cells: 8_192,
        ..Limit::new(requests, 1_000, burst)
    }
}

pub(crate) const SLOTS: u32 = 50;

/// What came of an opening.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Opened {
    /// Who had a slot in the end, in the order in which they got it.
    pub(crate) winners: Vec<u32>,
    /// When the last slot went, in nanoseconds after the opening.
    pub(crate) sold_out_ns: Option<u64>,
    /// Requests that the engine answered.
    pub(crate) requests: u64,
}

/// An arbitrary day.
const OPENS_AT: Timestamp = Timestamp::from_millis(1_796_083_200_000);
const DAY_MS: u64 = 86_400_000;

/// Holds an opening: the clock stands at the millisecond of each request, and requests of one millisecond come in their own order.
pub(crate) fn hold(mechanism: Mechanism, crowd: &Crowd, asks: &[Ask]) -> Result<Opened, String> {
    let clock = Arc::new(ManualClock::new(OPENS_AT));
    let engine = mechanism.engine(Arc::clone(&clock))?;
    let day = "2026-12-08".parse().map_err(|why| format!("{why}"))?;
    let schedule = Schedule::new(
        PractitionerId::new(1),
        day,
        Session::Morning,
        SLOTS,
        mechanism.opening(OPENS_AT),
        OPENS_AT.after(7 * DAY_MS),
    );
    let schedule = engine.publish(&schedule).map_err(|why| why.to_string())?;
    let askers = crowd.askers();
    let mut served = vec![false; askers.len()];
    let mut opened = Opened {
        winners: Vec::with_capacity(SLOTS as usize),
        sold_out_ns: None,
        requests: 0,
    };
    for &(at_ns, who) in asks {
        let asker = &askers[who as usize];
        if served[who as usize] {
            continue;
        }
        clock.set(OPENS_AT.after(at_ns / 1_000_000));
        opened.requests += 1;
        match engine.request(&asker.request(schedule)) {
            Outcome::Held(hold) => {
                let pending = engine.confirm(hold.id, asker.patient, None);
                let booking = pending.map_err(|why| why.to_string())?.wait();
                booking.map_err(|why| why.to_string())?;
                served[who as usize] = true;
                opened.winners.push(who);
                if opened.winners.len() == SLOTS as usize {
                    opened.sold_out_ns = Some(at_ns);
                }
            }
            Outcome::Refused(Refusal::SoldOut) => {}
            Outcome::Refused(Refusal::RateLimited { .. })
                if mechanism == Mechanism::FirstComeLimited => {}
            other => return Err(format!("a request was answered with {other:?}")),
        }
    }
    let books = engine
        .availability(schedule)
        .map_err(|why| why.to_string())?;
    if books.booked as usize != opened.winners.len() || !engine.audit().is_consistent() {
        return Err(format!(
            "{} slots were won, and the engine's books say: {books:?}",
            opened.winners.len()
        ));
    }
    Ok(opened)
}
