//! Floating-point values.

use super::condition::Bound;
use super::{Generator, Value};
use crate::text::region::Array;
use crate::text::types::CType;

/// Functions of one argument.
const UNARY: [&str; 22] = [
    "sqrt", "fabs", "floor", "ceil", "trunc", "round", "exp", "log", "sin", "cos", "tan", "exp2",
    "log2", "log10", "cbrt", "atan", "asin", "acos", "sinh", "cosh", "tanh", "fabs",
];

/// Functions of two arguments.
const BINARY: [&str; 6] = ["fmax", "fmin", "pow", "atan2", "hypot", "fmod"];

impl Generator {
    /// A value of any arithmetic type, mostly floating point.
    pub(super) fn any_value(&mut self, depth: u32) -> Value {
        if self.choices.chance(14) { self.small_integer() } else { self.float_value(depth) }
    }

    pub(super) fn float_value(&mut self, depth: u32) -> Value {
        self.choices.open();
        let value = self.some_float(depth);
        self.choices.close();
        value
    }

    fn some_float(&mut self, depth: u32) -> Value {
        if depth == 0 {
            return self.float_leaf();
        }
        match self.choices.weighted(&[22, 40, 9, 8, 6, 6, 5, 4]) {
            1 => self.float_operation(depth),
            2 => self.multiply_add(depth),
            3 => self.call(depth),
            4 => {
                let value = self.float_value(depth - 1);
                self.seen("negation");
                Value::float(format!("-{}", value.operand()), value.ctype, false)
            }
            5 => {
                self.seen("choice");
                self.selected(depth - 1, true)
            }
            6 => {
                self.seen("cast");
                let ctype = if self.choices.chance(50) { CType::Float } else { CType::Double };
                let value = self.any_value(depth - 1);
                let text = format!("({}){}", self.spelling(ctype), value.operand());
                Value::float(text, ctype, true)
            }
            7 => self.inlined(depth),
            _ => self.float_leaf(),
        }
    }

    fn float_operation(&mut self, depth: u32) -> Value {
        let operators = ["+", "*", "-", "/"];
        let operator = *self.choices.pick(&operators).unwrap_or(&"+");
        let (left, right) = (self.float_value(depth - 1), self.any_value(depth - 1));
        let (left, right) = if self.choices.chance(30) { (right, left) } else { (left, right) };
        let ctype = left.ctype.common(right.ctype);
        // Both sides may be integers by now only if neither was floating point.
        let text = format!("{} {operator} {}", left.operand(), right.operand());
        Value::float(text, ctype, false)
    }

    /// The shapes that a compiler may contract.
    fn multiply_add(&mut self, depth: u32) -> Value {
        self.seen("multiply-add");
        let mut operand = || self.float_value(depth - 1);
        let (a, b, c, d) = (operand(), operand(), operand(), operand());
        let all = [&a, &b, &c].into_iter().fold(CType::Float, |one, it| one.common(it.ctype));
        let (a, b, c, d) = (a.operand(), b.operand(), c.operand(), d.operand());
        let text = match self.choices.below(9) {
            0 => format!("{a} * {b} + {c}"),
            1 => format!("{c} + {a} * {b}"),
            2 => format!("{a} * {b} - {c}"),
            3 => format!("{c} - {a} * {b}"),
            4 => format!("-({a} * {b}) + {c}"),
            5 => format!("({a} * {b}) + {c}"),
            6 => format!("(double)({a} * {b}) + {c}"),
            7 => format!("{a} * {b} + {c} * {a}"),
            _ => return Value::float(format!("{a} * {b} - {c} * {d}"), CType::Double, false),
        };
        let ctype = if text.starts_with("(double)") { CType::Double } else { all };
        Value::float(text, ctype, false)
    }

    fn call(&mut self, depth: u32) -> Value {
        self.seen("function of libm");
        let single = self.choices.chance(25);
        let (suffix, ctype) = if single { ("f", CType::Float) } else { ("", CType::Double) };
        let first = self.any_value(depth - 1).text;
        let text = match self.choices.weighted(&[60, 26, 7, 7]) {
            0 => {
                let name = *self.choices.pick(&UNARY).unwrap_or(&"fabs");
                format!("{name}{suffix}({first})")
            }
            1 => {
                let name = *self.choices.pick(&BINARY).unwrap_or(&"fmax");
                let second = self.any_value(depth - 1).text;
                format!("{name}{suffix}({first}, {second})")
            }
            2 => {
                let (second, third) =
                    (self.float_value(depth - 1).text, self.float_value(depth - 1).text);
                format!("fma{suffix}({first}, {second}, {third})")
            }
            // The sign of a NaN is nobody's, so that the sign comes from something that is none.
            _ => {
                let second = self.tame_leaf().text;
                format!("copysign{suffix}({first}, {second})")
            }
        };
        Value::float(text, ctype, true)
    }

