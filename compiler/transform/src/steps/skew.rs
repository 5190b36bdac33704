//! Adds multiples of one loop to others.
//!
//! `skew(S1, i, j, 1)`:
//! ```text
//! for (i = 0; i < N; i++)              for (i = 0; i < N; i++)
//!   for (j = 0; j < M; j++)      →       for (j = i; j < M + i; j++)
//!     A[i][j] = B[j][i];                   A[i][j-i] = B[j-i][i];
//! ```
//! `skew(S1, t, i, j, 1, 1)` skews two loops at once, as time-tiled stencils need. The first loop may
//! also be inside of the others: `skew(S1, j, i, 1)` lets `i` count diagonals. Factors may be left to
//! the dependences (see [`resolve`](crate::resolve)).
//!
//! Legal when no dependence has a lexicographically negative distance afterwards: for all dependent
//! `s → d`, `(…, i_d - i_s, …, (j_d - j_s) + f (i_d - i_s), …) ≽ 0`.

use super::place::{Place, disturb, leaves_below, replace_loop, substitute};
use crate::Cause;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, LeafId, LoopId, Node, Program, ScheduleTree, TreeLoop};

/// The largest factor, far from the limits of the arithmetic.
const LARGEST_FACTOR: i64 = 1 << 20;

/// The tree with `factor * source` added to each target.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    source: &str,
    targets: &[String],
    factors: &[i64],
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let source_id = place.loop_named(source)?.id;
    if targets.len() != factors.len() || targets.is_empty() {
        return Err(Cause::SizesDoNotMatch { loops: targets.len(), sizes: factors.len() });
    }
    let mut result = tree.clone();
    let mut seen = vec![source];
    for (name, &factor) in targets.iter().zip(factors) {
        if seen.contains(&name.as_str()) {
            return Err(Cause::RepeatedLoop { name: name.clone() });
        }
        seen.push(name);
        if factor.abs() > LARGEST_FACTOR {
            return Err(Cause::BadFactor { factor, most: LARGEST_FACTOR });
        }
        result = add_multiple(&result, place.loop_named(name)?.id, &[(source_id, factor)]);
    }
    Ok(result)
}

/// The tree in which `target` has the sum of the multiples added, for the leaves inside of all loops.
pub fn add_multiple(
    tree: &ScheduleTree,
    target: LoopId,
    multiples: &[(LoopId, i64)],
) -> ScheduleTree {
    let all = tree.loops();
    let inside = |leaf: LeafId| {
        multiples.iter().all(|(id, _)| {
            let found: Option<&&TreeLoop> = all.iter().find(|inner| inner.id == *id);
            found.is_some_and(|inner| leaves_below(&inner.body).contains(&leaf))
        })
    };
    replace_loop(tree, target, |mut node, _| {
        let subtracted = multiples.iter().map(|(id, factor)| (id.variable(), -factor));
        let value = Affine::from_terms([(target.variable(), 1)].into_iter().chain(subtracted), 0);
        substitute(&mut node.body, target.variable(), &value, &inside);
        if planted(Fault::SkewSign) {
            let twice = multiples.iter().map(|(id, factor)| (id.variable(), 2 * factor));
            let wrong = Affine::from_terms([(target.variable(), 1)].into_iter().chain(twice), 0);
            disturb(&mut node.body, target.variable(), &wrong);
        }
        vec![Node::Loop(node)]
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{causes, jacobi, loops_after, transpose};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            loops_after(&transpose(), "skew(S1, i, j, 1)"),
            "for i = 0 .. N - 1\n  for j = i .. i + M - 1\n    S1(i, -i + j)\n"
        );
    }

    #[test]
    fn the_outer_loop_counts_diagonals() {
        assert_eq!(
            loops_after(&transpose(), "skew(S1, j, i, 1)"),
            "for i = 0 .. N + M - 2\n  for j = max(0, i - N + 1) .. min(M - 1, i)\n    \
             S1(i - j, j)\n"
        );
    }

    #[test]
    fn several_loops_at_once() {
        let text = loops_after(&jacobi(), "skew(S1, t, i, j, 2, 1)");
        assert!(text.contains("for i = 2*t + 1 .. 2*t + N - 2"), "{text}");
        assert!(text.contains("for j = t + 1 .. t + N - 2"), "{text}");
    }

    #[test]
    fn wrong_factors_are_named() {
        let messages = causes(
            &transpose(),
            &["skew(S1, i, i, 1)", "skew(S1, i, j, 4000000)", "skew(S1, i, j)"],
        );
        assert!(messages[0].contains("`i` is named twice"), "{messages:?}");
        assert!(messages[1].contains("the factor 4000000 is out of range"), "{messages:?}");
        assert!(messages[2].contains("needs the dependences"), "{messages:?}");
    }
}
