//! Neighbours along a row, made in registers from whole vectors.
//!
//! In `B[k] = A[k - 1] + A[k] + A[k + 1]` with `k` in lanes two of three loads lie across cache lines when the
//! third one does not, and each of these takes as long as two. So the loop loads each vector of the row
//! once, where the others begin, keeps it for the next iterations, and cuts what lies between from two of them:
//!
//! ```c
//! before = A[lower - 8..]; here = A[lower..];
//! for (k = lower; k <= last; k += 8) {
//!   behind = A[k + 8..];
//!   B[k..] = cut(before, here, 7) + here + cut(here, behind, 1);
//!   before = here; here = behind;
//! }
//! ```
//!
//! The vectors of a row are numbered from its *anchor*: the read element with the written element's own contiguous
//! subscript, since the loop's author aligns what it stores. Vector `m` begins `m` widths behind the anchor.
//!
//! Nothing is read that the loop does not read. Of the first vector only what the first iteration reads is loaded. A
//! vector that is loaded ahead is read as a whole, or behind its end, by the next iteration; the last
//! iteration, which has no next one, runs apart with plain loads, unless what is left of the loop after whole vectors is
//! known to read these elements.
//!
//! A row consists of elements that every iteration reads, not only some by a condition. It qualifies when nothing that the loop stores can be among what is kept. It is done where each plain vector between
//! two others would lie across cache lines and one instruction cuts, which are vectors of a whole line.

use super::counted::{Advance, Body, Candidate};
use super::emitter::{Emitter, Lanes};
use super::values::vector_of;
use crate::access::{Overlap, ResolvedAccess, overlap};
use crate::error::{CodegenError, Result};
use inkwell::IntPredicate;
use inkwell::values::{IntValue, PhiValue, VectorValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{ElementType, For};

/// All rows of a loop together keep at most as many vectors from one iteration for the next: half of the
/// registers of AVX-512.
const MOST_KEPT: i64 = 16;

/// Elements of one row that a loop reads, several of them in each iteration.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What is read at the anchor, or would be.
    anchor: ResolvedAccess,
    element: ElementType,
    /// The array's contiguous dimension here.
    dimension: usize,
    /// How far behind the anchor the vectors begin that are read, in elements, each once, ascending.
    offsets: Vec<i64>,
    /// The numbers of the first and of the last vector that they are cut from.
    lowest: i64,
    highest: i64,
    /// How many new vectors each iteration reads.
    fresh: i64,
}

/// A row whose vectors are in registers.
#[derive(Clone, Debug)]
pub(super) struct KeptRow<'c> {
    row: Row,
    /// From the lowest to the highest.
    vectors: Vec<VectorValue<'c>>,
}

impl Row {
    /// How many vectors an iteration keeps for the next one.
    fn kept(&self) -> i64 {
        self.highest - self.lowest + 1 - self.fresh
    }

    /// The access `offset` elements behind the anchor.
    fn at(&self, offset: i64) -> ResolvedAccess {
        let mut access = self.anchor.clone();
        if let Some(subscript) = access.subscripts.get_mut(self.dimension) {
            let constant = subscript.constant_term().saturating_add(offset);
            *subscript = subscript.clone().with_constant(constant);
        }
        access
    }

    /// The offset at which an access of the loop reads this row.
    fn offset_of(&self, access: &ResolvedAccess) -> Option<i64> {
        let offset = apart(&self.anchor, access, self.dimension)?;
        self.offsets.binary_search(&offset).ok().map(|_| offset)
    }
}

/// How many elements the second access is behind the first one, where both are in one row.
fn apart(first: &ResolvedAccess, second: &ResolvedAccess, dimension: usize) -> Option<i64> {
    let pairs = || first.subscripts.iter().zip(&second.subscripts).enumerate();
    let alike = first.array == second.array
        && pairs().all(|(number, (left, right))| number == dimension || left == right);
    let (left, right) = (first.subscripts.get(dimension)?, second.subscripts.get(dimension)?);
    alike.then(|| (right - left).as_constant()).flatten()
}

