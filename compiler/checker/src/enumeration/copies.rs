//! C4 at one size.

use super::Ended;
use super::judge::{Facts, name};
use super::walk::{CopyRun, Execution, Executions, Step};
use crate::interpreter::{InterpretError, Touch};
use crate::{InstanceWitness, Refutation};
use loopwright_ir::{ArrayId, Mark, Program};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

pub(super) fn judge(
    program: &Program,
    parameters: &[i64],
    facts: &Facts<'_>,
    left: &mut u64,
) -> Result<(), Ended> {
    let Facts { extents, found, touches, .. } = *facts;
    for copy in &found.copies {
        let array = name(program, copy.array);
        let lockstep = |step: &&Step| match step.mark {
            Mark::Vector { width, unroll } => u64::from(width) * u64::from(unroll) > 1,
            Mark::UnrollJam { factor } => factor > 1,
            Mark::Sequential
            | Mark::Parallel
            | Mark::Pipelined
            | Mark::Doacross
            | Mark::Unroll { .. } => false,
        };
        if let Some(step) = copy.loops.iter().find(lockstep) {
            let loop_name = step.name.clone();
            return Err(Refutation::CopyInLockstep { array, loop_name }.into());
        }
        let executions = found.statements.get(copy.inside.clone()).unwrap_or_default();
        let uses = touches.get(copy.inside.clone()).unwrap_or_default();
        let expanded = program.is_expanded(ArrayId(copy.array));
        let (mut written, mut read) = (HashSet::new(), Vec::new());
        for (execution, touch) in pairs(executions, uses) {
            let Touch { subscripts, written: writes, .. } = touch;
            if !copy.takes(program, execution.statement, touch) {
                continue;
            }
            if !copy.holds(subscripts) {
                let instance = InstanceWitness::new(
                    program,
                    execution.statement,
                    &execution.iterators,
                    parameters,
                );
                let subscripts = subscripts.clone();
                return Err(Refutation::OutsideCopy { instance, array, subscripts }.into());
            }
            if *writes {
                written.insert(subscripts);
            } else if expanded {
                read.push(subscripts);
            } else if !copy.copy_in {
                return Err(Refutation::NotFilled { array }.into());
            }
        }
        if expanded {
            // C4f: with the order kept, an element that some instance inside writes is read after that.
            if read.into_iter().any(|subscripts| !written.contains(subscripts)) {
                return Err(Refutation::NotFilled { array }.into());
            }
            continue;
        }
        if copy.reads.is_some() {
            outdated(program, copy, facts)?;
        }
        if !copy.copy_out && !written.is_empty() {
            return Err(Refutation::NotWrittenBack { array }.into());
        }
        if copy.copy_out && !copy.copy_in && written.len() != copy.elements(extents, left)?.len() {
            return Err(Refutation::NotFilled { array }.into());
        }
    }
    races(program, extents, found, touches, left)
}

/// C4g: no element that the copy's reads take is written earlier in the same execution of the node.
fn outdated(program: &Program, copy: &CopyRun<'_>, facts: &Facts<'_>) -> Result<(), Ended> {
    let all = || {
        copy.inside.clone().flat_map(|position| {
            let touches = facts.touches.get(position).into_iter().flatten();
            touches.map(move |touch| (position, touch))
        })
    };
    let when = |position: usize| facts.order.get(position).copied().unwrap_or(0);
    let mut first_write: HashMap<&[i64], u64> = HashMap::new();
    for (position, touch) in all().filter(|(_, touch)| touch.written && touch.array == copy.array) {
        let first = first_write.entry(&touch.subscripts).or_insert(u64::MAX);
        *first = (*first).min(when(position));
    }
    let outdated = all().any(|(position, touch)| {
        let statement = facts.found.statements.get(position).map(|execution| execution.statement);
        statement.is_some_and(|statement| copy.takes(program, statement, touch))
            && first_write
                .get(touch.subscripts.as_slice())
                .is_some_and(|write| *write < when(position))
    });
    if outdated {
        return Err(Refutation::OutdatedCopy { array: name(program, copy.array) }.into());
    }
    Ok(())
}

/// All accesses with the executions that make them.
fn pairs<'a>(
    executions: &'a [Execution],
    touches: &'a [Vec<Touch>],
) -> impl Iterator<Item = (&'a Execution, &'a Touch)> {
    let all = executions.iter().zip(touches);
    all.flat_map(|(execution, touches)| touches.iter().map(move |touch| (execution, touch)))
}

