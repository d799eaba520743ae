//! The crowd: who comes, and the instants at which each of them asks until served.
//!
//! People arrive as people do. One in ten is eager: has the page open and presses at 0.3 to 0.6 s, one in fifty within
//! 0.2 s and once too early, then again every quarter of a second, fifteen times in all. The others come when they come,
//! after a median of 3 s, four times with a few seconds between. One in four of those who went away empty-handed then
//! looks again every few seconds. A bot asks 100 times a second from the first milliseconds on, the rate the press
//! reported of groups that grabbed slots of a children's hospital in 2024; when the rush is over it looks in once a second
//! for what comes back.
//!
//! Where a draw opens the sessions, the same people press at the same instants. Each patient waits in one draw at a time, a
//! rule that the service keeps: a person for the session that is dearest, a bot with each of its papers for the session
//! that the client behind them wants, by the same taste as everybody's. Who presses again meanwhile asks for the same. A
//! person who isn't drawn presses once more, for whatever is left of the sessions that would do.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::dice::Dice;

/// Somebody asks, if not served by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Attempt {
    /// Milliseconds since the opening.
    pub(crate) at: i64,
    pub(crate) client: u32,
    /// Which attempt of this client's it is, from 0.
    pub(crate) nth: u32,
}

/// Everybody who comes that morning.
#[derive(Debug)]
pub(crate) struct Crowd {
    pub(crate) people: u32,
    pub(crate) bots: u32,
    /// For each person, the sessions that would do, the dearest first.
    wishes: Vec<[u32; WISHES]>,
    /// For each paper of each bot, the session that its client wants.
    orders: Vec<[u32; PAPERS as usize]>,
    /// In the order of the clients.
    attempts: Vec<Attempt>,
    open_to: u32,
    seed: u64,
}

/// A person would take one of so many sessions.
const WISHES: usize = 3;
/// A bot has the papers of so many people, and wants a slot for each.
pub(crate) const PAPERS: u32 = 10;
/// The attempt of a person who has lost a draw, for whatever would do.
pub(crate) const LAST: u32 = u32::MAX;
/// The last instant at which anybody asks of their own accord.
pub(crate) const ASKING_MS: i64 = 90_000;
/// How long a bot asks 100 times a second.
const BOT_RUSH_S: f64 = 5.0;
const BOT_GAP_S: f64 = 0.010;

impl Crowd {
    /// The crowd of this seed for a hospital whose sessions have these capacities. The same arguments give the same crowd.
    pub(crate) fn gather(people: u32, bots: u32, seed: u64, capacities: &[u32]) -> Self {
        let mut dice = Dice(StdRng::seed_from_u64(seed));
        let popular = Popular::new(capacities, &mut dice);
        let wishes = (0..people)
            .map(|_| [(); WISHES].map(|()| popular.pick(&mut dice)))
            .collect();
        let mut attempts = Vec::new();
        for client in 0..people {
            series(client, person(&mut dice), &mut attempts);
        }
        for client in people..people + bots {
            series(client, bot(&mut dice), &mut attempts);
        }
        let orders = (0..bots)
            .map(|_| [(); PAPERS as usize].map(|()| popular.pick(&mut dice)))
            .collect();
        Self {
            people,
            bots,
            wishes,
            orders,
            attempts,
            open_to: capacities.len() as u32,
            seed,
        }
    }

    pub(crate) fn clients(&self) -> u32 {
        self.people + self.bots
    }

    pub(crate) fn is_bot(&self, client: u32) -> bool {
        client >= self.people
    }

    /// The attempts of every `of`-th client from `nth` on, in the order of time.
    pub(crate) fn share(&self, nth: usize, of: usize) -> Vec<Attempt> {
        let mine = |attempt: &&Attempt| attempt.client as usize % of == nth;
        let mut share: Vec<Attempt> = self.attempts.iter().filter(mine).copied().collect();
        share.sort_unstable();
        share
    }

    /// The session whose draw a client enters first, with this paper.
    pub(crate) fn dearest(&self, client: u32, paper: u32) -> u32 {
        match client.checked_sub(self.people) {
            Some(bot) => self.orders[bot as usize][paper as usize],
            None => self.wishes[client as usize][0],
        }
    }

    /// How long a person who was told no takes to press again: one to four seconds, as between any two presses.
    pub(crate) fn reaction_ms(&self, client: u32) -> i64 {
        (1_000.0 + 3_000.0 * chance(self.seed, client, LAST, 3)) as i64
    }

