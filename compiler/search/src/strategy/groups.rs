//! Which nests are treated together, and in which order the beam walks them.

use crate::Point;
use crate::space::nest::{Estimates, Nest};
use loopwright_ir::{Program, StatementId};

/// Statements whose nests resemble each other; one treatment serves all of them.
#[derive(Clone, Debug)]
pub struct Group {
    pub statements: Vec<StatementId>,
    /// Instances times accesses, summed up.
    pub work: f64,
}

/// The groups of a program, the heaviest first. Statements in the same innermost loop of the
/// original order follow one another, so that where they are not separated the first one's treatment
/// is all of theirs.
pub fn groups(program: &Program, original: &Point, estimates: &Estimates) -> Vec<Group> {
    let mut groups: Vec<(Nest, Vec<u32>, Group)> = Vec::new();
    for position in 0..program.statements.len() {
        let statement = StatementId(position);
        let Some(nest) = Nest::of(program, &original.tree, statement, estimates) else { continue };
        if nest.band.is_empty() {
            continue;
        }
        let accesses = program.statement(statement).reads.len() + 1;
        let work = nest.instances * accesses as f64;
        let innermost = nest.band.last().map_or(u32::MAX, |inner| inner.id.0);
        let found = groups.iter_mut().find(|(other, innermost_loops, _)| {
            nest.resembles(other) && !innermost_loops.contains(&innermost)
        });
        match found {
            Some((_, innermost_loops, group)) => {
                innermost_loops.push(innermost);
                group.statements.push(statement);
                group.work += work;
            }
            None => {
                let group = Group { statements: vec![statement], work };
                groups.push((nest, vec![innermost], group));
            }
        }
    }
    let mut groups: Vec<Group> = groups.into_iter().map(|(_, _, group)| group).collect();
    groups.sort_by(|left, right| right.work.total_cmp(&left.work));
    groups
}
