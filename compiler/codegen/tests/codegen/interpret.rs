//! A naive evaluation of a loop tree in source order of its nodes, marks ignored: the oracle.

use loopwright_ir::*;
use std::collections::HashMap;

#[derive(Clone, Copy, Debug)]
enum Value {
    Integer(i64),
    Float(f64),
}

unsafe extern "C" {
    fn exp(x: f64) -> f64;
    fn expf(x: f32) -> f32;
    fn pow(x: f64, y: f64) -> f64;
    fn powf(x: f32, y: f32) -> f32;
    fn fmin(x: f64, y: f64) -> f64;
    fn fmod(x: f64, y: f64) -> f64;
}

/// Buffers of bytes, one an array.
pub type Buffers = Vec<Vec<u8>>;

pub fn interpret(program: &Program, tree: &LoopTree, parameters: &[i64], buffers: &mut Buffers) {
    let mut run = Run { program, parameters, loops: HashMap::new(), buffers };
    run.nodes(&tree.roots);
}

struct Run<'a> {
    program: &'a Program,
    parameters: &'a [i64],
    loops: HashMap<u32, i64>,
    buffers: &'a mut Buffers,
}

impl Run<'_> {
    fn nodes(&mut self, nodes: &[LoopTreeNode]) {
        for node in nodes {
            match node {
                LoopTreeNode::For(inner) => {
                    let value_of = |variable| self.value_of(variable);
                    let lower = inner.lower.evaluate(true, &value_of).unwrap();
                    let upper = inner.upper.evaluate(false, &value_of).unwrap();
                    for value in lower..=upper {
                        self.loops.insert(inner.id.0, value);
                        self.nodes(&inner.body);
                    }
                }
                LoopTreeNode::Pack(pack) => self.nodes(&pack.body),
                LoopTreeNode::If { conditions, body, otherwise } => {
                    let holds = conditions
                        .iter()
                        .all(|condition| condition.holds(|name| self.value_of(name)).unwrap());
                    self.nodes(if holds { body } else { otherwise });
                }
                LoopTreeNode::Statement(instance) => self.statement(instance),
            }
        }
    }

    fn value_of(&self, variable: Variable) -> i64 {
        match variable {
            Variable::Loop(id) => self.loops[&id],
            Variable::Parameter(position) => self.parameters[position as usize],
            Variable::Iterator(_) => panic!("an iterator outside a statement"),
        }
    }

    fn statement(&mut self, instance: &Instance) {
        let statement = self.program.statement(instance.statement);
        let iterators: Vec<i64> = instance
            .iterators
            .iter()
            .map(|value| value.evaluate(|name| self.value_of(name)).unwrap())
            .collect();
        let value = self.expression(statement, &iterators, &statement.body);
        let element = self.program.array(statement.write.array).element;
        let value = convert(value, statement.body.element(), element);
        let place = self.place(&statement.write, &iterators);
        let bytes = bytes_of(value, element);
        self.buffers[statement.write.array.0][place..place + bytes.len()].copy_from_slice(&bytes);
    }

    fn affine(&self, affine: &Affine, iterators: &[i64]) -> i64 {
        affine
            .evaluate(|variable| match variable {
                Variable::Iterator(depth) => iterators[depth as usize],
                other => self.value_of(other),
            })
            .unwrap()
    }

    fn place(&self, access: &Access, iterators: &[i64]) -> usize {
        let array = self.program.array(access.array);
        let mut position = 0;
        for (subscript, extent) in access.subscripts.iter().zip(&array.extents) {
            let extent = self.affine(extent, &[]);
            let subscript = self.affine(subscript, iterators);
            assert!((0..extent).contains(&subscript), "out of bounds: {}", array.name);
            position = position * extent + subscript;
        }
        usize::try_from(position).unwrap() * usize::try_from(array.element.bytes()).unwrap()
    }

    fn expression(&self, statement: &Statement, at: &[i64], expression: &Expression) -> Value {
        let value = |inner: &Expression| self.expression(statement, at, inner);
        match expression {
            Expression::Read { position, element } => {
                let access = &statement.reads[*position];
                let place = self.place(access, at);
                let size = usize::try_from(element.bytes()).unwrap();
                value_from(&self.buffers[access.array.0][place..place + size], *element)
            }
            Expression::Gather { array, element, subscripts } => {
                let subscripts = subscripts.iter().map(|subscript| match value(subscript) {
                    Value::Integer(value) => Affine::constant(value),
                    Value::Float(_) => panic!("a subscript that is no integer"),
                });
                let access = Access { array: *array, subscripts: subscripts.collect() };
                let place = self.place(&access, at);
                let size = usize::try_from(element.bytes()).unwrap();
                value_from(&self.buffers[array.0][place..place + size], *element)
            }
            Expression::Integer { value, element } => wrap(*value, *element),
            Expression::Float { value, .. } => Value::Float(*value),
            Expression::Index { value, element } => wrap(self.affine(value, at), *element),
            Expression::Unary { operation, element, operand } => {
                match (operation, value(operand)) {
                    (UnaryOperation::Negate, Value::Float(value)) => Value::Float(-value),
                    (UnaryOperation::Negate, Value::Integer(value)) => {
                        wrap(value.wrapping_neg(), *element)
                    }
                    (UnaryOperation::BitwiseNot, Value::Integer(value)) => wrap(!value, *element),
                    _ => panic!("not of a float"),
                }
            }
            Expression::Binary { operation, element, left, right } => {
                binary(*operation, *element, value(left), value(right))
            }
            Expression::MultiplyAdd {
                element,
                negate_product,
                negate_addend,
                left,
                right,
                addend,
            } => {
                let (Value::Float(mut left), Value::Float(right), Value::Float(mut addend)) =
                    (value(left), value(right), value(addend))
                else {
                    panic!("an integer multiply-add")
                };
                if *negate_product {
                    left = -left;
                }
                if *negate_addend {
                    addend = -addend;
                }
                Value::Float(if *element == ElementType::F32 {
                    f64::from((left as f32).mul_add(right as f32, addend as f32))
                } else {
                    left.mul_add(right, addend)
                })
            }
            Expression::Compare { operation, operand_element, left, right } => {
                let holds = match (value(left), value(right)) {
                    (Value::Float(left), Value::Float(right)) => order(*operation, &left, &right),
                    (Value::Integer(left), Value::Integer(right)) => {
                        if operand_element.is_signed_integer() {
                            order(*operation, &left, &right)
                        } else {
                            order(*operation, &(left as u64), &(right as u64))
                        }
                    }
                    _ => panic!("a comparison of different kinds"),
                };
                Value::Integer(i64::from(holds))
            }
            Expression::Select { condition, then, otherwise, .. } => {
                let holds = match value(condition) {
                    Value::Integer(condition) => condition != 0,
                    Value::Float(condition) => condition != 0.0,
                };
                if holds { value(then) } else { value(otherwise) }
            }
            Expression::Cast { element, operand } => {
                convert(value(operand), operand.element(), *element)
            }
            Expression::Call { function, element, arguments } => {
                let arguments: Vec<f64> = arguments
                    .iter()
                    .map(|argument| match value(argument) {
                        Value::Float(value) => value,
                        Value::Integer(_) => panic!("an integer argument"),
                    })
                    .collect();
                Value::Float(call(*function, *element, &arguments))
            }
        }
    }
}

