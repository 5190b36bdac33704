//! What one execution of an innermost body does: operations, loads, stores, chains.
//!
//! Marks move blocks of iterations inside of everything deeper: a statement under `unroll_and_jam(i, 4)` and
//! `vectorize(j, 8, 3)` has twelve copies of eight lanes in the body of the innermost loop. An operation is
//! counted once for each copy and register in which its operands differ, and outside of the innermost loop
//! where they are the same in all its iterations.

use super::nodes::{Group, Kind, Nodes};
use super::operations::{Operation, kind};
use super::rates::Rates;
use super::rings::Ring;
use super::sampling::Executions;
use crate::MachineFeatures;
use loopwright_ir::Expression;

/// Cycles of a statement in one execution of the innermost body, all copies together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Body {
    /// How often that body runs in all.
    pub runs: f64,
    pub arithmetic: f64,
    pub loads: f64,
    pub stores: f64,
    pub instructions: f64,
    /// From one run to the next along the longest chain of dependent operations.
    pub chain: f64,
    /// What is done once for each execution of the innermost loop.
    pub outside: f64,
    /// Operations, each copy and lane counted.
    pub operations: f64,
    pub lanes: f64,
    pub copies: f64,
    pub accumulators: f64,
    pub registers: f64,
    pub spilled: f64,
    pub gathered: f64,
    pub transposed: f64,
}

/// A statement in one execution of its innermost body.
pub fn body(
    nodes: &Nodes<'_>,
    executions: &[Executions],
    leaf: usize,
    rings: &[Ring],
    machine: &MachineFeatures,
    rates: &Rates,
) -> Body {
    let Some(node) = nodes.list.get(leaf) else { return Body::default() };
    let Kind::Statement { statement, iterators, .. } = &node.kind else { return Body::default() };
    let count = executions.get(leaf).map_or(0.0, |one| one.count);
    let runs = count * rings.iter().map(|ring| ring.rate).product::<f64>();
    let mut counter = Counter {
        rings,
        groups: &node.groups,
        reads: &node.reads,
        iterators,
        machine,
        rates,
        bytes: node.groups.iter().map(|group| width(nodes, group)).collect(),
        body: Body { runs, ..Body::default() },
    };
    let expression = nodes.statement(*statement);
    counter.expression(expression);
    counter.accesses(nodes);
    counter.chain(expression);
    counter.pressure();
    let body = &mut counter.body;
    body.lanes = rings.iter().map(|ring| ring.lanes).fold(1.0, f64::max);
    body.copies = rings.iter().map(|ring| ring.copies).product();
    counter.body
}

fn width(nodes: &Nodes<'_>, group: &Group) -> f64 {
    nodes.storages.get(group.storage).map_or(8.0, |one| one.element_bytes)
}

struct Counter<'c> {
    rings: &'c [Ring],
    groups: &'c [Group],
    reads: &'c [(usize, i64)],
    iterators: &'c [super::linear::Linear],
    machine: &'c MachineFeatures,
    rates: &'c Rates,
    /// Element sizes of the groups.
    bytes: Vec<f64>,
    body: Body,
}

