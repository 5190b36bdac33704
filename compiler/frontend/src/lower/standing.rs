//! What a loop variable holds where no loop over it runs: the value that its last loop left behind,
//! or an assignment gave it, as a function of the loops around and the parameters.
//!
//! `for (j = lo; j < hi; j++)` leaves `max(lo, hi)`. Behind a loop around, it is what the last iteration
//! left, if there was one, else what was there before. Where that is no such function, nothing is
//! known, and reading the variable is rejected.

use super::condition::{Condition, Value, compare};
use super::limits::Limits;
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

    /// What depends on a quotient, in the quotient's own terms.
    pub fn leave_quotient(&mut self, quotient: &super::retry::Quotient) {
        for standing in self.known.values_mut() {
            *standing = std::mem::replace(standing, Standing::Unknown).without_quotient(quotient);
        }
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

    /// With an expression added; `None` where it is not known.
    pub fn plus(&self, addend: &Affine) -> Option<Standing> {
        Some(match self {
            Self::Entry | Self::Unknown => return None,
            Self::Affine(value) => Self::Affine(value + addend),
            Self::Quotient { base, factor, dividend, divisor } => Self::Quotient {
                base: base + addend,
                factor: *factor,
                dividend: dividend.clone(),
                divisor: *divisor,
            },
            Self::Choose(condition, then, otherwise) => {
                Self::choose(condition.clone(), then.plus(addend)?, otherwise.plus(addend)?)
            }
        })
    }

    fn without_quotient(self, quotient: &super::retry::Quotient) -> Standing {
        let variable = Variable::Iterator(quotient.depth);
        match self {
            other if !other.mentions(variable) => other,
            Self::Affine(value) => {
                let factor = value.coefficient(variable);
                let mut base = value;
                base.add_term(variable, -factor);
                Self::quotient(base, factor, quotient.dividend.clone(), quotient.divisor)
            }
            Self::Choose(condition, then, otherwise) if !condition.mentions(variable) => {
                let then = then.without_quotient(quotient);
                Self::choose(condition, then, otherwise.without_quotient(quotient))
            }
            _ => Self::Unknown,
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

    pub fn quotient(base: Affine, factor: i64, dividend: Affine, divisor: i64) -> Standing {
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

    /// Whether it may be what it was before the region.
    pub fn has_entry(&self) -> bool {
        match self {
            Self::Entry => true,
            Self::Choose(_, then, otherwise) => then.has_entry() || otherwise.has_entry(),
            _ => false,
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
pub(super) fn excluded(condition: &Condition, scope: &Scope, context: &[Constraint]) -> bool {
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

/// A constraint without variables as what it is.
pub(super) fn simplified(condition: Condition) -> Condition {
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
