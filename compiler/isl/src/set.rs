//! Sets of integer points.

use crate::constraint::{conjunction, matrices};
use crate::ffi;
use crate::{Conjunction, ConstraintRow, Context, IslError, Map};
use std::ffi::{CString, c_int, c_uint};
use std::fmt;
use std::ptr::NonNull;

/// A finite union of conjunctions of affine constraints over integer dimensions, parameters and
/// quotients. Operations leave their operands as they are; both operands must share a context and a
/// space, or the answer is [`IslError::Invalid`]. Every operation may answer [`IslError::Quota`].
pub struct Set {
    pointer: NonNull<ffi::isl_set>,
    context: Context,
}

impl Drop for Set {
    fn drop(&mut self) {
        // SAFETY: the reference is ours; the context is dropped after it.
        unsafe {
            ffi::isl_set_free(self.pointer.as_ptr());
        }
    }
}

impl Clone for Set {
    fn clone(&self) -> Self {
        // SAFETY: the set is alive; isl's copy only counts a reference and gives the same pointer.
        unsafe { ffi::isl_set_copy(self.pointer.as_ptr()) };
        Self { pointer: self.pointer, context: self.context.clone() }
    }
}

impl Set {
    pub(crate) fn from_pointer(
        context: &Context,
        pointer: *mut ffi::isl_set,
    ) -> Result<Self, IslError> {
        Ok(Self { pointer: context.given(pointer)?, context: context.clone() })
    }

    /// A new reference for a call that takes one.
    pub(crate) fn reference(&self) -> *mut ffi::isl_set {
        // SAFETY: the set is alive.
        unsafe { ffi::isl_set_copy(self.pointer.as_ptr()) }
    }

    pub(crate) fn pointer(&self) -> *mut ffi::isl_set {
        self.pointer.as_ptr()
    }

    /// The context that the set belongs to.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The points of `dimensions` integers that satisfy all `rows`, without parameters. This is the
    /// quick way in: no text is parsed.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when a row has another number of coefficients than `dimensions`.
    pub fn from_constraints(
        context: &Context,
        dimensions: usize,
        rows: &[ConstraintRow],
    ) -> Result<Self, IslError> {
        let (equalities, inequalities) = matrices(context, dimensions, rows)?;
        // SAFETY: the matrices are taken by the call, which also checks their columns; the number
        // of dimensions has been checked to fit while they were made.
        let pointer = unsafe {
            ffi::isl_set_from_basic_set(ffi::isl_basic_set_from_constraint_matrices(
                ffi::isl_space_set_alloc(context.pointer(), 0, dimensions as c_uint),
                equalities,
                inequalities,
                ffi::DIM_PARAMETER,
                ffi::DIM_OUT,
                ffi::DIM_DIV,
                ffi::DIM_CONSTANT,
            ))
        };
        Self::from_pointer(context, pointer)
    }

    /// Reads isl's notation, as `[n] -> { S[i] : 0 <= i < n }`.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when the text is not a set.
    pub fn parse(context: &Context, text: &str) -> Result<Self, IslError> {
        let text = CString::new(text)
            .map_err(|_| IslError::Invalid("the text contains a zero byte".to_owned()))?;
        // SAFETY: the text lives through the call.
        let pointer = unsafe { ffi::isl_set_read_from_str(context.pointer(), text.as_ptr()) };
        Self::from_pointer(context, pointer).map_err(IslError::of_parsing)
    }

    /// isl's notation.
    pub fn to_text(&self) -> Result<String, IslError> {
        // SAFETY: the set is alive.
        self.context.text(unsafe { ffi::isl_set_to_str(self.pointer()) })
    }

    /// Number of dimensions, without parameters.
    pub fn dimensions(&self) -> Result<usize, IslError> {
        // SAFETY: the set is alive.
        self.context.size(unsafe { ffi::isl_set_dim(self.pointer(), ffi::DIM_OUT) })
    }

    /// Number of parameters.
    pub fn parameters(&self) -> Result<usize, IslError> {
        // SAFETY: the set is alive.
        self.context.size(unsafe { ffi::isl_set_dim(self.pointer(), ffi::DIM_PARAMETER) })
    }

    fn unary(
        &self,
        operation: unsafe extern "C" fn(*mut ffi::isl_set) -> *mut ffi::isl_set,
    ) -> Result<Self, IslError> {
        // SAFETY: the operation takes the new reference.
        Self::from_pointer(&self.context, unsafe { operation(self.reference()) })
    }

