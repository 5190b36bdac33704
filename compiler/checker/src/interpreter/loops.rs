//! Runs a loop tree, one iteration at a time where nothing runs in lock-step.

use super::lanes::Lane;
use super::machine::Machine;
use super::order::Orderer;
use super::tree::{Copying, Loop, Step, Translation};
use super::{InterpretError, Memory, Order};
use loopwright_ir::{LoopTree, Mark, Program};
use std::ops::RangeInclusive;

/// The memory after the loops have run, for the given values of the parameters.
///
/// The iterations of parallel and vector loops run in the order that `order` says. Vector loops run
/// blocks of `width * unroll` iterations in lock-step, jammed loops blocks of `factor`: everything
/// inside is done for all members of the block before what comes next inside. Local copies are made
/// for real. `budget` is the most instances, iterations and copied elements together.
pub fn run_loops(
    program: &Program,
    tree: &LoopTree,
    parameters: &[i64],
    order: Order,
    budget: u64,
) -> Result<Memory, InterpretError> {
    let mut translation =
        Translation { program, parameters, path: Vec::new(), packed: Vec::new(), depth: 0 };
    let steps = translation.steps(&tree.roots)?;
    let mut lane = Lane::new(translation.depth, program.arrays.len());
    let machine = Machine::new(program, parameters, budget)?;
    let mut run = Run { machine, orderer: Orderer::new(order), iterators: Vec::new() };
    run.sequence(&steps, &mut lane)?;
    Ok(run.machine.memory)
}

/// One run of a tree.
pub(super) struct Run<'a> {
    pub machine: Machine<'a>,
    pub orderer: Orderer,
    /// Reused for the iterators of each instance.
    iterators: Vec<i64>,
}

