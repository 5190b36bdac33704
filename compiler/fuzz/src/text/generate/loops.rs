//! Nests of loops: starts, conditions and steps in all the ways that C has for them.

use super::index::plus;
use super::{Counter, Generator, Index, MOST_WORK, Outside};
use crate::text::types::{CType, Range};

/// The header of a loop and what is known of its variable.
struct Header {
    text: String,
    counter: Counter,
    /// `variable - other >= by` or `other - variable >= by`.
    orders: Vec<(String, String, i64)>,
    outside: Option<usize>,
}

impl Generator {
    /// A nest of so many loops, with statements and conditions on the way down.
    pub(super) fn nest(&mut self, depth: usize) {
        if self.choices.open() {
            self.nothing();
        } else if depth == 0 {
            self.innermost();
        } else {
            self.loop_nest(depth);
        }
        self.choices.close();
    }

    /// A statement that does nothing, where there must be one.
    pub(super) fn nothing(&mut self) {
        let text = self.text.trim_end();
        if text.ends_with(')') || text.ends_with("else") {
            self.line(";");
        }
    }

    fn loop_nest(&mut self, depth: usize) {
        let header = (0..6).find_map(|_| self.header());
        let Some(Header { text, counter, orders, outside }) = header else {
            return self.innermost();
        };
        let saved = self.scope.clone();
        let width = (counter.greatest - counter.least + 1).max(1);
        let (walk, own) =
            (self.choices.chance(16).then(|| self.walk(width)).flatten(), counter.clone());
        self.scope.work = self.scope.work.saturating_mul(width);
        self.scope.counters.push(counter);
        self.scope.orders.extend(orders);
        self.mark(outside, true);
        let (text, last) = self.as_while(&text, outside.is_some());
        self.line(&format!("{text} {{"));
        self.scope.depth += 1;
        self.prologue();
        // What a jump leaves out would change what walks, and where a `while` goes.
        if walk.is_none() && last.is_none() && self.choices.chance(8) {
            self.jump();
        }
        if walk.is_none() && last.is_none() && depth == 1 && self.choices.chance(6) {
            self.leave(&own);
        }
        if depth > 1 && self.choices.chance(30) {
            self.statement();
        }
        if depth > 1 && self.choices.chance(12) {
            self.guarded_block(false, |generator| generator.nest(depth - 1));
        } else {
            self.nest(depth - 1);
        }
        if depth > 1 && self.choices.chance(25) {
            self.statement();
        }
        for line in walk.map(|walk| walk.last).into_iter().chain(last) {
            self.line(&line);
        }
        self.scope = saved;
        self.line("}");
        self.mark(outside, false);
    }

    fn mark(&mut self, outside: Option<usize>, active: bool) {
        if let Some(at) = outside
            && let Some(variable) = self.outside.get_mut(at)
        {
            variable.active = active;
        }
    }

    /// What stands where there are no more loops.
    fn innermost(&mut self) {
        let statements = 1 + self.choices.weighted(&[65, 25, 10]);
        for _ in 0..statements {
            if self.choices.chance(12) {
                self.under_data();
            } else if self.choices.chance(18) {
                self.guarded_block(true, Self::statement);
            } else {
                self.statement();
            }
        }
    }

    /// Declarations at the beginning of a body.
    fn prologue(&mut self) {
        if self.choices.chance(12) {
            self.alias();
        }
        if self.choices.chance(12) {
            self.local();
        }
    }

    /// A name for an index value.
    pub(super) fn alias(&mut self) {
        if self.choices.open() {
            return self.choices.close();
        }
        let index = self.affine();
        let ctype = if self.choices.chance(20) { CType::Long } else { CType::Int };
        let constant = if self.choices.chance(50) { "const " } else { "" };
        self.seen("copy of a loop variable");
        let name = self.fresh("k");
        self.line(&format!("{constant}{} {name} = {};", ctype.spelling(), index.text));
        let Index { least, greatest, .. } = index;
        self.scope.counters.push(Counter { name, ctype, least, greatest });
        self.choices.close();
    }

