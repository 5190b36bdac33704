//! Conditions over iterators and parameters, and the disjoint conjunctions that they split into.

use crate::polyhedron::System;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, CompareOperation, Constraint, Variable};

/// How many disjoint conjunctions one domain may have.
pub(super) const PIECE_LIMIT: usize = 64;

/// A conjunction of constraints.
pub(super) type Piece = Vec<Constraint>;

/// More than [`PIECE_LIMIT`] pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyPieces;

/// A condition without negations: they are carried down to the constraints.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Constant(bool),
    Constraint(Constraint),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

/// An integer expression in a bound or condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Affine(Affine),
    /// `floor(dividend / divisor)` with a positive divisor.
    Floor {
        dividend: Affine,
        divisor: i64,
    },
    Minimum(Box<Value>, Box<Value>),
    Maximum(Box<Value>, Box<Value>),
    Choose(Condition, Box<Value>, Box<Value>),
}

impl Condition {
    /// The condition that holds where this one does not.
    pub fn negate(&self) -> Condition {
        match self {
            Self::Constant(value) => Self::Constant(!value),
            Self::And(parts) => Self::Or(parts.iter().map(Self::negate).collect()),
            Self::Or(parts) => Self::And(parts.iter().map(Self::negate).collect()),
            Self::Constraint(constraint) if constraint.equality => {
                let zero = Affine::constant(0);
                Self::Or(vec![
                    Self::Constraint(Constraint::less(&constraint.affine, &zero)),
                    Self::Constraint(Constraint::less(&zero, &constraint.affine)),
                ])
            }
            Self::Constraint(constraint) => {
                let border = Affine::constant(i64::from(planted(Fault::NegatedComparison)));
                Self::Constraint(Constraint::less(&constraint.affine, &border))
            }
        }
    }

    /// The condition with an expression in a variable's place.
    pub fn substitute_one(&self, variable: Variable, value: &Affine) -> Condition {
        let all = |parts: &[Condition]| {
            parts.iter().map(|part| part.substitute_one(variable, value)).collect()
        };
        match self {
            Self::Constant(_) => self.clone(),
            Self::Constraint(constraint) => Self::Constraint(Constraint {
                affine: constraint.affine.substitute_one(variable, value),
                equality: constraint.equality,
            }),
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
        }
    }

    /// Whether a test holds for each expression in it.
    pub fn all_affine(&self, test: &dyn Fn(&Affine) -> bool) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Constraint(constraint) => test(&constraint.affine),
            Self::And(parts) | Self::Or(parts) => parts.iter().all(|part| part.all_affine(test)),
        }
    }

    pub fn mentions(&self, variable: Variable) -> bool {
        match self {
            Self::Constant(_) => false,
            Self::Constraint(constraint) => constraint.affine.mentions(variable),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.mentions(variable)),
        }
    }

    /// Disjoint conjunctions that together are the condition.
    pub fn pieces(&self) -> Result<Vec<Piece>, TooManyPieces> {
        match self {
            Self::Constant(true) => Ok(vec![Vec::new()]),
            Self::Constant(false) => Ok(Vec::new()),
            Self::Constraint(constraint) => {
                Ok(simplify(vec![constraint.clone()]).into_iter().collect())
            }
            Self::And(parts) => {
                let mut pieces = vec![Vec::new()];
                for part in parts {
                    pieces = cross(&pieces, &part.pieces()?)?;
                }
                Ok(pieces)
            }
            Self::Or(parts) => {
                // Each part only where none before it holds.
                let mut pieces: Vec<Piece> = Vec::new();
                let mut none_before = vec![Vec::new()];
                for part in parts {
                    pieces.extend(cross(&none_before, &part.pieces()?)?);
                    if pieces.len() > PIECE_LIMIT {
                        return Err(TooManyPieces);
                    }
                    none_before = cross(&none_before, &part.negate().pieces()?)?;
                }
                Ok(pieces)
            }
        }
    }
}

/// The non-empty intersections of each of `left` with each of `right`.
pub(super) fn cross(left: &[Piece], right: &[Piece]) -> Result<Vec<Piece>, TooManyPieces> {
    let mut pieces = Vec::new();
    for first in left {
        for second in right {
            let joined = first.iter().chain(second).cloned().collect();
            let Some(joined) = simplify(joined) else {
                continue;
            };
            if !second.is_empty() && System::new(&joined).is_empty() {
                continue;
            }
            pieces.push(joined);
            if pieces.len() > PIECE_LIMIT {
                return Err(TooManyPieces);
            }
        }
    }
    Ok(pieces)
}

