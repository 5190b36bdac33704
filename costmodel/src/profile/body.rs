//! What one execution of the innermost loop's body does: operations, loads, stores, chains.
//!
//! An operation is counted once for each copy and register in which its operands differ, and not at
//! all when they are the same in every iteration of the innermost loop (it is then hoisted).

use super::access::AccessGroup;
use super::nest::Occurrence;
use super::order::{Order, StageKind};
use crate::MachineFeatures;
use crate::cost::operations::{Operation, kind};
use loopwright_ir::{Expression, Program, Statement, Variable};

/// Cycles between independent operations of one register, and from operand to result, as the learned model's features
/// have them; the estimate's own are [`Operation::cycles`].
fn cycles(kind: Operation) -> (f64, f64) {
    match kind {
        Operation::Add | Operation::Multiply => (0.5, 4.0),
        Operation::Select => (0.7, 3.0),
        other => other.cycles(),
    }
}

/// Counts for one execution of the innermost body on one thread, all copies together.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Operations of one statement instance by [`Operation`].
    pub per_instance: [f64; Operation::COUNT],
    /// Cycles that the operations occupy the arithmetic units.
    pub arithmetic_cycles: f64,
    /// Load instructions.
    pub loads: f64,
    /// Store instructions.
    pub stores: f64,
    /// Cycles from one iteration to the next along the longest chain of dependent operations;
    /// 0 without one.
    pub chain_cycles: f64,
    /// The written element stays the same in the innermost loop and is read: a reduction.
    pub reduction: bool,
    /// Independent accumulators of such a reduction, in registers.
    pub accumulators: f64,
    /// Iterations of the innermost loop until a written element is read again; 0 if it is not.
    pub recurrence_distance: f64,
    /// Vector registers that are alive together.
    pub registers: f64,
}

/// Analyses the body of a statement occurrence.
pub fn body(
    program: &Program,
    occurrence: &Occurrence<'_>,
    order: &Order,
    groups: &[AccessGroup],
    reads: &[(usize, f64)],
    machine: &MachineFeatures,
) -> Body {
    let statement = program.statement(occurrence.instance.statement);
    let mut counter = Counter { occurrence, order, groups, reads, machine, body: Body::default() };
    counter.expression(&statement.body);
    counter.accesses();
    counter.chain(statement);
    counter.body
}

struct Counter<'c> {
    occurrence: &'c Occurrence<'c>,
    order: &'c Order,
    groups: &'c [AccessGroup],
    reads: &'c [(usize, f64)],
    machine: &'c MachineFeatures,
    body: Body,
}

