//! The body of a statement: an expression tree over reads, indices and constants.
//!
//! Every node knows the type of the value it computes; C's implicit conversions are explicit
//! [`Expression::Cast`]s, so nothing after the frontend needs C's promotion rules. Evaluation has no
//! side effects. Of the arms of an [`Expression::Select`] only the chosen one is evaluated: what the other one
//! would read may not exist, and what it would divide by may be zero (see [`crate::certainty`]).

use crate::{Affine, ArrayId, ElementType};
use serde::{Deserialize, Serialize};

/// An operation on one value, of the type of its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UnaryOperation {
    Negate,
    /// `~x`, integers only.
    BitwiseNot,
}

/// An operation on two values of one type, giving that type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BinaryOperation {
    Add,
    Subtract,
    Multiply,
    /// C's division: truncation towards zero for integers.
    Divide,
    /// C's `%`, integers only.
    Remainder,
    BitwiseAnd,
    BitwiseOr,
    BitwiseXor,
    ShiftLeft,
    /// Arithmetic for signed types, logical for unsigned ones.
    ShiftRight,
}

/// A comparison of two values of one type, giving the C `int` 0 or 1. Floating-point comparisons
/// are ordered except `NotEqual`, as in C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CompareOperation {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// The functions of C's `<math.h>` and `<stdlib.h>` that may be called; the element type of the call
/// chooses `sqrt` or `sqrtf`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MathFunction {
    SquareRoot,
    Absolute,
    Exponential,
    Exponential2,
    Logarithm,
    Logarithm2,
    Logarithm10,
    Power,
    Sine,
    Cosine,
    Tangent,
    ArcSine,
    ArcCosine,
    ArcTangent,
    ArcTangent2,
    HyperbolicSine,
    HyperbolicCosine,
    HyperbolicTangent,
    CubeRoot,
    Hypotenuse,
    Floor,
    Ceiling,
    Round,
    Truncate,
    Minimum,
    Maximum,
    Remainder,
    CopySign,
    FusedMultiplyAdd,
    /// To the nearest integer, of two the even one.
    RoundToEven,
    ExponentialMinusOne,
    LogarithmOfOnePlus,
    InverseHyperbolicSine,
    InverseHyperbolicCosine,
    InverseHyperbolicTangent,
    ErrorFunction,
    ComplementaryErrorFunction,
    Gamma,
    /// `x - y` where it is positive, else zero.
    PositiveDifference,
    /// The remainder of the quotient rounded to the nearest integer.
    NearestRemainder,
}

impl MathFunction {
    /// All of them.
    pub const ALL: [MathFunction; 40] = [
        Self::SquareRoot,
        Self::Absolute,
        Self::Exponential,
        Self::Exponential2,
        Self::Logarithm,
        Self::Logarithm2,
        Self::Logarithm10,
        Self::Power,
        Self::Sine,
        Self::Cosine,
        Self::Tangent,
        Self::ArcSine,
        Self::ArcCosine,
        Self::ArcTangent,
        Self::ArcTangent2,
        Self::HyperbolicSine,
        Self::HyperbolicCosine,
        Self::HyperbolicTangent,
        Self::CubeRoot,
        Self::Hypotenuse,
        Self::Floor,
        Self::Ceiling,
        Self::Round,
        Self::Truncate,
        Self::Minimum,
        Self::Maximum,
        Self::Remainder,
        Self::CopySign,
        Self::FusedMultiplyAdd,
        Self::RoundToEven,
        Self::ExponentialMinusOne,
        Self::LogarithmOfOnePlus,
        Self::InverseHyperbolicSine,
        Self::InverseHyperbolicCosine,
        Self::InverseHyperbolicTangent,
        Self::ErrorFunction,
        Self::ComplementaryErrorFunction,
        Self::Gamma,
        Self::PositiveDifference,
        Self::NearestRemainder,
    ];