fn order<T: PartialOrd>(operation: CompareOperation, left: &T, right: &T) -> bool {
    match operation {
        CompareOperation::Less => left < right,
        CompareOperation::LessOrEqual => left <= right,
        CompareOperation::Greater => left > right,
        CompareOperation::GreaterOrEqual => left >= right,
        CompareOperation::Equal => left == right,
        CompareOperation::NotEqual => left != right,
    }
}

fn call(function: MathFunction, element: ElementType, arguments: &[f64]) -> f64 {
    let single = element == ElementType::F32;
    let x = arguments[0];
    // SAFETY: libm's functions have these signatures and no preconditions.
    unsafe {
        match function {
            MathFunction::SquareRoot if single => f64::from((x as f32).sqrt()),
            MathFunction::SquareRoot => x.sqrt(),
            MathFunction::Absolute => x.abs(),
            MathFunction::Floor => x.floor(),
            MathFunction::Ceiling => x.ceil(),
            MathFunction::Truncate => x.trunc(),
            MathFunction::CopySign => x.copysign(arguments[1]),
            MathFunction::Exponential if single => f64::from(expf(x as f32)),
            MathFunction::Exponential => exp(x),
            MathFunction::Power if single => f64::from(powf(x as f32, arguments[1] as f32)),
            MathFunction::Power => pow(x, arguments[1]),
            MathFunction::Minimum => fmin(x, arguments[1]),
            MathFunction::Remainder => fmod(x, arguments[1]),
            other => panic!("{other:?} is not used by these tests"),
        }
    }
}

