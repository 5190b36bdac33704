//! Why a region is not a static control part, in words for the person who wrote it.

use loopwright_ir::Span;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::sync::Arc;

/// The text of a source file with its name, shared by the errors that point into it.
pub(crate) type SharedSource = Arc<NamedSource<String>>;

/// A region that cannot be represented: the expression at fault, and why.
#[derive(Clone, Debug)]
pub struct Reject {
    pub span: Span,
    pub reason: RejectReason,
    /// The text of the file that `span` is in, for printing; `None` when it could not be read.
    pub(crate) source: Option<SharedSource>,
}

/// What is wrong. The text says what, [`help`](RejectReason::help) what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RejectReason {
    #[error("the region has no statement that assigns a value")]
    Empty,
    #[error(
        "no statement of the region ever runs: the conditions and bounds around each contradict each other"
    )]
    NothingRuns,
    #[error("`{keyword}` cannot be used in a region")]
    ControlFlow { keyword: &'static str },
    #[error("the loop's first clause must set one integer variable, as `i = 0`")]
    LoopStart,
    #[error("the loop's step must add a constant to `{iterator}`")]
    LoopStep { iterator: String },
    #[error("the loop's step is zero, so that it would never end")]
    ZeroStep,
    #[error("all three clauses of the `for` must be given")]
    IncompleteLoop,
    #[error("the loop's condition gets false before it gets true, or does not bound `{iterator}`")]
    LoopCondition { iterator: String },
    #[error(
        "`!=` may never be met: `{iterator}` may step over the value at which both sides are equal"
    )]
    UnequalWithStride { iterator: String },
    #[error("the start of a loop that steps by {step} must be a single affine expression")]
    StridedStart { step: i64 },
    #[error("the loop variable `{name}` is changed inside its loop")]
    IteratorModified { name: String },
    #[error(
        "the loop variable `{name}` is read outside its loop, where its value is no affine function of \
         the loops around and the parameters"
    )]
    IteratorOutsideLoop { name: String },
    #[error(
        "the loop variable `{name}` is read before a loop sets it, and its value is not known there"
    )]
    IteratorBeforeLoop { name: String },
    #[error(
        "the loop variable `{name}` is read behind the region, and the value that the region leaves it \
         with is no function of the parameters alone"
    )]
    IteratorAfterRegion { name: String },
    #[error("`{name}` is both a loop variable and a variable that statements assign")]
    IteratorAsScalar { name: String },
    #[error(
        "`{name}` is assigned in the region, so it cannot be in a subscript, bound or condition"
    )]
    ScalarInIndex { name: String },
    #[error(
        "the {place} depends on `{name}`, which is a `{element}`: only integers decide which iterations run \
         and which elements are used"
    )]
    FloatInIndex { place: &'static str, name: String, element: &'static str },
    #[error("`{name}` is read in a subscript, bound or condition before it has a value")]
    Uninitialized { name: String },
    #[error("the {place} is not affine in the loop variables and parameters: it has {construct}")]
    NonAffine { place: &'static str, construct: String },
    #[error("the subscript depends on the data in `{name}`")]
    DataSubscript { name: String },
    #[error("the loop's bound depends on the data in `{name}`")]
    DataBound { name: String },
    #[error("the condition depends on the data in `{name}`")]
    DataCondition { name: String },
    #[error("the number {value} is too large for a subscript or bound")]
    NumberTooLarge { value: i64 },
    #[error("this division may be of a negative number, which C rounds towards zero")]
    NegativeDivision,
    #[error("this {element} value may not fit its type, so that the arithmetic would wrap around")]
    WrapAround { element: &'static str },
    #[error("the call of `{name}` is not understood")]
    UnknownFunction { name: String },
    #[error("`{name}` calls functions that call functions, deeper than can be put in its place")]
    DeepCalls { name: String },
    #[error("`{name}` takes {expected} arguments, not {found}")]
    ArgumentCount { name: String, expected: usize, found: usize },
    #[error("a call through a function pointer cannot be used in a region")]
    FunctionPointer,
    #[error("a member of a structure cannot be used in a region")]
    StructureMember,
    #[error("a pointer may only be subscripted in a region")]
    PointerUse,
    #[error("`{spelling}` is a pointer to pointers")]
    PointerToPointer { spelling: String },
    #[error("the type `{spelling}` is not supported")]
    UnsupportedType { spelling: String },
    #[error("a volatile or atomic variable cannot be used in a region")]
    Volatile,
    #[error("a static variable cannot be declared in a region")]
    StaticInside,
    #[error("an array cannot be given initial values in a region")]
    ArrayInitializer,
    #[error("this expression changes a variable while it is evaluated")]
    SideEffect,
    #[error("the statement has no effect")]
    NoEffect,
    #[error("only part of `{name}`'s dimensions are subscripted")]
    PartialSubscript { name: String },
    #[error("the size of `{name}` is not affine in parameters that stay unchanged")]
    ArrayExtent { name: String },
    #[error("the size of `{name}` cannot be found from the accesses to it")]
    UnknownExtent { name: String },
    #[error("a subscript of `{name}` leaves the row of the matrix that the others make of it")]
    RowOverrun { name: String },
    #[error("{construct} cannot be used in a region")]
    Unsupported { construct: String },
    #[error("the conditions split into more than {limit} cases")]
    TooManyPieces { limit: usize },
    #[error("the code is nested too deeply")]
    TooDeep,
    #[error(
        "`{pragma}` changes floating-point results here in ways that are not reproduced bit by bit"
    )]
    RelaxedArithmetic { pragma: String },
    #[error(
        "`{name}` is defined where other pragmas say whether multiply-adds are fused than at this call"
    )]
    OtherContraction { name: String },
    #[error("the region's pragmas must stand around whole statements of one block")]
    PartialStatement,
    #[error("dimension {dimension} of `{array}` has {value} elements")]
    NonPositiveExtent { array: String, dimension: usize, value: i64 },
    #[error("{0}")]
    OutOfBounds(Box<OutOfBounds>),
}