    /// The name of the `double` version in C; the `float` version appends `f`.
    pub fn c_name(self) -> &'static str {
        match self {
            Self::SquareRoot => "sqrt",
            Self::Absolute => "fabs",
            Self::Exponential => "exp",
            Self::Exponential2 => "exp2",
            Self::Logarithm => "log",
            Self::Logarithm2 => "log2",
            Self::Logarithm10 => "log10",
            Self::Power => "pow",
            Self::Sine => "sin",
            Self::Cosine => "cos",
            Self::Tangent => "tan",
            Self::ArcSine => "asin",
            Self::ArcCosine => "acos",
            Self::ArcTangent => "atan",
            Self::ArcTangent2 => "atan2",
            Self::HyperbolicSine => "sinh",
            Self::HyperbolicCosine => "cosh",
            Self::HyperbolicTangent => "tanh",
            Self::CubeRoot => "cbrt",
            Self::Hypotenuse => "hypot",
            Self::Floor => "floor",
            Self::Ceiling => "ceil",
            Self::Round => "round",
            Self::Truncate => "trunc",
            Self::Minimum => "fmin",
            Self::Maximum => "fmax",
            Self::Remainder => "fmod",
            Self::CopySign => "copysign",
            Self::FusedMultiplyAdd => "fma",
            Self::RoundToEven => "rint",
            Self::ExponentialMinusOne => "expm1",
            Self::LogarithmOfOnePlus => "log1p",
            Self::InverseHyperbolicSine => "asinh",
            Self::InverseHyperbolicCosine => "acosh",
            Self::InverseHyperbolicTangent => "atanh",
            Self::ErrorFunction => "erf",
            Self::ComplementaryErrorFunction => "erfc",
            Self::Gamma => "tgamma",
            Self::PositiveDifference => "fdim",
            Self::NearestRemainder => "remainder",
        }
    }

    /// The function and element type that a C name means, as `sqrtf` means the square root of floats.
    pub fn from_c_name(name: &str) -> Option<(Self, ElementType)> {
        let find =
            |wanted: &str| Self::ALL.into_iter().find(|function| function.c_name() == wanted);
        // The two differ in a flag that nobody reads.
        let name = match name {
            "nearbyint" => "rint",
            "nearbyintf" => "rintf",
            other => other,
        };
        if let Some(function) = find(name) {
            return Some((function, ElementType::F64));
        }
        find(name.strip_suffix('f')?).map(|function| (function, ElementType::F32))
    }

    /// How many arguments it takes.
    pub fn arity(self) -> usize {
        match self {
            Self::Power
            | Self::ArcTangent2
            | Self::Hypotenuse
            | Self::Minimum
            | Self::Maximum
            | Self::Remainder
            | Self::CopySign
            | Self::PositiveDifference
            | Self::NearestRemainder => 2,
            Self::FusedMultiplyAdd => 3,
            _ => 1,
        }
    }
}

