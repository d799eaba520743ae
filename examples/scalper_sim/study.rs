//! The study: every mechanism under every attack, over populations and trials, measured.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fairslot::fairness::{
    Estimate, Group, Interval, advantage, advantage_interval, jain, uplift_pp, yield_share,
};

use crate::attack::{Attack, Trick};
use crate::crowd::{Crowd, FIRST_VICTIM, PEOPLE};
use crate::habit::KINDS;
use crate::mechanism::Mechanism;
use crate::opening::{Opened, hold};

/// With these, the figures can be held against the reference.
pub(crate) const POPULATIONS: u32 = 12;
pub(crate) const TRIALS: u32 = 200;

/// How much is simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) populations: u32,
    pub(crate) trials: u32,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
}

impl Size {
    /// Whether it is enough for the figures to be held against the reference.
    pub(crate) fn is_full(&self) -> bool {
        self.populations >= POPULATIONS && self.trials >= TRIALS
    }
}

/// One mechanism under one attack: a measurement of each population.
pub(crate) struct Cell {
    pub(crate) mechanism: &'static Mechanism,
    pub(crate) attack: &'static Attack,
    pub(crate) populations: Vec<Measured>,
}

/// What one population's trials say. What cannot be said, as an advantage if nobody attacks, is `None`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub(crate) advantage: Option<f64>,
    /// From how it varied between the trials.
    pub(crate) advantage_interval: Option<Interval>,
    pub(crate) yield_share: Option<f64>,
    pub(crate) uplift_pp: Option<f64>,
    /// Among the people.
    pub(crate) jain: Option<f64>,
    /// The people by kind, in the order of [`KINDS`], over all trials.
    pub(crate) kinds: [Group; KINDS.len()],
    /// The mean of the trials, if all of them sold out.
    pub(crate) sold_out_ms: Option<f64>,
    /// How long the people who entered a draw wait for its decision, from the opening or their first request, whichever is later: the mean, and what
    /// nineteen of twenty stay below. First come decides at once.
    pub(crate) delay_ms: Option<f64>,
    pub(crate) delay_p95_ms: Option<f64>,
    /// Of the people in a draw that judges how one asks, and of the scalper's identities: the share that looked suspicious at its close.
    pub(crate) flagged: [Option<f64>; 2],
    /// Requests a trial: those that the engine was sent.
    pub(crate) requests: f64,
    /// The scalper's identities over all trials.
    pub(crate) scalper: Group,
    /// Those of the people whom the scalper entered, too.
    pub(crate) victims: Group,
}

impl Cell {
    /// The mean over populations of something measured; `None` if one of them cannot say.
    pub(crate) fn estimate(&self, of: impl Fn(&Measured) -> Option<f64>) -> Option<Estimate> {
        let values: Option<Vec<f64>> = self.populations.iter().map(of).collect();
        Estimate::of(&values?)
    }
}

/// Runs it. `done` is told how many of how many populations are done.
pub(crate) fn run(
    size: &Size,
    mechanisms: &[&'static Mechanism],
    attacks: &[&'static Attack],
    done: impl Fn(usize, usize) + Sync,
) -> Result<Vec<Cell>, String> {
    let mut cells: Vec<Cell> = mechanisms
        .iter()
        .flat_map(|&mechanism| attacks.iter().map(move |&attack| (mechanism, attack)))
        .map(|(mechanism, attack)| Cell {
            mechanism,
            attack,
            populations: Vec::new(),
        })
        .collect();
    let populations = size.populations as usize;
    let measured = each(size, attacks.len() * populations, done, |ticket| {
        let nth = (ticket % populations) as u64;
        population(size, nth, mechanisms, attacks[ticket / populations])
    })?;
    for (ticket, of_all) in measured.into_iter().enumerate() {
        let own = cells.iter_mut().skip(ticket / populations);
        for (cell, one) in own.step_by(attacks.len()).zip(of_all) {
            cell.populations.push(one);
        }
    }
    Ok(cells)
}

/// Does so many things that do not depend on each other, on all threads. What came of each, in the order of their numbers, whichever thread did it, and whenever.
pub(crate) fn each<T: Send>(
    size: &Size,
    all: usize,
    done: impl Fn(usize, usize) + Sync,
    one: impl Fn(usize) -> Result<T, String> + Sync,
) -> Result<Vec<T>, String> {
    let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(all)));
    let work = || -> Result<(), String> {
        loop {
            // Relaxed: a ticket, nothing else hangs on it.
            let ticket = next.fetch_add(1, Ordering::Relaxed);
            if ticket >= all {
                return Ok(());
            }
            let one = one(ticket)?;
            let mut made = made.lock().map_err(|_| "a thread died")?;
            made.push((ticket, one));
            done(made.len(), all);
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..size.threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .map_err(|_| "a thread of the simulation died")?
        })
    })?;
    let mut made = made.into_inner().map_err(|_| "a thread died")?;
    made.sort_unstable_by_key(|(ticket, _)| *ticket);
    Ok(made.into_iter().map(|(_, one)| one).collect())
}

