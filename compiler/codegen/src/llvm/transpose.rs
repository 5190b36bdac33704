//! Lanes along one dimension of an array while a loop inside runs along its contiguous one.
//!
//! In `y[i] += A[i][j] * x[j]` with `i` in lanes the additions over `j` keep their order, but the lanes'
//! elements of `A` are a row apart. So the loop over `j` runs by squares: as many iterations at a time
//! as there are lanes, whose elements are loaded row by row, contiguous, and transposed in registers
//! (see [`Transposition`]):
//!
//! ```c
//! for (j = lower; j + 3 <= upper; j += 4) {
//!   column[0..4] = transposed(A[i][j..j+4], A[i+1][j..j+4], A[i+2][j..j+4], A[i+3][j..j+4]);
//!   y[i..i+4] += column[0] * x[j];
//!   y[i..i+4] += column[1] * x[j + 1];  …
//! }
//! ```
//!
//! What the rows have some squares further on is prefetched.
//!
//! An access qualifies when neighbouring lanes are a constant or a known number of elements apart, other
//! than none and one, neighbouring iterations of the loop are one element apart, every iteration reads it, and nothing that the
//! loop stores while it runs can be among what was loaded: either no statement of it writes to the array,
//! or those that do keep what they write in registers until the loop has ended.

use super::counted::{Advance, Body, Candidate};
use super::emitter::{Emitter, Lanes};
use super::values::vector_of;
use crate::access::ResolvedAccess;
use crate::error::{CodegenError, Result};
use crate::transposition::{Start, Transposition};
use inkwell::IntPredicate;
use inkwell::intrinsics::Intrinsic;
use inkwell::types::{BasicTypeEnum, VectorType};
use inkwell::values::{IntValue, PointerValue, VectorValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{ElementType, For};

/// Larger squares do not fit into the registers of any machine.
const MOST_LANES: u32 = 16;

/// The vectors of all squares of a block together stay below this, to bound the code's size.
const MOST_VECTORS: usize = 256;

/// How far ahead of a square its rows are asked for: 8 lines, which was the best distance for matrices
/// in the last-level cache and did no harm to smaller ones.
const PREFETCH_BYTES: i64 = 512;

/// An access whose elements of the next iterations are in registers, one vector an iteration.
#[derive(Clone, Debug)]
pub(super) struct Square<'c> {
    access: ResolvedAccess,
    loop_id: u32,
    columns: Vec<Lanes<'c>>,
}

/// An access that qualifies.
#[derive(Clone)]
pub(super) struct Transposable {
    access: ResolvedAccess,
    element: ElementType,
}