impl<'c> Emitter<'c, '_> {
    /// The rows of a vector loop that are worth it.
    pub fn rows(&self, inner: &For, advance: Advance) -> Result<Vec<Row>> {
        let mut rows: Vec<Row> = Vec::new();
        let (Some((id, width)), None) = (self.state.group.vector, self.state.mask) else {
            return Ok(rows);
        };
        let whole = advance.step % i64::from(width) == 0 && advance.unroll == 1;
        if !self.scheduled || id != inner.id.0 || !whole {
            return Ok(rows);
        }
        let Some(accesses) = self.body_accesses(inner)? else {
            return Ok(rows);
        };
        let mut kept = 0;
        for (position, read) in accesses.iter().enumerate() {
            let known = |row: &Row| apart(&row.anchor, &read.access, row.dimension).is_some();
            let pays = self.any_neighbours || self.target.cuts_lines(width, read.element.bytes());
            if read.written || !read.certain || !pays || rows.iter().any(known) {
                continue;
            }
            if let Some(row) = self.row_of(&accesses[position..], &accesses, inner, advance)? {
                kept += row.kept();
                if kept > MOST_KEPT {
                    return Ok(Vec::new());
                }
                rows.push(row);
            }
        }
        Ok(rows)
    }

    /// The row of the first of these reads, if it qualifies.
    fn row_of(
        &self,
        reads: &[Candidate],
        accesses: &[Candidate],
        inner: &For,
        advance: Advance,
    ) -> Result<Option<Row>> {
        let Some(Candidate { access: first, element, .. }) = reads.first() else {
            return Ok(None);
        };
        let variable = inner.id.variable();
        let layout = &self.storage(first)?.layout;
        let Some(dimension) = layout.contiguous() else { return Ok(None) };
        if layout.constant_step(first, variable)? != Some(1) {
            return Ok(None);
        }
        let mut offsets: Vec<i64> = reads
            .iter()
            .filter(|read| !read.written && read.certain)
            .filter_map(|read| apart(first, &read.access, dimension))
            .collect();
        offsets.sort_unstable();
        offsets.dedup();
        let anchor = self.anchor(first, dimension, accesses, offsets[0])?;
        let mut row = Row {
            anchor: first.clone(),
            element: *element,
            dimension,
            offsets: offsets.iter().map(|offset| offset.saturating_sub(anchor)).collect(),
            lowest: 0,
            highest: 0,
            fresh: 0,
        };
        row.anchor = row.at(anchor);
        let width = i64::from(self.width());
        let (least, greatest) = (row.offsets[0], row.offsets[row.offsets.len() - 1]);
        row.lowest = least.div_euclid(width);
        row.highest = greatest.saturating_add(width - 1).div_euclid(width);
        row.fresh = advance.step / width;
        let between = row.offsets.iter().any(|offset| offset % width != 0);
        let close = greatest.saturating_sub(least) <= advance.step.saturating_add(width);
        let kept_apart = || {
            // What is kept was loaded up to two iterations before it is read.
            let reach = advance.step.saturating_mul(4);
            accesses.iter().filter(|other| other.written && other.access.array == first.array).all(
                |store| {
                    row.offsets.iter().all(|offset| {
                        let lanes = Some((variable, reach));
                        overlap(&row.at(*offset), &store.access, lanes, &self.state.ranges)
                            == Overlap::Disjoint
                    })
                },
            )
        };
        let qualifies = between
            && close
            && row.kept() > 0
            && usize::try_from(row.fresh).is_ok_and(|fresh| fresh < row.offsets.len())
            && kept_apart();
        Ok(qualifies.then_some(row))
    }

    /// The anchor's distance from the first access: that of what a store's contiguous subscript names, or
    /// else that of the first element that is read.
    fn anchor(
        &self,
        first: &ResolvedAccess,
        dimension: usize,
        accesses: &[Candidate],
        least: i64,
    ) -> Result<i64> {
        for store in accesses.iter().filter(|access| access.written) {
            let of_store = self.storage(&store.access)?.layout.contiguous();
            let of_store = of_store.and_then(|dimension| store.access.subscripts.get(dimension));
            if let (Some(stored), Some(read)) = (of_store, first.subscripts.get(dimension))
                && let Some(distance) = (stored - read).as_constant()
            {
                return Ok(distance);
            }
        }
        Ok(least)
    }

    /// A loop of at least one iteration with rows in registers.
    pub fn loop_with_rows(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        advance: Advance,
        rows: &[Row],
    ) -> Result<()> {
        if rows.iter().all(|row| self.has_ahead(row, inner, [lower, upper], advance)) {
            return self.carried_loop(inner, lower, upper, advance, Body::Rows(rows));
        }
        let step = self.constant(advance.step);
        let count = self.builder.build_int_nsw_sub(upper, lower, "")?;
        let rest = self.builder.build_int_unsigned_rem(count, step, "")?;
        let last = self.builder.build_int_nsw_sub(upper, rest, "")?;
        let until = self.plus(last, -1)?;
        let some = self.builder.build_int_compare(IntPredicate::SLE, lower, until, "")?;
        self.when(some, "neighbours", |inside| {
            inside.carried_loop(inner, lower, until, advance, Body::Rows(rows))
        })?;
        self.carried_loop(inner, last, last, advance, Body::Plain)
    }

    /// Whether what the last whole vector loads ahead is read by what is left of the loop behind it.
    fn has_ahead(
        &self,
        row: &Row,
        inner: &For,
        bounds: [IntValue<'c>; 2],
        advance: Advance,
    ) -> bool {
        let width = i64::from(self.width());
        let greatest = row.offsets.last().copied().unwrap_or_default();
        let ahead = row.highest.saturating_mul(width).saturating_sub(greatest);
        if ahead == 0 {
            return true;
        }
        let [Some(lower), Some(upper)] = bounds.map(|bound| bound.get_sign_extended_constant())
        else {
            return false;
        };
        let mut constant = true;
        inner.upper.visit_affine(&mut |affine| constant &= affine.as_constant().is_some());
        let end = inner.upper.evaluate(false, &|_| 0).filter(|_| constant);
        // The last of the vectors side by side in the last run reads up to its last lane and `greatest`.
        let last = upper - (upper - lower).rem_euclid(advance.step) + advance.step - 1;
        end.is_some_and(|end| last.saturating_add(ahead) <= end)
    }

    /// The vectors that are kept before the first iteration, for all rows.
    pub fn first_vectors(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        rows: &[Row],
    ) -> Result<Vec<Vec<VectorValue<'c>>>> {
        self.state.variables.push((inner.id.0, lower));
        let vectors =
            self.scoped(|before| rows.iter().map(|row| before.first_of_row(row)).collect());
        self.state.variables.pop();
        vectors
    }

    fn first_of_row(&self, row: &Row) -> Result<Vec<VectorValue<'c>>> {
        let width = i64::from(self.width());
        let first = |number| {
            let begin = number * width;
            match row.offsets.first() {
                Some(&least) if least > begin => {
                    let read = self.vector_of_row(row, least)?;
                    let nothing = read.get_type().get_poison();
                    self.cut(nothing, read, width - (least - begin))
                }
                _ => self.vector_of_row(row, begin),
            }
        };
        (row.lowest..row.lowest + row.kept()).map(first).collect()
    }

    /// What a run of the body finds kept: first these vectors, later what the run before has left.
    pub fn kept_vectors(&self, first: &[Vec<VectorValue<'c>>]) -> Result<Vec<Vec<PhiValue<'c>>>> {
        let phi = |vector: &VectorValue<'c>| Ok(self.builder.build_phi(vector.get_type(), "")?);
        first.iter().map(|row| row.iter().map(phi).collect()).collect()
    }

    /// Loads what an iteration reads anew and makes all vectors of the rows known to the body.
    pub fn enter_rows(&mut self, rows: &[Row], kept: &[Vec<PhiValue<'c>>]) -> Result<()> {
        let width = i64::from(self.width());
        for (row, kept) in rows.iter().zip(kept) {
            let mut vectors: Vec<_> =
                kept.iter().map(|phi| phi.as_basic_value().into_vector_value()).collect();
            for number in row.lowest + row.kept()..=row.highest {
                vectors.push(self.vector_of_row(row, number * width)?);
            }
            self.state.rows.push(KeptRow { row: row.clone(), vectors });
        }
        Ok(())
    }

    /// What the next iteration finds kept, for all rows; the body knows of none any more.
    pub fn leave_rows(&mut self) -> Vec<Vec<VectorValue<'c>>> {
        let rows = std::mem::take(&mut self.state.rows);
        rows.into_iter()
            .map(|row| {
                let fresh = usize::try_from(row.row.fresh).unwrap_or(usize::MAX);
                let stale = usize::from(planted(Fault::NeighboursStale));
                row.vectors[fresh - stale..row.vectors.len() - stale].to_vec()
            })
            .collect()
    }

    /// What an access finds in rows that are in registers.
    pub fn cut_from_row(&self, access: &ResolvedAccess) -> Result<Option<Lanes<'c>>> {
        let width = i64::from(self.width());
        for KeptRow { row, vectors } in &self.state.rows {
            let Some(offset) = row.offset_of(access) else { continue };
            let number = usize::try_from(offset.div_euclid(width) - row.lowest).ok();
            let begin = number.and_then(|number| vectors.get(number).copied());
            let end = number.and_then(|number| vectors.get(number + 1).copied());
            let by = offset.rem_euclid(width);
            let read = match (begin, end) {
                (Some(begin), _) if by == 0 => begin,
                (Some(begin), Some(end)) => self.cut(begin, end, by)?,
                _ => {
                    return Err(CodegenError::ill_formed(
                        "a row without the vectors that are read",
                    ));
                }
            };
            let wanted = vector_of(self.scalar_type(row.element), self.width())?;
            return Ok(Some(Lanes::varying(self.builder.build_bit_cast(read, wanted, "")?)));
        }
        Ok(None)
    }

    /// A row's vector as integers, for which LLVM 19 cuts by `valign`. For floating point it takes a permutation, which
    /// costs a register with the lanes' numbers and a copy of the vector that it overwrites.
    fn vector_of_row(&self, row: &Row, offset: i64) -> Result<VectorValue<'c>> {
        let read = self.load_memory(&row.at(offset), row.element)?.value;
        let bits = vector_of(self.integer_type(row.element).into(), self.width())?;
        Ok(self.builder.build_bit_cast(read, bits, "")?.into_vector_value())
    }

    /// The vector that begins with the lane `by` of the first one and goes on with the second one.
    fn cut(
        &self,
        first: VectorValue<'c>,
        second: VectorValue<'c>,
        by: i64,
    ) -> Result<VectorValue<'c>> {
        let by = by - i64::from(planted(Fault::NeighboursLane));
        let begin = u32::try_from(by)
            .map_err(|_| CodegenError::ill_formed("a vector cut before its first lane"))?;
        let lanes: Vec<_> = (begin..begin + self.width()).collect();
        self.shuffled(first, second, &lanes)
    }
}
