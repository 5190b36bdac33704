//! Statements that add to what they write: `s = s + …`, and its kin for products, minima and maxima.

use crate::{BinaryOperation, CompareOperation, ElementType, Expression, MathFunction, Statement};

/// How a statement combines the element that it writes with something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combination {
    /// `s + x` and `s - x`: a sum of all `x` or `-x`.
    Sum,
    /// `s * x`.
    Product,
    /// `fmin(s, x)` or `fmax(s, x)`.
    Extreme(MathFunction),
    /// `s < x ? s : x` and all like it: the smaller or the greater of two.
    Choice { operation: CompareOperation, kept_first: bool, kept_if: bool },
}

/// A statement of the form `s = s ⊕ x`, where `x` does not read `s` at that place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accumulation {
    pub combination: Combination,
    pub element: ElementType,
    /// The positions in the list of reads that stand for `s`.
    pub reads: Vec<usize>,
}

impl Accumulation {
    /// What a statement accumulates; `None` when it is of another form, or when the value is converted before
    /// it is written.
    pub fn of(statement: &Statement) -> Option<Self> {
        let is_total = |expression: &Expression| {
            matches!(expression, Expression::Read { position, .. }
                if statement.reads.get(*position) == Some(&statement.write))
        };
        let combination = combination(statement, &is_total)?;
        let positions = 0..statement.reads.len();
        let reads: Vec<usize> = positions
            .filter(|position| statement.reads.get(*position) == Some(&statement.write))
            .collect();
        let mut occurrences = 0;
        statement.body.walk(&mut |node| occurrences += usize::from(is_total(node)));
        let expected = match combination {
            Combination::Choice { .. } => 2,
            _ => 1,
        };
        (occurrences == expected && reads.len() <= expected).then(|| Self {
            combination,
            element: statement.body.element(),
            reads,
        })
    }

    /// Whether the order of the combinations changes no bit of the result: integers wrap, and the least of several
    /// is the least of the least.
    pub fn is_exact(&self) -> bool {
        !self.element.is_float()
    }

    /// A value that changes nothing; `None` where there is none but the total itself, which may be combined
    /// with itself at no harm.
    pub fn neutral(&self) -> Option<Expression> {
        let element = self.element;
        let value = match self.combination {
            Combination::Sum => 0,
            Combination::Product => 1,
            Combination::Extreme(_) | Combination::Choice { .. } => return None,
        };
        Some(match (element.is_float(), value) {
            // 0 + -0 is 0, so that is not neutral.
            (true, 0) => Expression::Float { value: -0.0, element },
            (true, _) => Expression::Float { value: 1.0, element },
            (false, value) => Expression::Integer { value, element },
        })
    }

    /// The total, which is read 0, combined with a partial one, which is read 1.
    pub fn combined(&self) -> Expression {
        let element = self.element;
        let read = |position| Box::new(Expression::Read { position, element });
        let binary =
            |operation| Expression::Binary { operation, element, left: read(0), right: read(1) };
        match self.combination {
            Combination::Sum => binary(BinaryOperation::Add),
            Combination::Product => binary(BinaryOperation::Multiply),
            Combination::Extreme(function) => {
                Expression::Call { function, element, arguments: vec![*read(0), *read(1)] }
            }
            Combination::Choice { operation, kept_first, kept_if } => {
                let (left, right) = if kept_first { (0, 1) } else { (1, 0) };
                let (then, otherwise) = if kept_if { (0, 1) } else { (1, 0) };
                Expression::Select {
                    element,
                    condition: Box::new(Expression::Compare {
                        operation,
                        operand_element: element,
                        left: read(left),
                        right: read(right),
                    }),
                    then: read(then),
                    otherwise: read(otherwise),
                }
            }
        }
    }

    /// How C would write that the total takes a partial one in, or else that the partial one begins.
    pub fn text(&self, [total, partial]: [String; 2], finish: bool) -> String {
        let from_total = || format!("{partial} = {total};");
        match self.combination {
            Combination::Sum if finish => format!("{total} += {partial};"),
            Combination::Sum => format!("{partial} = 0;"),
            Combination::Product if finish => format!("{total} *= {partial};"),
            Combination::Product => format!("{partial} = 1;"),
            Combination::Extreme(function) if finish => {
                format!("{total} = {}({total}, {partial});", function.c_name())
            }
            Combination::Choice { .. } if finish => {
                format!("{total} = choice({total}, {partial});")
            }
            Combination::Extreme(_) | Combination::Choice { .. } => from_total(),
        }
    }
}

