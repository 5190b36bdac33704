//! Runs a loop backwards.
//!
//! `reverse(S1, i)`:
//! ```text
//! for (i = 0; i < N; i++)              for (i = -N + 1; i <= 0; i++)
//!   for (j = 0; j < M; j++)      →       for (j = 0; j < M; j++)
//!     A[i][j] = B[j][i];                   A[-i][j] = B[j][-i];
//! ```
//!
//! Legal when no dependence is carried by the loop: for all dependent `s → d` that no outer loop
//! separates, `i_s - i_d ≥ 0`, and where it is 0 what is inside decides.

use super::place::{Place, disturb, replace_loop, substitute};
use crate::Cause;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Node, Program, ScheduleTree};

/// The tree with the loop's variable negated.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let id = place.loop_named(loop_name)?.id;
    Ok(replace_loop(tree, id, |mut node, _| {
        let negated = Affine::from_terms([(id.variable(), -1)], 0);
        substitute(&mut node.body, id.variable(), &negated, &|_| true);
        if planted(Fault::ReverseKeepsBounds) {
            let wrong = &Affine::variable(id.variable()) + &Affine::constant(1);
            disturb(&mut node.body, id.variable(), &wrong);
        }
        vec![Node::Loop(node)]
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::{loops_after, transpose, triangular_sum};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            loops_after(&transpose(), "reverse(S1, i)"),
            "for i = -N + 1 .. 0\n  for j = 0 .. M - 1\n    S1(-i, j)\n"
        );
    }

    #[test]
    fn twice_is_nothing() {
        let program = triangular_sum();
        assert_eq!(
            loops_after(&program, "reverse(S2, j); reverse(S2, j)"),
            loops_after(&program, "")
        );
    }
}
