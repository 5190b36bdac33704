//! What makes a program's text less regular: parameters, loops that count otherwise, guards; and
//! making a program again from its outline.

use super::{Sketch, at, name_in, plus};
use crate::outline::{Item, LoopForm, Outline};
use crate::value::Value;
use crate::variety::Variety;
use loopwright_ir::{Access, Affine, Constraint, ElementType, Variable};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// So many parameters at most.
const MOST_PARAMETERS: usize = 3;

/// The name of a parameter: none is a loop's or an array's.
pub(super) fn parameter_name(position: u32) -> String {
    match position {
        0 => "p".to_owned(),
        1 => "q".to_owned(),
        2 => "r".to_owned(),
        _ => format!("p{position}"),
    }
}

impl Sketch {
    /// The same sketch with variety; the seed decides about conditions in values.
    pub(crate) fn with_variety(mut self, variety: Variety, seed: u64) -> Self {
        self.variety = Some(variety);
        self.choices = Some(ChaCha8Rng::seed_from_u64(seed ^ 0xc401_ce5e));
        self
    }

    /// The value, perhaps with a part that is evaluated under a condition on data only.
    pub(super) fn varied_value(&mut self, value: &Value) -> Value {
        let likely = self.variety.as_ref().map_or(0.0, |variety| variety.choices);
        let element = self.element;
        let Some(random) = self.choices.as_mut().filter(|_| likely > 0.0) else {
            return value.clone();
        };
        let mut reads = Vec::new();
        value.visit_reads(&mut |access| reads.push(access.clone()));
        let mut value = value.clone();
        if reads.is_empty() || !random.random_bool(likely) {
            return value;
        }
        for _ in 0..random.random_range(1..=2) {
            let mut pick = || reads.get(random.random_range(0..reads.len())).cloned();
            let (Some(tested), Some(other)) = (pick(), pick()) else { return value };
            // Data begins between 0.5 and 1.5, or between 0 and 15.
            let limits = if element.is_float() { [1000.0, 1.0, 0.0] } else { [1000.0, 7.0, 0.0] };
            let limit = limits[random.random_range(0..limits.len())];
            let under = |then: Value, otherwise: f64| Value::Choice {
                tested: tested.clone(),
                limit,
                arms: Box::new([then, Value::Constant(otherwise)]),
            };
            value = match random.random_range(0..4) {
                0 => under(value, 2.0),
                1 if !element.is_float() => Value::Choice {
                    tested: tested.clone(),
                    limit: 0.0,
                    arms: Box::new([value.over(Value::Read(tested)), Value::Constant(3.0)]),
                },
                _ => value.with_reads_of(other.array, &|read| under(read, 0.5)),
            };
        }
        value
    }

    /// Whether it is one for fuzzing.
    pub(crate) fn is_varied(&self) -> bool {
        self.variety.is_some()
    }

    /// The sketch that an outline was made from, or would have been.
    pub(crate) fn replay(outline: &Outline) -> Self {
        let mut sketch = Self::new(ChaCha8Rng::seed_from_u64(0), ElementType::F64, 1.0);
        sketch.parameters.clone_from(&outline.parameters);
        for (element, rank) in &outline.arrays {
            sketch.array_of(*element, *rank);
        }
        sketch.replay_items(&outline.items);
        sketch
    }

