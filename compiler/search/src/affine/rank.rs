//! Whether rows are independent.

/// The rank of vectors of small integers.
pub fn rank(vectors: &[Vec<i64>]) -> usize {
    let mut rows: Vec<Vec<i128>> = vectors
        .iter()
        .map(|vector| vector.iter().map(|value| i128::from(*value)).collect())
        .collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut rank = 0;
    for column in 0..width {
        let at = |row: &Vec<i128>| row.get(column).copied().unwrap_or(0);
        let Some(pivot) =
            (rank..rows.len()).find(|row| rows.get(*row).is_some_and(|row| at(row) != 0))
        else {
            continue;
        };
        rows.swap(rank, pivot);
        let Some(lead) = rows.get(rank).cloned() else { break };
        for row in rows.iter_mut().skip(rank + 1) {
            let (factor, own) = (at(row), at(&lead));
            for (value, other) in row.iter_mut().zip(&lead) {
                *value = *value * own - other * factor;
            }
        }
        rank += 1;
    }
    rank
}
