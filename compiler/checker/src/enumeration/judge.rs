//! The conditions at one size.
//!
//! Of the dependences only those are looked at that no others imply: from the last write of an
//! element to each later use, and from each use since then to the next write. The relation "surely
//! before" is transitive, so the rest follows.

use super::Ended;
use super::copies;
use super::walk::{Execution, Executions, executions};
use crate::interpreter::{Accesses, Event, InterpretError, Touch, extents_of, walk_original};
use crate::refutation::Lost;
use crate::{InstanceWitness, Refutation};
use loopwright_ir::{LoopTree, Mark, Program};
use std::collections::HashMap;

/// What is known of one size.
pub(super) struct Facts<'a> {
    pub extents: &'a [Vec<i64>],
    pub found: &'a Executions<'a>,
    /// By execution.
    pub touches: &'a [Vec<Touch>],
    /// When the source runs each execution.
    pub order: &'a [u64],
}

/// Judges one size and says how many instances it has.
pub(super) fn judge(
    program: &Program,
    tree: &LoopTree,
    parameters: &[i64],
    left: &mut u64,
) -> Result<u64, Ended> {
    let (extents, limit) = (extents_of(program, parameters)?, *left);
    let found = executions(tree, parameters, left)?;
    let mut by_instance = HashMap::new();
    for (position, execution) in found.statements.iter().enumerate() {
        let key = (execution.statement, execution.iterators.clone());
        if by_instance.insert(key, position).is_some() {
            let instance = witness(program, parameters, execution);
            return Err(Refutation::Repeated(instance).into());
        }
    }
    let accesses = Accesses::new(program, parameters)?;
    let mut state =
        State { program, parameters, extents: &extents, found: &found, last: HashMap::new() };
    let mut touches: Vec<Vec<Touch>> = found.statements.iter().map(|_| Vec::new()).collect();
    // When the source runs each execution.
    let mut order = vec![0_u64; found.statements.len()];
    let (mut seen, mut steps) = (0, 0);
    // The walk can only be told that it must end, so the reason is kept beside it.
    let mut broken = None;
    let walked = walk_original(program, parameters, &mut |event| {
        steps += 1;
        if steps > limit {
            return Err(InterpretError::Budget);
        }
        let Event::Instance(statement, iterators) = event else { return Ok(()) };
        let Some(position) = by_instance.get(&(statement, iterators.to_vec())) else {
            let missing = InstanceWitness::new(program, statement, iterators, parameters);
            broken = Some(Box::new(Refutation::Missing(missing)));
            return Err(InterpretError::Budget);
        };
        seen += 1;
        if let Some(entry) = order.get_mut(*position) {
            *entry = seen;
        }
        let elements = accesses.of(statement, iterators)?;
        if let Err(refutation) = state.run(*position, &elements) {
            broken = Some(refutation);
            return Err(InterpretError::Budget);
        }
        if let Some(entry) = touches.get_mut(*position) {
            *entry = elements;
        }
        Ok(())
    });
    if let Some(refutation) = broken {
        return Err(Ended::Refuted(refutation));
    }
    walked?;
    if seen != found.statements.len() as u64 {
        return Err(foreign(program, parameters, &found)?.into());
    }
    let facts = Facts { extents: &extents, found: &found, touches: &touches, order: &order };
    copies::judge(program, parameters, &facts, left)?;
    Ok(seen)
}

fn witness(program: &Program, parameters: &[i64], execution: &Execution) -> InstanceWitness {
    InstanceWitness::new(program, execution.statement, &execution.iterators, parameters)
}

/// An execution that the source does not have; there is one when more run than the source has.
fn foreign(
    program: &Program,
    parameters: &[i64],
    found: &Executions<'_>,
) -> Result<Refutation, Ended> {
    let mut source = std::collections::HashSet::new();
    walk_original(program, parameters, &mut |event| {
        if let Event::Instance(statement, iterators) = event {
            source.insert((statement, iterators.to_vec()));
        }
        Ok(())
    })?;
    let extra = found
        .statements
        .iter()
        .find(|execution| !source.contains(&(execution.statement, execution.iterators.clone())));
    Ok(match extra {
        Some(execution) => Refutation::Foreign(witness(program, parameters, execution)),
        None => Refutation::Malformed("more instances run than the source has".to_owned()),
    })
}

