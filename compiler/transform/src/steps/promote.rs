//! Keeps the one element of an array that each iteration of a loop touches in a register.
//!
//! `promote(S2, C, j)`:
//! ```text
//! for (i = 0; i < N; i++)              for (i = 0; i < N; i++)
//!   for (j = 0; j < M; j++) {            for (j = 0; j < M; j++) {
//!     C[i][j] = 0;                         double c = C[i][j];
//!     for (k = 0; k < K; k++)      →       c = 0;
//!       C[i][j] += A[i][k];                for (k = 0; k < K; k++)
//!   }                                        c += A[i][k];
//!                                          C[i][j] = c;
//!                                        }
//! ```
//! It is a `pack` whose box has one element. (Elements that do not change in an innermost loop are kept
//! in registers without being asked for, in lanes and jammed copies too.)
//!
//! Legal as `pack` is.

use super::pack;
use crate::Cause;
use loopwright_analysis::PackingError;
use loopwright_ir::{Affine, Program, ScheduleTree};

/// The tree with the element in a register.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    array: &str,
    loop_name: &str,
) -> Result<ScheduleTree, Cause> {
    let packed = pack::Packed { array, subscripts: &[] };
    let (tree, found) = pack::put(program, tree, statement, packed, loop_name, &[], true)?;
    let extents = found.iter().flat_map(|found| &found.extents);
    if extents.into_iter().any(|extent| *extent != Affine::constant(1)) {
        let (array, loop_name) = (array.to_owned(), loop_name.to_owned());
        return Err(Cause::Packing(PackingError::NotOneElement { array, loop_name }));
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use crate::testing::{ProgramBuilder, causes, loops_after, matrix_product};

    #[test]
    fn the_documented_example() {
        let text = loops_after(&matrix_product(), "promote(S2, C, j)");
        assert!(text.contains("\n    promote C[i : 1][j : 1] in out\n      S1(i, j)\n"), "{text}");
    }

    /// What fuzzing found (seed 700002, pair 7209): whether a promotion was legal depended on how it is written that nothing
    /// runs.
    #[test]
    fn what_never_runs_touches_nothing() {
        let program = ProgramBuilder::new("never", &[]).array("A", &["2", "1"]).build(|body| {
            body.each("i", "0", "1", |body| {
                body.each("j", "i + 1", "0", |body| body.assign("A[i][j]", &[]));
            });
        });
        assert!(!loops_after(&program, "promote(S1, A, i)").contains("S1"));
    }

    #[test]
    fn only_one_element_fits() {
        let messages = causes(&matrix_product(), &["promote(S2, A, j)"]);
        assert!(messages[0].contains("more than one element of `A`"), "{messages:?}");
    }
}
