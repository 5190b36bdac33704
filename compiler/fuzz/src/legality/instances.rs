//! All instances of a small program with their places in an order, and pairs that clash.
//!
//! Instances come from the statements' domains, not from the tree's constraints; the values of the
//! loops around an instance are those by which the leaf's iterators are the instance's and its
//! constraints hold.

use loopwright_ir::{
    Access, Affine, Constraint, Leaf, Mark, Program, ScheduleTree, Statement, TreeLoop, Variable,
};
use std::cmp::Ordering;
use std::collections::HashMap;

/// An instance and where it runs.
pub struct Placed<'a> {
    statement: usize,
    point: Vec<i64>,
    /// In the original order.
    original: Vec<i64>,
    path: Vec<&'a TreeLoop>,
    /// The values of the loops of the path.
    times: Vec<i64>,
    /// Among all leaves, in textual order.
    position: usize,
}

/// Two instances that must keep their order and may run the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    pub source: (String, Vec<i64>),
    pub destination: (String, Vec<i64>),
}

/// All instances; `None` if there are more than `most`, or one has no single place.
pub fn placed<'a>(
    program: &Program,
    tree: &'a ScheduleTree,
    most: usize,
) -> Option<Vec<Placed<'a>>> {
    let original = ScheduleTree::original(program);
    let mut keys: HashMap<usize, Vec<i64>> = HashMap::new();
    positions(&original.roots, &mut Vec::new(), &mut keys);
    let leaves = tree.leaves();
    let mut all = Vec::new();
    for (number, statement) in program.statements.iter().enumerate() {
        let mut points = Vec::new();
        domain(statement, &mut Vec::new(), &mut points, most)?;
        for point in points {
            let mut places = leaves.iter().enumerate().filter_map(|(position, (path, leaf))| {
                let own = leaf.statement.0 == number;
                let times = own.then(|| times(leaf, path, &point)).flatten()?;
                Some((position, path.clone(), times))
            });
            let (position, path, times) = places.next()?;
            if places.next().is_some() || all.len() >= most {
                return None;
            }
            let textual = keys.get(&number)?;
            let mut original = Vec::new();
            for (depth, place) in textual.iter().enumerate() {
                original.push(*place);
                original.extend(point.get(depth));
            }
            all.push(Placed { statement: number, point, original, path, times, position });
        }
    }
    Some(all)
}

fn positions(
    nodes: &[loopwright_ir::Node],
    path: &mut Vec<i64>,
    keys: &mut HashMap<usize, Vec<i64>>,
) {
    for (place, node) in (0_i64..).zip(nodes) {
        path.push(place);
        match node {
            loopwright_ir::Node::Leaf(leaf) => {
                keys.insert(leaf.statement.0, path.clone());
            }
            loopwright_ir::Node::Loop(inner) => positions(&inner.body, path, keys),
        }
        path.pop();
    }
}

/// The points of a domain, from the bounds that the constraints give each iterator in turn.
fn domain(
    statement: &Statement,
    point: &mut Vec<i64>,
    points: &mut Vec<Vec<i64>>,
    most: usize,
) -> Option<()> {
    let depth = point.len();
    let known = |variable: Variable| match variable {
        Variable::Iterator(at) => (at as usize) < depth,
        _ => false,
    };
    if depth == statement.iterators.len() {
        let holds = |constraint: &Constraint| constraint.holds(|one| at(point, one)) == Some(true);
        if statement.domain.iter().all(holds) {
            points.push(point.clone());
        }
        return (points.len() <= most).then_some(());
    }
    let own = Variable::Iterator(u32::try_from(depth).ok()?);
    let mut range = (i64::MIN, i64::MAX);
    for constraint in &statement.domain {
        if constraint.affine.variables().all(|one| one == own || known(one)) {
            narrow(constraint, own, &|one| at(point, one), &mut range)?;
        }
    }
    let (least, most_value) = range;
    if least == i64::MIN || most_value == i64::MAX {
        return None;
    }
    for value in least..=most_value {
        point.push(value);
        domain(statement, point, points, most)?;
        point.pop();
    }
    Some(())
}

fn at(point: &[i64], variable: Variable) -> i64 {
    match variable {
        Variable::Iterator(depth) => point.get(depth as usize).copied().unwrap_or(0),
        _ => 0,
    }
}

/// Narrows a variable's range by a constraint in which all else is known.
fn narrow(
    constraint: &Constraint,
    own: Variable,
    value_of: &dyn Fn(Variable) -> i64,
    range: &mut (i64, i64),
) -> Option<()> {
    let coefficient = constraint.affine.coefficient(own);
    if coefficient == 0 {
        return Some(());
    }
    let rest = constraint.affine.evaluate(|one| if one == own { 0 } else { value_of(one) })?;
    // coefficient * x + rest >= 0, and the other way round for an equality.
    for sign in if constraint.equality { [1, -1].as_slice() } else { [1].as_slice() } {
        let (coefficient, rest) = (coefficient * sign, rest * sign);
        if coefficient > 0 {
            range.0 = range.0.max(-(rest.div_euclid(coefficient)));
        } else {
            range.1 = range.1.min(rest.div_euclid(-coefficient));
        }
    }
    Some(())
}

