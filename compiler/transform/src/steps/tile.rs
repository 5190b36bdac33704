//! Runs a band of nested loops block by block.
//!
//! `tile(S1, i, j, 32, 64)`:
//! ```text
//! for (i = 0; i < N; i++)              for (i_t = 0; 32*i_t < N; i_t++)
//!   for (j = 0; j < M; j++)      →       for (j_t = 0; 64*j_t < M; j_t++)
//!     A[i][j] = B[j][i];                   for (i = 32*i_t; i < min(N, 32*i_t + 32); i++)
//!                                            for (j = 64*j_t; j < min(M, 64*j_t + 64); j++)
//!                                              A[i][j] = B[j][i];
//! ```
//! The loops must be directly nested. What else is inside the outer ones of them is first given
//! loops of its own, before and after; what is inside the innermost stays together. The tile loops
//! take the order in which the step names the loops, the point loops keep theirs. The tile loop of
//! `i` is named `i_t`, or `i_t2`, `i_t3`, … where that name is taken.
//!
//! Legal when the band is permutable as far as the blocks reorder it: for all dependent `s → d` that
//! no outer loop separates, `(⌊i_d/32⌋ - ⌊i_s/32⌋, ⌊j_d/64⌋ - ⌊j_s/64⌋, i_d - i_s, j_d - j_s) ≽ 0`.

use super::isolate::isolate;
use super::marks::in_range;
use super::place::{Fresh, PathLoop, Place, constrain, free_name, replace_loop};
use crate::Cause;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Constraint, LoopId, Node, Program, ScheduleTree, TreeLoop};
use std::collections::HashSet;

/// The largest tile: beyond any array, and far from the limits of the arithmetic.
const LARGEST_SIZE: u32 = 1 << 30;

/// The tree with the loops tiled.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loops: &[String],
    sizes: &[u32],
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    if loops.len() != sizes.len() || loops.is_empty() {
        return Err(Cause::SizesDoNotMatch { loops: loops.len(), sizes: sizes.len() });
    }
    for &size in sizes {
        in_range("tile size", size, 1, LARGEST_SIZE)?;
    }
    let mut tiled = Vec::new();
    for (name, &size) in loops.iter().zip(sizes) {
        tiled.push((place.loop_named(name)?.clone(), size));
    }
    let (outer, inner) = band(&place, loops)?;
    let around: HashSet<String> = place
        .path
        .iter()
        .take_while(|known| known.id != outer)
        .map(|known| known.name.clone())
        .collect();
    Ok(replace_loop(tree, outer, |node, fresh| {
        isolate(node, inner, place.leaf, fresh)
            .into_nodes(|band| put_tile_loops(band, &tiled, around, fresh))
    }))
}

/// The outermost and the innermost of the named loops, if they are directly nested.
fn band(place: &Place, loops: &[String]) -> Result<(LoopId, LoopId), Cause> {
    let mut depths = Vec::new();
    for name in loops {
        let depth = place.depth(name)?;
        if depths.contains(&depth) {
            return Err(Cause::RepeatedLoop { name: name.clone() });
        }
        depths.push(depth);
    }
    depths.sort_unstable();
    let at = |depth: usize| place.path.get(depth);
    for pair in depths.windows(2) {
        let &[outer, inner] = pair else { continue };
        if let (Some(outer_loop), Some(inner_loop), true) =
            (at(outer), at(inner), inner > outer + 1)
        {
            let between = (outer + 1..inner).filter_map(at).map(|known| known.name.clone());
            return Err(Cause::NotContiguous {
                outer: outer_loop.name.clone(),
                inner: inner_loop.name.clone(),
                between: between.collect(),
            });
        }
    }
    let ends = depths.first().zip(depths.last());
    ends.and_then(|(&first, &last)| Some((at(first)?.id, at(last)?.id)))
        .ok_or(Cause::SizesDoNotMatch { loops: 0, sizes: 0 })
}

