//! Small programs, changes of their trees, and the answers found by enumeration.

#![allow(dead_code)]

use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{
    Access, Affine, Array, ArrayId, ArrayKind, Constraint, ElementType, Expression, Iterator,
    LoopId, Mark, Node, Parameter, Program, ScheduleTree, SourceLoop, SourceNode, Span, Statement,
    StatementId, Variable,
};
use std::collections::HashMap;

pub fn i(depth: u32) -> Affine {
    Affine::variable(Variable::Iterator(depth))
}

pub fn p(position: u32) -> Affine {
    Affine::variable(Variable::Parameter(position))
}

pub fn c(value: i64) -> Affine {
    Affine::constant(value)
}

/// `lower <= iterator < upper`
pub fn range(depth: u32, lower: Affine, upper: Affine) -> [Constraint; 2] {
    [Constraint::less_or_equal(&lower, &i(depth)), Constraint::less(&i(depth), &upper)]
}

pub fn looped(name: &str, body: Vec<SourceNode>) -> SourceNode {
    SourceNode::Loop(SourceLoop { name: name.to_owned(), span: Span::default(), body })
}

pub fn leaf(position: usize) -> SourceNode {
    SourceNode::Statement(StatementId(position))
}

pub fn at(array: usize, subscripts: &[Affine]) -> Access {
    Access { array: ArrayId(array), subscripts: subscripts.to_vec() }
}

pub fn statement(
    name: &str,
    iterators: &[&str],
    domain: impl IntoIterator<Item = [Constraint; 2]>,
    write: Access,
    reads: Vec<Access>,
) -> Statement {
    Statement {
        name: name.to_owned(),
        iterators: iterators
            .iter()
            .zip(0..)
            .map(|(name, depth)| Iterator { name: (*name).to_owned(), source_value: i(depth) })
            .collect(),
        domain: domain.into_iter().flatten().collect(),
        write,
        reads,
        body: Expression::Integer { value: 0, element: ElementType::I32 },
        span: Span::default(),
        text: String::new(),
    }
}

/// With parameters of at least 1 whose values are known; array ranks in place of extents.
pub fn program(
    name: &str,
    parameters: &[(&str, i64)],
    arrays: &[(&str, usize)],
    statements: Vec<Statement>,
    order: Vec<SourceNode>,
) -> Program {
    Program {
        name: name.to_owned(),
        parameters: parameters
            .iter()
            .map(|(name, value)| Parameter {
                name: (*name).to_owned(),
                element: ElementType::I32,
                value: Some(*value),
            })
            .collect(),
        context: (0..parameters.len() as u32)
            .map(|position| Constraint::less_or_equal(&c(1), &p(position)))
            .collect(),
        arrays: arrays
            .iter()
            .map(|(name, rank)| Array {
                name: (*name).to_owned(),
                element: ElementType::F64,
                element_spelling: "double".to_owned(),
                extents: vec![c(1000); *rank],
                kind: ArrayKind::Global,
                live_outside: true,
            })
            .collect(),
        statements,
        order,
        span: Span::default(),
    }
}

pub fn dependences(program: &Program) -> Dependences {
    Dependences::compute(program, DEFAULT_QUOTA).unwrap()
}

/// `C[i][j] *= beta; C[i][j] += A[i][k] * B[k][j]`
pub fn gemm() -> Program {
    let n = || [range(0, c(0), p(0)), range(1, c(0), p(0))];
    program(
        "gemm",
        &[("N", 4)],
        &[("C", 2), ("A", 2), ("B", 2)],
        vec![
            statement("S1", &["i", "j"], n(), at(0, &[i(0), i(1)]), vec![at(0, &[i(0), i(1)])]),
            statement(
                "S2",
                &["i", "k", "j"],
                n().into_iter().chain([range(2, c(0), p(0))]),
                at(0, &[i(0), i(2)]),
                vec![at(0, &[i(0), i(2)]), at(1, &[i(0), i(1)]), at(2, &[i(1), i(2)])],
            ),
        ],
        vec![looped(
            "i",
            vec![looped("j", vec![leaf(0)]), looped("k", vec![looped("j", vec![leaf(1)])])],
        )],
    )
}