    fn replay_items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Loop(inner) => {
                    self.repeat_as(&inner.lower, &inner.uppers, inner.form, |sketch| {
                        sketch.replay_items(&inner.body);
                    });
                }
                Item::Guard { conditions, body } => {
                    self.guard(conditions, |sketch| sketch.replay_items(body));
                }
                Item::Assign(assignment) => self.statement_as(
                    assignment.target.clone(),
                    assignment.compound,
                    &assignment.value,
                ),
            }
        }
    }

    /// Opens `if (conditions)`, adds `inside`, and closes it.
    pub(crate) fn guard(&mut self, conditions: &[Constraint], inside: impl FnOnce(&mut Self)) {
        let names = self.names();
        let name_of = |variable| name_in(&names, "", variable);
        let texts: Vec<_> = conditions
            .iter()
            .map(|condition| {
                let sign = if condition.equality { "==" } else { ">=" };
                format!("{} {sign} 0", condition.affine.display_with(&name_of))
            })
            .collect();
        self.line(format!("if ({}) {{", texts.join(" && ")));
        let normal = conditions
            .iter()
            .map(|condition| Constraint {
                affine: self.normal(&condition.affine),
                equality: condition.equality,
            })
            .collect();
        self.guards.push((self.depth(), normal));
        self.outline.push(Vec::new());
        inside(self);
        let body = self.outline.pop().unwrap_or_default();
        self.guards.pop();
        self.line("}".to_owned());
        self.note(Item::Guard { conditions: conditions.to_vec(), body });
    }

    /// The domain of a statement at this place, in the order of the text.
    pub(super) fn domain(&self) -> Vec<Constraint> {
        let mut domain = Vec::new();
        for depth in 0..=self.depth() {
            if let Some(open) = depth.checked_sub(1).and_then(|outer| self.open.get(outer)) {
                domain.extend(open.constraints.iter().cloned());
            }
            let guards = self.guards.iter().filter(|(around, _)| *around == depth);
            domain.extend(guards.flat_map(|(_, conditions)| conditions.iter().cloned()));
        }
        domain
    }

    /// The value of a loop's variable by its normalised iterator, and the iterator's bounds.
    pub(super) fn normalised(
        &self,
        lower: &Affine,
        uppers: &[Affine],
        form: LoopForm,
    ) -> (Affine, Vec<Constraint>) {
        let own = at(self.depth());
        let lower = self.normal(lower);
        let uppers: Vec<Affine> = uppers.iter().map(|upper| self.normal(upper)).collect();
        let below =
            |value: &Affine| uppers.iter().map(|upper| Constraint::less(value, upper)).collect();
        match form {
            LoopForm::Ascending => {
                let mut constraints = vec![Constraint::less_or_equal(&lower, &own)];
                constraints.extend::<Vec<_>>(below(&own));
                (own, constraints)
            }
            LoopForm::Descending => {
                let value = &own * -1;
                let mut constraints: Vec<_> = below(&value);
                constraints.push(Constraint::less_or_equal(&lower, &value));
                (value, constraints)
            }
            LoopForm::Strided(step) => {
                let value = &lower + &(&own * step);
                let mut constraints = vec![Constraint::non_negative(own)];
                constraints.extend::<Vec<_>>(below(&value));
                (value, constraints)
            }
        }
    }

    /// The first line of a loop.
    pub(super) fn header(
        &self,
        name: &str,
        lower: &Affine,
        uppers: &[Affine],
        form: LoopForm,
    ) -> String {
        let names = self.names();
        let text =
            |affine: &Affine| affine.display_with(&|variable| name_in(&names, name, variable));
        let below: Vec<_> =
            uppers.iter().map(|upper| format!("{name} < {}", text(upper))).collect();
        let (below, lower) = (below.join(" && "), text(lower));
        match form {
            LoopForm::Ascending => format!("for (int {name} = {lower}; {below}; {name}++) {{"),
            LoopForm::Descending => {
                let last = uppers.first().map_or_else(String::new, |upper| text(&plus(upper, -1)));
                format!("for (int {name} = {last}; {name} >= {lower}; {name}--) {{")
            }
            LoopForm::Strided(step) => {
                format!("for (int {name} = {lower}; {below}; {name} += {step}) {{")
            }
        }
    }

    /// An expression of the source's variables, by the normalised iterators.
    pub(super) fn normal(&self, affine: &Affine) -> Affine {
        affine.substitute(|variable| match variable {
            Variable::Iterator(depth) => self
                .open
                .get(depth as usize)
                .map_or_else(|| Affine::variable(variable), |open| open.value.clone()),
            other => Affine::variable(other),
        })
    }

    pub(super) fn normal_access(&self, access: &Access) -> Access {
        Access {
            array: access.array,
            subscripts: access.subscripts.iter().map(|affine| self.normal(affine)).collect(),
        }
    }

    pub(super) fn parameter_value(&self, variable: Variable) -> Option<i64> {
        match variable {
            Variable::Parameter(position) => self.parameters.get(position as usize).copied(),
            _ => None,
        }
    }

    /// The expression with a parameter in place of a constant, perhaps.
    pub(crate) fn varied_bound(&mut self, bound: &Affine) -> Affine {
        let likely = self.variety.as_ref().map_or(0.0, |variety| variety.parameters);
        let Some(value) = bound.as_constant().filter(|_| likely > 0.0) else {
            return bound.clone();
        };
        if !self.chance(likely) {
            return bound.clone();
        }
        let near = self.parameters.iter().position(|known| (known - value).abs() <= 2);
        let position = match near {
            Some(position) => position,
            None if self.parameters.len() < MOST_PARAMETERS => {
                let offset = if self.chance(0.2) { self.random.random_range(-1..=1) } else { 0 };
                self.parameters.push((value + offset).max(0));
                self.parameters.len() - 1
            }
            None => return bound.clone(),
        };
        self.near_parameter(position, value).unwrap_or_else(|| bound.clone())
    }

    /// The parameter plus what it lacks to a value.
    fn near_parameter(&self, position: usize, value: i64) -> Option<Affine> {
        let known = self.parameters.get(position)?;
        let number = u32::try_from(position).ok()?;
        Some(plus(&Affine::variable(Variable::Parameter(number)), value - known))
    }

    /// The extent of an array's dimension, by a parameter where one is near; `turn` decides which of
    /// them stay numbers.
    pub(super) fn varied_extent(&self, size: i64, turn: usize) -> Affine {
        let near = self.parameters.iter().position(|known| (known - size).abs() <= 1);
        near.filter(|_| turn.is_multiple_of(2))
            .and_then(|position| self.near_parameter(position, size))
            .unwrap_or_else(|| Affine::constant(size))
    }

    /// How the next loop counts.
    pub(crate) fn varied_form(&mut self, uppers: usize) -> LoopForm {
        let Some((descending, strided)) =
            self.variety.as_ref().map(|variety| (variety.descending, variety.strided))
        else {
            return LoopForm::Ascending;
        };
        if uppers == 1 && self.chance(descending) {
            return LoopForm::Descending;
        }
        if self.chance(strided) {
            return LoopForm::Strided(self.random.random_range(2..=3));
        }
        LoopForm::Ascending
    }

    /// Conditions for the next statement; mostly none.
    pub(super) fn varied_guard(&mut self) -> Vec<Constraint> {
        let guards = self.variety.as_ref().map_or(0.0, |variety| variety.guards);
        if guards == 0.0 || self.depth() == 0 || !self.chance(guards) {
            return Vec::new();
        }
        let count = if self.chance(0.25) { 2 } else { 1 };
        (0..count).map(|_| self.condition()).collect()
    }

    /// A condition over the open loops that holds for some iterations and not for others, mostly.
    pub(crate) fn condition(&mut self) -> Constraint {
        let depth = self.depth();
        let one = self.between(0, depth.saturating_sub(1));
        let other = self.between(0, depth.saturating_sub(1));
        let offset: i64 = self.random.random_range(-2..=3);
        let sign = if self.chance(0.5) { 1 } else { -1 };
        let affine = if one == other || self.chance(0.3) {
            plus(&(&at(one) * sign), if sign > 0 { -offset.abs() } else { 3 + offset })
        } else if self.chance(0.8) {
            plus(&(&at(one) - &at(other)), offset)
        } else {
            plus(&(&(&at(one) + &at(other)) * sign), if sign > 0 { -offset } else { 6 + offset })
        };
        if self.chance(0.15) { Constraint::zero(affine) } else { Constraint::non_negative(affine) }
    }
}
