//! The values that arrays of subscripts may have, for the contents that nothing else gives them: of
//! `x[column[k]]`, all numbers of elements of `x`.

use loopwright_ir::{
    BinaryOperation, ElementType, Expression, Program, Statement, UnaryOperation, Variable,
};

/// The most different values that an array gets; of more, so many evenly apart.
const MOST_VALUES: i64 = 1 << 14;

/// How many copies one behind the other are followed.
const MOST_COPIES: usize = 8;

/// For each array, the values for which the elements that are gathered exist; `None` where all are.
pub(crate) fn values_of_subscripts(program: &Program) -> Vec<Option<Vec<i64>>> {
    let mut ranges = vec![None; program.arrays.len()];
    for statement in &program.statements {
        statement.body.walk(&mut |node| {
            let Expression::Gather { array, subscripts, .. } = node else { return };
            let extents = program.arrays.get(array.0).map(|array| array.extents.as_slice());
            for (subscript, extent) in subscripts.iter().zip(extents.unwrap_or_default()) {
                let value = |variable| match variable {
                    Variable::Parameter(position) => program.parameter_value(position).unwrap_or(1),
                    _ => 0,
                };
                let greatest = extent.evaluate(value).unwrap_or(1) - 1;
                restrict(statement, subscript, (0, greatest.max(0)), &mut ranges);
            }
        });
    }
    // What is copied to where a subscript is read from is restricted, too.
    for _ in 0..MOST_COPIES {
        let before = ranges.clone();
        for statement in &program.statements {
            if let Some(Some(range)) = before.get(statement.write.array.0) {
                restrict(statement, &statement.body, *range, &mut ranges);
            }
        }
        if ranges == before {
            break;
        }
    }
    let values = |(least, greatest): (i64, i64)| {
        let greatest = greatest.max(least);
        let step = (greatest - least) / MOST_VALUES + 1;
        (0..=(greatest - least) / step).map(|at| least + at * step).collect()
    };
    ranges.into_iter().map(|range| range.map(values)).collect()
}

type Range = (i64, i64);

/// Restricts what the arrays in an expression hold so that its value is within a range.
fn restrict(
    statement: &Statement,
    expression: &Expression,
    (least, greatest): Range,
    ranges: &mut [Option<Range>],
) {
    let constant = |side: &Expression| match side {
        Expression::Integer { value, .. } => Some(*value),
        _ => None,
    };
    match expression {
        Expression::Read { position, element } => {
            let array = statement.reads.get(*position).map(|read| read.array.0);
            let Some(range) = array.and_then(|array| ranges.get_mut(array)) else { return };
            narrow(range, of_type(*element), (least, greatest));
        }
        Expression::Gather { array, element, .. } => {
            if let Some(range) = ranges.get_mut(array.0) {
                narrow(range, of_type(*element), (least, greatest));
            }
        }
        Expression::Cast { operand, .. } if !operand.element().is_float() => {
            restrict(statement, operand, (least, greatest), ranges);
        }
        Expression::Unary { operation: UnaryOperation::Negate, operand, .. } => {
            restrict(statement, operand, (-greatest, -least), ranges);
        }
        Expression::Binary { operation, left, right, .. } => {
            let sides = [(left, constant(right)), (right, constant(left))];
            let known = sides.iter().find_map(|(side, other)| Some((side, (*other)?)));
            match (operation, known, constant(right)) {
                (BinaryOperation::BitwiseAnd, Some((_, mask)), _)
                    if least <= 0 && (0..=greatest).contains(&mask) => {}
                (BinaryOperation::Add, Some((side, number)), _) => {
                    restrict(statement, side, (least - number, greatest - number), ranges);
                }
                (BinaryOperation::Subtract, _, Some(number)) => {
                    restrict(statement, left, (least + number, greatest + number), ranges);
                }
                (BinaryOperation::Multiply, Some((side, factor)), _) if factor > 0 => {
                    let first = least.div_euclid(factor) + i64::from(least % factor != 0);
                    restrict(statement, side, (first, greatest.div_euclid(factor)), ranges);
                }
                (BinaryOperation::ShiftRight, _, Some(bits @ 0..=31)) => {
                    let last = greatest.saturating_add(1).saturating_mul(1 << bits) - 1;
                    restrict(statement, left, (least.saturating_mul(1 << bits), last), ranges);
                }
                _ => nothing_but_zero(statement, expression, ranges),
            }
        }
        Expression::Select { then, otherwise, .. } => {
            restrict(statement, then, (least, greatest), ranges);
            restrict(statement, otherwise, (least, greatest), ranges);
        }
        other => nothing_but_zero(statement, other, ranges),
    }
}

fn narrow(range: &mut Option<Range>, (smallest, largest): Range, (least, greatest): Range) {
    if smallest < least || largest > greatest {
        let (from, to) = range.unwrap_or((smallest, largest));
        *range = Some((from.max(least), to.min(greatest)));
    }
}

/// Of other forms it is only known that zeros are mostly harmless.
fn nothing_but_zero(statement: &Statement, expression: &Expression, ranges: &mut [Option<Range>]) {
    expression.walk(&mut |node| {
        if let Expression::Read { position, .. } = node
            && let Some(read) = statement.reads.get(*position)
            && let Some(range) = ranges.get_mut(read.array.0)
        {
            *range = Some((0, 0));
        }
    });
}

fn of_type(element: ElementType) -> Range {
    match element {
        ElementType::I8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
        ElementType::U8 => (0, i64::from(u8::MAX)),
        ElementType::I16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        ElementType::U16 => (0, i64::from(u16::MAX)),
        ElementType::U32 => (0, i64::from(u32::MAX)),
        ElementType::U64 => (0, i64::MAX),
        _ => (i64::MIN >> 1, i64::MAX >> 1),
    }
}
