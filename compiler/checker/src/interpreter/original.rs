//! Runs the order of the source, with loops found from the statements' domains.
//!
//! At its depth, each loop runs over the hull of what its statements need there; a statement runs
//! where all constraints of its domain hold, each tested at the depth of its innermost iterator.

use super::flat::ceiling;
use super::machine::{Bindings, Machine};
use super::ranges::{Nest, nests};
use super::{InterpretError, Memory};
use loopwright_ir::{Program, SourceNode};

/// The memory after the program has run in the order of its source, for the given values of the
/// parameters. `budget` is the most instances and iterations together.
pub fn run_original(
    program: &Program,
    parameters: &[i64],
    budget: u64,
) -> Result<Memory, InterpretError> {
    let mut machine = Machine::new(program, parameters, budget)?;
    let bindings = Bindings::default();
    walk_original(program, parameters, &mut |event| match event {
        Event::Iteration => machine.spend(1),
        Event::Instance(statement, iterators) => machine.execute(statement, iterators, &bindings),
    })?;
    Ok(machine.memory)
}

/// What happens in a walk over the source's order.
pub(crate) enum Event<'a> {
    /// A loop begins an iteration.
    Iteration,
    /// A statement runs, at these iterators.
    Instance(usize, &'a [i64]),
}

/// Visits all iterations and instances in the order of the source.
pub(crate) fn walk_original<'a>(
    program: &'a Program,
    parameters: &[i64],
    visit: &'a mut dyn FnMut(Event<'_>) -> Result<(), InterpretError>,
) -> Result<(), InterpretError> {
    let nests = nests(program, parameters)?;
    let deepest = nests.iter().map(|nest| nest.levels.len()).max().unwrap_or(0);
    let mut walk = Walk {
        // A statement whose domain is empty for these parameters is never at depth zero.
        reached: nests.iter().map(|nest| if nest.possible { 0 } else { -1 }).collect(),
        ranges: nests.iter().map(|nest| vec![(0, -1); nest.levels.len()]).collect(),
        nests,
        values: vec![0; deepest],
        visit,
    };
    let nodes = prepare(&program.order);
    walk.sequence(&nodes, 0)
}

/// The source's order with the statements below each loop.
enum Node {
    Loop { statements: Vec<usize>, body: Vec<Node> },
    Statement(usize),
}

fn prepare(order: &[SourceNode]) -> Vec<Node> {
    let node = |node: &SourceNode| match node {
        SourceNode::Statement(id) => Node::Statement(id.0),
        SourceNode::Loop(inner) => {
            let body = prepare(&inner.body);
            let mut statements = Vec::new();
            for node in &body {
                match node {
                    Node::Statement(statement) => statements.push(*statement),
                    Node::Loop { statements: below, .. } => statements.extend(below),
                }
            }
            Node::Loop { statements, body }
        }
    };
    order.iter().map(node).collect()
}

struct Walk<'a> {
    nests: Vec<Nest>,
    /// How many loops around a statement now have a value that its domain allows.
    reached: Vec<i32>,
    /// By statement and depth.
    ranges: Vec<Vec<(i64, i64)>>,
    values: Vec<i64>,
    visit: &'a mut dyn FnMut(Event<'_>) -> Result<(), InterpretError>,
}

impl Walk<'_> {
    fn sequence(&mut self, nodes: &[Node], depth: i32) -> Result<(), InterpretError> {
        for node in nodes {
            match node {
                Node::Statement(statement) => {
                    if self.reached.get(*statement) == Some(&depth) {
                        let iterators = self.values.get(..depth as usize).unwrap_or_default();
                        (self.visit)(Event::Instance(*statement, iterators))?;
                    }
                }
                Node::Loop { statements, body } => self.iterate(statements, body, depth)?,
            }
        }
        Ok(())
    }

    fn iterate(
        &mut self,
        statements: &[usize],
        body: &[Node],
        depth: i32,
    ) -> Result<(), InterpretError> {
        let level = depth as usize;
        let mut hull: Option<(i64, i64)> = None;
        for &statement in statements {
            if self.reached.get(statement) != Some(&depth) {
                continue;
            }
            let range = self.range(statement, level)?;
            if let Some(entry) = self.ranges.get_mut(statement).and_then(|row| row.get_mut(level)) {
                *entry = range;
            }
            if range.0 <= range.1 {
                hull =
                    Some(hull.map_or(range, |(low, high)| (low.min(range.0), high.max(range.1))));
            }
        }
        let Some((first, last)) = hull else { return Ok(()) };
        let active: Vec<usize> = statements
            .iter()
            .copied()
            .filter(|&statement| self.reached.get(statement) == Some(&depth))
            .collect();
        for value in first..=last {
            (self.visit)(Event::Iteration)?;
            if let Some(slot) = self.values.get_mut(level) {
                *slot = value;
            }
            for &statement in &active {
                let range = self.ranges.get(statement).and_then(|row| row.get(level));
                let inside = range.is_some_and(|range| range.0 <= value && value <= range.1);
                if let Some(reached) = self.reached.get_mut(statement) {
                    *reached = if inside { depth + 1 } else { depth };
                }
            }
            // Those that are not inside must not count as reached in loops or sequences below,
            // which ask for the next depth.
            self.sequence(body, depth + 1)?;
        }
        for statement in active {
            if let Some(reached) = self.reached.get_mut(statement) {
                *reached = depth;
            }
        }
        Ok(())
    }

    /// The values of the iterator at a depth that the domain of a statement allows, as far as outer
    /// iterators decide.
    fn range(&self, statement: usize, depth: usize) -> Result<(i64, i64), InterpretError> {
        let level = self.nests.get(statement).and_then(|nest| nest.levels.get(depth));
        let Some(level) = level else { return Ok((0, -1)) };
        let (mut first, mut last): (Option<i64>, Option<i64>) = (None, None);
        for row in level {
            let rest = row.rest.value(&self.values)?;
            let negated = rest.checked_neg().ok_or(InterpretError::Overflow)?;
            let factor = row.factor;
            let magnitude = factor.checked_abs().ok_or(InterpretError::Overflow)?;
            // factor * x + rest >= 0.
            let lower = if factor > 0 { ceiling(negated, magnitude) } else { i64::MIN };
            let upper = if factor > 0 { i64::MAX } else { rest.div_euclid(magnitude) };
            let (lower, upper) = match (row.equality, factor > 0) {
                (false, _) => (lower, upper),
                (true, true) => (lower, negated.div_euclid(magnitude)),
                (true, false) => (ceiling(rest, magnitude), upper),
            };
            if row.equality || factor > 0 {
                first = Some(first.map_or(lower, |other| other.max(lower)));
            }
            if row.equality || factor < 0 {
                last = Some(last.map_or(upper, |other| other.min(upper)));
            }
        }
        match (first, last) {
            (Some(first), Some(last)) => Ok((first, last)),
            _ => Err(self.nests.get(statement).map_or(InterpretError::Overflow, |nest| {
                let iterator = nest.names.get(depth).cloned().unwrap_or_default();
                InterpretError::Unbounded { statement: nest.statement.clone(), iterator }
            })),
        }
    }
}