    fn binary(
        &self,
        other: &Set,
        operation: unsafe extern "C" fn(*mut ffi::isl_set, *mut ffi::isl_set) -> *mut ffi::isl_set,
    ) -> Result<Self, IslError> {
        self.context.same(&other.context)?;
        // SAFETY: the operation takes both new references, which share a context.
        Self::from_pointer(&self.context, unsafe { operation(self.reference(), other.reference()) })
    }

    fn compare(
        &self,
        other: &Set,
        question: unsafe extern "C" fn(*mut ffi::isl_set, *mut ffi::isl_set) -> c_int,
    ) -> Result<bool, IslError> {
        self.context.same(&other.context)?;
        // SAFETY: both sets are alive and share a context.
        self.context.truth(unsafe { question(self.pointer(), other.pointer()) })
    }

    /// Whether there is no integer point, for any value of the parameters. Exact.
    pub fn is_empty(&self) -> Result<bool, IslError> {
        // SAFETY: the set is alive.
        self.context.truth(unsafe { ffi::isl_set_is_empty(self.pointer()) })
    }

    /// Whether every dimension is bounded for every value of the parameters.
    pub fn is_bounded(&self) -> Result<bool, IslError> {
        // SAFETY: the set is alive.
        self.context.truth(unsafe { ffi::isl_set_is_bounded(self.pointer()) })
    }

    /// Whether every point of this set is in the other.
    pub fn is_subset(&self, other: &Set) -> Result<bool, IslError> {
        self.compare(other, ffi::isl_set_is_subset)
    }

    /// Whether both sets have the same points.
    pub fn is_equal(&self, other: &Set) -> Result<bool, IslError> {
        self.compare(other, ffi::isl_set_is_equal)
    }

    /// The points of both.
    pub fn intersect(&self, other: &Set) -> Result<Self, IslError> {
        self.binary(other, ffi::isl_set_intersect)
    }

    /// The points of either.
    pub fn union(&self, other: &Set) -> Result<Self, IslError> {
        self.binary(other, ffi::isl_set_union)
    }

    /// The points of this set that are not in the other.
    pub fn subtract(&self, other: &Set) -> Result<Self, IslError> {
        self.binary(other, ffi::isl_set_subtract)
    }

    /// A simpler set with the same points inside `context`.
    pub fn gist(&self, context: &Set) -> Result<Self, IslError> {
        self.binary(context, ffi::isl_set_gist)
    }

    /// The images of the points under a relation.
    pub fn apply(&self, map: &Map) -> Result<Self, IslError> {
        self.context.same(map.context())?;
        // SAFETY: the operation takes both new references, which share a context.
        Self::from_pointer(&self.context, unsafe {
            ffi::isl_set_apply(self.reference(), map.reference())
        })
    }

    /// The same points with as few conjunctions as isl finds.
    pub fn coalesce(&self) -> Result<Self, IslError> {
        self.unary(ffi::isl_set_coalesce)
    }

    /// The same points in a space without nested tuples.
    pub fn flatten(&self) -> Result<Self, IslError> {
        self.unary(ffi::isl_set_flatten)
    }

    /// The same points with conjunctions that have none in common.
    pub fn make_disjoint(&self) -> Result<Self, IslError> {
        self.unary(ffi::isl_set_make_disjoint)
    }

    /// The lexicographically first point, for each value of the parameters.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when there is none because the set is unbounded below.
    pub fn lexicographic_minimum(&self) -> Result<Self, IslError> {
        self.unary(ffi::isl_set_lexmin)
    }

    /// The lexicographically last point, for each value of the parameters.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when there is none because the set is unbounded above.
    pub fn lexicographic_maximum(&self) -> Result<Self, IslError> {
        self.unary(ffi::isl_set_lexmax)
    }

    /// The set without `count` dimensions from `first` on, which become existentially quantified.
    pub fn project_out(&self, first: usize, count: usize) -> Result<Self, IslError> {
        let beyond = || IslError::Invalid("dimensions to project out do not exist".to_owned());
        let end = first.checked_add(count).ok_or_else(beyond)?;
        if end > self.dimensions()? {
            return Err(beyond());
        }
        // SAFETY: the operation takes the new reference; the range is inside the space.
        Self::from_pointer(&self.context, unsafe {
            ffi::isl_set_project_out(
                self.reference(),
                ffi::DIM_OUT,
                first as c_uint,
                count as c_uint,
            )
        })
    }