/// The values of the loops around an instance; `None` where the leaf does not have it.
fn times(leaf: &Leaf, path: &[&TreeLoop], point: &[i64]) -> Option<Vec<i64>> {
    let defining = leaf.iterators.iter().zip(point);
    let constraints: Vec<Constraint> = defining
        .map(|(iterator, value)| Constraint::equal(iterator, &Affine::constant(*value)))
        .chain(leaf.constraints.iter().cloned())
        .collect();
    let mut known: HashMap<Variable, i64> = HashMap::new();
    while known.len() < path.len() {
        let before = known.len();
        for own in path.iter().map(|inner| inner.id.variable()) {
            if known.contains_key(&own) {
                continue;
            }
            let mut range = (i64::MIN, i64::MAX);
            for constraint in &constraints {
                let mut others = constraint.affine.variables();
                if others.all(|one| one == own || known.contains_key(&one)) {
                    let value = |one| known.get(&one).copied().unwrap_or(0);
                    narrow(constraint, own, &value, &mut range)?;
                }
            }
            if range.0 > range.1 {
                return None;
            }
            if range.0 == range.1 {
                known.insert(own, range.0);
            }
        }
        if known.len() == before {
            return None;
        }
    }
    let value = |one| known.get(&one).copied().unwrap_or(0);
    let holds = |constraint: &Constraint| constraint.holds(value) == Some(true);
    constraints
        .iter()
        .all(holds)
        .then(|| path.iter().map(|inner| value(inner.id.variable())).collect())
}

/// An array and the subscripts of one of its elements.
type Element = (usize, Vec<i64>);

/// A pair that may run in the wrong order, if there is one.
pub fn clash(program: &Program, all: &[Placed<'_>]) -> Option<Clash> {
    let mut touched: HashMap<Element, Vec<(usize, bool)>> = HashMap::new();
    for (number, instance) in all.iter().enumerate() {
        let statement = program.statements.get(instance.statement)?;
        let mut see = |access: &Access, writes: bool| {
            let element =
                access.subscripts.iter().map(|one| one.evaluate(|v| at(&instance.point, v)));
            let element: Option<Vec<i64>> = element.collect();
            if let Some(element) = element {
                touched.entry((access.array.0, element)).or_default().push((number, writes));
            }
        };
        statement.reads.iter().for_each(|access| see(access, false));
        see(&statement.write, true);
    }
    for accesses in touched.values() {
        for &(one, one_writes) in accesses {
            for &(other, other_writes) in accesses {
                if one == other || !(one_writes || other_writes) {
                    continue;
                }
                let (Some(source), Some(destination)) = (all.get(one), all.get(other)) else {
                    continue;
                };
                if source.original < destination.original && may_precede(destination, source, 0) {
                    let name = |it: &Placed<'_>| {
                        let statement = program.statements.get(it.statement);
                        (statement.map_or_else(String::new, |it| it.name.clone()), it.point.clone())
                    };
                    return Some(Clash { source: name(source), destination: name(destination) });
                }
            }
        }
    }
    None
}

/// Whether `second`, which comes later in the original order, may run before `first`.
fn may_precede(second: &Placed<'_>, first: &Placed<'_>, depth: usize) -> bool {
    let common = match (second.path.get(depth), first.path.get(depth)) {
        (Some(left), Some(right)) if left.id == right.id => left,
        _ => return second.position < first.position,
    };
    let value = |it: &Placed<'_>| it.times.get(depth).copied().unwrap_or(0);
    let (late, early) = (value(second), value(first));
    match (common.mark, late.cmp(&early)) {
        (_, Ordering::Equal) => may_precede(second, first, depth + 1),
        (Mark::Parallel | Mark::Vector { .. }, _) | (_, Ordering::Less) => true,
        (Mark::UnrollJam { factor }, Ordering::Greater) => {
            late - early < i64::from(factor) && may_precede(second, first, depth + 1)
        }
        // Of a later iteration, what is further ahead in the parallel loop inside.
        (Mark::Pipelined, Ordering::Greater) => {
            let inside = |it: &Placed<'_>| it.times.get(depth + 1).copied().unwrap_or(0);
            inside(second) < inside(first)
        }
        // Of a later iteration, what comes before the loop inside has reached the earlier one's number.
        (Mark::Doacross, Ordering::Greater) => {
            second.times.get(depth + 1).copied().unwrap_or(0) < early
        }
        (Mark::Sequential | Mark::Unroll { .. }, Ordering::Greater) => false,
    }
}
