//! Lets the first of several nested loops count the diagonals of them all, and the second run in
//! parallel.
//!
//! `wavefront(S1, i_t, j_t)`, where `A[i][j]` needs `A[i-1][j]` and `A[i][j-1]`:
//! ```text
//! for (i_t = 0; i_t < N; i_t++)        for (i_t = 0; i_t <= N + M - 2; i_t++)
//!   for (j_t = 0; j_t < M; j_t++)  →     #pragma omp parallel for
//!     …tile(i_t, j_t)                    for (j_t = max(0, i_t - N + 1); j_t <= min(M - 1, i_t); j_t++)
//!                                          …tile(i_t - j_t, j_t)
//! ```
//!
//! Legal when the loops are permutable, so that no distance is negative in any of them: then
//! `Σ (l_d - l_s) ≥ 1` for all dependent `s → d` that they separate, and the other loops carry nothing.

use super::place::Place;
use super::skew::add_multiple;
use super::{marks, place};
use crate::Cause;
use loopwright_ir::{Mark, Program, ScheduleTree};

/// The tree with the diagonals in the first loop and the second one marked.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loops: &[String],
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let mut found: Vec<place::PathLoop> = Vec::new();
    for name in loops {
        let named = place.loop_named(name)?;
        if found.contains(named) {
            return Err(Cause::RepeatedLoop { name: name.clone() });
        }
        found.push(named.clone());
    }
    let [first, others @ ..] = found.as_slice() else { return Ok(tree.clone()) };
    let Some(second) = others.first() else {
        return Err(Cause::SizesDoNotMatch { loops: 1, sizes: 2 });
    };
    for other in others {
        if place.depth(&other.name)? < place.depth(&first.name)? {
            let (outer, inner) = (first.name.clone(), other.name.clone());
            return Err(Cause::NotInside { outer, inner });
        }
    }
    let multiples: Vec<_> = others.iter().map(|other| (other.id, 1)).collect();
    let skewed = add_multiple(tree, first.id, &multiples);
    marks::set(program, &skewed, statement, &second.name, Mark::Parallel)
}

#[cfg(test)]
mod tests {
    use crate::testing::{causes, loops_after, transpose};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            loops_after(&transpose(), "wavefront(S1, i, j)"),
            "for i = 0 .. N + M - 2\n  parallel for j = max(0, i - N + 1) .. min(M - 1, i)\n    \
             S1(i - j, j)\n"
        );
    }

    #[test]
    fn tiles_have_diagonals_too() {
        let text = loops_after(&transpose(), "tile(S1, i, j, 8, 8); wavefront(S1, i_t, j_t)");
        let heads: Vec<&str> = text.lines().take(2).collect();
        assert_eq!(
            heads,
            [
                "for i_t = 0 .. floord(N + M - 2, 8)",
                "  parallel for j_t = max(0, ceild(8*i_t - N + 1, 8)) .. min(i_t, floord(M - 1, 8))",
            ]
        );
        assert!(text.contains("for i = 8*i_t - 8*j_t .. min(N - 1, 8*i_t - 8*j_t + 7)"), "{text}");
    }

    #[test]
    fn the_first_loop_is_the_outer_one() {
        let messages = causes(&transpose(), &["wavefront(S1, j, i)"]);
        assert!(messages[0].contains("`i` is not inside the loop `j`"), "{messages:?}");
    }
}
