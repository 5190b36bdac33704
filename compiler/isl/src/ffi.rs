//! What we declare of isl's C interface. The library itself comes with the `isl-rs` crate.
//!
//! isl's ownership marks decide each call: *take* consumes one reference of an argument whatever
//! the outcome, *keep* leaves it with the caller, *give* hands a new reference out. Null and negative
//! results mean an error that the context describes.

use std::ffi::{c_char, c_int, c_long, c_uint, c_ulong, c_void};

// Links the bundled static library.
use isl_rs as _;

macro_rules! opaque {
    ($($name:ident),*) => {$(
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
        }
    )*};
}
opaque!(
    isl_ctx,
    isl_space,
    isl_mat,
    isl_val,
    isl_aff,
    isl_point,
    isl_basic_set,
    isl_basic_map,
    isl_basic_set_list,
    isl_set,
    isl_map,
    isl_schedule
);

/// `enum isl_dim_type`.
pub const DIM_CONSTANT: c_int = 0;
pub const DIM_PARAMETER: c_int = 1;
pub const DIM_IN: c_int = 2;
/// Also the dimensions of a set.
pub const DIM_OUT: c_int = 3;
pub const DIM_DIV: c_int = 4;

/// `enum isl_error`.
pub const ERROR_NONE: c_int = 0;
pub const ERROR_ALLOCATION: c_int = 2;
pub const ERROR_INVALID: c_int = 5;
pub const ERROR_QUOTA: c_int = 6;
pub const ERROR_UNSUPPORTED: c_int = 7;

/// `ISL_ON_ERROR_CONTINUE`: report through the context, print nothing, do not abort.
pub const ON_ERROR_CONTINUE: c_int = 1;

