//! Stencils iterated in time. A grid of extent n has n - 2 inner points.

use super::kernel;
use crate::kernel::Kernel;

pub(super) const ADI: Kernel = kernel! {
    name: "adi",
    category: "stencils",
    description: "heat equation in the plane by the alternating direction implicit method",
    element: "double",
    sizes: {
        TSTEPS: [20, 40, 100, 500, 1000],
        N: [20, 60, 200, 1000, 2000],
    },
    arrays: { u[N, N], v[N, N], p[N, N], q[N, N], },
    // In each of two sweeps 3 for p, 12 for q and 2 for the way back; 13 for the coefficients.
    operations: FloatingPoint, |[tsteps, n, ..]| 34 * tsteps * inner(n).pow(2) + 13,
};

pub(super) const FDTD_2D: Kernel = kernel! {
    name: "fdtd-2d",
    category: "stencils",
    description: "electromagnetic wave in the plane by finite differences in the time domain",
    element: "double",
    sizes: {
        TMAX: [20, 40, 100, 500, 1000],
        NX: [20, 60, 200, 1000, 2000],
        NY: [30, 80, 240, 1200, 2600],
    },
    arrays: { ex[NX, NY], ey[NX, NY], hz[NX, NY], _fict_[TMAX], },
    operations: FloatingPoint, |[tmax, nx, ny, ..]| {
        let (below_nx, below_ny) = (nx.saturating_sub(1), ny.saturating_sub(1));
        tmax * (3 * below_nx * ny + 3 * nx * below_ny + 5 * below_nx * below_ny)
    },
};

pub(super) const HEAT_3D: Kernel = kernel! {
    name: "heat-3d",
    category: "stencils",
    description: "heat equation in a cube, explicit",
    element: "double",
    sizes: {
        TSTEPS: [20, 40, 100, 500, 1000],
        N: [10, 20, 40, 120, 200],
    },
    arrays: { A[N, N, N], B[N, N, N], },
    operations: FloatingPoint, |[tsteps, n, ..]| 2 * tsteps * 15 * inner(n).pow(3),
};

pub(super) const JACOBI_1D: Kernel = kernel! {
    name: "jacobi-1d",
    category: "stencils",
    description: "three-point averaging on a line",
    element: "double",
    sizes: {
        TSTEPS: [20, 40, 100, 500, 1000],
        N: [30, 120, 400, 2000, 4000],
    },
    arrays: { A[N], B[N], },
    operations: FloatingPoint, |[tsteps, n, ..]| 2 * tsteps * 3 * inner(n),
};

pub(super) const JACOBI_2D: Kernel = kernel! {
    name: "jacobi-2d",
    category: "stencils",
    description: "five-point averaging in the plane",
    element: "double",
    sizes: {
        TSTEPS: [20, 40, 100, 500, 1000],
        N: [30, 90, 250, 1300, 2800],
    },
    arrays: { A[N, N], B[N, N], },
    operations: FloatingPoint, |[tsteps, n, ..]| 2 * tsteps * 5 * inner(n).pow(2),
};

pub(super) const SEIDEL_2D: Kernel = kernel! {
    name: "seidel-2d",
    category: "stencils",
    description: "nine-point averaging in the plane by Gauss-Seidel sweeps",
    element: "double",
    sizes: {
        TSTEPS: [20, 40, 100, 500, 1000],
        N: [40, 120, 400, 2000, 4000],
    },
    arrays: { A[N, N], },
    operations: FloatingPoint, |[tsteps, n, ..]| tsteps * 9 * inner(n).pow(2),
};

/// The inner points along an axis of `n` points.
fn inner(n: u64) -> u64 {
    n.saturating_sub(2)
}