fn binary(operation: BinaryOperation, element: ElementType, left: Value, right: Value) -> Value {
    use BinaryOperation as Op;
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => {
            let exact = |value: f64| Value::Float(value);
            if element == ElementType::F32 {
                let (left, right) = (left as f32, right as f32);
                return exact(f64::from(match operation {
                    Op::Add => left + right,
                    Op::Subtract => left - right,
                    Op::Multiply => left * right,
                    Op::Divide => left / right,
                    _ => panic!("not of floats"),
                }));
            }
            exact(match operation {
                Op::Add => left + right,
                Op::Subtract => left - right,
                Op::Multiply => left * right,
                Op::Divide => left / right,
                _ => panic!("not of floats"),
            })
        }
        (Value::Integer(left), Value::Integer(right)) => {
            let signed = element.is_signed_integer();
            let (wide_left, wide_right) = (left as u64, right as u64);
            let value = match operation {
                Op::Add => left.wrapping_add(right),
                Op::Subtract => left.wrapping_sub(right),
                Op::Multiply => left.wrapping_mul(right),
                Op::Divide if signed => left.wrapping_div(right),
                Op::Divide => (wide_left / wide_right) as i64,
                Op::Remainder if signed => left.wrapping_rem(right),
                Op::Remainder => (wide_left % wide_right) as i64,
                Op::BitwiseAnd => left & right,
                Op::BitwiseOr => left | right,
                Op::BitwiseXor => left ^ right,
                Op::ShiftLeft => left.wrapping_shl(right as u32),
                Op::ShiftRight if signed => left >> right,
                Op::ShiftRight => (wide_left >> wide_right) as i64,
            };
            wrap(value, element)
        }
        _ => panic!("operands of different kinds"),
    }
}

/// Integers are kept as their value's two's complement in 64 bits, unsigned ones zero-extended.
fn wrap(value: i64, element: ElementType) -> Value {
    Value::Integer(match element {
        ElementType::I8 => i64::from(value as i8),
        ElementType::I16 => i64::from(value as i16),
        ElementType::I32 => i64::from(value as i32),
        ElementType::U8 => i64::from(value as u8),
        ElementType::U16 => i64::from(value as u16),
        ElementType::U32 => i64::from(value as u32),
        _ => value,
    })
}

fn convert(value: Value, from: ElementType, to: ElementType) -> Value {
    match (value, to.is_float()) {
        (Value::Float(value), true) => {
            Value::Float(if to == ElementType::F32 { f64::from(value as f32) } else { value })
        }
        (Value::Float(value), false) => {
            if to == ElementType::U64 {
                Value::Integer(value as u64 as i64)
            } else {
                wrap(value as i64, to)
            }
        }
        (Value::Integer(value), true) => Value::Float(match (to, from.is_signed_integer()) {
            (ElementType::F32, true) => f64::from(value as f32),
            (ElementType::F32, false) => f64::from(value as u64 as f32),
            (_, true) => value as f64,
            (_, false) => value as u64 as f64,
        }),
        (Value::Integer(value), false) => wrap(value, to),
    }
}

fn bytes_of(value: Value, element: ElementType) -> Vec<u8> {
    match (value, element) {
        (Value::Float(value), ElementType::F32) => (value as f32).to_le_bytes().to_vec(),
        (Value::Float(value), _) => value.to_le_bytes().to_vec(),
        (Value::Integer(value), element) => {
            value.to_le_bytes()[..usize::try_from(element.bytes()).unwrap()].to_vec()
        }
    }
}

fn value_from(bytes: &[u8], element: ElementType) -> Value {
    match element {
        ElementType::F32 => Value::Float(f64::from(f32::from_le_bytes(bytes.try_into().unwrap()))),
        ElementType::F64 => Value::Float(f64::from_le_bytes(bytes.try_into().unwrap())),
        integer => {
            let mut wide = [0_u8; 8];
            wide[..bytes.len()].copy_from_slice(bytes);
            wrap(i64::from_le_bytes(wide), integer)
        }
    }
}
