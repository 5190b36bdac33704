//! What a sum, product, minimum or maximum combines with.
//!
//! An *accumulation* is a statement `s = s ⊕ x` whose body reads `s` once (a choice such as `s < x ? s : x` twice), in a
//! place where the value of the body is `s ⊕ x` for some `x` that does not depend on `s`. All of these are
//! associative and commutative but for the rounding of floating-point numbers.

use loopwright_ir::{BinaryOperation, CompareOperation, ElementType, Expression, MathFunction};

/// What combines the total with the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Sum,
    Product,
    /// `fmin` or `fmax`.
    Extreme(MathFunction),
    /// The smaller or the greater of two, by a comparison.
    Least,
    Greatest,
}

/// The operator of a body in which `is_total` says which reads, by position, are of the total.
pub(super) fn operator(body: &Expression, is_total: &dyn Fn(usize) -> bool) -> Option<Operator> {
    let element = body.element();
    let found = match body {
        Expression::Select { condition, then, otherwise, .. } => {
            return choice(condition, [then, otherwise], element, is_total);
        }
        Expression::Call { function, arguments, .. } => {
            let extreme = matches!(function, MathFunction::Minimum | MathFunction::Maximum);
            let direct = arguments.iter().any(|one| total(one, is_total));
            (extreme && direct).then_some(Operator::Extreme(*function))
        }
        _ if added(body, element, is_total) => Some(Operator::Sum),
        _ if multiplied(body, element, is_total) => Some(Operator::Product),
        _ => None,
    };
    found.filter(|_| count(body, is_total) == 1)
}

fn total(expression: &Expression, is_total: &dyn Fn(usize) -> bool) -> bool {
    matches!(expression, Expression::Read { position, .. } if is_total(*position))
}

fn count(body: &Expression, is_total: &dyn Fn(usize) -> bool) -> usize {
    let mut count = 0;
    body.walk(&mut |node| count += usize::from(total(node, is_total)));
    count
}

fn added(expression: &Expression, wanted: ElementType, is_total: &dyn Fn(usize) -> bool) -> bool {
    let inside = |operand: &Expression| added(operand, wanted, is_total);
    let here = expression.element() == wanted;
    match expression {
        Expression::Read { .. } => here && total(expression, is_total),
        Expression::Binary { operation: BinaryOperation::Add, left, right, .. } => {
            here && (inside(left) || inside(right))
        }
        Expression::Binary { operation: BinaryOperation::Subtract, left, .. } => {
            here && inside(left)
        }
        Expression::MultiplyAdd { negate_addend: false, addend, .. } => here && inside(addend),
        _ => false,
    }
}

fn multiplied(
    expression: &Expression,
    wanted: ElementType,
    is_total: &dyn Fn(usize) -> bool,
) -> bool {
    let inside = |operand: &Expression| multiplied(operand, wanted, is_total);
    let here = expression.element() == wanted;
    match expression {
        Expression::Read { .. } => here && total(expression, is_total),
        Expression::Binary { operation: BinaryOperation::Multiply, left, right, .. } => {
            here && (inside(left) || inside(right))
        }
        _ => false,
    }
}

/// `left < right ? then : otherwise`, where the two compared are the two chosen from, and one of them is the total.
fn choice(
    condition: &Expression,
    [then, otherwise]: [&Expression; 2],
    element: ElementType,
    is_total: &dyn Fn(usize) -> bool,
) -> Option<Operator> {
    let Expression::Compare { operation, operand_element, left, right } = condition else {
        return None;
    };
    let less = match operation {
        CompareOperation::Less | CompareOperation::LessOrEqual => true,
        CompareOperation::Greater | CompareOperation::GreaterOrEqual => false,
        CompareOperation::Equal | CompareOperation::NotEqual => return None,
    };
    let (left, right) = (&**left, &**right);
    let (own, other) = if total(left, is_total) { (left, right) } else { (right, left) };
    let (kept, chosen) = if total(then, is_total) { (then, otherwise) } else { (otherwise, then) };
    let fits = *operand_element == element
        && total(own, is_total)
        && total(kept, is_total)
        && count(other, is_total) == 0
        && other == chosen;
    // The smaller one is taken if the one that is compared as the smaller stands in the first place.
    let first_kept = total(left, is_total) == total(then, is_total);
    fits.then_some(if less == first_kept { Operator::Least } else { Operator::Greatest })
}

impl Operator {
    /// Whether a body is a constant that changes no total.
    pub fn is_neutral(self, body: &Expression) -> bool {
        match (self, body) {
            (Self::Sum, Expression::Integer { value, .. }) => *value == 0,
            // 0 + -0 is 0, so that is not neutral.
            (Self::Sum, Expression::Float { value, .. }) => value.to_bits() == (-0.0_f64).to_bits(),
            (Self::Product, Expression::Integer { value, .. }) => *value == 1,
            (Self::Product, Expression::Float { value, .. }) => *value == 1.0,
            _ => false,
        }
    }

    /// Whether a total combined with itself stays what it is.
    pub fn is_idempotent(self) -> bool {
        matches!(self, Self::Extreme(_) | Self::Least | Self::Greatest)
    }
}
