//! A walk that the engine goes first, written down: what is done next depends on whom its draws picked. Of a walk that fails, operations are struck out as long as it fails.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;

use crate::op::{Op, World};
use crate::walk::{act, audit, sample, twin_of, worlds};

const STEPS: usize = 120;

#[derive(Clone)]
pub(crate) struct Script {
    world: World,
    ops: Vec<Op>,
}

impl Script {
    pub(crate) fn run(&self) {
        let (mut world, mut twin) = (self.world.clone(), twin_of(&self.world));
        for op in &self.ops {
            act(&mut twin, &mut world, op);
        }
        audit(&twin);
    }

    /// Up to the first disagreement, which will be found again.
    fn write(runner: &mut TestRunner) -> Self {
        let start = sample(&worlds(true), runner);
        let (mut world, mut twin, mut ops) = (start.clone(), twin_of(&start), Vec::new());
        for _ in 0..STEPS {
            let op = sample(&world.whim(), runner);
            ops.push(op.clone());
            let next = AssertUnwindSafe(|| act(&mut twin, &mut world, &op));
            if catch_unwind(next).is_err() {
                break;
            }
        }
        Self { world: start, ops }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.world)?;
        self.ops.iter().try_for_each(|op| writeln!(f, "    {op:?}"))
    }
}

#[derive(Debug)]
pub(crate) struct Scripts;

pub(crate) fn scripts() -> Scripts {
    Scripts
}

impl Strategy for Scripts {
    type Tree = Tree;
    type Value = Script;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let script = Script::write(runner);
        let length = script.ops.len();
        let (stays, many) = (vec![true; length], length.div_ceil(2).max(1));
        Ok(Tree {
            script,
            stays,
            many,
            next: 0,
            struck: Vec::new(),
        })
    }
}

/// Strikes out so many at once, from the beginning to the end, then fewer.
pub(crate) struct Tree {
    script: Script,
    stays: Vec<bool>,
    many: usize,
    next: usize,
    struck: Vec<usize>,
}

impl ValueTree for Tree {
    type Value = Script;

    fn current(&self) -> Script {
        let kept = self
            .script
            .ops
            .iter()
            .zip(&self.stays)
            .filter(|(_, stays)| **stays);
        let ops = kept.map(|(op, _)| op.clone()).collect();
        Script {
            world: self.script.world.clone(),
            ops,
        }
    }

    fn simplify(&mut self) -> bool {
        loop {
            let left = (self.next..self.stays.len()).filter(|&nth| self.stays[nth]);
            self.struck = left.take(self.many).collect();
            if let Some(last) = self.struck.last() {
                self.next = last + 1;
                self.struck.iter().for_each(|&nth| self.stays[nth] = false);
                return true;
            }
            if self.many == 1 {
                return false;
            }
            (self.many, self.next) = (self.many / 2, 0);
        }
    }

    fn complicate(&mut self) -> bool {
        self.struck.drain(..).for_each(|nth| self.stays[nth] = true);
        true
    }
}