    /// What may stand in front of a nest, in the region.
    pub(super) fn between(&mut self) {
        if self.choices.chance(6) {
            self.alias_of_variable();
        } else if self.choices.chance(6) {
            self.alias();
        }
        if self.choices.chance(8) {
            self.statement();
        }
    }

    /// A name for the value that a variable has before a loop changes it.
    fn alias_of_variable(&mut self) {
        let Some(at) = self.outside.iter().position(|it| !it.active) else { return };
        let (variable, value) = (self.outside[at].name.clone(), self.choices.range(0, 3));
        self.seen("copy of a variable that a loop changes later");
        let name = self.fresh("k");
        self.line(&format!("{variable} = {value};"));
        self.line(&format!("const int {name} = {variable};"));
        self.scope.counters.push(Counter {
            name,
            ctype: CType::Int,
            least: value,
            greatest: value,
        });
    }

    fn header(&mut self) -> Option<Header> {
        let types = [
            (CType::Int, 72),
            (CType::Long, 9),
            (CType::Unsigned, 6),
            (CType::UnsignedLong, 4),
            (CType::Short, 3),
            (CType::UnsignedChar, 3),
            (CType::Char, 3),
        ];
        let mut ctype = self.weighted_type(&types);
        let up = !ctype.is_signed() || !self.choices.chance(22);
        let step = if self.choices.chance(22) { self.choices.range(2, 4) } else { 1 };
        let outside = if self.choices.chance(25) { self.outside_variable(ctype) } else { None };
        if let Some(at) = outside {
            ctype = self.outside[at].ctype;
        }
        let name = match outside {
            Some(at) => self.outside[at].name.clone(),
            None => self.loop_name(),
        };
        let low = self.low();
        let high = self.high(&low);
        // The end that is compared with, exclusive or not.
        let inclusive = self.choices.chance(30);
        let greatest = if inclusive { high.greatest } else { high.greatest - 1 };
        let (first, last) = (low.least, greatest);
        let fits = Range::new(i128::from(first) - 5, i128::from(last) + 5);
        let unsigned = !ctype.is_signed();
        let fits = if unsigned {
            first >= 0 && high.least >= 0 && i128::from(last) + 5 <= ctype.values().greatest
        } else {
            fits.within(ctype.values())
        };
        let trips = (last - first).max(0) / step + 1;
        if !fits || last < first || self.scope.work.saturating_mul(trips) > MOST_WORK {
            return None;
        }
        let sure = low.greatest <= if inclusive { high.least + 1 } else { high.least };
        let text =
            self.loop_text(&name, ctype, (&low, &high), inclusive, up, step, sure, outside)?;
        if !up {
            self.seen("decreasing loop");
        }
        if step > 1 {
            self.seen("step of several");
        }
        if outside.is_some() {
            self.seen("loop variable declared before the region");
        }
        if ctype != CType::Int {
            self.seen("loop variable of another type than int");
        }
        let mut orders = Vec::new();
        if self.is_counter(&low.text) {
            self.seen("triangular bound");
            orders.push((name.clone(), low.text.clone(), 0));
        }
        if self.is_counter(&high.text) {
            self.seen("triangular bound");
            orders.push((high.text.clone(), name.clone(), i64::from(!inclusive)));
        }
        let counter = Counter { name, ctype, least: first, greatest: last };
        Some(Header { text, counter, orders, outside })
    }

    fn is_counter(&self, text: &str) -> bool {
        self.scope.counters.iter().any(|counter| counter.name == text)
    }

    fn loop_name(&mut self) -> String {
        let names = ["i", "j", "k", "l"];
        // Now and then a name that is taken outside.
        if self.choices.chance(4) {
            self.seen("shadowed loop variable");
            return "i".to_owned();
        }
        let taken = |name: &&&str| {
            self.is_counter(name) || self.outside.iter().any(|outside| outside.name == **name)
        };
        names.iter().find(|name| !taken(name)).map_or("q", |name| name).to_owned()
    }

