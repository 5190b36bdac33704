//! Relations between integer points.

use crate::constraint::matrices;
use crate::ffi;
use crate::{ConstraintRow, Context, IslError, Set};
use std::ffi::{CString, c_int, c_uint};
use std::fmt;
use std::ptr::NonNull;

/// A finite union of conjunctions over the dimensions of a source and a target point. The same rules
/// as for [`Set`] hold.
pub struct Map {
    pointer: NonNull<ffi::isl_map>,
    context: Context,
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the reference is ours; the context is dropped after it.
        unsafe {
            ffi::isl_map_free(self.pointer.as_ptr());
        }
    }
}

impl Clone for Map {
    fn clone(&self) -> Self {
        // SAFETY: the map is alive; isl's copy only counts a reference and gives the same pointer.
        unsafe { ffi::isl_map_copy(self.pointer.as_ptr()) };
        Self { pointer: self.pointer, context: self.context.clone() }
    }
}

impl Map {
    fn from_pointer(context: &Context, pointer: *mut ffi::isl_map) -> Result<Self, IslError> {
        Ok(Self { pointer: context.given(pointer)?, context: context.clone() })
    }

    /// A new reference for a call that takes one.
    pub(crate) fn reference(&self) -> *mut ffi::isl_map {
        // SAFETY: the map is alive.
        unsafe { ffi::isl_map_copy(self.pointer.as_ptr()) }
    }

    fn pointer(&self) -> *mut ffi::isl_map {
        self.pointer.as_ptr()
    }

    /// The context that the map belongs to.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The pairs of a point of `inputs` and one of `outputs` integers that satisfy all `rows`, whose
    /// columns are the inputs, then the outputs; without parameters.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when a row has another number of coefficients.
    pub fn from_constraints(
        context: &Context,
        inputs: usize,
        outputs: usize,
        rows: &[ConstraintRow],
    ) -> Result<Self, IslError> {
        let columns = inputs
            .checked_add(outputs)
            .ok_or_else(|| IslError::Invalid("too many dimensions".to_owned()))?;
        let (equalities, inequalities) = matrices(context, columns, rows)?;
        // SAFETY: the matrices are taken by the call, which also checks their columns; the numbers
        // of dimensions have been checked to fit while they were made.
        let pointer = unsafe {
            ffi::isl_map_from_basic_map(ffi::isl_basic_map_from_constraint_matrices(
                ffi::isl_space_alloc(context.pointer(), 0, inputs as c_uint, outputs as c_uint),
                equalities,
                inequalities,
                ffi::DIM_PARAMETER,
                ffi::DIM_IN,
                ffi::DIM_OUT,
                ffi::DIM_DIV,
                ffi::DIM_CONSTANT,
            ))
        };
        Self::from_pointer(context, pointer)
    }

    /// Reads isl's notation, as `{ [i] -> [i + 1] }`.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when the text is not a map.
    pub fn parse(context: &Context, text: &str) -> Result<Self, IslError> {
        let text = CString::new(text)
            .map_err(|_| IslError::Invalid("the text contains a zero byte".to_owned()))?;
        // SAFETY: the text lives through the call.
        let pointer = unsafe { ffi::isl_map_read_from_str(context.pointer(), text.as_ptr()) };
        Self::from_pointer(context, pointer).map_err(IslError::of_parsing)
    }

    /// isl's notation.
    pub fn to_text(&self) -> Result<String, IslError> {
        // SAFETY: the map is alive.
        self.context.text(unsafe { ffi::isl_map_to_str(self.pointer()) })
    }

    /// Number of dimensions of a source point.
    pub fn inputs(&self) -> Result<usize, IslError> {
        // SAFETY: the map is alive.
        self.context.size(unsafe { ffi::isl_map_dim(self.pointer(), ffi::DIM_IN) })
    }

    /// Number of dimensions of a target point.
    pub fn outputs(&self) -> Result<usize, IslError> {
        // SAFETY: the map is alive.
        self.context.size(unsafe { ffi::isl_map_dim(self.pointer(), ffi::DIM_OUT) })
    }

    fn unary(
        &self,
        operation: unsafe extern "C" fn(*mut ffi::isl_map) -> *mut ffi::isl_map,
    ) -> Result<Self, IslError> {
        // SAFETY: the operation takes the new reference.
        Self::from_pointer(&self.context, unsafe { operation(self.reference()) })
    }

    fn set(
        &self,
        operation: unsafe extern "C" fn(*mut ffi::isl_map) -> *mut ffi::isl_set,
    ) -> Result<Set, IslError> {
        // SAFETY: the operation takes the new reference.
        Set::from_pointer(&self.context, unsafe { operation(self.reference()) })
    }

