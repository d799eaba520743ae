//! What the machine can do: the yardsticks that no library can beat.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam_utils::CachePadded;

use crate::machine;
use crate::material::Random;
use crate::round::{Contestant, Rounds, Seat, contest};

/// One dependent L1 load: each load's address is the value of the one before, on a random way through 4 KiB. What a refusal
/// would cost if it were a single look at a line that is at hand, and had to be waited for.
pub(crate) struct L1Chain {
    next: Vec<AtomicUsize>,
    calls: usize,
}

impl L1Chain {
    pub(crate) fn new(calls: usize) -> Self {
        let mut way: Vec<usize> = (0..512).collect();
        Random::new(1).shuffle(&mut way);
        let next: Vec<_> = way.iter().map(|_| AtomicUsize::new(0)).collect();
        for (from, to) in way.iter().zip(way.iter().cycle().skip(1)) {
            next[*from].store(*to, Ordering::Relaxed);
        }
        Self { next, calls }
    }
}

impl Contestant for L1Chain {
    fn calls(&self) -> usize {
        self.calls
    }

    fn run(&self, seat: Seat) {
        let mut at = 0;
        for _ in seat.share(self.calls) {
            at = self.next[at].load(Ordering::Relaxed);
        }
        black_box(at);
    }
}

/// Compare-and-swaps on independent random lines of an array: so many a call. The array is written once beforehand, so that no page
/// is missing; the index comes from a generator, so that the misses of one call may overlap as far as the machine lets them.
pub(crate) struct CasFloor {
    words: Box<[AtomicU64]>,
    a_call: usize,
    calls: usize,
}

impl CasFloor {
    /// `bytes` is a power of two.
    pub(crate) fn new(bytes: usize, a_call: usize, calls: usize) -> Self {
        Self {
            words: (0..bytes as u64 / 8).map(AtomicU64::new).collect(),
            a_call,
            calls,
        }
    }
}

impl Contestant for CasFloor {
    fn calls(&self) -> usize {
        self.calls
    }

    fn run(&self, seat: Seat) {
        let mut random = Random::new((seat.round * seat.threads + seat.index) as u64);
        let mask = self.words.len() - 1;
        for _ in seat.share(self.calls) {
            for _ in 0..self.a_call {
                // The upper bits are the better ones.
                let word = &self.words[(random.next() >> 20) as usize & mask];
                let seen = word.load(Ordering::Relaxed);
                let _ = black_box(word.compare_exchange(
                    seen,
                    seen.wrapping_add(1),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                ));
            }
        }
    }
}

/// Four loops whose threads share nothing: arithmetic, dependent multiplications, L1 loads, additions to an own line. On two free
/// cores they are twice as fast as on one.
struct Nothing {
    kind: usize,
    calls: usize,
    chain: L1Chain,
    own: Vec<CachePadded<AtomicU64>>,
}

impl Contestant for Nothing {
    fn calls(&self) -> usize {
        self.calls
    }

    fn run(&self, seat: Seat) {
        match self.kind {
            0 => {
                let (mut a, mut b) = (1u64, black_box(seat.index as u64));
                for i in seat.share(self.calls) {
                    a = (a ^ i as u64).rotate_left(5).wrapping_add(b);
                    b = (b >> 3) ^ a;
                }
                black_box((a, b));
            }
            1 => {
                let mut a = black_box(3u64);
                for _ in seat.share(self.calls) {
                    a = a.wrapping_mul(black_box(0x2545_f491_4f6c_dd1d));
                }
                black_box(a);
            }
            2 => self.chain.run(seat),
            _ => {
                for _ in seat.share(self.calls) {
                    self.own[seat.index].fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

/// How much faster two threads are than one at loops that share nothing: the lowest of the four loops' medians. What scales worse than
/// this can blame itself; what is measured while this is below 1.9 can blame the neighbours.
pub(crate) fn ceiling(rounds: Rounds, calls: usize) -> f64 {
    let loops: Vec<Nothing> = (0..4)
        .map(|kind| Nothing {
            kind,
            calls,
            chain: L1Chain::new(calls),
            own: (0..2)
                .map(|_| CachePadded::new(AtomicU64::new(0)))
                .collect(),
        })
        .collect();
    let who: Vec<&dyn Contestant> = loops.iter().map(|one| one as &dyn Contestant).collect();
    let one = contest(1, rounds, &who);
    let two = contest(2, rounds, &who);
    // Nanoseconds are per core: where there are two, equal ones are twice the rate.
    let cores = machine::cores().min(2) as f64;
    one.iter()
        .zip(&two)
        .map(|(one, two)| cores * one.median() / two.median())
        .fold(f64::INFINITY, f64::min)
}
