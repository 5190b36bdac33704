//! Changes of a program's look: names, the order of dimensions, the precision.

use super::shuffle;
use loopwright_ir::{Access, ElementType, Expression, Program, SourceLoop, SourceNode};
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;

/// Everything with another name, in no order that tells where it came from.
pub fn renamed(program: &Program, prefix: &str, random: &mut ChaCha8Rng) -> Program {
    let mut program = program.clone();
    let mut numbers: Vec<usize> = (0..program.arrays.len()).collect();
    shuffle(&mut numbers, random);
    for (array, number) in program.arrays.iter_mut().zip(numbers) {
        array.name = format!("{prefix}m{number}");
    }
    let mut loops: Vec<String> = Vec::new();
    for statement in &program.statements {
        for iterator in &statement.iterators {
            if !loops.contains(&iterator.name) {
                loops.push(iterator.name.clone());
            }
        }
    }
    let mut numbers: Vec<usize> = (0..loops.len()).collect();
    shuffle(&mut numbers, random);
    let names: HashMap<String, String> = loops
        .into_iter()
        .zip(numbers)
        .map(|(name, number)| (name, format!("{prefix}x{number}")))
        .collect();
    for statement in &mut program.statements {
        for iterator in &mut statement.iterators {
            if let Some(name) = names.get(&iterator.name) {
                iterator.name.clone_from(name);
            }
            // The loops are printed as they count, upwards by one.
        }
    }
    rename_loops(&mut program.order, &names);
    program
}

fn rename_loops(nodes: &mut [SourceNode], names: &HashMap<String, String>) {
    for node in nodes {
        if let SourceNode::Loop(SourceLoop { name, body, .. }) = node {
            if let Some(new) = names.get(name) {
                name.clone_from(new);
            }
            rename_loops(body, names);
        }
    }
}

/// The arrays with their dimensions in other orders: `orders[array][new]` is the old dimension.
pub fn transposed(program: &Program, orders: &[Vec<usize>]) -> Program {
    let mut program = program.clone();
    for (array, order) in program.arrays.iter_mut().zip(orders) {
        array.extents = order.iter().filter_map(|old| array.extents.get(*old).cloned()).collect();
    }
    let access = |access: &mut Access| {
        if let Some(order) = orders.get(access.array.0) {
            let old = &access.subscripts;
            access.subscripts = order.iter().filter_map(|at| old.get(*at).cloned()).collect();
        }
    };
    for statement in &mut program.statements {
        access(&mut statement.write);
        statement.reads.iter_mut().for_each(access);
    }
    program
}

/// Every `double` a `float`.
pub fn single_precision(mut program: Program) -> Program {
    for array in &mut program.arrays {
        if array.element == ElementType::F64 {
            array.element = ElementType::F32;
            array.element_spelling = "float".to_owned();
        }
    }
    for statement in &mut program.statements {
        statement.body = single(statement.body.clone());
    }
    program
}

fn single(expression: Expression) -> Expression {
    let mut expression = expression.map_operands(&mut single);
    match &mut expression {
        Expression::Float { value, element } if *element == ElementType::F64 => {
            *value = f64::from(*value as f32);
            *element = ElementType::F32;
        }
        Expression::Read { element, .. }
        | Expression::Unary { element, .. }
        | Expression::Binary { element, .. }
        | Expression::MultiplyAdd { element, .. }
        | Expression::Select { element, .. }
        | Expression::Cast { element, .. }
        | Expression::Call { element, .. }
        | Expression::Gather { element, .. }
        | Expression::Compare { operand_element: element, .. } => {
            if *element == ElementType::F64 {
                *element = ElementType::F32;
            }
        }
        Expression::Float { .. } | Expression::Integer { .. } | Expression::Index { .. } => {}
    }
    expression
}
