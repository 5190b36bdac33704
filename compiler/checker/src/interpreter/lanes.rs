//! Iterations that run in lock-step: each step is done for all of them before the next.

use super::InterpretError;
use super::flat::Test;
use super::loops::Run;
use super::machine::{Bindings, Machine, ReadBinding};
use super::tree::{Copying, Loop, Step};

/// One iteration of the loops around: their values, and which local copies it uses.
#[derive(Clone)]
pub(super) struct Lane {
    pub values: Vec<i64>,
    pub bindings: Bindings,
}

impl Lane {
    pub fn new(depth: usize, arrays: usize) -> Self {
        let bindings = Bindings { arrays: vec![None; arrays], reads: Vec::new() };
        Self { values: vec![0; depth], bindings }
    }

    pub fn set(&mut self, depth: usize, value: i64) {
        if let Some(slot) = self.values.get_mut(depth) {
            *slot = value;
        }
    }

    pub fn with(&self, depth: usize, value: i64) -> Self {
        let mut lane = self.clone();
        lane.set(depth, value);
        lane
    }

    pub fn bind(&mut self, copying: &Copying, copy: usize) {
        let array = copying.array;
        if let Some((statement, subscripts)) = copying.reads.clone() {
            self.bindings.reads.push(ReadBinding { array, statement, subscripts, copy });
        } else if let Some(binding) = self.bindings.arrays.get_mut(array) {
            *binding = Some(copy);
        }
    }

    /// The end of the copy that was bound last.
    pub fn unbind(&mut self, copying: &Copying) {
        if copying.reads.is_some() {
            self.bindings.reads.pop();
        } else if let Some(binding) = self.bindings.arrays.get_mut(copying.array) {
            *binding = None;
        }
    }

    pub fn passes(&self, tests: &[Test]) -> Result<bool, InterpretError> {
        for test in tests {
            if !test.holds(&self.values)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The first and the last iteration of a loop.
    pub fn range(&self, inner: &Loop) -> Result<(i64, i64), InterpretError> {
        Ok((inner.lower.value(true, &self.values)?, inner.upper.value(false, &self.values)?))
    }
}

impl Run<'_> {
    /// Runs the steps for all lanes, in the lanes' order.
    pub fn lockstep(&mut self, steps: &[Step], lanes: &mut [Lane]) -> Result<(), InterpretError> {
        match lanes {
            [] => return Ok(()),
            [lane] => return self.sequence(steps, lane),
            _ => {}
        }
        for step in steps {
            match step {
                Step::Instance { statement, iterators } => {
                    for lane in lanes.iter() {
                        self.instance(*statement, iterators, lane)?;
                    }
                }
                Step::Choice { tests, body, otherwise } => {
                    let (mut chosen, mut rest) = (Vec::new(), Vec::new());
                    for lane in lanes.iter() {
                        let side = if lane.passes(tests)? { &mut chosen } else { &mut rest };
                        side.push(lane.clone());
                    }
                    if chosen.is_empty() || rest.is_empty() || otherwise.is_empty() {
                        self.lockstep(body, &mut chosen)?;
                        self.lockstep(otherwise, &mut rest)?;
                        continue;
                    }
                    // Neither side comes first for all lanes, so that the lanes come one by one:
                    // an order that a legal block keeps as well.
                    for lane in lanes.iter_mut() {
                        let side = if lane.passes(tests)? { body } else { otherwise };
                        self.sequence(side, lane)?;
                    }
                }
                Step::Loop(inner) => self.iterate_lanes(inner, lanes)?,
                Step::Copying(copying) => {
                    let first = self.machine.copies.count();
                    for lane in lanes.iter_mut() {
                        self.open(copying, lane)?;
                    }
                    self.lockstep(&copying.body, lanes)?;
                    lanes.iter_mut().for_each(|lane| lane.unbind(copying));
                    let Machine { copies, memory, .. } = &mut self.machine;
                    copies.close(memory, first, copying.copy_out)?;
                }
            }
        }
        Ok(())
    }

    /// Runs a loop that all lanes share over the union of their ranges; a lane takes part where the
    /// value is in its own range.
    fn iterate_lanes(&mut self, inner: &Loop, lanes: &[Lane]) -> Result<(), InterpretError> {
        let mut ranges = Vec::with_capacity(lanes.len());
        for lane in lanes {
            let (first, last) = lane.range(inner)?;
            if first <= last {
                ranges.push((lane, first, last));
            }
        }
        let first = ranges.iter().map(|range| range.1).min();
        let last = ranges.iter().map(|range| range.2).max();
        let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
        self.machine.affordable(first, last)?;
        let size = self.orderer.block_size(inner.mark, inner.copies);
        let single = size == 1;
        let mut running = Vec::new();
        for block in self.orderer.blocks(inner.mark, size, first, last) {
            self.machine.spend(block.len() as u64)?;
            for value in block {
                for (lane, first, last) in &ranges {
                    if (first..=last).contains(&&value) {
                        running.push(lane.with(inner.depth, value));
                    }
                }
                if single {
                    self.lockstep(&inner.body, &mut running)?;
                    running.clear();
                }
            }
            self.lockstep(&inner.body, &mut running)?;
            running.clear();
        }
        Ok(())
    }
}
