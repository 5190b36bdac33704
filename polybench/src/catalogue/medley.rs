//! Image processing, graphs and dynamic programming.

use super::kernel;
use crate::count::{pairs, triples};
use crate::kernel::Kernel;

pub(super) const DERICHE: Kernel = kernel! {
    name: "deriche",
    category: "medley",
    description: "Deriche's recursive smoothing filter along both axes of an image",
    element: "float",
    sizes: {
        W: [64, 192, 720, 4096, 7680],
        H: [64, 128, 480, 2160, 4320],
    },
    arrays: { imgIn[W, H], imgOut[W, H], y1[W, H], y2[W, H], },
    // For each pixel four recurrences of 7 and two sums of 2; 27 for the coefficients.
    operations: FloatingPoint, |[w, h, ..]| 32 * w * h + 27,
};

pub(super) const FLOYD_WARSHALL: Kernel = kernel! {
    name: "floyd-warshall",
    category: "medley",
    description: "lengths of the shortest paths between all pairs of nodes",
    element: "int",
    sizes: { N: [60, 180, 500, 2800, 5600], },
    arrays: { path[N, N], },
    // One addition and one minimum; the sum's second mention in the source is the same addition.
    operations: Integer, |[n, ..]| 2 * n * n * n,
};

pub(super) const NUSSINOV: Kernel = kernel! {
    name: "nussinov",
    category: "medley",
    description: "largest number of base pairs in an RNA sequence",
    element: "int",
    sizes: { N: [60, 180, 500, 2500, 5500], },
    arrays: { seq[N] of "char", table[N, N], },
    // For each i < j two maxima; then a maximum where j is i + 1, otherwise a maximum, an addition
    // and the match of two bases (an addition and a comparison); for each i < k < j a maximum and
    // an addition.
    operations: Integer, |[n, ..]| {
        let neighbours = n.saturating_sub(1);
        2 * pairs(n) + neighbours + 4 * (pairs(n) - neighbours) + 2 * triples(n)
    },
};