impl Run<'_> {
    pub fn sequence(&mut self, steps: &[Step], lane: &mut Lane) -> Result<(), InterpretError> {
        for step in steps {
            match step {
                Step::Instance { statement, iterators } => {
                    self.instance(*statement, iterators, lane)?;
                }
                Step::Choice { tests, body, otherwise } => {
                    let chosen = if lane.passes(tests)? { body } else { otherwise };
                    self.sequence(chosen, lane)?;
                }
                Step::Loop(inner) => self.iterate(inner, lane)?,
                Step::Copying(copying) => {
                    let first = self.machine.copies.count();
                    self.open(copying, lane)?;
                    self.sequence(&copying.body, lane)?;
                    lane.unbind(copying);
                    let Machine { copies, memory, .. } = &mut self.machine;
                    copies.close(memory, first, copying.copy_out)?;
                }
            }
        }
        Ok(())
    }

    pub fn instance(
        &mut self,
        statement: usize,
        iterators: &[super::Flat],
        lane: &Lane,
    ) -> Result<(), InterpretError> {
        self.iterators.clear();
        for iterator in iterators {
            self.iterators.push(iterator.value(&lane.values)?);
        }
        self.machine.execute(statement, &self.iterators, &lane.bindings)
    }

    /// Makes the local copy of one lane, which then uses it.
    pub fn open(&mut self, copying: &Copying, lane: &mut Lane) -> Result<(), InterpretError> {
        let mut origin = Vec::with_capacity(copying.origin.len());
        let mut extents = Vec::with_capacity(copying.extents.len());
        for (start, extent) in copying.origin.iter().zip(&copying.extents) {
            origin.push(start.value(&lane.values)?);
            extents.push(extent.value(&lane.values)?.max(0));
        }
        self.machine.spend(super::memory::elements(&extents)? as u64)?;
        let Machine { copies, memory, .. } = &mut self.machine;
        let copy = copies.open(memory, copying.array, origin, extents, copying.copy_in)?;
        lane.bind(copying, copy);
        Ok(())
    }

    /// Of each row that has any: its number, and the first and the last iteration of the loop inside.
    fn ranges(
        &mut self,
        outer: &Loop,
        inner: &Loop,
        rows: RangeInclusive<i64>,
        lane: &mut Lane,
    ) -> Result<Vec<(i64, i64, i64)>, InterpretError> {
        let mut found = Vec::new();
        for row in rows {
            self.machine.spend(1)?;
            lane.set(outer.depth, row);
            let (first, last) = lane.range(inner)?;
            if first <= last {
                self.machine.affordable(first, last)?;
                found.push((row, first, last));
            }
        }
        Ok(found)
    }

    /// A pipelined loop and the parallel one that is its body, in an order that keeps what they promise.
    fn pipeline(
        &mut self,
        outer: &Loop,
        inner: &Loop,
        rows: RangeInclusive<i64>,
        lane: &mut Lane,
    ) -> Result<(), InterpretError> {
        let rows = self.ranges(outer, inner, rows, lane)?;
        let tiles = rows
            .into_iter()
            .flat_map(|(row, first, last)| (first..=last).map(move |column| (row, column)));
        let mut tiles: Vec<_> = tiles.collect();
        self.orderer.arrange(&mut tiles);
        tiles.into_iter().try_for_each(|tile| self.tile(outer, inner, tile, lane))
    }

    /// An iteration of a loop and one of the loop that is its body.
    fn tile(
        &mut self,
        outer: &Loop,
        inner: &Loop,
        (row, column): (i64, i64),
        lane: &mut Lane,
    ) -> Result<(), InterpretError> {
        self.machine.spend(1)?;
        lane.set(outer.depth, row);
        lane.set(inner.depth, column);
        self.sequence(&inner.body, lane)
    }

    /// A doacross loop and the loop that is its body, in an order that keeps what they promise.
    fn doacross(
        &mut self,
        outer: &Loop,
        inner: &Loop,
        rows: RangeInclusive<i64>,
        lane: &mut Lane,
    ) -> Result<(), InterpretError> {
        // Of each row that has not ended, its number, its next iteration and its last one.
        let mut waiting = self.ranges(outer, inner, rows, lane)?;
        while let Some(&(least, _, _)) = waiting.first() {
            for at in self.orderer.turns(waiting.len()) {
                let Some((row, next, last)) = waiting.get_mut(at) else { continue };
                // All rows ahead of the least one have ended.
                let most = if *row == least { *last } else { (*last).min(least.saturating_sub(1)) };
                let end = self.orderer.stop(*next, most, *row == least);
                for value in *next..=end {
                    self.tile(outer, inner, (*row, value), lane)?;
                }
                *next = (*next).max(end.saturating_add(1));
            }
            self.machine.spend(waiting.len() as u64)?;
            waiting.retain(|(_, next, last)| next <= last);
        }
        Ok(())
    }

    fn iterate(&mut self, inner: &Loop, lane: &mut Lane) -> Result<(), InterpretError> {
        let (first, last) = lane.range(inner)?;
        if first > last {
            return Ok(());
        }
        self.machine.affordable(first, last)?;
        if let (Mark::Pipelined, [Step::Loop(parallel)]) = (inner.mark, inner.body.as_slice()) {
            return self.pipeline(inner, parallel, first..=last, lane);
        }
        if let (Mark::Doacross, [Step::Loop(steps)]) = (inner.mark, inner.body.as_slice()) {
            return self.doacross(inner, steps, first..=last, lane);
        }
        if let Mark::Sequential | Mark::Unroll { .. } = inner.mark {
            for value in first..=last {
                self.machine.spend(1)?;
                lane.set(inner.depth, value);
                self.sequence(&inner.body, lane)?;
            }
            return Ok(());
        }
        let size = self.orderer.block_size(inner.mark, inner.copies);
        for block in self.orderer.blocks(inner.mark, size, first, last) {
            self.machine.spend(block.len() as u64)?;
            if size == 1 || block.len() == 1 {
                for value in block {
                    lane.set(inner.depth, value);
                    self.sequence(&inner.body, lane)?;
                }
            } else {
                let mut lanes: Vec<Lane> =
                    block.into_iter().map(|value| lane.with(inner.depth, value)).collect();
                self.lockstep(&inner.body, &mut lanes)?;
            }
        }
        Ok(())
    }
}