/// An access that leaves its array for the known values of the parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{access}` is out of bounds: dimension {dimension} of `{array}` has {extent} elements, and \
     its subscript gets {value}"
)]
pub struct OutOfBounds {
    /// The access with normalised iterators.
    pub access: String,
    pub array: String,
    /// Counts from 1.
    pub dimension: usize,
    pub extent: i64,
    /// The largest or smallest value of the subscript, as far as bounds are exact.
    pub value: i64,
}

impl RejectReason {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        use RejectReason::*;
        match self {
            NothingRuns => "check the bounds and conditions",
            Empty => "put the loops to be optimised between the pragmas",
            ControlFlow { .. } => {
                "write the region with `for` loops and affine `if`s, or move the pragmas so that this is outside"
            }
            LoopStart | IncompleteLoop => "write the loop as `for (int i = start; i < end; i++)`",
            LoopStep { .. } | ZeroStep => "step by a constant, as `i++`, `i += 2` or `i--`",
            LoopCondition { .. } => {
                "compare the loop variable with an upper bound when it grows, with a lower bound when it shrinks"
            }
            UnequalWithStride { .. } => "use `<` or `>` in place of `!=`",
            StridedStart { .. } => {
                "start at one affine value, without minimum, maximum or division"
            }
            IteratorModified { .. } => "change the loop variable only in the loop's third clause",
            IteratorOutsideLoop { .. } => {
                "use a variable of its own in place of the loop variable's last value, or give the values of the parameters (`--param N=…`)"
            }
            IteratorBeforeLoop { .. } => {
                "use another variable for what it is before the loop, and do not change that one in the region"
            }
            IteratorAfterRegion { .. } => {
                "let the loop have a variable of its own, as `for (int i = …)`, or set it behind the region"
            }
            IteratorAsScalar { .. } => "use two variables",
            ScalarInIndex { .. } => {
                "set it before the region, or declare it in the loop with an affine value"
            }
            FloatInIndex { .. } => {
                "put the `if` around the whole region, or write `x = condition ? new : x`, which always assigns"
            }
            Uninitialized { .. } => "give it a value where it is declared",
            NonAffine { place: "subscript", .. } => {
                "subscripts are sums of loop variables and parameters times constants"
            }
            NonAffine { .. } => {
                "bounds and conditions are sums of loop variables and parameters times constants, their minima and maxima, and quotients by positive constants"
            }
            DataBound { .. } => {
                "copy the bound into an integer before the region, if it does not change in it"
            }
            DataSubscript { .. } => {
                "which element is used must follow from the loop variables alone; leave this loop outside the region"
            }
            DataCondition { .. } => {
                "write `x = condition ? new : x`, which always assigns, or leave this outside the region"
            }
            NumberTooLarge { .. } => "the numbers in subscripts and bounds must stay below 2^32",
            NegativeDivision => {
                "give the values of the parameters (`--param N=…`), or divide what cannot be negative"
            }
            WrapAround { .. } => {
                "use a wider or signed type, or values of the parameters for which it fits (`--param N=…`)"
            }
            UnknownFunction { .. } => {
                "functions of <math.h> and functions that only return an expression can be called; make it a macro, or leave it outside the region"
            }
            DeepCalls { .. } => "write the expression out, or make the function a macro",
            ArgumentCount { .. } => "include <math.h>",
            FunctionPointer => "call the function by its name",
            StructureMember => "copy the member into a variable before the region",
            PointerUse => "use subscripts, as `a[i]`",
            PointerToPointer { .. } => {
                "pass the table of rows to the function, and let the first row be known (`i = 0`); or declare the matrix as `double A[n][m]` or `double (*A)[m]`"
            }
            UnsupportedType { .. } => {
                "integers of 8 to 64 bits, `float` and `double` are supported"
            }
            Volatile => "use an ordinary variable in the region",
            StaticInside => "declare it before the region",
            ArrayInitializer => "assign the elements in loops",
            SideEffect => "write the assignment as a statement of its own",
            NoEffect => "remove it, or assign its value",
            PartialSubscript { .. } => "subscript every dimension",
            ArrayExtent { .. } => "use integer parameters that are not changed in the function",
            UnknownExtent { .. } => "declare the array with its size, as `double A[n]`",
            RowOverrun { .. } => {
                "give the values of the parameters (`--param N=…`), or declare the matrix as `double (*A)[m]`"
            }
            Unsupported { .. } => "leave it outside the region",
            TooManyPieces { .. } => "split the condition over several `if`s",
            TooDeep => {
                "split it: long expressions over several statements, deep nests over several regions"
            }
            RelaxedArithmetic { .. } => {
                "leave the pragma out for the region; `--fast-math` lets Loopwright itself regroup floating-point sums"
            }
            OtherContraction { .. } => {
                "let the same `FP_CONTRACT` hold for the function and the region, or make the function a macro"
            }
            PartialStatement => {
                "move both pragmas into the same block, before and after whole statements"
            }
            NonPositiveExtent { .. } => "give larger values to the parameters (`--param N=…`)",
            OutOfBounds(_) => {
                "correct the bound or the subscript, or give other values to the parameters (`--param N=…`)"
            }
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.reason)
    }
}

impl std::error::Error for Reject {}

impl Diagnostic for Reject {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("loopwright::reject"))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.reason.help()))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_deref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        let length = self.span.end.saturating_sub(self.span.start);
        let label = LabeledSpan::new(Some("here".to_owned()), self.span.start, length);
        Some(Box::new(std::iter::once(label)))
    }
}

/// A reason at a place, before the files' names and texts are put to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub place: crate::syntax::Place,
    pub reason: RejectReason,
}

impl Rejection {
    pub fn new(place: crate::syntax::Place, reason: RejectReason) -> Self {
        Self { place, reason }
    }
}
