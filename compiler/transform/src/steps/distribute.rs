//! Gives what is before a statement inside a loop, the statement, and what is after it loops of
//! their own.
//!
//! `distribute(S2, i)`:
//! ```text
//! for (i = 0; i < N; i++) {            for (i = 0; i < N; i++)
//!   x[i] = b[i];                         x[i] = b[i];
//!   for (j = 0; j < i; j++)      →     for (i = 0; i < N; i++)
//!     x[i] -= L[i][j] * x[j];            for (j = 0; j < i; j++)
//!   x[i] /= L[i][i];                       x[i] -= L[i][j] * x[j];
//! }                                    for (i = 0; i < N; i++)
//!                                        x[i] /= L[i][i];
//! ```
//! What moves with the statement is the whole child of the loop that holds it. The statement's loop
//! stays the loop that it was; the others are new ones of the same name.
//!
//! Legal when no dependence goes backwards between the parts (here one does): there are no dependent
//! `s → d` with `s` in a later part than `d` that no loop outside of `i` separates.

use super::isolate;
use super::place::{Place, replace_loop};
use crate::Cause;
use loopwright_ir::{Program, ScheduleTree};

/// The tree with the loop distributed.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let id = place.loop_named(loop_name)?.id;
    let mut alone = false;
    let result = replace_loop(tree, id, |node, fresh| {
        let split = isolate::distribute(node, place.leaf, fresh);
        alone = split.before.is_none() && split.after.is_none();
        split.into_nodes(|core| core)
    });
    if alone {
        return Err(Cause::NothingToDistribute {
            statement: statement.to_owned(),
            loop_name: loop_name.to_owned(),
        });
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, matrix_product, replayed, triangular_sum};
    use loopwright_ir::verify::verify_tree;

    #[test]
    fn the_documented_example() {
        let program = triangular_sum();
        assert_eq!(after(&program, "distribute(S2, i)"), "i\n  S1\ni\n  j\n    S2\ni\n  S3\n");
    }

    #[test]
    fn only_what_is_there_becomes_a_loop() {
        let program = triangular_sum();
        assert_eq!(after(&program, "distribute(S1, i)"), "i\n  S1\ni\n  j\n    S2\n  S3\n");
        assert_eq!(after(&program, "distribute(S3, i)"), "i\n  S1\n  j\n    S2\ni\n  S3\n");
        assert_eq!(
            after(&matrix_product(), "distribute(S2, j); distribute(S2, i)"),
            "i\n  j\n    S1\ni\n  j\n    k\n      S2\n"
        );
        let messages = causes(&matrix_product(), &["distribute(S2, k)"]);
        assert!(messages[0].contains("shares the loop `k` with nothing"), "{messages:?}");
    }

    #[test]
    fn the_new_loops_have_their_own_variables() {
        let program = triangular_sum();
        let tree = replayed(&program, "distribute(S2, i)");
        verify_tree(&program, &tree).unwrap();
    }
}