    fn outside_variable(&mut self, ctype: CType) -> Option<usize> {
        let free: Vec<usize> =
            (0..self.outside.len()).filter(|at| !self.outside[*at].active).collect();
        if !free.is_empty() && self.choices.chance(60) {
            return self.choices.pick(&free).copied();
        }
        let name = ["x", "y", "z"].get(self.outside.len())?;
        self.outside.push(Outside { name: (*name).to_owned(), ctype, active: false });
        Some(self.outside.len() - 1)
    }

    fn low(&mut self) -> Index {
        let has_counters = !self.scope.counters.is_empty();
        match self.choices.weighted(&[60, if has_counters { 24 } else { 0 }, 6, 5, 5]) {
            0 => Index::constant(self.choices.range(0, 3)),
            1 => {
                let index = self.affine();
                let constant = self.choices.range(0, 2);
                plus(&index, constant)
            }
            2 => {
                let parameter = self.parameter_index();
                let constant = -self.choices.range(2, 9);
                plus(&parameter, constant)
            }
            3 => {
                let constant = -self.choices.range(1, 3);
                Index::constant(constant)
            }
            _ => {
                let (first, second) = (self.affine(), Index::constant(self.choices.range(0, 2)));
                self.extreme(&first, &second, false)
            }
        }
    }

    fn high(&mut self, low: &Index) -> Index {
        let has_counters = !self.scope.counters.is_empty();
        match self.choices.weighted(&[46, 18, if has_counters { 16 } else { 0 }, 8, 9, 3]) {
            0 => {
                let parameter = self.parameter_index();
                let constant = if self.choices.chance(35) { -self.choices.range(1, 3) } else { 0 };
                plus(&parameter, constant)
            }
            1 => {
                let extents: Vec<(String, i64)> = self
                    .region
                    .arrays
                    .iter()
                    .flat_map(|array| &array.extents)
                    .filter(|extent| extent.parameter.is_none())
                    .map(|extent| (extent.text.clone(), extent.constant))
                    .collect();
                match self.choices.pick(&extents) {
                    Some((text, value)) => Index { text: text.clone(), ..Index::constant(*value) },
                    None => {
                        let constant = low.least + self.choices.range(1, 12);
                        Index::constant(constant)
                    }
                }
            }
            2 => {
                let index = self.affine();
                let constant = self.choices.range(0, 2);
                plus(&index, constant)
            }
            3 => {
                let (first, second) = (self.affine(), self.parameter_index());
                self.extreme(&first, &second, true)
            }
            4 => self.quotient(),
            _ => self.size_of_array().unwrap_or_else(|| self.parameter_index()),
        }
    }

    /// The lesser or greater of two, by a macro, a function or a choice.
    fn extreme(&mut self, first: &Index, second: &Index, least: bool) -> Index {
        self.seen("minimum or maximum in a bound");
        let pair = |name: &str| format!("{name}({}, {})", first.text, second.text);
        let ctype = first.ctype.common(second.ctype);
        let (mut atom, mut ctype) = (true, ctype);
        let text = match (self.choices.below(3), least) {
            (0, true) => pair(&self.minimum_macro()),
            (0, false) => pair(&self.maximum_macro()),
            (1, true) => {
                ctype = CType::Int;
                pair(&self.minimum_function())
            }
            (1, false) => {
                ctype = CType::Int;
                pair(&self.maximum_function())
            }
            _ => {
                atom = false;
                let operator = if least { "<" } else { ">=" };
                let (first, second) = (first.operand(), second.operand());
                format!("{first} {operator} {second} ? {first} : {second}")
            }
        };
        let choose = |left: i64, right: i64| if least { left.min(right) } else { left.max(right) };
        let (low, high) =
            (choose(first.least, second.least), choose(first.greatest, second.greatest));
        Index { text, ctype, least: low, greatest: high, atom }
    }