/// An expression tree. Reads are by position in the statement's list of reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Expression {
    /// The element that `statement.reads[position]` names.
    Read {
        position: usize,
        element: ElementType,
    },
    Integer {
        value: i64,
        element: ElementType,
    },
    /// A floating-point constant; for `F32` the value is exactly representable in 32 bits.
    Float {
        value: f64,
        element: ElementType,
    },
    /// The value of an affine expression of iterators and parameters, in the given integer type.
    Index {
        value: Affine,
        element: ElementType,
    },
    Unary {
        operation: UnaryOperation,
        element: ElementType,
        operand: Box<Expression>,
    },
    Binary {
        operation: BinaryOperation,
        element: ElementType,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    /// `±(left * right) ± addend` with one rounding; made by [`crate::contraction`], never by the source.
    MultiplyAdd {
        element: ElementType,
        negate_product: bool,
        negate_addend: bool,
        left: Box<Expression>,
        right: Box<Expression>,
        addend: Box<Expression>,
    },
    /// An `I32` that is 0 or 1; `operand_element` is the type in which the comparison is done.
    Compare {
        operation: CompareOperation,
        operand_element: ElementType,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    /// `condition != 0 ? then : otherwise`.
    Select {
        element: ElementType,
        condition: Box<Expression>,
        then: Box<Expression>,
        otherwise: Box<Expression>,
    },
    /// C's value conversion to `element`.
    Cast {
        element: ElementType,
        operand: Box<Expression>,
    },
    Call {
        function: MathFunction,
        element: ElementType,
        arguments: Vec<Expression>,
    },
    /// An element of an array that no statement of the program writes, at subscripts that are data. It is no access of
    /// its statement's list: as nothing changes the array, no order depends on which element it is.
    Gather {
        array: ArrayId,
        element: ElementType,
        /// Of the type `I64`, one a dimension.
        subscripts: Vec<Expression>,
    },
}

impl Expression {
    /// C's `NAN`, of which a constant would not be equal to itself: the root of a negative number with a positive sign.
    pub fn not_a_number(element: ElementType) -> Self {
        let number = |value| Self::Float { value, element };
        let call = |function, arguments| Self::Call { function, element, arguments };
        let root = call(MathFunction::SquareRoot, vec![number(-1.0)]);
        call(MathFunction::CopySign, vec![root, number(1.0)])
    }

    /// Calls `visit` on each array of which elements are gathered.
    pub fn each_gathered(&self, visit: &mut dyn FnMut(ArrayId)) {
        self.walk(&mut |node| {
            if let Self::Gather { array, .. } = node {
                visit(*array);
            }
        });
    }

    /// The type of the value.
    pub fn element(&self) -> ElementType {
        match self {
            Self::Read { element, .. }
            | Self::Integer { element, .. }
            | Self::Float { element, .. }
            | Self::Index { element, .. }
            | Self::Unary { element, .. }
            | Self::Binary { element, .. }
            | Self::MultiplyAdd { element, .. }
            | Self::Select { element, .. }
            | Self::Cast { element, .. }
            | Self::Call { element, .. }
            | Self::Gather { element, .. } => *element,
            Self::Compare { .. } => ElementType::I32,
        }
    }

    /// The direct operands, from left to right.
    pub fn operands(&self) -> Vec<&Expression> {
        match self {
            Self::Read { .. } | Self::Integer { .. } | Self::Float { .. } | Self::Index { .. } => {
                Vec::new()
            }
            Self::Unary { operand, .. } | Self::Cast { operand, .. } => vec![operand],
            Self::Binary { left, right, .. } | Self::Compare { left, right, .. } => {
                vec![left, right]
            }
            Self::MultiplyAdd { left, right, addend, .. } => vec![left, right, addend],
            Self::Select { condition, then, otherwise, .. } => vec![condition, then, otherwise],
            Self::Call { arguments, .. } | Self::Gather { subscripts: arguments, .. } => {
                arguments.iter().collect()
            }
        }
    }

    /// Whether no more than so many operations are nested in each other, this one included. Found out without
    /// recursion, which everything else that walks through expressions relies on.
    pub fn is_nested_within(&self, most: usize) -> bool {
        let mut open = vec![(self, 1)];
        while let Some((node, level)) = open.pop() {
            if level > most {
                return false;
            }
            open.extend(node.operands().into_iter().map(|operand| (operand, level + 1)));
        }
        true
    }

    /// Calls `visit` on this node and all below it, parents first.
    pub fn walk(&self, visit: &mut dyn FnMut(&Expression)) {
        visit(self);
        for operand in self.operands() {
            operand.walk(visit);
        }
    }

    /// The same tree with the direct operands replaced by `change` of them.
    pub fn map_operands(self, change: &mut dyn FnMut(Expression) -> Expression) -> Expression {
        let mut boxed = |inner: Box<Expression>| Box::new(change(*inner));
        match self {
            Self::Unary { operation, element, operand } => {
                Self::Unary { operation, element, operand: boxed(operand) }
            }
            Self::Cast { element, operand } => Self::Cast { element, operand: boxed(operand) },
            Self::Binary { operation, element, left, right } => {
                Self::Binary { operation, element, left: boxed(left), right: boxed(right) }
            }
            Self::Compare { operation, operand_element, left, right } => {
                Self::Compare { operation, operand_element, left: boxed(left), right: boxed(right) }
            }
            Self::MultiplyAdd { element, negate_product, negate_addend, left, right, addend } => {
                Self::MultiplyAdd {
                    element,
                    negate_product,
                    negate_addend,
                    left: boxed(left),
                    right: boxed(right),
                    addend: boxed(addend),
                }
            }
            Self::Select { element, condition, then, otherwise } => Self::Select {
                element,
                condition: boxed(condition),
                then: boxed(then),
                otherwise: boxed(otherwise),
            },
            Self::Call { function, element, arguments } => Self::Call {
                function,
                element,
                arguments: arguments.into_iter().map(change).collect(),
            },
            Self::Gather { array, element, subscripts } => Self::Gather {
                array,
                element,
                subscripts: subscripts.into_iter().map(change).collect(),
            },
            leaf => leaf,
        }
    }
}
