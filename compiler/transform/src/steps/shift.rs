//! Moves the instances of one statement to later iterations of a loop.
//!
//! `shift(S3, i, 1)`:
//! ```text
//! for (i = 0; i < N; i++) {            for (i = 0; i <= N; i++) {
//!   x[i] = b[i];                         if (i < N)
//!   for (j = 0; j < i; j++)      →         x[i] = b[i];
//!     x[i] -= L[i][j] * x[j];            for (j = 0; j < i && i < N; j++)
//!   x[i] /= L[i][i];                       x[i] -= L[i][j] * x[j];
//! }                                      if (i > 0)
//!                                          x[i-1] /= L[i-1][i-1];
//!                                      }
//! ```
//! The amount may mention outer loops and parameters.
//!
//! Legal when all dependences between the statement and the others in the loop keep their order: for
//! all dependent `s → d` that no outer loop separates, `(i_d + a(d)) - (i_s + a(s)) ≥ 0`, where `a`
//! is the amount for the statement and 0 for others, and where it is 0 what is inside decides.

use super::place::{Place, disturb, replace_loop, substitute};
use crate::Cause;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, NamedAffine, Node, Program, ScheduleTree};

/// The tree with the statement's instances moved.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
    amount: &NamedAffine,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let id = place.loop_named(loop_name)?.id;
    let amount = place.affine(program, place.depth(loop_name)?, amount)?;
    Ok(replace_loop(tree, id, |mut node, _| {
        let earlier = &Affine::variable(id.variable()) - &amount;
        substitute(&mut node.body, id.variable(), &earlier, &|leaf| leaf == place.leaf);
        if planted(Fault::ShiftSign) {
            let wrong = &Affine::variable(id.variable()) + &(&amount * 2);
            disturb(&mut node.body, id.variable(), &wrong);
        }
        vec![Node::Loop(node)]
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::{causes, loops_after, transpose, triangular_sum};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            loops_after(&triangular_sum(), "shift(S3, i, 1)"),
            "for i = 0 .. N\n  if N >= i + 1\n    S1(i)\n    for j = 0 .. i - 1\n      \
             S2(i, j)\n  if i >= 1\n    S3(i - 1)\n"
        );
    }

    #[test]
    fn amounts_may_mention_what_is_outside() {
        assert_eq!(
            loops_after(&transpose(), "shift(S1, j, i - M)"),
            "for i = 0 .. N - 1\n  for j = i - M .. i - 1\n    S1(i, -i + j + M)\n"
        );
        let messages = causes(&transpose(), &["shift(S1, i, j)", "shift(S1, j, q)"]);
        assert!(messages[0].contains("`j` is not known here; known are N, M"), "{messages:?}");
        assert!(messages[1].contains("`q` is not known here; known are i, N, M"), "{messages:?}");
    }
}
