//! Linear algebra beyond a single subprogram.

use super::kernel;
use crate::kernel::Kernel;

pub(super) const TWO_MM: Kernel = kernel! {
    name: "2mm",
    category: "linear-algebra/kernels",
    description: "D = alpha A B C + beta D",
    element: "double",
    sizes: {
        NI: [16, 40, 180, 800, 1600],
        NJ: [18, 50, 190, 900, 1800],
        NK: [22, 70, 210, 1100, 2200],
        NL: [24, 80, 220, 1200, 2400],
    },
    arrays: { tmp[NI, NJ], A[NI, NK], B[NK, NJ], C[NJ, NL], D[NI, NL], },
    operations: FloatingPoint, |[ni, nj, nk, nl, _]| {
        3 * ni * nj * nk + ni * nl * (1 + 2 * nj)
    },
};

pub(super) const THREE_MM: Kernel = kernel! {
    name: "3mm",
    category: "linear-algebra/kernels",
    description: "G = (A B) (C D)",
    element: "double",
    sizes: {
        NI: [16, 40, 180, 800, 1600],
        NJ: [18, 50, 190, 900, 1800],
        NK: [20, 60, 200, 1000, 2000],
        NL: [22, 70, 210, 1100, 2200],
        NM: [24, 80, 220, 1200, 2400],
    },
    arrays: {
        E[NI, NJ], A[NI, NK], B[NK, NJ], F[NJ, NL], C[NJ, NM], D[NM, NL], G[NI, NL],
    },
    operations: FloatingPoint, |[ni, nj, nk, nl, nm]| {
        2 * (ni * nj * nk + nj * nl * nm + ni * nl * nj)
    },
};

pub(super) const ATAX: Kernel = kernel! {
    name: "atax",
    category: "linear-algebra/kernels",
    description: "y = A' (A x)",
    element: "double",
    sizes: {
        M: [38, 116, 390, 1900, 1800],
        N: [42, 124, 410, 2100, 2200],
    },
    arrays: { A[M, N], x[N], y[N], tmp[M], },
    operations: FloatingPoint, |[m, n, ..]| 4 * m * n,
};

pub(super) const BICG: Kernel = kernel! {
    name: "bicg",
    category: "linear-algebra/kernels",
    description: "s = A' r, q = A p",
    element: "double",
    sizes: {
        M: [38, 116, 390, 1900, 1800],
        N: [42, 124, 410, 2100, 2200],
    },
    arrays: { A[N, M], s[M], q[N], p[M], r[N], },
    operations: FloatingPoint, |[m, n, ..]| 4 * m * n,
};

pub(super) const DOITGEN: Kernel = kernel! {
    name: "doitgen",
    category: "linear-algebra/kernels",
    description: "every row of a three-dimensional array multiplied by a matrix",
    element: "double",
    sizes: {
        NQ: [8, 20, 40, 140, 220],
        NR: [10, 25, 50, 150, 250],
        NP: [12, 30, 60, 160, 270],
    },
    arrays: { A[NR, NQ, NP], C4[NP, NP], sum[NP], },
    operations: FloatingPoint, |[nq, nr, np, ..]| 2 * nr * nq * np * np,
};

pub(super) const MVT: Kernel = kernel! {
    name: "mvt",
    category: "linear-algebra/kernels",
    description: "x1 = x1 + A y_1, x2 = x2 + A' y_2",
    element: "double",
    sizes: { N: [40, 120, 400, 2000, 4000], },
    arrays: { x1[N], x2[N], y_1[N], y_2[N], A[N, N], },
    operations: FloatingPoint, |[n, ..]| 4 * n * n,
};