/// All trials of one population, each with every mechanism: the same people at the same instants.
fn population(
    size: &Size,
    nth: u64,
    mechanisms: &[&Mechanism],
    attack: &Attack,
) -> Result<Vec<Measured>, String> {
    let crowd = Crowd::gather(size.seed, nth, attack);
    let mut openings: Vec<Vec<Opened>> = vec![Vec::new(); mechanisms.len()];
    for trial in 0..u64::from(size.trials) {
        let asks = crowd.asks(trial);
        for (mechanism, openings) in mechanisms.iter().zip(&mut openings) {
            openings.push(hold(mechanism, &crowd, &asks, crowd.engine_seed(trial))?);
        }
    }
    let measured = mechanisms.iter().zip(&openings);
    let measured =
        measured.map(|(mechanism, openings)| measure(openings, &crowd, attack, mechanism.judges()));
    Ok(measured.collect())
}

fn measure(openings: &[Opened], crowd: &Crowd, attack: &Attack, judges: bool) -> Measured {
    let mut wins = vec![0; PEOPLE as usize];
    let groups: Vec<(Group, Group)> = openings.iter().map(|o| groups(o, attack)).collect();
    for winner in openings.iter().flat_map(|opened| &opened.winners) {
        if let Some(wins) = wins.get_mut(*winner as usize) {
            *wins += 1;
        }
    }
    let scalper: Group = groups.iter().map(|(scalper, _)| *scalper).sum();
    let people = groups.iter().map(|(_, people)| *people).sum();
    let trials = openings.len() as f64;
    let sold_out: Option<u64> = openings.iter().map(|opened| opened.sold_out_ns).sum();
    let requests: u64 = openings.iter().map(|opened| opened.requests).sum();
    let mut delays: Vec<u32> = openings
        .iter()
        .flat_map(|opened| opened.delays_ms.iter().copied())
        .collect();
    delays.sort_unstable();
    let flagged = |side: usize| {
        let sum =
            |of: fn(&Opened) -> [u32; 2]| -> u32 { openings.iter().map(|it| of(it)[side]).sum() };
        let entered = sum(|opened| opened.entered);
        let flagged = f64::from(sum(|opened| opened.flagged)) / f64::from(entered);
        (judges && entered > 0).then_some(flagged)
    };
    Measured {
        advantage: advantage(scalper, people),
        advantage_interval: advantage_interval(&groups),
        yield_share: yield_share(scalper, people),
        uplift_pp: uplift_pp(scalper, people),
        kinds: KINDS.map(|(_, kind)| {
            let ours = crowd.people().zip(&wins).filter(|(habit, _)| kind(habit));
            ours.map(|(_, won)| Group::new(openings.len() as u64, u64::from(*won)))
                .sum()
        }),
        jain: jain(&wins, openings.len() as u32),
        sold_out_ms: sold_out.map(|ns| ns as f64 / trials / 1e6),
        delay_ms: mean(&delays).or(Some(0.0)),
        delay_p95_ms: Some(
            delays
                .get(delays.len() * 19 / 20)
                .map_or(0.0, |ms| f64::from(*ms)),
        ),
        flagged: [flagged(0), flagged(1)],
        requests: requests as f64 / trials,
        scalper,
        victims: victims(&wins, attack, openings.len() as u64),
    }
}

fn victims(wins: &[u32], attack: &Attack, openings: u64) -> Group {
    let Trick::Poison(victims) = attack.trick else {
        return Group::default();
    };
    let theirs = wins
        .iter()
        .skip(FIRST_VICTIM as usize)
        .take(victims as usize);
    let won = theirs.map(|wins| u64::from(*wins)).sum();
    Group::new(u64::from(victims) * openings, won)
}

fn mean(values: &[u32]) -> Option<f64> {
    let sum: u64 = values.iter().map(|value| u64::from(*value)).sum();
    (!values.is_empty()).then(|| sum as f64 / values.len() as f64)
}

/// The scalper and the people of one opening.
fn groups(opened: &Opened, attack: &Attack) -> (Group, Group) {
    let scalped = opened.winners.iter().filter(|who| **who >= PEOPLE).count();
    let rest = opened.winners.len() - scalped;
    (
        Group::new(attack.identities.into(), scalped as u64),
        Group::new(PEOPLE.into(), rest as u64),
    )
}
