//! A conjunction falls apart where no row joins its columns.
//!
//! The loops of a deep nest mostly know nothing of each other: the question about twice a hundred of them is a
//! hundred questions about two.

use super::rows::Row;
use loopwright_isl::ConstraintRow;

/// Some columns, counted anew, with all rows about them.
pub(super) struct Part {
    pub columns: usize,
    pub equalities: Vec<Row>,
    pub inequalities: Vec<Row>,
}

/// The parts of a conjunction whose rows have `columns` coefficients each, the smallest first; `None` where a row
/// without any variable never holds. Columns that no row mentions belong to no part.
pub(super) fn parts(columns: usize, rows: &[ConstraintRow]) -> Option<Vec<Part>> {
    let mut leader: Vec<usize> = (0..columns).collect();
    for row in rows {
        let mut mentioned = nonzero(row);
        let Some(first) = mentioned.next() else {
            let holds = if row.equality { row.constant == 0 } else { row.constant >= 0 };
            if holds {
                continue;
            }
            return None;
        };
        for other in mentioned {
            let (first, other) = (find(&mut leader, first), find(&mut leader, other));
            if let Some(entry) = leader.get_mut(other) {
                *entry = first;
            }
        }
    }
    // Where each column is in its part, and which part that is.
    let mut place = vec![(usize::MAX, 0); columns];
    let mut parts: Vec<Part> = Vec::new();
    let mut number = vec![usize::MAX; columns];
    let mut mentioned = vec![false; columns];
    for row in rows {
        for column in nonzero(row) {
            mentioned[column] = true;
        }
    }
    for column in (0..columns).filter(|column| mentioned[*column]) {
        let leader = find(&mut leader, column);
        if number[leader] == usize::MAX {
            number[leader] = parts.len();
            parts.push(Part { columns: 0, equalities: Vec::new(), inequalities: Vec::new() });
        }
        let part = &mut parts[number[leader]];
        place[column] = (number[leader], part.columns);
        part.columns += 1;
    }
    for row in rows {
        let Some(first) = nonzero(row).next() else { continue };
        let part = &mut parts[place[first].0];
        let mut values = vec![0; part.columns + 1];
        for column in nonzero(row) {
            values[place[column].1] = row.coefficients[column];
        }
        values[part.columns] = row.constant;
        if row.equality {
            part.equalities.push(values);
        } else {
            part.inequalities.push(values);
        }
    }
    parts.sort_by_key(|part| (part.columns, part.equalities.len() + part.inequalities.len()));
    Some(parts)
}

fn nonzero(row: &ConstraintRow) -> impl Iterator<Item = usize> + '_ {
    row.coefficients.iter().enumerate().filter(|(_, value)| **value != 0).map(|(column, _)| column)
}

/// The column that stands for all that are joined with this one.
fn find(leader: &mut [usize], mut column: usize) -> usize {
    while leader[column] != column {
        leader[column] = leader[leader[column]];
        column = leader[column];
    }
    column
}
