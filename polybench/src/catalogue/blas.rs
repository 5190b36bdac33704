//! Basic linear algebra subprograms.

use super::kernel;
use crate::count::pairs;
use crate::kernel::Kernel;

pub(super) const GEMM: Kernel = kernel! {
    name: "gemm",
    category: "linear-algebra/blas",
    description: "C = alpha A B + beta C",
    element: "double",
    sizes: {
        NI: [20, 60, 200, 1000, 2000],
        NJ: [25, 70, 220, 1100, 2300],
        NK: [30, 80, 240, 1200, 2600],
    },
    arrays: { C[NI, NJ], A[NI, NK], B[NK, NJ], },
    operations: FloatingPoint, |[ni, nj, nk, ..]| ni * nj * (1 + 3 * nk),
};

pub(super) const GEMVER: Kernel = kernel! {
    name: "gemver",
    category: "linear-algebra/blas",
    description: "A = A + u1 v1' + u2 v2', x = x + beta A' y + z, w = w + alpha A x",
    element: "double",
    sizes: { N: [40, 120, 400, 2000, 4000], },
    arrays: {
        A[N, N], u1[N], v1[N], u2[N], v2[N], w[N], x[N], y[N], z[N],
    },
    operations: FloatingPoint, |[n, ..]| 10 * n * n + n,
};

pub(super) const GESUMMV: Kernel = kernel! {
    name: "gesummv",
    category: "linear-algebra/blas",
    description: "y = alpha A x + beta B x",
    element: "double",
    sizes: { N: [30, 90, 250, 1300, 2800], },
    arrays: { A[N, N], B[N, N], tmp[N], x[N], y[N], },
    operations: FloatingPoint, |[n, ..]| n * (4 * n + 3),
};

pub(super) const SYMM: Kernel = kernel! {
    name: "symm",
    category: "linear-algebra/blas",
    description: "C = alpha A B + beta C with symmetric A",
    element: "double",
    sizes: {
        M: [20, 60, 200, 1000, 2000],
        N: [30, 80, 240, 1200, 2600],
    },
    arrays: { C[M, N], A[M, M], B[M, N], },
    operations: FloatingPoint, |[m, n, ..]| 5 * n * pairs(m) + 6 * m * n,
};

pub(super) const SYR2K: Kernel = kernel! {
    name: "syr2k",
    category: "linear-algebra/blas",
    description: "C = alpha A B' + alpha B A' + beta C, lower triangle",
    element: "double",
    sizes: {
        M: [20, 60, 200, 1000, 2000],
        N: [30, 80, 240, 1200, 2600],
    },
    arrays: { C[N, N], A[N, M], B[N, M], },
    operations: FloatingPoint, |[m, n, ..]| pairs(n + 1) * (1 + 6 * m),
};

pub(super) const SYRK: Kernel = kernel! {
    name: "syrk",
    category: "linear-algebra/blas",
    description: "C = alpha A A' + beta C, lower triangle",
    element: "double",
    sizes: {
        M: [20, 60, 200, 1000, 2000],
        N: [30, 80, 240, 1200, 2600],
    },
    arrays: { C[N, N], A[N, M], },
    operations: FloatingPoint, |[m, n, ..]| pairs(n + 1) * (1 + 3 * m),
};

pub(super) const TRMM: Kernel = kernel! {
    name: "trmm",
    category: "linear-algebra/blas",
    description: "B = alpha A' B with unit lower triangular A",
    element: "double",
    sizes: {
        M: [20, 60, 200, 1000, 2000],
        N: [30, 80, 240, 1200, 2600],
    },
    arrays: { A[M, M], B[M, N], },
    operations: FloatingPoint, |[m, n, ..]| n * (2 * pairs(m) + m),
};
