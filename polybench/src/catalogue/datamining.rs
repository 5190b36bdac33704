//! Statistics of a table of observations.

use super::kernel;
use crate::count::pairs;
use crate::kernel::Kernel;

pub(super) const CORRELATION: Kernel = kernel! {
    name: "correlation",
    category: "datamining",
    description: "Pearson correlation coefficients between the columns of a table",
    element: "double",
    sizes: {
        M: [28, 80, 240, 1200, 2600],
        N: [32, 100, 260, 1400, 3000],
    },
    arrays: { data[N, M], corr[M, M], mean[M], stddev[M], },
    // Means, deviations, centring and scaling, and the products of the columns.
    operations: FloatingPoint, |[m, n, ..]| {
        m * (n + 1) + m * (4 * n + 2) + 4 * m * n + 2 * n * pairs(m)
    },
};

pub(super) const COVARIANCE: Kernel = kernel! {
    name: "covariance",
    category: "datamining",
    description: "sample covariances between the columns of a table",
    element: "double",
    sizes: {
        M: [28, 80, 240, 1200, 2600],
        N: [32, 100, 260, 1400, 3000],
    },
    arrays: { data[N, M], cov[M, M], mean[M], },
    // Means, centring, and the products of the columns with their division by n - 1.
    operations: FloatingPoint, |[m, n, ..]| {
        m * (n + 1) + m * n + (2 * n + 2) * pairs(m + 1)
    },
};
