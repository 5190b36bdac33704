//! Rows of integer coefficients: how constraints go to isl and come back, without text.

use crate::ffi;
use crate::{Context, IslError};
use std::ffi::c_int;

/// `coefficients · x + constant >= 0`, or `= 0` for an equality.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConstraintRow {
    /// One for each dimension, in order.
    pub coefficients: Vec<i64>,
    pub constant: i64,
    pub equality: bool,
}

impl ConstraintRow {
    /// `coefficients · x + constant >= 0`.
    pub fn non_negative(coefficients: Vec<i64>, constant: i64) -> Self {
        Self { coefficients, constant, equality: false }
    }

    /// `coefficients · x + constant = 0`.
    pub fn zero(coefficients: Vec<i64>, constant: i64) -> Self {
        Self { coefficients, constant, equality: true }
    }
}

/// One conjunction of a set. Its columns are the set's parameters, then its dimensions, then
/// `divisions` existentially quantified integers, which the rows define as quotients rounded down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conjunction {
    pub parameters: usize,
    pub dimensions: usize,
    pub divisions: usize,
    pub rows: Vec<ConstraintRow>,
}

/// The two matrices isl builds from: equalities and inequalities, with columns `x…, 1`.
pub(crate) fn matrices(
    context: &Context,
    columns: usize,
    rows: &[ConstraintRow],
) -> Result<(*mut ffi::isl_mat, *mut ffi::isl_mat), IslError> {
    if let Some(row) = rows.iter().find(|row| row.coefficients.len() != columns) {
        return Err(IslError::Invalid(format!(
            "a row has {} coefficients where the space has {columns} dimensions",
            row.coefficients.len()
        )));
    }
    let equalities = matrix(context, columns, rows, true)?;
    match matrix(context, columns, rows, false) {
        Ok(inequalities) => Ok((equalities, inequalities)),
        Err(error) => {
            // SAFETY: the matrix is ours and used no more.
            unsafe { ffi::isl_mat_free(equalities) };
            Err(error)
        }
    }
}

fn matrix(
    context: &Context,
    columns: usize,
    rows: &[ConstraintRow],
    equality: bool,
) -> Result<*mut ffi::isl_mat, IslError> {
    let chosen: Vec<_> = rows.iter().filter(|row| row.equality == equality).collect();
    let too_large = |_| IslError::Invalid("too many constraints or dimensions".to_owned());
    let row_count = c_int::try_from(chosen.len()).map_err(too_large)?;
    let column_count = c_int::try_from(columns)
        .ok()
        .and_then(|count| count.checked_add(1))
        .ok_or_else(|| IslError::Invalid("too many dimensions".to_owned()))?;
    // SAFETY: the context is alive; the counts are not negative.
    let mut matrix =
        unsafe { ffi::isl_mat_alloc(context.pointer(), row_count as u32, column_count as u32) };
    for (row, row_index) in chosen.into_iter().zip(0..) {
        let values = row.coefficients.iter().chain([&row.constant]);
        for (&value, column_index) in values.zip(0..) {
            // SAFETY: `matrix` is null or alive, and each call takes it and gives it back; the
            // indices are below the counts it was allocated with. Null arguments give null.
            matrix = unsafe {
                match c_int::try_from(value) {
                    Ok(value) => {
                        ffi::isl_mat_set_element_si(matrix, row_index, column_index, value)
                    }
                    Err(_) => ffi::isl_mat_set_element_val(
                        matrix,
                        row_index,
                        column_index,
                        ffi::isl_val_int_from_si(context.pointer(), value),
                    ),
                }
            };
        }
    }
    Ok(context.given(matrix)?.as_ptr())
}

