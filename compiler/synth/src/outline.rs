//! What a program was made of, so that it can be made again with less of it.
//!
//! An outline speaks of the source's own loop variables, by depth. A [`Program`] and its C text are
//! both made from it; dropping a part of it, or putting a smaller number in, gives another program
//! whose text still agrees with it. That is what shrinks a failing program.

use crate::sketch::Sketch;
use crate::value::Value;
use loopwright_ir::{
    Access, Affine, ArrayId, BinaryOperation, Constraint, ElementType, Program, Variable,
};
use serde::{Deserialize, Serialize};

/// How the source's loop variable goes through its range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LoopForm {
    /// `for (i = lower; i < upper; i++)`, with several upper bounds joined by `&&`.
    #[default]
    Ascending,
    /// `for (i = upper - 1; i >= lower; i--)`, with one upper bound.
    Descending,
    /// `for (i = lower; i < upper; i += step)`.
    Strided(i64),
}

/// A loop.
#[derive(Clone, Debug)]
pub(crate) struct LoopOutline {
    pub lower: Affine,
    pub uppers: Vec<Affine>,
    pub form: LoopForm,
    pub body: Vec<Item>,
}

/// An assignment, compound or plain.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub target: Access,
    pub compound: Option<BinaryOperation>,
    pub value: Value,
}

/// A part of a program's text.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Loop(LoopOutline),
    Guard { conditions: Vec<Constraint>, body: Vec<Item> },
    Assign(Assignment),
}

/// See the module's text.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Element type and rank of each array.
    pub(crate) arrays: Vec<(ElementType, usize)>,
    /// The parameters' values.
    pub(crate) parameters: Vec<i64>,
    pub(crate) items: Vec<Item>,
}

/// One way in which an outline may get smaller. Positions count loops, guards and assignments in the
/// order of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reduction {
    /// Without an item and what is inside it.
    Drop(usize),
    /// A guard replaced by what is inside it.
    Unguard(usize),
    /// A loop that counts upwards by one.
    Straighten(usize),
    /// A loop's constant upper bounds halved.
    Halve(usize),
    /// A loop's constant upper bounds one less.
    Decrement(usize),
    /// An assignment's value replaced by its left operand, or by its right one.
    Left(usize),
    Right(usize),
    /// An assignment's value replaced by a constant.
    Constant(usize),
    /// A compound assignment made a plain one.
    Plain(usize),
    /// A parameter replaced by its value.
    FixParameter(usize),
    /// A parameter's value one less.
    LowerParameter(usize),
    /// All elements of one type.
    Uniform,
    /// Without the arrays that do not occur; the others get new names.
    Compact,
}

impl Outline {
    /// The program, and its C text as a function of the given name.
    pub fn realise(&self, name: &str) -> (Program, String) {
        let finished = Sketch::replay(self).finish(name);
        (finished.program, finished.source)
    }

    /// How many loops, guards and assignments there are.
    pub fn item_count(&self) -> usize {
        fn count(items: &[Item]) -> usize {
            items
                .iter()
                .map(|item| match item {
                    Item::Loop(LoopOutline { body, .. }) | Item::Guard { body, .. } => {
                        1 + count(body)
                    }
                    Item::Assign(_) => 1,
                })
                .sum()
        }
        count(&self.items)
    }

    /// Which statements, counted in the order of the text, are inside an item.
    pub fn statements_of(&self, at: usize) -> Option<std::ops::Range<usize>> {
        fn seek(
            items: &[Item],
            at: &mut usize,
            before: &mut usize,
        ) -> Option<std::ops::Range<usize>> {
            for item in items {
                let here = *at == 0;
                let start = *before;
                *at = at.wrapping_sub(1);
                match item {
                    Item::Assign(_) => *before += 1,
                    Item::Loop(LoopOutline { body, .. }) | Item::Guard { body, .. } => {
                        let mut at_end = usize::MAX;
                        let within = if here { &mut at_end } else { &mut *at };
                        if let Some(found) = seek(body, within, before) {
                            return Some(found);
                        }
                    }
                }
                if here {
                    return Some(start..*before);
                }
            }
            None
        }
        seek(&self.items, &mut { at }, &mut 0)
    }

    /// The name of an array as the C text has it, before and after those that do not occur are gone.
    pub fn compact_names(&self) -> Vec<(String, String)> {
        let mut next = 0;
        self.used_arrays()
            .into_iter()
            .zip(&self.arrays)
            .enumerate()
            .filter(|(_, (used, _))| *used)
            .map(|(position, (_, (_, rank)))| {
                next += 1;
                (array_name(position, *rank), array_name(next - 1, *rank))
            })
            .collect()
    }

