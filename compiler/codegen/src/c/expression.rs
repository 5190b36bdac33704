//! Expressions in C, with no more parentheses than C's precedences need.

use super::names::Names;
use super::pack::buffer_element;
use crate::access::resolve;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, Affine, BinaryOperation, CompareOperation, ElementType, Expression, Pack, Statement,
    UnaryOperation,
};

// C's levels of precedence, the tighter the higher.
const CONDITIONAL: u8 = 1;
const ADDITIVE: u8 = 8;
const UNARY: u8 = 10;
const PRIMARY: u8 = 11;

/// A statement instance whose expressions are printed.
pub(super) struct InstanceText<'a> {
    pub names: &'a Names,
    pub statement: &'a Statement,
    pub iterators: &'a [Affine],
    /// The packs around the instance.
    pub packs: &'a [&'a Pack],
}

impl InstanceText<'_> {
    /// `A[i][j + 1]`, or its place in a pack's buffer; a scalar is the element `a[0]`.
    pub fn access(&self, access: &Access) -> String {
        if let Some(pack) = self.packs.iter().find(|pack| pack.array == access.array) {
            let buffer = self.names.buffer(access.array);
            return buffer_element(buffer, pack, |dimension| {
                let subscript = access.subscripts.get(dimension).cloned().unwrap_or_default();
                let subscript = resolve(&subscript, self.iterators, &[]);
                let origin = pack.origin.get(dimension).cloned().unwrap_or_default();
                self.names.affine(&(&subscript - &origin))
            });
        }
        let subscripts: Vec<Affine> = (access.subscripts.iter())
            .map(|subscript| resolve(subscript, self.iterators, &[]))
            .collect();
        self.names.element(access.array, &subscripts)
    }

    /// A subscript that is data: C converts it by itself.
    fn subscript(&self, subscript: &Expression) -> String {
        match subscript {
            Expression::Cast { operand, .. } if !operand.element().is_float() => {
                self.at_level(operand, 0)
            }
            Expression::Index { value, .. } => self.affine(value),
            other => self.at_level(other, 0),
        }
    }

    fn affine(&self, affine: &Affine) -> String {
        self.names.affine(&resolve(affine, self.iterators, &[]))
    }

    /// `+=` and what it adds, where the statement changes what it writes by one operation.
    pub fn update(&self) -> Option<(&'static str, String)> {
        let Expression::Binary { operation, element, left, right } = &self.statement.body else {
            return None;
        };
        let Expression::Read { position, element: read } = &**left else { return None };
        let same = self.statement.reads.get(*position) == Some(&self.statement.write);
        let wide = read == element && (element.is_float() || element.bytes() >= 4);
        if !same || !wide {
            return None;
        }
        let symbol = match operation {
            BinaryOperation::Add => "+=",
            BinaryOperation::Subtract => "-=",
            BinaryOperation::Multiply => "*=",
            BinaryOperation::Divide => "/=",
            _ => return None,
        };
        Some((symbol, self.at_level(right, 0)))
    }

    /// The whole body.
    pub fn body(&self) -> String {
        self.at_level(&self.statement.body, 0)
    }

    /// The condition and the value of a statement that else leaves alone what it writes.
    pub fn guarded(&self) -> Option<(String, String)> {
        let (condition, value) = self.statement.guard()?;
        Some((self.at_level(condition, 0), self.at_level(value, 0)))
    }

    fn at_level(&self, expression: &Expression, least: u8) -> String {
        let (text, level) = self.expression(expression);
        if level < least { format!("({text})") } else { text }
    }

    fn expression(&self, expression: &Expression) -> (String, u8) {
        match expression {
            Expression::Read { position, .. } => {
                let text = self
                    .statement
                    .reads
                    .get(*position)
                    .map_or_else(|| format!("read_{position}"), |access| self.access(access));
                (text, PRIMARY)
            }
            Expression::Integer { value, element } => integer(*value, *element),
            Expression::Float { value, element } => float(*value, *element),
            Expression::Index { value, element } => {
                let text = self.affine(value);
                let simple = text.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
                let text = if simple { text } else { format!("({text})") };
                (format!("({}){text}", element.c_name()), UNARY)
            }
            Expression::Unary { operation, element, operand } => {
                let sign = match operation {
                    UnaryOperation::Negate => '-',
                    UnaryOperation::BitwiseNot => '~',
                };
                let operand = self.at_level(operand, UNARY);
                let operand =
                    if operand.starts_with('-') { format!("({operand})") } else { operand };
                narrowed(format!("{sign}{operand}"), UNARY, *element)
            }
            Expression::Binary { operation, element, left, right } => {
                let (symbol, level) = binary_symbol(*operation);
                let left = self.at_level(left, level);
                let loose = planted(Fault::PrintedBrackets);
                let right = self.at_level(right, if loose { level } else { level + 1 });
                narrowed(format!("{left} {symbol} {right}"), level, *element)
            }
            Expression::MultiplyAdd {
                element,
                negate_product,
                negate_addend,
                left,
                right,
                addend,
            } => {
                let name = if *element == ElementType::F32 { "fmaf" } else { "fma" };
                let left = self.negated_if(*negate_product, left);
                let right = self.at_level(right, CONDITIONAL);
                let addend = self.negated_if(*negate_addend, addend);
                if planted(Fault::PrintedFused) {
                    return (format!("(({left}) * ({right}) + ({addend}))"), PRIMARY);
                }
                (format!("{name}({left}, {right}, {addend})"), PRIMARY)
            }
            Expression::Compare { operation, left, right, .. } => {
                let (symbol, level) = compare_symbol(*operation);
                let left = self.at_level(left, level + 1);
                let right = self.at_level(right, level + 1);
                (format!("{left} {symbol} {right}"), level)
            }
            Expression::Select { element, condition, then, otherwise } => {
                let condition = self.at_level(condition, CONDITIONAL + 1);
                let then = self.at_level(then, CONDITIONAL + 1);
                let otherwise = self.at_level(otherwise, CONDITIONAL + 1);
                narrowed(format!("{condition} ? {then} : {otherwise}"), CONDITIONAL, *element)
            }
            // A loop variable is an integer of all values that it has in the source.
            Expression::Cast { element, operand }
                if self.names.is_in_place()
                    && element.is_float()
                    && matches!(
                        **operand,
                        Expression::Index { element: ElementType::I32 | ElementType::I64, .. }
                    ) =>
            {
                let Expression::Index { value, .. } = &**operand else {
                    return self.expression(operand);
                };
                let value = Expression::Index { value: value.clone(), element: *element };
                self.expression(&value)
            }
            Expression::Cast { element, operand } => {
                let operand = self.at_level(operand, UNARY);
                (format!("({}){operand}", element.c_name()), UNARY)
            }
            Expression::Call { element, .. } if is_not_a_number(expression) => {
                (if *element == ElementType::F32 { "NAN" } else { "(double)NAN" }.to_owned(), UNARY)
            }
            Expression::Gather { array, subscripts, .. } => {
                let subscripts: Vec<String> =
                    subscripts.iter().map(|one| self.subscript(one)).collect();
                (self.names.element_at(*array, &subscripts), PRIMARY)
            }
            Expression::Call { function, element, arguments } => {
                let suffix = if *element == ElementType::F32 { "f" } else { "" };
                let arguments: Vec<_> =
                    arguments.iter().map(|argument| self.at_level(argument, CONDITIONAL)).collect();
                let name = function.c_name();
                (format!("{name}{suffix}({})", arguments.join(", ")), PRIMARY)
            }
        }
    }

    fn negated_if(&self, negate: bool, expression: &Expression) -> String {
        if !negate {
            return self.at_level(expression, CONDITIONAL);
        }
        let text = self.at_level(expression, UNARY);
        if text.starts_with('-') { format!("-({text})") } else { format!("-{text}") }
    }
}

