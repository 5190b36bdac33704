//! One counting loop, with the array elements that it keeps in registers.
//!
//! # Registers
//! In a loop whose body is statements only, an element of a written array that does not depend on
//! the loop's variable lives in a register: it is loaded before the first iteration, carried from one
//! to the next as a phi, and stored after the last one. That is done when every access of the body
//! to that array names either the same element, lane by lane, or provably another one, and one of them is made in every
//! iteration (see [`loopwright_ir::certainty`]). So an
//! accumulator costs no memory access, and each operation on it happens in the same order as before.

use super::emitter::{Emitter, Lanes, Register};
use super::neighbours::Row;
use super::transpose::Transposable;
use crate::access::{Overlap, ResolvedAccess, VariableRange, overlap};
use crate::error::{CodegenError, Result};
use inkwell::IntPredicate;
use inkwell::values::{IntValue, PhiValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{ElementType, For, LoopTreeNode, Variable};

/// An access of the body; or an element to be kept in a register, and whether it is written.
#[derive(Clone)]
pub(super) struct Candidate {
    pub access: ResolvedAccess,
    pub element: ElementType,
    pub written: bool,
    /// Whether each run of the body makes it; what is not, may not exist.
    pub certain: bool,
}

/// How a counting loop goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Advance {
    /// By how much the variable grows from one run of the body to the next.
    pub step: i64,
    /// How many runs of the body follow each other without a test between them.
    pub unroll: i64,
    /// By how much less than the loop's upper bound the variable is at most: a whole block's first
    /// iteration leaves room for the others.
    pub below: i64,
}

impl Advance {
    /// One iteration at a time.
    pub const ONE: Self = Self { step: 1, unroll: 1, below: 0 };

    /// A whole block of `step` iterations at a time, as one run of the body.
    pub fn by(step: i64) -> Self {
        Self { step, unroll: 1, below: step.saturating_sub(1) }
    }

    /// A block of which only the first iterations run.
    pub fn part(step: i64) -> Self {
        Self { step, unroll: 1, below: 0 }
    }

    /// How far a run of the emitted loop takes the variable.
    pub fn total(self) -> i64 {
        self.step.saturating_mul(self.unroll)
    }
}

