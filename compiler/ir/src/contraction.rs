//! Which multiplications and additions of one C expression become a fused multiply-add.
//!
//! The rule is that of `clang -ffp-contract=on`, decided on the statement's expression alone so that
//! it is the same under every schedule: an addition or subtraction whose left operand is a product
//! (or the negation of one) fuses with it, otherwise one whose right operand is. A product is fused
//! with one addition only, since each node of the tree has one user.

use crate::expression::{BinaryOperation, Expression, UnaryOperation};
use crate::planted::{Fault, planted};

/// The expression with every addition or subtraction that contraction allows turned into
/// [`Expression::MultiplyAdd`].
pub fn contract(expression: Expression) -> Expression {
    let expression = expression.map_operands(&mut contract);
    let Expression::Binary { operation, element, left, right } = expression else {
        return expression;
    };
    let subtracts = operation == BinaryOperation::Subtract;
    if !element.is_float() || !(subtracts || operation == BinaryOperation::Add) {
        return Expression::Binary { operation, element, left, right };
    }
    match into_product(*left) {
        Ok((first, second, negated)) => Expression::MultiplyAdd {
            element,
            negate_product: negated,
            negate_addend: subtracts,
            left: first,
            right: second,
            addend: right,
        },
        Err(left) => match into_product(*right) {
            Ok((first, second, negated)) => Expression::MultiplyAdd {
                element,
                negate_product: (subtracts && !planted(Fault::ContractedSubtrahend)) ^ negated,
                negate_addend: false,
                left: first,
                right: second,
                addend: left,
            },
            Err(right) => Expression::Binary { operation, element, left, right },
        },
    }
}

type Product = (Box<Expression>, Box<Expression>, bool);

/// The factors when the expression is `a * b` or `-(a * b)`, with whether it is negated; otherwise
/// the expression itself.
fn into_product(expression: Expression) -> Result<Product, Box<Expression>> {
    match expression {
        Expression::Binary { operation: BinaryOperation::Multiply, left, right, .. } => {
            Ok((left, right, false))
        }
        Expression::Unary { operation: UnaryOperation::Negate, element, operand } => match *operand
        {
            Expression::Binary { operation: BinaryOperation::Multiply, left, right, .. } => {
                Ok((left, right, !planted(Fault::ContractedSwapped)))
            }
            other => Err(Box::new(Expression::Unary {
                operation: UnaryOperation::Negate,
                element,
                operand: Box::new(other),
            })),
        },
        other => Err(Box::new(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ElementType::{F64, I32};

    fn read(position: usize) -> Box<Expression> {
        Box::new(Expression::Read { position, element: F64 })
    }

    fn binary(
        operation: BinaryOperation,
        left: Box<Expression>,
        right: Box<Expression>,
    ) -> Box<Expression> {
        Box::new(Expression::Binary { operation, element: F64, left, right })
    }

    #[test]
    fn the_left_product_is_preferred() {
        use BinaryOperation::{Add, Multiply};
        let sum =
            binary(Add, binary(Multiply, read(0), read(1)), binary(Multiply, read(2), read(3)));
        match contract(*sum) {
            Expression::MultiplyAdd { left, addend, .. } => {
                assert_eq!(left, read(0));
                assert!(matches!(*addend, Expression::Binary { operation: Multiply, .. }));
            }
            other => panic!("not fused: {other:?}"),
        }
    }

    #[test]
    fn subtracting_a_product_negates_it() {
        use BinaryOperation::{Multiply, Subtract};
        let difference = binary(Subtract, read(0), binary(Multiply, read(1), read(2)));
        match contract(*difference) {
            Expression::MultiplyAdd { negate_product, negate_addend, addend, .. } => {
                assert!(negate_product && !negate_addend);
                assert_eq!(addend, read(0));
            }
            other => panic!("not fused: {other:?}"),
        }
    }

    #[test]
    fn integers_and_casts_stay_as_they_are() {
        let product = Expression::Binary {
            operation: BinaryOperation::Multiply,
            element: I32,
            left: Box::new(Expression::Integer { value: 2, element: I32 }),
            right: Box::new(Expression::Integer { value: 3, element: I32 }),
        };
        let sum = Expression::Binary {
            operation: BinaryOperation::Add,
            element: F64,
            left: Box::new(Expression::Cast { element: F64, operand: Box::new(product) }),
            right: read(0),
        };
        assert_eq!(contract(sum.clone()), sum);
    }
}
