//! Small programs and loop trees made by hand. Each test file uses a part of them.

#![allow(dead_code)]

use loopwright_costmodel::MachineFeatures;
use loopwright_ir::{
    Access, Affine, Array, ArrayId, ArrayKind, BinaryOperation, Bound, Constraint, ElementType,
    Expression, For, Instance, Iterator, LoopId, LoopTree, LoopTreeNode, Mark, Program, SourceLoop,
    SourceNode, Span, Statement, StatementId, Variable,
};

pub const MACHINE: MachineFeatures = MachineFeatures {
    l1_bytes: 32 << 10,
    l2_bytes: 512 << 10,
    l3_bytes: 16 << 20,
    threads: 4,
    vector_bits: 256,
};

pub fn iterator(depth: u32) -> Affine {
    Affine::variable(Variable::Iterator(depth))
}

pub fn loop_variable(id: u32) -> Affine {
    Affine::variable(Variable::Loop(id))
}

fn array(name: &str, extents: &[i64]) -> Array {
    Array {
        name: name.to_owned(),
        element: ElementType::F64,
        element_spelling: "double".to_owned(),
        extents: extents.iter().map(|extent| Affine::constant(*extent)).collect(),
        kind: ArrayKind::Global,
        live_outside: true,
    }
}

pub fn access(array: usize, subscripts: &[Affine]) -> Access {
    Access { array: ArrayId(array), subscripts: subscripts.to_vec() }
}

/// A program of one statement in loops from 0 to the extents; the body multiplies what it reads
/// after the first and adds the first.
pub fn program(
    arrays: &[(&str, &[i64])],
    extents: &[i64],
    write: Access,
    reads: Vec<Access>,
) -> Program {
    let read = |position| Expression::Read { position, element: ElementType::F64 };
    let product =
        (2..reads.len()).fold(read(1.min(reads.len() - 1)), |left, position| Expression::Binary {
            operation: BinaryOperation::Multiply,
            element: ElementType::F64,
            left: Box::new(left),
            right: Box::new(read(position)),
        });
    let body = loopwright_ir::contraction::contract(Expression::Binary {
        operation: BinaryOperation::Add,
        element: ElementType::F64,
        left: Box::new(read(0)),
        right: Box::new(product),
    });
    let names = ["i", "j", "k", "l"];
    let mut domain = Vec::new();
    for (depth, extent) in extents.iter().enumerate() {
        let value = iterator(depth as u32);
        domain.push(Constraint::non_negative(value.clone()));
        domain.push(Constraint::less(&value, &Affine::constant(*extent)));
    }
    let statement = Statement {
        name: "S1".to_owned(),
        iterators: (0..extents.len())
            .map(|depth| Iterator {
                name: names[depth].to_owned(),
                source_value: iterator(depth as u32),
            })
            .collect(),
        domain,
        write,
        reads,
        body,
        span: Span::default(),
        text: String::new(),
    };
    let mut order = vec![SourceNode::Statement(StatementId(0))];
    for depth in (0..extents.len()).rev() {
        let name = names[depth].to_owned();
        order = vec![SourceNode::Loop(SourceLoop { name, span: Span::default(), body: order })];
    }
    Program {
        name: "test".to_owned(),
        parameters: Vec::new(),
        context: Vec::new(),
        arrays: arrays.iter().map(|(name, extents)| array(name, extents)).collect(),
        statements: vec![statement],
        order,
        span: Span::default(),
    }
}

/// `C[i][j] += A[i][k] * B[k][j]` on squares.
pub fn gemm(size: i64) -> Program {
    let square = [size, size];
    let c = access(0, &[iterator(0), iterator(1)]);
    program(
        &[("C", &square), ("A", &square), ("B", &square)],
        &[size; 3],
        c.clone(),
        vec![c, access(1, &[iterator(0), iterator(2)]), access(2, &[iterator(2), iterator(1)])],
    )
}

/// `B[i][j] = A[i][j] + A[i][j]`, or with `B[j][i] = A[j][i] + A[j][i]`.
pub fn map(size: i64, transposed: bool) -> Program {
    let subscripts =
        if transposed { [iterator(1), iterator(0)] } else { [iterator(0), iterator(1)] };
    let square = [size, size];
    let read = access(0, &subscripts);
    program(
        &[("A", &square), ("B", &square)],
        &[size; 2],
        access(1, &subscripts),
        vec![read.clone(), read],
    )
}

/// A loop of a tree: number, first and last value, mark.
#[derive(Clone)]
pub struct Ring(pub u32, pub Bound, pub Bound, pub Mark);

pub fn constant(value: i64) -> Bound {
    Bound::Quotient { affine: Affine::constant(value), divisor: 1 }
}

pub fn affine(affine: Affine) -> Bound {
    Bound::Quotient { affine, divisor: 1 }
}

/// A loop from 0 to `size - 1`.
pub fn ring(id: u32, size: i64, mark: Mark) -> Ring {
    Ring(id, constant(0), constant(size - 1), mark)
}

/// A perfect nest around the only statement, outermost first.
pub fn nest(rings: &[Ring], iterators: Vec<Affine>) -> LoopTree {
    let instance = Instance { statement: StatementId(0), iterators, streamed: false };
    let mut body = vec![LoopTreeNode::Statement(instance)];
    for Ring(id, lower, upper, mark) in rings.iter().rev().cloned() {
        let name = format!("t{id}");
        body = vec![LoopTreeNode::For(For { id: LoopId(id), name, lower, upper, mark, body })];
    }
    LoopTree { roots: body }
}

/// The nest in the order of the source with the given marks.
pub fn source_order(size: i64, marks: &[Mark]) -> LoopTree {
    let rings: Vec<_> =
        marks.iter().enumerate().map(|(id, mark)| ring(id as u32, size, *mark)).collect();
    nest(&rings, (0..marks.len() as u32).map(loop_variable).collect())
}

/// gemm as a good schedule has it: rows in parallel, `i` jammed by 4, `j` in vectors, `k` innermost.
pub fn register_tiled_gemm(size: i64) -> LoopTree {
    let tile = 32;
    let rings = [
        ring(3, size / tile, Mark::Parallel),
        Ring(
            0,
            affine(&loop_variable(3) * tile),
            Bound::Minimum(vec![
                affine((&loop_variable(3) * tile).with_constant(tile - 1)),
                constant(size - 1),
            ]),
            Mark::UnrollJam { factor: 4 },
        ),
        ring(1, size, Mark::Vector { width: 4, unroll: 3 }),
        ring(2, size, Mark::Sequential),
    ];
    nest(&rings, vec![loop_variable(0), loop_variable(1), loop_variable(2)])
}