    /// The sessions that would do. After the fourth attempt a person takes any of the wishes, before that one at a time;
    /// a bot tries one after the other, without a preference.
    pub(crate) fn wanted(&self, attempt: Attempt) -> Wanted {
        if self.is_bot(attempt.client) {
            let any = chance(self.seed, attempt.client, attempt.nth, 0);
            return Wanted::One((any * f64::from(self.open_to)) as u32);
        }
        let wishes = self.wishes[attempt.client as usize];
        match attempt.nth as usize {
            nth @ 0..4 => Wanted::One(wishes[nth % WISHES]),
            _ => Wanted::Any(wishes),
        }
    }
}

/// Which sessions an attempt asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    One(u32),
    Any([u32; WISHES]),
}

/// A number in 0..1 that depends on its arguments and on nothing else, whichever thread asks: what a client decides.
pub(crate) fn chance(seed: u64, client: u32, nth: u32, about: u64) -> f64 {
    // SplitMix64's finalizer, three times: enough to decide whether somebody pays.
    let mix = |x: u64| {
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let bits = mix(mix(
        mix(seed ^ 0x9e37_79b9_7f4a_7c15) ^ (u64::from(client) << 32 | u64::from(nth))
    ) ^ about);
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

fn series(client: u32, seconds: impl IntoIterator<Item = f64>, into: &mut Vec<Attempt>) {
    let at = seconds
        .into_iter()
        .map(|s| (s * 1_000.0).floor() as i64)
        .take_while(|at| *at < ASKING_MS);
    into.extend((0..).zip(at).map(|(nth, at)| Attempt { at, client, nth }));
}

/// Seconds at which a person asks.
fn person(dice: &mut Dice) -> Vec<f64> {
    let mut at = Vec::new();
    if dice.yes(0.1) {
        if dice.yes(0.2) {
            at.push(dice.between(-2.0, 0.0));
            at.push(dice.between(0.0, 0.2));
        } else {
            at.push(dice.between(0.3, 0.6));
        }
        for _ in 1..15 {
            at.push(at[at.len() - 1] + (0.25 + 0.08 * dice.normal()).max(0.08));
        }
    } else {
        let median = (3_f64.ln() + 0.8 * dice.normal()).exp();
        at.push((median * (0.4 * dice.normal()).exp()).clamp(0.3, 30.0));
        for _ in 1..4 {
            at.push(at[at.len() - 1] + dice.between(1.0, 4.0));
        }
    }
    if dice.yes(0.25) {
        while at[at.len() - 1] < ASKING_MS as f64 / 1_000.0 {
            at.push(at[at.len() - 1] + dice.between(4.0, 8.0));
        }
    }
    at
}

/// Seconds at which a bot asks.
fn bot(dice: &mut Dice) -> Vec<f64> {
    let mut at = vec![dice.between(0.0, 0.005)];
    let last = |at: &[f64]| at[at.len() - 1];
    while last(&at) < BOT_RUSH_S {
        at.push(last(&at) + BOT_GAP_S * (1.0 + 0.03 * dice.normal()));
    }
    while last(&at) < ASKING_MS as f64 / 1_000.0 {
        at.push(last(&at) + dice.between(0.9, 1.1));
    }
    at
}

/// Which sessions people want: the fewer slots a session has, the more, by Zipf's law with exponent 0.8.
struct Popular {
    sessions: Vec<u32>,
    cumulated: Vec<f64>,
}

impl Popular {
    fn new(capacities: &[u32], dice: &mut Dice) -> Self {
        let mut ranked: Vec<(u32, u64, u32)> = Vec::with_capacity(capacities.len());
        for (session, capacity) in (0..).zip(capacities) {
            ranked.push((*capacity, dice.0.random(), session));
        }
        ranked.sort_unstable();
        let mut sum = 0.0;
        let weight = |rank: usize| {
            sum += (rank as f64 + 1.0).powf(-0.8);
            sum
        };
        let cumulated = (0..ranked.len()).map(weight).collect();
        Self {
            sessions: ranked.into_iter().map(|(_, _, session)| session).collect(),
            cumulated,
        }
    }

    fn pick(&self, dice: &mut Dice) -> u32 {
        let Some(sum) = self.cumulated.last() else {
            return 0;
        };
        let at = dice.between(0.0, *sum);
        let rank = self.cumulated.partition_point(|upto| *upto <= at);
        self.sessions[rank.min(self.sessions.len() - 1)]
    }
}
