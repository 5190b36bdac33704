//! `memset` and `memcpy` of an array, or of a row of one, as loops over its elements.

use super::Reader;
use crate::syntax::{
    Expression, ExpressionKind, Extent, ForLoop, Operator, Place, Shape, Statement, StatementKind,
    Testing, ValueType, VariableId,
};
use loopwright_ir::{BinaryOperation, CompareOperation, ElementType};

/// Memory that a call names: elements of one array, one after the other.
struct Row {
    /// What is subscripted with the element's number.
    base: Expression,
    root: VariableId,
    element: ElementType,
    value_type: ValueType,
    /// The dimensions that `base` leaves, outermost first.
    extents: Vec<Extent>,
}

impl Reader<'_> {
    /// The loops in place of a call; `None` where it is no such call, or of another form.
    pub(super) fn whole_rows(&mut self, expression: &Expression) -> Option<Statement> {
        let call = unconverted(expression);
        let ExpressionKind::Call { name, arguments } = &call.kind else { return None };
        let place = expression.place;
        let [first, second, bytes] = arguments.as_slice() else { return None };
        let target = self.row(first)?;
        match name.strip_prefix("__builtin_").unwrap_or(name) {
            "memset" => {
                let ExpressionKind::Integer(byte) = unconverted(second).kind else { return None };
                let value = match (byte, target.element.bytes()) {
                    (0, _) if target.element.is_float() => ExpressionKind::Float(0.0),
                    (0, _) => ExpressionKind::Integer(0),
                    (-1, _) if target.element.is_signed_integer() => ExpressionKind::Integer(-1),
                    (_, 1) if target.element == ElementType::U8 => {
                        ExpressionKind::Integer(i64::from(byte as u8))
                    }
                    (_, 1) if target.element == ElementType::I8 => {
                        ExpressionKind::Integer(i64::from(byte as i8))
                    }
                    _ => return None,
                };
                let value =
                    Expression { kind: value, value_type: target.value_type.clone(), place };
                let counts = counts(&target, bytes)?;
                Some(self.loops(target, &|_| value.clone(), counts, place))
            }
            "memcpy" | "memmove" => {
                let source = self.row(second)?;
                if source.element != target.element
                    || source.extents.len() != target.extents.len()
                    || (name.ends_with("memmove") && source.root == target.root)
                {
                    return None;
                }
                let counts = counts(&target, bytes)?;
                let base = source.base;
                let value_type = target.value_type.clone();
                let value = |subscripts: &[Expression]| at(&base, subscripts, &value_type, place);
                Some(self.loops(target, &value, counts, place))
            }
            _ => None,
        }
    }

    fn row(&self, expression: &Expression) -> Option<Row> {
        let base = unconverted(expression);
        let mut subscripts = 0;
        let mut current = base;
        let root = loop {
            match &current.kind {
                ExpressionKind::Variable(id) => break *id,
                ExpressionKind::Subscript { base, .. } => {
                    subscripts += 1;
                    current = base;
                }
                // The address of an element: what follows it in its row.
                ExpressionKind::AddressOf(operand) if subscripts == 0 => {
                    let ExpressionKind::Subscript { base, .. } = &operand.kind else { return None };
                    current = base;
                }
                ExpressionKind::Convert { operand, .. } => current = operand,
                ExpressionKind::Binary {
                    operator: Operator::Arithmetic(BinaryOperation::Add | BinaryOperation::Subtract),
                    left,
                    ..
                } if left.value_type == ValueType::Address => current = left,
                _ => return None,
            }
        };
        let shape: &Shape = self.syntax.variables.get(root)?.shape.as_ref().ok()?;
        let extents = shape.extents.get(subscripts..)?.to_vec();
        let ValueType::Number(element) = shape.element else { return None };
        if extents.is_empty() {
            return None;
        }
        Some(Row { base: base.clone(), root, element, value_type: shape.element.clone(), extents })
    }

    fn loops(
        &mut self,
        target: Row,
        value: &dyn Fn(&[Expression]) -> Expression,
        counts: Vec<Expression>,
        place: Place,
    ) -> Statement {
        let long = ValueType::Number(ElementType::I64);
        let mut variables = Vec::new();
        for _ in &counts {
            let shape = Shape::integer(ElementType::I64, "long");
            let id = self.fresh(self.function, "k", Ok(shape), place);
            variables.push(id);
        }
        let variable = |id: VariableId| Expression {
            kind: ExpressionKind::Variable(id),
            value_type: long.clone(),
            place,
        };
        let subscripts: Vec<_> = variables.iter().map(|id| variable(*id)).collect();
        let element = at(&target.base, &subscripts, &target.value_type, place);
        let kind = ExpressionKind::Assign {
            operation: None,
            target: Box::new(element),
            value: Box::new(value(&subscripts)),
        };
        let assigned = Expression { kind, value_type: target.value_type, place };
        let mut inner = Statement { kind: StatementKind::Expression(assigned), place };
        for (id, count) in variables.into_iter().zip(counts).rev() {
            let condition = Expression {
                kind: ExpressionKind::Binary {
                    operator: Operator::Compare(CompareOperation::Less),
                    left: Box::new(variable(id)),
                    right: Box::new(count),
                },
                value_type: ValueType::Number(ElementType::I32),
                place,
            };
            let step = ExpressionKind::Step {
                increment: true,
                postfix: true,
                target: Box::new(variable(id)),
            };
            let counted = ForLoop {
                start: Some((id, Expression::integer(0, ElementType::I64, place))),
                declares: true,
                condition,
                step: Expression { kind: step, value_type: long.clone(), place },
                body: Box::new(inner),
                header: place,
                testing: Testing::Before,
            };
            inner = Statement { kind: StatementKind::For(Box::new(counted)), place };
        }
        inner
    }
}

