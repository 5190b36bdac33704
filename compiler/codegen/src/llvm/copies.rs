//! Copying a box of an array to its buffer and back.
//!
//! The loops run over the part of the box that lies in the array, in the order of the buffer, and
//! test nothing per element. Where the innermost dimensions of the array and the buffer are the same,
//! whole rows are copied:
//!
//! ```c
//! for (x0 = max(0, o0); x0 <= min(n0 - 1, o0 + e0 - 1); x0++)
//!   memcpy(&buffer[x0 - o0][l1 - o1], &A[x0][l1], (u1 - l1 + 1) * sizeof *A);
//! ```
//!
//! Otherwise the array's rows become columns of the buffer: small squares are loaded, transposed and
//! stored as vectors, and what is left element by element.

use super::emitter::Emitter;
use super::storage::Storage;
use super::values::vector_of;
use crate::access::{ResolvedAccess, is_positive, shift};
use crate::error::{CodegenError, Result};
use inkwell::IntPredicate;
use inkwell::types::VectorType;
use inkwell::values::{BasicValue, InstructionValue, IntValue, PointerValue, VectorValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Bound, ElementType, Pack, Variable};

/// A copy that is being emitted.
struct BoxCopy<'a, 'c> {
    from: &'a Storage<'c>,
    to: &'a Storage<'c>,
    element: ElementType,
    /// The element at hand: one fresh loop variable a dimension.
    access: ResolvedAccess,
    sides: Vec<Side<'c>>,
}

/// The part of one dimension that is copied, both ends inclusive.
struct Side<'c> {
    variable: u32,
    lower: IntValue<'c>,
    upper: IntValue<'c>,
    /// How many elements that is, where it is always the same.
    count: Option<i64>,
    /// How many it is where the box lies in the array, where that is always the same.
    whole: Option<i64>,
}

/// Rows of so many bytes at most are copied by a few vectors where their length is known; a call for each
/// takes longer than they do.
const SHORT_ROW: i64 = 512;

