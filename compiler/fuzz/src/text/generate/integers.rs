//! Integer values, with their ranges, so that nothing overflows.

use super::{Generator, Value};
use crate::text::region::Array;
use crate::text::types::{CType, Range};

impl Generator {
    /// An integer of moderate size.
    pub(super) fn small_integer(&mut self) -> Value {
        let value = self.integer_value(1);
        if value.range.magnitude() <= 4000 { value } else { self.masked(value) }
    }

    /// The value cut to a few bits, or to a small remainder.
    fn masked(&mut self, value: Value) -> Value {
        match self.choices.below(3) {
            0 => {
                self.seen("mask");
                let text = format!("{} & 255", value.operand());
                Value::integer(text, value.ctype.promoted(), Range::new(0, 255), false)
            }
            1 => {
                self.seen("remainder");
                let text = format!("{} % 97", value.operand());
                let least = if value.range.least < 0 { -96 } else { 0 };
                Value::integer(text, value.ctype.promoted(), Range::new(least, 96), false)
            }
            _ => {
                self.seen("cast");
                let ctype = if self.choices.chance(50) { CType::Char } else { CType::UnsignedChar };
                let text = format!("({}){}", ctype.spelling(), value.operand());
                Value::integer(text, ctype, ctype.converted(value.range), true)
            }
        }
    }

    pub(super) fn integer_value(&mut self, depth: u32) -> Value {
        self.choices.open();
        let value = self.some_integer(depth);
        self.choices.close();
        value
    }

    fn some_integer(&mut self, depth: u32) -> Value {
        if depth == 0 {
            return self.integer_leaf();
        }
        match self.choices.weighted(&[24, 28, 8, 7, 8, 6, 5, 5, 5, 4]) {
            1 => self.arithmetic(depth),
            2 => self.quotient_value(depth),
            3 => self.shifted(depth),
            4 => self.bitwise(depth),
            5 => {
                self.seen("cast");
                let place = self.choices.below(CType::INTEGERS.len() as u32) as usize;
                let ctype = CType::INTEGERS[place];
                let value = self.integer_value(depth - 1);
                let text = format!("({}){}", self.spelling(ctype), value.operand());
                Value::integer(text, ctype, ctype.converted(value.range), true)
            }
            6 => {
                self.seen("cast of floating point to an integer");
                self.floating_as_integer(depth)
            }
            7 => {
                self.seen("comparison as a value");
                let text = self.data_condition();
                Value::integer(text, CType::Int, Range::new(0, 1), false)
            }
            8 => {
                self.seen("choice");
                self.selected(depth - 1, false)
            }
            9 => self.unary(depth),
            _ => self.integer_leaf(),
        }
    }

    fn arithmetic(&mut self, depth: u32) -> Value {
        let (left, right) = (self.integer_value(depth - 1), self.integer_value(depth - 1));
        let operators = ["+", "-", "*"];
        let operator = *self.choices.pick(&operators).unwrap_or(&"+");
        let compute = |left: &Value, right: &Value| {
            let ctype = left.ctype.common(right.ctype);
            let (one, two) = (ctype.converted(left.range), ctype.converted(right.range));
            let range = match operator {
                "+" => one.plus(two),
                "-" => one.minus(two),
                _ => one.times(two),
            };
            (ctype, range)
        };
        let (mut left, mut right) = (left, right);
        for _ in 0..2 {
            let (ctype, range) = compute(&left, &right);
            if !ctype.is_signed() || range.within(ctype.values()) {
                let text = format!("{} {operator} {}", left.operand(), right.operand());
                return Value::integer(text, ctype, ctype.converted(range), false);
            }
            left = self.masked(left);
            right = self.masked(right);
        }
        left
    }

