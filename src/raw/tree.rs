//! A Merkle tree: one digest that stands for a list, and a short proof that something is in it at its place.
//!
//! Level by level, neighbours are hashed in pairs; one without a neighbour goes up as it is, never paired with itself: a list with its last entry
//! doubled would else have the same root. This is the shape of RFC 6962. Leaves are hashed by the caller under another label than
//! nodes, so that no node can pass for a leaf; the number of leaves is for the caller to bind, and gives every path its one shape.
//!
//! All levels are kept, 64 bytes a leaf, so that a path is read off.

use super::digest::{Bytes32, Prefix};

#[derive(Debug)]
pub(crate) struct Tree {
    /// From the leaves up to the single top; one empty level of an empty list.
    levels: Vec<Vec<Bytes32>>,
}

impl Tree {
    pub(crate) fn new(leaves: Vec<Bytes32>, node: &Prefix) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            levels.push(level_above(below, node));
        }
        Self { levels }
    }

    /// What stands for the list; zeros for an empty one.
    pub(crate) fn top(&self) -> Bytes32 {
        let top = self.levels.last().and_then(|level| level.first());
        top.copied().unwrap_or_default()
    }

    /// The neighbours on the way up from a leaf, lowest first.
    pub(crate) fn path(&self, index: usize) -> Vec<Bytes32> {
        let ways = self.levels.iter().enumerate();
        ways.filter_map(|(height, level)| level.get((index >> height) ^ 1).copied())
            .collect()
    }
}

fn level_above(below: &[Bytes32], node: &Prefix) -> Vec<Bytes32> {
    let (pairs, single) = below.as_chunks::<2>();
    let mut level = Vec::with_capacity(pairs.len() + single.len());
    level.extend(pairs.iter().map(|pair| node.hash_pair(pair)));
    level.extend_from_slice(single);
    level
}

/// The top that follows from a leaf at `index` of `count` and its path; `None` if the path has not the one length that it can have.
pub(crate) fn climb(
    leaf: Bytes32,
    index: u64,
    count: u64,
    path: &[Bytes32],
    node: &Prefix,
) -> Option<Bytes32> {
    let (mut at, mut width, mut neighbours) = (index, count, path.iter());
    let mut digest = leaf;
    if index >= count {
        return None;
    }
    while width > 1 {
        if at ^ 1 < width {
            let neighbour = *neighbours.next()?;
            let pair = match at & 1 {
                0 => [digest, neighbour],
                _ => [neighbour, digest],
            };
            digest = node.hash_pair(&pair);
        }
        at >>= 1;
        width = width.div_ceil(2);
    }
    neighbours.next().is_none().then_some(digest)
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    fn node() -> Prefix {
        Prefix::label("node")
    }

    fn leaves(count: u64) -> Vec<Bytes32> {
        let leaf = Prefix::label("leaf");
        (0..count).map(|i| leaf.hash(&i.to_be_bytes())).collect()
    }

    /// RFC 6962, 2.1, word by word: the list is split at the largest power of two below its length.
    fn by_the_book(leaves: &[Bytes32]) -> Bytes32 {
        match leaves {
            [] => [0; 32],
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node().hash([by_the_book(left), by_the_book(right)].as_flattened())
            }
        }
    }

    #[test]
    fn the_top_is_that_of_rfc_6962() {
        for count in 0..70 {
            let leaves = leaves(count);
            assert_eq!(
                Tree::new(leaves.clone(), &node()).top(),
                by_the_book(&leaves)
            );
        }
    }

    #[test]
    fn every_leaf_has_a_path_and_only_at_its_place() {
        for count in 1..40u64 {
            let leaves = leaves(count);
            let tree = Tree::new(leaves.clone(), &node());
            for (index, leaf) in (0..).zip(&leaves) {
                let path = tree.path(index as usize);
                for place in 0..count + 2 {
                    let top = climb(*leaf, place, count, &path, &node());
                    assert_eq!(
                        top == Some(tree.top()),
                        place == index,
                        "{place} of {count}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_path_too_long_or_too_short_proves_nothing() {
        let leaves = leaves(9);
        let tree = Tree::new(leaves.clone(), &node());
        let path = tree.path(3);
        let longer = [path.as_slice(), &[[0; 32]]].concat();
        assert_eq!(climb(leaves[3], 3, 9, &longer, &node()), None);
        assert_eq!(climb(leaves[3], 3, 9, &path[1..], &node()), None);
    }

    #[test]
    fn doubling_the_last_leaf_changes_the_top() {
        for count in 1..20 {
            let mut leaves = leaves(count);
            let top = Tree::new(leaves.clone(), &node()).top();
            leaves.extend(leaves.last().copied());
            assert_ne!(Tree::new(leaves, &node()).top(), top, "{count}");
        }
    }
}