fn combination(
    statement: &Statement,
    is_total: &dyn Fn(&Expression) -> bool,
) -> Option<Combination> {
    let element = statement.body.element();
    match &statement.body {
        Expression::Call { function, arguments, .. } => {
            let extreme = matches!(function, MathFunction::Minimum | MathFunction::Maximum);
            (extreme && arguments.iter().any(is_total)).then_some(Combination::Extreme(*function))
        }
        Expression::Select { condition, then, otherwise, .. } => {
            let Expression::Compare { operation, operand_element, left, right } = &**condition
            else {
                return None;
            };
            let orders = !matches!(operation, CompareOperation::Equal | CompareOperation::NotEqual);
            let (kept_first, other) = if is_total(left) { (true, right) } else { (false, left) };
            let (kept_if, chosen) = if is_total(then) { (true, otherwise) } else { (false, then) };
            let fits = orders
                && *operand_element == element
                && (kept_first || is_total(right))
                && (kept_if || is_total(otherwise))
                && same(statement, other, chosen);
            fits.then_some(Combination::Choice { operation: *operation, kept_first, kept_if })
        }
        body if is_added(body, element, is_total) => Some(Combination::Sum),
        body if is_multiplied(body, element, is_total) => Some(Combination::Product),
        _ => None,
    }
}

/// Whether the total is one of the terms that are added up.
fn is_added(
    expression: &Expression,
    wanted: ElementType,
    is_total: &dyn Fn(&Expression) -> bool,
) -> bool {
    if is_total(expression) {
        return true;
    }
    let inside = |operand: &Expression| is_added(operand, wanted, is_total);
    match expression {
        Expression::Binary { operation: BinaryOperation::Add, element, left, right } => {
            *element == wanted && (inside(left) || inside(right))
        }
        Expression::Binary { operation: BinaryOperation::Subtract, element, left, .. } => {
            *element == wanted && inside(left)
        }
        Expression::MultiplyAdd { element, negate_addend: false, addend, .. } => {
            *element == wanted && inside(addend)
        }
        _ => false,
    }
}

/// Whether the total is one of the factors that are multiplied.
fn is_multiplied(
    expression: &Expression,
    wanted: ElementType,
    is_total: &dyn Fn(&Expression) -> bool,
) -> bool {
    let inside = |operand: &Expression| is_multiplied(operand, wanted, is_total);
    is_total(expression)
        || matches!(expression, Expression::Binary { operation: BinaryOperation::Multiply, element, left, right }
            if *element == wanted && (inside(left) || inside(right)))
}