/// The conjunction without constraints that always hold or that another one makes superfluous by
/// itself; `None` when one never holds.
fn simplify(constraints: Piece) -> Option<Piece> {
    let mut kept: Piece = Vec::with_capacity(constraints.len());
    for constraint in constraints {
        if let Some(value) = constraint.affine.as_constant() {
            let holds = if constraint.equality { value == 0 } else { value >= 0 };
            if !holds {
                return None;
            }
            continue;
        }
        if kept.contains(&constraint) {
            continue;
        }
        let parallel = kept.iter_mut().find(|other| {
            !constraint.equality
                && !other.equality
                && other.affine.terms() == constraint.affine.terms()
        });
        match parallel {
            Some(other) if constraint.affine.constant_term() < other.affine.constant_term() => {
                *other = constraint;
            }
            Some(_) => {}
            None => kept.push(constraint),
        }
    }
    Some(kept)
}

impl Value {
    /// The same function of every affine leaf; `None` where `change` gives none.
    pub fn map_leaves(&self, change: &mut dyn FnMut(&Value) -> Option<Value>) -> Option<Value> {
        let mut boxed = |value: &Value| value.map_leaves(change).map(Box::new);
        Some(match self {
            Self::Affine(_) | Self::Floor { .. } => return change(self),
            Self::Minimum(left, right) => Self::Minimum(boxed(left)?, boxed(right)?),
            Self::Maximum(left, right) => Self::Maximum(boxed(left)?, boxed(right)?),
            Self::Choose(condition, then, otherwise) => {
                Self::Choose(condition.clone(), boxed(then)?, boxed(otherwise)?)
            }
        })
    }

    /// The value plus an affine expression.
    pub fn plus(&self, addend: &Affine) -> Option<Value> {
        self.map_leaves(&mut |leaf| {
            Some(match leaf {
                Self::Affine(value) => Self::Affine(value + addend),
                Self::Floor { dividend, divisor } => Self::Floor {
                    dividend: dividend + &scaled(addend, *divisor)?,
                    divisor: *divisor,
                },
                _ => return None,
            })
        })
    }

    /// The value times a constant; `None` for rounded quotients.
    pub fn times(&self, factor: i64) -> Option<Value> {
        let boxed = |value: &Value| value.times(factor).map(Box::new);
        Some(match self {
            Self::Affine(value) => Self::Affine(scaled(value, factor)?),
            Self::Floor { .. } if factor == 1 => self.clone(),
            // -floor(e / d) is the quotient of -e, rounded up.
            Self::Floor { dividend, divisor } if factor == -1 => {
                let up = &scaled(dividend, -1)? + &Affine::constant(divisor - 1);
                Self::Floor { dividend: up, divisor: *divisor }
            }
            Self::Floor { .. } => return None,
            Self::Minimum(left, right) if factor >= 0 => Self::Minimum(boxed(left)?, boxed(right)?),
            Self::Minimum(left, right) => Self::Maximum(boxed(left)?, boxed(right)?),
            Self::Maximum(left, right) if factor >= 0 => Self::Maximum(boxed(left)?, boxed(right)?),
            Self::Maximum(left, right) => Self::Minimum(boxed(left)?, boxed(right)?),
            Self::Choose(condition, then, otherwise) => {
                Self::Choose(condition.clone(), boxed(then)?, boxed(otherwise)?)
            }
        })
    }

    /// The affine leaves, dividends included.
    pub fn leaves(&self) -> Vec<&Affine> {
        match self {
            Self::Affine(value) | Self::Floor { dividend: value, .. } => vec![value],
            Self::Minimum(left, right)
            | Self::Maximum(left, right)
            | Self::Choose(_, left, right) => {
                let mut leaves = left.leaves();
                leaves.extend(right.leaves());
                leaves
            }
        }
    }
}

/// The condition `left operation right`; `None` when it is not affine (two rounded quotients).
pub(super) fn compare(
    operation: CompareOperation,
    left: &Value,
    right: &Value,
) -> Option<Condition> {
    let one = Affine::constant(1);
    match operation {
        CompareOperation::LessOrEqual => less_or_equal(left, right),
        CompareOperation::Less => less_or_equal(&left.plus(&one)?, right),
        CompareOperation::GreaterOrEqual => less_or_equal(right, left),
        CompareOperation::Greater => less_or_equal(&right.plus(&one)?, left),
        CompareOperation::Equal => match (left, right) {
            (Value::Affine(left), Value::Affine(right)) => {
                Some(Condition::Constraint(Constraint::equal(left, right)))
            }
            _ => {
                Some(Condition::And(vec![less_or_equal(left, right)?, less_or_equal(right, left)?]))
            }
        },
        CompareOperation::NotEqual => {
            compare(CompareOperation::Equal, left, right).map(|equal| equal.negate())
        }
    }
}

