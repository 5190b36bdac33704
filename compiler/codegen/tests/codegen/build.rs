//! Short ways to write programs and loop trees by hand.

use loopwright_ir::tree::LoopId;
use loopwright_ir::*;

/// The loop variable with the number.
pub fn v(id: u32) -> Affine {
    Affine::variable(Variable::Loop(id))
}

/// A statement's iterator by depth.
pub fn i(depth: u32) -> Affine {
    Affine::variable(Variable::Iterator(depth))
}

/// A parameter by position.
pub fn p(position: u32) -> Affine {
    Affine::variable(Variable::Parameter(position))
}

pub fn c(value: i64) -> Affine {
    Affine::constant(value)
}

/// `affine + constant`.
pub fn plus(affine: Affine, constant: i64) -> Affine {
    let sum = affine.constant_term() + constant;
    affine.with_constant(sum)
}

pub fn q(affine: Affine) -> Bound {
    Bound::Quotient { affine, divisor: 1 }
}

pub fn divided(affine: Affine, divisor: i64) -> Bound {
    Bound::Quotient { affine, divisor }
}

pub fn loop_(
    id: u32,
    name: &str,
    lower: Bound,
    upper: Bound,
    mark: Mark,
    body: Vec<LoopTreeNode>,
) -> LoopTreeNode {
    LoopTreeNode::For(For { id: LoopId(id), name: name.to_owned(), lower, upper, mark, body })
}

/// `for v = 0 .. count - 1`.
pub fn count(id: u32, count: Affine, mark: Mark, body: Vec<LoopTreeNode>) -> LoopTreeNode {
    loop_(id, &format!("t{id}"), q(c(0)), q(plus(count, -1)), mark, body)
}

pub fn instance(statement: usize, iterators: Vec<Affine>) -> LoopTreeNode {
    LoopTreeNode::Statement(Instance {
        statement: StatementId(statement),
        iterators,
        streamed: false,
    })
}

pub fn tree(roots: Vec<LoopTreeNode>) -> LoopTree {
    LoopTree { roots }
}

pub const SEQUENTIAL: Mark = Mark::Sequential;

pub fn vector(width: u32, unroll: u32) -> Mark {
    Mark::Vector { width, unroll }
}

pub fn jam(factor: u32) -> Mark {
    Mark::UnrollJam { factor }
}

/// A program under construction. Domains and the source's order are left empty: code generation
/// reads neither.
pub struct Builder {
    pub program: Program,
}

impl Builder {
    pub fn new(name: &str, parameters: &[(&str, i64)]) -> Self {
        let parameters = parameters
            .iter()
            .map(|(name, value)| Parameter {
                name: (*name).to_owned(),
                element: ElementType::I32,
                value: Some(*value),
            })
            .collect();
        Self {
            program: Program {
                name: name.to_owned(),
                parameters,
                context: Vec::new(),
                arrays: Vec::new(),
                statements: Vec::new(),
                order: Vec::new(),
                span: Span::default(),
            },
        }
    }

    pub fn array(&mut self, name: &str, element: ElementType, extents: Vec<Affine>) -> ArrayId {
        self.program.arrays.push(Array {
            name: name.to_owned(),
            element,
            element_spelling: element.c_name().to_owned(),
            extents,
            kind: ArrayKind::Argument,
            live_outside: true,
        });
        ArrayId(self.program.arrays.len() - 1)
    }

    pub fn statement(
        &mut self,
        depth: usize,
        write: Access,
        reads: Vec<Access>,
        body: Expression,
    ) -> usize {
        let position = self.program.statements.len();
        self.program.statements.push(Statement {
            name: format!("S{}", position + 1),
            iterators: (0..depth)
                .map(|depth| Iterator {
                    name: format!("i{depth}"),
                    source_value: i(u32::try_from(depth).unwrap()),
                })
                .collect(),
            domain: Vec::new(),
            write,
            reads,
            body,
            span: Span::default(),
            text: String::new(),
        });
        position
    }
}

pub fn at(array: ArrayId, subscripts: Vec<Affine>) -> Access {
    Access { array, subscripts }
}

pub fn read(position: usize, element: ElementType) -> Expression {
    Expression::Read { position, element }
}

pub fn integer(value: i64, element: ElementType) -> Expression {
    Expression::Integer { value, element }
}

pub fn number(value: f64, element: ElementType) -> Expression {
    Expression::Float { value, element }
}

pub fn binary(
    operation: BinaryOperation,
    element: ElementType,
    left: Expression,
    right: Expression,
) -> Expression {
    Expression::Binary { operation, element, left: Box::new(left), right: Box::new(right) }
}

pub fn cast(element: ElementType, operand: Expression) -> Expression {
    Expression::Cast { element, operand: Box::new(operand) }
}

pub fn call(
    function: MathFunction,
    element: ElementType,
    arguments: Vec<Expression>,
) -> Expression {
    Expression::Call { function, element, arguments }
}

pub fn compare(
    operation: CompareOperation,
    operand_element: ElementType,
    left: Expression,
    right: Expression,
) -> Expression {
    Expression::Compare { operation, operand_element, left: Box::new(left), right: Box::new(right) }
}

pub fn select(
    element: ElementType,
    condition: Expression,
    then: Expression,
    otherwise: Expression,
) -> Expression {
    Expression::Select {
        element,
        condition: Box::new(condition),
        then: Box::new(then),
        otherwise: Box::new(otherwise),
    }
}

pub fn multiply_add(
    element: ElementType,
    left: Expression,
    right: Expression,
    addend: Expression,
) -> Expression {
    Expression::MultiplyAdd {
        element,
        negate_product: false,
        negate_addend: false,
        left: Box::new(left),
        right: Box::new(right),
        addend: Box::new(addend),
    }
}

/// A pack in the array's own order that copies in and out.
pub fn pack(
    array: ArrayId,
    box_: Vec<(Affine, Affine)>,
    copies: [bool; 2],
    body: Vec<LoopTreeNode>,
) -> Pack {
    let order = (0..box_.len()).collect();
    let (origin, extents) = box_.into_iter().unzip();
    let [copy_in, copy_out] = copies;
    Pack { array, reads: None, origin, extents, order, register: false, copy_in, copy_out, body }
}

/// A pack of `a` dimensions in another order.
pub fn ordered(order: &[usize], pack: Pack) -> LoopTreeNode {
    LoopTreeNode::Pack(Pack { order: order.to_vec(), ..pack })
}

/// A pack of one element in a register.
pub fn promote(pack: Pack) -> LoopTreeNode {
    LoopTreeNode::Pack(Pack { register: true, ..pack })
}

/// `for v = size * outer .. min(size * outer + size, extent) - 1`.
pub fn point(
    id: u32,
    outer: u32,
    size: i64,
    extent: i64,
    mark: Mark,
    body: Vec<LoopTreeNode>,
) -> LoopTreeNode {
    let first = &v(outer) * size;
    let upper = Bound::Minimum(vec![q(plus(first.clone(), size - 1)), q(c(extent - 1))]);
    loop_(id, &format!("t{id}"), q(first), upper, mark, body)
}

/// How many tiles of a size cover an extent.
pub fn tiles(extent: i64, size: i64) -> i64 {
    (extent + size - 1) / size
}
