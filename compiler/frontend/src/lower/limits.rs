//! Where a loop stops, and the value that its variable has then.

use super::Scope;
use super::condition::{Condition, Value, compare};
use super::standing::{Counting, Standing, excluded, simplified};
use loopwright_ir::{Affine, CompareOperation, Constraint};

/// Where a loop's iterator stops.
pub(super) struct Limits {
    /// The iterator goes on while it is at most each of these.
    greatest: Vec<Value>,
    /// Whether there is an iteration.
    pub runs: Condition,
}

impl Limits {
    pub fn of(counting: &Counting<'_>) -> Option<Limits> {
        let first = counting.first?;
        let mut constraints = Vec::new();
        conjunction(counting.condition, &mut constraints)?;
        let mut greatest = Vec::new();
        let mut runs = Vec::new();
        for condition in constraints {
            let Condition::Constraint(constraint) = &condition else {
                runs.push(condition);
                continue;
            };
            let coefficient = constraint.affine.coefficient(counting.iterator);
            if coefficient == 0 {
                runs.push(condition);
                continue;
            }
            if constraint.equality || coefficient > 0 {
                return None;
            }
            let mut rest = constraint.affine.clone();
            rest.add_term(counting.iterator, -coefficient);
            let divisor = coefficient.checked_neg()?;
            let limit = if divisor == 1 {
                Value::Affine(rest)
            } else {
                match super::affine::exact_quotient(&rest, divisor) {
                    Some(quotient) => Value::Affine(quotient),
                    None => Value::Floor { dividend: rest, divisor },
                }
            };
            runs.push(compare(CompareOperation::LessOrEqual, first, &limit)?);
            if !greatest.contains(&limit) {
                greatest.push(limit);
            }
        }
        if greatest.is_empty() {
            return None;
        }
        let runs = match runs.as_slice() {
            [single] => single.clone(),
            _ => Condition::And(runs),
        };
        Some(Limits { greatest, runs: simplified(runs) })
    }

    /// The iterator of the last iteration, where it is one affine expression.
    pub fn last(&self) -> Option<Affine> {
        match self.greatest.as_slice() {
            [Value::Affine(last)] => Some(last.clone()),
            [Value::Floor { dividend, divisor }] => dividend
                .as_constant()
                .map(|dividend| Affine::constant(dividend.div_euclid(*divisor))),
            _ => None,
        }
    }

    pub fn left_behind(
        &self,
        counting: &Counting<'_>,
        outer: &Scope,
        context: &[Constraint],
    ) -> Standing {
        let mut behind = Standing::Unknown;
        for (position, limit) in self.greatest.iter().enumerate() {
            let mut least = Vec::new();
            for (other, value) in self.greatest.iter().enumerate() {
                if other == position {
                    continue;
                }
                match compare(CompareOperation::LessOrEqual, limit, value) {
                    Some(condition) => least.push(condition),
                    None => return Standing::Unknown,
                }
            }
            let value = source_value_behind(counting, limit);
            behind = if position == 0 {
                value
            } else {
                Standing::choose(simplified(Condition::And(least)), value, behind)
            };
        }
        let first = match counting.first {
            Some(Value::Affine(first)) => first,
            Some(other) => {
                let start = Standing::of_value(other).substituted_into(counting);
                return Standing::choose(self.runs.clone(), behind, start);
            }
            None => return Standing::Unknown,
        };
        let start =
            Standing::Affine(counting.source_value.substitute_one(counting.iterator, first));
        // One step behind the end is also right where the loop would just not run.
        if let ([Value::Affine(last)], Standing::Affine(_)) = (self.greatest.as_slice(), &behind)
            && only_limits(&self.runs)
        {
            let room = &(last - first) + &Affine::constant(1);
            let reached = Condition::Constraint(Constraint::non_negative(room));
            if excluded(&reached.negate(), outer, context) {
                return behind;
            }
            return Standing::choose(simplified(reached), behind, start);
        }
        Standing::choose(self.runs.clone(), behind, start)
    }
}

impl Standing {
    /// The source's value of each case, which is one of the iterator.
    fn substituted_into(self, counting: &Counting<'_>) -> Standing {
        match self {
            Self::Entry | Self::Unknown => Self::Unknown,
            Self::Affine(value) => {
                Self::Affine(counting.source_value.substitute_one(counting.iterator, &value))
            }
            Self::Quotient { base, factor, dividend, divisor } => {
                let step = counting.source_value.coefficient(counting.iterator);
                match factor.checked_mul(step) {
                    Some(factor) => Self::quotient(
                        counting.source_value.substitute_one(counting.iterator, &base),
                        factor,
                        dividend,
                        divisor,
                    ),
                    None => Self::Unknown,
                }
            }
            Self::Choose(condition, then, otherwise) => Self::choose(
                condition,
                then.substituted_into(counting),
                otherwise.substituted_into(counting),
            ),
        }
    }
}

/// The source's value one step behind an iteration.
fn source_value_behind(counting: &Counting<'_>, last: &Value) -> Standing {
    match last.plus(&Affine::constant(1)) {
        Some(behind) => Standing::of_value(&behind).substituted_into(counting),
        None => Standing::Unknown,
    }
}

/// A loop's condition of one limit has a single constraint for running.
fn only_limits(runs: &Condition) -> bool {
    matches!(runs, Condition::Constraint(_) | Condition::Constant(_))
}

/// The parts of a conjunction; `None` for alternatives.
fn conjunction(condition: &Condition, parts: &mut Vec<Condition>) -> Option<()> {
    match condition {
        Condition::Constant(_) | Condition::Constraint(_) => parts.push(condition.clone()),
        Condition::And(inner) => {
            for part in inner {
                conjunction(part, parts)?;
            }
        }
        Condition::Or(_) => return None,
    }
    Some(())
}
