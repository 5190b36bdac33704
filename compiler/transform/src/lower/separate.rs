//! When a tile is full: nothing but its own box cuts what is inside.

use super::leaf::LeafState;
use loopwright_analysis::{Normalized, Polyhedron, Row};

/// The range of one loop inside of a tile: from a row of outer variables on, a constant number.
struct Side {
    column: usize,
    /// `x - first >= 0`.
    lower: Row,
    /// `last - x >= 0`.
    upper: Row,
}

/// Conditions over the first `known` columns under which the constraints of the leaves, except for
/// the boxes themselves, hold in the whole boxes; none when that is so always or cannot be had.
///
/// Of leaves that contradict one another, as above and below a diagonal, the first one's conditions
/// are taken: where they hold, the other one does not run at all.
pub fn full_tile(leaves: &[LeafState], facts: &Polyhedron, known: usize) -> Vec<Row> {
    let mut enforced = facts.clone();
    let mut conditions = Vec::new();
    for leaf in leaves.iter().filter(|leaf| !leaf.never_runs()) {
        let mut own = Vec::new();
        let mut with_own = enforced.clone();
        for row in of_leaf(leaf, known) {
            if !with_own.implies(&row) {
                with_own.add(row.clone());
                own.push(row);
            }
        }
        if !with_own.is_empty() {
            conditions.extend(own);
            enforced = with_own;
        }
    }
    conditions
}

fn of_leaf(leaf: &LeafState, known: usize) -> Vec<Row> {
    let rows: Vec<&Row> = leaf
        .required
        .iter()
        .filter(|requirement| !requirement.holds && !requirement.row.equality)
        .map(|requirement| &requirement.row)
        .collect();
    let sides = sides(&rows, known);
    let in_a_box = |column: usize| sides.iter().find(|side| side.column == column);
    let mut conditions = Vec::new();
    for row in rows {
        let own = sides.iter().any(|side| side.lower == *row || side.upper == *row);
        let inner = (known..row.coefficients.len()).filter(|&at| row.coefficient(at) != 0);
        let inner: Vec<usize> = inner.collect();
        if own || inner.is_empty() {
            continue;
        }
        // The least value in the box: each variable at the end at which the row is smaller.
        let mut least = Some(row.clone());
        for column in inner {
            least = in_a_box(column).and_then(|side| {
                let coefficient = row.coefficient(column);
                let end = if coefficient > 0 { &side.lower } else { &side.upper };
                // x - first = 0 or last - x = 0 takes the variable out.
                least?.combine(1, end, coefficient.checked_abs()?.checked_neg()?)
            });
        }
        if let Some(Normalized::Row(condition)) = least.map(Row::normalize) {
            conditions.push(condition);
        }
    }
    conditions
}

/// The boxes: variables between two rows over outer variables that are a constant apart.
fn sides(rows: &[&Row], known: usize) -> Vec<Side> {
    let alone = |row: &Row, column: usize| {
        (known..row.coefficients.len()).all(|at| at == column || row.coefficient(at) == 0)
    };
    let mut sides: Vec<Side> = Vec::new();
    let columns = rows.first().map_or(0, |row| row.coefficients.len());
    for column in known..columns {
        let mut best: Option<(i64, Side)> = None;
        for lower in rows.iter().filter(|row| row.coefficient(column) == 1 && alone(row, column)) {
            for upper in rows.iter().filter(|row| row.coefficient(column) == -1) {
                let Some(size) = lower.combine_plainly(upper) else { continue };
                // A tile's own box depends on outer variables; a domain's on parameters alone.
                let of_a_tile = lower.term_count() > 1;
                if size.term_count() > 0 || !of_a_tile {
                    continue;
                }
                if best.as_ref().is_none_or(|(least, _)| size.constant < *least) {
                    let (lower, upper) = ((*lower).clone(), (*upper).clone());
                    best = Some((size.constant, Side { column, lower, upper }));
                }
            }
        }
        sides.extend(best.map(|(_, side)| side));
    }
    sides
}
