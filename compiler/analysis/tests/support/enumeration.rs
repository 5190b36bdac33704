//! The same questions answered by running through all instances of a small program.

use loopwright_ir::{
    Access, Constraint, LoopId, Mark, Program, ScheduleTree, StatementId, TreeLoop, Variable,
};
use std::collections::HashMap;

/// One execution of a statement: its iterators and its place in the tree.
struct Instance<'a> {
    statement: StatementId,
    iterators: Vec<i64>,
    path: Vec<(LoopId, Mark, i64)>,
    position: usize,
    program: &'a Program,
}

impl Instance<'_> {
    fn element(&self, access: &Access) -> Vec<i64> {
        access
            .subscripts
            .iter()
            .map(|subscript| {
                subscript
                    .evaluate(|variable| match variable {
                        Variable::Iterator(depth) => self.iterators[depth as usize],
                        Variable::Parameter(position) => {
                            self.program.parameter_value(position).unwrap()
                        }
                        Variable::Loop(_) => unreachable!(),
                    })
                    .unwrap()
            })
            .collect()
    }
}

/// All values of a leaf's loop variables in a box that satisfy its constraints, found loop by loop.
fn points(
    program: &Program,
    path: &[&TreeLoop],
    constraints: &[Constraint],
    bound: i64,
    point: &mut Vec<i64>,
    found: &mut Vec<Vec<i64>>,
) {
    let depth_of = |id: u32| path.iter().position(|inner| inner.id.0 == id).unwrap();
    let (now, later): (Vec<Constraint>, Vec<Constraint>) =
        constraints.iter().cloned().partition(|constraint| {
            constraint.affine.variables().all(|variable| match variable {
                Variable::Loop(id) => depth_of(id) < point.len(),
                _ => true,
            })
        });
    let holds = now.iter().all(|constraint| {
        constraint
            .holds(|variable| match variable {
                Variable::Loop(id) => point[depth_of(id)],
                Variable::Parameter(position) => program.parameter_value(position).unwrap(),
                Variable::Iterator(_) => unreachable!(),
            })
            .unwrap()
    });
    if !holds {
        return;
    }
    if point.len() == path.len() {
        found.push(point.clone());
        return;
    }
    for value in -bound..=bound {
        point.push(value);
        points(program, path, &later, bound, point, found);
        point.pop();
    }
}

/// All executions in a tree, with the known values of the parameters.
fn instances<'a>(program: &'a Program, tree: &ScheduleTree) -> Vec<Instance<'a>> {
    let largest = (0..program.parameters.len() as u32)
        .filter_map(|position| program.parameter_value(position))
        .max()
        .unwrap_or(0);
    let mut result = Vec::new();
    for (position, (path, leaf)) in tree.leaves().into_iter().enumerate() {
        let mut found = Vec::new();
        points(program, &path, &leaf.constraints, 2 * largest, &mut Vec::new(), &mut found);
        for point in found {
            let value = |variable| match variable {
                Variable::Loop(id) => {
                    point[path.iter().position(|inner| inner.id.0 == id).unwrap()]
                }
                Variable::Parameter(position) => program.parameter_value(position).unwrap(),
                Variable::Iterator(_) => unreachable!(),
            };
            result.push(Instance {
                statement: leaf.statement,
                iterators: leaf
                    .iterators
                    .iter()
                    .map(|affine| affine.evaluate(value).unwrap())
                    .collect(),
                path: path
                    .iter()
                    .zip(&point)
                    .map(|(inner, value)| (inner.id, inner.mark, *value))
                    .collect(),
                position,
                program,
            });
        }
    }
    result
}

/// Whether the first surely runs before the second, for one choice of where blocks begin.
fn before(first: &Instance<'_>, second: &Instance<'_>, offset: i64) -> bool {
    use std::cmp::Ordering;
    /// `None` for unordered.
    fn compare(
        first: &Instance<'_>,
        second: &Instance<'_>,
        depth: usize,
        offset: i64,
    ) -> Option<Ordering> {
        let (Some(left), Some(right)) = (first.path.get(depth), second.path.get(depth)) else {
            return Some(first.position.cmp(&second.position));
        };
        if left.0 != right.0 {
            return Some(first.position.cmp(&second.position));
        }
        let deeper = || compare(first, second, depth + 1, offset);
        match left.1 {
            Mark::Parallel | Mark::Vector { .. } if left.2 != right.2 => None,
            Mark::UnrollJam { factor } => {
                let block = |value: i64| (value + offset).div_euclid(i64::from(factor));
                match block(left.2).cmp(&block(right.2)) {
                    Ordering::Equal => Some(deeper()?.then(left.2.cmp(&right.2))),
                    other => Some(other),
                }
            }
            _ => match left.2.cmp(&right.2) {
                Ordering::Equal => deeper(),
                other => Some(other),
            },
        }
    }
    compare(first, second, 0, offset) == Some(Ordering::Less)
}

/// Whether two instances touch the same element and one of them writes it.
fn meet(first: &Instance<'_>, second: &Instance<'_>) -> bool {
    let one = first.program.statement(first.statement);
    let other = second.program.statement(second.statement);
    let same = |left: &Access, right: &Access| {
        left.array == right.array && first.element(left) == second.element(right)
    };
    same(&one.write, &other.write)
        || other.reads.iter().any(|read| same(&one.write, read))
        || one.reads.iter().any(|read| same(read, &other.write))
}

/// Whether a tree keeps the order of all instances that meet, by running through all of them with
/// the known values of the parameters.
pub fn legal_by_enumeration(program: &Program, tree: &ScheduleTree) -> bool {
    let original = instances(program, &ScheduleTree::original(program));
    let scheduled = instances(program, tree);
    assert_eq!(original.len(), scheduled.len(), "a tree lost or made instances");
    let place: HashMap<_, _> = scheduled
        .iter()
        .map(|instance| ((instance.statement, instance.iterators.clone()), instance))
        .collect();
    let find = |instance: &Instance<'_>| place[&(instance.statement, instance.iterators.clone())];
    let factors = tree.loops().iter().fold(1, |product, inner| {
        product
            * match inner.mark {
                Mark::UnrollJam { factor } => i64::from(factor),
                _ => 1,
            }
    });
    original.iter().all(|first| {
        original.iter().all(|second| {
            !before(first, second, 0)
                || !meet(first, second)
                || (0..factors).all(|offset| before(find(first), find(second), offset))
        })
    })
}
