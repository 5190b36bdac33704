//! Conditions on loop variables and parameters, and what holds under them.

use super::{Generator, Index};

/// A condition's text, and the bounds that it gives variables where it holds and where not.
struct Condition {
    text: String,
    then: Vec<Bound>,
    otherwise: Vec<Bound>,
}

/// A variable with the least and greatest value that it has where a condition holds.
pub(super) type Bound = (String, i64, i64);

/// No bound.
const LEAST: i64 = i64::MIN / 4;
const GREATEST: i64 = i64::MAX / 4;

impl Generator {
    /// `if (…) { … }`, with or without `else`. A `single` statement may stand without braces.
    pub(super) fn guarded_block(&mut self, single: bool, body: impl Fn(&mut Self)) {
        let condition = self.condition(2);
        self.seen("if");
        let braces = !(single && self.choices.chance(25));
        self.line(&format!("if ({}){}", condition.text, if braces { " {" } else { "" }));
        self.under(&condition.then, &body);
        if self.choices.chance(35) {
            self.seen("else");
            if braces {
                self.line("} else {");
            } else {
                self.line("else");
            }
            self.under(&condition.otherwise, &Self::statement);
        }
        if braces {
            self.line("}");
        }
    }

    /// A body where variables have further bounds.
    fn under(&mut self, bounds: &[Bound], body: &dyn Fn(&mut Self)) {
        let saved = self.scope.clone();
        for (name, least, greatest) in bounds {
            let counter = self.scope.counters.iter_mut().rev().find(|it| it.name == *name);
            if let Some(counter) = counter {
                let narrowed = (counter.least.max(*least), counter.greatest.min(*greatest));
                if narrowed.0 <= narrowed.1 {
                    (counter.least, counter.greatest) = narrowed;
                }
            }
        }
        self.scope.depth += 1;
        body(self);
        self.scope = saved;
    }

    /// The text of a condition on indices, with the bounds where it holds and where not.
    pub(super) fn index_condition(&mut self) -> (String, Vec<Bound>, Vec<Bound>) {
        let condition = self.condition(1);
        (condition.text, condition.then, condition.otherwise)
    }

    fn condition(&mut self, depth: u32) -> Condition {
        self.choices.open();
        let condition = self.some_condition(depth);
        self.choices.close();
        condition
    }

    fn some_condition(&mut self, depth: u32) -> Condition {
        if depth == 0 {
            return self.comparison();
        }
        match self.choices.weighted(&[62, 12, 12, 8, 3, 3]) {
            1 => {
                self.seen("&&");
                let (left, right) = (self.condition(depth - 1), self.condition(depth - 1));
                let then = left.then.into_iter().chain(right.then).collect();
                let text = format!("{} && {}", bracketed(&left.text), bracketed(&right.text));
                Condition { text, then, otherwise: Vec::new() }
            }
            2 => {
                self.seen("||");
                let (left, right) = (self.condition(depth - 1), self.condition(depth - 1));
                let otherwise = left.otherwise.into_iter().chain(right.otherwise).collect();
                let text = format!("{} || {}", bracketed(&left.text), bracketed(&right.text));
                Condition { text, then: Vec::new(), otherwise }
            }
            3 => {
                self.seen("!");
                let inner = self.condition(depth - 1);
                let text = format!("!({})", inner.text);
                Condition { text, then: inner.otherwise, otherwise: inner.then }
            }
            4 => {
                let index = self.affine();
                self.seen("number as a condition");
                Condition { text: index.text, then: Vec::new(), otherwise: Vec::new() }
            }
            5 => {
                self.seen("condition by a function");
                let (name, left, right) =
                    (self.below_function(), self.affine(), self.parameter_index());
                let text = format!("{name}({}, {})", left.text, right.text);
                Condition { text, then: Vec::new(), otherwise: Vec::new() }
            }
            _ => self.comparison(),
        }
    }

    fn comparison(&mut self) -> Condition {
        let left = self.affine();
        let constant = self.choices.chance(55);
        let right = if constant {
            let middle = (left.least + left.greatest) / 2;
            let value = (middle + self.choices.range(-2, 3)).max(0);
            Index::constant(value)
        } else if self.choices.chance(50) {
            self.parameter_index()
        } else {
            self.affine()
        };
        let operators = ["<", ">=", ">", "<=", "==", "!="];
        let operator = *self.choices.pick(&operators).unwrap_or(&"<");
        let text = format!("{} {operator} {}", left.operand(), right.operand());
        let (mut then, mut otherwise) = (Vec::new(), Vec::new());
        if left.atom && right.least == right.greatest && left.ctype.is_signed() {
            let (name, value) = (left.text, right.least);
            let below = (name.clone(), LEAST, value - 1);
            let at_most = (name.clone(), LEAST, value);
            let above = (name.clone(), value + 1, GREATEST);
            let at_least = (name.clone(), value, GREATEST);
            match operator {
                "<" => (then, otherwise) = (vec![below], vec![at_least]),
                ">=" => (then, otherwise) = (vec![at_least], vec![below]),
                ">" => (then, otherwise) = (vec![above], vec![at_most]),
                "<=" => (then, otherwise) = (vec![at_most], vec![above]),
                "==" => then = vec![(name, value, value)],
                _ => otherwise = vec![(name, value, value)],
            }
        }
        Condition { text, then, otherwise }
    }
}

fn bracketed(text: &str) -> String {
    if text.contains(['&', '|', '?']) { format!("({text})") } else { text.to_owned() }
}