/// How often each of the loops runs; `None` where the number of bytes is not seen to be theirs.
fn counts(target: &Row, bytes: &Expression) -> Option<Vec<Expression>> {
    let size = i64::try_from(target.element.bytes()).ok()?;
    let count = divided(bytes, size)?;
    if let [_] = target.extents.as_slice() {
        return Some(vec![signed(count)]);
    }
    // The whole array.
    let ExpressionKind::Integer(total) = count.kind else { return None };
    let mut extents = Vec::new();
    for extent in &target.extents {
        let Extent::Constant(extent) = extent else { return None };
        extents.push(*extent);
    }
    let product = extents.iter().try_fold(1_i64, |product, extent| product.checked_mul(*extent))?;
    (product == total).then(|| {
        let long = ElementType::I64;
        extents.iter().map(|extent| Expression::integer(*extent, long, count.place)).collect()
    })
}

/// The quotient of a number of bytes that is a multiple of `size` as it is written.
fn divided(bytes: &Expression, size: i64) -> Option<Expression> {
    match &bytes.kind {
        _ if size == 1 => Some(bytes.clone()),
        ExpressionKind::Integer(value) if value % size == 0 => {
            Some(Expression { kind: ExpressionKind::Integer(value / size), ..bytes.clone() })
        }
        ExpressionKind::Convert { operand, .. } => divided(operand, size),
        ExpressionKind::Binary {
            operator: operator @ Operator::Arithmetic(BinaryOperation::Multiply),
            left,
            right,
        } => {
            let product = |left: Expression, right: Expression| {
                let one = |side: &Expression| side.kind == ExpressionKind::Integer(1);
                if one(&right) {
                    return left;
                }
                if one(&left) {
                    return right;
                }
                let (left, right) = (Box::new(left), Box::new(right));
                let kind = ExpressionKind::Binary { operator: *operator, left, right };
                Expression { kind, ..bytes.clone() }
            };
            match divided(right, size) {
                Some(quotient) => Some(product((**left).clone(), quotient)),
                None => Some(product(divided(left, size)?, (**right).clone())),
            }
        }
        _ => None,
    }
}

/// A count as a signed number: the conversion to `size_t` of a signed one is undone.
fn signed(count: Expression) -> Expression {
    let place = count.place;
    let mut current = &count;
    while let ExpressionKind::Convert { operand, .. } = &current.kind {
        current = operand;
    }
    let long = ValueType::Number(ElementType::I64);
    if current.value_type == long {
        return current.clone();
    }
    let kind = ExpressionKind::Convert { operand: Box::new(current.clone()), explicit: false };
    Expression { kind, value_type: long, place }
}

/// What is converted.
pub(super) fn unconverted(expression: &Expression) -> &Expression {
    match &expression.kind {
        ExpressionKind::Convert { operand, .. } | ExpressionKind::Inlined(operand) => {
            unconverted(operand)
        }
        _ => expression,
    }
}

/// `base[subscripts]…`
fn at(
    base: &Expression,
    subscripts: &[Expression],
    value_type: &ValueType,
    place: Place,
) -> Expression {
    let mut current = base.clone();
    for (position, index) in subscripts.iter().enumerate() {
        let last = position + 1 == subscripts.len();
        current = Expression {
            kind: ExpressionKind::Subscript {
                base: Box::new(current),
                index: Box::new(index.clone()),
            },
            value_type: if last { value_type.clone() } else { ValueType::Address },
            place,
        };
    }
    current
}