impl Counter<'_> {
    fn bits(&self, varies: impl Fn(&Ring) -> bool) -> u64 {
        let rings = self.rings.iter().enumerate().take(64);
        rings.filter(|(_, ring)| varies(ring)).fold(0, |bits, (position, _)| bits | 1 << position)
    }

    fn varies(&self, group: &Group) -> u64 {
        self.bits(|ring| group.strides.get(ring.depth).is_some_and(|stride| *stride != 0))
    }

    /// Whether a value that differs in these rings changes from one run of the body to the next.
    fn moves(&self, varies: u64) -> bool {
        self.rings.len().checked_sub(1).is_none_or(|last| varies & (1 << last) != 0)
    }

    /// Values that differ, each of a whole register or less, and the registers' width in bits.
    fn registers(&self, varies: u64, bytes: f64) -> (f64, f64) {
        let (mut count, mut bits) = (1.0, 8.0 * bytes);
        for (position, ring) in self.rings.iter().enumerate().take(64) {
            if varies & (1 << position) == 0 {
                continue;
            }
            count *= ring.copies;
            if ring.lanes > 1.0 {
                let whole = f64::from(self.machine.vector_bits.max(64));
                let needed = ring.lanes * bytes * 8.0;
                count *= (needed / whole).ceil().max(1.0);
                bits = needed.min(whole);
            }
        }
        (count, bits)
    }

    /// How much longer an instruction on a register of so many bits takes than on 256.
    fn wide(&self, bits: f64) -> f64 {
        if bits > 256.0 { self.rates.wide } else { 1.0 }
    }

    /// Counts an expression; returns the rings in which its value differs, as bits.
    fn expression(&mut self, expression: &Expression) -> u64 {
        let mut varies = match expression {
            Expression::Read { position, .. } => {
                let group =
                    self.reads.get(*position).and_then(|(group, _)| self.groups.get(*group));
                group.map_or(0, |group| self.varies(group))
            }
            Expression::Index { value, .. } => self.bits(|ring| {
                value.variables().any(|used| match used {
                    loopwright_ir::Variable::Iterator(depth) => self
                        .iterators
                        .get(depth as usize)
                        .is_some_and(|iterator| iterator.coefficient(ring.depth) != 0),
                    _ => false,
                })
            }),
            _ => 0,
        };
        for operand in expression.operands() {
            varies |= self.expression(operand);
        }
        if let Some(kind) = kind(expression) {
            let (count, bits) = self.registers(varies, expression.element().bytes() as f64);
            let lanes = (bits / (8.0 * expression.element().bytes() as f64)).max(1.0);
            let (each, _) = kind.cycles();
            let cycles = count
                * match kind {
                    Operation::Call => each * lanes,
                    Operation::Divide | Operation::SquareRoot => each * (bits / 256.0).max(0.8),
                    _ => each * self.wide(bits),
                };
            if self.moves(varies) {
                self.body.arithmetic += cycles;
                self.body.instructions += count;
                self.body.operations += count * lanes;
            } else {
                self.body.outside += cycles;
            }
        }
        varies
    }

    fn accesses(&mut self, nodes: &Nodes<'_>) {
        for position in 0..self.groups.len() {
            let Some(group) = self.groups.get(position) else { continue };
            if nodes.storages.get(group.storage).is_some_and(|storage| storage.register) {
                self.body.registers += 1.0;
                continue;
            }
            let varies = self.varies(group);
            let bytes = self.bytes.get(position).copied().unwrap_or(8.0);
            let (each, bits) = self.registers(varies, bytes);
            let moves = self.moves(varies);
            if !group.read.is_empty() {
                self.load(group, moves, each, bits, varies, bytes);
            }
            if group.written.is_some() {
                let stride = self.lane_stride(group);
                let scattered = stride.unsigned_abs() > 1;
                let lanes = (bits / (8.0 * bytes)).max(1.0);
                let cycles = each * if scattered { 1.2 * lanes } else { self.wide(bits) };
                if moves {
                    self.body.stores += cycles;
                    self.body.instructions += each;
                    self.body.gathered += if scattered { each } else { 0.0 };
                } else {
                    self.body.outside += cycles;
                    self.body.accumulators += each;
                }
            }
        }
    }

    /// Elements between neighbouring lanes.
    fn lane_stride(&self, group: &Group) -> i64 {
        let ring = self.rings.iter().find(|ring| ring.lanes > 1.0);
        ring.and_then(|ring| group.strides.get(ring.depth)).copied().unwrap_or(0)
    }

    fn load(&mut self, group: &Group, moves: bool, each: f64, bits: f64, varies: u64, bytes: f64) {
        let stride = self.lane_stride(group);
        let (values, rows) = self.distinct(group, each, varies, bits / (8.0 * bytes));
        let lanes = (bits / (8.0 * bytes)).max(1.0);
        // Two loads of up to 256 bits in a cycle.
        let one = 0.5 * self.wide(bits);
        let innermost = self.rings.last().and_then(|ring| group.strides.get(ring.depth));
        let lane_innermost = self.rings.last().is_some_and(|ring| ring.lanes > 1.0);
        let (loads, mut shuffles);
        shuffles = 0.0;
        if lanes > 1.0 && stride.unsigned_abs() > 1 {
            let square =
                innermost.is_some_and(|stride| stride.unsigned_abs() == 1) && !lane_innermost;
            if square && moves {
                loads = values * one;
                shuffles = values * 0.5 * lanes.log2() * self.wide(bits);
                self.body.transposed += values;
            } else {
                loads = values * 0.5 * lanes;
                shuffles = values * 0.6 * lanes;
                self.body.gathered += values;
            }
        } else if lanes > 1.0 && values > rows {
            // Neighbours along a row: cut from whole vectors of 512 bits, loaded across lines below.
            if bits >= 512.0 {
                loads = rows * one;
                shuffles = (values - rows) * 0.5 * self.wide(bits);
            } else {
                loads = rows * one + (values - rows) * one * 1.3;
            }
        } else {
            loads = values * one;
        }
        if moves {
            self.body.loads += loads;
            self.body.arithmetic += shuffles;
            self.body.instructions += values + shuffles;
        } else {
            self.body.outside += loads + shuffles;
            self.body.registers += if group.written.is_some() { 0.0 } else { values };
        }
    }

    /// Distinct registers that are loaded, each block's copies together, and the rows that they lie in.
    fn distinct(&self, group: &Group, each: f64, varies: u64, lanes: f64) -> (f64, f64) {
        let reads = group.read.len() as f64;
        if group.read.len() <= 1 {
            return (each * reads, each * reads);
        }
        let mut places: Vec<i64> = group.read.clone();
        for (position, ring) in self.rings.iter().enumerate().take(64) {
            if varies & (1 << position) == 0 || ring.copies <= 1.0 || places.len() > 600 {
                continue;
            }
            let step = group.strides.get(ring.depth).copied().unwrap_or(0) * ring.lanes as i64;
            let copies = ring.copies as i64;
            places = places
                .iter()
                .flat_map(|at| (0..copies).map(move |copy| at + copy * step))
                .collect();
        }
        places.sort_unstable();
        places.dedup();
        let near = lanes.max(2.0) as i64;
        let clusters = places.windows(2).filter(|pair| pair[1] - pair[0] >= near).count() + 1;
        (places.len() as f64, clusters as f64)
    }

    fn chain(&mut self, expression: &Expression) {
        // Passing a value through memory costs about this much on top of the arithmetic.
        const STORE_TO_LOAD: f64 = 5.0;
        let Some((position, written)) =
            self.groups.iter().enumerate().find(|(_, group)| group.written.is_some())
        else {
            return;
        };
        let Some(offset) = written.written else { return };
        let moves = self.moves(self.varies(written));
        if !moves && written.read.contains(&offset) {
            self.body.chain =
                self.latency(expression, &|read| read.0 == position && read.1 == offset);
            return;
        }
        let Some(ring) = self.rings.last() else { return };
        let stride = written.strides.get(ring.depth).copied().unwrap_or(0);
        if stride == 0 {
            return;
        }
        let mut nearest = f64::INFINITY;
        for read in written.read.iter().filter(|read| **read != offset) {
            let iterations = (offset - read) as f64 / stride as f64;
            if (1.0..=64.0).contains(&iterations) {
                nearest = nearest.min(iterations);
            }
        }
        if nearest.is_finite() {
            let latency = self.latency(expression, &|read| read.0 == position && read.1 != offset);
            self.body.chain = (latency + STORE_TO_LOAD) * (ring.lanes * ring.copies) / nearest;
        }
    }

    /// Cycles from the chosen reads to the value of the expression; 0 if none occurs.
    fn latency(&self, expression: &Expression, begins: &dyn Fn((usize, i64)) -> bool) -> f64 {
        if let Expression::Read { position, .. } = expression {
            let chosen = self.reads.get(*position).is_some_and(|read| begins(*read));
            // A trace of latency marks that the chain passes here.
            return if chosen { 1e-3 } else { 0.0 };
        }
        let operands = expression.operands().into_iter();
        let below = operands.map(|operand| self.latency(operand, begins)).fold(0.0, f64::max);
        match kind(expression) {
            Some(kind) if below > 0.0 => below + kind.cycles().1,
            _ => below,
        }
    }

    /// Values that find no register.
    fn pressure(&mut self) {
        let registers = if self.machine.vector_bits >= 512 { 32.0 } else { 16.0 };
        let vectors = self.rings.iter().filter(|ring| ring.lanes > 1.0).map(|ring| ring.copies);
        let streaming = vectors.fold(1.0, f64::max).min(4.0) + 1.0;
        let live = self.body.accumulators + self.body.registers + streaming;
        self.body.spilled = (live - registers).max(0.0);
        let wide = self.wide(f64::from(self.machine.vector_bits));
        self.body.loads += 0.5 * wide * self.body.spilled;
        self.body.stores += 0.5 * wide * self.body.spilled;
    }
}
