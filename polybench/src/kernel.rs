//! What is known of one kernel.

use crate::size::Size;

/// As many extents as any kernel has.
pub(crate) const MOST_PARAMETERS: usize = 5;

/// One kernel of the suite.
///
/// The C function is `static void kernel_<name>(...)` with dashes as underscores; its extents are
/// `int` parameters named like [`parameters`](Kernel::parameters) in lower case, and its arrays have
/// fixed extents. `static void init_array(...)` fills those arrays and scalars that have an initial
/// value, under the same names; an array that it does not take starts as zero.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Kernel {
    /// The suite's name, such as `jacobi-2d`.
    pub name: &'static str,
    /// The suite's folder, such as `linear-algebra/blas`.
    pub category: &'static str,
    /// What the kernel computes, in one line.
    pub description: &'static str,
    /// The C source.
    pub source: &'static str,
    /// Where the source lies below the folder of the kernels, with `/` between the parts.
    pub relative_path: &'static str,
    /// The C type of the elements, unless [`ArrayExtent::element`] says otherwise.
    pub element: &'static str,
    /// The preprocessor symbols of the extents, such as `NI`, in the order of the suite.
    pub parameters: &'static [&'static str],
    /// What [`operations`](Kernel::floating_point_operations) are counted.
    pub operation_kind: OperationKind,
    pub(crate) sizes: &'static [[u64; 5]],
    pub(crate) arrays: &'static [ArrayDeclaration],
    /// From the extents, in the order of `parameters`, zero where there is none.
    pub(crate) operations: fn([u64; MOST_PARAMETERS]) -> u64,
}

/// The arithmetic that a kernel's operation count speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// Additions, subtractions, multiplications, divisions and calls of `sqrt`, `exp` and `pow` on
    /// floating-point numbers.
    FloatingPoint,
    /// Additions and comparisons (a minimum or maximum is one) of integers.
    Integer,
}

/// An array of a kernel as its source declares it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ArrayDeclaration {
    pub(crate) name: &'static str,
    pub(crate) element: &'static str,
    /// The names of the extents, the outermost first.
    pub(crate) extents: &'static [&'static str],
}

/// An array of a kernel at one dataset size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrayExtent {
    /// Its name in the C function.
    pub name: &'static str,
    /// The C type of its elements.
    pub element: &'static str,
    /// How many elements there are along each dimension, the outermost first.
    pub extents: Vec<u64>,
}

impl Kernel {
    /// The name of the C function that holds the region.
    pub fn function(&self) -> String {
        format!("kernel_{}", self.name.replace('-', "_"))
    }

    /// The value of every parameter at `size`, in the order of [`parameters`](Kernel::parameters).
    pub fn sizes(&self, size: Size) -> Vec<(&'static str, u64)> {
        self.parameters
            .iter()
            .zip(self.sizes)
            .map(|(&name, values)| (name, size.pick(values)))
            .collect()
    }

    /// The arrays of the kernel function in the order of its parameters, at `size`.
    pub fn arrays(&self, size: Size) -> Vec<ArrayExtent> {
        let sizes = self.sizes(size);
        let value = |extent: &&str| {
            let named = sizes.iter().find(|(name, _)| name == extent);
            named.map_or(0, |&(_, value)| value)
        };
        self.arrays
            .iter()
            .map(|array| ArrayExtent {
                name: array.name,
                element: array.element,
                extents: array.extents.iter().map(value).collect(),
            })
            .collect()
    }

    /// How many operations the region performs at `size`, counted on the kernel's own iteration
    /// domain as its source is written.
    ///
    /// Every addition, subtraction, multiplication, division and call of `sqrt`, `exp` or `pow` is
    /// one operation each time its statement is executed, also where a compiler would move it out
    /// of a loop: `C[i][j] += alpha * A[i][k] * B[k][j]` has three, although BLAS counts two.
    /// Negations, conversions, copies and the comparison in `correlation` have none. The two integer
    /// kernels count [integer operations](OperationKind::Integer) instead, as
    /// [`operation_kind`](Kernel::operation_kind) says.
    pub fn floating_point_operations(&self, size: Size) -> u64 {
        let mut values = [0; MOST_PARAMETERS];
        for (value, (_, extent)) in values.iter_mut().zip(self.sizes(size)) {
            *value = extent;
        }
        (self.operations)(values)
    }
}