    fn binary(
        &self,
        other: &Map,
        operation: unsafe extern "C" fn(*mut ffi::isl_map, *mut ffi::isl_map) -> *mut ffi::isl_map,
    ) -> Result<Self, IslError> {
        self.context.same(&other.context)?;
        // SAFETY: the operation takes both new references, which share a context.
        Self::from_pointer(&self.context, unsafe { operation(self.reference(), other.reference()) })
    }

    fn with_set(
        &self,
        set: &Set,
        operation: unsafe extern "C" fn(*mut ffi::isl_map, *mut ffi::isl_set) -> *mut ffi::isl_map,
    ) -> Result<Self, IslError> {
        self.context.same(set.context())?;
        // SAFETY: the operation takes both new references, which share a context.
        Self::from_pointer(&self.context, unsafe { operation(self.reference(), set.reference()) })
    }

    fn compare(
        &self,
        other: &Map,
        question: unsafe extern "C" fn(*mut ffi::isl_map, *mut ffi::isl_map) -> c_int,
    ) -> Result<bool, IslError> {
        self.context.same(&other.context)?;
        // SAFETY: both maps are alive and share a context.
        self.context.truth(unsafe { question(self.pointer(), other.pointer()) })
    }

    /// Whether there is no pair of integer points. Exact.
    pub fn is_empty(&self) -> Result<bool, IslError> {
        // SAFETY: the map is alive.
        self.context.truth(unsafe { ffi::isl_map_is_empty(self.pointer()) })
    }

    /// Whether every source point has at most one target point.
    pub fn is_single_valued(&self) -> Result<bool, IslError> {
        // SAFETY: the map is alive.
        self.context.truth(unsafe { ffi::isl_map_is_single_valued(self.pointer()) })
    }

    /// Whether every pair of this map is in the other.
    pub fn is_subset(&self, other: &Map) -> Result<bool, IslError> {
        self.compare(other, ffi::isl_map_is_subset)
    }

    /// Whether both maps have the same pairs.
    pub fn is_equal(&self, other: &Map) -> Result<bool, IslError> {
        self.compare(other, ffi::isl_map_is_equal)
    }

    /// The pairs of both.
    pub fn intersect(&self, other: &Map) -> Result<Self, IslError> {
        self.binary(other, ffi::isl_map_intersect)
    }

    /// The pairs of either.
    pub fn union(&self, other: &Map) -> Result<Self, IslError> {
        self.binary(other, ffi::isl_map_union)
    }

    /// The pairs of this map that are not in the other.
    pub fn subtract(&self, other: &Map) -> Result<Self, IslError> {
        self.binary(other, ffi::isl_map_subtract)
    }

    /// First this map, then the other.
    pub fn apply_range(&self, other: &Map) -> Result<Self, IslError> {
        self.binary(other, ffi::isl_map_apply_range)
    }

    /// The pairs whose source is in the set.
    pub fn intersect_domain(&self, set: &Set) -> Result<Self, IslError> {
        self.with_set(set, ffi::isl_map_intersect_domain)
    }

    /// The pairs whose target is in the set.
    pub fn intersect_range(&self, set: &Set) -> Result<Self, IslError> {
        self.with_set(set, ffi::isl_map_intersect_range)
    }

    /// Sources and targets exchanged.
    pub fn reverse(&self) -> Result<Self, IslError> {
        self.unary(ffi::isl_map_reverse)
    }

    /// The same pairs with as few conjunctions as isl finds.
    pub fn coalesce(&self) -> Result<Self, IslError> {
        self.unary(ffi::isl_map_coalesce)
    }

    /// For each source the lexicographically first target.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when a source has none because its targets are unbounded below.
    pub fn lexicographic_minimum(&self) -> Result<Self, IslError> {
        self.unary(ffi::isl_map_lexmin)
    }

    /// For each source the lexicographically last target.
    ///
    /// # Errors
    /// [`IslError::Invalid`] when a source has none because its targets are unbounded above.
    pub fn lexicographic_maximum(&self) -> Result<Self, IslError> {
        self.unary(ffi::isl_map_lexmax)
    }

    /// The sources.
    pub fn domain(&self) -> Result<Set, IslError> {
        self.set(ffi::isl_map_domain)
    }

    /// The targets.
    pub fn range(&self) -> Result<Set, IslError> {
        self.set(ffi::isl_map_range)
    }

    /// Target minus source of every pair; both must have the same space.
    pub fn deltas(&self) -> Result<Set, IslError> {
        self.set(ffi::isl_map_deltas)
    }

    /// The pairs as points: the source's dimensions, then the target's.
    pub fn as_set(&self) -> Result<Set, IslError> {
        self.set(ffi::isl_map_wrap)?.flatten()
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_text() {
            Ok(text) => formatter.write_str(&text),
            Err(error) => write!(formatter, "<{error}>"),
        }
    }
}