impl CopyRun<'_> {
    /// Whether it takes an access of a statement.
    fn takes(&self, program: &Program, statement: usize, touch: &Touch) -> bool {
        let Some(reads) = self.reads else { return touch.array == self.array };
        let read = program.statements.get(statement).and_then(|one| one.reads.get(touch.read));
        !touch.written
            && touch.array == self.array
            && reads.statement.0 == statement
            && read.is_some_and(|read| read.subscripts == reads.subscripts)
    }

    fn holds(&self, subscripts: &[i64]) -> bool {
        subscripts.iter().zip(&self.origin).zip(&self.extents).all(
            |((subscript, origin), extent)| {
                let offset = i128::from(*subscript) - i128::from(*origin);
                0 <= offset && offset < i128::from(*extent)
            },
        )
    }

    /// The elements of the array that lie in the box, each of which takes one from the budget.
    fn elements(&self, extents: &[Vec<i64>], left: &mut u64) -> Result<Vec<Vec<i64>>, Ended> {
        let extents = extents.get(self.array).map_or(&[][..], Vec::as_slice);
        let ranges =
            self.origin.iter().zip(&self.extents).zip(extents).map(|((origin, extent), size)| {
                (*origin).max(0)..origin.saturating_add(*extent).min(*size)
            });
        let count = ranges.clone().try_fold(1_u64, |count, range| {
            count.checked_mul(u64::try_from(range.end.saturating_sub(range.start)).unwrap_or(0))
        });
        let rest = count.and_then(|count| left.checked_sub(count));
        *left = rest.unwrap_or(0);
        if rest.is_none() {
            return Err(InterpretError::Budget.into());
        }
        let mut elements = vec![Vec::new()];
        for range in ranges {
            let longer = elements.iter().flat_map(|element: &Vec<i64>| {
                range.clone().map(move |at| [element.as_slice(), &[at]].concat())
            });
            elements = longer.collect();
        }
        Ok(elements)
    }
}

/// A parallel loop at one execution of it, and an element.
type Place = (usize, Vec<i64>, usize, Vec<i64>);

/// What the copies of the iterations of a parallel loop do with an element.
#[derive(Default)]
struct Uses {
    /// By iteration: whether the element is copied back.
    copied: HashMap<Turn, bool>,
}

/// An iteration of a parallel loop, and before it the one of the pipelined loop whose body it is, or 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Turn(i64, i64);

impl Turn {
    /// Whether the two may run at once.
    fn meets(self, other: Self) -> bool {
        match self.0.cmp(&other.0) {
            Ordering::Equal => self.1 != other.1,
            Ordering::Less => self.1 > other.1,
            Ordering::Greater => self.1 < other.1,
        }
    }
}

/// C4d: of two iterations of a parallel loop, none writes what the other copies, and none uses what
/// the other copies back.
fn races(
    program: &Program,
    extents: &[Vec<i64>],
    found: &Executions<'_>,
    touches: &[Vec<Touch>],
    left: &mut u64,
) -> Result<(), Ended> {
    let mut uses: HashMap<Place, Uses> = HashMap::new();
    for copy in found.copies.iter().filter(|copy| !program.is_expanded(ArrayId(copy.array))) {
        for (place, turn, step) in parallel(&copy.loops) {
            for element in copy.elements(extents, left)? {
                let key = (step.node, place.clone(), copy.array, element);
                let entry = uses.entry(key).or_default();
                let out = entry.copied.entry(turn).or_default();
                *out |= copy.copy_out;
                let others = entry.copied.iter().filter(|(other, _)| other.meets(turn));
                if others.into_iter().any(|(_, out)| *out || copy.copy_out) {
                    return Err(race(program, copy.array, step));
                }
            }
        }
    }
    if uses.is_empty() {
        return Ok(());
    }
    for (execution, touch) in pairs(&found.statements, touches) {
        let Touch { array, subscripts, written, .. } = touch;
        for (place, turn, step) in parallel(&execution.loops) {
            let Some(entry) = uses.get(&(step.node, place, *array, subscripts.clone())) else {
                continue;
            };
            let mut others = entry.copied.iter().filter(|(other, _)| other.meets(turn));
            if others.any(|(_, out)| *out || *written) {
                return Err(race(program, *array, step));
            }
        }
    }
    Ok(())
}

fn race(program: &Program, array: usize, step: &Step) -> Ended {
    Refutation::CopyRaces { array: name(program, array), loop_name: step.name.clone() }.into()
}

/// The loops around that run on several threads, each with the values of the loops around it that order it, and its iteration.
fn parallel(loops: &[Step]) -> impl Iterator<Item = (Vec<i64>, Turn, &Step)> {
    let found = loops.iter().enumerate().filter(|(_, step)| step.mark.on_threads());
    found.map(|(depth, step)| {
        let outer = depth.checked_sub(1).and_then(|outer| loops.get(outer));
        let pipeline = outer.filter(|outer| outer.mark == Mark::Pipelined);
        let around = depth - usize::from(pipeline.is_some());
        let turn = Turn(pipeline.map_or(0, |outer| outer.value), step.value);
        (loops.iter().take(around).map(|around| around.value).collect(), turn, step)
    })
}