/// Two sweeps in time over a square.
pub fn jacobi() -> Program {
    let domain = || {
        let inside = |depth| range(depth, c(1), &p(1) - &c(1));
        [range(0, c(0), p(0)), inside(1), inside(2)]
    };
    let sweep = |name, target, source| {
        let (row, column) = (i(1), i(2));
        statement(
            name,
            &["t", "i", "j"],
            domain(),
            at(target, &[row.clone(), column.clone()]),
            vec![
                at(source, &[row.clone(), column.clone()]),
                at(source, &[row.clone(), &column - &c(1)]),
                at(source, &[row.clone(), &column + &c(1)]),
                at(source, &[&row - &c(1), column.clone()]),
                at(source, &[&row + &c(1), column.clone()]),
            ],
        )
    };
    let nest = |position| looped("i", vec![looped("j", vec![leaf(position)])]);
    program(
        "jacobi",
        &[("T", 2), ("N", 5)],
        &[("A", 2), ("B", 2)],
        vec![sweep("S1", 1, 0), sweep("S2", 0, 1)],
        vec![looped("t", vec![nest(0), nest(1)])],
    )
}

/// `x[i] = b[i]; x[i] -= L[i][j] * x[j] (j < i); x[i] /= L[i][i]`
pub fn triangular_solve() -> Program {
    let outer = || range(0, c(0), p(0));
    program(
        "trisolv",
        &[("N", 4)],
        &[("x", 1), ("L", 2), ("b", 1)],
        vec![
            statement("S1", &["i"], [outer()], at(0, &[i(0)]), vec![at(2, &[i(0)])]),
            statement(
                "S2",
                &["i", "j"],
                [outer(), range(1, c(0), i(0))],
                at(0, &[i(0)]),
                vec![at(0, &[i(0)]), at(1, &[i(0), i(1)]), at(0, &[i(1)])],
            ),
            statement(
                "S3",
                &["i"],
                [outer()],
                at(0, &[i(0)]),
                vec![at(0, &[i(0)]), at(1, &[i(0), i(0)])],
            ),
        ],
        vec![looped("i", vec![leaf(0), looped("j", vec![leaf(1)]), leaf(2)])],
    )
}

/// `A[i][j] = A[i - 1][j + shift] + A[i][j - 1]`: a wavefront; with `shift` 1 not even tileable.
pub fn wavefront(shift: i64) -> Program {
    let inside = |depth| range(depth, c(1), &p(0) - &c(1));
    program(
        "wavefront",
        &[("N", 6)],
        &[("A", 2)],
        vec![statement(
            "S1",
            &["i", "j"],
            [inside(0), inside(1)],
            at(0, &[i(0), i(1)]),
            vec![at(0, &[&i(0) - &c(1), &i(1) + &c(shift)]), at(0, &[i(0), &i(1) - &c(1)])],
        )],
        vec![looped("i", vec![looped("j", vec![leaf(0)])])],
    )
}

/// `s += A[2 * i][j]; A[2 * i + 1][j] = s`: a scalar, and elements that never meet.
pub fn strided() -> Program {
    let domain = || [range(0, c(0), p(0)), range(1, c(0), p(0))];
    let even = at(1, &[&i(0) * 2, i(1)]);
    let odd = at(1, &[&(&i(0) * 2) + &c(1), i(1)]);
    program(
        "strided",
        &[("N", 3)],
        &[("s", 0), ("A", 2)],
        vec![
            statement("S1", &["i", "j"], domain(), at(0, &[]), vec![at(0, &[]), even]),
            statement("S2", &["i", "j"], domain(), odd, vec![at(0, &[])]),
        ],
        vec![looped("i", vec![looped("j", vec![leaf(0), leaf(1)])])],
    )
}

/// Replaces the loop variables in every leaf under `nodes`.
pub fn substitute(nodes: &mut [Node], change: &dyn Fn(Variable) -> Affine) {
    for node in nodes {
        match node {
            Node::Loop(inner) => substitute(&mut inner.body, change),
            Node::Leaf(leaf) => {
                for affine in &mut leaf.iterators {
                    *affine = affine.substitute(change);
                }
                for constraint in &mut leaf.constraints {
                    *constraint = constraint.substitute(change);
                }
            }
        }
    }
}

