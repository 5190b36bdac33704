//! Moves a statement, with the loops that it stands in, into a loop beside them.
//!
//! `sink(S1, S2, k)`:
//! ```text
//! for (i = 0; i < N; i++)              for (i = 0; i < N; i++)
//!   for (j = 0; j < M; j++) {            for (j = 0; j < M; j++)
//!     C[i][j] = 0;               →         for (k = 0; k < K; k++) {
//!     for (k = 0; k < K; k++)                if (k == 0)
//!       C[i][j] += A[i][k];                    C[i][j] = 0;
//!   }                                        C[i][j] += A[i][k];
//!                                          }
//! ```
//! S1, or the loop that holds it, stands in the same sequence as the loop `k` around S2. It runs in one
//! iteration of `k`, in front of what is in the loop if it stood in front of it, otherwise at its end. The iteration may be given,
//! as in `sink(S1, S2, k, i + 1)`, over outer loops and parameters; otherwise it is S2's first or last
//! one. The loop runs for that iteration even where S2 does not. So an imperfect nest becomes a
//! perfect one, that can be permuted and tiled.
//!
//! Legal when all dependences between the statement and the loop's body keep their order: for `s` in
//! the statement and `d` in the loop, `k_d ≥ at`, and the other way round for those before it.

use super::place::{Place, constrain, contains, rename_inside};
use crate::Cause;
use crate::bound::single_bound;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Constraint, NamedAffine, Program, ScheduleTree};

/// The tree with the statement inside of the loop.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    target: &str,
    loop_name: &str,
    at: Option<&NamedAffine>,
) -> Result<ScheduleTree, Cause> {
    let moved = Place::find(program, tree, statement)?;
    let place = Place::find(program, tree, target)?;
    let depth = place.depth(loop_name)?;
    let id = place.loop_named(loop_name)?.id;
    let same = |one: &Place| one.path.iter().take(depth).map(|known| known.id).collect::<Vec<_>>();
    let inside = moved.path.get(depth).is_some_and(|known| known.id == id);
    if inside || moved.path.len() < depth || same(&moved) != same(&place) {
        return Err(Cause::NotBeside {
            statement: statement.to_owned(),
            loop_name: loop_name.to_owned(),
        });
    }
    let mut result = tree.clone();
    let siblings = match same(&place).last() {
        Some(parent) => result.loop_mut(*parent).map(|parent| &mut parent.body),
        None => Some(&mut result.roots),
    };
    let Some(siblings) = siblings else { return Ok(tree.clone()) };
    let position = |leaf| siblings.iter().position(|node| contains(node, leaf));
    let (Some(from), Some(to)) = (position(moved.leaf), position(place.leaf)) else {
        return Ok(tree.clone());
    };
    let in_front = from < to;
    let iteration = match at {
        Some(named) => place.affine(program, depth, named)?,
        None => single_bound(program, tree, place.leaf, depth, in_front).ok_or_else(|| {
            Cause::NoSingleBound { loop_name: loop_name.to_owned(), statement: target.to_owned() }
        })?,
    };
    let mut sunk = [siblings.remove(from)];
    let variable = Affine::variable(id.variable());
    constrain(&mut sunk, &Constraint::equal(&variable, &iteration));
    if planted(Fault::SinkPlace) {
        constrain(&mut sunk, &Constraint::less(&variable, &iteration));
    }
    let around = place.path.get(..depth).unwrap_or_default();
    rename_inside(&mut sunk, loop_name, loop_name, around);
    if let Some(target) = result.loop_mut(id) {
        let at = if in_front { 0 } else { target.body.len() };
        target.body.splice(at..at, sunk);
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, loops_after, matrix_product, transpose, triangular_sum};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            loops_after(&matrix_product(), "sink(S1, S2, k)"),
            "for i = 0 .. NI - 1\n  for j = 0 .. NJ - 1\n    for k = 0 .. max(0, NK - 1)\n      \
             if k = 0\n        S1(i, j)\n      if NK >= k + 1\n        S2(i, j, k)\n"
        );
    }

    #[test]
    fn what_stands_behind_goes_to_the_end() {
        let text = loops_after(&triangular_sum(), "sink(S3, S2, j); sink(S1, S2, j)");
        assert!(text.contains("if i = j + 1\n      S3(i)"), "{text}");
        let text = loops_after(&triangular_sum(), "sink(S3, S2, j, i); sink(S1, S2, j, 0)");
        assert!(text.contains("for j = 0 .. i\n    if j = 0\n      S1(i)"), "{text}");
    }

    #[test]
    fn whole_loops_sink() {
        let program = triangular_sum();
        let text = "distribute(S1, i); sink(S1, S2, i, 3)";
        assert_eq!(after(&program, text), "i\n  i2\n    S1\n  j\n    S2\n  S3\n");
    }

    /// What fuzzing found (seed 700002, pair 36087): the name with a number was that of a loop around.
    #[test]
    fn new_names_are_free_around_and_inside() {
        let program = transpose();
        let tiles = "tile(S1, j, i, 2, 2); tile(S1, i_t, i, 2, 2); peel(S1, i_t, 1)";
        // Applying the steps checks that names are unique along each path.
        let tree = after(&program, &format!("{tiles}; sink(S1, S1_2, i_t, 0)"));
        assert!(tree.contains("i_t3"), "{tree}");
    }

    #[test]
    fn only_what_stands_beside_the_loop_can_sink() {
        let messages = causes(&matrix_product(), &["sink(S1, S2, j)", "sink(S2, S1, i)"]);
        assert!(messages[0].contains("S1 does not stand beside the loop `j`"), "{messages:?}");
        assert!(messages[1].contains("S2 does not stand beside the loop `i`"), "{messages:?}");
    }
}
