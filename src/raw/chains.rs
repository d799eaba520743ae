//! A hash table of numbers, whose keys lie elsewhere: which of the things in an array is it?
//!
//! Chains from a fixed number of heads, as many as things are expected, so nothing is ever hashed anew: 4 to 8 bytes a thing that there may be. Who comes after a thing
//! in its chain stands in the thing itself, so that going along a chain reads no line that comparing keys doesn't read.

use super::links::NONE;

/// A thing that stands in a chain.
pub(crate) trait Chained {
    /// The number of the one after it.
    fn after(&self) -> u32;
    fn after_mut(&mut self) -> &mut u32;
}

pub(crate) struct Chains {
    heads: Box<[u32]>,
}

impl Chains {
    /// For so many things. There may be more; their chains are longer.
    pub(crate) fn new(expected: usize) -> Self {
        Self {
            heads: vec![NONE; expected.next_power_of_two()].into(),
        }
    }

    fn head(&self, hash: u64) -> usize {
        // The high bits; the caller may have used the low ones.
        (hash >> 32) as usize & (self.heads.len() - 1)
    }

    /// The number in the hash's chain whose thing this holds of.
    #[inline]
    pub(crate) fn find<T: Chained>(
        &self,
        things: &[T],
        hash: u64,
        is: impl Fn(&T) -> bool,
    ) -> Option<u32> {
        let mut at = self.heads[self.head(hash)];
        while at != NONE {
            let thing = &things[at as usize];
            if is(thing) {
                return Some(at);
            }
            at = thing.after();
        }
        None
    }

    /// Enters a number that is in no chain.
    pub(crate) fn enter<T: Chained>(&mut self, things: &mut [T], hash: u64, number: u32) {
        let head = self.head(hash);
        *things[number as usize].after_mut() = self.heads[head];
        self.heads[head] = number;
    }

    /// Takes a number out that was entered under this hash.
    pub(crate) fn take<T: Chained>(&mut self, things: &mut [T], hash: u64, number: u32) {
        let after = things[number as usize].after();
        let head = self.head(hash);
        let mut at = self.heads[head];
        if at == number {
            self.heads[head] = after;
            return;
        }
        while at != NONE {
            let thing = &mut things[at as usize];
            if thing.after() == number {
                *thing.after_mut() = after;
                return;
            }
            at = thing.after();
        }
    }

    /// Puts another number, which is in no chain, where one was.
    pub(crate) fn replace<T: Chained>(&mut self, things: &mut [T], hash: u64, old: u32, new: u32) {
        self.take(things, hash, old);
        self.enter(things, hash, new);
    }

    /// The memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.heads)
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    impl Chained for u32 {
        fn after(&self) -> u32 {
            *self
        }

        fn after_mut(&mut self) -> &mut u32 {
            self
        }
    }

    #[test]
    fn found_until_taken() {
        // Four chains of many, in things that are nothing but links: so what is looked for is told by where it lies.
        let mut things = [NONE; 80];
        let mut chains = Chains::new(4);
        let hash = |number: u32| u64::from(number % 7) << 32;
        let found = |chains: &Chains, things: &[u32; 80], number: u32| {
            chains.find(things, hash(number), |it| {
                std::ptr::eq(it, &raw const things[number as usize])
            })
        };
        for number in 0..40 {
            chains.enter(&mut things, hash(number), number);
        }
        assert!((0..40).all(|number| found(&chains, &things, number) == Some(number)));
        for number in (0..40).step_by(3) {
            chains.take(&mut things, hash(number), number);
        }
        let is_in = |number| found(&chains, &things, number).is_some();
        assert!((0..40).all(|number| is_in(number) == (number % 3 != 0)));
        chains.replace(&mut things, hash(1), 1, 71);
        assert_eq!(found(&chains, &things, 71), Some(71));
        assert_eq!(found(&chains, &things, 1), None);
    }
}