/// Reads one basic set, which is only borrowed. Its divisions must be known.
pub(crate) fn conjunction(
    context: &Context,
    set: *mut ffi::isl_basic_set,
) -> Result<Conjunction, IslError> {
    // SAFETY (of all calls below): `set` is alive, as the caller promises.
    let count = |kind| context.size(unsafe { ffi::isl_basic_set_dim(set, kind) });
    let (parameters, dimensions, divisions) =
        (count(ffi::DIM_PARAMETER)?, count(ffi::DIM_OUT)?, count(ffi::DIM_DIV)?);
    let columns = parameters + dimensions + divisions;
    let order = (ffi::DIM_PARAMETER, ffi::DIM_OUT, ffi::DIM_DIV);
    let mut rows = Vec::new();
    for equality in [true, false] {
        let read = if equality {
            ffi::isl_basic_set_equalities_matrix
        } else {
            ffi::isl_basic_set_inequalities_matrix
        };
        let matrix = unsafe { read(set, order.0, order.1, order.2, ffi::DIM_CONSTANT) };
        let result = read_rows(context, matrix, columns, equality, &mut rows);
        unsafe { ffi::isl_mat_free(matrix) };
        result?;
    }
    // isl may leave the constraints that define a division out, so they are always added.
    for position in 0..divisions {
        let (numerator, denominator) =
            division(context, set, position, [parameters, dimensions, divisions])?;
        let own = parameters + dimensions + position;
        let bounds = division_bounds(&numerator, denominator, own)
            .ok_or_else(|| IslError::Invalid("a division beyond 64 bits".to_owned()))?;
        rows.extend(bounds);
    }
    Ok(Conjunction { parameters, dimensions, divisions, rows })
}

/// `0 <= numerator - denominator * own <= denominator - 1`; `None` on overflow.
fn division_bounds(
    numerator: &ConstraintRow,
    denominator: i64,
    own: usize,
) -> Option<[ConstraintRow; 2]> {
    let mut lower = numerator.coefficients.clone();
    let entry = lower.get_mut(own)?;
    *entry = entry.checked_sub(denominator)?;
    let upper: Option<Vec<_>> = lower.iter().map(|value| value.checked_neg()).collect();
    let upper_constant = denominator.checked_sub(1)?.checked_sub(numerator.constant)?;
    Some([
        ConstraintRow::non_negative(lower, numerator.constant),
        ConstraintRow::non_negative(upper?, upper_constant),
    ])
}

fn read_rows(
    context: &Context,
    matrix: *mut ffi::isl_mat,
    columns: usize,
    equality: bool,
    rows: &mut Vec<ConstraintRow>,
) -> Result<(), IslError> {
    // SAFETY: the matrix is null, which isl answers with an error, or alive.
    let row_count = context.size(unsafe { ffi::isl_mat_rows(matrix) })?;
    for row in 0..row_count {
        let mut values = Vec::with_capacity(columns + 1);
        for column in 0..=columns {
            // SAFETY: as above; isl checks the indices.
            let value =
                unsafe { ffi::isl_mat_get_element_val(matrix, row as c_int, column as c_int) };
            values.push(whole(context.integer(value)?)?);
        }
        let constant = values.pop().unwrap_or(0);
        rows.push(ConstraintRow { coefficients: values, constant, equality });
    }
    Ok(())
}

/// The numerator (a row over all columns) and denominator of a division.
fn division(
    context: &Context,
    set: *mut ffi::isl_basic_set,
    position: usize,
    [parameters, dimensions, divisions]: [usize; 3],
) -> Result<(ConstraintRow, i64), IslError> {
    // SAFETY (of all calls): `set` is alive; `scaled` is until it is freed; isl checks positions.
    let quotient = context.given(unsafe { ffi::isl_basic_set_get_div(set, position as c_int) })?;
    let denominator =
        context.integer(unsafe { ffi::isl_aff_get_denominator_val(quotient.as_ptr()) });
    let scaled = unsafe {
        let value = ffi::isl_aff_get_denominator_val(quotient.as_ptr());
        ffi::isl_aff_scale_val(quotient.as_ptr(), value)
    };
    let scaled = context.given(scaled)?.as_ptr();
    let read = || {
        let mut coefficients = Vec::with_capacity(parameters + dimensions + divisions);
        // The dimensions of the set are the inputs of the quotient.
        for (kind, count) in
            [(ffi::DIM_PARAMETER, parameters), (ffi::DIM_IN, dimensions), (ffi::DIM_DIV, divisions)]
        {
            for index in 0..count {
                let value =
                    unsafe { ffi::isl_aff_get_coefficient_val(scaled, kind, index as c_int) };
                coefficients.push(whole(context.integer(value)?)?);
            }
        }
        let constant = context.integer(unsafe { ffi::isl_aff_get_constant_val(scaled) })?;
        Ok((ConstraintRow::non_negative(coefficients, whole(constant)?), whole(denominator?)?))
    };
    let result = read();
    unsafe { ffi::isl_aff_free(scaled) };
    result
}

fn whole(value: Option<i64>) -> Result<i64, IslError> {
    value.ok_or_else(|| IslError::Internal("a coefficient is not an integer".to_owned()))
}