    fn quotient_value(&mut self, depth: u32) -> Value {
        let left = self.integer_value(depth - 1);
        let divides = self.choices.chance(50);
        self.seen(if divides { "division" } else { "remainder" });
        let divisor = if self.choices.chance(60) {
            let value = self.choices.range(2, 9);
            Value::integer(value.to_string(), CType::Int, Range::single(i128::from(value)), true)
        } else if self.choices.chance(40) {
            let value = -self.choices.range(2, 5);
            let range = Range::single(i128::from(value));
            Value::integer(format!("({value})"), CType::Int, range, true)
        } else {
            let other = self.small_integer();
            let text = format!("(({} & 7) + 1)", other.operand());
            Value::integer(text, other.ctype.promoted(), Range::new(1, 8), true)
        };
        let ctype = left.ctype.common(divisor.ctype);
        let one = ctype.converted(left.range);
        let two = ctype.converted(divisor.range);
        let (operator, range) = if divides {
            ("/", Range::new(-one.magnitude(), one.magnitude()))
        } else {
            let most = two.magnitude() - 1;
            ("%", Range::new(if one.least < 0 { -most } else { 0 }, most))
        };
        let range = if ctype.is_signed() { range } else { Range::new(0, range.greatest) };
        let text = format!("{} {operator} {}", left.operand(), divisor.operand());
        Value::integer(text, ctype, ctype.converted(range), false)
    }

    fn shifted(&mut self, depth: u32) -> Value {
        self.seen("shift");
        let value = self.integer_value(depth - 1);
        let ctype = value.ctype.promoted();
        let amount = self.choices.range(1, 6);
        let range = value.range;
        if self.choices.chance(45) {
            let moved = Range::new(range.least << amount, range.greatest << amount);
            if !ctype.is_signed() || (range.least >= 0 && moved.within(ctype.values())) {
                let text = format!("{} << {amount}", value.operand());
                return Value::integer(text, ctype, ctype.converted(moved), false);
            }
        }
        let amount_text = if self.choices.chance(25) {
            let other = self.small_integer();
            format!("({} & 3)", other.operand())
        } else {
            amount.to_string()
        };
        let text = format!("{} >> {amount_text}", value.operand());
        let range = Range::new(range.least.min(0), range.greatest.max(0));
        Value::integer(text, ctype, range, false)
    }

    fn bitwise(&mut self, depth: u32) -> Value {
        self.seen("bitwise operation");
        let (left, right) = (self.integer_value(depth - 1), self.integer_value(depth - 1));
        let operators = ["&", "|", "^"];
        let operator = *self.choices.pick(&operators).unwrap_or(&"&");
        let ctype = left.ctype.common(right.ctype);
        let joined = ctype.converted(left.range).joined(ctype.converted(right.range));
        let most = (joined.magnitude() + 1).min(1 << 62) as u128;
        let most = most.next_power_of_two() as i128;
        let least = if joined.least < 0 { -most } else { 0 };
        let text = format!("{} {operator} {}", left.operand(), right.operand());
        Value::integer(
            text,
            ctype,
            ctype.converted(Range::new(least, most.max(1) - 1 + most)),
            false,
        )
    }

    fn floating_as_integer(&mut self, depth: u32) -> Value {
        let value = self.float_value(depth.min(1));
        let types = [(CType::Int, 60), (CType::Long, 15), (CType::Short, 10), (CType::Char, 15)];
        let ctype = self.weighted_type(&types);
        let text = format!("({}){}({})", ctype.spelling(), self.clamp_macro(), value.text);
        Value::integer(text, ctype, Range::new(-100, 100), true)
    }

    fn unary(&mut self, depth: u32) -> Value {
        let value = self.integer_value(depth - 1);
        let ctype = value.ctype.promoted();
        let range = value.range;
        match self.choices.below(4) {
            0 => {
                self.seen("!");
                Value::integer(format!("!{}", value.operand()), CType::Int, Range::new(0, 1), true)
            }
            1 => {
                self.seen("~");
                let range = Range::new(-range.greatest - 1, -range.least - 1);
                Value::integer(format!("~{}", value.operand()), ctype, ctype.converted(range), true)
            }
            2 if range.magnitude() < 1 << 30 => {
                self.seen("helper function or macro");
                let name = self.narrow_function();
                let text = format!("{name}({})", value.text);
                Value::integer(text, CType::Char, CType::Char.values(), true)
            }
            _ if range.magnitude() < 1 << 30 => {
                let range = Range::new(-range.greatest, -range.least);
                Value::integer(
                    format!("-{}", value.operand()),
                    ctype,
                    ctype.converted(range),
                    false,
                )
            }
            _ => value,
        }
    }