    fn inlined(&mut self, depth: u32) -> Value {
        self.seen("helper function or macro");
        let (first, second) = (self.float_value(depth - 1), self.float_value(depth - 1));
        match self.choices.below(3) {
            0 => {
                let text = format!("{}({}, {})", self.mix_function(), first.text, second.text);
                Value::float(text, CType::Double, true)
            }
            1 => {
                let text = format!("{}({}, {})", self.product_function(), first.text, second.text);
                let third = self.float_value(0);
                let ctype = CType::Float.common(third.ctype);
                Value::float(format!("{text} + {}", third.operand()), ctype, false)
            }
            _ => {
                let text = format!("{}({}, {})", self.product_macro(), first.text, second.text);
                let third = self.float_value(0);
                let ctype = first.ctype.common(second.ctype).common(third.ctype);
                Value::float(format!("{text} + {}", third.operand()), ctype, false)
            }
        }
    }

    fn float_leaf(&mut self) -> Value {
        match self.choices.weighted(&[64, 20, 10, 6]) {
            1 => self.literal(),
            2 => {
                let floats: Vec<_> =
                    self.scope.locals.iter().filter(|it| it.ctype.is_float()).cloned().collect();
                match self.choices.pick(&floats) {
                    Some(local) => Value::float(local.name.clone(), local.ctype, true),
                    None => self.literal(),
                }
            }
            3 => {
                self.seen("loop variable as a value");
                let index = self.affine();
                let text = format!("(double){}", index.operand());
                Value { tame: true, ..Value::float(text, CType::Double, true) }
            }
            _ => self.float_read(),
        }
    }

    fn float_read(&mut self) -> Value {
        let arrays: Vec<Array> =
            self.region.arrays.iter().filter(|it| it.ctype.is_float()).cloned().collect();
        let Some(array) = self.choices.pick(&arrays).cloned() else { return self.literal() };
        let text = self.element(&array);
        Value { tame: array.tame, ..Value::float(text, array.ctype, true) }
    }

    /// A value that is surely no NaN.
    fn tame_leaf(&mut self) -> Value {
        let value = self.float_leaf();
        if value.tame { value } else { self.literal() }
    }

    fn literal(&mut self) -> Value {
        let texts = [
            ("1.0", CType::Double),
            ("0.5", CType::Double),
            ("2.5f", CType::Float),
            ("-1.25", CType::Double),
            ("0.1", CType::Double),
            ("0.1f", CType::Float),
            ("3e-2", CType::Double),
            ("0x1.8p1", CType::Double),
            ("1e300", CType::Double),
            ("-0.0", CType::Double),
        ];
        let (text, ctype) = *self.choices.pick(&texts).unwrap_or(&("1.0", CType::Double));
        let atom = !text.starts_with('-');
        Value { tame: true, ..Value::float(text.to_owned(), ctype, atom) }
    }

    /// `condition ? a : b`, on indices or on data, of floating point or integers.
    pub(super) fn selected(&mut self, depth: u32, float: bool) -> Value {
        let (condition, then, otherwise) = if self.choices.chance(40) {
            self.index_condition()
        } else {
            (self.data_condition(), Vec::new(), Vec::new())
        };
        let saved = self.scope.clone();
        let mut arm = |bounds: Vec<Bound>| {
            self.narrow(&bounds);
            let value = if float { self.any_value(depth) } else { self.integer_value(depth) };
            self.scope.counters.clone_from(&saved.counters);
            value
        };
        let (first, second) = (arm(then), arm(otherwise));
        let text = format!("{condition} ? {} : {}", first.operand(), second.operand());
        let text = if condition.contains('?') {
            text.replacen(&condition, &format!("({condition})"), 1)
        } else {
            text
        };
        let ctype = first.ctype.common(second.ctype);
        Value {
            text,
            ctype,
            range: self.converted_join(&first, &second, ctype),
            atom: false,
            tame: false,
        }
    }

    fn narrow(&mut self, bounds: &[Bound]) {
        for (name, least, greatest) in bounds {
            let counter = self.scope.counters.iter_mut().rev().find(|it| it.name == *name);
            if let Some(counter) = counter {
                let narrowed = (counter.least.max(*least), counter.greatest.min(*greatest));
                if narrowed.0 <= narrowed.1 {
                    (counter.least, counter.greatest) = narrowed;
                }
            }
        }
    }
}