impl<'c> Emitter<'c, '_> {
    /// Runs a loop of at least one iteration, by squares or with rows in registers where some access qualifies.
    pub fn run_loop(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        advance: Advance,
    ) -> Result<()> {
        let transposable = if advance.step == 1 { self.transposable(inner)? } else { Vec::new() };
        if transposable.is_empty() {
            let rows = self.rows(inner, advance)?;
            return match rows.is_empty() {
                true => self.carried_loop(inner, lower, upper, advance, Body::Plain),
                false => self.loop_with_rows(inner, lower, upper, advance, &rows),
            };
        }
        let size = i64::from(self.width());
        let end = self.end_of_blocks(lower, upper, size)?;
        let some = self.builder.build_int_compare(IntPredicate::SLE, lower, end, "")?;
        self.when(some, "squares", |inside| {
            let advance = Advance { step: 1, unroll: size, below: 0 };
            inside.carried_loop(inner, lower, end, advance, Body::Squares(&transposable))
        })?;
        let start = self.plus(end, 1)?;
        let some = self.builder.build_int_compare(IntPredicate::SLE, start, upper, "")?;
        self.when(some, "rest", |inside| {
            inside.carried_loop(inner, start, upper, Advance::ONE, Body::Plain)
        })
    }

    /// The accesses that the loop's squares are made for.
    fn transposable(&self, inner: &For) -> Result<Vec<Transposable>> {
        let mut found: Vec<Transposable> = Vec::new();
        let width = self.width();
        if !self.scheduled || width > MOST_LANES || !width.is_power_of_two() || width < 2 {
            return Ok(found);
        }
        let Some(accesses) = self.body_accesses(inner)? else {
            return Ok(found);
        };
        let registers = self.register_candidates(inner)?;
        let kept =
            |write: &Candidate| registers.iter().any(|register| register.access == write.access);
        for Candidate { access, element, written, certain } in &accesses {
            let stored = accesses
                .iter()
                .any(|other| other.written && other.access.array == access.array && !kept(other));
            if *written
                || !*certain
                || stored
                || found.iter().any(|known| known.access == *access)
                || !self.lanes_are_strided(access)?
                || self.step_of(access, inner.id.variable())? != Some(1)
            {
                continue;
            }
            found.push(Transposable { access: access.clone(), element: *element });
        }
        if found.len().saturating_mul(width as usize) > MOST_VECTORS {
            found.clear();
        }
        Ok(found)
    }

    /// The body for the iterations of a square, with what the accesses find in them loaded before.
    pub fn body_by_squares(
        &mut self,
        inner: &For,
        advance: Advance,
        accesses: &[Transposable],
    ) -> Result<()> {
        let all = self.state.group.copies.clone();
        for part in self.parts_by_square() {
            self.state.group.copies = part;
            let read = self.body_accesses(inner)?.unwrap_or_default();
            let mut squares = Vec::new();
            for Transposable { access, element } in accesses {
                if read.iter().any(|read| read.access == *access) {
                    let columns = self.columns(access, *element)?;
                    squares.push(Square { access: access.clone(), loop_id: inner.id.0, columns });
                }
            }
            self.state.squares = squares;
            self.unrolled_body(inner, advance)?;
            self.state.squares.clear();
        }
        self.state.group.copies = all;
        Ok(())
    }

    /// The copies of the loop's body, in parts that run a whole square each. Vectors side by side are
    /// independent of each other, so each may go ahead of the next: then one square at a time is in
    /// registers. Jammed copies have to keep their order.
    fn parts_by_square(&self) -> Vec<Vec<Vec<(u32, i64)>>> {
        let group = &self.state.group;
        match group.members.as_slice() {
            [_] if group.vector.is_some() => {
                group.copies.iter().map(|copy| vec![copy.clone()]).collect()
            }
            _ => vec![group.copies.clone()],
        }
    }

    /// The access's elements from a square that is in registers, if there is one.
    pub fn square_column(&self, access: &ResolvedAccess) -> Option<Lanes<'c>> {
        let square = self.state.squares.iter().find(|square| square.access == *access)?;
        let iteration: i64 = self
            .state
            .offsets
            .iter()
            .filter(|(id, _)| *id == square.loop_id)
            .map(|(_, offset)| offset)
            .sum();
        square.columns.get(usize::try_from(iteration).ok()?).copied()
    }

    /// A square's columns, from its rows in memory.
    fn columns(&self, access: &ResolvedAccess, element: ElementType) -> Result<Vec<Lanes<'c>>> {
        let width = self.width();
        let bytes = u32::try_from(element.bytes()).unwrap_or(1);
        let Some(plan) = Transposition::new(width, bytes) else {
            return Ok(Vec::new());
        };
        let scalar = self.scalar_type(element);
        let rows: Result<Vec<_>> =
            (0..width).map(|lane| self.address_of_lane(access, scalar, lane)).collect();
        let rows = rows?;
        for row in &rows {
            self.prefetch(*row)?;
        }
        let mut registers = match &plan.start {
            Start::Rows => {
                let row = vector_of(scalar, width)?.into();
                let load = |address: &PointerValue<'c>| {
                    self.load_at(access, row, *address, element)
                        .map(|loaded| loaded.into_vector_value())
                };
                rows.iter().map(load).collect::<Result<Vec<_>>>()?
            }
            Start::Halves(halves) => {
                let half_row = vector_of(scalar, width / 2)?.into();
                let mut registers = Vec::with_capacity(halves.len());
                for half in halves {
                    let [low, high] = half.rows.map(|row| {
                        let column = self.constant(i64::from(half.column));
                        let start = self.step(scalar, rows[row as usize], column)?;
                        self.load_at(access, half_row, start, element)
                    });
                    let lanes: Vec<_> = (0..width).collect();
                    registers.push(self.shuffled(
                        low?.into_vector_value(),
                        high?.into_vector_value(),
                        &lanes,
                    )?);
                }
                registers
            }
        };
        for stage in &plan.stages {
            for first in (0..registers.len()).filter(|number| number & stage.distance == 0) {
                let second = first + stage.distance;
                let (left, right) = (registers[first], registers[second]);
                let [low, high] = &stage.lanes;
                registers[first] = self.shuffled(left, right, low)?;
                registers[second] = self.shuffled(left, right, high)?;
            }
        }
        let mut columns = plan.columns;
        if planted(Fault::TransposedColumns) {
            columns.reverse();
        }
        Ok(columns.into_iter().map(|register| Lanes::varying(registers[register])).collect())
    }

    /// Asks for what a row has further on. As many streams as there are lanes, each of which goes on
    /// only when its square's turn has come, are more than what a processor finds out by itself.
    fn prefetch(&self, row: PointerValue<'c>) -> Result<()> {
        let missing = || CodegenError::ill_formed("no prefetch");
        let declaration = Intrinsic::find("llvm.prefetch")
            .and_then(|intrinsic| intrinsic.get_declaration(self.module, &[self.pointer().into()]))
            .ok_or_else(missing)?;
        let distance = self.constant(PREFETCH_BYTES);
        let byte = self.context.i8_type();
        // SAFETY: a prefetch may be of any address, and this is no in-bounds computation.
        let ahead = unsafe { self.builder.build_gep(byte, row, &[distance], "")? };
        let number = |value| self.context.i32_type().const_int(value, false);
        // To be read, into all caches, data.
        let (read, all, data) = (number(0), number(3), number(1));
        let arguments = [ahead.into(), read.into(), all.into(), data.into()];
        self.builder.build_call(declaration, &arguments, "")?;
        Ok(())
    }

    /// The lanes of these numbers, those of the second vector counted after those of the first one.
    pub fn shuffled(
        &self,
        left: VectorValue<'c>,
        right: VectorValue<'c>,
        lanes: &[u32],
    ) -> Result<VectorValue<'c>> {
        let indices: Vec<_> = lanes
            .iter()
            .map(|lane| self.context.i32_type().const_int(u64::from(*lane), false))
            .collect();
        let mask = VectorType::const_vector(&indices);
        Ok(self.builder.build_shuffle_vector(left, right, mask, "")?)
    }

    /// The address of a lane's element.
    fn address_of_lane(
        &self,
        access: &ResolvedAccess,
        scalar: BasicTypeEnum<'c>,
        lane: u32,
    ) -> Result<PointerValue<'c>> {
        let address = self.address(access)?;
        self.lane_address(scalar, address, self.lane_stride(access)?, lane)
    }
}