    fn integer_leaf(&mut self) -> Value {
        match self.choices.weighted(&[50, 18, 16, 8, 8]) {
            1 => self.integer_literal(),
            2 => {
                self.seen("loop variable as a value");
                let index = self.affine();
                let range = Range::new(i128::from(index.least), i128::from(index.greatest));
                let ctype = index.ctype;
                Value::integer(index.text, ctype, ctype.converted(range), index.atom)
            }
            3 => {
                let index = self.parameter_index();
                let range = Range::single(i128::from(index.least));
                Value::integer(index.text, index.ctype, range, true)
            }
            4 => {
                let locals: Vec<_> =
                    self.scope.locals.iter().filter(|it| !it.ctype.is_float()).cloned().collect();
                match self.choices.pick(&locals) {
                    Some(local) => {
                        Value::integer(local.name.clone(), local.ctype, local.range, true)
                    }
                    None => self.integer_literal(),
                }
            }
            _ => self.integer_read(),
        }
    }

    fn integer_read(&mut self) -> Value {
        let arrays: Vec<Array> =
            self.region.arrays.iter().filter(|it| !it.ctype.is_float()).cloned().collect();
        let Some(array) = self.choices.pick(&arrays).cloned() else {
            return self.integer_literal();
        };
        let text = self.element(&array);
        Value::integer(text, array.ctype, array.range, true)
    }

    fn integer_literal(&mut self) -> Value {
        let texts = [
            ("1", CType::Int, 1),
            ("2", CType::Int, 2),
            ("3u", CType::Unsigned, 3),
            ("5L", CType::Long, 5),
            ("'a'", CType::Int, 97),
            ("0x1f", CType::Int, 31),
            ("7UL", CType::UnsignedLong, 7),
            ("-3", CType::Int, -3),
            ("sizeof(int)", CType::UnsignedLong, 4),
            ("0", CType::Int, 0),
        ];
        let (text, ctype, value) = *self.choices.pick(&texts).unwrap_or(&("1", CType::Int, 1));
        Value::integer(text.to_owned(), ctype, Range::single(value), value >= 0)
    }

    /// A condition on data.
    pub(super) fn data_condition(&mut self) -> String {
        match self.choices.weighted(&[52, 22, 9, 9, 8]) {
            1 => {
                let (left, right) = (self.integer_value(1), self.integer_value(1));
                self.compared(&left, &right)
            }
            2 => {
                self.seen("&& of data");
                let (left, right) = (self.float_comparison(), self.float_comparison());
                format!("{left} && {right}")
            }
            3 => {
                self.seen("|| of data");
                let (left, right) = (self.float_comparison(), self.float_comparison());
                format!("{left} || {right}")
            }
            4 => {
                self.seen("! of data");
                format!("!({})", self.float_comparison())
            }
            _ => self.float_comparison(),
        }
    }

    fn float_comparison(&mut self) -> String {
        let (left, right) = (self.float_value(1), self.any_value(1));
        self.compared(&left, &right)
    }

    fn compared(&mut self, left: &Value, right: &Value) -> String {
        let operators = ["<", ">", "<=", ">=", "==", "!="];
        let operator = *self.choices.pick(&operators).unwrap_or(&"<");
        format!("{} {operator} {}", left.operand(), right.operand())
    }

    /// The range of either of two values in their common type.
    pub(super) fn converted_join(&self, first: &Value, second: &Value, ctype: CType) -> Range {
        if ctype.is_float() {
            return Range::new(0, 0);
        }
        ctype.converted(first.range).joined(ctype.converted(second.range))
    }
}
