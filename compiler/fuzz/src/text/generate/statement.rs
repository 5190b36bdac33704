//! Statements: assignments in all their forms, and scalars that are declared in the region.

use super::{Generator, Index, Local, Value};
use crate::text::region::{Array, Form};
use crate::text::types::CType;

impl Generator {
    /// One statement of the text.
    pub(super) fn statement(&mut self) {
        if self.choices.open() {
            self.nothing();
        } else {
            self.some_statement();
        }
        self.choices.close();
    }

    fn some_statement(&mut self) {
        let Some((target, array)) = self.target() else { return self.nothing() };
        let ctype = array.ctype;
        let text = if ctype.is_float() {
            self.float_assignment(&target, ctype)
        } else {
            self.integer_assignment(&target, &array)
        };
        self.line(&format!("{text};"));
    }

    fn float_assignment(&mut self, target: &str, ctype: CType) -> String {
        match self.choices.weighted(&[46, 24, 8, 8, 4, 4, 6, 4, 4]) {
            0 => format!("{target} = {}", self.any_value(3).text),
            7 => {
                let value = self.float_value(2);
                format!("{target} = {}({})", self.bodied_function(), value.text)
            }
            8 if target.contains('[') => {
                let value = self.float_value(2);
                // Of an address alone clang does not say whether it is one of an element.
                let value = format!("{target} + ({})", value.text);
                format!("{}(&{target}, {value})", self.storing_function(ctype))
            }
            1 => format!("{target} += {}", self.any_value(3).text),
            2 => {
                self.seen("compound assignment");
                let operators = ["-=", "*=", "/="];
                let operator = self.choices.pick(&operators).unwrap_or(&"-=");
                format!("{target} {operator} {}", self.any_value(2).text)
            }
            3 => {
                let (factor, value) = (self.float_value(1), self.float_value(2));
                format!("{target} = {target} * {} + {}", factor.operand(), value.operand())
            }
            4 => {
                self.seen("++ and --");
                let operators = ["++", "--"];
                let operator = self.choices.pick(&operators).unwrap_or(&"++");
                if self.choices.chance(50) {
                    format!("{operator}{target}")
                } else {
                    format!("{target}{operator}")
                }
            }
            5 => {
                self.seen("chained assignment");
                let Some((other, _)) = self.target() else {
                    return format!("{target} = {}", self.float_value(2).text);
                };
                format!("{target} = {other} = {}", self.small_integer().text)
            }
            _ => {
                self.seen("choice");
                let value = self.selected(2, true);
                format!("{target} = {}", cast(&value, ctype))
            }
        }
    }

    fn integer_assignment(&mut self, target: &str, array: &Array) -> String {
        let ctype = array.ctype;
        let wraps = !matches!(ctype, CType::Int | CType::Long);
        match self.choices.weighted(&[50, 14, 10, 8, 6, 6, 6]) {
            1 => {
                self.seen("compound assignment");
                format!("{target} += {}", self.small_integer().text)
            }
            2 => {
                self.seen("compound assignment");
                let operators = ["^=", "|=", "&=", "-="];
                let operator = *self.choices.pick(&operators).unwrap_or(&"^=");
                format!("{target} {operator} {}", self.small_integer().text)
            }
            3 if wraps => {
                self.seen("compound assignment");
                // The product is computed in int at least, where it must fit.
                format!("{target} *= {}", self.choices.range(2, 9))
            }
            4 => {
                self.seen("compound assignment");
                self.compound_quotient(target, ctype)
            }
            5 => {
                self.seen("++ and --");
                let operators = ["++", "--"];
                let operator = self.choices.pick(&operators).unwrap_or(&"++");
                format!("{target}{operator}")
            }
            6 => {
                self.seen("choice");
                let value = self.selected(2, false);
                format!("{target} = {}", self.bounded(value, array))
            }
            _ => {
                let value = self.integer_value(3);
                format!("{target} = {}", self.bounded(value, array))
            }
        }
    }

