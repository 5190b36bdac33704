//! That recipes are proposed for programs of their kind, whatever these are called, and that what they propose is legal.

mod programs;

use crate::common::{MACHINE, paths, run, run_for};
use loopwright_ir::{Program, Schedule};
use loopwright_search::{Candidate, Machine, SearchOptions};
use loopwright_transform::{Rounding, State, lower};
use programs::{
    boxes, elimination, filter, nearest, normal_equations, orthogonalisation, pairs, reflections,
    tiny_products, updated_product, weighed_rows, wide_sweeps,
};

/// The first plan of a structure of which the origin has a text.
fn proposed(program: &Program, origin: &str) -> Candidate {
    proposed_for(program, origin, &MACHINE)
}

/// The same for another machine.
fn proposed_for(program: &Program, origin: &str, machine: &Machine) -> Candidate {
    let report = run_for(program, machine, &SearchOptions::default(), None);
    let all: Vec<String> = report.predicted.iter().map(|one| one.origin.to_string()).collect();
    let found = report.predicted.iter().find(|one| one.origin.to_string().contains(origin));
    let found = found.unwrap_or_else(|| panic!("{origin} is not among {all:#?}"));
    replays(program, &found.schedule);
    found.clone()
}

/// The schedule is legal step by step, or as a whole where it begins with an order given outright.
fn replays(program: &Program, schedule: &Schedule) {
    let parsed: Schedule = schedule.to_string().parse().expect("schedules parse back");
    assert_eq!(*schedule, parsed);
    let before = State::original(program, Rounding::Strict);
    let after = before.replay(&parsed).expect("what was found is legal");
    lower(after.program(), after.tree()).expect("it has loops");
}

#[test]
fn columns_made_of_columns_are_swept_once_a_step() {
    let found = proposed(&orthogonalisation(), "steps joined");
    assert!(found.origin.to_string().contains("columns (vectors"), "{}", found.origin);
    let text = found.schedule.to_string();
    let steps =
        ["S6: [s + 1, t, 2, p, 0]", "wavefront(S5_2, s_t, t_t)", "vectorize(S5_2, t, 4, 9)"];
    for step in
        steps.into_iter().chain(["split(S5_3, t, s + 1)", "pack(S5_2, W[p][s], s_t2, 1, 0)"])
    {
        assert!(text.contains(step), "{step}: {text}");
    }
    let loops = found.loops.display(&found.program);
    let both = "for p = 0 .. 699\n              S6(s - 1, t, p)\n              S5(s, t, p)";
    assert!(loops.contains(both), "{loops}");
}

#[test]
fn reflections_are_applied_to_columns_in_lanes() {
    let found = proposed(&reflections(), "outer loops in one band");
    let text = found.schedule.to_string();
    for step in
        ["S7: [k, l, 6, i]", "wavefront(", "vectorize(S7, l, 4, 9)", "vectorize(S7_3, l, 4, 4)"]
    {
        assert!(text.contains(step), "{step}: {text}");
    }
}

#[test]
fn interactions_of_pairs_run_in_lanes_on_either_side_of_the_diagonal() {
    let found = proposed(&pairs(), "temporaries expanded, as written");
    let text = found.schedule.to_string();
    for step in
        ["S5: [i_t, 1, j, 0, i, 1]", "S6: [i_t, 1, j, 1, i, 1]", "pack(S1, force, i_t, 1, 0)"]
    {
        assert!(text.contains(step), "{step}: {text}");
    }
    assert!(text.contains("parallelize(S1, i_t)") && text.contains("vectorize(S4, i, 4"), "{text}");
}

#[test]
fn sums_and_choices_are_made_lane_by_lane() {
    let found = proposed(&nearest(), "temporaries expanded, as written");
    let text = found.schedule.to_string();
    for step in [
        "affine(S1: [i_t, 0, i]; S2: [i_t, 1, k, 0, i]; S3: [i_t, 1, k, 1, d, i]; S4: [i_t, 1, k, 2, i])",
        // Points lie across the lanes, and are read once for each centre.
        "pack(S3, X, i_t, 1, 0)",
        "vectorize(S3, i, 4)",
        // One vector of sums, for one centre at a time.
        "pack(S2, s_expanded, k)",
    ] {
        assert!(text.contains(step), "{step}: {text}");
    }
}

#[test]
fn wide_sweeps_lean_by_what_they_reach() {
    let found = proposed(&wide_sweeps(), "one band");
    let text = found.schedule.to_string();
    for step in ["S1: [t, i + 6*t, j + 6*t, 0]", "S2: [t, ", "wavefront(S1, t_t, i_t)"] {
        assert!(text.contains(step), "{step}: {text}");
    }
    // Vectors of 32 bytes may begin anywhere in a cache line.
    assert!(!text.contains("skew("), "{text}");
}

