//! What a loop variable holds where no loop over it runs: the value that its last loop left behind,
//! or an assignment gave it, as a function of the loops around and the parameters.
//!
//! `for (j = lo; j < hi; j++)` leaves `max(lo, hi)`. Behind a loop around, it is what the last iteration
//! left, if there was one, else what was there before. Where that is no such function, nothing is
//! known, and reading the variable is rejected.

use super::condition::{Condition, Value, compare};
use super::{Lowering, Scope};
use crate::polyhedron::System;
use crate::syntax::VariableId;
use loopwright_ir::{Affine, CompareOperation, Constraint, Variable};
use std::collections::{BTreeMap, HashSet};

/// Cases beyond this are not kept apart: nothing is known then.
const MOST_CASES: usize = 32;

/// The value of a loop variable at one place of the region.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Standing {
    /// What it was before the region.
    Entry,
    Unknown,
    Affine(Affine),
    /// `base + factor * floor(dividend / divisor)`.
    Quotient {
        base: Affine,
        factor: i64,
        dividend: Affine,
        divisor: i64,
    },
    Choose(Condition, Box<Standing>, Box<Standing>),
}

/// The standing of every loop variable; those that are missing are as they were before the region.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Standings {
    known: BTreeMap<VariableId, Standing>,
}

impl Standings {
    pub fn of(&self, variable: VariableId) -> Standing {
        self.known.get(&variable).cloned().unwrap_or(Standing::Entry)
    }

    pub fn set(&mut self, variable: VariableId, standing: Standing) {
        self.known.insert(variable, standing.bounded());
    }

    /// The standings behind an `if`, of which these are those behind its first branch.
    pub fn joined(self, condition: &Condition, otherwise: &Standings) -> Standings {
        if self == *otherwise {
            return self;
        }
        let mut joined = Standings::default();
        let ids: HashSet<VariableId> =
            self.known.keys().chain(otherwise.known.keys()).copied().collect();
        for id in ids {
            let standing = Standing::choose(condition.clone(), self.of(id), otherwise.of(id));
            joined.set(id, standing);
        }
        joined
    }
}

impl Standing {
    /// The standing of a variable that is given a value.
    pub fn of_value(value: &Value) -> Standing {
        match value {
            Value::Affine(value) => Self::Affine(value.clone()),
            Value::Floor { dividend, divisor } => {
                Self::quotient(Affine::constant(0), 1, dividend.clone(), *divisor)
            }
            Value::Minimum(left, right) => Self::lesser(left, right, left, right),
            Value::Maximum(left, right) => Self::lesser(left, right, right, left),
            Value::Choose(condition, then, otherwise) => {
                Self::choose(condition.clone(), Self::of_value(then), Self::of_value(otherwise))
            }
        }
    }

    /// `then` where `left <= right`.
    fn lesser(left: &Value, right: &Value, then: &Value, otherwise: &Value) -> Standing {
        match compare(CompareOperation::LessOrEqual, left, right) {
            Some(condition) => {
                Self::choose(condition, Self::of_value(then), Self::of_value(otherwise))
            }
            None => Self::Unknown,
        }
    }

    pub fn choose(condition: Condition, then: Standing, otherwise: Standing) -> Standing {
        match simplified(condition) {
            Condition::Constant(true) => then,
            Condition::Constant(false) => otherwise,
            _ if then == otherwise => then,
            condition => Self::Choose(condition, Box::new(then), Box::new(otherwise)),
        }
    }

    fn quotient(base: Affine, factor: i64, dividend: Affine, divisor: i64) -> Standing {
        if divisor <= 0 {
            return Self::Unknown;
        }
        match super::affine::exact_quotient(&dividend, divisor) {
            Some(quotient) => match super::condition::scaled(&quotient, factor) {
                Some(product) => Self::Affine(&base + &product),
                None => Self::Unknown,
            },
            None => match dividend.as_constant() {
                Some(constant) => match constant.div_euclid(divisor).checked_mul(factor) {
                    Some(product) => Self::Affine(&base + &Affine::constant(product)),
                    None => Self::Unknown,
                },
                None => Self::Quotient { base, factor, dividend, divisor },
            },
        }
    }

    fn cases(&self) -> usize {
        match self {
            Self::Choose(_, then, otherwise) => then.cases() + otherwise.cases(),
            _ => 1,
        }
    }

    fn bounded(self) -> Standing {
        if self.cases() > MOST_CASES { Self::Unknown } else { self }
    }

    /// With an expression in an iterator's place; nothing is known of what cannot be put there.
    fn substituted(&self, variable: Variable, value: Option<&Affine>) -> Standing {
        if !self.mentions(variable) {
            return self.clone();
        }
        let Some(value) = value else {
            return match self {
                // The cases may still be the same for all iterations.
                Self::Choose(condition, then, otherwise) if !condition.mentions(variable) => {
                    Self::choose(
                        condition.clone(),
                        then.substituted(variable, None),
                        otherwise.substituted(variable, None),
                    )
                }
                _ => Self::Unknown,
            };
        };
        match self {
            Self::Entry | Self::Unknown => self.clone(),
            Self::Affine(affine) => Self::Affine(affine.substitute_one(variable, value)),
            Self::Quotient { base, factor, dividend, divisor } => Self::quotient(
                base.substitute_one(variable, value),
                *factor,
                dividend.substitute_one(variable, value),
                *divisor,
            ),
            Self::Choose(condition, then, otherwise) => Self::choose(
                condition.substitute_one(variable, value),
                then.substituted(variable, Some(value)),
                otherwise.substituted(variable, Some(value)),
            ),
        }
    }

