//! Values that are computed under a condition on data.
//!
//! Of `flag[i] ? A[i] : 0` the source reads `A[i]` where the flag is set, and nowhere else: `A` may be null where none
//! is. Two forms keep that:
//!
//! - one condition for all lanes, or no lanes: a branch around each arm;
//! - a condition that differs among the lanes: both arms are computed, each for its own lanes only. Their elements are
//!   loaded under a mask, what they divide by is 1 in the other lanes, functions of libm are called lane by lane. Where
//!   an arm does what lanes cannot do each for themselves (an element that all share, a division, a call), a branch
//!   leaves it out if it has no lane at all.
//!
//! Most arms need neither: they read what the statement reads or writes anyway, or what is known to be there (see
//! [`Emitter::exists`]), and divide nothing. Then both are computed, and one of them is chosen.

use super::emitter::{Emitter, Lanes};
use super::expression::CopyOf;
use super::math::is_exact;
use crate::access::{ResolvedAccess, is_positive};
use crate::error::{CodegenError, Result};
use inkwell::IntPredicate;
use inkwell::values::{BasicValueEnum, IntValue, VectorValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, ArrayKind, ElementType, Expression, Variable};
use std::collections::HashMap;
use std::num::NonZero;

/// How many bounds are put in place of variables to find out that an element is in its array.
const DEPTH: u32 = 3;

