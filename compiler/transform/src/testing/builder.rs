//! Puts a program together from texts like `2*i + N - 1` and `A[i][j]`.

use loopwright_ir::program::Iterator as LoopIterator;
use loopwright_ir::{
    Access, Affine, Array, ArrayId, ArrayKind, BinaryOperation, CompareOperation, Constraint,
    ElementType, Expression, Parameter, Program, SourceLoop, SourceNode, Span, Statement,
    StatementId, Variable,
};

/// Makes a [`Program`].
///
/// ```
/// # use loopwright_transform::testing::ProgramBuilder;
/// let program = ProgramBuilder::new("scale", &["N"]).array("A", &["N"]).build(|body| {
///     body.each("i", "0", "N - 1", |body| body.assign("A[i]", &["A[i]"]));
/// });
/// assert_eq!(program.statements.len(), 1);
/// ```
pub struct ProgramBuilder {
    program: Program,
}

impl ProgramBuilder {
    /// A program with parameters of type `int`, about which nothing is known.
    pub fn new(name: &str, parameters: &[&str]) -> Self {
        let parameter = |name: &&str| Parameter {
            name: (*name).to_owned(),
            element: ElementType::I32,
            value: None,
        };
        Self {
            program: Program {
                name: name.to_owned(),
                parameters: parameters.iter().map(parameter).collect(),
                context: Vec::new(),
                arrays: Vec::new(),
                statements: Vec::new(),
                order: Vec::new(),
                span: Span::default(),
            },
        }
    }

    /// Adds an array of `double`s with extents in the parameters; a scalar has none.
    pub fn array(mut self, name: &str, extents: &[&str]) -> Self {
        let extents = extents.iter().map(|text| affine(&self.program, &[], text)).collect();
        self.program.arrays.push(Array {
            name: name.to_owned(),
            element: ElementType::F64,
            element_spelling: "double".to_owned(),
            extents,
            kind: ArrayKind::Global,
            live_outside: true,
        });
        self
    }

    /// Adds what is known of the parameters, as `N >= 1`.
    pub fn context(mut self, text: &str) -> Self {
        let constraint = constraint(&self.program, &[], text);
        self.program.context.push(constraint);
        self
    }

    /// Gives a parameter a value.
    pub fn value(mut self, name: &str, value: i64) -> Self {
        self.program.set_parameter(name, value).expect("a known parameter");
        self
    }

    /// The program with the loops and statements that `fill` adds.
    pub fn build(mut self, fill: impl FnOnce(&mut Body)) -> Program {
        let mut body = Body {
            program: &mut self.program,
            iterators: Vec::new(),
            domain: Vec::new(),
            nodes: Vec::new(),
        };
        fill(&mut body);
        self.program.order = body.nodes;
        self.program
    }
}

/// A place inside loops to which loops and statements can be added.
pub struct Body<'a> {
    program: &'a mut Program,
    iterators: Vec<String>,
    domain: Vec<Constraint>,
    nodes: Vec<SourceNode>,
}