    fn mentions(&self, variable: Variable) -> bool {
        match self {
            Self::Entry | Self::Unknown => false,
            Self::Affine(value) => value.mentions(variable),
            Self::Quotient { base, dividend, .. } => {
                base.mentions(variable) || dividend.mentions(variable)
            }
            Self::Choose(condition, then, otherwise) => {
                condition.mentions(variable)
                    || then.mentions(variable)
                    || otherwise.mentions(variable)
            }
        }
    }

    /// Without the cases that the scope excludes.
    pub fn within(&self, scope: &Scope, context: &[Constraint]) -> Standing {
        let Self::Choose(condition, then, otherwise) = self else {
            return self.clone();
        };
        let then = then.within(scope, context);
        let otherwise = otherwise.within(scope, context);
        if excluded(condition, scope, context) {
            otherwise
        } else if excluded(&condition.negate(), scope, context) {
            then
        } else {
            Self::choose(condition.clone(), then, otherwise)
        }
    }

    /// As a value of bounds and subscripts; `None` where it is not known or not of that form.
    pub fn value(&self) -> Option<Value> {
        Some(match self {
            Self::Entry | Self::Unknown => return None,
            Self::Affine(value) => Value::Affine(value.clone()),
            Self::Quotient { base, factor: 1, dividend, divisor } => {
                Value::Floor { dividend: dividend.clone(), divisor: *divisor }.plus(base)?
            }
            Self::Quotient { .. } => return None,
            Self::Choose(condition, then, otherwise) => Value::Choose(
                condition.clone(),
                Box::new(then.value()?),
                Box::new(otherwise.value()?),
            ),
        })
    }
}

/// Whether the condition is proved to hold nowhere in the scope.
fn excluded(condition: &Condition, scope: &Scope, context: &[Constraint]) -> bool {
    let Ok(pieces) = condition.pieces() else {
        return false;
    };
    scope.pieces.iter().all(|piece| {
        pieces.iter().all(|other| System::new(piece.iter().chain(other).chain(context)).is_empty())
    })
}

/// How a loop counts, for the value that it leaves behind: its iterator begins at `first` and counts
/// up by one while the condition holds.
pub(super) struct Counting<'a> {
    pub variable: VariableId,
    pub iterator: Variable,
    /// The iterator's first value; `None` where it has no such form.
    pub first: Option<&'a Value>,
    /// The source's variable, of the iterator.
    pub source_value: &'a Affine,
    pub condition: &'a Condition,
}

impl Lowering<'_> {
    /// Forgets, inside a loop, what its body changes: it may come from an earlier iteration.
    pub(super) fn forget(&mut self, variables: &HashSet<VariableId>) {
        for variable in variables {
            self.standings.set(*variable, Standing::Unknown);
        }
    }

    /// The standings behind a loop whose body left the current ones; `before` are those before it.
    pub(super) fn leave_loop(
        &mut self,
        counting: &Counting<'_>,
        before: Standings,
        changed: &HashSet<VariableId>,
        outer: &Scope,
    ) {
        let inside = std::mem::replace(&mut self.standings, before);
        if outer.pieces.is_empty() {
            return;
        }
        let context = self.context(Vec::new());
        let Some(limits) = Limits::of(counting) else {
            self.forget(changed);
            self.standings.set(counting.variable, Standing::Unknown);
            return;
        };
        let last = limits.last();
        for variable in changed.iter().filter(|variable| **variable != counting.variable) {
            let left = inside.of(*variable).substituted(counting.iterator, last.as_ref());
            let standing =
                Standing::choose(limits.runs.clone(), left, self.standings.of(*variable));
            self.standings.set(*variable, standing.within(outer, &context));
        }
        let standing = limits.left_behind(counting, outer, &context);
        self.standings.set(counting.variable, standing.within(outer, &context));
    }
}

/// Where a loop's iterator stops.
struct Limits {
    /// The iterator goes on while it is at most each of these.
    greatest: Vec<Value>,
    /// Whether there is an iteration.
    runs: Condition,
}

impl Limits {
    fn of(counting: &Counting<'_>) -> Option<Limits> {
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
    fn last(&self) -> Option<Affine> {
        match self.greatest.as_slice() {
            [Value::Affine(last)] => Some(last.clone()),
            [Value::Floor { dividend, divisor }] => dividend
                .as_constant()
                .map(|dividend| Affine::constant(dividend.div_euclid(*divisor))),
            _ => None,
        }
    }

    fn left_behind(
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

/// A constraint without variables as what it is.
fn simplified(condition: Condition) -> Condition {
    match condition {
        Condition::Constraint(constraint) => match constraint.affine.as_constant() {
            Some(value) if constraint.equality => Condition::Constant(value == 0),
            Some(value) => Condition::Constant(value >= 0),
            None => Condition::Constraint(constraint),
        },
        Condition::And(parts) => {
            let parts: Vec<_> = parts.into_iter().map(simplified).collect();
            if parts.contains(&Condition::Constant(false)) {
                return Condition::Constant(false);
            }
            let mut parts: Vec<_> =
                parts.into_iter().filter(|part| *part != Condition::Constant(true)).collect();
            match parts.len() {
                0 => Condition::Constant(true),
                1 => parts.remove(0),
                _ => Condition::And(parts),
            }
        }
        other => other,
    }
}