impl<'c> Emitter<'c, '_> {
    /// `condition ? then : otherwise`, with as little of either arm as the condition allows.
    pub fn choice(
        &self,
        copy: &CopyOf<'_>,
        condition: &Expression,
        then: &Expression,
        otherwise: &Expression,
    ) -> Result<Lanes<'c>> {
        let bits = self.condition(copy, condition)?;
        let wait = [self.must_wait(copy, then)?, self.must_wait(copy, otherwise)?];
        if wait == [false; 2] {
            let then = self.expression(copy, then)?;
            let otherwise = self.expression(copy, otherwise)?;
            return self.select(bits, then, otherwise);
        }
        match bits.value {
            BasicValueEnum::VectorValue(lanes) => {
                let then_lanes = self.of_those_that_run(lanes)?;
                let rest = self.builder.build_not(lanes, "")?;
                let other_lanes = self.of_those_that_run(rest)?;
                let then = self.arm(copy, then, wait[0], then_lanes)?;
                let otherwise = self.arm(copy, otherwise, wait[1], other_lanes)?;
                self.select(bits, then, otherwise)
            }
            bit => self.branches(copy, bit.into_int_value(), [then, otherwise]),
        }
    }

    /// One of two arms, behind a branch.
    fn branches(
        &self,
        copy: &CopyOf<'_>,
        condition: IntValue<'c>,
        arms: [&Expression; 2],
    ) -> Result<Lanes<'c>> {
        let [yes, no] = ["chosen", "other"].map(|name| self.block(name));
        self.builder.build_conditional_branch(condition, yes, no)?;
        let mut ends = Vec::with_capacity(2);
        for (arm, block) in arms.into_iter().zip([yes, no]) {
            self.builder.position_at_end(block);
            let value = self.in_own_scope(|| self.expression(&copy.inside(arm), arm))?;
            ends.push((value, self.current_block()?));
        }
        let after = self.block("chosen.end");
        let varying = ends.iter().any(|(value, _)| value.varying);
        for (value, block) in &mut ends {
            self.builder.position_at_end(*block);
            if varying {
                *value = self.splat(*value)?;
            }
            self.builder.build_unconditional_branch(after)?;
        }
        self.builder.position_at_end(after);
        let Some((first, _)) = ends.first() else {
            return Err(CodegenError::ill_formed("a choice without arms"));
        };
        let phi = self.builder.build_phi(first.value.get_type(), "")?;
        for (value, block) in &ends {
            phi.add_incoming(&[(&value.value, *block)]);
        }
        Ok(Lanes { value: phi.as_basic_value(), varying })
    }

    /// An arm for some lanes; what comes out for the others is nobody's.
    fn arm(
        &self,
        copy: &CopyOf<'_>,
        arm: &Expression,
        waits: bool,
        lanes: VectorValue<'c>,
    ) -> Result<Lanes<'c>> {
        if !waits {
            return self.expression(copy, arm);
        }
        let inside = copy.inside(arm);
        let outer = self.state.guard.replace(Some(lanes));
        let outcome = if self.needs_a_lane(copy, arm)? {
            let any = self.any_lane(lanes)?;
            self.if_any(any, || self.expression(&inside, arm))
        } else {
            self.expression(&inside, arm)
        };
        self.state.guard.set(outer);
        outcome
    }

    /// A value that only some lanes need, and those of them that run.
    pub fn for_lanes(
        &self,
        copy: &CopyOf<'_>,
        value: &Expression,
        lanes: VectorValue<'c>,
    ) -> Result<(Lanes<'c>, VectorValue<'c>)> {
        let lanes = self.of_those_that_run(lanes)?;
        let waits = self.must_wait(copy, value)?;
        Ok((self.arm(copy, value, waits, lanes)?, lanes))
    }

    /// What is computed where the condition holds, and anything where it does not.
    fn if_any(
        &self,
        condition: IntValue<'c>,
        emit: impl FnOnce() -> Result<Lanes<'c>>,
    ) -> Result<Lanes<'c>> {
        let before = self.current_block()?;
        let (some, after) = (self.block("some"), self.block("some.end"));
        self.builder.build_conditional_branch(condition, some, after)?;
        self.builder.position_at_end(some);
        let value = self.in_own_scope(emit)?;
        let end = self.current_block()?;
        self.builder.build_unconditional_branch(after)?;
        self.builder.position_at_end(after);
        let phi = self.builder.build_phi(value.value.get_type(), "")?;
        let nothing = value.value.get_type().const_zero();
        phi.add_incoming(&[(&value.value, end), (&nothing, before)]);
        Ok(Lanes { value: phi.as_basic_value(), varying: value.varying })
    }

    /// Runs `emit` in a block of its own: addresses found there are not known behind it.
    fn in_own_scope<T>(&self, emit: impl FnOnce() -> Result<T>) -> Result<T> {
        self.state.addresses.borrow_mut().push(HashMap::new());
        let outcome = emit();
        self.state.addresses.borrow_mut().pop();
        outcome
    }

    /// A call in each of the lanes that the arm at hand is for.
    pub fn call_in_lane(
        &self,
        lane: u32,
        emit: impl FnOnce() -> Result<BasicValueEnum<'c>>,
    ) -> Result<BasicValueEnum<'c>> {
        let Some(lanes) = self.state.guard.get() else { return emit() };
        let runs = self.lane(lanes, lane)?.into_int_value();
        Ok(self.if_any(runs, || Ok(Lanes::uniform(emit()?)))?.value)
    }

    /// An element that is read under the guard at hand, which one that surely exists does not need.
    pub fn load_under_guard(
        &self,
        access: &ResolvedAccess,
        element: ElementType,
        always: bool,
    ) -> Result<Lanes<'c>> {
        let guard = self.state.guard.get();
        let free = guard.is_some() && (always || self.exists(access)?);
        if free {
            self.state.guard.set(None);
        }
        let loaded = self.load(access, element);
        self.state.guard.set(guard);
        loaded
    }

    /// A divisor with 1 in the lanes that the arm at hand is not for.
    pub fn divisor_of_lanes(&self, divisor: Lanes<'c>, element: ElementType) -> Result<Lanes<'c>> {
        let Some(lanes) = self.state.guard.get() else { return Ok(divisor) };
        let one = Lanes::uniform(self.integer_type(element).const_int(1, false));
        self.select(Lanes::varying(lanes), divisor, one)
    }

    /// The lanes that run: those of the arm at hand, or of the vector, where not all do.
    pub fn lanes_that_run(&self) -> Option<VectorValue<'c>> {
        self.state.guard.get().or(self.state.mask)
    }

    /// Those of the lanes that run. Where a lane does not, its bit may be poison, which must not get through.
    fn of_those_that_run(&self, lanes: VectorValue<'c>) -> Result<VectorValue<'c>> {
        let Some(running) = self.lanes_that_run() else { return Ok(lanes) };
        let none = lanes.get_type().const_zero();
        Ok(self.builder.build_select(running, lanes, none, "")?.into_vector_value())
    }

    fn any_lane(&self, lanes: VectorValue<'c>) -> Result<IntValue<'c>> {
        let width = NonZero::new(lanes.get_type().get_size())
            .and_then(|width| self.context.custom_width_int_type(width).ok());
        let bits = width.ok_or_else(|| CodegenError::ill_formed("a vector without lanes"))?;
        let packed = self.builder.build_bit_cast(lanes, bits, "")?.into_int_value();
        let none = bits.const_zero();
        Ok(self.builder.build_int_compare(IntPredicate::NE, packed, none, "any")?)
    }

    /// Whether an arm may be computed only where it is chosen: it reads what may not be there, may divide by zero, or
    /// takes the time of a function of libm.
    fn must_wait(&self, copy: &CopyOf<'_>, arm: &Expression) -> Result<bool> {
        if planted(Fault::Speculation) {
            return Ok(false);
        }
        self.any_below(arm, &mut |node| match node {
            Expression::Read { position, .. } => self.may_be_missing(copy, *position),
            Expression::Call { function, .. } => Ok(!is_exact(*function)),
            // Where the subscript has another value the element may not exist.
            Expression::Gather { .. } => Ok(true),
            other => Ok(other.may_trap()),
        })
    }

    /// Whether an arm for some lanes may be computed only if there is one.
    fn needs_a_lane(&self, copy: &CopyOf<'_>, arm: &Expression) -> Result<bool> {
        self.any_below(arm, &mut |node| match node {
            Expression::Read { position, .. } => Ok(self.may_be_missing(copy, *position)?
                && self.lanes_share(&self.read_of(copy, *position)?)?),
            Expression::Call { function, .. } => Ok(!is_exact(*function)),
            // All lanes may share one element.
            Expression::Gather { .. } => Ok(true),
            Expression::Select { then, otherwise, .. } => {
                Ok(self.must_wait(copy, then)? || self.must_wait(copy, otherwise)?)
            }
            other => Ok(other.may_trap()),
        })
    }

    fn any_below(
        &self,
        expression: &Expression,
        test: &mut dyn FnMut(&Expression) -> Result<bool>,
    ) -> Result<bool> {
        let mut found = Ok(false);
        expression.walk(&mut |node| {
            if matches!(found, Ok(false)) {
                found = test(node);
            }
        });
        found
    }

    /// Whether an element may not be there where the expression at hand is computed.
    fn may_be_missing(&self, copy: &CopyOf<'_>, position: usize) -> Result<bool> {
        if copy.certain.get(position).copied().unwrap_or_default() {
            return Ok(false);
        }
        Ok(!self.exists(&self.read_of(copy, position)?)?)
    }

    fn read_of(&self, copy: &CopyOf<'_>, position: usize) -> Result<ResolvedAccess> {
        let read = copy.statement.reads.get(position).ok_or_else(|| {
            CodegenError::ill_formed(format!("{} has no read", copy.statement.name))
        })?;
        Ok(copy.access(read))
    }

    /// Whether the elements of all lanes are there whatever the program's conditions say: in a copy of ours, or in bounds
    /// of an array that is no pointer of the caller's.
    pub fn exists(&self, access: &ResolvedAccess) -> Result<bool> {
        if self.storage(access)?.own
            || self.state.registers.iter().any(|register| register.access == *access)
        {
            return Ok(true);
        }
        let Some(mut array) = self.program.arrays.get(access.array.0) else { return Ok(false) };
        if let Some(of) = array.storage_of().and_then(|of| self.program.arrays.get(of.0)) {
            array = of;
        }
        let defined = match array.kind {
            ArrayKind::Global | ArrayKind::Local => true,
            // A scalar is an object of the enclosing function.
            ArrayKind::Argument | ArrayKind::RestrictArgument => array.extents.is_empty(),
            ArrayKind::Expanded { .. } => false,
        };
        let sides = || access.subscripts.iter().zip(&array.extents);
        Ok(defined && sides().all(|(subscript, extent)| self.is_inside(subscript, extent)))
    }

    /// Whether a subscript is at least 0 and less than the extent in all lanes.
    pub fn is_inside(&self, subscript: &Affine, extent: &Affine) -> bool {
        let shifted = |affine: &Affine, by: i64| {
            affine.clone().with_constant(affine.constant_term().saturating_add(by))
        };
        // Where only some lanes run, each is an iteration of the loop.
        let reach = match (self.state.group.vector, self.state.mask) {
            (Some((id, width)), None) => {
                let step = subscript.coefficient(Variable::Loop(id));
                step.saturating_mul(i64::from(width) - 1)
            }
            _ => 0,
        };
        let (least, most) = (reach.min(0), reach.max(0));
        is_positive(&shifted(subscript, least.saturating_add(1)), &self.state.ranges, DEPTH)
            && is_positive(&(extent - &shifted(subscript, most)), &self.state.ranges, DEPTH)
    }
}