unsafe extern "C" {
    pub fn isl_version() -> *const c_char;
    pub fn isl_ctx_alloc() -> *mut isl_ctx;
    pub fn isl_ctx_free(context: *mut isl_ctx);
    pub fn isl_ctx_set_max_operations(context: *mut isl_ctx, operations: c_ulong);
    pub fn isl_ctx_get_max_operations(context: *mut isl_ctx) -> c_ulong;
    pub fn isl_ctx_reset_operations(context: *mut isl_ctx);
    pub fn isl_ctx_last_error(context: *mut isl_ctx) -> c_int;
    pub fn isl_ctx_last_error_msg(context: *mut isl_ctx) -> *const c_char;
    pub fn isl_ctx_reset_error(context: *mut isl_ctx);
    pub fn isl_options_set_on_error(context: *mut isl_ctx, value: c_int) -> c_int;
    pub fn free(pointer: *mut c_void);

    pub fn isl_space_set_alloc(c: *mut isl_ctx, parameters: c_uint, n: c_uint) -> *mut isl_space;
    pub fn isl_space_alloc(
        c: *mut isl_ctx,
        parameters: c_uint,
        n_in: c_uint,
        n_out: c_uint,
    ) -> *mut isl_space;

    pub fn isl_mat_alloc(c: *mut isl_ctx, rows: c_uint, columns: c_uint) -> *mut isl_mat;
    pub fn isl_mat_free(matrix: *mut isl_mat) -> *mut isl_mat;
    pub fn isl_mat_rows(matrix: *mut isl_mat) -> c_int;
    pub fn isl_mat_set_element_si(
        matrix: *mut isl_mat,
        row: c_int,
        column: c_int,
        value: c_int,
    ) -> *mut isl_mat;
    pub fn isl_mat_set_element_val(
        matrix: *mut isl_mat,
        row: c_int,
        column: c_int,
        value: *mut isl_val,
    ) -> *mut isl_mat;
    pub fn isl_mat_get_element_val(matrix: *mut isl_mat, row: c_int, column: c_int)
    -> *mut isl_val;

    pub fn isl_val_int_from_si(c: *mut isl_ctx, value: c_long) -> *mut isl_val;
    pub fn isl_val_get_num_si(value: *mut isl_val) -> c_long;
    pub fn isl_val_is_int(value: *mut isl_val) -> c_int;
    pub fn isl_val_free(value: *mut isl_val) -> *mut isl_val;

    pub fn isl_aff_get_denominator_val(aff: *mut isl_aff) -> *mut isl_val;
    pub fn isl_aff_get_constant_val(aff: *mut isl_aff) -> *mut isl_val;
    pub fn isl_aff_get_coefficient_val(
        aff: *mut isl_aff,
        kind: c_int,
        position: c_int,
    ) -> *mut isl_val;
    pub fn isl_aff_scale_val(aff: *mut isl_aff, value: *mut isl_val) -> *mut isl_aff;
    pub fn isl_aff_free(aff: *mut isl_aff) -> *mut isl_aff;

    pub fn isl_point_is_void(point: *mut isl_point) -> c_int;
    pub fn isl_point_get_coordinate_val(
        point: *mut isl_point,
        kind: c_int,
        position: c_int,
    ) -> *mut isl_val;
    pub fn isl_point_free(point: *mut isl_point) -> *mut isl_point;

    pub fn isl_basic_set_from_constraint_matrices(
        space: *mut isl_space,
        equalities: *mut isl_mat,
        inequalities: *mut isl_mat,
        c1: c_int,
        c2: c_int,
        c3: c_int,
        c4: c_int,
    ) -> *mut isl_basic_set;
    pub fn isl_basic_map_from_constraint_matrices(
        space: *mut isl_space,
        equalities: *mut isl_mat,
        inequalities: *mut isl_mat,
        c1: c_int,
        c2: c_int,
        c3: c_int,
        c4: c_int,
        c5: c_int,
    ) -> *mut isl_basic_map;
    pub fn isl_basic_set_equalities_matrix(
        set: *mut isl_basic_set,
        c1: c_int,
        c2: c_int,
        c3: c_int,
        c4: c_int,
    ) -> *mut isl_mat;
    pub fn isl_basic_set_inequalities_matrix(
        set: *mut isl_basic_set,
        c1: c_int,
        c2: c_int,
        c3: c_int,
        c4: c_int,
    ) -> *mut isl_mat;
    pub fn isl_basic_set_dim(set: *mut isl_basic_set, kind: c_int) -> c_int;
    pub fn isl_basic_set_get_div(set: *mut isl_basic_set, position: c_int) -> *mut isl_aff;
    pub fn isl_basic_set_free(set: *mut isl_basic_set) -> *mut isl_basic_set;
    pub fn isl_basic_set_list_n_basic_set(list: *mut isl_basic_set_list) -> c_int;
    pub fn isl_basic_set_list_get_at(
        list: *mut isl_basic_set_list,
        index: c_int,
    ) -> *mut isl_basic_set;
    pub fn isl_basic_set_list_free(list: *mut isl_basic_set_list) -> *mut isl_basic_set_list;

    pub fn isl_set_from_basic_set(set: *mut isl_basic_set) -> *mut isl_set;
    pub fn isl_set_read_from_str(c: *mut isl_ctx, text: *const c_char) -> *mut isl_set;
    pub fn isl_set_to_str(set: *mut isl_set) -> *mut c_char;
    pub fn isl_set_copy(set: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_free(set: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_dim(set: *mut isl_set, kind: c_int) -> c_int;
    pub fn isl_set_is_empty(set: *mut isl_set) -> c_int;
    pub fn isl_set_is_subset(left: *mut isl_set, right: *mut isl_set) -> c_int;
    pub fn isl_set_is_equal(left: *mut isl_set, right: *mut isl_set) -> c_int;
    pub fn isl_set_is_bounded(set: *mut isl_set) -> c_int;
    pub fn isl_set_intersect(left: *mut isl_set, right: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_union(left: *mut isl_set, right: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_subtract(left: *mut isl_set, right: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_gist(set: *mut isl_set, context: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_apply(set: *mut isl_set, map: *mut isl_map) -> *mut isl_set;
    pub fn isl_set_coalesce(set: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_flatten(set: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_make_disjoint(set: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_compute_divs(set: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_lexmin(set: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_lexmax(set: *mut isl_set) -> *mut isl_set;
    pub fn isl_set_project_out(
        set: *mut isl_set,
        kind: c_int,
        first: c_uint,
        count: c_uint,
    ) -> *mut isl_set;
    pub fn isl_set_sample_point(set: *mut isl_set) -> *mut isl_point;
    pub fn isl_set_dim_min_val(set: *mut isl_set, position: c_int) -> *mut isl_val;
    pub fn isl_set_dim_max_val(set: *mut isl_set, position: c_int) -> *mut isl_val;
    pub fn isl_set_get_basic_set_list(set: *mut isl_set) -> *mut isl_basic_set_list;

    pub fn isl_map_from_basic_map(map: *mut isl_basic_map) -> *mut isl_map;
    pub fn isl_map_read_from_str(c: *mut isl_ctx, text: *const c_char) -> *mut isl_map;
    pub fn isl_map_to_str(map: *mut isl_map) -> *mut c_char;
    pub fn isl_map_copy(map: *mut isl_map) -> *mut isl_map;
    pub fn isl_map_free(map: *mut isl_map) -> *mut isl_map;
    pub fn isl_map_dim(map: *mut isl_map, kind: c_int) -> c_int;
    pub fn isl_map_is_empty(map: *mut isl_map) -> c_int;
    pub fn isl_map_is_subset(left: *mut isl_map, right: *mut isl_map) -> c_int;
    pub fn isl_map_is_equal(left: *mut isl_map, right: *mut isl_map) -> c_int;
    pub fn isl_map_is_single_valued(map: *mut isl_map) -> c_int;
    pub fn isl_map_intersect(left: *mut isl_map, right: *mut isl_map) -> *mut isl_map;
    pub fn isl_map_union(left: *mut isl_map, right: *mut isl_map) -> *mut isl_map;
    pub fn isl_map_subtract(left: *mut isl_map, right: *mut isl_map) -> *mut isl_map;
    pub fn isl_map_apply_range(left: *mut isl_map, right: *mut isl_map) -> *mut isl_map;
    pub fn isl_map_intersect_domain(map: *mut isl_map, set: *mut isl_set) -> *mut isl_map;
    pub fn isl_map_intersect_range(map: *mut isl_map, set: *mut isl_set) -> *mut isl_map;
    pub fn isl_map_reverse(map: *mut isl_map) -> *mut isl_map;
    pub fn isl_map_coalesce(map: *mut isl_map) -> *mut isl_map;
    pub fn isl_map_lexmin(map: *mut isl_map) -> *mut isl_map;
    pub fn isl_map_lexmax(map: *mut isl_map) -> *mut isl_map;
    pub fn isl_map_domain(map: *mut isl_map) -> *mut isl_set;
    pub fn isl_map_range(map: *mut isl_map) -> *mut isl_set;
    pub fn isl_map_wrap(map: *mut isl_map) -> *mut isl_set;
    pub fn isl_map_deltas(map: *mut isl_map) -> *mut isl_set;

    pub fn isl_schedule_read_from_str(c: *mut isl_ctx, text: *const c_char) -> *mut isl_schedule;
    pub fn isl_schedule_to_str(schedule: *mut isl_schedule) -> *mut c_char;
    pub fn isl_schedule_free(schedule: *mut isl_schedule) -> *mut isl_schedule;
}