#[test]
fn where_vectors_are_cache_lines_rows_lean_by_them() {
    let machine = Machine { vector_bits: 512, ..MACHINE };
    let found = proposed_for(&wide_sweeps(), "one band", &machine);
    let text = found.schedule.to_string();
    // Two more than six by the step, and behind as much more than three as that leaves.
    for step in ["S3: [t, i + 6*t + 3, j + 6*t + 3, 2]", "shift(S3, j, 1)", "skew(S1, t, j, 2)"] {
        assert!(text.contains(step), "{step}: {text}");
    }
}

#[test]
fn boxes_are_swept_in_time_tiles_with_whole_rows_that_do_not_lean() {
    let found = proposed(&boxes(), "one band");
    let text = found.schedule.to_string();
    for step in ["tile(S1, t, i, j, 8, 16, 4)", "wavefront(S1, t_t, i_t)"] {
        assert!(text.contains(step), "{step}: {text}");
    }
    let loops = found.loops.display(&found.program);
    for row in ["for k = 1 .. 118", "S1(t, -2*t + i, -2*t + j, k)"] {
        assert!(loops.contains(row), "{row}: {loops}");
    }
}

#[test]
fn steps_that_meet_pivots_go_in_blocks_and_the_rest_of_the_matrix_is_a_product() {
    let found = proposed(&paths(), "steps in blocks");
    let text = found.schedule.to_string();
    for step in [
        "keep(S1, P[i][k], j)",
        "keep(S1, P[k][j], i)",
        "split(S9_2, j, 32*k_t + 32)",
        "S1: [k_t, 1, i, j, k]",
        "pack(S9_3, P_kept8, k_t)",
        "unroll_and_jam(S9_3, i, 4)",
    ] {
        assert!(text.contains(step), "{step}: {text}");
    }
    // Where the block's rows and columns are not, sums of all rows are as long: nothing is left over.
    assert!(!text.contains("split(S9_3, k"), "{text}");
}

#[test]
fn both_triangles_of_an_elimination_are_walked_alike() {
    let found = proposed(&elimination(), "factorise");
    let text = found.schedule.to_string();
    assert!(text.contains("S1: [r, c, s, 0]; S2: [r, c, c, 1]; S3: [r, c, s, 2]"), "{text}");
}

#[test]
fn sums_along_rows_take_several_long_rows_at_once() {
    let found = proposed(&updated_product(), "lanes inside");
    let text = found.schedule.to_string();
    for step in ["tile(S1, b, 1000)", "parallelize(S1, b_t)", "tile(S1, a, b, 16, 32)"] {
        assert!(text.contains(step), "{step}: {text}");
    }
    assert!(text.contains("unroll_and_jam(S1, a, 16)"), "{text}");
}

#[test]
fn short_loops_are_written_out() {
    let report = run(&tiny_products(), &SearchOptions::default(), None);
    let texts: Vec<String> = report.predicted.iter().map(|one| one.schedule.to_string()).collect();
    assert!(texts.iter().any(|text| text.contains("unroll(S2, k, 3)")), "{texts:#?}");
}

#[test]
fn lines_of_a_filter_are_lanes_though_passes_share_their_scalars() {
    let found = proposed(&filter(), "temporaries expanded, distributed");
    let text = found.schedule.to_string();
    for pass in ["S1, p, r", "S2, q, r", "S6, p, r", "S7, q, r"] {
        assert!(text.contains(&format!("expand({pass})")), "{pass}: {text}");
    }
    let lanes = |statement: &str| text.contains(&format!("vectorize({statement}, r, 4"));
    assert!(lanes("S3") && lanes("S8"), "{text}");
}

#[test]
fn a_product_and_its_transpose_read_the_matrix_once() {
    for together in [true, false] {
        let found = proposed(&normal_equations(together), "lagging sum");
        let text = found.schedule.to_string();
        let steps = ["skew(S2, b_t, a_t, 1)", "fuse(S2, S3, a_t, 2)", "parallelize(S2, b_t)"];
        for step in steps.into_iter().chain(["vectorize(S2, a, 4, 2)", "unroll_and_jam(S3, a, 8)"])
        {
            assert!(text.contains(step), "{step}: {text}");
        }
    }
}

#[test]
fn rows_of_sums_are_a_product_inside_of_the_loop_that_threads_share() {
    let found = proposed(&weighed_rows(), "distributed inside of temporaries' loops");
    assert!(found.origin.to_string().contains("S2: contract"), "{}", found.origin);
    let text = found.schedule.to_string();
    for step in [
        "expand(S1, row, b)",
        "S2: [0, a, 1, b, c, d]",
        "parallelize(S1, a)",
        "pack(S1, row_expanded, a)",
    ] {
        assert!(text.contains(step), "{step}: {text}");
    }
}
