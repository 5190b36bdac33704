//! A program under construction: loops opened and closed in textual order, assignments inside.
//!
//! One sequence of calls makes both the [`Program`] and its C text, so that the two agree by
//! construction. Array extents are not given but follow from the accesses and the loops' ranges.

use crate::value::{Value, body, text};
use loopwright_ir::{
    Access, Affine, Array, ArrayId, ArrayKind, BinaryOperation, Constraint, ElementType,
    Expression, Iterator, Program, SourceLoop, SourceNode, Span, Statement, StatementId, Variable,
    contraction,
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
}

/// What a sketch becomes.
pub(crate) struct Finished {
    pub(crate) program: Program,
    pub(crate) source: String,
    /// A rough guess of the time of one run on one core.
    pub(crate) nanoseconds: f64,
    pub(crate) bytes: u64,
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
        }
    }

    /// How many loops are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// A new array with the sketch's element type.
    pub(crate) fn array(&mut self, rank: usize) -> ArrayId {
        let id = ArrayId(self.arrays.len());
        let name = match (rank, u8::try_from(id.0)) {
            (0, _) => format!("s{}", id.0),
            (_, Ok(position)) if position < 26 => char::from(b'A' + position).to_string(),
            _ => format!("A{}", id.0),
        };
        self.arrays.push(GrowingArray { name, element: self.element, greatest: vec![0; rank] });
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
    /// several upper bounds the least holds.
    pub(crate) fn repeat(
        &mut self,
        lower: &Affine,
        uppers: &[Affine],
        inside: impl FnOnce(&mut Self),
    ) {
        let depth = self.depth();
        let name = ["i", "j", "k", "l", "m", "n"]
            .get(depth)
            .map_or_else(|| format!("i{depth}"), |name| (*name).to_owned());
        let own = at(depth);
        let mut constraints = vec![Constraint::less_or_equal(lower, &own)];
        constraints.extend(uppers.iter().map(|upper| Constraint::less(&own, upper)));
        let least = self.bound(lower, false);
        let greatest = uppers.iter().map(|upper| self.bound(upper, true) - 1).min();
        let from = self.middle(lower);
        let to = uppers.iter().map(|upper| self.middle(upper)).fold(f64::INFINITY, f64::min);
        let names = self.names();
        let name_of = |variable| name_in(&names, &name, variable);
        let conditions: Vec<_> = uppers
            .iter()
            .map(|upper| format!("{name} < {}", upper.display_with(&name_of)))
            .collect();
        self.line(format!(
            "for (int {name} = {}; {}; {name}++) {{",
            lower.display_with(&name_of),
            conditions.join(" && ")
        ));
        self.open.push(OpenLoop {
            name: name.clone(),
            constraints,
            range: (least, greatest.unwrap_or(least).max(least)),
            trips: (to - from).max(0.0),
            middle: (from + to - 1.0) / 2.0,
        });
        self.order.push(Vec::new());
        inside(self);
        let body = self.order.pop().unwrap_or_default();
        self.open.pop();
        self.line("}".to_owned());
        self.place(SourceNode::Loop(SourceLoop { name, span: Span::default(), body }));
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
        let mut reads = Vec::new();
        let element = self.arrays[target.array.0].element;
        let element_of = |array: ArrayId| self.arrays[array.0].element;
        let body = match compound {
            None => body(value, element, &element_of, &mut reads),
            Some(operation) => {
                reads.push(target.clone());
                Expression::Binary {
                    operation,
                    element,
                    left: Box::new(Expression::Read { position: 0, element }),
                    right: Box::new(body(value, element, &element_of, &mut reads)),
                }
            }
        };
        let operator = match compound {
            None => "=",
            Some(BinaryOperation::Subtract) => "-=",
            Some(BinaryOperation::Multiply) => "*=",
            Some(_) => "+=",
        };
        let text = format!(
            "{} {operator} {};",
            self.access_text(&target),
            text(value, element, &|access| self.access_text(access))
        );
        self.nanoseconds +=
            self.instance_count() * self.instance_nanoseconds(&target, &reads, &body);
        for access in std::iter::once(&target).chain(&reads) {
            for (dimension, subscript) in access.subscripts.iter().enumerate() {
                let greatest = self.bound(subscript, true);
                if let Some(known) = self.arrays[access.array.0].greatest.get_mut(dimension) {
                    *known = greatest.max(*known);
                }
            }
        }
        let iterators = self.open.iter().enumerate();
        let statement = Statement {
            name: format!("S{}", self.statements.len() + 1),
            iterators: iterators
                .map(|(depth, open)| Iterator { name: open.name.clone(), source_value: at(depth) })
                .collect(),
            domain: self.open.iter().flat_map(|open| open.constraints.clone()).collect(),
            write: target,
            reads,
            body: contraction::contract(body),
            span: Span::default(),
            text: text.clone(),
        };
        self.line(text);
        self.place(SourceNode::Statement(StatementId(self.statements.len())));
        self.statements.push(statement);
    }

    /// The finished program; the C text is a function of the given name.
    pub(crate) fn finish(self, name: &str) -> Finished {
        let mut bytes = 0;
        let mut parameters = Vec::new();
        let mut arrays = Vec::new();
        for array in &self.arrays {
            let extents: Vec<i64> = array.greatest.iter().map(|greatest| greatest + 1).collect();
            bytes += extents.iter().product::<i64>().unsigned_abs() * array.element.bytes();
            let brackets: String = extents.iter().map(|extent| format!("[{extent}]")).collect();
            parameters.push(format!("{} {}{brackets}", array.element.c_name(), array.name));
            arrays.push(Array {
                name: array.name.clone(),
                element: array.element,
                element_spelling: array.element.c_name().to_owned(),
                extents: extents.into_iter().map(Affine::constant).collect(),
                kind: ArrayKind::Argument,
                live_outside: true,
            });
        }
        let include =
            if self.lines.iter().any(|line| line.contains("sqrt") || line.contains("fabs")) {
                "#include <math.h>\n\n"
            } else {
                ""
            };
        let source = format!(
            "{include}void {name}({})\n{{\n#pragma scop\n{}\n#pragma endscop\n}}\n",
            parameters.join(", "),
            self.lines.join("\n")
        );
        let program = Program {
            name: name.to_owned(),
            parameters: Vec::new(),
            context: Vec::new(),
            arrays,
            statements: self.statements,
            order: self.order.into_iter().next().unwrap_or_default(),
            span: Span::default(),
        };
        Finished { program, source, nanoseconds: self.nanoseconds, bytes }
    }

    fn place(&mut self, node: SourceNode) {
        if let Some(nodes) = self.order.last_mut() {
            nodes.push(node);
        }
    }

    fn line(&mut self, text: String) {
        self.lines.push(format!("{}{text}", "  ".repeat(self.depth() + 1)));
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
            let (low, high) = self.open_loop(variable).map_or((0, 0), |open| open.range);
            sum + coefficient * if (coefficient > 0) == greatest { high } else { low }
        })
    }

    fn middle(&self, affine: &Affine) -> f64 {
        affine.terms().iter().fold(
            affine.constant_term() as f64,
            |sum, &(variable, coefficient)| {
                sum + coefficient as f64 * self.open_loop(variable).map_or(0.0, |open| open.middle)
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

    /// A rough time of one instance: operations at vector speed, or the latency of a chain, and
    /// the misses of what the innermost loop reads with a long stride.
    fn instance_nanoseconds(&self, target: &Access, reads: &[Access], body: &Expression) -> f64 {
        let mut operations = 0.0;
        body.walk(&mut |expression| {
            operations += match expression {
                Expression::Call { .. } => 12.0,
                Expression::Binary { operation: BinaryOperation::Divide, .. } => 8.0,
                Expression::Binary { .. } | Expression::Select { .. } => 1.0,
                _ => 0.0,
            };
        });
        let Some(innermost) = self.depth().checked_sub(1) else {
            return operations;
        };
        let variable = Variable::Iterator(u32::try_from(innermost).unwrap_or(u32::MAX));
        let chained = !target.subscripts.iter().any(|subscript| subscript.mentions(variable));
        let arithmetic =
            (0.1 * (operations + reads.len() as f64)).max(if chained { 1.1 } else { 0.3 });
        let strided = std::iter::once(target).chain(reads).filter(|access| {
            let outer = access.subscripts.len().saturating_sub(1);
            access.subscripts.iter().take(outer).any(|subscript| subscript.mentions(variable))
        });
        arithmetic + 1.2 * strided.count() as f64
    }
}

fn name_in(names: &[String], own: &str, variable: Variable) -> String {
    match variable {
        Variable::Iterator(depth) => {
            names.get(depth as usize).cloned().unwrap_or_else(|| own.to_owned())
        }
        other => other.to_string(),
    }
}
