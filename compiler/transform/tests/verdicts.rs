//! The quick verdict agrees with the slow one: what it accepts is accepted, as the very same order.

use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{Program, Schedule};
use loopwright_transform::testing::samples;
use loopwright_transform::{Applied, apply, lower, replay, try_apply};

fn agree(program: &Program, text: &str) {
    let dependences = Dependences::compute(program, DEFAULT_QUOTA).expect("dependences");
    let mut current = Applied::original(program);
    for step in text.parse::<Schedule>().expect("steps").steps() {
        let slow = apply(program, &dependences, &current, step).expect("a legal step");
        let quick = try_apply(program, &dependences, &current, step).expect("a simple step");
        assert_eq!(quick, slow, "{step}");
        current = quick;
    }
    let again = replay(program, &dependences, &current.schedule).expect("a legal schedule");
    assert_eq!(lower(program, &again.tree), lower(program, &current.tree), "{text}");
}

#[test]
fn copies_and_first_iterations_are_those_of_a_replay() {
    agree(
        &samples::matrix_product(),
        "distribute(S2, j); distribute(S2, i); tile(S2, i, j, k, 8, 8, 8); pack(S2, B, k_t); \
         pack(S2, A, k_t, 1, 0); parallelize(S2, i_t); separate(S2, k_t)",
    );
    agree(&samples::matrix_product(), "sink(S1, S2, k); peel(S2, i, 1); promote(S2_2, C, j)");
    agree(&samples::triangular_sum(), "sink(S1, S2, j, 0); peel(S2, i, 2); split(S2_2, j, i - 1)");
    agree(&samples::jacobi(), "fuse(S1, S2, i); fuse(S1, S2, j); skew(S1, t, i, j)");
}