/// Which executions used each element last: the write, and the reads since then.
struct State<'a> {
    program: &'a Program,
    parameters: &'a [i64],
    extents: &'a [Vec<i64>],
    found: &'a Executions<'a>,
    last: HashMap<(usize, Vec<i64>), LastUses>,
}

#[derive(Default)]
struct LastUses {
    write: Option<usize>,
    reads: Vec<usize>,
}

impl State<'_> {
    /// The next instance of the source, which is the execution at that position.
    fn run(&mut self, position: usize, elements: &[Touch]) -> Result<(), Box<Refutation>> {
        for Touch { array, subscripts, written, .. } in elements {
            if !self.extents.get(*array).is_some_and(|extents| inside(extents, subscripts)) {
                let Some(execution) = self.found.statements.get(position) else { continue };
                return Err(Box::new(Refutation::OutOfBounds {
                    instance: witness(self.program, self.parameters, execution),
                    array: name(self.program, *array),
                    subscripts: subscripts.clone(),
                }));
            }
            let uses = self.last.entry((*array, subscripts.clone())).or_default();
            let mut earlier: Vec<usize> = uses.write.into_iter().collect();
            if *written {
                earlier.append(&mut uses.reads);
                uses.write = Some(position);
            } else {
                uses.reads.push(position);
            }
            for before in earlier {
                self.ordered(before, position, *array)?;
            }
        }
        Ok(())
    }

    fn ordered(&self, before: usize, after: usize, array: usize) -> Result<(), Box<Refutation>> {
        let pair = self.found.statements.get(before).zip(self.found.statements.get(after));
        let Some((first, second)) = pair else { return Ok(()) };
        match lost(first, second) {
            None => Ok(()),
            Some(lost) => Err(Box::new(Refutation::Misordered {
                first: Box::new(witness(self.program, self.parameters, first)),
                second: Box::new(witness(self.program, self.parameters, second)),
                array: name(self.program, array),
                lost,
            })),
        }
    }
}

pub(super) fn name(program: &Program, array: usize) -> String {
    program.arrays.get(array).map(|array| array.name.clone()).unwrap_or_default()
}

fn inside(extents: &[i64], subscripts: &[i64]) -> bool {
    extents.iter().zip(subscripts).all(|(extent, subscript)| (0..*extent).contains(subscript))
}

/// How the order of two executions is lost, `None` when the first surely runs before the second (the
/// relation of the crate's text).
fn lost(first: &Execution, second: &Execution) -> Option<Lost> {
    let mut loops = first.loops.iter().zip(&second.loops).peekable();
    while let Some((own, other)) = loops.next() {
        if own.node != other.node {
            break;
        }
        let ahead = i128::from(other.value) - i128::from(own.value);
        match own.mark {
            Mark::Parallel | Mark::Vector { .. } if ahead != 0 => return Some(Lost::Unordered),
            Mark::Pipelined if ahead > 0 => {
                // Its body is one parallel loop, in which the first one must not be further ahead.
                let kept = loops.peek().is_some_and(|(own, other)| own.value <= other.value);
                return (!kept).then_some(Lost::Unordered);
            }
            Mark::Doacross if ahead > 0 => {
                // Its body is one loop, which must have reached the first one's iteration.
                let kept = loops.peek().is_some_and(|(_, other)| own.value <= other.value);
                return (!kept).then_some(Lost::Unordered);
            }
            Mark::UnrollJam { factor } if 0 <= ahead && ahead < i128::from(factor) => {}
            _ if ahead < 0 => return Some(Lost::Reversed),
            _ if ahead > 0 => return None,
            _ => {}
        }
    }
    (second.node < first.node).then_some(Lost::Reversed)
}
