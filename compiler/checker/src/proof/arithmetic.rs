//! C5: no affine expression leaves 64 bits, by intervals.
//!
//! The interval of a parameter is that of its type, cut by what the program's context says of it
//! alone; that of a loop variable follows from its bounds. The sum of the magnitudes of all terms
//! bounds every partial sum, in whatever order they are added.

use super::Stop;
use crate::Doubt;
use loopwright_ir::{Affine, Bound, ElementType, LoopTree, LoopTreeNode, Program, Variable};
use std::collections::HashMap;

/// Half of what 64 bits hold, so that a value may still be negated or counted on.
const LIMIT: i128 = 1 << 62;

type Interval = (i128, i128);

pub(crate) fn prove(program: &Program, tree: &LoopTree) -> Result<(), Stop> {
    let mut intervals = Intervals { variables: HashMap::new() };
    for (position, parameter) in (0..).zip(&program.parameters) {
        intervals.variables.insert(Variable::Parameter(position), of_type(parameter.element));
    }
    for constraint in &program.context {
        intervals.cut(&constraint.affine);
        if constraint.equality {
            intervals.cut(&-&constraint.affine);
        }
    }
    for extent in program.arrays.iter().flat_map(|array| &array.extents) {
        intervals.magnitude(extent)?;
    }
    intervals.sequence(program, &tree.roots)
}

fn of_type(element: ElementType) -> Interval {
    let bits = i128::from(element.bytes()) * 8;
    match element {
        ElementType::U8 | ElementType::U16 | ElementType::U32 | ElementType::U64 => {
            (0, (1 << bits) - 1)
        }
        _ => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
    }
}

struct Intervals {
    variables: HashMap<Variable, Interval>,
}

impl Intervals {
    /// Uses an inequality about one parameter.
    fn cut(&mut self, affine: &Affine) {
        let [(variable, coefficient)] = affine.terms() else { return };
        let Some(interval) = self.variables.get_mut(variable) else { return };
        let quotient =
            i128::from(affine.constant_term()).div_euclid(i128::from(*coefficient).abs().max(1));
        if *coefficient > 0 {
            interval.0 = interval.0.max(-quotient);
        } else {
            interval.1 = interval.1.min(quotient);
        }
    }

    /// The range of a sum, if its terms together stay in bounds.
    fn range(&self, affine: &Affine) -> Result<Interval, Doubt> {
        let constant = i128::from(affine.constant_term());
        let (mut lower, mut upper, mut size) = (constant, constant, constant.abs());
        for &(variable, coefficient) in affine.terms() {
            let interval = self.variables.get(&variable).ok_or(Doubt::Unbounded)?;
            let product = |value: i128| value.checked_mul(i128::from(coefficient));
            let ends = product(interval.0).zip(product(interval.1));
            let (left, right) = ends.ok_or(Doubt::Unbounded)?;
            lower = lower.saturating_add(left.min(right));
            upper = upper.saturating_add(left.max(right));
            size = size.saturating_add(left.abs().max(right.abs()));
        }
        if size > LIMIT { Err(Doubt::Unbounded) } else { Ok((lower, upper)) }
    }

    fn magnitude(&self, affine: &Affine) -> Result<(), Doubt> {
        self.range(affine).map(|_| ())
    }

    fn bound(&self, bound: &Bound, up: bool) -> Result<Interval, Doubt> {
        let (bounds, least) = match bound {
            Bound::Quotient { affine, divisor } => {
                let (lower, upper) = self.range(affine)?;
                let divisor = i128::from(*divisor).max(1);
                let quotient = |value: i128| {
                    if up { -(-value).div_euclid(divisor) } else { value.div_euclid(divisor) }
                };
                return Ok((quotient(lower), quotient(upper)));
            }
            Bound::Minimum(bounds) => (bounds, true),
            Bound::Maximum(bounds) => (bounds, false),
        };
        let mut result: Option<Interval> = None;
        for bound in bounds {
            let other = self.bound(bound, up)?;
            result = Some(match result {
                None => other,
                Some(own) if least => (own.0.min(other.0), own.1.min(other.1)),
                Some(own) => (own.0.max(other.0), own.1.max(other.1)),
            });
        }
        result.ok_or(Doubt::Unbounded)
    }

    fn sequence(&mut self, program: &Program, nodes: &[LoopTreeNode]) -> Result<(), Stop> {
        for node in nodes {
            match node {
                LoopTreeNode::For(inner) => {
                    let lower = self.bound(&inner.lower, true)?.0;
                    let upper = self.bound(&inner.upper, false)?.1;
                    if lower <= upper {
                        self.variables.insert(inner.id.variable(), (lower, upper));
                        self.sequence(program, &inner.body)?;
                        self.variables.remove(&inner.id.variable());
                    }
                }
                LoopTreeNode::If { conditions, body, otherwise } => {
                    for condition in conditions {
                        self.magnitude(&condition.affine)?;
                    }
                    self.sequence(program, body)?;
                    self.sequence(program, otherwise)?;
                }
                LoopTreeNode::Pack(pack) => {
                    for (origin, extent) in pack.origin.iter().zip(&pack.extents) {
                        self.magnitude(&(origin + extent))?;
                    }
                    self.sequence(program, &pack.body)?;
                }
                LoopTreeNode::Statement(instance) => {
                    let mut iterators = Intervals { variables: self.variables.clone() };
                    for (depth, iterator) in (0..).zip(&instance.iterators) {
                        let range = self.range(iterator)?;
                        iterators.variables.insert(Variable::Iterator(depth), range);
                    }
                    let Some(statement) = program.statements.get(instance.statement.0) else {
                        continue;
                    };
                    for access in std::iter::once(&statement.write).chain(&statement.reads) {
                        for subscript in &access.subscripts {
                            iterators.magnitude(subscript)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
