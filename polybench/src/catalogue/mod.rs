//! All kernels, in the order of the suite: one file for each of its categories.

mod blas;
mod datamining;
mod kernels;
mod medley;
mod solvers;
mod stencils;

use crate::kernel::Kernel;

/// Declares a kernel: its source is found by its name and category, its arrays have the kernel's
/// element type unless they say `of` another, and `operations` counts from the extents in the order
/// in which `sizes` lists them.
macro_rules! kernel {
    (
        name: $name:literal,
        category: $category:literal,
        description: $description:literal,
        element: $element:literal,
        sizes: { $($parameter:ident: $values:expr,)+ },
        arrays: { $($array:ident[$($extent:ident),+] $(of $other:literal)?,)+ },
        operations: $kind:ident, $count:expr,
    ) => {
        $crate::kernel::Kernel {
            name: $name,
            category: $category,
            description: $description,
            source: include_str!(concat!("../../", $category, "/", $name, "/", $name, ".c")),
            relative_path: concat!($category, "/", $name, "/", $name, ".c"),
            element: $element,
            parameters: &[$(stringify!($parameter)),+],
            operation_kind: $crate::kernel::OperationKind::$kind,
            sizes: &[$($values),+],
            arrays: &[$($crate::kernel::ArrayDeclaration {
                name: stringify!($array),
                element: $crate::catalogue::element!($element $(, $other)?),
                extents: &[$(stringify!($extent)),+],
            }),+],
            operations: $count,
        }
    };
}

/// The last of one or two element types.
macro_rules! element {
    ($element:literal) => {
        $element
    };
    ($element:literal, $other:literal) => {
        $other
    };
}

use {element, kernel};

static KERNELS: [Kernel; 30] = [
    datamining::CORRELATION,
    datamining::COVARIANCE,
    blas::GEMM,
    blas::GEMVER,
    blas::GESUMMV,
    blas::SYMM,
    blas::SYR2K,
    blas::SYRK,
    blas::TRMM,
    kernels::TWO_MM,
    kernels::THREE_MM,
    kernels::ATAX,
    kernels::BICG,
    kernels::DOITGEN,
    kernels::MVT,
    solvers::CHOLESKY,
    solvers::DURBIN,
    solvers::GRAMSCHMIDT,
    solvers::LU,
    solvers::LUDCMP,
    solvers::TRISOLV,
    medley::DERICHE,
    medley::FLOYD_WARSHALL,
    medley::NUSSINOV,
    stencils::ADI,
    stencils::FDTD_2D,
    stencils::HEAT_3D,
    stencils::JACOBI_1D,
    stencils::JACOBI_2D,
    stencils::SEIDEL_2D,
];

/// The thirty kernels, by category.
pub fn kernels() -> &'static [Kernel] {
    &KERNELS
}

/// The kernel of the suite's name `name`, such as `floyd-warshall`.
pub fn by_name(name: &str) -> Option<&'static Kernel> {
    KERNELS.iter().find(|kernel| kernel.name == name)
}