    /// Halves and thirds of what may be negative.
    fn quotient(&mut self) -> Index {
        self.seen("division in a bound");
        let parameter = self.parameter_index();
        let constant = self.choices.range(-6, 3);
        let dividend = plus(&parameter, constant);
        let ctype = dividend.ctype;
        if self.choices.chance(30) && dividend.least >= 0 {
            let text = format!("{} >> 1", dividend.operand());
            let (least, greatest) = (dividend.least >> 1, dividend.greatest >> 1);
            return Index { text, ctype, least, greatest, atom: false };
        }
        let divisor = self.choices.range(2, 3);
        let text = format!("{} / {divisor}", dividend.operand());
        let (least, greatest) = (dividend.least / divisor, dividend.greatest / divisor);
        Index { text, ctype, least, greatest, atom: false }
    }

    fn size_of_array(&mut self) -> Option<Index> {
        let arrays: Vec<(String, i64)> = self
            .region
            .arrays
            .iter()
            .filter(|it| it.place == crate::text::region::Place::Global && !it.is_scalar())
            .filter_map(|it| Some((it.name.clone(), it.extents.first()?.constant)))
            .collect();
        let (name, count) = self.choices.pick(&arrays)?.clone();
        self.seen("sizeof");
        let text = if self.choices.chance(50) {
            format!("(int)(sizeof({name}) / sizeof({name}[0]))")
        } else {
            format!("sizeof {name} / sizeof *{name}")
        };
        Some(Index { text, ctype: CType::Int, least: count, greatest: count, atom: false })
    }

    #[allow(clippy::too_many_arguments)]
    fn loop_text(
        &mut self,
        name: &str,
        ctype: CType,
        (low, high): (&Index, &Index),
        inclusive: bool,
        up: bool,
        step: i64,
        sure: bool,
        outside: Option<usize>,
    ) -> Option<String> {
        let start = match (up, inclusive) {
            (true, _) => low.text.clone(),
            (false, true) => high.text.clone(),
            (false, false) => plus(high, -1).text,
        };
        let declared =
            if outside.is_some() { String::new() } else { format!("{} ", ctype.spelling()) };
        let end = if up { high.operand() } else { low.operand() };
        let (operator, mirrored) = match (up, inclusive) {
            (true, false) => ("<", ">"),
            (true, true) => ("<=", ">="),
            (false, _) => (">=", "<="),
        };
        let unequal = up && !inclusive && step == 1 && sure;
        let condition = match self.choices.weighted(&[74, 10, 6, 5, 5]) {
            1 => format!("{end} {mirrored} {name}"),
            2 if unequal => {
                self.seen("loop until unequal");
                format!("{name} != {end}")
            }
            3 => {
                self.seen("negated loop condition");
                let opposite = match operator {
                    "<" => ">=",
                    "<=" => ">",
                    _ => "<",
                };
                format!("!({name} {opposite} {end})")
            }
            4 if up => {
                self.seen("several conditions in a loop");
                let limit = high.greatest + self.choices.range(0, 3);
                format!("{name} {operator} {end} && {name} < {limit}")
            }
            _ => format!("{name} {operator} {end}"),
        };
        let advance = match (up, step, self.choices.below(4)) {
            (true, 1, 0) => format!("{name}++"),
            (true, 1, 1) => format!("++{name}"),
            (false, 1, 0) => format!("{name}--"),
            (false, 1, 1) => format!("--{name}"),
            (true, _, 3) => format!("{name} = {name} + {step}"),
            (true, ..) => format!("{name} += {step}"),
            (false, _, 3) => format!("{name} = {name} - {step}"),
            (false, ..) => format!("{name} -= {step}"),
        };
        Some(format!("for ({declared}{name} = {start}; {condition}; {advance})"))
    }
}