    /// `/=`, `%=` and `>>=`, with operands of the other signedness and amounts beyond a narrow type's width: it
    /// shows in which type they are computed.
    fn compound_quotient(&mut self, target: &str, ctype: CType) -> String {
        let operators = ["/=", "%=", ">>="];
        let operator = *self.choices.pick(&operators).unwrap_or(&"/=");
        let mixed = self.choices.chance(50);
        if operator == ">>=" {
            let most = if mixed && ctype.bytes() < 4 { 14 } else { 5 };
            return format!("{target} >>= {}", self.choices.range(1, most));
        }
        let operand = self.choices.range(1, 5);
        if !mixed {
            return format!("{target} {operator} {operand}");
        }
        self.seen("compound assignment of mixed signedness");
        match ctype {
            // A quotient of what was negative would be beyond what the array is taken to hold.
            CType::Int => format!("{target} %= {}u", operand + 2),
            CType::Long => format!("{target} %= {}ul", operand + 2),
            _ => format!("{target} {operator} -{}", operand + 1),
        }
    }

    /// The value, made one that the array is taken to hold.
    fn bounded(&mut self, value: Value, array: &Array) -> String {
        let small = !matches!(array.ctype, CType::Int | CType::Long);
        if small || value.range.within(array.range) {
            return value.text;
        }
        match self.choices.below(3) {
            0 => format!("{} % 1000", value.operand()),
            1 => format!("{} & 1023", value.operand()),
            _ => format!("(short){} / 20", value.operand()),
        }
    }

    /// An element or scalar that may be assigned.
    fn target(&mut self) -> Option<(String, Array)> {
        let locals: Vec<Local> = self.scope.locals.clone();
        if !locals.is_empty() && self.choices.chance(15) {
            let local = self.choices.pick(&locals)?;
            let mut array = self.region.arrays.first()?.clone();
            (array.ctype, array.range) = (local.ctype, local.range);
            return Some((local.name.clone(), array));
        }
        let writable: Vec<Array> =
            self.region.arrays.iter().filter(|array| array.writable).cloned().collect();
        let array = self.choices.pick(&writable)?.clone();
        Some((self.element(&array), array))
    }

    /// The text of an element.
    pub(super) fn element(&mut self, array: &Array) -> String {
        let values = self.region.values();
        let mut text = array.text.clone();
        let extents: Vec<i64> = array.extents.iter().map(|extent| extent.value(&values)).collect();
        if extents.len() == 1 && array.form == Form::Pointer && self.choices.chance(1) {
            self.seen("*(p + i)");
            let index = self.subscript(0, extents[0] - 1);
            return format!("*({text} + {})", index.operand());
        }
        let named = extents.len() == 1 && Self::may_be_gathered(array) && self.choices.chance(10);
        if named && let Some(subscript) = self.data_subscript(extents[0]) {
            return format!("{text}[{subscript}]");
        }
        if array.form == Form::Flat
            && let ([rows, columns], Some(length)) = (extents.as_slice(), array.extents.get(1))
        {
            let row = self.subscript(0, rows - 1);
            let column = self.subscript(0, columns - 1);
            let length = &length.text;
            return format!("{text}[{} * ({length}) + {}]", row.operand(), column.operand());
        }
        for extent in extents {
            let Index { text: subscript, .. } = self.subscript(0, extent - 1);
            text.push_str(&format!("[{subscript}]"));
        }
        text
    }

    /// A scalar declared here, with its value.
    pub(super) fn local(&mut self) {
        if !self.choices.open() {
            self.some_local();
        }
        self.choices.close();
    }

    fn some_local(&mut self) {
        self.seen("scalar declared in the region");
        let name = self.fresh("v");
        if self.choices.chance(65) {
            let ctype = if self.choices.chance(30) { CType::Float } else { CType::Double };
            let value = self.float_value(2);
            self.line(&format!("{} {name} = {};", ctype.spelling(), value.text));
            let range = crate::text::types::Range::new(0, 0);
            self.scope.locals.push(Local { name, ctype, range });
        } else {
            let types = [
                (CType::Int, 50),
                (CType::Unsigned, 20),
                (CType::UnsignedChar, 15),
                (CType::Short, 15),
            ];
            let ctype = self.weighted_type(&types);
            let value = self.small_integer();
            self.line(&format!("{} {name} = {};", ctype.spelling(), value.text));
            let range = ctype.converted(crate::text::types::Range::new(-4000, 4000));
            self.scope.locals.push(Local { name, ctype, range });
        }
    }
}

/// The value converted explicitly where the types differ, half of the time by what the text already is.
fn cast(value: &Value, ctype: CType) -> String {
    if value.ctype == ctype || value.text.len().is_multiple_of(2) {
        return value.text.clone();
    }
    format!("({}){}", ctype.spelling(), value.operand())
}