/// C computes in `int` what is narrower: the value is brought back to its own type.
fn narrowed(text: String, level: u8, element: ElementType) -> (String, u8) {
    if element.is_float() || element.bytes() >= 4 {
        (text, level)
    } else {
        (format!("({})({text})", element.c_name()), UNARY)
    }
}

fn integer(value: i64, element: ElementType) -> (String, u8) {
    let suffix = match element {
        ElementType::I64 => "L",
        ElementType::U64 => "UL",
        ElementType::U32 => "U",
        _ => "",
    };
    // Constants wrap to their type, as a conversion would.
    let (negative, magnitude) = match element {
        ElementType::U8 => (false, u64::from(value as u8)),
        ElementType::U16 => (false, u64::from(value as u16)),
        ElementType::U32 => (false, u64::from(value as u32)),
        ElementType::U64 => (false, value as u64),
        ElementType::I8 => signed(i64::from(value as i8)),
        ElementType::I16 => signed(i64::from(value as i16)),
        ElementType::I32 => signed(i64::from(value as i32)),
        _ => signed(value),
    };
    let least = match element {
        ElementType::I64 => i64::MIN.unsigned_abs(),
        _ => i64::from(i32::MIN).unsigned_abs(),
    };
    if negative && magnitude == least {
        // The literal of the magnitude would not fit in the type.
        return (format!("-{}{suffix} - 1", magnitude - 1), ADDITIVE);
    }
    if negative {
        (format!("-{magnitude}{suffix}"), UNARY)
    } else {
        (format!("{magnitude}{suffix}"), PRIMARY)
    }
}

