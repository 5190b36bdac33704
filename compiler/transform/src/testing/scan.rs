//! The oracle of the lowering: what a schedule tree means, by enumeration at small sizes.
//!
//! It takes the instances from the statements' domains, not from the tree's constraints, and finds
//! each one's loop values by itself.

use loopwright_ir::{
    Affine, Constraint, Leaf, LoopTree, LoopTreeNode, Node, Program, ScheduleTree, StatementId,
    TreeLoop, Variable,
};
use std::collections::HashMap;

/// A statement and the values of its iterators.
pub type Run = (StatementId, Vec<i64>);

/// The instances of the program in the order that the tree gives them, for known parameter values;
/// iterators are looked for from -2 to `limit`.
pub fn expected(program: &Program, tree: &ScheduleTree, limit: i64) -> Vec<Run> {
    let parameters = program.parameter_values().expect("values");
    let mut keyed = Vec::new();
    collect(&tree.roots, &mut Vec::new(), &mut Vec::new(), &mut |leaf, path, positions| {
        for point in domain(program, leaf.statement, &parameters, limit) {
            let times = times(leaf, path, &point, &parameters);
            let mut key = Vec::new();
            for (depth, position) in positions.iter().enumerate() {
                key.push(*position);
                key.extend(times.get(depth));
            }
            keyed.push((key, (leaf.statement, point)));
        }
    });
    keyed.sort();
    keyed.into_iter().map(|(_, run)| run).collect()
}

/// What the loops run, for known parameter values.
pub fn actual(program: &Program, loops: &LoopTree) -> Vec<Run> {
    let parameters = program.parameter_values().expect("values");
    let mut runs = Vec::new();
    run(&loops.roots, &parameters, &mut HashMap::new(), &mut runs);
    runs
}

type See<'s> = &'s mut dyn FnMut(&Leaf, &[&TreeLoop], &[i64]);

fn collect<'a>(
    nodes: &'a [Node],
    path: &mut Vec<&'a TreeLoop>,
    positions: &mut Vec<i64>,
    see: See<'_>,
) {
    for (position, node) in nodes.iter().enumerate() {
        positions.push(i64::try_from(position).expect("few nodes"));
        match node {
            Node::Leaf(leaf) => see(leaf, path, positions),
            Node::Loop(inner) => {
                path.push(inner);
                collect(&inner.body, path, positions, see);
                path.pop();
            }
        }
        positions.pop();
    }
}

fn domain(program: &Program, id: StatementId, parameters: &[i64], limit: i64) -> Vec<Vec<i64>> {
    let statement = program.statement(id);
    let mut points = vec![Vec::new()];
    for _ in &statement.iterators {
        let longer = |point: Vec<i64>| {
            (-2..=limit).map(move |value| {
                let mut point = point.clone();
                point.push(value);
                point
            })
        };
        points = points.into_iter().flat_map(longer).collect();
    }
    points.retain(|point| {
        statement.domain.iter().all(|constraint| {
            let value_of = |variable| match variable {
                Variable::Iterator(depth) => point[depth as usize],
                Variable::Parameter(position) => parameters[position as usize],
                Variable::Loop(_) => panic!("a domain mentions a loop"),
            };
            constraint.holds(value_of) == Some(true)
        })
    });
    points
}

/// The values of the loops around an instance: each loop that is not known yet has one value by the
/// constraints in which everything else is known.
fn times(leaf: &Leaf, path: &[&TreeLoop], point: &[i64], parameters: &[i64]) -> Vec<i64> {
    let mut known: HashMap<u32, i64> = HashMap::new();
    let iterators = leaf.iterators.iter().zip(point);
    let constraints: Vec<Constraint> = iterators
        .map(|(affine, value)| Constraint::equal(affine, &Affine::constant(*value)))
        .chain(leaf.constraints.iter().cloned())
        .collect();
    while known.len() < path.len() {
        let before = known.len();
        for id in path.iter().map(|inner| inner.id.0) {
            if known.contains_key(&id) {
                continue;
            }
            let (mut least, mut most) = (i64::MIN, i64::MAX);
            for constraint in &constraints {
                let coefficient = constraint.affine.coefficient(Variable::Loop(id));
                let all_known = constraint.affine.variables().all(|variable| match variable {
                    Variable::Loop(other) => other == id || known.contains_key(&other),
                    _ => true,
                });
                if coefficient == 0 || !all_known {
                    continue;
                }
                let rest = constraint
                    .affine
                    .evaluate(|variable| match variable {
                        Variable::Loop(other) if other == id => 0,
                        Variable::Loop(other) => known[&other],
                        Variable::Parameter(position) => parameters[position as usize],
                        Variable::Iterator(_) => panic!("a leaf mentions an iterator"),
                    })
                    .expect("small numbers");
                if coefficient > 0 || constraint.equality {
                    let (rest, coefficient) = (rest * coefficient.signum(), coefficient.abs());
                    least = least.max(-rest.div_euclid(coefficient));
                }
                if coefficient < 0 || constraint.equality {
                    let (rest, coefficient) = (-rest * coefficient.signum(), coefficient.abs());
                    most = most.min(rest.div_euclid(coefficient));
                }
            }
            if least == most {
                known.insert(id, least);
            }
        }
        assert!(known.len() > before, "the loops around an instance have no single value");
    }
    path.iter().map(|inner| known[&inner.id.0]).collect()
}

fn run(
    nodes: &[LoopTreeNode],
    parameters: &[i64],
    loops: &mut HashMap<u32, i64>,
    runs: &mut Vec<Run>,
) {
    for node in nodes {
        let values = loops.clone();
        let value_of = |variable| match variable {
            Variable::Loop(id) => values[&id],
            Variable::Parameter(position) => parameters[position as usize],
            Variable::Iterator(_) => panic!("loops mention an iterator"),
        };
        match node {
            LoopTreeNode::For(inner) => {
                let lower = inner.lower.evaluate(true, &value_of).expect("small numbers");
                let upper = inner.upper.evaluate(false, &value_of).expect("small numbers");
                for value in lower..=upper {
                    loops.insert(inner.id.0, value);
                    run(&inner.body, parameters, loops, runs);
                }
                loops.remove(&inner.id.0);
            }
            LoopTreeNode::If { conditions, body, otherwise } => {
                let holds = conditions.iter().all(|one| one.holds(value_of) == Some(true));
                run(if holds { body } else { otherwise }, parameters, loops, runs);
            }
            LoopTreeNode::Pack(pack) => run(&pack.body, parameters, loops, runs),
            LoopTreeNode::Statement(instance) => {
                let point = instance
                    .iterators
                    .iter()
                    .map(|value| value.evaluate(value_of).expect("small numbers"));
                runs.push((instance.statement, point.collect()));
            }
        }
    }
}