/// What the runs of a loop's body find in registers beside the loop's own elements.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    Plain,
    /// Squares of these accesses, one a run.
    Squares(&'a [Transposable]),
    /// The vectors of rows, kept from one run to the next.
    Rows(&'a [Row]),
}

impl<'c> Emitter<'c, '_> {
    /// Emits `for (v = lower; v <= upper; v += step) body` for the group of copies at hand. The
    /// whole advance divides the number of iterations.
    pub fn counted(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        advance: Advance,
    ) -> Result<()> {
        let some = self.builder.build_int_compare(IntPredicate::SLE, lower, upper, "")?;
        self.when(some, &format!("{}.enter", label(&inner.name)), |inside| {
            let mut range = VariableRange::new(inner.id.variable(), &inner.lower, &inner.upper);
            for upper in &mut range.upper {
                let least = upper.constant_term().saturating_sub(advance.below);
                *upper = upper.clone().with_constant(least);
            }
            inside.state.ranges.push(range);
            let outcome = match inside.chunked_loop(inner, lower, upper, advance) {
                Ok(false) => inside.run_loop(inner, lower, upper, advance),
                other => other.map(|_| ()),
            };
            inside.state.ranges.pop();
            outcome
        })
    }

    /// The loop itself, which has at least one iteration.
    pub fn carried_loop(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        advance: Advance,
        body: Body<'_>,
    ) -> Result<()> {
        let candidates = self.register_candidates(inner)?;
        let outer_registers = self.state.registers.len();
        let mut initial = Vec::with_capacity(candidates.len());
        for candidate in &candidates {
            initial.push(self.load(&candidate.access, candidate.element)?);
        }
        let rows = if let Body::Rows(rows) = body { rows } else { &[] };
        let first = self.first_vectors(inner, lower, rows)?;
        let entry = self.current_block()?;
        let name = label(&inner.name);
        let (run, leave) = (self.block(&name), self.block(&format!("{name}.leave")));
        self.builder.build_unconditional_branch(run)?;
        self.builder.position_at_end(run);
        let counter = self.builder.build_phi(self.i64(), &name)?;
        let value = counter.as_basic_value().into_int_value();
        let mut phis: Vec<PhiValue<'c>> = Vec::with_capacity(candidates.len());
        for (candidate, lanes) in candidates.iter().zip(&initial) {
            let phi = self.builder.build_phi(lanes.value.get_type(), "")?;
            let carried = Lanes { value: phi.as_basic_value(), varying: lanes.varying };
            let access = candidate.access.clone();
            self.state.registers.push(Register { access, value: carried });
            phis.push(phi);
        }
        let kept = self.kept_vectors(&first)?;
        self.state.variables.push((inner.id.0, value));
        let outcome = self.scoped(|inside| match body {
            Body::Plain => inside.unrolled_body(inner, advance),
            Body::Squares(accesses) => inside.body_by_squares(inner, advance, accesses),
            Body::Rows(rows) => {
                inside.enter_rows(rows, &kept)?;
                inside.unrolled_body(inner, advance)
            }
        });
        self.state.variables.pop();
        let next_kept = self.leave_rows();
        let last = self.state.registers.split_off(outer_registers);
        outcome?;
        let next = self.plus(value, advance.total())?;
        let more = self.builder.build_int_compare(IntPredicate::SLE, next, upper, "")?;
        let latch = self.current_block()?;
        counter.add_incoming(&[(&lower, entry), (&next, latch)]);
        for ((phi, first), register) in phis.iter().zip(&initial).zip(&last) {
            phi.add_incoming(&[(&first.value, entry), (&register.value.value, latch)]);
        }
        for ((phi, first), next) in
            kept.iter().flatten().zip(first.iter().flatten()).zip(next_kept.iter().flatten())
        {
            phi.add_incoming(&[(first, entry), (next, latch)]);
        }
        self.builder.build_conditional_branch(more, run, leave)?;
        self.builder.position_at_end(leave);
        for (candidate, register) in candidates.iter().zip(&last) {
            if candidate.written && !planted(Fault::RegisterNotStored) {
                self.store_memory(&register.access, candidate.element, register.value)?;
            }
        }
        Ok(())
    }

    /// The body for as many iterations as follow each other without a test.
    pub fn unrolled_body(&mut self, inner: &For, advance: Advance) -> Result<()> {
        self.nodes(&inner.body)?;
        for copy in 1..advance.unroll - i64::from(planted(Fault::UnrollCopies)) {
            self.state.offsets.push((inner.id.0, copy.saturating_mul(advance.step)));
            let outcome = self.nodes(&inner.body);
            self.state.offsets.pop();
            outcome?;
        }
        Ok(())
    }

    /// The elements that the loop may keep in registers.
    pub fn register_candidates(&self, inner: &For) -> Result<Vec<Candidate>> {
        if !self.scheduled {
            return Ok(Vec::new());
        }
        let Some(accesses) = self.body_accesses(inner)? else {
            return Ok(Vec::new());
        };
        let group = &self.state.group;
        let vector = group.vector.map(|(id, width)| (Variable::Loop(id), i64::from(width)));
        let variable = inner.id.variable();
        let mut candidates: Vec<Candidate> = Vec::new();
        for Candidate { access, element, written, certain } in &accesses {
            if let Some(known) = candidates.iter_mut().find(|candidate| candidate.access == *access)
            {
                known.written |= written;
                continue;
            }
            let array_is_written =
                accesses.iter().any(|other| other.written && other.access.array == access.array);
            // Lanes that write one element would need their order.
            let lanes_differ = match vector {
                Some((lane, _)) => access.mentions(lane) && !self.lanes_share(access)?,
                None => true,
            };
            let separate = accesses.iter().all(|other| {
                planted(Fault::RegisterAliased)
                    || other.access.array != access.array
                    || overlap(access, &other.access, vector, &self.state.ranges)
                        != Overlap::Unknown
            });
            // What is kept is stored in the end, which some statement must do anyway.
            let alike = || accesses.iter().filter(|other| other.access == *access);
            let written = &(*written || alike().any(|other| other.written));
            let stored = !written
                || alike().any(|other| other.written && other.certain)
                || self.exists(access)?;
            let kept = *certain && stored && lanes_differ && separate && !access.mentions(variable);
            if array_is_written && kept {
                let (access, element, written) = (access.clone(), *element, *written);
                candidates.push(Candidate { access, element, written, certain: true });
            }
        }
        Ok(candidates)
    }

    /// All accesses of the body's copies; `None` when the body is more than statements.
    pub fn body_accesses(&self, inner: &For) -> Result<Option<Vec<Candidate>>> {
        let mut accesses = Vec::new();
        for node in &inner.body {
            let LoopTreeNode::Statement(instance) = node else {
                return Ok(None);
            };
            let statement = self.statement_of(instance)?;
            let known = statement.certain_reads();
            for offsets in &self.state.group.copies {
                let reads = statement.reads.iter().zip(&known);
                // Where a guard does not hold, nothing is stored.
                let stores = statement.guard().is_none();
                let all = reads.map(|(read, certain)| (read, false, *certain)).chain([(
                    &statement.write,
                    true,
                    stores,
                )]);
                for (access, written, certain) in all {
                    let array =
                        self.program.arrays.get(access.array.0).ok_or_else(|| {
                            CodegenError::ill_formed("an array that does not exist")
                        })?;
                    let access = ResolvedAccess::new(access, &instance.iterators, offsets);
                    let element = array.element;
                    accesses.push(Candidate { access, element, written, certain });
                }
            }
        }
        Ok(Some(accesses))
    }
}

/// A loop's name as a block's label.
fn label(name: &str) -> String {
    name.replace('\0', "")
}