/// Whether two expressions of a statement have the same value.
fn same(statement: &Statement, left: &Expression, right: &Expression) -> bool {
    fn first(statement: &Statement, expression: Expression) -> Expression {
        match expression {
            Expression::Read { position, element } => {
                let access = statement.reads.get(position);
                let first = statement.reads.iter().position(|read| Some(read) == access);
                Expression::Read { position: first.unwrap_or(position), element }
            }
            other => other.map_operands(&mut |operand| first(statement, operand)),
        }
    }
    first(statement, left.clone()) == first(statement, right.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Access, Affine, ArrayId, Span};

    /// `s = body`, where the reads are `s`, `x`, `s`, `x`.
    fn statement(body: Expression) -> Statement {
        let access =
            |array| Access { array: ArrayId(array), subscripts: vec![Affine::constant(0)] };
        Statement {
            name: "S1".to_owned(),
            iterators: Vec::new(),
            domain: Vec::new(),
            write: access(0),
            reads: vec![access(0), access(1), access(0), access(1)],
            body,
            span: Span::default(),
            text: String::new(),
        }
    }

    fn read(position: usize, element: ElementType) -> Box<Expression> {
        Box::new(Expression::Read { position, element })
    }

    fn binary(operation: BinaryOperation, left: usize, right: usize) -> Expression {
        let element = ElementType::F64;
        Expression::Binary {
            operation,
            element,
            left: read(left, element),
            right: read(right, element),
        }
    }

    fn reads_once(mut found: Statement) -> Option<Accumulation> {
        found.reads.truncate(2);
        Accumulation::of(&found)
    }

    fn kind(body: Expression) -> Option<Combination> {
        reads_once(statement(body)).map(|found| found.combination)
    }

    #[test]
    fn sums_and_products() {
        use BinaryOperation::{Add, Divide, Multiply, Subtract};
        assert_eq!(kind(binary(Add, 0, 1)), Some(Combination::Sum));
        assert_eq!(kind(binary(Add, 1, 0)), Some(Combination::Sum));
        assert_eq!(kind(binary(Subtract, 0, 1)), Some(Combination::Sum));
        assert_eq!(kind(binary(Subtract, 1, 0)), None, "x - s alternates");
        assert_eq!(kind(binary(Multiply, 1, 0)), Some(Combination::Product));
        assert_eq!(kind(binary(Divide, 0, 1)), None);
        assert_eq!(kind(binary(Add, 0, 0)), None, "s + s");
    }

    #[test]
    fn the_total_may_stand_among_several_terms() {
        use BinaryOperation::{Add, Multiply};
        let element = ElementType::F64;
        let nested = |operation, inner| Expression::Binary {
            operation,
            element,
            left: Box::new(inner),
            right: read(1, element),
        };
        assert_eq!(kind(nested(Add, binary(Add, 0, 1))), Some(Combination::Sum));
        assert_eq!(kind(nested(Multiply, binary(Add, 0, 1))), None, "(s + x) * x");
        assert_eq!(kind(nested(Add, binary(Multiply, 0, 1))), None, "s * x + x");
        let fused = Expression::MultiplyAdd {
            element,
            negate_product: true,
            negate_addend: false,
            left: read(1, element),
            right: read(1, element),
            addend: read(0, element),
        };
        assert_eq!(kind(fused), Some(Combination::Sum));
    }

    #[test]
    fn conversions_are_no_sums() {
        let body = Expression::Cast {
            element: ElementType::F32,
            operand: Box::new(binary(BinaryOperation::Add, 0, 1)),
        };
        assert_eq!(kind(body), None);
    }

    /// `(s or x) operation (x or s) ? (s or x) : (x or s)`.
    fn choice(positions: [usize; 4], element: ElementType) -> Statement {
        let [left, right, then, otherwise] = positions;
        statement(Expression::Select {
            element,
            condition: Box::new(Expression::Compare {
                operation: CompareOperation::GreaterOrEqual,
                operand_element: element,
                left: read(left, element),
                right: read(right, element),
            }),
            then: read(then, element),
            otherwise: read(otherwise, element),
        })
    }

    #[test]
    fn the_smaller_or_greater_of_two() {
        let element = ElementType::I32;
        let found = Accumulation::of(&choice([0, 1, 2, 3], element)).expect("a maximum");
        assert!(found.is_exact() && found.neutral().is_none());
        assert_eq!(found.reads, [0, 2]);
        assert_eq!(found.combined(), choice([0, 1, 0, 1], element).body);
        let found = Accumulation::of(&choice([1, 0, 2, 3], element)).expect("a minimum");
        assert_eq!(found.combined(), choice([1, 0, 0, 1], element).body);
        assert_eq!(Accumulation::of(&choice([0, 1, 3, 1], element)), None, "never s");
        let mut other = choice([0, 1, 2, 3], element);
        other.reads[3] = Access { array: ArrayId(2), subscripts: Vec::new() };
        assert_eq!(Accumulation::of(&other), None, "s >= x ? s : y");
    }

    #[test]
    fn neutral_values_are_neutral() {
        let found = reads_once(statement(binary(BinaryOperation::Add, 0, 1))).expect("a sum");
        assert!(!found.is_exact());
        let Some(Expression::Float { value, .. }) = found.neutral() else { panic!("a number") };
        for total in [0.0_f64, -0.0, 1.5] {
            assert_eq!((total + value).to_bits(), total.to_bits());
        }
    }
}
