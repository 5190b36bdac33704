//! Affine expressions, bounds and conditions as 64-bit integer code.

use super::emitter::Emitter;
use crate::access::shift;
use crate::error::{CodegenError, Result};
use inkwell::IntPredicate;
use inkwell::values::IntValue;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Bound, Constraint, Variable};

impl<'c> Emitter<'c, '_> {
    /// The value of a loop variable or parameter.
    fn variable(&self, variable: Variable) -> Result<IntValue<'c>> {
        let found = match variable {
            Variable::Loop(id) => {
                self.state.variables.iter().rev().find(|(known, _)| *known == id).map(|pair| pair.1)
            }
            Variable::Parameter(position) => self.state.parameters.get(position as usize).copied(),
            Variable::Iterator(_) => None,
        };
        found.ok_or_else(|| CodegenError::ill_formed(format!("{variable} has no value here")))
    }

    /// How deep the variable's loop is; parameters come before all loops.
    fn depth(&self, variable: Variable) -> usize {
        match variable {
            Variable::Loop(id) => self
                .state
                .variables
                .iter()
                .rposition(|(known, _)| *known == id)
                .map_or(0, |position| position + 1),
            _ => 0,
        }
    }

    /// The value of an affine expression.
    pub fn affine(&self, affine: &Affine) -> Result<IntValue<'c>> {
        if self.state.offsets.is_empty() {
            return self.affine_of_first(affine);
        }
        self.affine_of_first(&shift(affine.clone(), &self.state.offsets))
    }

    /// The value of an affine expression in the first copies of the unrolled bodies around. The part
    /// of the outer loops is added up first, so that it can be moved out of the inner ones.
    pub fn affine_of_first(&self, affine: &Affine) -> Result<IntValue<'c>> {
        let mut terms = affine.terms().to_vec();
        terms.sort_by_key(|(variable, _)| self.depth(*variable));
        let mut sum: Option<IntValue<'c>> = None;
        for (variable, coefficient) in terms {
            let value = self.variable(variable)?;
            let product = if coefficient == 1 {
                value
            } else {
                self.builder.build_int_nsw_mul(value, self.constant(coefficient), "")?
            };
            sum = Some(match sum {
                Some(sum) => self.builder.build_int_nsw_add(sum, product, "")?,
                None => product,
            });
        }
        let constant = affine.constant_term();
        Ok(match sum {
            None => self.constant(constant),
            Some(sum) if constant == 0 => sum,
            Some(sum) => self.builder.build_int_nsw_add(sum, self.constant(constant), "")?,
        })
    }

    /// The value of a bound, rounded up (as a lower bound is) or down.
    pub fn bound(&self, bound: &Bound, up: bool) -> Result<IntValue<'c>> {
        match bound {
            Bound::Quotient { affine, divisor } => {
                let value = self.affine(affine)?;
                self.quotient(value, *divisor, up)
            }
            Bound::Minimum(bounds) => self.fold_bounds(bounds, up, IntPredicate::SLT),
            Bound::Maximum(bounds) => self.fold_bounds(bounds, up, IntPredicate::SGT),
        }
    }

    fn fold_bounds(&self, bounds: &[Bound], up: bool, keep: IntPredicate) -> Result<IntValue<'c>> {
        let mut best: Option<IntValue<'c>> = None;
        for bound in bounds {
            let value = self.bound(bound, up)?;
            best = Some(match best {
                Some(best) => self.choose(keep, best, value)?,
                None => value,
            });
        }
        best.ok_or_else(|| CodegenError::ill_formed("a minimum or maximum of nothing"))
    }

    /// `left` where it compares as `keep` to `right`, otherwise `right`.
    pub fn choose(
        &self,
        keep: IntPredicate,
        left: IntValue<'c>,
        right: IntValue<'c>,
    ) -> Result<IntValue<'c>> {
        let condition = self.builder.build_int_compare(keep, left, right, "")?;
        Ok(self.builder.build_select(condition, left, right, "")?.into_int_value())
    }

    /// The greater of two.
    pub fn greater(&self, left: IntValue<'c>, right: IntValue<'c>) -> Result<IntValue<'c>> {
        self.choose(IntPredicate::SGT, left, right)
    }

    /// The lesser of two.
    pub fn lesser(&self, left: IntValue<'c>, right: IntValue<'c>) -> Result<IntValue<'c>> {
        self.choose(IntPredicate::SLT, left, right)
    }

    /// `value + constant`.
    pub fn plus(&self, value: IntValue<'c>, constant: i64) -> Result<IntValue<'c>> {
        Ok(self.builder.build_int_nsw_add(value, self.constant(constant), "")?)
    }

    /// The quotient by a positive constant, rounded towards plus or minus infinity.
    fn quotient(&self, value: IntValue<'c>, divisor: i64, up: bool) -> Result<IntValue<'c>> {
        if divisor == 1 {
            return Ok(value);
        }
        if divisor < 1 {
            return Err(CodegenError::ill_formed(format!("a bound is divided by {divisor}")));
        }
        let builder = &self.builder;
        let divisor_value = self.constant(divisor);
        let quotient = builder.build_int_signed_div(value, divisor_value, "")?;
        // Division truncates; a remainder with the direction's sign means one step more.
        let remainder = builder.build_int_signed_rem(value, divisor_value, "")?;
        let sign = if up { IntPredicate::SGT } else { IntPredicate::SLT };
        if planted(Fault::TruncatedDivision) {
            return Ok(quotient);
        }
        let inexact = builder.build_int_compare(sign, remainder, self.constant(0), "")?;
        let step = builder.build_int_z_extend(inexact, self.i64(), "")?;
        Ok(if up {
            builder.build_int_nsw_add(quotient, step, "")?
        } else {
            builder.build_int_nsw_sub(quotient, step, "")?
        })
    }

    /// Whether all conditions hold.
    pub fn all_hold(&self, conditions: &[Constraint]) -> Result<IntValue<'c>> {
        let mut all = self.context.bool_type().const_int(1, false);
        for condition in conditions {
            let strict = planted(Fault::StrictConditions);
            let predicate = match condition.equality {
                true => IntPredicate::EQ,
                false if strict => IntPredicate::SGT,
                false => IntPredicate::SGE,
            };
            let value = self.affine(&condition.affine)?;
            let holds = self.builder.build_int_compare(predicate, value, self.constant(0), "")?;
            all = self.builder.build_and(all, holds, "")?;
        }
        Ok(all)
    }
}