fn less_or_equal(left: &Value, right: &Value) -> Option<Condition> {
    use Value::*;
    let both = |first: Option<Condition>, second: Option<Condition>| {
        Some(Condition::And(vec![first?, second?]))
    };
    let either = |first: Option<Condition>, second: Option<Condition>| {
        Some(Condition::Or(vec![first?, second?]))
    };
    match (left, right) {
        (Choose(condition, then, otherwise), _) => either(
            both(Some(condition.clone()), less_or_equal(then, right)),
            both(Some(condition.negate()), less_or_equal(otherwise, right)),
        ),
        (_, Choose(condition, then, otherwise)) => either(
            both(Some(condition.clone()), less_or_equal(left, then)),
            both(Some(condition.negate()), less_or_equal(left, otherwise)),
        ),
        (Maximum(first, second), _) => {
            both(less_or_equal(first, right), less_or_equal(second, right))
        }
        (_, Minimum(first, second)) => {
            both(less_or_equal(left, first), less_or_equal(left, second))
        }
        (Minimum(first, second), _) => {
            either(less_or_equal(first, right), less_or_equal(second, right))
        }
        (_, Maximum(first, second)) => {
            either(less_or_equal(left, first), less_or_equal(left, second))
        }
        (Affine(left), Affine(right)) => {
            Some(Condition::Constraint(Constraint::less_or_equal(left, right)))
        }
        // a <= floor(e / d) is d*a <= e.
        (Affine(left), Floor { dividend, divisor }) => Some(Condition::Constraint(
            Constraint::less_or_equal(&scaled(left, *divisor)?, dividend),
        )),
        // floor(e / d) <= a is e < d*(a + 1).
        (Floor { dividend, divisor }, Affine(right)) => {
            let limit = &scaled(right, *divisor)? + &loopwright_ir::Affine::constant(*divisor);
            Some(Condition::Constraint(Constraint::less(dividend, &limit)))
        }
        (Floor { .. }, Floor { .. }) => None,
    }
}

/// The product, unless a number in it overflows.
pub(super) fn scaled(value: &Affine, factor: i64) -> Option<Affine> {
    let fits = |number: i64| number.checked_mul(factor).is_some();
    let all = fits(value.constant_term()) && value.terms().iter().all(|term| fits(term.1));
    all.then(|| value * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn i() -> Affine {
        Affine::variable(Variable::Iterator(0))
    }

    fn holds(pieces: &[Piece], value: i64) -> usize {
        pieces
            .iter()
            .filter(|piece| {
                piece.iter().all(|constraint| constraint.holds(|_| value) == Some(true))
            })
            .count()
    }

    #[test]
    fn alternatives_become_disjoint() {
        let less = |limit| {
            compare(
                CompareOperation::Less,
                &Value::Affine(i()),
                &Value::Affine(Affine::constant(limit)),
            )
            .expect("affine")
        };
        let condition = Condition::Or(vec![less(3), less(8).negate(), less(5)]);
        let pieces = condition.pieces().expect("few pieces");
        for value in -2..12 {
            let expected = usize::from(!(5..8).contains(&value));
            assert_eq!(holds(&pieces, value), expected, "at {value}");
        }
    }

    #[test]
    fn comparisons_with_quotients_and_extremes_are_exact() {
        use CompareOperation::*;
        let half = Value::Floor { dividend: i(), divisor: 2 };
        let least = Value::Minimum(
            Box::new(Value::Affine(i())),
            Box::new(Value::Affine(Affine::constant(4))),
        );
        let three = Value::Affine(Affine::constant(3));
        type Function = fn(i64) -> i64;
        let cases: [(&Value, Function); 2] = [(&half, |x| x.div_euclid(2)), (&least, |x| x.min(4))];
        for (value, function) in cases {
            for operation in [Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual] {
                let condition = compare(operation, value, &three).expect("affine");
                let pieces = condition.pieces().expect("few pieces");
                for x in -9..15 {
                    let left = function(x);
                    let expected = match operation {
                        Less => left < 3,
                        LessOrEqual => left <= 3,
                        Greater => left > 3,
                        GreaterOrEqual => left >= 3,
                        Equal => left == 3,
                        NotEqual => left != 3,
                    };
                    assert_eq!(holds(&pieces, x), usize::from(expected), "{operation:?} at {x}");
                }
            }
        }
    }
}
