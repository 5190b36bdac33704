//! A program under construction: loops opened and closed in textual order, assignments inside.
//!
//! One sequence of calls makes both the [`Program`] and its C text, so that the two agree by
//! construction. Array extents are not given but follow from the accesses and the loops' ranges.

mod finish;
mod varied;

use crate::outline::{Assignment, Item, LoopForm, LoopOutline, Outline, array_name};
use crate::value::{Typing, Value, body, convert, text};
use crate::variety::{Variety, relatives};
use loopwright_ir::{
    Access, Affine, ArrayId, BinaryOperation, Constraint, ElementType, Expression, Iterator,
    Program, SourceLoop, SourceNode, Span, Statement, StatementId, Variable, contraction,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// An array whose extents grow with the accesses made to it.
struct GrowingArray {
    name: String,
    element: ElementType,
    /// The greatest subscript seen in each dimension.
    greatest: Vec<i64>,
}

/// A loop that surrounds what is being added.
struct OpenLoop {
    name: String,
    /// The source's variable by the normalised iterators.
    value: Affine,
    constraints: Vec<Constraint>,
    /// The least and the greatest value that the iterator may take.
    range: (i64, i64),
    /// The trip count at the midpoints of the outer loops, and the value in its middle.
    trips: f64,
    middle: f64,
}

/// See the module's text.
pub(crate) struct Sketch {
    pub(crate) random: ChaCha8Rng,
    pub(crate) element: ElementType,
    /// How many statement instances the heaviest nest should have.
    pub(crate) instances: f64,
    arrays: Vec<GrowingArray>,
    statements: Vec<Statement>,
    open: Vec<OpenLoop>,
    /// The finished nodes at each depth of open loops.
    order: Vec<Vec<SourceNode>>,
    lines: Vec<String>,
    nanoseconds: f64,
    /// Of all statements together.
    instance_sum: f64,
    /// `None` for programs as they are in data sets.
    variety: Option<Variety>,
    /// What decides about conditions in values: numbers of their own, so that the rest of a program does not depend on it.
    choices: Option<ChaCha8Rng>,
    /// The parameters' values.
    parameters: Vec<i64>,
    /// The conditions around what is being added, over normalised iterators, with how many loops
    /// were open at each.
    guards: Vec<(usize, Vec<Constraint>)>,
    /// The finished items at each depth of open loops and guards.
    outline: Vec<Vec<Item>>,
}

/// What a sketch becomes.
pub(crate) struct Finished {
    pub(crate) program: Program,
    pub(crate) source: String,
    /// A rough guess of the time of one run on one core.
    pub(crate) nanoseconds: f64,
    /// About how many statement instances there are.
    pub(crate) instances: f64,
    pub(crate) bytes: u64,
    pub(crate) outline: Outline,
}

/// The iterator of the loop at a depth, the outermost is 0.
pub(crate) fn at(depth: usize) -> Affine {
    Affine::variable(Variable::Iterator(u32::try_from(depth).unwrap_or(u32::MAX)))
}

/// An affine expression moved by a constant.
pub(crate) fn plus(affine: &Affine, offset: i64) -> Affine {
    affine + &Affine::constant(offset)
}

impl Sketch {
    pub(crate) fn new(random: ChaCha8Rng, element: ElementType, instances: f64) -> Self {
        Self {
            random,
            element,
            instances,
            arrays: Vec::new(),
            statements: Vec::new(),
            open: Vec::new(),
            order: vec![Vec::new()],
            lines: Vec::new(),
            nanoseconds: 0.0,
            instance_sum: 0.0,
            variety: None,
            choices: None,
            parameters: Vec::new(),
            guards: Vec::new(),
            outline: vec![Vec::new()],
        }
    }

    /// How many loops are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// A new array with the sketch's element type, or with a related one where variety is wanted.
    pub(crate) fn array(&mut self, rank: usize) -> ArrayId {
        let mixed = self.variety.as_ref().map_or(0.0, |variety| variety.mixed);
        let mut element = self.element;
        if mixed > 0.0 && self.chance(mixed) {
            element = self.pick(relatives(element)).unwrap_or(element);
        }
        self.array_of(element, rank)
    }

    /// A new array.
    pub(crate) fn array_of(&mut self, element: ElementType, rank: usize) -> ArrayId {
        let id = ArrayId(self.arrays.len());
        let name = array_name(id.0, rank);
        self.arrays.push(GrowingArray { name, element, greatest: vec![0; rank] });
        id
    }

    /// Whether an event of the given probability happens.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.random.random_bool(probability)
    }

    /// A number from `low` to `high`, both inclusive.
    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        self.random.random_range(low..=high)
    }

    /// One of the choices.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        if choices.is_empty() {
            return None;
        }
        let position = self.random.random_range(0..choices.len());
        choices.get(position).copied()
    }

    /// A random order of `0..count`.
    pub(crate) fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            let other = self.random.random_range(0..=last);
            order.swap(last, other);
        }
        order
    }

    /// Loop extents for `count` nested loops whose product is about the wanted number of
    /// instances divided by `repeated`: nearly cubic, lopsided, or with one very short loop.
    pub(crate) fn extents(&mut self, count: usize, repeated: f64) -> Vec<i64> {
        if let Some(sizes) = self.variety.as_ref().map(|variety| variety.sizes.clone()) {
            return (0..count).filter_map(|_| self.pick(&sizes)).collect();
        }
        let mut tilts: Vec<f64> = (0..count).map(|_| self.random.random_range(-0.9..0.9)).collect();
        let short = self.chance(0.15);
        let short_length = self.random.random_range(3..16) as f64;
        let short_place = self.random.random_range(0..count.max(1));
        let total = (self.instances / repeated.max(1.0)).max(2.0).ln();
        let mean = tilts.iter().sum::<f64>() / count.max(1) as f64;
        for tilt in &mut tilts {
            *tilt = *tilt - mean + total / count as f64;
        }
        if let (true, true, Some(place)) = (short, count > 1, tilts.get_mut(short_place)) {
            let spared = (*place - short_length.ln()) / (count - 1) as f64;
            *place = short_length.ln();
            for (position, tilt) in tilts.iter_mut().enumerate() {
                if position != short_place {
                    *tilt += spared;
                }
            }
        }
        tilts.into_iter().map(|tilt| self.round(tilt.exp())).collect()
    }

    /// A nearby extent: often a multiple of a vector's length, often not.
    fn round(&mut self, wanted: f64) -> i64 {
        let wanted = wanted.clamp(3.0, 3.0e7) as i64;
        let kind: f64 = self.random.random();
        let multiple = if kind < 0.35 {
            16
        } else if kind < 0.6 {
            8
        } else {
            1
        };
        if wanted < 2 * multiple { wanted } else { wanted / multiple * multiple }
    }

    /// Opens `for (int name = lower; name < upper; name++)`, adds `inside`, and closes it. Of
    /// several upper bounds the least holds. Where variety is wanted, a bound may become a parameter
    /// and the loop may count otherwise.
    pub(crate) fn repeat(
        &mut self,
        lower: &Affine,
        uppers: &[Affine],
        inside: impl FnOnce(&mut Self),
    ) {
        let form = self.varied_form(uppers.len());
        let uppers: Vec<Affine> = uppers.iter().map(|upper| self.varied_bound(upper)).collect();
        self.repeat_as(lower, &uppers, form, inside);
    }

    /// Opens a loop of a given form, adds `inside`, and closes it.
    pub(crate) fn repeat_as(
        &mut self,
        lower: &Affine,
        uppers: &[Affine],
        form: LoopForm,
        inside: impl FnOnce(&mut Self),
    ) {
        let depth = self.depth();
        let name = ["i", "j", "k", "l", "m", "n"]
            .get(depth)
            .map_or_else(|| format!("i{depth}"), |name| (*name).to_owned());
        let (value, constraints) = self.normalised(lower, uppers, form);
        let least = self.bound(lower, false);
        let greatest = uppers.iter().map(|upper| self.bound(upper, true) - 1).min();
        let from = self.middle(lower);
        let to = uppers.iter().map(|upper| self.middle(upper)).fold(f64::INFINITY, f64::min);
        self.line(self.header(&name, lower, uppers, form));
        let step = if let LoopForm::Strided(step) = form { step as f64 } else { 1.0 };
        self.open.push(OpenLoop {
            name: name.clone(),
            value,
            constraints,
            range: (least, greatest.unwrap_or(least).max(least)),
            trips: ((to - from) / step).max(0.0),
            middle: (from + to - 1.0) / 2.0,
        });
        self.order.push(Vec::new());
        self.outline.push(Vec::new());
        inside(self);
        let body = self.order.pop().unwrap_or_default();
        let outlined = self.outline.pop().unwrap_or_default();
        self.open.pop();
        self.line("}".to_owned());
        self.place(SourceNode::Loop(SourceLoop { name, span: Span::default(), body }));
        self.note(Item::Loop(LoopOutline {
            lower: lower.clone(),
            uppers: uppers.to_vec(),
            form,
            body: outlined,
        }));
    }

    /// Opens one rectangular loop from 0 for each extent.
    pub(crate) fn nest(&mut self, extents: &[i64], inside: impl FnOnce(&mut Self)) {
        self.nest_dynamic(extents, Box::new(inside));
    }

    fn nest_dynamic(&mut self, extents: &[i64], inside: Box<dyn FnOnce(&mut Self) + '_>) {
        match extents {
            [] => inside(self),
            [extent, rest @ ..] => {
                let upper = [Affine::constant(*extent)];
                self.repeat(&Affine::constant(0), &upper, |sketch| {
                    sketch.nest_dynamic(rest, inside);
                });
            }
        }
    }

    /// Adds `target = value;`.
    pub(crate) fn assign(&mut self, target: Access, value: &Value) {
        self.statement(target, None, value);
    }

    /// Adds `target operation= value;`.
    pub(crate) fn update(&mut self, target: Access, operation: BinaryOperation, value: &Value) {
        self.statement(target, Some(operation), value);
    }

    fn statement(&mut self, target: Access, compound: Option<BinaryOperation>, value: &Value) {
        let value = &self.varied_value(value);
        let conditions = self.varied_guard();
        if conditions.is_empty() {
            self.statement_as(target, compound, value);
        } else {
            self.guard(&conditions, |sketch| sketch.statement_as(target, compound, value));
        }
    }

    /// Adds an assignment as it is.
    pub(crate) fn statement_as(
        &mut self,
        target: Access,
        compound: Option<BinaryOperation>,
        value: &Value,
    ) {
        let mut reads = Vec::new();
        let element = self.arrays[target.array.0].element;
        let typing = Typing {
            element,
            element_of: &|array: ArrayId| self.arrays[array.0].element,
            normal: &|affine| self.normal(affine),
        };
        let body = match compound {
            None => body(value, &typing, &mut reads),
            Some(operation) => {
                reads.push(self.normal_access(&target));
                let own = Expression::Read { position: 0, element };
                typing.binary(operation, own, body(value, &typing, &mut reads))
            }
        };
        let body = convert(body, element);
        let operator = match compound {
            None => "=",
            Some(BinaryOperation::Subtract) => "-=",
            Some(BinaryOperation::Multiply) => "*=",
            Some(_) => "+=",
        };
        let names = self.names();
        let text = format!(
            "{} {operator} {};",
            self.access_text(&target),
            text(value, element, &|access| self.access_text(access), &|affine| {
                affine.display_with(&|variable| name_in(&names, "", variable))
            })
        );
        let instances = self.instance_count();
        self.instance_sum += instances;
        self.nanoseconds += instances * self.instance_nanoseconds(&target, &reads, &body);
        self.grow(&target);
        value.visit_reads(&mut |access| self.grow(access));
        let iterators = self.open.iter();
        let statement = Statement {
            name: format!("S{}", self.statements.len() + 1),
            iterators: iterators
                .map(|open| Iterator { name: open.name.clone(), source_value: open.value.clone() })
                .collect(),
            domain: self.domain(),
            write: self.normal_access(&target),
            reads,
            body: contraction::contract(body),
            span: Span::default(),
            text: text.clone(),
        };
        self.line(text);
        self.place(SourceNode::Statement(StatementId(self.statements.len())));
        self.statements.push(statement);
        self.note(Item::Assign(Assignment { target, compound, value: value.clone() }));
    }

    /// Makes the array large enough for an access.
    fn grow(&mut self, access: &Access) {
        for (dimension, subscript) in access.subscripts.iter().enumerate() {
            let greatest = self.bound(subscript, true);
            if let Some(known) = self.arrays[access.array.0].greatest.get_mut(dimension) {
                *known = greatest.max(*known);
            }
        }
    }

    fn place(&mut self, node: SourceNode) {
        if let Some(nodes) = self.order.last_mut() {
            nodes.push(node);
        }
    }

    fn note(&mut self, item: Item) {
        if let Some(items) = self.outline.last_mut() {
            items.push(item);
        }
    }

    fn line(&mut self, text: String) {
        self.lines.push(format!("{}{text}", "  ".repeat(self.outline.len())));
    }

    fn names(&self) -> Vec<String> {
        self.open.iter().map(|open| open.name.clone()).collect()
    }

    fn access_text(&self, access: &Access) -> String {
        let names = self.names();
        let mut text = self.arrays[access.array.0].name.clone();
        for subscript in &access.subscripts {
            let inner = subscript.display_with(&|variable| name_in(&names, "", variable));
            text.push_str(&format!("[{inner}]"));
        }
        text
    }

    /// The greatest (or least) value over the ranges of the open loops.
    fn bound(&self, affine: &Affine, greatest: bool) -> i64 {
        affine.terms().iter().fold(affine.constant_term(), |sum, &(variable, coefficient)| {
            let (low, high) = match self.parameter_value(variable) {
                Some(value) => (value, value),
                None => self.open_loop(variable).map_or((0, 0), |open| open.range),
            };
            sum + coefficient * if (coefficient > 0) == greatest { high } else { low }
        })
    }

    /// The subscript moved by a constant so far that it is never negative.
    pub(crate) fn inside(&self, subscript: &Affine) -> Affine {
        let least = self.bound(subscript, false);
        if least < 0 { plus(subscript, -least) } else { subscript.clone() }
    }

    fn middle(&self, affine: &Affine) -> f64 {
        affine.terms().iter().fold(
            affine.constant_term() as f64,
            |sum, &(variable, coefficient)| {
                let value = match self.parameter_value(variable) {
                    Some(value) => value as f64,
                    None => self.open_loop(variable).map_or(0.0, |open| open.middle),
                };
                sum + coefficient as f64 * value
            },
        )
    }

    fn open_loop(&self, variable: Variable) -> Option<&OpenLoop> {
        match variable {
            Variable::Iterator(depth) => self.open.get(depth as usize),
            _ => None,
        }
    }

    fn instance_count(&self) -> f64 {
        self.open.iter().map(|open| open.trips).product()
    }
}

fn name_in(names: &[String], own: &str, variable: Variable) -> String {
    match variable {
        Variable::Iterator(depth) => {
            names.get(depth as usize).cloned().unwrap_or_else(|| own.to_owned())
        }
        Variable::Parameter(position) => varied::parameter_name(position),
        other => other.to_string(),
    }
}