/// The tile loops around the band, and their constraints in every leaf.
fn put_tile_loops(
    mut band: TreeLoop,
    tiled: &[(PathLoop, u32)],
    mut taken: HashSet<String>,
    fresh: &mut Fresh,
) -> TreeLoop {
    collect_names(&band, &mut taken);
    let mut heads = Vec::new();
    for (point, size) in tiled {
        let name = free_name(&format!("{}_t", point.name), &|name| taken.contains(name));
        taken.insert(name.clone());
        let id = fresh.loop_id();
        if planted(Fault::LostConstraint) {
            drop_last_constraint(&mut band.body);
        }
        for constraint in block(id, point.id, *size) {
            constrain(&mut band.body, &constraint);
        }
        heads.push((id, name));
    }
    for (id, name) in heads.into_iter().rev() {
        band = TreeLoop::new(id, name, vec![Node::Loop(band)]);
    }
    band
}

/// `size * tile <= point <= size * tile + size - 1`.
fn block(tile: LoopId, point: LoopId, size: u32) -> Vec<Constraint> {
    let first = &Affine::variable(tile.variable()) * i64::from(size);
    let point = Affine::variable(point.variable());
    if size == 1 {
        return vec![Constraint::equal(&point, &first)];
    }
    let off = i64::from(planted(Fault::TileOverlap)) - i64::from(planted(Fault::TileGuard));
    let last = &first + &Affine::constant(i64::from(size) - 1 + off);
    vec![Constraint::less_or_equal(&first, &point), Constraint::less_or_equal(&point, &last)]
}

/// A planted fault: the last leaf loses a constraint.
fn drop_last_constraint(nodes: &mut [Node]) {
    match nodes.last_mut() {
        Some(Node::Loop(inner)) => drop_last_constraint(&mut inner.body),
        Some(Node::Leaf(leaf)) if leaf.constraints.len() > 2 => {
            leaf.constraints.pop();
        }
        _ => {}
    }
}

fn collect_names(node: &TreeLoop, names: &mut HashSet<String>) {
    names.insert(node.name.clone());
    for child in &node.body {
        if let Node::Loop(inner) = child {
            collect_names(inner, names);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, loops_after, matrix_product, transpose, triangular_sum};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            loops_after(&transpose(), "tile(S1, i, j, 32, 64)"),
            "for i_t = 0 .. floord(N - 1, 32)\n\
             \x20 for j_t = 0 .. floord(M - 1, 64)\n\
             \x20   for i = 32*i_t .. min(N - 1, 32*i_t + 31)\n\
             \x20     for j = 64*j_t .. min(M - 1, 64*j_t + 63)\n\
             \x20       S1(i, j)\n"
        );
    }

    #[test]
    fn tile_loops_take_the_order_of_the_step_and_free_names() {
        let program = transpose();
        assert_eq!(
            after(&program, "tile(S1, j, i, 8, 4)"),
            "j_t\n  i_t\n    i\n      j\n        S1\n"
        );
        assert_eq!(
            after(&program, "tile(S1, i, 64); tile(S1, i, 8); tile(S1, i_t, 2)"),
            "i_t_t\n  i_t\n    i_t2\n      i\n        j\n          S1\n"
        );
    }

    #[test]
    fn what_is_inside_the_innermost_loop_stays_together() {
        let program = triangular_sum();
        assert_eq!(
            after(&program, "tile(S2, i, 4)"),
            "i_t\n  i\n    S1\n    j\n      S2\n    S3\n"
        );
        assert_eq!(
            after(&program, "tile(S2, i, j, 4, 4)"),
            "i\n  S1\ni_t\n  j_t\n    i\n      j\n        S2\ni\n  S3\n"
        );
    }

    #[test]
    fn wrong_loops_and_sizes_are_named() {
        let program = matrix_product();
        let messages = causes(
            &program,
            &["tile(S2, i, k, 4, 4)", "tile(S2, i, i, 4, 4)", "tile(S1, k, 4)", "tile(S9, i, 4)"],
        );
        assert_eq!(
            messages,
            [
                "`tile(S2, i, k, 4, 4)`: the loops `i` and `k` are not directly nested: `j` is \
                 between them; tile those as well, or interchange first",
                "`tile(S2, i, i, 4, 4)`: the loop `i` is named twice; name each loop once",
                "`tile(S1, k, 4)`: there is no loop `k` around S1; the loops around it are i, j, \
                 outermost first",
                "`tile(S9, i, 4)`: there is no statement `S9`; the statements are S1, S2",
            ]
        );
        let messages = causes(&program, &["tile(S2, i, 4294967295)"]);
        assert!(messages[0].contains("must be from 1 to 1073741824"), "{messages:?}");
    }
}