impl Body<'_> {
    /// A loop from `lower` to `upper`, both inclusive, by one. Several bounds on a side are separated
    /// by commas, and all of them hold.
    pub fn each(&mut self, name: &str, lower: &str, upper: &str, fill: impl FnOnce(&mut Body)) {
        let mut iterators = self.iterators.clone();
        iterators.push(name.to_owned());
        let mut domain = self.domain.clone();
        let variable = affine(self.program, &iterators, name);
        for bound in lower.split(',') {
            let bound = affine(self.program, &self.iterators, bound);
            domain.push(Constraint::less_or_equal(&bound, &variable));
        }
        for bound in upper.split(',') {
            let bound = affine(self.program, &self.iterators, bound);
            domain.push(Constraint::less_or_equal(&variable, &bound));
        }
        let mut body = Body { program: self.program, iterators, domain, nodes: Vec::new() };
        fill(&mut body);
        let nodes = body.nodes;
        let span = Span::default();
        self.nodes.push(SourceNode::Loop(SourceLoop { name: name.to_owned(), span, body: nodes }));
    }

    /// The statement `target = source != 0 ? other : 0`, which reads the other one under a condition only.
    pub fn choose(&mut self, target: &str, source: &str, other: &str) {
        self.assign(target, &[source, other]);
        let element = ElementType::F64;
        let zero = || Box::new(Expression::Float { value: 0.0, element });
        let read = |position| Box::new(Expression::Read { position, element });
        let condition = Expression::Compare {
            operation: CompareOperation::NotEqual,
            operand_element: element,
            left: read(0),
            right: zero(),
        };
        if let Some(statement) = self.program.statements.last_mut() {
            statement.body = Expression::Select {
                element,
                condition: Box::new(condition),
                then: read(1),
                otherwise: zero(),
            };
        }
    }

    /// Adds what `fill` adds where a condition holds, as `i >= 3` or `i = j`.
    pub fn when(&mut self, condition: &str, fill: impl FnOnce(&mut Body)) {
        let mut domain = self.domain.clone();
        domain.push(constraint(self.program, &self.iterators, condition));
        let iterators = self.iterators.clone();
        let mut body = Body { program: self.program, iterators, domain, nodes: Vec::new() };
        fill(&mut body);
        let nodes = body.nodes;
        self.nodes.extend(nodes);
    }

    /// The statement `target = source + source + …`, or `= 0` without sources.
    pub fn assign(&mut self, target: &str, sources: &[&str]) {
        let write = access(self.program, &self.iterators, target);
        let reads: Vec<Access> =
            sources.iter().map(|text| access(self.program, &self.iterators, text)).collect();
        let element = ElementType::F64;
        let body = (0..reads.len())
            .map(|position| Expression::Read { position, element })
            .reduce(|left, right| Expression::Binary {
                operation: BinaryOperation::Add,
                element,
                left: Box::new(left),
                right: Box::new(right),
            })
            .unwrap_or(Expression::Float { value: 0.0, element });
        let id = StatementId(self.program.statements.len());
        let iterator = |(depth, name): (usize, &String)| {
            let depth = u32::try_from(depth).expect("few loops");
            LoopIterator {
                name: name.clone(),
                source_value: Affine::variable(Variable::Iterator(depth)),
            }
        };
        self.program.statements.push(Statement {
            name: id.to_string(),
            iterators: self.iterators.iter().enumerate().map(iterator).collect(),
            domain: self.domain.clone(),
            write,
            reads,
            body,
            span: Span::default(),
            text: format!("{target} = {};", sources.join(" + ")),
        });
        self.nodes.push(SourceNode::Statement(id));
    }
}

/// `left >= right`, `left <= right` or `left = right`.
fn constraint(program: &Program, iterators: &[String], text: &str) -> Constraint {
    let side = |text: &str| affine(program, iterators, text);
    if let Some((left, right)) = text.split_once(">=") {
        Constraint::less_or_equal(&side(right), &side(left))
    } else if let Some((left, right)) = text.split_once("<=") {
        Constraint::less_or_equal(&side(left), &side(right))
    } else {
        let (left, right) = text.split_once('=').expect("a comparison");
        Constraint::equal(&side(left), &side(right))
    }
}

/// `A[i][2*j + 1]`, or the name of a scalar.
fn access(program: &Program, iterators: &[String], text: &str) -> Access {
    let mut parts = text.split('[');
    let name = parts.next().unwrap_or_default().trim();
    let array = program.arrays.iter().position(|array| array.name == name);
    Access {
        array: ArrayId(array.unwrap_or_else(|| panic!("there is no array {name}"))),
        subscripts: parts
            .map(|part| affine(program, iterators, part.trim().trim_end_matches(']')))
            .collect(),
    }
}

/// Sums of `3*x`, `x` and `3`.
fn affine(program: &Program, iterators: &[String], text: &str) -> Affine {
    let mut result = Affine::constant(0);
    for term in text.replace(' ', "").replace('-', "+-").split('+').filter(|term| !term.is_empty())
    {
        let (sign, term) = term.strip_prefix('-').map_or((1, term), |rest| (-1, rest));
        let (factor, name) = match term.split_once('*') {
            Some((factor, name)) => (factor.parse::<i64>().expect("a factor"), name),
            None => match term.parse::<i64>() {
                Ok(constant) => {
                    result = &result + &Affine::constant(sign * constant);
                    continue;
                }
                Err(_) => (1, term),
            },
        };
        result.add_term(variable(program, iterators, name), sign * factor);
    }
    result
}

fn variable(program: &Program, iterators: &[String], name: &str) -> Variable {
    let position = |at: usize| u32::try_from(at).expect("few names");
    if let Some(depth) = iterators.iter().position(|iterator| iterator == name) {
        return Variable::Iterator(position(depth));
    }
    let parameter = program.parameters.iter().position(|parameter| parameter.name == name);
    Variable::Parameter(position(parameter.unwrap_or_else(|| panic!("there is no name {name}"))))
}