    /// The lexicographically first point of a set without parameters, or `None` for an empty set.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when the set has parameters, is unbounded below, or the point has a
    /// coordinate beyond 64 bits.
    pub fn lexicographic_minimum_point(&self) -> Result<Option<Vec<i64>>, IslError> {
        self.lexicographic_minimum()?.sample_point()
    }

    /// Some point of a set without parameters, or `None` for an empty set.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when the set has parameters or a coordinate is beyond 64 bits.
    pub fn sample_point(&self) -> Result<Option<Vec<i64>>, IslError> {
        if self.parameters()? > 0 {
            return Err(IslError::Invalid(
                "a point of a set with parameters is not a list of numbers".to_owned(),
            ));
        }
        let dimensions = self.dimensions()?;
        // SAFETY: the call takes the new reference; the point is alive until it is freed below.
        let point =
            self.context.given(unsafe { ffi::isl_set_sample_point(self.reference()) })?.as_ptr();
        let read = || {
            // SAFETY: as above; isl checks the positions.
            if self.context.truth(unsafe { ffi::isl_point_is_void(point) })? {
                return Ok(None);
            }
            let mut coordinates = Vec::with_capacity(dimensions);
            for position in 0..dimensions {
                // SAFETY: as above.
                let value = unsafe {
                    ffi::isl_point_get_coordinate_val(point, ffi::DIM_OUT, position as c_int)
                };
                let value = self.context.integer(value)?.ok_or_else(|| {
                    IslError::Internal("a coordinate is not an integer".to_owned())
                })?;
                coordinates.push(value);
            }
            Ok(Some(coordinates))
        };
        let result = read();
        // SAFETY: the point is ours.
        unsafe { ffi::isl_point_free(point) };
        result
    }

    /// The least value of a dimension over all points and parameter values; `None` when the set is
    /// empty or unbounded there.
    pub fn dimension_minimum(&self, position: usize) -> Result<Option<i64>, IslError> {
        self.optimum(position, ffi::isl_set_dim_min_val)
    }

    /// The greatest value of a dimension, as [`dimension_minimum`](Self::dimension_minimum).
    pub fn dimension_maximum(&self, position: usize) -> Result<Option<i64>, IslError> {
        self.optimum(position, ffi::isl_set_dim_max_val)
    }

    fn optimum(
        &self,
        position: usize,
        operation: unsafe extern "C" fn(*mut ffi::isl_set, c_int) -> *mut ffi::isl_val,
    ) -> Result<Option<i64>, IslError> {
        if position >= self.dimensions()? {
            return Err(IslError::Invalid(format!("the set has no dimension {position}")));
        }
        // SAFETY: the operation takes the new reference; the position exists.
        self.context.integer(unsafe { operation(self.reference(), position as c_int) })
    }

    /// The conjunctions as rows, with quotients as extra columns (see [`Conjunction`]).
    ///
    /// # Errors
    /// [`IslError::Invalid`] when a coefficient is beyond 64 bits.
    pub fn to_constraints(&self) -> Result<Vec<Conjunction>, IslError> {
        let known = self.unary(ffi::isl_set_compute_divs)?;
        // SAFETY: the set is alive; the list is until it is freed below.
        let list = self
            .context
            .given(unsafe { ffi::isl_set_get_basic_set_list(known.pointer()) })?
            .as_ptr();
        let read = || {
            // SAFETY: as above.
            let count = self.context.size(unsafe { ffi::isl_basic_set_list_n_basic_set(list) })?;
            let mut result = Vec::with_capacity(count);
            for index in 0..count {
                // SAFETY: as above; the element is freed after its only use.
                let element = self
                    .context
                    .given(unsafe { ffi::isl_basic_set_list_get_at(list, index as c_int) })?
                    .as_ptr();
                let rows = conjunction(&self.context, element);
                // SAFETY: as above.
                unsafe { ffi::isl_basic_set_free(element) };
                result.push(rows?);
            }
            Ok(result)
        };
        let result = read();
        // SAFETY: the list is ours.
        unsafe { ffi::isl_basic_set_list_free(list) };
        result
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_text() {
            Ok(text) => formatter.write_str(&text),
            Err(error) => write!(formatter, "<{error}>"),
        }
    }
}
