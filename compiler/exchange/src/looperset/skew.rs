//! Skews of two loops as matrices, and as our steps.
//!
//! `S(Lx,Ly,a,b)` gives the loops the new iterators `(a*x + b*y, c*x + d*y)`, where Tiramisu chooses
//! `c` and `d` so that `a*d - b*c = 1`: for `a = 1` they are 0 and 1; for `b = 1` they are `a - 1`
//! and 1; for `b = -1` and `a > 1` they are 1 and 0; otherwise `d` is the least positive number with
//! `a*d ≡ 1` modulo `|b|`. A step `skew` adds a multiple of one loop to the other, and every such
//! matrix is a product of those.

/// `((a, b), (c, d))`: each new iterator as a sum of the old outer and inner one.
pub type Matrix = [[i64; 2]; 2];

/// No change.
pub const IDENTITY: Matrix = [[1, 0], [0, 1]];

/// `new row to = old row to + factor * row from`; 0 is the outer loop, 1 the inner one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shear {
    pub to: usize,
    pub factor: i64,
}

/// Factors beyond this are refused, so that no product overflows.
const LARGEST: i64 = 1 << 20;

/// The matrix of `S(Lx,Ly,a,b)`; `None` where no integers complete it.
pub fn completed(a: i64, b: i64) -> Option<Matrix> {
    if a.abs() > LARGEST || b.abs() > LARGEST || a == 0 {
        return None;
    }
    let (c, d) = match (a, b) {
        (1, _) => (0, 1),
        (_, 0) => return None,
        (a, 1) => (a - 1, 1),
        (a, -1) if a > 1 => (1, 0),
        (a, b) => {
            let d = (1..=100).find(|d| (d * a) % b.abs() == 1)?;
            ((d * a - 1) / b, d)
        }
    };
    Some([[a, b], [c, d]])
}

/// The matrix after one more shear.
pub fn sheared(mut matrix: Matrix, shear: Shear) -> Option<Matrix> {
    let [outer, inner] = &mut matrix;
    let (to, from) = if shear.to == 0 { (outer, inner) } else { (inner, outer) };
    for (to, from) in to.iter_mut().zip(from.iter()) {
        *to = from.checked_mul(shear.factor)?.checked_add(*to)?;
    }
    Some(matrix)
}

/// Shears whose product is the matrix, the first one first; `None` for another determinant than 1.
pub fn shears(matrix: Matrix) -> Option<Vec<Shear>> {
    let determinant = |[[a, b], [c, d]]: Matrix| a.checked_mul(d)?.checked_sub(b.checked_mul(c)?);
    if determinant(matrix)? != 1 {
        return None;
    }
    // Undo shears until nothing is left: Euclid's algorithm on the first column.
    let mut undone = Vec::new();
    let mut current = matrix;
    let mut apply = |current: &mut Matrix, to: usize, factor: i64| {
        if factor != 0 {
            *current = sheared(*current, Shear { to, factor })?;
            undone.push(Shear { to, factor: -factor });
        }
        Some(())
    };
    loop {
        let [[a, _], [c, _]] = current;
        match (a, c) {
            (1, 0) => break,
            (1, c) => apply(&mut current, 1, -c)?,
            (-1, 0) => apply(&mut current, 1, -1)?,
            (0, c) => apply(&mut current, 0, c)?,
            (a, c) if a.abs() >= c.abs() && c != 0 => {
                // Stop at 1 rather than at 0 where there is a choice.
                let quotient = if c.abs() == 1 { (a - 1) / c } else { a.div_euclid(c) };
                apply(&mut current, 0, -quotient)?;
            }
            (a, c) => apply(&mut current, 1, -(c.div_euclid(a)))?,
        }
    }
    let [[_, b], _] = current;
    apply(&mut current, 0, -b)?;
    undone.reverse();
    Some(undone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_skew_is_a_product_of_shears() {
        for a in -9..=9 {
            for b in -9..=9 {
                let Some(matrix) = completed(a, b) else { continue };
                let product =
                    shears(matrix).unwrap().into_iter().try_fold(IDENTITY, sheared).unwrap();
                assert_eq!(product, matrix, "{a}, {b}");
            }
        }
    }

    #[test]
    fn common_skews_are_short() {
        assert_eq!(shears(completed(1, 2).unwrap()).unwrap(), [Shear { to: 0, factor: 2 }]);
        assert_eq!(
            shears(completed(3, 1).unwrap()).unwrap(),
            [Shear { to: 1, factor: 2 }, Shear { to: 0, factor: 1 }]
        );
        assert_eq!(completed(2, 2), None);
        assert_eq!(completed(2, 0), None);
        assert_eq!(shears([[2, 0], [0, 1]]), None);
    }
}