/// Exchanges the roles of two loop variables everywhere.
pub fn exchange(tree: &mut ScheduleTree, first: LoopId, second: LoopId) {
    substitute(&mut tree.roots, &|variable| {
        Affine::variable(if variable == first.variable() {
            second.variable()
        } else if variable == second.variable() {
            first.variable()
        } else {
            variable
        })
    });
}

/// Runs a loop backwards.
pub fn reverse(tree: &mut ScheduleTree, id: LoopId) {
    substitute(&mut tree.roots, &|variable| {
        let value = Affine::variable(variable);
        if variable == id.variable() { -&value } else { value }
    });
}

/// `inner` becomes `inner - factor * outer`.
pub fn skew(tree: &mut ScheduleTree, outer: LoopId, inner: LoopId, factor: i64) {
    substitute(&mut tree.roots, &|variable| {
        let value = Affine::variable(variable);
        if variable == inner.variable() {
            &value - &(&Affine::variable(outer.variable()) * factor)
        } else {
            value
        }
    });
}

pub fn mark(tree: &mut ScheduleTree, id: LoopId, mark: Mark) {
    tree.loop_mut(id).unwrap().mark = mark;
}

/// Splits a loop into one over tiles, directly around it, and one inside a tile.
pub fn strip_mine(tree: &mut ScheduleTree, id: LoopId, size: i64) -> LoopId {
    let tile = tree.fresh_loop();
    let (point, tile_variable) =
        (Affine::variable(id.variable()), Affine::variable(tile.variable()));
    let start = &tile_variable * size;
    let found = tree.loop_mut(id).unwrap();
    add_constraints(
        &mut found.body,
        &[
            Constraint::less_or_equal(&start, &point),
            Constraint::less_or_equal(&point, &(&start + &c(size - 1))),
        ],
    );
    let mut point_loop = found.clone();
    point_loop.mark = found.mark;
    found.id = tile;
    found.name = format!("{}_t", found.name);
    found.mark = Mark::Sequential;
    found.body = vec![Node::Loop(point_loop)];
    tile
}

fn add_constraints(nodes: &mut [Node], constraints: &[Constraint]) {
    for node in nodes {
        match node {
            Node::Loop(inner) => add_constraints(&mut inner.body, constraints),
            Node::Leaf(leaf) => leaf.constraints.extend_from_slice(constraints),
        }
    }
}

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

/// All points of a box around every loop variable that satisfy a leaf's constraints.
fn instances<'a>(program: &'a Program, tree: &ScheduleTree) -> Vec<Instance<'a>> {
    let largest = (0..program.parameters.len() as u32)
        .filter_map(|position| program.parameter_value(position))
        .max()
        .unwrap_or(0);
    let bound = 2 * largest;
    let mut result = Vec::new();
    for (position, (path, leaf)) in tree.leaves().into_iter().enumerate() {
        let mut point = vec![-bound; path.len()];
        'points: loop {
            let value = |variable| match variable {
                Variable::Loop(id) => {
                    let depth = path.iter().position(|inner| inner.id.0 == id).unwrap();
                    point[depth]
                }
                Variable::Parameter(position) => program.parameter_value(position).unwrap(),
                Variable::Iterator(_) => unreachable!(),
            };
            if leaf.constraints.iter().all(|constraint| constraint.holds(value).unwrap()) {
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
            for depth in (0..path.len()).rev() {
                point[depth] += 1;
                if point[depth] <= bound {
                    continue 'points;
                }
                point[depth] = -bound;
            }
            break;
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

/// Fixes the parameters to their known values.
pub fn fixed(program: &Program) -> Program {
    let mut program = program.clone();
    for position in 0..program.parameters.len() as u32 {
        let value = program.parameter_value(position).unwrap();
        program.context.push(Constraint::equal(&p(position), &c(value)));
    }
    program
}