impl<'c> Emitter<'c, '_> {
    /// Copies the elements of a pack's box that lie in the array from one storage to the other.
    pub fn copy_box(&mut self, pack: &Pack, from: &Storage<'c>, to: &Storage<'c>) -> Result<()> {
        let array = self.program.array(pack.array);
        let mut sides = Vec::new();
        let mut conditions = Vec::new();
        let mut fresh = u32::MAX;
        let parts = pack.origin.iter().zip(&pack.extents).zip(&array.extents);
        for ((origin, size), extent) in parts {
            while self.state.variables.iter().any(|(known, _)| *known == fresh) {
                fresh -= 1;
            }
            let side = self.side(fresh, origin, size, extent)?;
            if side.count.is_none() {
                let (lower, upper) = (side.lower, side.upper);
                conditions.push(self.builder.build_int_compare(
                    IntPredicate::SLE,
                    lower,
                    upper,
                    "",
                )?);
            }
            sides.push(side);
            fresh -= 1;
        }
        let subscripts =
            sides.iter().map(|side| Affine::variable(Variable::Loop(side.variable))).collect();
        let access = ResolvedAccess { array: pack.array, subscripts };
        let copy = BoxCopy { from, to, element: array.element, access, sides };
        let unconditional = conditions.is_empty();
        let mut some = self.context.bool_type().const_int(1, false);
        for condition in conditions {
            some = self.builder.build_and(some, condition, "")?;
        }
        if unconditional {
            return self.scoped(|inside| inside.copy_dimensions(&copy, &pack.order));
        }
        self.when(some, "copy", |inside| inside.copy_dimensions(&copy, &pack.order))
    }

    /// One dimension's part, without the limits that the loops around keep anyway.
    fn side(
        &self,
        variable: u32,
        origin: &Affine,
        size: &Affine,
        extent: &Affine,
    ) -> Result<Side<'c>> {
        let ranges = &self.state.ranges;
        let plus = |affine: &Affine, constant: i64| {
            let sum = affine.constant_term().saturating_add(constant);
            affine.clone().with_constant(sum)
        };
        let bound = |affine: Affine| Bound::Quotient { affine, divisor: 1 };
        let last = plus(&(origin + size), -1 - i64::from(planted(Fault::CopyShort)));
        let inside_below = is_positive(&plus(origin, 1), ranges, 4);
        let inside_above = is_positive(&(extent - &last), ranges, 4);
        let lower = if inside_below {
            bound(origin.clone())
        } else {
            Bound::Maximum(vec![bound(Affine::constant(0)), bound(origin.clone())])
        };
        let upper = if inside_above {
            bound(last)
        } else {
            Bound::Minimum(vec![bound(plus(extent, -1)), bound(last)])
        };
        let short = planted(Fault::CopyShort);
        let whole = size.as_constant().filter(|count| !short && *count > 0);
        let count = whole.filter(|_| inside_below && inside_above);
        let (lower, upper) = (self.bound(&lower, true)?, self.bound(&upper, false)?);
        Ok(Side { variable, lower, upper, count, whole })
    }

    /// Copies what is left of the box: the dimensions in `order`, the others being fixed.
    fn copy_dimensions(&mut self, copy: &BoxCopy<'_, 'c>, order: &[usize]) -> Result<()> {
        let innermost = copy.sides.len().checked_sub(1);
        match *order {
            [] => self.copy_element(copy),
            [row] if Some(row) == innermost => self.copy_row(copy, row),
            [outer, inner] if Some(outer) == innermost => self.transpose(copy, outer, inner),
            [first, .., inner] if Some(first) == innermost => {
                // The array's rows go to the end of the outer loops.
                let mut others = order[1..order.len() - 1].to_vec();
                others.extend([first, inner]);
                self.copy_dimensions(copy, &others)
            }
            [outer, ..] => {
                let side = copy.side(outer)?;
                let variable = side.variable;
                self.simple_loop("copy", side.lower, side.upper, 1, |inside, value| {
                    inside.with_variable(variable, value, |inside| {
                        inside.copy_dimensions(copy, &order[1..])
                    })
                })
            }
        }
    }

    fn with_variable(
        &mut self,
        variable: u32,
        value: IntValue<'c>,
        emit: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.state.variables.push((variable, value));
        let outcome = emit(self);
        self.state.variables.pop();
        outcome
    }

    /// Elements that are contiguous on both sides.
    fn copy_row(&mut self, copy: &BoxCopy<'_, 'c>, row: usize) -> Result<()> {
        let side = copy.side(row)?;
        let (variable, lower) = (side.variable, side.lower);
        let bytes = copy.element.bytes().cast_signed();
        let of_size = |count: i64| count.saturating_mul(bytes);
        let size = match side.count {
            Some(1) => {
                return self.with_variable(variable, lower, |inside| inside.copy_element(copy));
            }
            Some(count) => self.constant(of_size(count)),
            None => {
                let count = self.builder.build_int_nsw_sub(side.upper, lower, "")?;
                let count = self.plus(count, 1)?;
                self.builder.build_int_nsw_mul(count, self.constant(bytes), "")?
            }
        };
        let whole = side.whole.map(of_size).filter(|whole| *whole <= SHORT_ROW);
        self.with_variable(variable, lower, |inside| {
            let from = inside.element_address(copy.from, copy, &[])?;
            let to = inside.element_address(copy.to, copy, &[])?;
            let alignment = u32::try_from(bytes).unwrap_or(1);
            let copy_bytes = |inside: &mut Self, size: IntValue<'c>| {
                inside.builder.build_memcpy(to, alignment, from, alignment, size)?;
                Ok(())
            };
            let Some(whole) = whole.filter(|_| side.count.is_none()) else {
                return copy_bytes(inside, size);
            };
            let whole = inside.constant(whole);
            let is_whole =
                inside.builder.build_int_compare(IntPredicate::EQ, size, whole, "whole")?;
            inside.either(
                is_whole,
                ["row", "part"],
                |inside| copy_bytes(inside, whole),
                |inside| copy_bytes(inside, size),
            )
        })
    }

    /// The array's innermost dimension `row` and another one that is the buffer's innermost.
    fn transpose(&mut self, copy: &BoxCopy<'_, 'c>, row: usize, column: usize) -> Result<()> {
        let (along, across) = (copy.side(row)?, copy.side(column)?);
        let size = copy.square();
        let along_end = self.end_of_blocks(along.lower, along.upper, size)?;
        let across_end = self.end_of_blocks(across.lower, across.upper, size)?;
        self.inclusive(across.lower, across_end, size, |inside, first| {
            inside.with_variable(across.variable, first, |inside| {
                inside.inclusive(along.lower, along_end, size, |inside, place| {
                    inside.with_variable(along.variable, place, |inside| {
                        inside.copy_square(copy, along.variable, across.variable)
                    })
                })
            })?;
            // The ends of the same rows.
            let last = inside.plus(first, size - 1)?;
            let start = inside.plus(along_end, 1)?;
            inside.inclusive(start, along.upper, 1, |inside, place| {
                inside.with_variable(along.variable, place, |inside| {
                    inside.inclusive(first, last, 1, |inside, value| {
                        inside.with_variable(across.variable, value, |inside| {
                            inside.copy_element(copy)
                        })
                    })
                })
            })
        })?;
        // The rows that are left.
        let start = self.plus(across_end, 1)?;
        self.inclusive(start, across.upper, 1, |inside, value| {
            inside.with_variable(across.variable, value, |inside| {
                inside.inclusive(along.lower, along.upper, 1, |inside, place| {
                    inside.with_variable(along.variable, place, |inside| inside.copy_element(copy))
                })
            })
        })
    }

    /// A loop that may not run at all.
    fn inclusive(
        &mut self,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        step: i64,
        body: impl FnOnce(&mut Self, IntValue<'c>) -> Result<()>,
    ) -> Result<()> {
        let some = self.builder.build_int_compare(IntPredicate::SLE, lower, upper, "")?;
        self.when(some, "some", |inside| inside.simple_loop("copy", lower, upper, step, body))
    }

    /// Transposes a square whose first element is at hand: vectors that are contiguous in one storage
    /// become vectors that are contiguous in the other. A stage exchanges, in each pair of vectors that
    /// are `distance` apart, the blocks of `distance` elements off the diagonal.
    fn copy_square(&self, copy: &BoxCopy<'_, 'c>, row: u32, column: u32) -> Result<()> {
        // Either side is contiguous along a variable of its own.
        let into = copy.from.layout.constant_step(&copy.access, Variable::Loop(row))? == Some(1);
        let (near, far) = if into { (row, column) } else { (column, row) };
        let size = copy.square();
        let vector_type = vector_of(self.scalar_type(copy.element), copy.width())?;
        let mut vectors = Vec::new();
        for line in 0..size {
            let from = self.element_address(copy.from, copy, &[(far, line)])?;
            let loaded = self.builder.build_load(vector_type, from, "")?;
            copy.finish(self, loaded.as_instruction_value(), copy.from, true)?;
            vectors.push(loaded.into_vector_value());
        }
        let mut distance = 1;
        while distance < vectors.len() {
            for first in (0..vectors.len()).filter(|line| line & distance == 0) {
                let pair = (vectors[first], vectors[first + distance]);
                vectors[first] = self.exchanged(pair, distance, false)?;
                vectors[first + distance] = self.exchanged(pair, distance, true)?;
            }
            distance *= 2;
        }
        for (line, vector) in (0_i64..).zip(vectors) {
            let to = self.element_address(copy.to, copy, &[(near, line)])?;
            let store = self.builder.build_store(to, vector)?;
            copy.finish(self, Some(store), copy.to, false)?;
        }
        Ok(())
    }

    /// One vector of a pair after a stage of a transposition.
    fn exchanged(
        &self,
        (left, right): (VectorValue<'c>, VectorValue<'c>),
        distance: usize,
        second: bool,
    ) -> Result<VectorValue<'c>> {
        let width = left.get_type().get_size() as usize;
        let indices: Vec<_> = (0..width)
            .map(|lane| {
                let source = match (lane & distance == 0, second) {
                    (true, false) => lane,
                    (false, false) => width + lane - distance,
                    (true, true) => lane + distance,
                    (false, true) => width + lane,
                };
                self.context.i32_type().const_int(source as u64, false)
            })
            .collect();
        Ok(self.builder.build_shuffle_vector(
            left,
            right,
            VectorType::const_vector(&indices),
            "",
        )?)
    }

    fn copy_element(&self, copy: &BoxCopy<'_, 'c>) -> Result<()> {
        let from = self.element_address(copy.from, copy, &[])?;
        let value = self.builder.build_load(self.scalar_type(copy.element), from, "")?;
        copy.finish(self, value.as_instruction_value(), copy.from, true)?;
        let to = self.element_address(copy.to, copy, &[])?;
        let store = self.builder.build_store(to, value)?;
        copy.finish(self, Some(store), copy.to, false)
    }

    /// Where the element at hand is in a storage, or one at an offset from it.
    fn element_address(
        &self,
        storage: &Storage<'c>,
        copy: &BoxCopy<'_, 'c>,
        offsets: &[(u32, i64)],
    ) -> Result<PointerValue<'c>> {
        let subscripts = copy.access.subscripts.iter();
        let subscripts = subscripts.map(|subscript| shift(subscript.clone(), offsets)).collect();
        let access = ResolvedAccess { array: copy.access.array, subscripts };
        let position = match storage.layout.position(&access)? {
            Some(position) if position.as_constant() == Some(0) => return Ok(storage.base),
            Some(position) => self.affine(&position)?,
            None => self.runtime_position(&storage.layout, &access)?,
        };
        self.step(self.scalar_type(copy.element), storage.base, position)
    }
}

impl<'c> BoxCopy<'_, 'c> {
    fn side(&self, dimension: usize) -> Result<&Side<'c>> {
        self.sides
            .get(dimension)
            .ok_or_else(|| CodegenError::ill_formed("a dimension that does not exist"))
    }

    /// The side of the squares that are transposed at a time: so many elements as a vector has that
    /// every machine moves well.
    fn square(&self) -> i64 {
        if self.element.bytes() == 8 { 4 } else { 8 }
    }

    fn width(&self) -> u32 {
        u32::try_from(self.square()).unwrap_or(1)
    }

    /// Puts an access's alignment and facts on it.
    fn finish(
        &self,
        emitter: &Emitter<'c, '_>,
        instruction: Option<InstructionValue<'c>>,
        storage: &Storage<'c>,
        load: bool,
    ) -> Result<()> {
        let Some(instruction) = instruction else {
            return Ok(());
        };
        instruction
            .set_alignment(u32::try_from(self.element.bytes()).unwrap_or(1))
            .map_err(|error| CodegenError::ill_formed(format!("alignment: {error}")))?;
        storage.facts.attach(emitter.context, instruction, load)
    }
}
