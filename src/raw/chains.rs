//! A hash table of numbers, whose keys lie elsewhere: which of the things in an array is it?
//!
//! Chains from a fixed number of heads, as many as things are expected, so nothing is ever hashed anew: 4 to 8 bytes a thing that there may be, and 4 for each that there was at once.

use super::links::NONE;

pub(crate) struct Chains {
    heads: Box<[u32]>,
    /// Who comes after a number in its chain, by the number.
    next: Vec<u32>,
}

impl Chains {
    /// For so many things. There may be more; their chains are longer.
    pub(crate) fn new(expected: usize) -> Self {
        Self {
            heads: vec![NONE; expected.next_power_of_two()].into(),
            next: Vec::new(),
        }
    }

    fn head(&self, hash: u64) -> usize {
        // The high bits; the caller may have used the low ones.
        (hash >> 32) as usize & (self.heads.len() - 1)
    }

    /// The number in the hash's chain of which this holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.heads[self.head(hash)];
        while at != NONE {
            if is(at) {
                return Some(at);
            }
            at = self.next[at as usize];
        }
        None
    }

    /// Enters a number that is in no chain.
    pub(crate) fn enter(&mut self, hash: u64, number: u32) {
        if self.next.len() <= number as usize {
            self.next.resize(number as usize + 1, NONE);
        }
        let head = self.head(hash);
        self.next[number as usize] = self.heads[head];
        self.heads[head] = number;
    }

    /// Takes a number out that was entered under this hash.
    pub(crate) fn take(&mut self, hash: u64, number: u32) {
        let after = self.next[number as usize];
        self.point(hash, number, after);
    }

    /// Puts another number, which is in no chain, where one was.
    pub(crate) fn replace(&mut self, hash: u64, old: u32, new: u32) {
        self.take(hash, old);
        self.enter(hash, new);
    }

    /// The memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        (self.heads.len() + self.next.capacity()) * size_of::<u32>()
    }

    /// Whoever points to `number` points to `to`.
    fn point(&mut self, hash: u64, number: u32, to: u32) {
        let head = self.head(hash);
        if self.heads[head] == number {
            self.heads[head] = to;
            return;
        }
        let mut at = self.heads[head];
        while at != NONE {
            let after = self.next[at as usize];
            if after == number {
                self.next[at as usize] = to;
                return;
            }
            at = after;
        }
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn found_until_taken() {
        // Four chains of many.
        let mut chains = Chains::new(4);
        let hash = |number: u32| u64::from(number % 7) << 32;
        let found = |chains: &Chains, number| chains.find(hash(number), |it| it == number);
        (0..40).for_each(|number| chains.enter(hash(number), number));
        assert!((0..40).all(|number| found(&chains, number) == Some(number)));
        (0..40)
            .step_by(3)
            .for_each(|number| chains.take(hash(number), number));
        assert!((0..40).all(|number| found(&chains, number).is_some() == (number % 3 != 0)));
        chains.replace(hash(1), 1, 71);
        assert_eq!(chains.find(hash(1), |it| it == 71), Some(71));
        assert_eq!(found(&chains, 1), None);
    }
}
