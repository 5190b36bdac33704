//! Programs and trees that make no sense are refuted or left open; nothing panics and everything ends.

mod common;

use common::{after, original};
use loopwright_checker::{Limits, check, check_derivation};
use loopwright_ir::verify::verify_program;
use loopwright_ir::{
    Affine, ArrayId, Bound, Constraint, LoopTree, LoopTreeNode, Program, SourceNode, StatementId,
    Variable,
};
use loopwright_transform::testing::samples;
use std::time::Duration;

/// Numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }

    fn number(&mut self) -> i64 {
        let known = [i64::MAX, i64::MIN, i64::MIN + 1, 1 << 62, -1, 0, 1, 7];
        known[self.below(known.len())]
    }

    fn affine(&mut self) -> Affine {
        let variables = [
            Variable::Loop(0),
            Variable::Loop(77),
            Variable::Parameter(0),
            Variable::Parameter(9),
            Variable::Iterator(0),
            Variable::Iterator(8),
        ];
        let term = (variables[self.below(variables.len())], self.number());
        Affine::from_terms([term], self.number())
    }
}

fn nodes(nodes: &mut [LoopTreeNode], random: &mut Random) {
    for node in nodes {
        let hit = random.below(4) == 0;
        match node {
            LoopTreeNode::For(inner) => {
                if hit {
                    inner.lower = match random.below(4) {
                        0 => Bound::Maximum(Vec::new()),
                        1 => Bound::Minimum(vec![Bound::Minimum(Vec::new())]),
                        2 => Bound::Quotient { affine: random.affine(), divisor: random.number() },
                        _ => inner.upper.clone(),
                    };
                }
                if hit && random.below(3) == 0 {
                    inner.id.0 = random.below(3) as u32;
                }
                self::nodes(&mut inner.body, random);
            }
            LoopTreeNode::If { conditions, body, otherwise } => {
                if hit {
                    conditions.push(Constraint::non_negative(random.affine()));
                }
                self::nodes(body, random);
                self::nodes(otherwise, random);
            }
            LoopTreeNode::Pack(pack) => {
                if hit {
                    match random.below(5) {
                        0 => pack.array = ArrayId(random.below(99)),
                        1 => pack.order.reverse(),
                        2 => pack.order.push(random.below(9)),
                        3 => pack.extents.iter_mut().for_each(|one| *one = random.affine()),
                        _ => pack.origin.truncate(random.below(2)),
                    }
                }
                self::nodes(&mut pack.body, random);
            }
            LoopTreeNode::Statement(instance) => {
                if hit {
                    match random.below(3) {
                        0 => instance.statement = StatementId(random.below(99)),
                        1 => instance.iterators.truncate(random.below(2)),
                        _ => instance.iterators.iter_mut().for_each(|one| *one = random.affine()),
                    }
                }
            }
        }
    }
}

fn program(program: &mut Program, random: &mut Random) {
    let count = program.statements.len();
    let chosen = random.below(count);
    let Some(statement) = program.statements.get_mut(chosen) else { return };
    match random.below(9) {
        0 => statement.write.array = ArrayId(random.below(99)),
        1 => statement.write.subscripts.iter_mut().for_each(|one| *one = random.affine()),
        2 => statement.domain.push(Constraint::zero(random.affine())),
        3 => statement.reads.clear(),
        4 => drop(statement.iterators.pop()),
        5 => program.order.push(SourceNode::Statement(StatementId(random.below(9)))),
        6 => drop(program.order.pop()),
        7 => program.arrays.iter_mut().for_each(|array| {
            array.extents.iter_mut().for_each(|extent| *extent = random.affine());
        }),
        _ => program.context.push(Constraint::non_negative(random.affine())),
    }
}

#[test]
fn nothing_that_makes_no_sense_panics() {
    let limits = Limits { operations: 20_000, time: Duration::from_millis(50), enumeration: 5_000 };
    let mut random = Random(11);
    let steps = "tile(S1, i, j, 8, 8); pack(S1, A, i_t)";
    let mut trees: Vec<(Program, LoopTree)> = samples::all()
        .into_iter()
        .map(|program| {
            let tree = original(&program);
            (program, tree)
        })
        .collect();
    let transposed = samples::transpose();
    trees.push((transposed.clone(), after(&transposed, steps)));
    let (mut refused, mut broken) = (0, 0);
    for _ in 0..60 {
        for (right, tree) in &trees {
            let (mut changed, mut other) = (right.clone(), tree.clone());
            match random.below(3) {
                0 => nodes(&mut other.roots, &mut random),
                1 => program(&mut changed, &mut random),
                _ => {
                    nodes(&mut other.roots, &mut random);
                    program(&mut changed, &mut random);
                }
            }
            let found = check(&changed, &other, &limits);
            refused += usize::from(found.is_err());
            if verify_program(&changed).is_err() {
                // What is no program has no certificate.
                broken += 1;
                assert!(found.is_err(), "{changed:?}");
            }
            let _ = check_derivation(right, &changed, &limits);
            let _ = check_derivation(&changed, right, &limits);
        }
    }
    assert!(refused > 50 && broken > 20, "{refused} refused, {broken} broken");
}
