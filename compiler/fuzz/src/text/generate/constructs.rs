//! What people write beside plain loops: `while`, `continue`, `break`, variables and pointers that walk, functions with
//! bodies, stores under conditions on data, quotients in subscripts, elements that other elements name.

use super::index::plus;
use super::{Counter, Generator, Index};
use crate::text::region::{Array, Form, Place};
use crate::text::types::CType;

/// What walks along a loop.
pub(super) struct Walk {
    /// In the loop's body, behind everything else.
    pub last: String,
}

impl Generator {
    /// `for (a; b; c) {` as `a; while (b) {`, with what ends the body; the text as it is where it stays a `for`.
    pub(super) fn as_while(&mut self, header: &str, outside: bool) -> (String, Option<String>) {
        let parts = header.strip_prefix("for (").and_then(|text| text.strip_suffix(')'));
        let parts: Vec<&str> = parts.map(|text| text.splitn(3, "; ").collect()).unwrap_or_default();
        let [start, condition, step] = parts[..] else { return (header.to_owned(), None) };
        if !outside || !self.choices.chance(30) {
            return (header.to_owned(), None);
        }
        self.seen("while");
        self.line(&format!("{start};"));
        (format!("while ({condition})"), Some(format!("{step};")))
    }

    /// `continue` and `break` at the beginning of a body.
    pub(super) fn jump(&mut self) {
        if self.choices.open() {
            return self.choices.close();
        }
        if self.choices.chance(35) {
            self.seen("continue under a condition on data");
            let value = self.float_value(1);
            self.line(&format!("if ({} > 2.5)", value.operand()));
            self.line("  continue;");
        } else {
            let (condition, _, _) = self.index_condition();
            self.seen("continue");
            self.line(&format!("if ({condition})"));
            self.line("  continue;");
        }
        self.choices.close();
    }

    /// Leaves the loop from some value of its variable on.
    pub(super) fn leave(&mut self, counter: &Counter) {
        if self.choices.open() {
            return self.choices.close();
        }
        self.seen("break");
        let middle = (counter.least + counter.greatest) / 2;
        let value = middle + self.choices.range(0, 3);
        let operator = if self.choices.chance(50) { ">=" } else { "==" };
        self.line(&format!("if ({} {operator} {value})", counter.name));
        self.line("  break;");
        self.choices.close();
    }

    /// A variable or pointer that walks along the loop that begins here and runs at most so often.
    pub(super) fn walk(&mut self, trips: i64) -> Option<Walk> {
        if self.choices.open() {
            self.choices.close();
            return None;
        }
        let walk = if self.choices.chance(50) {
            self.walking_variable(trips)
        } else {
            self.walking_pointer(trips)
        };
        self.choices.close();
        walk
    }

    fn walking_variable(&mut self, trips: i64) -> Option<Walk> {
        self.seen("induction variable");
        let (name, first) = (self.fresh("w"), self.choices.range(0, 2));
        let step = self.choices.range(1, 2);
        let before = self.scope.depth == 0 && self.choices.chance(75);
        let first = first + i64::from(before);
        let declared = format!("int {name} = {first};");
        if before {
            self.seen("value from before the region");
            self.region.locals.push_str(&format!("  {declared}\n"));
        } else {
            self.line(&declared);
        }
        let greatest = first + step * trips.max(1);
        self.scope.counters.push(Counter {
            name: name.clone(),
            ctype: CType::Int,
            least: first,
            greatest,
        });
        let last = if step == 1 { format!("{name}++;") } else { format!("{name} += {step};") };
        Some(Walk { last })
    }

    fn walking_pointer(&mut self, trips: i64) -> Option<Walk> {
        let values = self.region.values();
        let long_enough = |array: &&Array| {
            array.writable
                && array.ctype.is_float()
                && array.place == Place::Argument
                && array.extents.len() == 1
                && array.extents[0].value(&values) >= trips
        };
        let arrays: Vec<Array> = self.region.arrays.iter().filter(long_enough).cloned().collect();
        let array = self.choices.pick(&arrays)?.clone();
        self.seen("walking pointer");
        let name = self.fresh("p");
        let value = self.float_value(1);
        self.line(&format!("{} *{name} = {};", array.ctype.spelling(), array.text));
        Some(Walk { last: format!("*{name}++ = {};", value.text) })
    }

    /// A statement under a condition on data.
    pub(super) fn under_data(&mut self) {
        self.seen("store under a condition on data");
        let value = self.float_value(2);
        let operator = *self.choices.pick(&["<", ">", "<="]).unwrap_or(&"<");
        self.line(&format!("if ({} {operator} 1.5) {{", value.operand()));
        self.scope.depth += 1;
        self.statement();
        if self.choices.chance(25) {
            self.scope.depth -= 1;
            self.line("} else {");
            self.scope.depth += 1;
            self.statement();
        }
        self.scope.depth -= 1;
        self.line("}");
    }

    /// A quotient or remainder of something that is not negative.
    pub(super) fn divided(&mut self, index: &Index) -> Option<Index> {
        if index.least < 0 {
            return None;
        }
        let ctype = index.ctype.promoted();
        let divisor = self.choices.range(2, 5);
        let (text, least, greatest) = match self.choices.below(4) {
            0 => {
                let text = format!("{} / {divisor}", index.operand());
                (text, index.least / divisor, index.greatest / divisor)
            }
            1 => (format!("{} % {divisor}", index.operand()), 0, divisor - 1),
            2 => (format!("{} & 3", index.operand()), 0, 3),
            _ => (format!("{} >> 1", index.operand()), index.least >> 1, index.greatest >> 1),
        };
        self.seen("quotient or remainder in a subscript");
        Some(Index { text, ctype, least, greatest, atom: false })
    }

    /// A subscript that is data, for an array of so many elements that nothing writes.
    pub(super) fn data_subscript(&mut self, extent: i64) -> Option<String> {
        let integers: Vec<Array> = (self.region.arrays.iter())
            .filter(|it| !it.ctype.is_float() && !it.is_scalar() && it.ctype != CType::Bool)
            .cloned()
            .collect();
        let array = self.choices.pick(&integers)?.clone();
        let bits = (extent.max(1) as u64).ilog2();
        let element = self.element(&array);
        self.seen("subscript that is data");
        Some(format!("{element} & {}", (1_i64 << bits) - 1))
    }

    /// A function with locals and a condition, of one number.
    pub(super) fn bodied_function(&mut self) -> String {
        self.seen("function with a body");
        self.helper("bent", |name| {
            format!(
                "static double {name}(double x)\n{{\n  double t = x * 0.5;\n  if (t < 0.0)\n    t = -t;\n  t += 1.0;\n  return t * x;\n}}"
            )
        })
    }

    /// A function that stores.
    pub(super) fn storing_function(&mut self, ctype: CType) -> String {
        self.seen("function that stores");
        let spelling = ctype.spelling();
        let stem = if ctype == CType::Float { "putf" } else { "put" };
        self.helper(stem, |name| {
            format!(
                "static void {name}({spelling} *to, {spelling} x)\n{{\n  {spelling} t = x + 1;\n  *to = t * x;\n}}"
            )
        })
    }

    /// Whether an array's elements may be named by data: a whole array that is only read.
    pub(super) fn may_be_gathered(array: &Array) -> bool {
        !array.writable
            && !array.is_scalar()
            && array.form != Form::Open
            && array.form != Form::Pointer
    }

    /// `index`, moved so that it begins at zero.
    pub(super) fn from_zero(index: &Index) -> Index {
        plus(index, -index.least)
    }
}