impl Counter<'_> {
    /// Counts an expression; returns the set of stages in which its value differs, as bits.
    fn expression(&mut self, expression: &Expression) -> u64 {
        let mut varies = match expression {
            Expression::Read { position, .. } => {
                self.reads.get(*position).map_or(0, |(group, _)| self.access_varies(*group))
            }
            Expression::Index { value, .. } => self.index_varies(value),
            _ => 0,
        };
        for operand in expression.operands() {
            varies |= self.expression(operand);
        }
        if let Some(kind) = kind(expression) {
            if let Some(count) = self.body.per_instance.get_mut(kind as usize) {
                *count += 1.0;
            }
            let bytes = expression.element().bytes() as f64;
            let (throughput, _) = cycles(kind);
            let lanes = if kind == Operation::Call { self.order.lanes } else { 1.0 };
            self.body.arithmetic_cycles += throughput * lanes * self.instructions(varies, bytes);
        }
        varies
    }

    fn access_varies(&self, group: usize) -> u64 {
        let Some(group) = self.groups.get(group) else { return 0 };
        self.stage_bits(|stage| group.stage_stride(self.order, stage) != 0.0)
    }

    fn index_varies(&self, value: &loopwright_ir::Affine) -> u64 {
        self.stage_bits(|stage| {
            let level = self.order.stages.get(stage).map(|stage| stage.level);
            let variable = level.and_then(|level| self.occurrence.levels.get(level));
            value.variables().any(|used| match (used, variable) {
                (Variable::Iterator(depth), Some(level)) => self
                    .occurrence
                    .instance
                    .iterators
                    .get(depth as usize)
                    .is_some_and(|iterator| iterator.mentions(level.variable)),
                _ => false,
            })
        })
    }

    fn stage_bits(&self, mut varies: impl FnMut(usize) -> bool) -> u64 {
        (0..self.order.stages.len().min(64))
            .filter(|stage| varies(*stage))
            .fold(0, |bits, stage| bits | 1 << stage)
    }

    /// How many instructions one operation becomes, given the stages in which it differs.
    fn instructions(&self, varies: u64, element_bytes: f64) -> f64 {
        let hoisted =
            self.order.innermost().is_some_and(|stage| stage < 64 && varies & (1 << stage) == 0);
        if hoisted { 0.0 } else { self.copies(varies, element_bytes) }
    }

    /// Registers that a value fills, given the stages in which it differs.
    fn copies(&self, varies: u64, element_bytes: f64) -> f64 {
        let mut count = 1.0;
        for (position, stage) in self.order.stages.iter().enumerate().take(64) {
            if varies & (1 << position) == 0 {
                continue;
            }
            count *= match stage.kind {
                StageKind::Loop => 1.0,
                StageKind::Copies => stage.trip,
                StageKind::Lanes => (stage.trip / self.machine.lanes(element_bytes)).ceil(),
            };
        }
        count
    }

    fn accesses(&mut self) {
        let mut seen: Vec<(usize, f64)> = Vec::new();
        for place in self.reads {
            if !seen.contains(place) {
                seen.push(*place);
                let (loads, registers) = self.instructions_of_access(place.0);
                self.body.loads += loads;
                self.body.registers += registers;
            }
        }
        let Some(written) = self.groups.first() else { return };
        let bytes = written.element_bytes;
        let (stores, _) = self.instructions_of_access(0);
        self.body.stores += stores;
        let read_back = written.written.is_some_and(|offset| self.reads.contains(&(0, offset)));
        if written.is_invariant(self.order) && self.order.innermost().is_some() {
            let accumulators = self.copies(self.access_varies(0), bytes);
            self.body.reduction = read_back;
            self.body.accumulators = accumulators;
            if !read_back {
                self.body.registers += accumulators;
            }
        }
        self.recurrence(written);
    }

    /// Memory instructions of an access in the body, and the registers that its values fill.
    fn instructions_of_access(&self, group: usize) -> (f64, f64) {
        let Some(access) = self.groups.get(group) else { return (0.0, 0.0) };
        let varies = self.access_varies(group);
        let registers = self.copies(varies, access.element_bytes);
        if access.is_invariant(self.order) {
            return (0.0, registers);
        }
        let stride = access.lane_stride(self.order).abs();
        // A gather or scatter works lane by lane.
        let per_register = if stride > 1.0 {
            1.5 * self.order.lanes.min(self.machine.lanes(access.element_bytes))
        } else {
            1.0
        };
        (registers * per_register, registers.min(1.0))
    }

    /// A read of what an earlier iteration of the innermost loop has written.
    fn recurrence(&mut self, written: &AccessGroup) {
        let (Some(offset), Some(innermost)) = (written.written, self.order.innermost()) else {
            return;
        };
        let stride = written.stage_stride(self.order, innermost);
        if stride == 0.0 {
            return;
        }
        let unit = self.order.stages.get(innermost).map_or(1.0, |stage| stage.step);
        for read in written.offsets.iter().filter(|read| **read != offset) {
            let iterations = (offset - read) / stride * unit;
            if (1.0..=64.0).contains(&iterations)
                && self.reads.contains(&(0, *read))
                && (self.body.recurrence_distance == 0.0
                    || iterations < self.body.recurrence_distance)
            {
                self.body.recurrence_distance = iterations;
            }
        }
    }

    fn chain(&mut self, statement: &Statement) {
        // Passing a value through memory costs about this much on top of the arithmetic.
        const STORE_TO_LOAD: f64 = 5.0;
        let Some(written) = self.groups.first() else { return };
        if self.body.reduction {
            let offset = written.written;
            self.body.chain_cycles =
                self.latency(&statement.body, &|read| read.0 == 0 && Some(read.1) == offset);
        } else if self.body.recurrence_distance > 0.0 {
            let latency = self.latency(&statement.body, &|read| read.0 == 0);
            self.body.chain_cycles = (latency + STORE_TO_LOAD) / self.body.recurrence_distance;
        }
    }

    /// Cycles from the reads that `begins` chooses to the value of the expression; 0 if none occurs.
    fn latency(&self, expression: &Expression, begins: &dyn Fn((usize, f64)) -> bool) -> f64 {
        if let Expression::Read { position, .. } = expression {
            let chosen = self.reads.get(*position).is_some_and(|read| begins(*read));
            // A trace of latency marks that the chain passes here.
            return if chosen { 1e-3 } else { 0.0 };
        }
        let below = expression
            .operands()
            .into_iter()
            .map(|operand| self.latency(operand, begins))
            .fold(0.0, f64::max);
        match kind(expression) {
            Some(kind) if below > 0.0 => below + cycles(kind).1,
            _ => below,
        }
    }
}