    /// All reductions worth a try, those that remove most first.
    pub fn reductions(&self) -> Vec<Reduction> {
        let count = self.item_count();
        let each = |make: fn(usize) -> Reduction| (0..count).map(make).collect::<Vec<_>>();
        let mut all = each(Reduction::Drop);
        all.extend(each(Reduction::Unguard));
        all.extend((0..self.parameters.len()).map(Reduction::FixParameter));
        all.push(Reduction::Uniform);
        for make in [
            Reduction::Straighten,
            Reduction::Constant,
            Reduction::Left,
            Reduction::Right,
            Reduction::Plain,
            Reduction::Halve,
            Reduction::Decrement,
        ] {
            all.extend(each(make));
        }
        all.extend((0..self.parameters.len()).map(Reduction::LowerParameter));
        all.push(Reduction::Compact);
        all
    }

    /// The smaller outline; `None` where the reduction changes nothing or leaves no assignment.
    pub fn reduced(&self, reduction: Reduction) -> Option<Outline> {
        let mut outline = self.clone();
        let changed = match reduction {
            Reduction::Uniform => {
                let other = |element: ElementType| element != ElementType::F64;
                let any = outline.arrays.iter().any(|array| other(array.0));
                outline.arrays.iter_mut().for_each(|array| array.0 = ElementType::F64);
                any
            }
            Reduction::Compact => {
                let any = outline.used_arrays().contains(&false);
                outline = outline.compacted();
                any
            }
            Reduction::FixParameter(position) => outline.fix_parameter(position),
            Reduction::LowerParameter(position) => match outline.parameters.get_mut(position) {
                Some(value) if *value > 0 => {
                    *value -= 1;
                    true
                }
                _ => false,
            },
            Reduction::Drop(at)
            | Reduction::Unguard(at)
            | Reduction::Straighten(at)
            | Reduction::Halve(at)
            | Reduction::Decrement(at)
            | Reduction::Left(at)
            | Reduction::Right(at)
            | Reduction::Constant(at)
            | Reduction::Plain(at) => reduce(&mut outline.items, &mut { at }, reduction)?,
        };
        (changed && outline.has_assignment()).then_some(outline)
    }

    fn has_assignment(&self) -> bool {
        fn any(items: &[Item]) -> bool {
            items.iter().any(|item| match item {
                Item::Assign(_) => true,
                Item::Loop(LoopOutline { body, .. }) | Item::Guard { body, .. } => any(body),
            })
        }
        any(&self.items)
    }

    /// The value in the parameter's place, and the later parameters one number earlier.
    fn fix_parameter(&mut self, position: usize) -> bool {
        let Some(value) = self.parameters.get(position).copied() else { return false };
        self.parameters.remove(position);
        let position = position as u64;
        let change = |variable| match variable {
            Variable::Parameter(number) if u64::from(number) == position => Affine::constant(value),
            Variable::Parameter(number) if u64::from(number) > position => {
                Affine::variable(Variable::Parameter(number - 1))
            }
            other => Affine::variable(other),
        };
        for item in &mut self.items {
            visit_affines(item, &mut |affine| *affine = affine.substitute(change));
        }
        true
    }

    /// Without the arrays that do not occur.
    fn compacted(mut self) -> Self {
        let used = self.used_arrays();
        let mut next = 0;
        let numbers: Vec<ArrayId> = used
            .iter()
            .map(|used| {
                next += usize::from(*used);
                ArrayId(next.max(1) - 1)
            })
            .collect();
        let mut position = 0;
        self.arrays.retain(|_| {
            position += 1;
            used.get(position - 1) == Some(&true)
        });
        for item in &mut self.items {
            visit_accesses(item, &mut |access| {
                if let Some(number) = numbers.get(access.array.0) {
                    access.array = *number;
                }
            });
        }
        self
    }

    /// Which arrays occur.
    fn used_arrays(&self) -> Vec<bool> {
        fn see(items: &[Item], used: &mut Vec<bool>) {
            for item in items {
                match item {
                    Item::Loop(LoopOutline { body, .. }) | Item::Guard { body, .. } => {
                        see(body, used);
                    }
                    Item::Assign(assignment) => {
                        let mut mark = |array: ArrayId| {
                            if let Some(slot) = used.get_mut(array.0) {
                                *slot = true;
                            }
                        };
                        mark(assignment.target.array);
                        assignment.value.visit_reads(&mut |access| mark(access.array));
                    }
                }
            }
        }
        let mut used = vec![false; self.arrays.len()];
        see(&self.items, &mut used);
        used
    }
}