fn signed(value: i64) -> (bool, u64) {
    (value < 0, value.unsigned_abs())
}

/// Whether an expression is the one that stands for `NAN`.
fn is_not_a_number(expression: &Expression) -> bool {
    *expression == Expression::not_a_number(expression.element())
}

fn float(value: f64, element: ElementType) -> (String, u8) {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let level = if value.is_sign_negative() { UNARY } else { PRIMARY };
    let magnitude = value.abs();
    let text = if value.is_nan() {
        "NAN".to_owned()
    } else if value.is_infinite() {
        "INFINITY".to_owned()
    } else if element == ElementType::F32 && !planted(Fault::PrintedFloat) {
        // The shortest digits that give the number back.
        format!("{:?}f", magnitude as f32)
    } else {
        format!("{magnitude:?}")
    };
    (format!("{sign}{text}"), level)
}

fn binary_symbol(operation: BinaryOperation) -> (&'static str, u8) {
    match operation {
        BinaryOperation::Multiply => ("*", 9),
        BinaryOperation::Divide => ("/", 9),
        BinaryOperation::Remainder => ("%", 9),
        BinaryOperation::Add => ("+", ADDITIVE),
        BinaryOperation::Subtract => ("-", ADDITIVE),
        BinaryOperation::ShiftLeft => ("<<", 7),
        BinaryOperation::ShiftRight => (">>", 7),
        BinaryOperation::BitwiseAnd => ("&", 4),
        BinaryOperation::BitwiseXor => ("^", 3),
        BinaryOperation::BitwiseOr => ("|", 2),
    }
}

fn compare_symbol(operation: CompareOperation) -> (&'static str, u8) {
    match operation {
        CompareOperation::Less => ("<", 6),
        CompareOperation::LessOrEqual => ("<=", 6),
        CompareOperation::Greater => (">", 6),
        CompareOperation::GreaterOrEqual => (">=", 6),
        CompareOperation::Equal => ("==", 5),
        CompareOperation::NotEqual => ("!=", 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the frontend makes of C computes in `int` at least, so no text shows this; programs made otherwise
    /// may compute in narrow types.
    #[test]
    fn narrow_arithmetic_is_brought_back_to_its_type() {
        let printed = |element| narrowed("a + b".to_owned(), ADDITIVE, element);
        let (text, level) = printed(ElementType::U8);
        assert_eq!((text, level), (format!("({})(a + b)", ElementType::U8.c_name()), UNARY));
        for wide in [ElementType::I32, ElementType::U64, ElementType::F32] {
            assert_eq!(printed(wide), ("a + b".to_owned(), ADDITIVE));
        }
    }
}
