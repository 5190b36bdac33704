//! Which constraints must be tested before a node of the tree.

use super::leaf::LeafState;
use loopwright_analysis::{Normalized, Polyhedron, Row};
use loopwright_ir::planted::{Fault, planted};

/// The conditions that all leaves below a node need, over the first `known` columns, and that the
/// facts do not imply. For a leaf alone these are all that are left of its constraints.
///
/// A constraint that only some of the leaves need waits for a place further in.
pub fn common(
    leaves: &mut [LeafState],
    facts: &Polyhedron,
    known: usize,
    depth: usize,
) -> Vec<Row> {
    let mut enforced = facts.clone();
    let mut conditions: Vec<Row> = Vec::new();
    for index in 0..leaves.len() {
        let mut open = Vec::new();
        if let Some(leaf) = leaves.get_mut(index) {
            if leaf.never_runs() {
                continue;
            }
            for requirement in leaf.required.iter_mut().filter(|requirement| !requirement.holds) {
                if !requirement.row.is_free_from(known) {
                    continue;
                }
                requirement.holds = enforced.implies(&requirement.row);
                if !requirement.holds {
                    open.push(requirement.row.clone());
                }
            }
        }
        for row in open {
            let needed_by_all = leaves
                .iter()
                .all(|leaf| leaf.never_runs() || leaf.requires(&row) || leaf.implies(depth, &row));
            if needed_by_all && !enforced.implies(&row) {
                enforced.add(row.clone());
                if let Normalized::Row(row) = row.normalize() {
                    conditions.push(row);
                }
            }
        }
    }
    let mut conditions = minimal(conditions, facts);
    let lost = match conditions.len() {
        0 => false,
        1 => planted(Fault::LostSingleCondition),
        _ => planted(Fault::LostCondition),
    };
    if lost {
        conditions.pop();
    }
    if planted(Fault::EqualityDropped) {
        conditions.iter_mut().for_each(|row| row.equality = false);
    }
    conditions
}

/// Without the conditions that the facts and the others imply.
fn minimal(mut conditions: Vec<Row>, facts: &Polyhedron) -> Vec<Row> {
    let mut position = conditions.len();
    while conditions.len() > 1 && position > 0 {
        position -= 1;
        let others: Vec<&Row> = (conditions.iter().enumerate())
            .filter(|(at, _)| *at != position)
            .map(|(_, row)| row)
            .collect();
        if conditions.get(position).is_some_and(|row| facts.implies_with(&others, row)) {
            conditions.remove(position);
        }
    }
    conditions
}