/// The name of an array in the C text.
pub(crate) fn array_name(position: usize, rank: usize) -> String {
    match (rank, u8::try_from(position)) {
        (0, _) => format!("s{position}"),
        (_, Ok(number)) if number < 26 => char::from(b'A' + number).to_string(),
        _ => format!("A{position}"),
    }
}

fn visit_affines(item: &mut Item, visit: &mut dyn FnMut(&mut Affine)) {
    match item {
        Item::Loop(inner) => {
            visit(&mut inner.lower);
            inner.uppers.iter_mut().for_each(&mut *visit);
            inner.body.iter_mut().for_each(|item| visit_affines(item, visit));
        }
        Item::Guard { conditions, body } => {
            conditions.iter_mut().for_each(|condition| visit(&mut condition.affine));
            body.iter_mut().for_each(|item| visit_affines(item, visit));
        }
        Item::Assign(assignment) => {
            assignment.target.subscripts.iter_mut().for_each(&mut *visit);
            assignment.value.visit_indices(visit);
            assignment
                .value
                .visit_reads_mut(&mut |access| access.subscripts.iter_mut().for_each(&mut *visit));
        }
    }
}

fn visit_accesses(item: &mut Item, visit: &mut dyn FnMut(&mut Access)) {
    match item {
        Item::Loop(LoopOutline { body, .. }) | Item::Guard { body, .. } => {
            body.iter_mut().for_each(|item| visit_accesses(item, visit));
        }
        Item::Assign(assignment) => {
            visit(&mut assignment.target);
            assignment.value.visit_reads_mut(visit);
        }
    }
}

/// Applies a reduction to the item at a position; `None` where there is no such item.
fn reduce(items: &mut Vec<Item>, at: &mut usize, reduction: Reduction) -> Option<bool> {
    let mut place = 0;
    while place < items.len() {
        if *at == 0 {
            return Some(reduce_here(items, place, reduction));
        }
        *at -= 1;
        if let Some(Item::Loop(LoopOutline { body, .. }) | Item::Guard { body, .. }) =
            items.get_mut(place)
            && let Some(changed) = reduce(body, at, reduction)
        {
            return Some(changed);
        }
        place += 1;
    }
    None
}

fn reduce_here(items: &mut Vec<Item>, place: usize, reduction: Reduction) -> bool {
    if matches!(reduction, Reduction::Drop(_)) {
        items.remove(place);
        return true;
    }
    let Some(item) = items.get_mut(place) else { return false };
    match (reduction, item) {
        (Reduction::Unguard(_), Item::Guard { body, .. }) => {
            let body = std::mem::take(body);
            items.splice(place..=place, body);
            true
        }
        (Reduction::Straighten(_), Item::Loop(inner)) => {
            let changed = inner.form != LoopForm::Ascending;
            inner.form = LoopForm::Ascending;
            changed
        }
        (Reduction::Halve(_), Item::Loop(inner)) => shrink_uppers(inner, |value| value / 2),
        (Reduction::Decrement(_), Item::Loop(inner)) => shrink_uppers(inner, |value| value - 1),
        (Reduction::Left(_), Item::Assign(assignment)) => match assignment.value.clone() {
            Value::Binary(_, left, _) => {
                assignment.value = *left;
                true
            }
            Value::Choice { arms, .. } => {
                let [then, _] = *arms;
                assignment.value = then;
                true
            }
            _ => false,
        },
        (Reduction::Right(_), Item::Assign(assignment)) => match assignment.value.clone() {
            Value::Binary(_, _, right) | Value::Call(_, right) => {
                assignment.value = *right;
                true
            }
            Value::Choice { arms, .. } => {
                let [_, otherwise] = *arms;
                assignment.value = otherwise;
                true
            }
            _ => false,
        },
        (Reduction::Constant(_), Item::Assign(assignment)) => {
            let changed = !matches!(assignment.value, Value::Constant(_));
            assignment.value = Value::Constant(2.0);
            changed
        }
        (Reduction::Plain(_), Item::Assign(assignment)) => assignment.compound.take().is_some(),
        _ => false,
    }
}

fn shrink_uppers(inner: &mut LoopOutline, smaller: impl Fn(i64) -> i64) -> bool {
    let mut changed = false;
    for upper in &mut inner.uppers {
        if let Some(value) = upper.as_constant().filter(|value| *value > 0) {
            *upper = Affine::constant(smaller(value));
            changed = true;
        }
    }
    changed
}
