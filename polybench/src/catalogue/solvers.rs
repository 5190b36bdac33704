//! Factorizations and solvers of linear systems.

use super::kernel;
use crate::count::{pairs, squares};
use crate::kernel::Kernel;

pub(super) const CHOLESKY: Kernel = kernel! {
    name: "cholesky",
    category: "linear-algebra/solvers",
    description: "A = L L' of a symmetric positive definite matrix",
    element: "double",
    sizes: { N: [40, 120, 400, 2000, 4000], },
    arrays: { A[N, N], },
    // Row i: 2j + 1 for each j < i, then 2i + 1 on the diagonal; together (i + 1)^2.
    operations: FloatingPoint, |[n, ..]| squares(n + 1),
};

pub(super) const DURBIN: Kernel = kernel! {
    name: "durbin",
    category: "linear-algebra/solvers",
    description: "Levinson-Durbin recursion for the Yule-Walker equations",
    element: "double",
    sizes: { N: [40, 120, 400, 2000, 4000], },
    arrays: { r[N], y[N], z[N], },
    // Step k: 3 for beta, 2k for the sum, 2 for alpha, 2k for z.
    operations: FloatingPoint, |[n, ..]| 5 * n.saturating_sub(1) + 4 * pairs(n),
};

pub(super) const GRAMSCHMIDT: Kernel = kernel! {
    name: "gramschmidt",
    category: "linear-algebra/solvers",
    description: "A = Q R by the modified Gram-Schmidt process",
    element: "double",
    sizes: {
        M: [20, 60, 200, 1000, 2000],
        N: [30, 80, 240, 1200, 2600],
    },
    arrays: { A[M, N], R[N, N], Q[M, N], },
    operations: FloatingPoint, |[m, n, ..]| n * (3 * m + 1) + 4 * m * pairs(n),
};

pub(super) const LU: Kernel = kernel! {
    name: "lu",
    category: "linear-algebra/solvers",
    description: "A = L U without pivoting",
    element: "double",
    sizes: { N: [40, 120, 400, 2000, 4000], },
    arrays: { A[N, N], },
    operations: FloatingPoint, |[n, ..]| factorization(n),
};

pub(super) const LUDCMP: Kernel = kernel! {
    name: "ludcmp",
    category: "linear-algebra/solvers",
    description: "A x = b by LU factorization and substitution",
    element: "double",
    sizes: { N: [40, 120, 400, 2000, 4000], },
    arrays: { A[N, N], b[N], x[N], y[N], },
    // Each substitution has two operations below or above the diagonal, the backward one a division.
    operations: FloatingPoint, |[n, ..]| factorization(n) + 4 * pairs(n) + n,
};

pub(super) const TRISOLV: Kernel = kernel! {
    name: "trisolv",
    category: "linear-algebra/solvers",
    description: "L x = b by forward substitution",
    element: "double",
    sizes: { N: [40, 120, 400, 2000, 4000], },
    arrays: { L[N, N], x[N], b[N], },
    // Row i: 2i + 1.
    operations: FloatingPoint, |[n, ..]| n * n,
};

/// LU factorization. Row i: 2j + 1 for each j < i, which is i^2 together, then 2i for each of the
/// n - i columns from the diagonal on.
fn factorization(n: u64) -> u64 {
    squares(n) + 2 * n * pairs(n) - 2 * squares(n)
}
